package romanise

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode/table"
)

// appendRough appends letters of a script that is none of the others, roughly as they
// are read: Lao as the Thai that it is laid out as, Ethiopic and Khmer by rules of their
// own, the minor scripts by their tables, and the rest as Unidecode has them, long vowels as short ones. That leaves out
// the vowel which a consonant of Sinhala has without a sign, by ISO 15919 an a.
func appendRough(dst []byte, letters []rune) []byte {
	for _, kind := range [...]string{"am", "dv", "km"} {
		if known := knownNames(kind)[string(letters)]; known != "" {
			return append(dst, known...)
		}
	}
	if unicode.Is(unicode.Lao, letters[0]) {
		return appendThai(dst, asThai(letters))
	}
	if unicode.Is(unicode.Ethiopic, letters[0]) {
		return appendEthiopic(dst, letters)
	}
	if unicode.Is(unicode.Khmer, letters[0]) {
		return appendKhmer(dst, letters)
	}
	start := len(dst)
	for i, r := range letters {
		var done bool
		if dst, done = appendMinor(dst, start, r); done {
			continue
		}
		text := roughSound(r)
		for j := range len(text) {
			if j == 0 || text[j] != text[j-1] || !isSinhalaConsonant(r) && !strings.Contains("aeiou", text[j:j+1]) {
				dst = append(dst, text[j])
			}
		}
		if isSinhalaConsonant(r) && (i+1 == len(letters) || !isSinhalaVowelSign(letters[i+1])) {
			dst = append(dst, 'a')
		}
	}
	return dst
}

// roughSound is a letter as Unidecode has it, but for ch and sh as Sri Lanka's passports
// have them, and the u and g of Inuktitut, which are an o and a c in Cree.
func roughSound(r rune) string {
	switch {
	case r == 'ච':
		return "ch"
	case r == 'ෂ':
		return "sh"
	case r == 'ᒡ':
		return "g"
	case unicode.Is(unicode.Canadian_Aboriginal, r):
		return strings.ReplaceAll(unidecoded(r), "o", "u")
	}
	return unidecoded(tabled(r))
}

// asThai moves Lao letters to their places in the Thai block, but those that are read
// otherwise. The vowel o of a closed syllable, which Thai does not write, goes.
func asThai(letters []rune) []rune {
	var thai []rune
	for i, r := range letters {
		switch {
		case r == '\u0ebb':
			continue
		case r == '\u0ecd' && (i+1 == len(letters) || letters[i+1] != 'າ'): // o, and not half of am
			r = 'อ'
		case r == 'ຽ':
			r = 'ย'
		case r == 'ຊ':
			r = 'ซ'
		case r >= 0x0e80 && r <= 0x0edf:
			r -= 0x80
		}
		thai = append(thai, r)
	}
	return thai
}

func isSinhalaConsonant(r rune) bool { return r >= 0x0d9a && r <= 0x0dc6 }

// isSinhalaVowelSign reports whether a sign takes the place of the a, as the
// virama (no vowel at all) does too.
func isSinhalaVowelSign(r rune) bool { return r >= 0x0dca && r <= 0x0df3 }

// unreadable returns why letters of a script without a table here cannot be
// read, nil where Unidecode has them all.
func unreadable(letters []rune) *Unreadable {
	for _, r := range letters {
		if unicode.IsLetter(r) && !isTabled(tabled(r)) {
			return noTable(letters, []rune{r})
		}
	}
	return nil
}

// tabled returns the letter that Unidecode has of an alphabet with two cases: its
// tables are older than the small letters of Cherokee.
func tabled(r rune) rune {
	if !isTabled(r) {
		return unicode.ToUpper(r)
	}
	return r
}

// isTabled reports whether Unidecode knows the letter, or a table here. For a silent one (alef in
// Thaana, ayin in Syriac) it has a mark that is no letter.
func isTabled(r rune) bool {
	if _, _, ok := ethiopic(r); ok || r == 'ຮ' { // read as the Thai letter at its place
		return true
	}
	section := table.Tables[r>>8]
	return int(r&0xff) < len(section) && section[r&0xff] != "" || minorLetters()[r] != ""
}

const latinHint = "give the name in Latin letters, or the userPrincipalName itself"

// noTable says that some letters of a word have no Latin ones here.
func noTable(word, missing []rune) *Unreadable {
	return &Unreadable{string(word), "muster has no Latin letters for " + string(missing), latinHint}
}

// hasLetter reports whether there is a letter that is none of those which only
// change the one beside them.
func hasLetter(letters []rune) bool {
	for _, r := range letters {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Lm, r) {
			return true
		}
	}
	return false
}
