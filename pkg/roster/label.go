package roster

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// label is a header, understood.
type label struct {
	header   string // cleaned
	folded   string // for comparison
	property bool   // folded is a property name that stood in brackets
}

// foldHeader makes headers comparable: only letters and digits count, not their
// case nor their accents.
func foldHeader(s string) string {
	if isASCII(s) {
		return strings.Map(foldASCII, s)
	}
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return -1
		case r == 'ł':
			return 'l'
		case r == 'ø':
			return 'o'
		case r == 'đ':
			return 'd'
		case r == 'ı':
			return 'i'
		}
		return r
	}, norm.NFKD.String(s))
}

func foldASCII(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	}
	return -1
}

// cleanHeader is a header as it is shown. Control characters, which could steer a
// terminal, are replaced.
func cleanHeader(cell string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(strings.Fields(tidy(cell)), " "))
}

// readLabel understands one header. A property name in brackets, as in Entra's
// "User name [userPrincipalName] Required", decides alone: it is the same in every
// edition and language. Brackets around anything else ("[Required]", "[UPLOAD
// ONLY]") and parentheses are remarks.
//
// Entra's "Block sign in (Yes/No) [accountEnabled]" asks the opposite of the
// property that it names.
func readLabel(cell string) label {
	l := label{header: cleanHeader(cell)}
	name := l.header
	if open := strings.IndexByte(name, '['); open >= 0 {
		inside, after, closed := strings.Cut(name[open+1:], "]")
		if closed && isProperty(inside) {
			l.property = true
			if l.folded = foldHeader(inside); l.folded == "accountenabled" {
				l.folded = "blocksignin"
			}
			return l
		}
		name = name[:open] + after
	}
	if open := strings.IndexByte(name, '('); open > 0 {
		if _, after, closed := strings.Cut(name[open:], ")"); closed {
			name = name[:open] + after
		}
	}
	l.folded = foldHeader(name)
	return l
}

// isProperty tells property names from remarks such as "[optional]": they are
// written in camel case, or Entra's sheet has them.
func isProperty(s string) bool {
	folded := foldHeader(s)
	if s == "" || s[0] < 'a' || s[0] > 'z' || len(folded) != len(s) {
		return false
	}
	return folded != s || entraSheet().knows(folded)
}
