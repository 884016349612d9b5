// Package formula keeps spreadsheet programs from running the cells of a CSV file
// as formulas, as https://owasp.org/www-community/attacks/CSV_Injection says: an
// apostrophe goes before such a cell.
//
//	line = append(line, formula.Defuse(cell)...)
//	cell = formula.Fuse(field) // when the file is read again
package formula

import (
	"strings"
	"unicode"
)

// Defuse puts an apostrophe before a cell that would be run, and leaves others as
// they are.
func Defuse(cell string) string {
	if runs(cell) {
		return "'" + cell
	}
	return cell
}

// Fuse undoes Defuse, whatever the cell was.
func Fuse(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && runs(rest) {
		return rest
	}
	return cell
}

// runs holds for what a spreadsheet may take for a formula: = + - @, also in full
// width and behind white space that a program trims, and a leading tab or carriage
// return. Apostrophes before it are looked through, so that undoing takes away
// exactly the apostrophe that was put there.
func runs(s string) bool {
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
