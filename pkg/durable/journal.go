package durable

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"sync"
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

	windows sync.Pool // of *window: so there is about one for each processor

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

// window is a part of the file that was read at once. Its bytes are not written to
// again, so that records of it can be handed out.
type window struct {
	start Place
	bytes []byte
}

const (
	oneRecord = 1 << 10  // how much is read for a record
	readAhead = 64 << 10 // and for one that stands close behind the record before
)

// Read returns the record at a place that [Journal.Append] or a replay gave; it must
// not be changed. Whoever reads record after record reads the file in large parts.
func (j *Journal) Read(p Place) ([]byte, error) {
	w, _ := j.windows.Get().(*window)
	if w == nil {
		w = &window{start: -readAhead}
	}
	defer j.windows.Put(w)
	size := oneRecord
	if n := Place(len(w.bytes)); p >= w.start && p < w.start+n+readAhead {
		if record, ok := firstLine(w.bytes[min(n, p-w.start):]); ok {
			return record, nil
		}
		size = readAhead
	}
	for {
		// What is not durable yet may change under our hands.
		chunk := make([]byte, max(0, min(Place(size), j.durable()-p)))
		n, err := j.file.ReadAt(chunk, int64(p))
		w.start, w.bytes = p, chunk[:n]
		if record, ok := firstLine(w.bytes); ok {
			return record, nil
		}
		if err == nil && len(chunk) < size {
			err = io.EOF
		}
		if err != nil {
			return nil, fmt.Errorf("%s: no record at offset %d: %w", j.file.Name(), p, err)
		}
		if size > maxLine {
			return nil, fmt.Errorf("%s: no line ends within %d bytes of offset %d", j.file.Name(), maxLine, p)
		}
		size *= 4
	}
}

// durable is how far the file can be read.
func (j *Journal) durable() Place {
	if j.tail == nil {
		return j.end
	}
	return Place(j.tail.end.Load())
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
