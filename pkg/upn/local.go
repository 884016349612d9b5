package upn

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"muster/pkg/upn/internal/romanise"
)

// maxBase is the length of the longest local part that is made: seven characters
// less than is allowed, so that a number up to -999999 fits behind it.
const maxBase = maxLocal - 7

// guidSpace is the namespace (RFC 9562, version 5) of the ids that {guid} makes.
// It is arbitrary, and must never change: that would rename everybody.
const guidSpace = "5d1b7a36-0c1f-4a53-9d0e-6f5f3c8a2b41"

// Local makes the local part for a person. What comes out is legal as it is:
// only a-z 0-9 . - _, no separator at either end and no two in a row, at most 57
// characters. It is not yet unique: see [Names].
//
// Names in other letters are romanised by the rules of their language, which the
// letters and Parts.Locale tell. What had to be guessed is in the warnings. A person
// without first and last name goes by the display name; see splitDisplay
// in display.go for how it is taken apart.
//
// A name that is too long has all its placeholders cut to the largest equal
// length that fits, so that the last name does not fall victim to a long first one.
//
// The error is a [Fault] for a person for whom nothing legal, or nothing better than a
// wrong guess, can be made: only emoji, say, or a Japanese name in kanji.
func (t Template) Local(p Parts) (Local, error) {
	var buf [maxLocal]byte
	text, warnings, err := t.Append(buf[:0], p)
	return Local{Text: string(text), Warnings: warnings}, err
}

// Append is [Template.Local] for callers that go on writing behind the local part:
// it appends the text to dst.
func (t Template) Append(dst []byte, p Parts) ([]byte, []Warning, error) {
	if out, ok := t.appendSimple(dst, &p); ok {
		return out, nil, nil
	}
	return t.appendAny(dst, p)
}

// appendSimple is the short way for first and last names that are one word in ASCII:
// they are folded to lower case and no more. It exists for speed: such are most
// people of most files, and it takes a quarter of the time. It reports false for
// all others.
func (t Template) appendSimple(dst []byte, p *Parts) ([]byte, bool) {
	start := len(dst)
	for _, piece := range t.pieces {
		name := ""
		switch piece.field {
		case literal:
			dst = append(dst, piece.literal...)
			continue
		case first:
			name = p.First
		case last:
			name = p.Last
		}
		for i := range len(name) {
			c := romanise.Fold(name[i])
			if c == 0 {
				return dst[:start], false
			}
			if piece.width == 0 || i < piece.width {
				dst = append(dst, c)
			}
		}
		if name == "" {
			return dst[:start], false
		}
	}
	return dst, len(dst)-start <= maxBase
}

// appendAny is Append for everybody.
func (t Template) appendAny(dst []byte, p Parts) ([]byte, []Warning, error) {
	n := namer{parts: p, memo: t.memo}
	n.prepare()
	// All placeholders' values stand in one buffer, each up to its end.
	var valueBuffer [256]byte
	var endBuffer [16]int
	values, ends := valueBuffer[:0], endBuffer[:0]
	for _, piece := range t.pieces {
		var err error
		if values, err = n.appendValue(values, piece); err != nil {
			return dst, nil, err
		}
		ends = append(ends, len(values))
	}
	if len(values) == 0 {
		return dst, nil, nameless(t)
	}
	start := len(dst)
	dst = t.compose(dst, values, ends, len(values))
	if len(dst)-start > maxBase {
		n.warn("shortened", fmt.Sprintf("the name was cut to %d characters", maxBase))
		for width := maxBase; len(dst)-start > maxBase; width-- {
			dst = t.compose(dst[:start], values, ends, width)
		}
	}
	return dst, n.warnings, nil
}

// namer finds what the placeholders of a template stand for, for one person.
type namer struct {
	parts    Parts
	memo     *romanise.Memo
	rules    romanise.Rules
	warnings []Warning
}

// prepare finds the spelling rules and takes the display name apart if it is all
// there is. The plain case, ASCII with a first or last name, needs neither.
func (n *namer) prepare() {
	p := &n.parts
	p.First, p.Last, p.Display, p.ImmutableID = clip(p.First), clip(p.Last), clip(p.Display), clip(p.ImmutableID)
	whole := isBlank(p.First) && isBlank(p.Last)
	if !whole && isASCII(p.First) && isASCII(p.Last) && isASCII(p.Display) {
		return
	}
	n.rules = romanise.Tell(p.Locale, p.First, p.Last, p.Display)
	if masked := romanise.Masked(p.First, p.Last); masked != "" {
		n.warn("look_alike", fmt.Sprintf("%q looks like Latin letters beside the rest of the name, but is in another script", masked))
	}
	if whole {
		var sure bool
		p.First, p.Last, sure = splitDisplay(p.Display, n.rules)
		if !sure {
			n.warn("display_split", fmt.Sprintf("the display name %q was taken for first name %q and last name %q", p.Display, p.First, p.Last))
		}
	}
}

// clip bounds the work for a text: no more than its first kilobyte can matter.
func clip(text string) string { return text[:min(len(text), 1024)] }

func (n *namer) warn(code, message string) {
	n.warnings = append(n.warnings, Warning{code, message})
}

// appendValue appends the value of one piece of the template: nothing for literal
// text.
func (n *namer) appendValue(dst []byte, p piece) ([]byte, error) {
	start := len(dst)
	var err error
	switch p.field {
	case first:
		dst, err = n.appendName(dst, n.parts.First, romanise.Given)
	case last:
		dst, err = n.appendName(dst, n.parts.Last, romanise.Family)
	case display:
		dst, err = n.appendName(dst, n.parts.Display, romanise.Whole)
	case immutableID:
		dst = appendID(dst, n.parts.ImmutableID)
	case guid:
		dst = appendGUID(dst, n.parts.Identity)
	}
	if p.width > 0 {
		dst = dst[:min(len(dst), start+p.width)]
	}
	return trimEnd(dst, start), err
}

// appendName appends a name in Latin letters. Its words run together, but those of
// a display name are joined by dots.
func (n *namer) appendName(dst []byte, name string, part romanise.Part) ([]byte, error) {
	start := len(dst)
	dst, doubts, err := n.memo.Append(dst, name, part, n.rules)
	if err != nil {
		return dst, unreadable(name, err)
	}
	for _, d := range doubts {
		n.warn(d.Code, d.Message)
	}
	if bytes.IndexByte(dst[start:], ' ') < 0 {
		return dst, nil
	}
	out := dst[:start]
	for _, c := range dst[start:] {
		switch {
		case c != ' ':
			out = append(out, c)
		case part == romanise.Whole:
			out = append(out, '.')
		}
	}
	return out, nil
}

func unreadable(name string, err error) Fault {
	u := err.(*romanise.Unreadable) // the only one that it returns
	return Fault{"unreadable_name", fmt.Sprintf("no user principal name can be made of %q: %s", name, u.Reason), u.Hint}
}

// nameless words the error for someone who has nothing that the template asks for.
func nameless(t Template) Fault {
	var asked []string
	for _, p := range t.pieces {
		if p.field != literal {
			asked = appendNew(asked, "{"+placeholders[p.field]+"}")
		}
	}
	return Fault{"nameless", "no user principal name can be made: there is no letter or digit in " + strings.Join(asked, ", "),
		"give the person a name in letters, or the userPrincipalName itself"}
}

// compose appends the template with every value cut to width; ends says where the values
// of the pieces end. Where a value is empty, the separators around it become one.
func (t Template) compose(dst, values []byte, ends []int, width int) []byte {
	origin := len(dst)
	start := 0
	for i, p := range t.pieces {
		for j := range len(p.literal) {
			dst = appendSeparated(dst, origin, p.literal[j])
		}
		for _, c := range trimEnd(values[start:min(ends[i], start+width)], 0) {
			dst = appendSeparated(dst, origin, c)
		}
		start = ends[i]
	}
	return trimEnd(dst, origin)
}

// appendSeparated appends a character, unless it is a separator at the start, which
// is the origin, or behind another one.
func appendSeparated(dst []byte, origin int, c byte) []byte {
	if isSeparator(c) && (len(dst) == origin || isSeparator(dst[len(dst)-1])) {
		return dst
	}
	return append(dst, c)
}

// trimEnd removes separators from the end, but nothing before start.
func trimEnd(text []byte, start int) []byte {
	for len(text) > start && isSeparator(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// appendID appends what may stand in a name of an id: a-z 0-9 . - _, in lower
// case. The + / and = of Base64 go, as does case, so different ids may give one
// text; [Names] then tells them apart by a number.
func appendID(dst []byte, id string) []byte {
	for i := range len(id) {
		if c := lower(id[i]); isGenerated(c) {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendGUID appends 32 hexadecimal digits derived from the identity (UUID version
// 5), nothing where there is none.
func appendGUID(dst []byte, identity string) []byte {
	if identity == "" {
		return dst
	}
	id := uuid.NewSHA1(uuid.MustParse(guidSpace), []byte(identity))
	return hex.AppendEncode(dst, id[:])
}

// isBlank reports whether the text has no letter and no digit.
func isBlank(text string) bool {
	for _, r := range text {
		if r < utf8.RuneSelf && (isDigit(byte(r)) || lower(byte(r)) >= 'a' && lower(byte(r)) <= 'z') ||
			r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r)) {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	all := byte(0) // one test at the end, since nearly every text is
	for i := range len(text) {
		all |= text[i]
	}
	return all < utf8.RuneSelf
}

// CheckLocale reports a locale, as in Parts.Locale, that means nothing: neither a
// language nor a country. The error is a [Fault].
func CheckLocale(locale string) error {
	if _, known := romanise.Locale(locale); known {
		return nil
	}
	return Fault{"bad_locale", fmt.Sprintf("%q is neither a language nor a country", locale),
		`give a language in small letters such as de, da or uk, or a country in capitals such as DE, DK or UA`}
}
