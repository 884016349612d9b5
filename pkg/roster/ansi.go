package roster

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// surveyANSI decides whether a file that is not UTF-8 is Windows-1252. A byte-order
// mark of UTF-8 before it, of bom bytes, belongs to neither.
func surveyANSI(s *source, bom int) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	defer in.Close()
	a := ansiCensus{line: 1}
	if _, err := io.CopyBuffer(&a, &bomReader{in, bom}, make([]byte, 256<<10)); err != nil {
		return err
	}
	a.count(a.rest, true)
	return a.verdict()
}

// ansiCensus finds out whether bytes that are no UTF-8 are Windows-1252. They are
// not, if
//
//   - there is a byte that Windows-1252 does not define;
//   - there are more characters of UTF-8 than bytes that belong to none: it is
//     UTF-8 with some damage;
//   - too many words would be none in any language that Windows-1252 is for: see
//     [ansiWords]. It is the encoding of another part of the world.
type ansiCensus struct {
	words         ansiWords
	line          int // where the count is
	sound, broken int
	brokenLine    int
	undefined     byte // the first byte that Windows-1252 does not define
	undefinedLine int
	rest          []byte // may begin a character
}

// Write counts. It never fails.
func (a *ansiCensus) Write(p []byte) (int, error) {
	a.words.count(p)
	a.rest = append([]byte(nil), a.count(append(a.rest, p...), false)...)
	return len(p), nil
}

// count returns what may begin a character, unless this is the end.
func (a *ansiCensus) count(p []byte, end bool) []byte {
	for len(p) > 0 && (end || utf8.FullRune(p)) {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == '\n':
			a.line++
		case n > 1:
			a.sound++
		case r == utf8.RuneError:
			a.lone(p[0])
		}
		p = p[n:]
	}
	return p
}

func (a *ansiCensus) lone(b byte) {
	if a.broken++; a.broken == 1 {
		a.brokenLine = a.line
	}
	if bytes.IndexByte([]byte("\x81\x8d\x8f\x90\x9d"), b) >= 0 && a.undefined == 0 {
		a.undefined, a.undefinedLine = b, a.line
	}
}

func (a *ansiCensus) verdict() error {
	const neither = "the file is neither UTF-8 nor Windows-1252: "
	switch {
	case a.sound > a.broken:
		return &Error{
			Line:    a.brokenLine,
			Message: fmt.Sprintf(neither+"it holds %d characters of UTF-8, and here is the first of %d bytes that belong to none", a.sound, a.broken),
			Hint:    "files of different encodings may have been joined: open it, look at the accents, and " + saveAsUTF8,
		}
	case a.undefined != 0:
		return &Error{
			Line:    a.undefinedLine,
			Message: fmt.Sprintf(neither+"the byte %02X means nothing in the latter", a.undefined),
			Hint:    "it may be in the encoding of another part of the world: open it, look at the accents, and " + saveAsUTF8,
		}
	}
	if strange, all, line := a.words.verdict(); strange*strangeShare > all {
		return &Error{
			Line: line,
			Message: fmt.Sprintf(neither+"in the latter, %d of its %d words with letters beyond A to Z would be spelt as no name is, and here is the first",
				strange, all),
			Hint: "it seems to be in the encoding of another language or system: open it, look at the accents, and " + saveAsUTF8,
		}
	}
	return nil
}
