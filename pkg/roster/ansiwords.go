package roster

import (
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// strangeShare says how many words may be strange before a file is no
// Windows-1252: one in so many. Names have exceptions, and lists have typing errors.
const strangeShare = 8

// ansiWords counts the words that have bytes beyond ASCII, and of them the ones
// that are strange in Windows-1252: what "Łukasz" or "Иван" becomes when the
// tables of Central Europe or of Russia are mistaken for it ("£ukasz", "Èâàí").
// A word that reads the same in both is not strange, and takes no harm.
//
// The rules are about how the languages spell for which Windows-1252 was made:
// those of Western Europe, with Icelandic, Faroese, Estonian and Albanian.
type ansiWords struct {
	word         []byte  // the one at hand, its start where it is long
	before       byte    // what stands before it
	last         [2]byte // the last two bytes, the later one second
	line         int     // line ends so far
	all, strange int
	broken       int // of the strange ones: no word in any language
	first        int // the line of the first strange one
	// Of õ before another letter than e, which is Estonian beside ä and Hungarian
	// (ő) beside acute accents. Where there is neither, it is Estonian if it is the
	// first vowel of all its words.
	tildes, late, acutes, umlauts int
	firstTilde                    int
}

const longestWord = 64 // what counts of one

// count takes the next bytes into account.
func (a *ansiWords) count(p []byte) {
	for _, b := range p {
		if isMisplaced(a.last[0], a.last[1], b) {
			a.all++
			a.blame(brokenWord)
		}
		switch {
		case isWordByte(b):
			if len(a.word) == 0 {
				a.before = a.last[1]
			}
			if len(a.word) < longestWord {
				a.word = append(a.word, b)
			}
		case len(a.word) > 0:
			a.end(b)
		}
		if b == '\n' {
			a.line++
		}
		a.last = [2]byte{a.last[1], b}
	}
}

// isMisplaced reports whether a mark that separates words stands where another table
// has a letter: a diaeresis or cedilla beside a letter, a quote or a euro sign
// between two, an ellipsis or a dash between a letter and a small one ("D—naill" is
// "Dónaill"; what follows a dash in a name begins with a capital).
func isMisplaced(before, mark, after byte) bool {
	switch mark {
	case 0xa8, 0xb8: // ¨ ¸
		return isLetterANSI(before) || isLetterANSI(after)
	case 0x80, 0xab, 0xbb: // € « »
		return isLetterANSI(before) && isLetterANSI(after)
	case 0x85, 0x96, 0x97: // … – —
		return isLetterANSI(before) && isLowerANSI(after)
	}
	return false
}

func isLetterANSI(b byte) bool { return isLowerANSI(b) || isUpperANSI(b) || b >= 'A' && b <= 'Z' }

// verdict returns the numbers of strange words and of all, and the line of the
// first strange one, once everything was counted.
func (a *ansiWords) verdict() (strange, all, line int) {
	a.count([]byte{'\n'})
	strange, line = a.strange, a.first
	if a.tildes > 0 && a.acutes >= a.umlauts && a.acutes+a.late > 0 {
		strange = min(strange+a.tildes, a.all)
		if line == 0 || a.firstTilde < line {
			line = a.firstTilde
		}
	}
	return strange, a.all, line
}

// isWordByte reports whether the byte belongs to a word: a letter, or what other
// tables have letters for. The apostrophe, dashes and blanks separate words.
func isWordByte(b byte) bool {
	if b < 0x80 {
		return b|0x20 >= 'a' && b|0x20 <= 'z'
	}
	return strings.IndexByte("\x80\x85\x92\x96\x97\xa0\xa8\xab\xad\xb4\xb7\xb8\xbb", b) < 0
}

// end judges the word at hand. Words beside a digit or certain signs are left out:
// they are parts of passwords, which may have any letter.
func (a *ansiWords) end(after byte) {
	w := a.word
	if isPasswordSign(a.before) || isPasswordSign(after) {
		w = nil
	}
	for len(w) > 0 && strings.IndexByte("\x82\x84\x91\x93\x8b\xa1\xbf", w[0]) >= 0 { // opening quotes, ¡ and ¿
		w = w[1:]
	}
	for len(w) > 0 && strings.IndexByte("\x91\x93\x94\x9b\x99\xa9\xae\xb2", w[len(w)-1]) >= 0 { // closing quotes, ™ © ® ²
		w = w[:len(w)-1]
	}
	a.word = a.word[:0]
	if isASCII(string(w)) {
		return
	}
	a.all++
	how := judge(w)
	if how == usualWord {
		a.tally(w)
		return
	}
	a.blame(how)
}

func isPasswordSign(b byte) bool {
	return b != 0 && strings.IndexByte("0123456789!#$%^*_=+~?", b) >= 0
}

// blame counts a strange word.
func (a *ansiWords) blame(how judgement) {
	if a.strange++; a.strange == 1 {
		a.first = a.line + 1
	}
	if how == brokenWord {
		a.broken++
	}
}

// tally counts the letters that tell Estonian from Hungarian.
func (a *ansiWords) tally(w []byte) {
	for i, b := range w {
		switch b {
		case 0xe1, 0xed, 0xf3, 0xfa, 0xc1, 0xcd, 0xd3, 0xda: // á í ó ú
			a.acutes++
		case 0xe4, 0xc4: // ä
			a.umlauts++
		case 0xf5, 0xd5: // õ
			if i+1 < len(w) && w[i+1]|0x20 == 'e' {
				continue
			}
			if a.tildes++; a.tildes == 1 {
				a.firstTilde = a.line + 1
			}
			if !isEstonian(w[:i]) {
				a.late++
			}
		}
	}
}

// isEstonian reports whether õ may stand after this start of a word in Estonian: as
// the first vowel or right after another õ, and not after consonants that are one in
// Hungarian.
func isEstonian(start []byte) bool {
	for len(start) > 0 && (start[len(start)-1] == 0xf5 || start[len(start)-1] == 0xd5) {
		start = start[:len(start)-1]
	}
	for _, b := range start {
		if isVowelANSI(b) || b >= 0x80 {
			return false
		}
	}
	return !slices.Contains([]string{"sz", "gy", "cs", "zs", "ny", "ty", "ly"}, strings.ToLower(string(start)))
}

// judgement is what a word is.
type judgement int

const (
	usualWord  judgement = iota
	oddWord              // its letters stand where the languages do not have them
	brokenWord           // it has what no word has
)

// judge judges a word that has a byte beyond ASCII.
func judge(w []byte) judgement {
	run, beyond := 0, 0
	how := usualWord
	for i, b := range w {
		if b < 0x80 {
			run = 0
			continue
		}
		if beyond++; !hasAny([]byte{b}, "\xd1\xf1\xc7\xe7\xde\xfe") { // Ñ, Ç and Þ are consonants, as in Ñáñez, Küçük and Sæþór
			run++
		}
		if run > 2 {
			return brokenWord
		}
		s := spelling{b: b, first: i == 0, last: i == len(w)-1, length: len(w)}
		if !s.first {
			s.before = w[i-1]
		}
		if !s.last {
			s.after = w[i+1]
		}
		how = max(how, s.judge())
	}
	switch {
	case beyond == len(w) && len(w) > 1:
		return brokenWord
	case how == usualWord && mixesLanguages(w):
		return oddWord
	}
	return how
}

// strangers are letters of which no language has one of the first beside one of the
// second in a word: other tables have other letters there.
var strangers = [...][2]string{
	{"\xf0\xfe\xfd\xd0\xde\xdd", "\xe7\xc7\xfc\xdc"},                     // ð þ ý and ç ü: Turkish ğ ş ı
	{"\xf0\xfe\xd0\xde", "\xe8\xec\xf9\xf2\xe0\xea\xeb\xef\xf1\x9a\x9e"}, // ð þ and è ì ù ò à ê ë ï ñ š ž: Baltic š ž, Romanian
	{"\x8a\x8e\x9a\x9e", "\xe8\xc8\xef\xcf\xf9\xd9\xec\xcc\xf2\xd2\xe6"}, // š ž and è ï ù ì ò æ: Czech č ď ů ě ň ć
	{"\xfb\xdb", "\xf6\xd6\xfc\xdc\xe4\xc4\xeb\xcb"},                     // û and ö ü ä ë: Hungarian ű, Lithuanian ū
	{"\xf8\xd8", "\xf6\xd6\xfc\xdc\xe4\xc4"},                             // ø and ö ü ä: Hungarian ű in ISO 8859-16
}

func mixesLanguages(w []byte) bool {
	for _, pair := range strangers {
		if hasAny(w, pair[0]) && hasAny(w, pair[1]) {
			return true
		}
	}
	return false
}

// hasAny is bytes.ContainsAny for bytes that are no UTF-8.
func hasAny(w []byte, set string) bool {
	for _, b := range w {
		if strings.IndexByte(set, b) >= 0 {
			return true
		}
	}
	return false
}

// spelling is a byte beyond ASCII in its word.
type spelling struct {
	b             byte
	before, after byte // 0 at the ends
	first, last   bool
	length        int // of the word
}

// judge holds the byte against the rules, by what Windows-1252 has for it.
func (s spelling) judge() judgement {
	r := charmap.Windows1252.DecodeByte(s.b)
	switch {
	case s.last && s.length < 4 && (r == 'ª' || r == 'º' || r == '³' && s.length < 3): // M.ª, Nº, m³
		return usualWord
	case s.last && (r == 'ª' || r == 'º'): // Fernº is old; Lupaş in Windows-1250 is Lupaº
		return oddWord
	case isUpperANSI(s.b) && !s.first && (isLowerANSI(s.before) || isLowerANSI(s.after)):
		return brokenWord // "RenŽ", "JŸrgen"
	case isLowerANSI(s.b), isUpperANSI(s.b):
		if s.isStrangeLetter(r) {
			return oddWord
		}
		return usualWord
	case s.length == 1, r == '°' && !(isLowerANSI(s.before) && isLowerANSI(s.after)), r == '±', r == 'µ' && s.length < 3:
		return usualWord // a symbol by itself, °C, µm
	}
	return brokenWord
}

// isStrangeLetter judges letters that have a place of their own in the languages
// that use them.
func (s spelling) isStrangeLetter(r rune) bool {
	vowelAfter := isVowelANSI(s.after)
	consonantAfter := s.after < 0x80 && s.after != 0 && !vowelAfter
	switch r {
	case 'à', 'À': // before a consonant (or i, as in Màiri), or last
		return vowelAfter && s.after|0x20 != 'i' || s.after >= 0x80
	case 'è', 'ò', 'È', 'Ò': // before a consonant (or y, as in Guèye), or last
		return vowelAfter && s.after|0x20 != 'y' || s.after >= 0x80
	case 'ì', 'ù', 'Ì', 'Ù': // last; elsewhere ě and ů
		return !s.last
	case 'ñ', 'Ñ': // before a vowel, or last; elsewhere ń
		return consonantAfter && strings.IndexByte("hHcC", s.after) < 0
	case 'ã', 'Ã': // before a vowel or s, or last; elsewhere ă
		return consonantAfter && s.after|0x20 != 's'
	case 'ç', 'Ç': // before or after a vowel (Göçmen), or last, or a first capital (Çlirim); elsewhere ē
		return consonantAfter && (r == 'ç' || !s.first) && !isVowelANSI(s.before) && s.before < 0x80
	case 'ø', 'Ø': // not beside another such letter; elsewhere ř
		return s.before >= 0x80 || s.after >= 0x80
	case 'æ': // not last after a vowel; elsewhere ć
		return s.last && isVowelANSI(s.before)
	case 'œ', 'Œ': // not after a vowel, nor before these; elsewhere ś
		return isVowelANSI(s.before) || s.before >= 0x80 || s.after != 0 && strings.IndexByte("wWkKzZ", s.after) >= 0
	case 'ð', 'Ð': // not first; elsewhere š or đ
		return s.first
	case 'þ', 'Þ': // first, or first of a second part (Hafþór, Sigþrúður, Friðþjófur); elsewhere ş or ţ
		return !s.first && strings.IndexByte("rRjJ\xf3\xd3\xfa\xda", s.after) < 0
	}
	return false
}

func isLowerANSI(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 0xdf && b != 0xf7 || b == 0x9a || b == 0x9c || b == 0x9e
}

func isUpperANSI(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 0xc0 && b <= 0xde && b != 0xd7 || b == 0x8a || b == 0x8c || b == 0x8e || b == 0x9f
}

func isVowelANSI(b byte) bool {
	return b != 0 && strings.IndexByte("aeiouyAEIOUY", b) >= 0
}

// judgeName judges a name that was read as Windows-1252: by its worst word.
func judgeName(name string) judgement {
	var a ansiWords
	raw := make([]byte, 0, len(name))
	for _, r := range name {
		b, _ := charmap.Windows1252.EncodeRune(r) // 0x1a where there is none, as after composing
		raw = append(raw, b)
	}
	a.count(append(raw, '\n'))
	switch {
	case a.broken > 0, isCutShort(raw), hasFourByteCode(raw), hasAny(raw, symbolsANSI), isOpenedBelow(raw), straySign(name) != 0:
		return brokenWord
	case a.strange+a.tildes > 0:
		return oddWord
	}
	return usualWord
}

// symbolsANSI are £ ¤ ¥ ¦ ± ³ ¶ ¹ ¼ ½ ¾ † ‡ ‰ ‹ ›: in a name, unlike in a remark, they
// are another table's letters, or parts of them.
const symbolsANSI = "\xa3\xa4\xa5\xa6\xb1\xb3\xb6\xb9\xbc\xbd\xbe\x86\x87\x89\x8b\x9b"

// isOpenedBelow finds a low quote that none closes: DOS has é there, the Macintosh Ç.
func isOpenedBelow(name []byte) bool {
	return hasAny(name, "\x82\x84") && !hasAny(name, "\x91\x92\x93\x94")
}

// isCutShort finds an ellipsis or a euro sign beside a small letter: in a name,
// unlike in a remark, it is another table's letter.
func isCutShort(name []byte) bool {
	for i, b := range name {
		if (b == 0x85 || b == 0x80) && (i > 0 && isLowerANSI(name[i-1]) || i+1 < len(name) && isLowerANSI(name[i+1])) {
			return true
		}
	}
	return false
}

// hasFourByteCode finds two letters and two digits in turn, as GB 18030 writes what is
// not Chinese: Hangul, say.
func hasFourByteCode(name []byte) bool {
	for i := range len(name) - 3 {
		if name[i] >= 0x81 && isDigit(name[i+1]) && name[i+2] >= 0x81 && isDigit(name[i+3]) {
			return true
		}
	}
	return false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
