package upn

import (
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
	var buffer [256]byte
	var spanBuffer [8]span
	n := namer{parts: p, values: buffer[:0], spans: spanBuffer[:0]}
	n.prepare()
	for _, piece := range t.pieces {
		if err := n.add(piece); err != nil {
			return Local{}, err
		}
	}
	if !n.named {
		return Local{}, n.nameless(t)
	}
	var out [256]byte
	text := t.compose(out[:0], n.values, n.spans, len(n.values))
	if len(text) > maxBase {
		n.warn("shortened", fmt.Sprintf("the name was cut to %d characters", maxBase))
		for width := maxBase; len(text) > maxBase; width-- {
			text = t.compose(out[:0], n.values, n.spans, width)
		}
	}
	return Local{Text: string(text), Warnings: n.warnings}, nil
}

// span is where a placeholder's value lies among the values.
type span struct{ start, end int }

// namer gathers what the placeholders of a template stand for, for one person.
type namer struct {
	parts    Parts
	rules    romanise.Rules
	values   []byte // of all placeholders, one after the other
	spans    []span // a template piece's part of values; empty for a literal
	named    bool   // some placeholder has a value
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

// add appends the value of one piece of the template.
func (n *namer) add(p piece) error {
	start := len(n.values)
	var err error
	switch p.field {
	case first:
		err = n.addName(n.parts.First, romanise.Given)
	case last:
		err = n.addName(n.parts.Last, romanise.Family)
	case display:
		err = n.addName(n.parts.Display, romanise.Whole)
	case immutableID:
		n.values = appendID(n.values, n.parts.ImmutableID)
	case guid:
		if n.parts.Identity != "" {
			n.values = appendGUID(n.values, n.parts.Identity)
		}
	}
	if err != nil {
		return err
	}
	if p.width > 0 {
		n.values = n.values[:min(len(n.values), start+p.width)]
	}
	n.values = trimEnd(n.values, start)
	n.spans = append(n.spans, span{start, len(n.values)})
	n.named = n.named || len(n.values) > start
	return nil
}

// addName appends a name in Latin letters. Its words run together, but those of a
// display name are joined by dots.
func (n *namer) addName(name string, part romanise.Part) error {
	start := len(n.values)
	values, doubts, err := romanise.Append(n.values, name, part, n.rules)
	if err != nil {
		return unreadable(name, err)
	}
	for _, d := range doubts {
		n.warn(d.Code, fmt.Sprintf("%q was written as %q: %s", d.Word, d.Result, d.Reason))
	}
	out := values[:start]
	for _, c := range values[start:] {
		switch {
		case c != ' ':
			out = append(out, c)
		case part == romanise.Whole:
			out = append(out, '.')
		}
	}
	n.values = out
	return nil
}

func unreadable(name string, err error) Fault {
	u := err.(*romanise.Unreadable) // the only one that Append returns
	return Fault{"unreadable_name", fmt.Sprintf("no user principal name can be made of %q: %s", name, u.Reason), u.Hint}
}

// nameless words the error for someone who has nothing that the template asks for.
func (n *namer) nameless(t Template) Fault {
	var asked []string
	for _, p := range t.pieces {
		if p.field != literal {
			asked = appendNew(asked, "{"+placeholders[p.field]+"}")
		}
	}
	return Fault{"nameless", "no user principal name can be made: there is no letter or digit in " + strings.Join(asked, ", "),
		"give the person a name in letters, or the userPrincipalName itself"}
}

// compose appends the template with every value cut to width. Where a value is
// empty, the separators around it become one.
func (t Template) compose(dst, values []byte, spans []span, width int) []byte {
	for i, p := range t.pieces {
		start, end := spans[i].start, spans[i].end
		text := trimEnd(values[start:min(end, start+width)], 0)
		if p.field == literal {
			for j := range len(p.literal) {
				dst = appendSeparated(dst, p.literal[j])
			}
			continue
		}
		for _, c := range text {
			dst = appendSeparated(dst, c)
		}
	}
	return trimEnd(dst, 0)
}

// appendSeparated appends a character, unless it is a separator at the start or
// behind another one.
func appendSeparated(dst []byte, c byte) []byte {
	if isSeparator(c) && (len(dst) == 0 || isSeparator(dst[len(dst)-1])) {
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

// appendGUID appends 32 hexadecimal digits derived from the identity (UUID version 5).
func appendGUID(dst []byte, identity string) []byte {
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
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
