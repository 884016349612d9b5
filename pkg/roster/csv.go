package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/gocarina/gocsv"
)

// recordReader reads a batch's records one after the other, whether or not they
// are data rows. A fault means that the record could not be read as it stands.
type recordReader interface {
	read(raw []byte) (*record, *Problem)
}

// csvReader reads records of CSV through gocsv's row-wise unmarshaller.
type csvReader struct {
	rows    *gocsv.Unmarshaller
	shape   csvShape
	columns []field
}

// newCSVReader prepares reading a batch. The header record goes before the text,
// since gocsv takes the first record for it; its names are then replaced by those
// of the fields that the columns were mapped to.
func newCSVReader(header, text []byte, shape csvShape, columns []field) (*csvReader, error) {
	r := csv.NewReader(io.MultiReader(bytes.NewReader(header), bytes.NewReader(text)))
	r.Comma = rune(shape.comma)
	r.ReuseRecord = true
	rows, err := gocsv.NewUnmarshaller(r, &record{})
	if err != nil {
		return nil, fmt.Errorf("read the header again: %w", err)
	}
	err = rows.RenormalizeHeaders(func(headers []string) []string {
		names := make([]string, len(headers))
		for i := range names {
			names[i] = columns[i].String()
		}
		return names
	})
	return &csvReader{rows, shape, columns}, err
}

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
