package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// batchSize is how much text the splitter cuts off at a time: enough rows to make
// handing them to another goroutine cheap, few enough to stay in a core's cache.
const batchSize = 32 << 10

// batch is a run of whole records.
type batch struct {
	file  *File
	text  string // ends with a line end
	marks []mark // of the data rows in it; dropped once these are read
	first int    // the number of the first of them
	line  int    // where the text starts
	err   error  // the file is bad after these records
}

// mark is where a data row stands in a batch. It is small, since there is one for every
// row and they pass from one processor to another: 16 bytes.
type mark struct {
	start, end uint32 // in the text
	line       uint32 // line ends before it in the text
	tall       bool   // goes over several lines
	plain      bool   // CSV in one line that can be cut cell by cell
}

// record returns the marked record, its line end included.
func (b *batch) record(m mark) string { return b.text[m.start:m.end] }

// kind tells data rows from others.
type kind uint8

const (
	data    kind = iota
	blank        // cells without any value, as spreadsheets leave below their tables
	example      // the row of Entra's sheet that shows how to fill it in
)

// endOfFile is control-Z, the last character of files from DOS.
const endOfFile = '\x1a'

// cut is the outcome of looking for the end of the record a text starts with.
type cut struct {
	end   int  // bytes of the record; 0: its end is not in the text
	lines int  // line ends in it, or up to the end of the text
	empty bool // an empty line, which encoding/csv does not count as a record
	plain bool // CSV in one line, with no quote but around whole cells and doubled in them
	kind  kind
	torn  int // lines into the record, 1-based, where a quote opens that is not closed as it should; 0: none
}

// splitter cuts text into batches of whole records. It decides alone, from the
// text before the record, where a record ends and which number it has, so that
// the rows do not depend on how many goroutines read them.
type splitter struct {
	in      io.Reader
	source  *source
	find    func(text []byte) cut
	maxLine int
	buf     []byte
	rest    []byte      // the end of buf, which starts a record whose end was not yet read
	line    int         // where rest starts
	counts  [3]int      // records by kind
	spare   chan []mark // marks that nobody needs any more, to be used again
	ended   bool
}

// next returns the next batch; nil after the last.
func (s *splitter) next() *batch {
	size := max(batchSize, len(s.rest)+batchSize/2)
	for {
		if err := s.fill(size); err != nil {
			return &batch{err: err}
		}
		b := s.split()
		if len(b.marks) > 0 || b.err != nil {
			return b
		}
		if s.ended {
			return nil
		}
		size = max(size, min(2*len(s.rest), s.maxLine)+batchSize)
	}
}

// fill reads until rest is of the size or the text has ended. A last line without
// an end gets one.
func (s *splitter) fill(size int) error {
	if s.ended {
		return nil
	}
	if err := s.source.check(); err != nil {
		return err
	}
	if size >= len(s.buf) {
		s.buf = append(make([]byte, 0, size+1), s.rest...)[:size+1]
		s.rest = s.buf[:len(s.rest)]
	}
	have := copy(s.buf, s.rest)
	n, err := io.ReadFull(s.in, s.buf[have:size])
	s.rest = s.buf[:have+n]
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		s.ended = true
		if len(s.rest) > 0 && s.rest[len(s.rest)-1] != '\n' {
			s.rest = append(s.rest, '\n')
		}
		return nil
	}
	return err
}

// split cuts off what is whole.
func (s *splitter) split() *batch {
	b := &batch{marks: s.marks(), first: s.counts[data] + 1, line: s.line}
	at := 0
	for at < len(s.rest) {
		c := s.find(s.rest[at:])
		if err := s.refuse(c, s.rest[at:]); err != nil {
			b.err = err
			break
		}
		if c.end == 0 {
			break
		}
		if !c.empty {
			if s.counts[c.kind]++; c.kind == data {
				b.marks = append(b.marks, mark{uint32(at), uint32(at + c.end), uint32(s.line - b.line), c.lines > 1, c.plain})
			}
		}
		at += c.end
		s.line += c.lines
	}
	b.text, s.rest = string(s.rest[:at]), s.rest[at:]
	return b
}

// marks returns an empty slice for the marks of a batch.
func (s *splitter) marks() []mark {
	select {
	case marks := <-s.spare:
		return marks[:0]
	default:
		return make([]mark, 0, len(s.rest)/64)
	}
}

// recycle takes the marks of a batch whose rows are read. Any goroutine may call it.
func (s *splitter) recycle(b *batch) {
	select {
	case s.spare <- b.marks:
	default:
	}
	b.marks = nil
}

// refuse reports what makes the file bad: a record without end, or one so long
// that it can be none.
func (s *splitter) refuse(c cut, text []byte) error {
	tooLong := c.end > s.maxLine || c.end == 0 && len(text) > s.maxLine
	switch {
	case c.torn > 0 && (c.end > 0 || s.ended || tooLong):
		return errOpenQuote(s.line + c.torn - 1)
	case tooLong:
		return errLongLine(s.line, s.maxLine)
	}
	return nil
}

func errOpenQuote(line int) error {
	return &Error{
		Line:    line,
		Message: "a quote (\") is opened here and not closed where its cell ends, so the lines after it would be swallowed",
		Hint:    "close the quote or remove it; inside a quoted cell write it twice",
	}
}

// findLine finds the end of a line of JSON Lines.
func findLine(text []byte) cut {
	nl := bytes.IndexByte(text, '\n')
	if nl < 0 {
		return cut{}
	}
	return cut{end: nl + 1, lines: 1, empty: len(bytes.TrimSpace(text[:nl])) == 0}
}

// csvShape knows where records of CSV end, in the very way of encoding/csv, which
// then reads them; the fuzz test compares the two.
type csvShape struct {
	comma   byte
	columns int // 0: not known yet
}

// find finds the end of the record at the start of text. Most records are one
// line without any quote, and most others one line with quotes only around whole cells.
func (s csvShape) find(text []byte) cut {
	nl := bytes.IndexByte(text, '\n')
	if nl < 0 && bytes.IndexByte(text, '"') < 0 {
		return cut{}
	}
	if nl >= 0 && s.inOrder(text[:nl+1]) {
		c := cut{end: nl + 1, lines: 1, empty: nl == 0 || nl == 1 && text[0] == '\r', plain: true}
		c.kind = s.kind(text[:nl])
		return c
	}
	c := s.quoted(text)
	if c.end == 0 {
		return c
	}
	if c.lines > 1 && c.torn == 0 && !s.wellFormed(text[:c.end]) {
		c.torn = 1
	}
	c.kind = s.kind(text[:c.end])
	return c
}

// inOrder reports whether each quote in a line, its end included, is one of two around
// a whole cell, or doubled between them. It exists for speed: it goes from quote to
// quote, not from cell to cell as quoted does, which knows what to make of other lines.
func (s csvShape) inOrder(line []byte) bool {
	for i := 0; ; {
		open := bytes.IndexByte(line[i:], '"')
		if open < 0 {
			return true
		}
		i += open
		n, closed := quotedCell(line[i:])
		if !closed || i > 0 && line[i-1] != s.comma {
			return false
		}
		i += n
		if line[i] != s.comma {
			return string(line[i:]) == "\n" || string(line[i:]) == "\r\n"
		}
	}
}

// quoted finds the end of a record with quotes in it, cell by cell. A stray quote
// ends the record with its line, as encoding/csv does; when that line is not the
// record's first, an earlier quote was not closed in its cell.
func (s csvShape) quoted(text []byte) cut {
	i, lines := 0, 0
	suspect := 0 // where the last quote opened whose cell has several lines
	for {
		if i < len(text) && text[i] == '"' {
			n, closed := quotedCell(text[i:])
			inside := bytes.Count(text[i:i+n], []byte{'\n'})
			if inside > 0 || !closed {
				suspect = lines + 1
			}
			lines += inside
			if !closed {
				return cut{lines: lines, torn: suspect}
			}
			i += n
			switch {
			case i < len(text) && text[i] == s.comma:
				i++
				continue
			case bytes.HasPrefix(text[i:], []byte("\n")), bytes.HasPrefix(text[i:], []byte("\r\n")):
			default:
				return strayed(text, i, lines, suspect)
			}
		}
		nl := bytes.IndexByte(text[i:], '\n')
		if nl < 0 {
			return cut{lines: lines}
		}
		cell := text[i : i+nl]
		comma := bytes.IndexByte(cell, s.comma)
		if comma >= 0 {
			cell = cell[:comma]
		}
		if bytes.IndexByte(cell, '"') >= 0 {
			return strayed(text, i, lines, suspect)
		}
		if comma < 0 {
			return cut{end: i + nl + 1, lines: lines + 1, plain: lines == 0}
		}
		i += comma + 1
	}
}

// strayed ends a record at the end of the line with the stray quote.
func strayed(text []byte, i, lines, suspect int) cut {
	nl := bytes.IndexByte(text[i:], '\n')
	if nl < 0 {
		return cut{lines: lines}
	}
	return cut{end: i + nl + 1, lines: lines + 1, torn: suspect}
}

// quotedCell measures the quoted cell at the start of text, both quotes included. One
// that is not closed, or only by the last character, where another quote may follow, is
// as long as the text.
func quotedCell(text []byte) (n int, closed bool) {
	n = 1
	for {
		q := bytes.IndexByte(text[n:], '"')
		if q < 0 {
			return len(text), false
		}
		n += q + 1
		if n == len(text) || text[n] != '"' {
			return n, n < len(text)
		}
		n++
	}
}

// wellFormed reports whether a record of several lines has as many cells as the
// header: if not, a quote has most likely swallowed the rows between.
func (s csvShape) wellFormed(record []byte) bool {
	if s.columns == 0 {
		return true
	}
	cells, err := parseCells(string(record), s.comma, false)
	return err == nil && len(cells) >= s.columns && blankCells(cells[s.columns:])
}

// exampleMark begins the first cell of an example: "Bulk create users",
// Microsoft Entra documentation.
const exampleMark = "Example:"

func isExample(record []byte) bool {
	record = bytes.TrimPrefix(record, []byte{'"'})
	return len(record) >= len(exampleMark) && strings.EqualFold(string(record[:len(exampleMark)]), exampleMark)
}

// kind looks at a record's first byte, and further only where that may begin
// something else than data.
func (s csvShape) kind(record []byte) kind {
	if len(record) == 0 {
		return data
	}
	switch record[0] {
	case 'E', 'e', '"':
		if isExample(record) {
			return example
		}
	case s.comma, ' ', '\t', '\r', endOfFile:
	default:
		return data
	}
	if s.valueless(record) {
		return blank
	}
	return data
}

// valueless reports whether no cell has a value; a quote that is one counts.
func (s csvShape) valueless(record []byte) bool {
	quotes := false
	for _, b := range record {
		switch b {
		case s.comma, ' ', '\t', '\r', '\n', endOfFile:
		case '"':
			quotes = true
		default:
			return false
		}
	}
	if !quotes {
		return true
	}
	cells, err := parseCells(string(record), s.comma, false)
	return err == nil && blankCells(cells)
}

// parseCells reads one record. Lazy takes stray quotes as they are.
func parseCells(record string, comma byte, lazy bool) ([]string, error) {
	r := csv.NewReader(strings.NewReader(record))
	r.Comma = rune(comma)
	r.FieldsPerRecord = -1
	r.LazyQuotes = lazy
	cells, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse record: %w", err)
	}
	return cells, nil
}

func blankCells(cells []string) bool {
	for _, c := range cells {
		if tidy(c) != "" {
			return false
		}
	}
	return true
}
