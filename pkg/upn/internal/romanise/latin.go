package romanise

import (
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode/table"
)

// appendLatin appends a word in Latin letters. Letters lose their accents by the
// tables of Unidecode, except where Unidecode is wrong for names or a language
// has a spelling of its own:
//
//   - German ä ö ü are ae oe ue (DIN 5007-2, and ICAO Doc 9303-3 section 6);
//   - Danish and Norwegian å ø are aa oe (ICAO Doc 9303-3 section 6);
//   - Serbian, Bosnian and Croatian đ is dj (the digraph that the letter replaced);
//   - Azerbaijani ə is a (as its passports have it).
//
// Without such a language ä is a, ö and ø are o, å is a, đ is d: the choice of
// Swedes, Finns, Estonians, Hungarians and Turks, whose letters these are too.
func appendLatin(dst []byte, letters []rune, l Language) []byte {
	for _, r := range letters {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		default:
			dst = append(dst, latinLetter(r, l)...)
		}
	}
	return dst
}

func latinLetter(r rune, l Language) string {
	if r < utf8.RuneSelf { // İ in lower case
		return string(r)
	}
	switch l {
	case "de":
		switch r {
		case 'ä':
			return "ae"
		case 'ö':
			return "oe"
		case 'ü':
			return "ue"
		}
	case "da", "nb":
		switch r {
		case 'å':
			return "aa"
		case 'ø':
			return "oe"
		}
	case "sr", "hr":
		if r == 'đ' {
			return "dj"
		}
	}
	switch r {
	case 'ə', 'ǝ':
		return "a"
	case 'ŋ':
		return "ng"
	case 'ʌ':
		return "v"
	case 'ẜ', 'ẝ':
		return "s"
	case 'ẟ':
		return "d"
	}
	if 0x300 <= r && r <= 0x36f { // of accents Unidecode makes letters, too
		return ""
	}
	return unidecoded(r)
}

// unidecoded returns what Unidecode's tables make of a letter, in lower case and
// without everything that is no letter or digit.
func unidecoded(r rune) string {
	section := table.Tables[r>>8]
	if int(r&0xff) >= len(section) {
		return ""
	}
	text := section[r&0xff]
	for _, c := range []byte(text) {
		if c < 'a' || c > 'z' {
			return plain(text)
		}
	}
	return text
}

// plain folds ASCII text to lower case and drops all but letters and digits.
func plain(text string) string {
	var out []byte
	for _, c := range []byte(text) {
		switch {
		case 'A' <= c && c <= 'Z':
			out = append(out, c|0x20)
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			out = append(out, c)
		}
	}
	return string(out)
}
