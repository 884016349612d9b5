package upn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/pkg/typo"
	"muster/pkg/upn/internal/romanise"
)

// Template says how the local part of a user principal name is made. The zero
// Template names nobody; make one with [ParseTemplate]. Many goroutines may use one.
type Template struct {
	pieces []piece
	memo   *romanise.Memo
}

// piece is a placeholder, or the literal text between two of them.
type piece struct {
	literal string
	field   field
	width   int // of the field: characters to keep at most, 0 = all
}

// field is what a placeholder stands for.
type field uint8

const (
	literal field = iota
	first
	last
	display
	immutableID
	guid
)

// placeholders in the order in which messages list them. Index 0 is no placeholder.
var placeholders = [...]string{first: "first", last: "last", display: "display", immutableID: "immutableId", guid: "guid"}

// ParseTemplate reads a template such as "{first}.{last}" or "{first:1}{last}".
// Placeholders, without regard to case:
//
//	{first}        the given names, {last} the family name: words run together,
//	               hyphens stay, apostrophes and accents go
//	{display}      the display name, its words joined by dots
//	{immutableId}  the person's id in the source directory; only a-z 0-9 . - _ stay,
//	               so ids that differ in nothing else are told apart by a number
//	{guid}         32 hexadecimal digits that stay the same for a person
//
// Each may be cut to its first characters: {first:1}. Between them may stand
// a-z 0-9 . - _, but no separator at either end and no two in a row. An error is a
// [Fault] that names the position, counted in characters from 1, and the cause.
func ParseTemplate(s string) (Template, error) {
	t := Template{memo: new(romanise.Memo)}
	named := false
	for rest := s; rest != ""; {
		at := len([]rune(s)) - len([]rune(rest)) + 1
		if rest[0] != '{' {
			text, _, _ := strings.Cut(rest, "{")
			if err := checkLiteral(s, text, at); err != nil {
				return Template{}, err
			}
			t.pieces = append(t.pieces, piece{literal: strings.ToLower(text)})
			rest = rest[len(text):]
			continue
		}
		inner, after, closed := strings.Cut(rest[1:], "}")
		if !closed || strings.Contains(inner, "{") {
			return Template{}, templateFault(s, at, "the { has no }", "write the placeholder as in {first}")
		}
		part, err := parsePlaceholder(s, inner, at)
		if err != nil {
			return Template{}, err
		}
		t.pieces = append(t.pieces, part)
		named = true
		rest = after
	}
	if !named {
		return Template{}, templateFault(s, 1, "it has no placeholder, so everybody would get the same name", knownPlaceholders())
	}
	if n := t.least(); n > maxBase {
		return Template{}, templateFault(s, 1, fmt.Sprintf("with one character for each placeholder the name has %d characters, and at most %d leave room for a number", n, maxBase),
			"shorten the text between the placeholders, or take fewer of them")
	}
	return t, nil
}

// least is the length of the name when every placeholder is cut to one character.
func (t Template) least() int {
	n := 0
	for _, p := range t.pieces {
		n += max(len(p.literal), 1)
	}
	return n
}

func templateFault(template string, at int, cause, hint string) Fault {
	return Fault{"bad_template", fmt.Sprintf("UPN template %q, character %d: %s", template, at, cause), hint}
}

func knownPlaceholders() string {
	return "the placeholders are {" + strings.Join(placeholders[1:], "}, {") + "}, each also cut to its first characters as in {first:1}"
}

// checkLiteral refuses what could never stand in a name as it is written.
func checkLiteral(template, text string, at int) error {
	for i, r := range []rune(text) {
		switch c := byte(r); {
		case r == '@':
			return templateFault(template, at+i, "it makes only the part before the @", "leave the @ out: the domain is added")
		case r == '}':
			return templateFault(template, at+i, "the } has no {", "write the placeholder as in {first}")
		case r >= 0x80 || !isGenerated(lower(c)):
			return templateFault(template, at+i, fmt.Sprintf("%s cannot stand in a name", show(r)), "use only a-z 0-9 . - _ and placeholders")
		case isSeparator(c) && (at+i == 1 || at+i == len([]rune(template))):
			return templateFault(template, at+i, "a name cannot start or end with a separator", "remove the "+string(r))
		case isSeparator(c) && i > 0 && isSeparator(text[i-1]):
			return templateFault(template, at+i, "two separators stand in a row", "keep one of them")
		}
	}
	return nil
}

// parsePlaceholder reads what stands between the braces: a word, and perhaps a
// colon and a width.
func parsePlaceholder(template, inner string, at int) (piece, error) {
	name, width, cuts := strings.Cut(inner, ":")
	part := piece{}
	for f, known := range placeholders[1:] {
		if strings.EqualFold(known, name) {
			part.field = field(f + 1)
		}
	}
	if part.field == literal {
		return part, templateFault(template, at, fmt.Sprintf("there is no placeholder {%s}", name), didYouMean(name)+knownPlaceholders())
	}
	if !cuts {
		return part, nil
	}
	n, err := strconv.Atoi(width)
	if err != nil || n < 1 || n > maxLocal {
		return part, templateFault(template, at, fmt.Sprintf("%q is no number of characters", width), fmt.Sprintf("give one from 1 to %d, as in {%s:1}", maxLocal, name))
	}
	part.width = n
	return part, nil
}

// didYouMean names the placeholder that a misspelt one was probably meant to be.
func didYouMean(name string) string {
	meant := map[string]field{
		"firstname": first, "givenname": first, "given": first, "forename": first,
		"lastname": last, "surname": last, "familyname": last, "family": last, "sn": last,
		"displayname": display, "name": display, "fullname": display,
		"id": immutableID, "employeeid": immutableID, "sourceanchor": immutableID,
		"uuid": guid, "random": guid,
	}
	key := strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name))
	best := meant[key]
	if best == literal {
		var names []string
		for _, known := range placeholders[1:] {
			names = append(names, strings.ToLower(known))
		}
		best = field(1 + slices.Index(names, typo.Nearest(key, names, 2))) // literal, where none is near
	}
	if best == literal {
		return ""
	}
	return fmt.Sprintf("did you mean {%s}? ", placeholders[best])
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// isGenerated reports whether the byte may stand in a name that we make. It is
// fewer than Microsoft allows: the rest needs escaping in mail clients and shells.
func isGenerated(c byte) bool {
	return 'a' <= c && c <= 'z' || isDigit(c) || isSeparator(c)
}
