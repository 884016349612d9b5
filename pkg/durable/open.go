package durable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// maxLine bounds a journal's line. A record holds one person or one run, some
// hundred bytes.
const maxLine = 1 << 20

// Entry is one record of a journal that is being opened.
type Entry struct {
	Line   int    // 1-based; 0 for a last line that had lost its line feed
	Place  Place  // for [Journal.Read]
	Record []byte // the JSON object, "sum" included; valid until the replay returns
}

// DamageError says that a journal does not hold what was once written to it.
type DamageError struct {
	Path string
	Line int // 1-based
	Why  string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s, line %d: %s", e.Path, e.Line, e.Why)
}

// OpenJournal opens the journal at path, or creates it with mode 0600, and hands
// every record that it holds to replay, in order. A last line that a crash left
// without its end is cut off; any other damage is a [DamageError], and the file
// is left as it is. An error of replay is returned as it comes.
//
// Two processes must not have one journal open: see [Acquire].
func OpenJournal(path string, o Options, replay func(Entry) error) (*Journal, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is a folder, a pipe or a device, which can keep no journal", path)
	}
	flag := os.O_RDWR | os.O_CREATE
	if o.ReadOnly {
		flag = os.O_RDONLY
	}
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f}
	if err := j.open(o, replay); err != nil {
		_ = f.Close()
		return nil, err
	}
	return j, nil
}

func (j *Journal) open(o Options, replay func(Entry) error) error {
	torn, err := j.replay(replay)
	if err != nil || o.ReadOnly {
		return err
	}
	if err := j.mend(torn, replay); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(j.file.Name())); err != nil {
		return err
	}
	j.tail = NewTail(j.file, int64(j.end), o)
	return nil
}

// mend deals with what a crash left behind the last line feed.
func (j *Journal) mend(torn []byte, replay func(Entry) error) error {
	if len(torn) == 0 {
		return nil
	}
	if record, sum, why := verify(torn, j.sum); why == "" {
		// Only the line feed is missing: the record was written, and perhaps
		// relied on.
		if err := replay(Entry{Place: j.end, Record: record}); err != nil {
			return err
		}
		j.sum = sum
		j.end += Place(len(torn)) + 1
		if _, err := j.file.WriteAt([]byte("\n"), int64(j.end)-1); err != nil {
			return fmt.Errorf("cannot mend the last line of %s: %w", j.file.Name(), err)
		}
		return j.file.Sync()
	}
	if err := j.file.Truncate(int64(j.end)); err != nil {
		return fmt.Errorf("cannot cut the torn last line off %s: %w", j.file.Name(), err)
	}
	return j.file.Sync()
}

// replay reads the file to its end and returns what stands behind the last line
// feed.
func (j *Journal) replay(replay func(Entry) error) (torn []byte, err error) {
	r := bufio.NewReaderSize(j.file, bufferSize)
	for line := 1; ; line++ {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return text, nil
		}
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, &DamageError{j.file.Name(), line, fmt.Sprintf("the line is longer than %d bytes, which no record is", maxLine)}
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", j.file.Name(), err)
		}
		record, sum, why := verify(text, j.sum)
		if why != "" {
			return nil, &DamageError{j.file.Name(), line, why}
		}
		if err := replay(Entry{Line: line, Place: j.end, Record: record}); err != nil {
			return nil, err
		}
		j.sum = sum
		j.end += Place(len(text)) + 1
	}
}

// readLine returns the next line without its line feed. The rest of a file that
// does not end with one comes with io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(long) > maxLine {
			return nil, bufio.ErrTooLong
		}
		line, err = r.ReadSlice('\n')
		long = append(long, line...)
	}
	return bytes.TrimSuffix(long, []byte("\n")), err
}

// verify checks a line against its sum and that of the line before. It says why
// a line is none, or returns the record and its sum.
func verify(line []byte, previous uint32) (record []byte, sum uint32, why string) {
	cut := len(line) - sumLength
	if cut < 1 || line[0] != '{' || string(line[cut:cut+8]) != `,"sum":"` || string(line[len(line)-2:]) != `"}` {
		return nil, 0, "this is no record of muster: the line was changed, or is from another program"
	}
	want, err := strconv.ParseUint(string(line[cut+8:len(line)-2]), 16, 32)
	if err != nil {
		return nil, 0, "its sum is no number: the line was changed"
	}
	sum = crc32.Update(previous, crc32.MakeTable(crc32.Castagnoli), line[:cut])
	if uint64(sum) != want {
		return nil, 0, "its sum does not fit: this line was changed, or one before it was removed, doubled or moved"
	}
	return line, sum, ""
}

// firstLine returns the first whole line of b.
func firstLine(b []byte) (line []byte, ok bool) {
	line, _, ok = bytes.Cut(b, []byte("\n"))
	return line, ok
}
