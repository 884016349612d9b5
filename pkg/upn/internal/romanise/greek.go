package romanise

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// greekLetters are the letters α to ω by ELOT 743 (ISO 843 type 2), the rule of
// Greek passports.
var greekLetters = map[rune]string{
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th",
	'ι': "i", 'κ': "k", 'λ': "l", 'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p",
	'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps",
	'ω': "o",
}

// greekLetter is a letter without its accents, and whether it had one that
// matters: an accent on the first of two vowels, or a diaeresis on the second,
// says that they are no diphthong.
type greekLetter struct {
	base              rune
	accent, diaeresis bool
}

// appendGreek appends a Greek word by ELOT 743: ου is ou; αυ, ευ and ηυ are av or
// af and so on, by the letter that follows; γ before γ, ξ or χ is n; μπ is b at
// either end of a word and mp within.
func appendGreek(dst []byte, letters []rune) []byte {
	word := bareGreek(letters)
	at := func(i int) rune {
		if i < len(word) {
			return word[i].base
		}
		return 0
	}
	for i := 0; i < len(word); i++ {
		next, diphthong := at(i+1), !word[i].accent && i+1 < len(word) && !word[i+1].diaeresis
		switch c := word[i].base; {
		case c == 'ο' && next == 'υ' && diphthong:
			dst = append(dst, "ou"...)
			i++
		case strings.ContainsRune("αεη", c) && next == 'υ' && diphthong:
			dst = append(append(dst, greekLetters[c]...), voiced(at(i+2)))
			i++
		case c == 'γ' && next != 0 && strings.ContainsRune("γξχ", next):
			dst = append(dst, 'n')
		case c == 'μ' && next == 'π' && (i == 0 || i+2 == len(word)):
			dst = append(dst, 'b')
			i++
		case greekLetters[c] != "":
			dst = append(dst, greekLetters[c]...)
		default:
			dst = append(dst, unidecoded(c)...)
		}
	}
	return dst
}

// voiced returns the sound of υ after α, ε or η: f before a voiceless consonant
// and at the end, else v.
func voiced(next rune) byte {
	if next == 0 || strings.ContainsRune("θκξπσςτφχψ", next) {
		return 'f'
	}
	return 'v'
}

func bareGreek(letters []rune) []greekLetter {
	var word []greekLetter
	for _, r := range norm.NFD.String(string(letters)) {
		if scriptOf(r) != common {
			word = append(word, greekLetter{base: r})
			continue
		}
		if len(word) == 0 {
			continue
		}
		switch r {
		case '\u0301', '\u0300', '\u0342':
			word[len(word)-1].accent = true
		case '\u0308':
			word[len(word)-1].diaeresis = true
		}
		if '0' <= r && r <= '9' {
			word = append(word, greekLetter{base: r})
		}
	}
	return word
}
