package roster

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// tidy takes the dirt out of a cell that spreadsheets and copying put in, and
// which nobody sees:
//
//   - white space of any kind around the text; inside, no-break and other special
//     spaces become plain ones and a run of spaces becomes one;
//   - characters without a width: byte-order marks, zero-width spaces, soft
//     hyphens, marks of writing direction; the joiners U+200C and U+200D stay
//     inside, where Persian and Indic names need them;
//   - one apostrophe in front of =, +, - or @, with which spreadsheet programs
//     and exports keep a text from being run as a formula ('t Hooft stays);
//   - ="001", which exports write so that a spreadsheet program keeps the zeros, is 001;
//   - letters are composed (Unicode's form NFC).
//
// A tab or a line break inside is no dirt but a mistake, for the checks to name.
func tidy(s string) string {
	if isTidy(s) {
		return s
	}
	return tidied(s)
}

// tidied is tidy for cells that isTidy does not pass.
func tidied(s string) string {
	if !isASCII(s) {
		s = norm.NFC.String(strings.Map(tidyRune, s))
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == zwnj || r == zwj })
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte("=+-@", s[1]) >= 0 {
		s = strings.TrimLeft(s[1:], " ")
	}
	if text, ok := formulaText(s); ok {
		s = strings.TrimSpace(text)
	}
	return singleSpaced(s)
}

// formulaText returns the text of a cell that is a formula of nothing else: 001 of ="001".
func formulaText(s string) (text string, ok bool) {
	if len(s) < len(`=""`) || s[:2] != `="` || s[len(s)-1] != '"' {
		return "", false
	}
	text = s[2 : len(s)-1]
	return text, strings.IndexByte(text, '"') < 0
}

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// isTidy reports whether nothing is to be done, nor anything to be suspected, which
// is so for nearly every cell: it is the fast path of cleaning and checking.
func isTidy(s string) bool {
	last := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c-' ' >= 0x5f || c == ' ' && last == ' ' {
			return c >= utf8.RuneSelf && isTidyBeyondASCII(s)
		}
		last = c
	}
	return s == "" || last != ' ' && s[0] != '\'' && s[0] != '='
}

// isSound reports whether a cell is tidy and holds nothing that any check of a name
// or an id looks for, but for lengths and whole words. It exists for speed: nearly
// every cell is sound, and one look at each byte says so.
func isSound(s string) bool {
	last := between
	for i := range len(s) {
		k := soundness[s[i]]
		if k == suspect || k == between && last == between {
			return false
		}
		last = k
	}
	return s == "" || last != between && s[0] != '='
}

// What a byte of a cell means to isSound.
const (
	suspect uint8 = iota // may be wrong somewhere, or is not ASCII
	between              // a space: right between two other bytes
	sound                // right everywhere
)

var soundness = func() (table [256]uint8) {
	for c := byte('!'); c < 0x7f; c++ {
		if !strings.ContainsRune("'?#:$_+~&\\%", rune(c)) {
			table[c] = sound
		}
	}
	table[' '] = between
	return table
}()

// isTidyBeyondASCII is isTidy for composed letters of the commonest scripts. Two
// in a row of which the first may begin a letter that was encoded twice are left
// to the full checks.
func isTidyBeyondASCII(s string) bool {
	last := ' '
	for _, r := range s {
		switch {
		case r == ' ':
			if last == ' ' {
				return false
			}
		case r > ' ' && r < 0x7f:
		case r >= utf8.RuneSelf && last >= 0xc2 && last <= 0xf4:
			return false
		case r >= 0xc0 && r < 0x250, // Latin
			r >= 0x388 && r < 0x3cf, r >= 0x400 && r < 0x460, // Greek, Cyrillic
			r > 0x3040 && r < 0x3097, r > 0x30a0 && r < 0x30fb, // kana
			r >= 0x4e00 && r < 0xa000, r >= 0xac00 && r < 0xd7a4: // Han, Hangul
		default:
			return false
		}
		last = r
	}
	return last != ' ' && s[0] != '\'' && s[0] != '='
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// tidyRune maps special spaces to the plain one and drops what has no width.
func tidyRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r == '\u00ad', r == '\u061c', r == '\u180e', r == '\ufeff', r == '\u200b',
		r == '\u200e', r == '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2069':
		return -1
	case r != '\u0085' && r != '\u2028' && r != '\u2029' && unicode.IsSpace(r):
		return ' '
	}
	return r
}

func singleSpaced(s string) string {
	if !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != ' ' || s[i-1] != ' ' {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// undouble undoes a double encoding: UTF-8 taken for Windows-1252 or Windows-1251 and
// written as UTF-8 once more, which makes "MÃ¼ller" of "Müller" and "РћР»РµРі" of
// "Олег". It reports false where the text is none: the bytes behind it must be valid
// UTF-8 throughout, and spell letters and marks that names have, since "É’" is also
// such a pair of bytes.
func undouble(s string) (string, bool) {
	if looksDoubled(s) {
		return undoubleFrom(charmap.Windows1252, s)
	}
	if strings.Contains(s, "Р") || strings.Contains(s, "С") { // first bytes of Cyrillic letters
		return undoubleFrom(charmap.Windows1251, s)
	}
	return "", false
}

func undoubleFrom(table *charmap.Charmap, s string) (string, bool) {
	raw := make([]byte, 0, len(s))
	for _, r := range s {
		b, ok := table.EncodeRune(r)
		if !ok {
			if r > 0xff {
				return "", false
			}
			b = byte(r) // undefined in the table; programs let it through
		}
		raw = append(raw, b)
	}
	if !utf8.Valid(raw) {
		return "", false
	}
	right := string(raw)
	for _, r := range right {
		if r >= utf8.RuneSelf && !unicode.Is(doubled1252(), r) {
			return "", false
		}
	}
	return right, true
}

// looksDoubled is the quick first look of undouble: there must be a character
// that stands for the first byte of an encoded letter, and another after it.
func looksDoubled(s string) bool {
	lead := false
	for _, r := range s {
		if lead && r >= utf8.RuneSelf {
			return true
		}
		lead = r >= 0xc2 && r <= 0xf4
	}
	return false
}

// doubled1252 is what double encoding is looked for in: the letters of Western,
// Central European, Greek, Cyrillic, Hebrew, Arabic and East Asian names, and
// typographic marks.
func doubled1252() *unicode.RangeTable {
	return &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x00a0, Hi: 0x017f, Stride: 1},
		{Lo: 0x0386, Hi: 0x03ce, Stride: 1},
		{Lo: 0x0401, Hi: 0x0401, Stride: 1},
		{Lo: 0x0404, Hi: 0x0407, Stride: 1},
		{Lo: 0x0410, Hi: 0x044f, Stride: 1},
		{Lo: 0x0451, Hi: 0x0451, Stride: 1},
		{Lo: 0x0454, Hi: 0x0457, Stride: 1},
		{Lo: 0x05d0, Hi: 0x06ff, Stride: 1},
		{Lo: 0x1e00, Hi: 0x1eff, Stride: 1},
		{Lo: 0x2010, Hi: 0x2026, Stride: 1},
		{Lo: 0x3040, Hi: 0x9fff, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
	}}
}

// mixesScripts finds a word that mixes letters of Latin, Greek and Cyrillic, which
// share shapes: a Cyrillic "а" in a Latin name cannot be seen, only felt when
// signing in. It returns the word and a letter of the script that is rarer in it.
func mixesScripts(s string) (word string, letter rune) {
	if _, scripts := rarestScript(s); scripts < 2 { // most names are all of one
		return "", 0
	}
	for part := range strings.FieldsSeq(s) {
		if _, scripts := rarestScript(part); scripts < 2 { // as nearly always
			continue
		}
		for _, w := range strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			if r, scripts := rarestScript(w); scripts > 1 {
				return w, r
			}
		}
	}
	return "", 0
}

// rarestScript counts the scripts and returns a letter of the one with the fewest.
func rarestScript(s string) (letter rune, scripts int) {
	var count [3]int
	var last [3]rune
	for _, r := range s {
		if i := lookalikeScript(r); i >= 0 {
			count[i]++
			last[i] = r
		}
	}
	fewest := len(s) + 1
	for i, n := range count {
		if n == 0 {
			continue
		}
		scripts++
		if n < fewest {
			fewest, letter = n, last[i]
		}
	}
	return letter, scripts
}

// lookalikeScript tells Latin (0), Greek (1) and Cyrillic (2) letters from all
// others (-1). It knows the blocks that names are written in; unicode.Is with its
// tables takes ten times as long, and every name that is not ASCII comes by here.
func lookalikeScript(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return 0
		}
	case r >= 0xc0 && r < 0x250 && r != '×' && r != '÷', r >= 0x1e00 && r < 0x1f00:
		return 0
	case r >= 0x370 && r < 0x400, r >= 0x1f00 && r < 0x2000:
		return 1
	case r >= 0x400 && r < 0x530:
		return 2
	}
	return -1
}

// clip shortens a cell for a message.
func clip(s string) string {
	const limit = 100
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i] + "…"
		}
	}
	return s
}
