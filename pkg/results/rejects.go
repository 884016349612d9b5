package results

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"muster/pkg/durable"
	"muster/pkg/formula"
)

// Reject is a row of the input that has to be mended, and why.
type Reject struct {
	Cells       []string // as read, parallel to the header
	Error, Hint string
}

var errNoRejects = errors.New("no rows were rejected")

// WriteRejects replaces the file at path by the rejected rows: the columns of the
// input, under its own header and with its own delimiter (0 is the comma), then
// "error" and "hint". Once mended the file is an input itself; columns of these
// two names that the input has, as the rejects of an earlier run do, are left out.
//
// It is UTF-8 with a byte-order mark, without which Excel shows accents wrongly,
// and formulas are defused. Cells beyond the header's come after the hint.
// WriteRejects returns the number of rows; where there are none it writes nothing
// and removes the file that an earlier run left. As the rows are those of the
// input, passwords that it brought are in the file, which nobody else may read.
func WriteRejects(path string, header []string, delimiter rune, rows iter.Seq2[Reject, error]) (n int, err error) {
	if err := CheckRejectsPath(path); err != nil {
		return 0, err
	}
	if delimiter == 0 {
		delimiter = ','
	}
	err = durable.Replace(path, fileMode, func(w io.Writer) error {
		if n, err = encodeRejects(w, header, delimiter, rows); err == nil && n == 0 {
			err = errNoRejects
		}
		return err
	})
	if errors.Is(err, errNoRejects) {
		return 0, removeFile(path)
	}
	return n, err
}

// CheckRejectsPath reports whether path can be that of a rejects file, which is
// always CSV: endings that promise something else are refused.
func CheckRejectsPath(path string) error {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".json", ".jsonl", ".ndjson", ".gz", ".zst", ".xls", ".xlsx":
		return fmt.Errorf("rejects file %q: rejects are written as CSV, not as %s; use an ending such as .csv, as in --rejects staff.rejects.csv", path, ext)
	}
	return nil
}

func encodeRejects(w io.Writer, header []string, delimiter rune, rows iter.Seq2[Reject, error]) (n int, err error) {
	keep := make([]bool, len(header))
	for i, h := range header {
		name := strings.ToLower(strings.TrimSpace(h))
		keep[i] = name != "error" && name != "hint"
	}
	line := appendReject([]byte("\ufeff"), header, keep, [2]string{"error", "hint"}, delimiter)
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		n++
		line = appendReject(line, row.Cells, keep, [2]string{row.Error, row.Hint}, delimiter)
		if _, err := w.Write(line); err != nil {
			return n, err
		}
		line = line[:0]
	}
	return n, nil
}

func appendReject(b []byte, cells []string, keep []bool, why [2]string, delimiter rune) []byte {
	for i, kept := range keep {
		if !kept {
			continue
		}
		if i < len(cells) {
			b = appendCell(b, formula.Defuse(cells[i]), delimiter)
		}
		b = append(b, string(delimiter)...)
	}
	b = appendCell(b, defuse(oneLine(why[0])), delimiter)
	b = append(b, string(delimiter)...)
	b = appendCell(b, defuse(oneLine(why[1])), delimiter)
	if len(cells) > len(keep) {
		for _, c := range cells[len(keep):] {
			b = append(b, string(delimiter)...)
			b = appendCell(b, formula.Defuse(c), delimiter)
		}
	}
	return append(b, '\n')
}

func removeFile(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}
