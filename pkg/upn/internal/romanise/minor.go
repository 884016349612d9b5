package romanise

import (
	"bytes"
	"strings"
	"sync"
)

// minorScripts are the scripts that are newer than Unidecode's tables, or that those do
// not spell as names are spelt, after the names of their letters in Unicode: the first
// one, and how it and those after it are read. A plus sign is for signs that take the
// place of the a of the letter before them; - is silent, and . has no reading.
var minorScripts = [...]struct {
	first rune
	read  string
}{
	{'\u0780', "h sh n r b lh k - v m f d th l g ny s d z t y p j ch s h kh z zh sh s z t z - gh q w a a i i u u e e o o - n"}, // Thaana
	{'\u07ca', "a e i e u o o n n b p t j ch d r r s gb f k l n m ny n h w y ny j ch r"},                                       // N'Ko
	{'\u1b00', "m m ng r h a a i i u u re re le le e ai o o ka ka ga ga nga ca ca ja ja nya ta ta da da na ta ta da da na " +
		"pa pa ba ba ma ya ra la wa sa sa sa ha . +a +i +i +u +u +re +re +le +le +e +ai +o +au +e +e +"}, // Balinese
	{'\u1b80', "ng r h a i u e o e eu ka ka ga nga ca ja za nya ta da na pa fa va ba ma ya ra la wa sa kha ha " +
		"+ya +ra +la +i +u +e +o +e +eu + + +ma +wa"}, // Sundanese
	{'\u1c5a', "o t g ng l a k j m w i s h ny r u ch d n y e p d n r o t b v h"},                                                                   // Ol Chiki
	{'\u2d30', "a b b g gh j j d dh d dh e f k k kh h h h h a kh kh q q i zh zh zh l m n ny ng p u r r gh gh gh s s sh t th ch t v w y z z z e o"}, // Tifinagh
	{'\ua980', "m ng r h a i i i u re le le e ai o ka ka ka ga ga nga ca ca ja nya ja nya ta ta da da na ta ta da da na " +
		"pa pa ba ba ma ya ra ra la wa sa sa sa ha . +a +o +i +i +u +u +e +ai +e +re +ya +ra +"}, // Javanese
	{'\uabc0', "ka sa la ma pa na cha ta kha nga tha wa ya ha u i pha a ga jha ra ba ja da gha dha bha k l m p n t ng i " +
		"+o +i +a +e +ou +u +ei +ng . . +"}, // Meitei
	{'\U0001e922', "a d l m b s p b r e f i o d y w n k y u j ch h q g ny t ng v kh gb z kp sh"}, // Adlam
}

const (
	javaneseTarung = 'ꦴ' // behind the sign for e it makes an o
	meiteiNung     = 'ꯪ' // ng behind the vowel
	adlamDoubles   = '𞥆'
	nkoNasal       = '߲'
)

// minorLetters reads the tables at their first use.
var minorLetters = sync.OnceValue(func() map[rune]string {
	letters := map[rune]string{}
	for _, script := range minorScripts {
		r := script.first
		for text := range strings.FieldsSeq(script.read) {
			if text != "." {
				letters[r] = text
			}
			r++
		}
	}
	return letters
})

// appendMinor appends a letter of the minor scripts, and reports false for others. What
// was before start belongs to another word.
func appendMinor(dst []byte, start int, r rune) ([]byte, bool) {
	text := minorLetters()[r]
	sign, isSign := strings.CutPrefix(text, "+")
	end := len(dst) - 1
	switch {
	case r == adlamDoubles && end >= start:
		return append(dst, dst[end]), true
	case r == nkoNasal:
		return append(dst, 'n'), true
	case r == javaneseTarung && end >= start && dst[end] == 'e':
		dst[end] = 'o'
		return dst, true
	case isSign && r != meiteiNung:
		return append(bytes.TrimSuffix(dst, []byte("a")), sign...), true
	case isSign:
		return append(dst, sign...), true
	case text == "-":
		return dst, true
	}
	return append(dst, text...), text != ""
}
