package roster

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"muster/pkg/formula"
)

// rejectsColumns are the columns that a rejects file has beyond the input's: such a
// file is itself an input, once mended.
func rejectsColumns() []string { return []string{"error", "hint"} }

func isRejectsColumn(folded string) bool { return slices.Contains(rejectsColumns(), folded) }

// isRejects reports whether muster wrote the file.
func isRejects(header []string) bool {
	return slices.Equal(header[max(len(header)-2, 0):], rejectsColumns())
}

// What is said of rows that are refused for their form, so that unmended finds it
// in a rejects file.
const (
	wrongCount  = "the row has %d cells, the header has %d"
	strayQuoted = "a double quote stands where none may stand, so the cells cannot be told apart"
	nameless    = "has characters that no name has"
)

// unmended finds the rows of a rejects file that are as muster wrote them although
// their form was what was wrong. Being written there has made them well-formed:
// missing cells were filled up at the end, whatever was missing, and stray quotes
// were put in order. Nobody has said yet which cell is which.
//
// A row that was mended passes even if its error is still there; where that cannot
// be told from the cells, clearing the error says so.
func (f *File) unmended(raw string) *Problem {
	width := len(f.header) - len(rejectsColumns())
	cells, _ := parseCells(raw, f.shape.comma, true)
	if len(cells) <= width {
		return nil
	}
	fault := strings.TrimPrefix(tidy(cells[width]), "(1) ")
	cells = cells[:width]
	var got, want int
	switch n, _ := fmt.Sscanf(fault, wrongCount, &got, &want); {
	case n == 2 && got < want && got < width && blankCells(cells[got:]):
		return &Problem{
			Code:    "too_few_cells",
			Message: fmt.Sprintf(wrongCount, got, want),
			Hint:    "put each value under its own header; if the missing cells were the last ones, clear the error cell to say so",
		}
	case strings.HasPrefix(fault, strayQuoted) && slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, `"`) }):
		p := strayQuote()
		p.Hint = "put each value under its own header and remove the quote; if it belongs to the value, clear the error cell to say so"
		return p
	case strings.Contains(fault, nameless) && slices.ContainsFunc(cells, isBrokenANSI):
		return &Problem{
			Code:    "damaged_text",
			Message: "a name " + nameless,
			Hint:    "see how it is spelt and type it again; if it is right, clear the error cell to say so",
		}
	}
	return nil
}

// isBrokenANSI holds for text that was no text in Windows-1252, and is still the same.
func isBrokenANSI(cell string) bool {
	_, err := charmap.Windows1252.NewEncoder().String(cell)
	return err == nil && judgeName(cell) == brokenWord
}

// fuse takes away the apostrophes that a rejects file has before formulas.
func (r *record) fuse() {
	for f := range fieldCount {
		cell := r.at(f)
		*cell = formula.Fuse(*cell)
	}
}
