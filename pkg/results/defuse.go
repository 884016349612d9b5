package results

import (
	"strings"
	"unicode"
)

// defuse keeps a spreadsheet from running a cell as a formula: an apostrophe
// goes before it, as https://owasp.org/www-community/attacks/CSV_Injection says.
// The same is done after each semicolon, since a spreadsheet in a country where
// that is the list separator cuts a comma-separated line there. [fuse] undoes it.
func defuse(s string) string {
	if !strings.Contains(s, ";") {
		return defuseCell(s)
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		parts[i] = defuseCell(p)
	}
	return strings.Join(parts, ";")
}

func fuse(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		if rest, ok := strings.CutPrefix(p, "'"); ok && startsFormula(rest) {
			parts[i] = rest
		}
	}
	return strings.Join(parts, ";")
}

func defuseCell(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// startsFormula holds for what a spreadsheet may take for a formula: = + - @,
// also in full width and behind white space that a program trims, and a leading
// tab or carriage return. Apostrophes before it are looked through, so that
// undoing takes away exactly the apostrophe that was put there.
func startsFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	if s == "" {
		return false
	}
	if s[0] >= '0' && s[0] <= 'z' && s[0] != '=' && s[0] != '@' {
		return false // by far the most frequent case
	}
	if s[0] == '\t' || s[0] == '\r' {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
	})
	for _, r := range s {
		return strings.ContainsRune("=+-@＝＋－＠", r)
	}
	return false
}
