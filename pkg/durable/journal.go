package durable

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"sync"
	"time"
)

// syncEvery is the least time between two syncs of a journal. A cloud volume
// takes 1 to 10 ms for one, so that more would only queue there, and whoever
// appends while one is under way shares the next.
const syncEvery = 5 * time.Millisecond

// Options are the settings of a journal. The zero value is what a run wants.
type Options struct {
	// Hook, if set, is called before each operation on the file: "write",
	// "sync". Its error is that operation's, which then does not
	// happen. Simulations use it to crash a run or to fill its disk.
	Hook func(op string) error
	// NoSync leaves out the syncs. A crash may then lose what was appended; only
	// a benchmark that wants to know what they cost asks for it.
	NoSync bool
	// ReadOnly opens a journal that exists, changes nothing and passes over a
	// torn last line; nothing can be appended.
	ReadOnly bool
}

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
	file    *os.File
	options Options

	mu      sync.Mutex
	buf     []byte       // lines not yet written
	waiting []chan error // those who wait for buf to be durable
	end     Place        // where the next line will start
	sum     uint32       // of the last line
	err     error        // why nothing can be appended any more
	closed  bool

	written int64 // how far the file goes; used by the writing goroutine only

	wake chan struct{} // has room for one: there is something in buf
	done chan struct{} // closed when the writing goroutine has ended
}

// ErrClosed is the error of [Journal.Append] after [Journal.Close].
var ErrClosed = errors.New("the journal is closed")

// errReadOnly is the error of [Journal.Append] where nothing can be appended.
var errReadOnly = errors.New("the journal was opened for reading only")

// Append adds record, one JSON object without a line feed, and returns its place
// once it is durable. After an error of the disk nothing more can be appended:
// what the disk holds of the last records is then unknown, and only opening the
// journal anew tells.
func (j *Journal) Append(record []byte) (Place, error) {
	if len(record)+sumLength > maxLine {
		return 0, fmt.Errorf("a record of %d bytes is too long for %s", len(record), j.file.Name())
	}
	done := make(chan error, 1)
	j.mu.Lock()
	if j.err != nil {
		defer j.mu.Unlock()
		return 0, j.err
	}
	place := j.end
	before := len(j.buf)
	j.buf, j.sum = appendLine(j.buf, record, j.sum)
	j.end += Place(len(j.buf) - before)
	j.waiting = append(j.waiting, done)
	select {
	case j.wake <- struct{}{}:
	default: // woken already
	}
	j.mu.Unlock()
	return place, <-done
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

// Close waits until everything appended is durable and closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	if j.err == nil {
		j.err = ErrClosed
	}
	j.mu.Unlock()
	close(j.wake) // nobody sends any more, since j.err is set
	<-j.done
	failed := j.err
	if failed == ErrClosed || failed == errReadOnly {
		failed = nil
	}
	return errors.Join(failed, j.file.Close())
}

// writeLoop makes durable what was appended until the journal is closed.
func (j *Journal) writeLoop() {
	defer close(j.done)
	var last time.Time // when the last sync began
	for range j.wake {
		time.Sleep(syncEvery - time.Since(last))
		last = time.Now()
		j.flush()
	}
	j.flush() // what came between the last wake and Close
}

// flush writes and syncs the waiting lines and tells those who wait.
func (j *Journal) flush() {
	j.mu.Lock()
	buf, waiting := j.buf, j.waiting
	j.buf, j.waiting = nil, nil
	j.mu.Unlock()
	if len(buf) == 0 {
		return
	}
	err := j.write(buf)
	if err != nil {
		err = fmt.Errorf("cannot write %s: %w", j.file.Name(), err)
		j.mu.Lock()
		if j.err == nil || errors.Is(j.err, ErrClosed) {
			j.err = err
		}
		// Lines that were appended meanwhile will not be written either.
		waiting = append(waiting, j.waiting...)
		j.buf, j.waiting = nil, nil
		j.mu.Unlock()
	}
	for _, w := range waiting {
		w <- err
	}
}

func (j *Journal) write(buf []byte) error {
	if err := j.hook("write"); err != nil {
		return err
	}
	if _, err := j.file.WriteAt(buf, j.written); err != nil {
		return err
	}
	j.written += int64(len(buf))
	if err := j.hook("sync"); err != nil {
		return err
	}
	if j.options.NoSync {
		return nil
	}
	return j.file.Sync()
}

func (j *Journal) hook(op string) error {
	if j.options.Hook == nil {
		return nil
	}
	return j.options.Hook(op)
}

// sumLength is the length of `,"sum":"01234567"}`.
const sumLength = 18

// appendLine appends record with its sum, and a line feed, to b. It returns the
// new sum as well.
func appendLine(b, record []byte, previous uint32) ([]byte, uint32) {
	body := record[:len(record)-1] // without the closing brace
	sum := crc32.Update(previous, crc32.MakeTable(crc32.Castagnoli), body)
	b = append(b, body...)
	b = append(b, `,"sum":"`...)
	hex := strconv.FormatUint(1<<32|uint64(sum), 16) // the leading 1 keeps the zeros
	b = append(b, hex[1:]...)
	return append(b, "\"}\n"...), sum
}
