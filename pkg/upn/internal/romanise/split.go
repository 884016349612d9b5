package romanise

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is a word of a name in lower case, and what stood before it: a hyphen, a
// space, or 0 at the start.
type word struct {
	joint   byte
	letters []rune
}

// split takes a text apart into words. Compatibility forms (full-width letters,
// ligatures, presentation forms) become ordinary letters and accents join their
// letters, by Unicode's normal form KC. lost lists the symbols that mean
// something to people but cannot be kept, such as emoji, up to eight of them.
func split(text string) (words []word, lost string) {
	letters := []rune(norm.NFKC.String(visible(text)))
	if outside, found := dropAsides(letters); found {
		letters = outside
	}
	var dropped strings.Builder
	count := 0
	kept := make([]rune, 0, len(letters)) // the letters of all words, one after the other
	start, before := 0, byte(' ')         // of the word that is being read
	end := func(joint byte) {
		if len(kept) > start {
			words = append(words, word{before, kept[start:len(kept):len(kept)]})
			start, before = len(kept), ' '
		}
		if joint == '-' {
			before = '-'
		}
	}
	for _, r := range letters {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			kept = append(kept, unicode.ToLower(r))
		case unicode.IsMark(r):
			if len(kept) > start || r == 'ေ' || r == 'ျ' { // of Burmese that is not in Unicode, which is to be told
				kept = append(kept, r)
			}
		case r == tsheg || r == '༌': // two dots that look the same
			if len(kept) > start {
				kept = append(kept, tsheg)
			}
		case isApostrophe(r):
			if n := len(kept); n > start && scriptOf(kept[n-1]) == hebrew {
				kept = append(kept, geresh)
			}
		case unicode.Is(unicode.Pd, r) || r == '−' || r == '־':
			end('-')
		case r >= utf8.RuneSelf && unicode.IsSymbol(r) && count < 8:
			count++
			dropped.WriteRune(r)
			end(' ')
		default:
			end(' ')
		}
	}
	end(' ')
	if len(words) > 0 {
		words[0].joint = 0
	}
	return words, dropped.String()
}

// visible cuts the text to the length that counts, and removes format characters:
// right-to-left marks, zero-width spaces and joiners, soft hyphens, byte-order
// marks, and the selectors behind emoji.
func visible(text string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > maxRunes || isInvisible(r) {
			return -1
		}
		return r
	}, text)
}

func isInvisible(r rune) bool {
	if r < 0xad || 0x100 <= r && r < 0x530 { // for speed: nothing invisible among these letters
		return false
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == unicode.ReplacementChar
}

// WithoutAsides returns the text without what stands in brackets, unless nothing
// else remains.
func WithoutAsides(text string) string {
	if outside, found := dropAsides([]rune(text)); found {
		return string(outside)
	}
	return text
}

// dropAsides removes what stands in brackets, such as a nickname or "(external)".
// It reports false where nothing would remain, or nothing was in brackets.
func dropAsides(letters []rune) (outside []rune, found bool) {
	if !slices.ContainsFunc(letters, isOpening) {
		return nil, false
	}
	depth := 0
	named := false
	for _, r := range letters {
		switch {
		case isOpening(r):
			depth++
			outside = append(outside, ' ')
		case unicode.Is(unicode.Pe, r):
			depth = max(0, depth-1)
		case depth == 0:
			outside = append(outside, r)
			named = named || unicode.IsLetter(r) || unicode.IsNumber(r)
		}
	}
	return outside, named
}

// isOpening reports whether the character is an opening bracket.
func isOpening(r rune) bool {
	return r == '(' || r == '[' || r == '{' || r >= 0xf00 && unicode.Is(unicode.Ps, r)
}

// isApostrophe reports whether the character joins two parts of one word and
// leaves no trace in Latin letters: O'Brien, Мар’яна, Oʻzbek.
func isApostrophe(r rune) bool {
	switch r {
	case '\'', '`', '´', '’', '‘', '‛', 'ʼ', 'ʻ', 'ʹ', 'ʽ', 'ʿ', 'ʾ', '′', '＇', '·', '״', geresh:
		return true
	}
	return false
}
