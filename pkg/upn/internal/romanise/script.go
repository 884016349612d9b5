package romanise

import (
	"unicode"
	"unicode/utf8"
)

// script is the writing system of a letter.
type script uint8

const (
	common script = iota // digits and accents: they go with the letters around them
	latin
	greek
	cyrillic
	armenian
	hebrew
	arabic
	devanagari
	indic // the other Brahmic scripts of India, laid out as Devanagari is
	thai
	tibetan
	burmese
	georgian
	hangul
	kana
	han
	rough // every other
)

// blocks lists where the scripts stand in Unicode, in order.
var blocks = [...]struct {
	first, last rune
	script      script
}{
	{0x0041, 0x02af, latin},
	{0x02b0, 0x036f, common},
	{0x0370, 0x03ff, greek},
	{0x0400, 0x052f, cyrillic},
	{0x0530, 0x058f, armenian},
	{0x0590, 0x05ff, hebrew},
	{0x0600, 0x06ff, arabic},
	{0x0750, 0x077f, arabic},
	{0x0870, 0x08ff, arabic},
	{0x0900, 0x097f, devanagari},
	{0x0980, 0x0d7f, indic},
	{0x0e00, 0x0e7f, thai},
	{0x0f00, 0x0fff, tibetan},
	{0x1000, 0x109f, burmese},
	{0x10a0, 0x10ff, georgian},
	{0x1ab0, 0x1aff, common},
	{0x1c80, 0x1c8f, cyrillic},
	{0x1c90, 0x1cbf, georgian},
	{0x1d00, 0x1dbf, latin},
	{0x1dc0, 0x1dff, common},
	{0x1e00, 0x1eff, latin},
	{0x1f00, 0x1fff, greek},
	{0x2c60, 0x2c7f, latin},
	{0x2d00, 0x2d2f, georgian},
	{0x2de0, 0x2dff, cyrillic},
	{0x2e80, 0x2fdf, han},
	{0x3005, 0x3007, han},
	{0x3040, 0x30ff, kana},
	{0x31f0, 0x31ff, kana},
	{0x3400, 0x4dbf, han},
	{0x4e00, 0x9fff, han},
	{0xa640, 0xa69f, cyrillic},
	{0xa720, 0xa7ff, latin},
	{0xa9e0, 0xa9ff, burmese},
	{0xaa60, 0xaa7f, burmese},
	{0xab30, 0xab6f, latin},
	{0xac00, 0xd7a3, hangul},
	{0xf900, 0xfaff, han},
	{0x20000, 0x3ffff, han},
}

// scriptOf looks at the largest blocks first, for speed: it is asked several times
// for each letter that is not Latin.
func scriptOf(r rune) script {
	switch {
	case 'a' <= r && r <= 'z' || 0xc0 <= r && r <= 0x24f:
		return latin
	case '0' <= r && r <= '9':
		return common
	case 0x400 <= r && r <= 0x52f:
		return cyrillic
	case 0x600 <= r && r <= 0x6ff:
		return arabic
	case 0x4e00 <= r && r <= 0x9fff:
		return han
	case 0xac00 <= r && r <= 0xd7a3:
		return hangul
	}
	for _, b := range blocks {
		if r <= b.last {
			if r >= b.first {
				return b.script
			}
			break
		}
	}
	if unicode.IsMark(r) || unicode.IsNumber(r) {
		return common
	}
	return rough
}

// Letters of two scripts that look the same in lower or upper case: the foreign
// one, then the Latin. Names typed with two keyboards have them, and so have
// names that are meant to deceive.
const (
	cyrillicAlikes = "аaеeоoрpсcуyхxіiјjѕsкkмmнhтtвbԁdԛqԝwһh"
	greekAlikes    = "αaοoρpνvυyιiκkτtχxεeηnμmβbζz"
)

// alike returns the letter of a script that a letter of another one looks like, 0
// if there is none.
func alike(letter rune, into script) rune {
	if into == latin {
		if found := counterpart(cyrillicAlikes, letter, 0); found != 0 {
			return found
		}
		return counterpart(greekAlikes, letter, 0)
	}
	if into == greek {
		return counterpart(greekAlikes, letter, 1)
	}
	return counterpart(cyrillicAlikes, letter, 1)
}

// counterpart finds the letter on one side of the pairs, and returns the one on the other.
func counterpart(pairs string, letter rune, side int) rune {
	var pair [2]rune
	second := false
	for _, r := range pairs {
		if !second {
			pair[0], second = r, true
			continue
		}
		pair[1], second = r, false
		if pair[side] == letter {
			return pair[1-side]
		}
	}
	return 0
}

// unmask puts letters into the script of their word: in a word that is mostly
// Latin, Cyrillic and Greek look-alikes become the Latin letters that they were
// taken for, and the same holds the other way round. The doubt is nil for a word
// of one script.
func unmask(letters []rune) ([]rune, *Doubt) {
	var count [rough + 1]int
	kinds := 0
	for _, l := range letters {
		s := scriptOf(l)
		if s != common && s != han && s != kana && count[s] == 0 {
			kinds++
		}
		count[s]++
	}
	if kinds < 2 {
		return letters, nil
	}
	into := latin
	for _, s := range []script{greek, cyrillic} {
		if count[s] > count[into] {
			into = s
		}
	}
	clean := transposed(letters, into)
	if clean == nil {
		clean = transposed(letters, latin)
	}
	if clean == nil {
		return letters, &Doubt{Code: "mixed_scripts", Word: string(letters), Reason: "one word has letters of several scripts"}
	}
	return clean, &Doubt{Code: "look_alike", Word: string(letters), Reason: "it has letters of another script, and they were taken for the ones they look like"}
}

// Masked returns the one of two names that has only letters of another script which
// look like Latin ones, while the other name is Latin; else nothing. It may be
// what it seems or may not, so such a name is not changed.
func Masked(a, b string) string {
	if isLatin(a) {
		a, b = b, a
	}
	if !isLatin(b) || isLatin(a) {
		return ""
	}
	only := common
	for _, r := range a {
		r = unicode.ToLower(r)
		s := scriptOf(r)
		if only == common {
			only = s
		}
		if s != only || s != greek && s != cyrillic || alike(r, latin) == 0 {
			return ""
		}
	}
	return a
}

// isLatin reports whether the text starts with a Latin letter.
func isLatin(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return scriptOf(unicode.ToLower(r)) == latin
}

// transposed puts every letter into one script, or returns nil where a letter has no look-alike there.
func transposed(letters []rune, into script) []rune {
	clean := make([]rune, len(letters))
	for i, l := range letters {
		clean[i] = l
		if s := scriptOf(l); s == common || s == into {
			continue
		}
		if clean[i] = alike(l, into); clean[i] == 0 {
			return nil
		}
	}
	return clean
}
