package roster

import (
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
	word         []byte // the one at hand, its start where it is long
	line         int    // line ends so far
	all, strange int
	broken       int // of the strange ones: no word in any language
	first        int // the line of the first strange one
	// Of õ before another letter than e, which is Estonian beside ä and Hungarian
	// (ő) beside acute accents.
	tildes, acutes, umlauts int
	firstTilde              int
}

const longestWord = 64 // what counts of one

// count takes the next bytes into account.
func (a *ansiWords) count(p []byte) {
	for _, b := range p {
		switch {
		case isWordByte(b):
			if len(a.word) < longestWord {
				a.word = append(a.word, b)
			}
			continue
		case len(a.word) > 0:
			a.end()
		}
		if b == '\n' {
			a.line++
		}
	}
}

// verdict returns the numbers of strange words and of all, and the line of the
// first strange one, once everything was counted.
func (a *ansiWords) verdict() (strange, all, line int) {
	a.end()
	strange, line = a.strange, a.first
	if a.tildes > 0 && a.acutes >= a.umlauts {
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

// end judges the word at hand.
func (a *ansiWords) end() {
	w := a.word
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
		}
	}
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
		if beyond++; b != 0xd1 && b != 0xf1 { // Ñ and ñ are consonants, as in Ñáñez
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
	case how == usualWord && isTurkish(w):
		return oddWord
	}
	return how
}

// isTurkish finds words with ğ, ş or ı, which are where ð, þ and ý are, beside a
// letter that Icelandic does not have.
func isTurkish(w []byte) bool {
	return hasAny(w, "\xf0\xfe\xfd\xd0\xde\xdd") && hasAny(w, "\xe7\xc7\xfc\xdc")
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
	case s.last && (r == 'ª' || r == 'º' || r == '³' && s.length < 3): // M.ª, Nº, m³
		return usualWord
	case isUpperANSI(s.b) && !s.first && (isLowerANSI(s.before) || isLowerANSI(s.after)):
		return brokenWord // "RenŽ", "JŸrgen"
	case isLowerANSI(s.b), isUpperANSI(s.b):
		if s.isStrangeLetter(r) {
			return oddWord
		}
		return usualWord
	case s.length == 1, r == '°', r == '±', r == 'µ':
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
	case 'à', 'è', 'ò', 'À', 'È', 'Ò': // before a consonant, or last
		return vowelAfter || s.after >= 0x80
	case 'ì', 'ù', 'Ì', 'Ù': // last; elsewhere ě and ů
		return !s.last
	case 'ñ', 'Ñ': // before a vowel, or last; elsewhere ń
		return consonantAfter && strings.IndexByte("hHcC", s.after) < 0
	case 'ã', 'Ã': // before a vowel or s, or last; elsewhere ă
		return consonantAfter && s.after|0x20 != 's'
	case 'ç', 'Ç': // before a vowel, or last, or a first capital (Çlirim); elsewhere ē
		return consonantAfter && (r == 'ç' || !s.first)
	case 'ø', 'Ø': // not beside another such letter; elsewhere ř
		return s.before >= 0x80 || s.after >= 0x80
	case 'æ': // not last after a vowel; elsewhere ć
		return s.last && isVowelANSI(s.before)
	case 'œ', 'Œ': // not after a vowel, nor before these; elsewhere ś
		return isVowelANSI(s.before) || s.after != 0 && strings.IndexByte("wWkKzZ", s.after) >= 0
	case 'ð', 'Ð': // not first; elsewhere š or đ
		return s.first
	case 'þ', 'Þ': // first, or first of a second part (Hafþór, Sigþrúður); elsewhere ş or ţ
		return !s.first && strings.IndexByte("rR\xf3\xd3\xfa\xda", s.after) < 0
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
	a.count(raw)
	a.end()
	switch {
	case a.broken > 0:
		return brokenWord
	case a.strange+a.tildes > 0:
		return oddWord
	}
	return usualWord
}
