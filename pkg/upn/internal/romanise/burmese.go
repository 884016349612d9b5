package romanise

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Burmese has no romanisation by law. These are the syllables of BGN/PCGN's system of
// 1970, in the spelling that most people of Myanmar have in their passports: ar for its
// long a, ay for e, ht for the aspirated t, int and ant for the short tone. Syllables
// that are mostly spelt otherwise are in names.tsv.
var burmeseConsonants = [...]string{
	"k", "kh", "g", "g", "ng", "s", "s", "z", "z", "ny", "ny", "t", "ht", "d", "d", "n", "t", "ht", "d", "d", "n",
	"p", "ph", "b", "b", "m", "y", "y", "l", "w", "th", "h", "l", "",
}

// burmeseVowels are the vowels, each with the signs for it in the order in which they are
// written, and how it sounds alone and before the consonants that can end its syllable.
var burmeseVowels = [...]struct{ signs, open, closed string }{
	{"", "a", "က=et င=in စ=it ည=i ဉ=in တ=at န=an ယ=e"},
	{"ာ", "ar", "တ=at န=an"},
	{"ိ", "i", "တ=eik န=ein င=ein"},
	{"ီ", "i", ""},
	{"ု", "u", "တ=ok န=on"},
	{"ူ", "u", ""},
	{"ေ", "ay", "တ=it"},
	{"ဲ", "e", ""},
	{"ော", "aw", "က=auk င=aung"},
	{"ို", "o", "က=aik င=aing လ=o ယ=o"},
	{"ွ", "wa", "က=wet င=win တ=ut န=un ယ=we"},
	{"ွေ", "we", ""},
}

// Signs around Burmese letters.
const (
	asat         = '်' // the consonant ends the syllable
	stacked      = '္' // so does this one, and the next is written below it
	burmeseDot   = '့' // the short tone
	visargaTone  = 'း' // the high tone
	burmeseNasal = 'ံ'
)

// burmeseSyllable is a consonant and the signs up to the next one that starts a syllable.
type burmeseSyllable struct {
	text   string // as it is written
	base   rune
	medial string // of ျ ြ ှ
	vowel  string // signs as in burmeseVowels
	coda   rune   // what ends the syllable: of consonants that sound the same there, the first; 0 for none
	short  bool   // with a dot
	high   bool   // with a visarga
	below  bool   // it is written below the nasal before it
}

// appendBurmese appends a Burmese word that has no fault.
func appendBurmese(dst []byte, letters []rune, part Part) []byte {
	word := burmeseSyllables(letters)
	for i := 0; i < len(word); i++ {
		known, n := knownSyllables(word[i:])
		switch {
		case n > 0:
			dst = append(dst, known...)
			i += n - 1
		case word[i].text == "ဦး" && (i > 0 || part == Family): // the title U is also the name Oo
			dst = append(dst, "oo"...)
		default:
			dst = word[i].append(dst, i == 0)
		}
	}
	return dst
}

// burmeseFault returns why a word in Burmese letters cannot be read: it has letters of
// another language, or signs where Unicode has none. Nil: it can be.
func burmeseFault(letters []rune) *Unreadable {
	for i, l := range letters {
		switch {
		case isBurmeseLetter(l) || !unicode.IsLetter(l) && !unicode.IsMark(l):
		case unicode.IsLetter(l) || l > 'ှ':
			return noTable(letters, []rune{l})
		case i == 0, l == 'ေ' && !isBurmeseLetter(letters[i-1]) && !strings.ContainsRune("ျြွှ", letters[i-1]):
			return &Unreadable{string(letters), "its signs do not stand where Unicode has them, as in text in the Zawgyi encoding",
				"convert the file to Unicode, or give the name in Latin letters"}
		}
	}
	return nil
}

// knownSyllables looks for as many of the syllables as the list of names has, up to three.
func knownSyllables(word []burmeseSyllable) (known string, n int) {
	for n := min(3, len(word)); n > 0; n-- {
		text := ""
		for _, s := range word[:n] {
			text += s.text
		}
		if known := knownNames("my")[text]; known != "" {
			return known, n
		}
	}
	return "", 0
}

// burmeseSyllables groups the letters of a word.
func burmeseSyllables(letters []rune) []burmeseSyllable {
	var word []burmeseSyllable
	for i, l := range letters {
		n := len(word)
		switch ends := endsBurmese(letters[i+1:]); {
		case isBurmeseLetter(l) && n > 0 && ends:
			word[n-1].coda = burmeseRow(l)
		case l == 'ဥ' && i+1 < len(letters) && letters[i+1] == 'ာ': // ဉ as it is often typed
			word = append(word, burmeseSyllable{base: 'ဉ'})
		case isBurmeseLetter(l):
			below := n > 0 && letters[i-1] == stacked && strings.ContainsRune("ငနဉ", word[n-1].coda)
			word = append(word, burmeseSyllable{base: l, below: below})
		case !unicode.IsMark(l): // a digit
			word = append(word, burmeseSyllable{base: l})
		case n > 0:
			word[n-1].sign(l)
		}
		if n = len(word); n > 0 {
			word[n-1].text += string(l)
		}
	}
	return word
}

// endsBurmese reports whether the signs behind a consonant make it the end of its syllable.
func endsBurmese(behind []rune) bool {
	if len(behind) > 1 && behind[0] == burmeseDot {
		behind = behind[1:]
	}
	return len(behind) > 0 && (behind[0] == asat || behind[0] == stacked)
}

// isBurmeseLetter reports whether the letter is a consonant or a vowel by itself.
func isBurmeseLetter(l rune) bool { return l >= 'က' && l <= 'ဪ' || l == 'ဿ' || l == '၏' }

// burmeseRow returns the consonant that stands for all which sound the same at the end.
func burmeseRow(l rune) rune {
	switch {
	case l <= 'ဃ':
		return 'က'
	case l == 'စ' || l == 'ဆ' || l == 'ဇ' || l == 'ဈ':
		return 'စ'
	case l >= 'ဋ' && l <= 'ဎ' || l >= 'တ' && l <= 'ဓ' || l >= 'ပ' && l <= 'ဘ' || l == 'သ':
		return 'တ'
	case l == 'ဏ' || l == 'မ':
		return 'န'
	}
	return l
}

// sign takes a sign beside the consonant into account.
func (s *burmeseSyllable) sign(l rune) {
	switch l {
	case 'ျ', 'ြ', 'ှ':
		s.medial += string(l)
	case 'ါ':
		s.vowel += "ာ"
	case burmeseNasal:
		s.coda = 'န'
	case burmeseDot:
		s.short = true
	case visargaTone:
		s.high = true
	case asat, stacked:
	default:
		s.vowel += string(l)
	}
}

// append appends a syllable.
func (s burmeseSyllable) append(dst []byte, first bool) []byte {
	if digit := s.base - '၀'; digit >= 0 && digit <= 9 {
		return append(dst, byte('0'+digit))
	}
	if s.base < utf8.RuneSelf {
		return append(dst, byte(s.base))
	}
	onset, vowel := s.onset(first), s.vowel
	if alone := strings.IndexRune("ဣဤဥဦဧဩဪ", s.base); alone >= 0 {
		vowel = [...]string{"ိ", "ီ", "ု", "ူ", "ေ", "ော", "ော"}[alone/len("ဣ")] + vowel
	}
	return append(append(dst, onset...), s.rime(vowel)...)
}

// rime is the vowel and what ends the syllable.
func (s burmeseSyllable) rime(signs string) string {
	if s.base == 'ဝ' && (s.coda == 'န' || s.coda == 'တ') && signs == "" {
		signs = "ွ"
	}
	text, found := burmeseRime(signs, s.coda)
	if rest, cut := strings.CutPrefix(signs, "ွ"); !found && cut {
		text, _ = burmeseRime(rest, s.coda)
		text = "w" + text
	}
	switch {
	case s.short && strings.HasSuffix(text, "n"):
		text += "t"
	case s.high && s.medial == "" && text == "o":
		text = "oe"
	case s.high && text == "on":
		text = "one"
	}
	return text
}

// burmeseRime looks the signs up, and the consonant behind them if there is one. It
// reports false for signs that are no vowel, and takes them for none.
func burmeseRime(signs string, coda rune) (text string, found bool) {
	vowel := burmeseVowels[0]
	for _, v := range burmeseVowels {
		if v.signs == signs {
			vowel, found = v, true
		}
	}
	if _, behind, closed := strings.Cut(vowel.closed, string(coda)+"="); closed && coda != 0 {
		text, _, _ = strings.Cut(behind, " ")
		return text, found
	}
	return vowel.open, found
}

// onset is what stands before the vowel.
func (s burmeseSyllable) onset(first bool) string {
	if s.base > 'အ' {
		if s.base == 'ဿ' {
			return "th"
		}
		return "" // a vowel by itself
	}
	sound := burmeseConsonants[s.base-'က']
	palatal := strings.ContainsAny(s.medial, "ျြ")
	breathed := strings.Contains(s.medial, "ှ")
	switch {
	case s.base == 'အ':
		return ""
	case s.base == 'ရ' && breathed, s.base == 'ယ' && breathed, s.base == 'သ' && palatal && breathed, s.base == 'လ' && palatal && breathed:
		return "sh"
	case s.base == 'ရ' && !first && s.coda == 0 && (s.vowel == "" || s.vowel == "ိ"): // of Pali words: Thura, Thiri
		return "r"
	case s.base == 'ခ' && palatal:
		return "ch"
	case s.base == 'ဂ' && palatal:
		return "j"
	case s.base == 'င' && palatal:
		return "ny"
	case (s.base == 'ဒ' || s.base == 'တ') && strings.Contains(s.medial, "ြ"):
		sound += "r"
	case palatal && !strings.HasSuffix(sound, "y"):
		sound += "y"
	}
	switch {
	case breathed:
		sound = "h" + sound
	case s.below: // voiced behind the nasal: Thandar, Mingalar
		sound = strings.NewReplacer("ht", "d", "t", "d", "kh", "g", "k", "g", "s", "z", "ph", "b", "p", "b").Replace(sound)
	}
	return sound
}
