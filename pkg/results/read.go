package results

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine bounds a line of a results file in bytes; ours stay far below it.
const maxLine = 1 << 20

// Read returns the rows of the results file at path, in the format that its
// ending names, see [CheckPath]. It can be ranged over again, which reads the
// file again. An error names the file and the line and ends the range.
//
// Cells that were defused for spreadsheets come back as they were. A byte-order
// mark, CRLF, columns in another order, further columns and a last line without a
// line feed are accepted, since people open and save such files in a spreadsheet.
func Read(path string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		form, err := formatOf(path)
		if err != nil {
			yield(Row{}, err)
			return
		}
		f, err := os.Open(path)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer f.Close()
		decode := decodeCSV
		if form == jsonFormat {
			decode = decodeJSON
		}
		line, err := decode(skipBOM(f), func(r Row) bool { return yield(r, nil) })
		if err != nil {
			yield(Row{}, fmt.Errorf("%s, line %d: %w", path, line, err))
		}
	}
}

func skipBOM(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, 256<<10)
	if start, _ := b.Peek(3); string(start) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3)
	}
	return b
}

// decodeCSV hands each row to yield until that returns false. The line is where
// the error is.
func decodeCSV(r *bufio.Reader, yield func(Row) bool) (line int, err error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if err == io.EOF {
		return 1, errors.New("the file is empty; a results file starts with a header")
	}
	if err != nil {
		return csvLine(err, 1), plainCSV(err)
	}
	place, err := placeColumns(header)
	if err != nil {
		return 1, err
	}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return 0, nil
		}
		if err != nil {
			return csvLine(err, 0), plainCSV(err)
		}
		row, err := rowOf(cells, place)
		if err != nil {
			line, _ := in.FieldPos(0)
			return line, err
		}
		if !yield(row) {
			return 0, nil
		}
	}
}

func csvLine(err error, otherwise int) int {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return e.Line
	}
	return otherwise
}

// plainCSV takes the line out of an error of encoding/csv, which the caller names.
func plainCSV(err error) error {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// placeColumns says at which place of a record each of our columns stands.
func placeColumns(header []string) (place [len(columns)]int, err error) {
	for i, name := range columns {
		place[i] = slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
		if place[i] < 0 {
			return place, fmt.Errorf("this is no results file: its header lacks the column %q", name)
		}
	}
	return place, nil
}

func rowOf(cells []string, place [len(columns)]int) (Row, error) {
	at := func(i int) string { return oneLine(fuse(cells[place[i]])) }
	n, err := number("row", at(0))
	if err != nil {
		return Row{}, err
	}
	attempts, err := number("attempts", at(8))
	if err != nil {
		return Row{}, err
	}
	created, err := parseTime(at(12))
	if err != nil {
		return Row{}, err
	}
	return checked(Row{
		N: n, Status: Status(at(1)), UserPrincipalName: at(2), UserID: at(3), DisplayName: at(4), ErrorCode: at(5),
		Error: at(6), Hint: at(7), Attempts: attempts, CustomerID: at(9), RequestID: at(10), CorrelationID: at(11), CreatedAt: created,
	})
}

func number(column, s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("column %q holds %q, which is no number", column, s)
	}
	return n, nil
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("column %q holds %q, which is no time such as 2026-01-31T12:00:00Z", "created_at", s)
	}
	return t.UTC(), nil
}

func checked(r Row) (Row, error) {
	switch {
	case r.N < 1:
		return Row{}, fmt.Errorf("column %q holds %d; rows are counted from 1", "row", r.N)
	case !slices.Contains(Statuses(), r.Status):
		return Row{}, fmt.Errorf("column %q holds %q, which is none of %v", "status", r.Status, Statuses())
	}
	return r, nil
}

// decodeJSON is decodeCSV for JSON Lines.
func decodeJSON(r *bufio.Reader, yield func(Row) bool) (line int, err error) {
	var text []byte
	for line = 1; ; line++ {
		text, err = readLine(r, text[:0])
		end := err == io.EOF
		if err != nil && !end {
			return line, err
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			row, err := rowOfJSON(text)
			if err != nil {
				return line, err
			}
			if !yield(row) {
				return line, nil
			}
		}
		if end {
			return line, nil
		}
	}
}

func readLine(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(buf)+len(part) > maxLine {
			return nil, fmt.Errorf("the line is longer than %d bytes", maxLine)
		}
		buf = append(buf, part...)
		if err != bufio.ErrBufferFull {
			return buf, err
		}
	}
}

func rowOfJSON(text []byte) (Row, error) {
	var v struct {
		Row
		CreatedAt string `json:"created_at"` // which may be "", as a time.Time may not
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return Row{}, fmt.Errorf("this is no JSON object with a row of results: %w", err)
	}
	created, err := parseTime(v.CreatedAt)
	if err != nil {
		return Row{}, err
	}
	v.Row.CreatedAt = created
	for _, s := range v.Row.texts() {
		*s = oneLine(*s)
	}
	return checked(v.Row)
}

func (r *Row) texts() [9]*string {
	return [...]*string{
		&r.UserPrincipalName, &r.UserID, &r.DisplayName, &r.ErrorCode, &r.Error, &r.Hint,
		&r.CustomerID, &r.RequestID, &r.CorrelationID,
	}
}
