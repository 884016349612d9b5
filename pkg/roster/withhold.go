package roster

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mayBePassword reports whether a text that stands where something else belongs may
// be the password of another column: it has the length of one and more than letters
// in it. Words of a list and names of countries have letters only.
func mayBePassword(s string) bool {
	other := func(r rune) bool { return !unicode.IsLetter(r) }
	return utf8.RuneCountInString(s) >= minPassword && strings.ContainsFunc(s, unicode.IsLetter) &&
		strings.ContainsFunc(s, other) && !strings.ContainsFunc(s, unicode.IsSpace)
}

// withholds reports whether a message may not show a cell: the file has passwords,
// the cell is one of those that take only certain words or a domain, and it may be a password
// that slipped into the wrong column.
func (c *checker) withholds(f field, cell string) bool {
	switch f {
	case userPrincipalName, firstName, lastName, displayName, immutableID:
		return false
	case domain, customerID:
		if domainFault(cell) == "" {
			return false
		}
	}
	return c.file.fed[password] && mayBePassword(cell)
}

// quoted is a cell in a message.
func (c *checker) quoted(f field, cell string) string {
	if c.withholds(f, cell) {
		return fmt.Sprintf("a text of %d characters, which may be a password,", utf8.RuneCountInString(cell))
	}
	return fmt.Sprintf("%q", clip(cell))
}

// sayHeaders lists the headers for a message. Where none is known, the line may be
// no line of headers, and only their number is told; a password is never shown.
func (m *mapper) sayHeaders() string {
	if !slices.ContainsFunc(m.labels, m.isKnown) {
		return fmt.Sprintf("none of the headers (%d) is known", len(m.labels))
	}
	shown := make([]string, len(m.labels))
	for i, l := range m.labels {
		shown[i] = m.shown(l)
	}
	return "the headers are " + quotedList(shown)
}

// shown is a header in a message, unless it may be a password.
func (m *mapper) shown(l label) string {
	if mayBePassword(l.header) && !m.isKnown(l) {
		return "…"
	}
	return l.header
}

// isKnown reports whether a header is, or nearly is, one that people use.
func (m *mapper) isKnown(l label) bool {
	_, usual := m.table[l.folded]
	usual = usual || slices.Contains(surnameOrFull(), l.folded) || slices.Contains(givenOrFull(), l.folded)
	return usual || m.sheet.knows(l.folded) || isRejectsColumn(l.folded) || m.resembling(l.folded) != ""
}
