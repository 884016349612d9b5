package durable

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
)

// Place is where a record stands in its journal: the offset of its line.
type Place int64

// Journal is a file of JSON objects, one a line, that only grows. Each line ends
// with a member "sum", a CRC-32C of the line chained to the sum of the line
// before, so that a changed, lost, doubled or moved line is noticed when the
// journal is opened next.
//
// A Journal is safe for concurrent use. Records that are appended while a sync
// is under way are written together and share the next one.
type Journal struct {
	file *os.File
	tail *Tail // nil where the journal is open for reading only

	// Once the journal is open the tail's lock guards these.
	end Place  // where the next line will start
	sum uint32 // of the last line
}

// errReadOnly is the error of [Journal.Append] where nothing can be appended.
var errReadOnly = errors.New("the journal was opened for reading only")

// Append adds record, one JSON object without a line feed, and returns its place
// once it is durable. After an error of the disk nothing more can be appended:
// what the disk holds of the last records is then unknown, and only opening the
// journal anew tells.
func (j *Journal) Append(record []byte) (Place, error) {
	var place [1]Place
	err := j.AppendAll([][]byte{record}, place[:])
	return place[0], err
}

// AppendAll is [Journal.Append] for several records, which share one sync. It sets
// their places, for which there is room in places.
func (j *Journal) AppendAll(records [][]byte, places []Place) error {
	for _, record := range records {
		if len(record)+sumLength > maxLine {
			return fmt.Errorf("a record of %d bytes is too long for %s", len(record), j.file.Name())
		}
	}
	if j.tail == nil {
		return errReadOnly
	}
	return j.tail.add(len(records), func(lines []byte) []byte {
		for i, record := range records {
			places[i] = j.end
			before := len(lines)
			lines, j.sum = appendLine(lines, record, j.sum)
			j.end += Place(len(lines) - before)
		}
		return lines
	})
}

// Read returns the record at a place that [Journal.Append] or a replay gave.
func (j *Journal) Read(p Place) ([]byte, error) {
	line := make([]byte, 1024)
	n, err := j.file.ReadAt(line, int64(p))
	for {
		if record, ok := firstLine(line[:n]); ok {
			return record, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: no record at offset %d: %w", j.file.Name(), p, err)
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("%s: no line ends within %d bytes of offset %d", j.file.Name(), maxLine, p)
		}
		line = make([]byte, 4*len(line))
		n, err = j.file.ReadAt(line, int64(p))
	}
}

// Close waits until everything appended is durable and closes the file. Further
// calls do nothing.
func (j *Journal) Close() error {
	var failed error
	if j.tail != nil {
		_, failed = j.tail.Close()
	}
	err := j.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return errors.Join(failed, err)
}

// sumLength is the length of `,"sum":"01234567"}`.
const sumLength = 18

// appendLine appends record with its sum, and a line feed, to b. It returns the
// new sum as well.
func appendLine(b, record []byte, previous uint32) ([]byte, uint32) {
	start := len(b)
	b = append(b, record[:len(record)-1]...) // without the closing brace
	sum := crc32.Update(previous, crc32.MakeTable(crc32.Castagnoli), b[start:])
	b = append(b, `,"sum":"`...)
	hex := strconv.FormatUint(1<<32|uint64(sum), 16) // the leading 1 keeps the zeros
	b = append(b, hex[1:]...)
	return append(b, "\"}\n"...), sum
}
