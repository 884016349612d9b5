package roster

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"
)

// recordReader reads one record after the other.
type recordReader interface {
	// load is called before the records of a batch.
	load()
	// read reads a record, whose text raw is; plain is what the cut says of it. The
	// record is good until the next. A fault means that it could not be read as it
	// stands.
	read(raw string, plain bool) (*record, *Problem)
	// strangers returns the names since load that mean nothing.
	strangers() []string
}

// csvReader reads records of CSV through gocsv's row-wise unmarshaller, which fills
// the record's tagged fields over our own encoding/csv reader.
//
// Plain records are an exception: they are cut at the delimiters. It exists for
// speed, since they are nearly all of a file, and gocsv takes five times as long for
// one, half of it to ask for the type of each field. A test holds that both ways give
// the same.
type csvReader struct {
	text    strings.Reader // what gocsv has not read yet
	rows    *gocsv.Unmarshaller
	shape   csvShape
	columns []field
	plain   record    // of the last plain record
	places  []*string // by column: where in it the cell belongs; nil: nowhere
}

// newCSVReader prepares reading. gocsv takes the first record for the header, so
// the header record goes first; its names are then replaced by those of the fields
// that the columns were mapped to.
func newCSVReader(header []byte, shape csvShape, columns []field) (*csvReader, error) {
	r := &csvReader{shape: shape, columns: columns, places: make([]*string, len(columns))}
	for i, f := range columns {
		if f != none {
			r.places[i] = r.plain.at(f)
		}
	}
	r.text.Reset(string(header))
	lines := csv.NewReader(bufio.NewReaderSize(&r.text, batchSize))
	lines.Comma = rune(shape.comma)
	lines.ReuseRecord = true
	rows, err := gocsv.NewUnmarshaller(lines, &record{})
	if err != nil {
		return nil, fmt.Errorf("read the header again: %w", err)
	}
	r.rows = rows
	return r, rows.RenormalizeHeaders(func([]string) []string {
		names := make([]string, len(columns))
		for i := range names {
			names[i] = columns[i].String()
		}
		return names
	})
}

func (r *csvReader) load() {}

func (r *csvReader) strangers() []string { return nil }

// read reads the next record. What encoding/csv refuses is read again, leniently,
// from its bytes: it stays a row of the file.
func (r *csvReader) read(raw string, plain bool) (*record, *Problem) {
	if plain && r.cut(raw) {
		return &r.plain, nil
	}
	r.text.Reset(raw)
	row, err := r.rows.Read()
	if errors.Is(err, csv.ErrBareQuote) {
		r.text.Reset(quoteFormulas(raw, r.shape.comma))
		row, err = r.rows.Read()
	}
	if err == nil {
		return row.(*record), nil
	}
	cells, _ := parseCells(raw, r.shape.comma, true) // whatever can be had
	rec := r.assign(cells)
	if !errors.Is(err, csv.ErrFieldCount) {
		return rec, strayQuote()
	}
	want, got := len(r.columns), len(cells)
	switch {
	case got < want && r.needless(got):
		return rec, &Problem{
			Code:    shortRow,
			Message: fmt.Sprintf(wrongCount+", and the last ones, which are not read, are taken for the missing", got, want),
			Hint:    "make sure that no other cell is missing; spreadsheet programs leave out empty cells at the end",
		}
	case got < want:
		return rec, &Problem{
			Code:    "too_few_cells",
			Message: fmt.Sprintf(wrongCount, got, want),
			Hint:    r.fewHint(cells),
		}
	case !blankCells(cells[want:]):
		return rec, &Problem{
			Code:    "too_many_cells",
			Message: fmt.Sprintf(wrongCount, got, want),
			Hint:    fmt.Sprintf("put cells that contain %q between double quotes, or remove the surplus", r.shape.comma),
		}
	}
	return rec, nil
}

// quoteFormulas writes the cells of a record that are bare formulas of a text, as in
// ="001",="Doe", in the way of CSV: "001","Doe".
func quoteFormulas(raw string, comma byte) string {
	var b strings.Builder
	for rest := raw; rest != ""; {
		end := strings.IndexByte(rest, comma)
		if text, ok := strings.CutPrefix(rest, `="`); ok {
			if n := strings.IndexByte(text, '"'); n >= 0 && endsCell(text[n+1:], comma) {
				b.WriteString(rest[1 : n+3])
				rest = text[n+1:]
				end = strings.IndexByte(rest, comma)
			}
		}
		if end < 0 {
			end = len(rest) - 1
		}
		b.WriteString(rest[:end+1])
		rest = rest[end+1:]
	}
	return b.String()
}

// endsCell reports whether nothing more of a cell comes before the text.
func endsCell(text string, comma byte) bool {
	return text == "" || text[0] == comma || text[0] == '\r' || text[0] == '\n'
}

// shortRow is the code of the one fault with which a row is read all the same.
const shortRow = "short_row"

// needless reports whether nothing is read from the columns from n on. Where there are
// passwords, no row is read on the guess which cells are missing.
func (r *csvReader) needless(n int) bool {
	read := func(f field) bool { return f != none }
	return !slices.Contains(r.columns, password) && slices.ContainsFunc(r.columns[:n], read) && !slices.ContainsFunc(r.columns[n:], read)
}

// fewHint looks for what may have made one cell of a whole row.
func (r *csvReader) fewHint(cells []string) string {
	if len(cells) == 1 {
		for _, comma := range delimiters() {
			parts, err := parseCells(cells[0], comma, false)
			switch {
			case err != nil || len(parts) != len(r.columns):
			case comma == r.shape.comma:
				return "the whole row stands between double quotes: remove these"
			default:
				return fmt.Sprintf("the row has %q between its cells and the header has %q: write the same in both", comma, r.shape.comma)
			}
		}
	}
	return "add the missing cells, empty if need be: it is not certain which ones are missing"
}

// cut fills r.plain from a plain record, and reports whether it has as many cells
// as the header; gocsv knows what to say of others.
func (r *csvReader) cut(raw string) bool {
	rest := strings.TrimSuffix(strings.TrimSuffix(raw, "\n"), "\r")
	last := len(r.places) - 1
	for i, place := range r.places {
		start := 0 // where to look for the cell's end
		quoted := rest != "" && rest[0] == '"'
		if quoted {
			start = quotedLength(rest)
		}
		end := strings.IndexByte(rest[start:], r.shape.comma)
		if (end < 0) != (i == last) {
			return false
		}
		cell := rest
		if i < last {
			cell, rest = rest[:start+end], rest[start+end+1:]
		}
		if place == nil {
			continue
		}
		if quoted {
			cell = strings.ReplaceAll(cell[1:len(cell)-1], `""`, `"`)
		}
		*place = cell
	}
	return true
}

// quotedLength measures the quoted cell at the start of a plain record, both quotes
// included.
func quotedLength(text string) int {
	n := 1
	for {
		n += strings.IndexByte(text[n:], '"') + 1
		if n == len(text) || text[n] != '"' {
			return n
		}
		n++
	}
}

func strayQuote() *Problem {
	return &Problem{
		Code:    "stray_quote",
		Message: strayQuoted,
		Hint:    "put the whole cell between double quotes and write a quote inside it twice, or remove the quote",
	}
}

// assign gives cells to fields as gocsv does.
func (r *csvReader) assign(cells []string) *record {
	rec := &record{}
	for i, c := range cells {
		if i < len(r.columns) && r.columns[i] != none {
			*rec.at(r.columns[i]) = c
		}
	}
	return rec
}
