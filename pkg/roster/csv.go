package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"

	"github.com/gocarina/gocsv"
)

// recordReader reads the records of one batch after the other.
type recordReader interface {
	// load gives it the next batch's text.
	load(text []byte)
	// read reads the next record, whose bytes raw are. A fault means that it
	// could not be read as it stands.
	read(raw []byte) (*record, *Problem)
	// strangers returns the names since load that mean nothing.
	strangers() []string
}

// csvReader reads records of CSV through gocsv's row-wise unmarshaller, which fills
// the record's tagged fields over our own encoding/csv reader. A mapped column costs
// it about as much as encoding/csv takes for half a row.
type csvReader struct {
	text    bytes.Reader // what gocsv has not read yet
	rows    *gocsv.Unmarshaller
	shape   csvShape
	columns []field
}

// newCSVReader prepares reading. gocsv takes the first record for the header, so
// the header record goes first; its names are then replaced by those of the fields
// that the columns were mapped to.
func newCSVReader(header []byte, shape csvShape, columns []field) (*csvReader, error) {
	r := &csvReader{shape: shape, columns: columns}
	r.text.Reset(header)
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

// load gives gocsv more text. It never sees the end of any, since it is not asked
// for more records than there are.
func (r *csvReader) load(text []byte) { r.text.Reset(text) }

func (r *csvReader) strangers() []string { return nil }

// read reads the next record. What encoding/csv refuses is read again, leniently,
// from its bytes: it stays a row of the file.
func (r *csvReader) read(raw []byte) (*record, *Problem) {
	row, err := r.rows.Read()
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
	case got < want:
		return rec, &Problem{
			Code:    "too_few_cells",
			Message: fmt.Sprintf("the row has %d cells, the header has %d", got, want),
			Hint:    "add the missing cells, empty if need be: it is not certain which ones are missing",
		}
	case !blankCells(cells[want:]):
		return rec, &Problem{
			Code:    "too_many_cells",
			Message: fmt.Sprintf("the row has %d cells, the header has %d", got, want),
			Hint:    fmt.Sprintf("put cells that contain %q between double quotes, or remove the surplus", r.shape.comma),
		}
	}
	return rec, nil
}

func strayQuote() *Problem {
	return &Problem{
		Code:    "stray_quote",
		Message: "a double quote stands where none may stand, so the cells cannot be told apart",
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
