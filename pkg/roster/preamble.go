package roster

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// preamble reads what stands above the data rows of CSV.
type preamble struct {
	text []byte // the start of the file
	end  int    // bytes read
	line int    // the line there

	comma      byte
	header     []string
	headerLine int
	record     []byte   // the header's bytes
	first      []string // the first data row
	notes      []string
}

// read skips Excel's "sep=;" line and Entra's "version:v1.0" line, finds out the
// delimiter and reads the header.
func (p *preamble) read(maxLine int) error {
	p.skipSeparator()
	p.skipVersion()
	p.settleComma()
	for {
		at, line := p.end, p.line
		cells, err := p.next(maxLine)
		if err != nil {
			return err
		}
		if cells == nil {
			return &Error{Message: "the file holds no header", Hint: `begin it with a line such as "firstName,lastName"`}
		}
		if !blankCells(cells) {
			p.header, p.headerLine, p.record = cells, line, p.text[at:p.end]
			break
		}
	}
	after := *p
	for {
		cells, err := after.next(maxLine)
		if err != nil || cells == nil || !blankCells(cells) {
			p.first = cells
			if end := oddLineEnd(p.record); err == nil && cells == nil && end != 0 {
				return errLineEnds(p.headerLine, end)
			}
			return nil // a fault in a data row is found again when the rows are read
		}
	}
}

// oddLineEnd returns the first line end in a header that is one to Unicode only, 0 if
// there is none. Mainframes write U+0085. Where no row follows the header, all rows
// are in it.
func oddLineEnd(header []byte) rune {
	if i := bytes.IndexAny(header, "\u0085\u2028\u2029"); i >= 0 {
		r, _ := utf8.DecodeRune(header[i:])
		return r
	}
	return 0
}

func errLineEnds(line int, end rune) error {
	return &Error{
		Line:    line,
		Message: fmt.Sprintf("the lines of this file end with %U, so that the whole file is one line of headers", end),
		Hint:    "write it with the line ends of Windows (CRLF) or Unix (LF)",
	}
}

// next reads one record, nil at the end.
func (p *preamble) next(maxLine int) ([]string, error) {
	for p.end < len(p.text) {
		text := p.text[p.end:]
		c := csvShape{comma: p.comma}.find(text)
		switch {
		case c.torn > 0:
			return nil, errOpenQuote(p.line + c.torn - 1)
		case c.end == 0 || c.end > maxLine:
			return nil, errLongLine(p.line, maxLine)
		}
		p.end += c.end
		line := p.line
		p.line += c.lines
		if c.empty {
			continue
		}
		cells, err := parseCells(string(text[:c.end]), p.comma, false)
		if err != nil {
			return nil, &Error{Line: line, Message: "a double quote stands in this line where none may stand", Hint: strayQuote().Hint}
		}
		return cells, nil
	}
	return nil, nil
}

// firstLine returns the line at hand, cleaned of what may surround its text.
func (p *preamble) firstLine() (line string, length int) {
	n := bytes.IndexByte(p.text[p.end:], '\n') + 1
	return strings.TrimSpace(string(p.text[p.end : p.end+n])), n
}

// skipSeparator obeys the line by which Excel is told the delimiter.
func (p *preamble) skipSeparator() {
	line, n := p.firstLine()
	line = strings.Trim(line, `"`)
	if len(line) != 5 && !strings.EqualFold(line, "sep=") || !strings.EqualFold(line[:4], "sep=") {
		return
	}
	if len(line) == 5 && slices.Contains(delimiters(), line[4]) {
		p.comma = line[4]
	}
	p.end += n
	p.line++
	p.notes = append(p.notes, fmt.Sprintf("Line %d names the delimiter and was skipped.", p.line-1))
}

// settleComma finds out the delimiter, unless a line has named one that the header
// has, too.
func (p *preamble) settleComma() {
	header := p.text[p.end:]
	header = header[:bytes.IndexByte(header, '\n')+1]
	if p.comma != 0 && bytes.IndexByte(header, p.comma) >= 0 {
		return
	}
	found := delimiterOf(p.text[p.end:])
	if p.comma != 0 && found != p.comma && bytes.IndexByte(header, found) >= 0 {
		p.notes = append(p.notes, fmt.Sprintf("Line 1 names the delimiter %q, but the file has %q, which is taken.", p.comma, found))
		p.comma = 0
	}
	if p.comma == 0 {
		p.comma = found
	}
}

// skipVersion skips the first line of Entra's sheet.
func (p *preamble) skipVersion() {
	line, n := p.firstLine()
	if !strings.HasPrefix(strings.ToLower(strings.TrimLeft(line, `"`)), "version:") {
		return
	}
	p.end += n
	p.line++
	p.notes = append(p.notes, fmt.Sprintf("Line %d is the version line of a template and was skipped.", p.line-1))
}

func delimiters() []byte { return []byte{',', ';', '\t', '|'} }

// delimiterOf finds the delimiter by which most headers make sense, and among
// equals the one that gives most rows as many cells as the header.
func delimiterOf(text []byte) byte {
	const sample = 20
	known := aliases()
	best, bestScore := byte(','), 0
	for _, comma := range delimiters() {
		p := preamble{text: text, comma: comma}
		header, err := p.next(len(text))
		if err != nil || len(header) < 2 {
			continue
		}
		score := len(header)
		for _, h := range header {
			if _, ok := known[readLabel(h).folded]; ok {
				score += 10_000
			}
		}
		for range sample {
			row, err := p.next(len(text))
			if err == nil && len(row) == len(header) {
				score += 100
			}
		}
		if score > bestScore {
			best, bestScore = comma, score
		}
	}
	return best
}
