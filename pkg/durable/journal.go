package durable

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
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

// window is a part of the file that was read at once.
type window struct {
	start Place
	bytes []byte
}

const (
	oneRecord = 1 << 10   // how much is read for a record
	nearby    = 128 << 10 // and on both sides of one that stands so near to what was read before
)

// Read returns the record at a place that [Journal.Append] or a replay gave. Whoever
// reads most records about in their order reads the file in large parts: they need not
// be in it exactly, since those of people who are in flight together are not.
func (j *Journal) Read(p Place) ([]byte, error) {
	w, _ := j.windows.Get().(*window)
	if w == nil {
		w = &window{start: -2 * nearby}
	}
	defer j.windows.Put(w)
	if record, ok := w.record(p); ok {
		return record, nil
	}
	start, size := p, Place(oneRecord)
	if end := w.start + Place(len(w.bytes)); p >= w.start-nearby && p < end+nearby {
		start, size = max(0, p-nearby), 2*nearby
	}
	for {
		// What is not durable yet may change under our hands.
		want := max(0, min(size, j.durable()-start))
		err := w.read(j.file, start, want)
		if record, ok := w.record(p); ok {
			return record, nil
		}
		if err == nil && want < size {
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

// read makes w the part of the file from start on.
func (w *window) read(file *os.File, start, size Place) error {
	w.bytes = slices.Grow(w.bytes[:0], int(size))[:size]
	n, err := file.ReadAt(w.bytes, int64(start))
	w.start, w.bytes = start, w.bytes[:n]
	return err
}

// record returns a copy of the record at p, if all of it is in the window.
func (w *window) record(p Place) ([]byte, bool) {
	if p < w.start || p >= w.start+Place(len(w.bytes)) {
		return nil, false
	}
	line, ok := firstLine(w.bytes[p-w.start:])
	return bytes.Clone(line), ok
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
