package credentials

import (
	"crypto/rand"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/pkg/secret"
)

// Length is the number of characters of a generated password. It satisfies the
// 8 to 256 characters that Microsoft Entra ID asks for today
// (https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy)
// and the 8 to 16 that it asked for before 2019.
const Length = 16

// The characters of a generated password, 49 in all, which gives it 88 bits. Of
// those that are taken for each other when read out or copied by hand (0 O o Q,
// 1 l I i j, 2 Z z, 5 S s, 6 G b, 8 B, 9 g q) there is one at most, and the
// symbols mean nothing to a CSV reader nor, inside a word, to a shell.
const (
	lowers  = "acdefhkmnprtuvwxy"
	uppers  = "ACDEFHJKLMNPRTUVWXY"
	digits  = "23456789"
	symbols = "+-=#:"
	letters = lowers + uppers
	every   = letters + digits + symbols
)

// shortestPart is the least length of a part of a name that a password must not
// hold: three letters, as Windows has it
// (https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/password-must-meet-complexity-requirements).
const shortestPart = 3

// Generate makes an initial password from the system's secure random source. It
// is evenly drawn from all texts of [Length] characters that
//
//   - have a lower-case letter, an upper-case letter, a digit and a symbol, where
//     the service asks for three of the four;
//   - start with a letter, so that no spreadsheet takes one for a formula, and end
//     with a letter or digit, so that no symbol is lost at the end of a sentence;
//   - hold no part of three or more letters of the texts to avoid, which are the
//     user's names and user principal name, in either case, nor what stands before
//     the @ of that, such as "e72".
func Generate(avoid ...string) secret.Text {
	parts := nameParts(avoid)
	for {
		if p := draw(); allowed(p, parts) {
			return secret.New(p)
		}
	}
}

// nameParts returns the parts of the texts in lower case. A display name and a user
// principal name mostly repeat the names before them.
func nameParts(avoid []string) []string {
	parts := make([]string, 0, 8)
	for _, text := range avoid {
		text = strings.ToLower(text)
		for part := range strings.FieldsFuncSeq(text, notLetter) {
			if utf8.RuneCountInString(part) >= shortestPart && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
		if local, _, ok := strings.Cut(text, "@"); ok && len(local) >= shortestPart {
			parts = append(parts, local)
		}
	}
	return parts
}

func notLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	return !unicode.IsLetter(r)
}

// draw returns Length characters, each evenly drawn: bytes from the largest
// multiple of len(every) on would favour the first characters and are thrown away.
func draw() string {
	const even = 256 - 256%len(every)
	var pool [2 * Length]byte
	text := make([]byte, 0, Length)
	for {
		_, _ = rand.Read(pool[:]) // never fails: it ends the program instead
		for _, b := range pool {
			if int(b) < even {
				text = append(text, every[int(b)%len(every)])
			}
			if len(text) == Length {
				return string(text)
			}
		}
	}
}

func allowed(p string, parts []string) bool {
	if strings.IndexByte(letters, p[0]) < 0 || strings.IndexByte(symbols, p[Length-1]) >= 0 {
		return false
	}
	var lower, upper, digit, symbol bool
	for i := range len(p) {
		switch c := p[i]; {
		case 'a' <= c && c <= 'z':
			lower = true
		case 'A' <= c && c <= 'Z':
			upper = true
		case '0' <= c && c <= '9':
			digit = true
		default:
			symbol = true
		}
	}
	if !lower || !upper || !digit || !symbol {
		return false
	}
	p = strings.ToLower(p)
	for _, part := range parts {
		if strings.Contains(p, part) {
			return false
		}
	}
	return true
}
