package roster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits on what compressed input may become. People's data shrinks to a tenth,
// made-up data to a fiftieth; what grows far beyond that was made to fill a disk.
const (
	maxRatio     = 250
	ratioApplies = 256 << 20 // bytes out; smaller output harms nobody
	zstdWindow   = 128 << 20 // as zstd's own tool allows unless told otherwise
)

// Error says why a file cannot be used at all. Nothing in it should be acted upon.
type Error struct {
	Path    string // as given to Open
	Line    int    // 1-based; 0 if no line is to blame
	Message string // what is wrong
	Hint    string // what to do about it, "" if there is nothing to say
}

// Error names the place and what is wrong. The hint is for whoever tells a person.
func (e *Error) Error() string {
	text := e.Path
	if e.Line > 0 {
		text += fmt.Sprintf(": line %d", e.Line)
	}
	return text + ": " + e.Message
}

// source is input that can be read from its start as often as wanted, by several
// readers at once.
type source struct {
	file        *os.File
	size        int64
	modified    time.Time
	temporary   bool   // to be removed by close
	compression string // "gzip", "zstd" or ""
}

// openSource opens the path. What is no regular file (standard input, a named
// pipe) can be read only once and is copied to a temporary file first.
func openSource(path string, o Options) (*source, error) {
	if path == "-" {
		stdin := o.Stdin
		if stdin == nil {
			stdin = os.Stdin
		}
		return spool(stdin, o.TempDir)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = &Error{Path: path, Message: "this is a folder", Hint: "name the file in it"}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !info.Mode().IsRegular() {
		s, err := spool(file, o.TempDir)
		return s, errors.Join(err, file.Close())
	}
	return newSource(file, false)
}

// spool copies what can be read once into a temporary file, which os.CreateTemp
// makes readable by its owner only: it may hold passwords. The file loses its name
// at once where the system allows that (Windows does not), so that not even a
// killed process leaves it behind.
func spool(from io.Reader, dir string) (*source, error) {
	file, err := os.CreateTemp(dir, "muster-input-*")
	if err != nil {
		return nil, err
	}
	named := os.Remove(file.Name()) != nil
	if _, err := io.Copy(file, from); err != nil {
		return nil, errors.Join(err, (&source{file: file, temporary: named}).close())
	}
	return newSource(file, named)
}

func newSource(file *os.File, temporary bool) (*source, error) {
	s := &source{file: file, temporary: temporary}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.size, s.modified = info.Size(), info.ModTime()
	var magic [4]byte
	n, _ := file.ReadAt(magic[:], 0) // a short file has no magic number
	switch {
	case bytes.HasPrefix(magic[:n], []byte{0x1f, 0x8b}):
		s.compression = "gzip"
	case bytes.HasPrefix(magic[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		s.compression = "zstd"
	}
	return s, nil
}

// close closes the file, and removes it if it is our own copy.
func (s *source) close() error {
	err := s.file.Close()
	if s.temporary {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}

// check fails once somebody has written to the file: the rows of this pass would
// not be those of the pass before.
func (s *source) check() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != s.size || !info.ModTime().Equal(s.modified) {
		return &Error{Message: "the file was changed while it was being read", Hint: "run again once nobody writes to it"}
	}
	return nil
}

// open returns the bytes from the start, decompressed.
func (s *source) open() (io.ReadCloser, error) {
	raw := io.NewSectionReader(s.file, 0, s.size)
	switch s.compression {
	case "gzip":
		z, err := gzip.NewReader(bufio.NewReaderSize(raw, 64<<10))
		if err != nil {
			return nil, s.damaged(err)
		}
		return &inflated{z, z.Close, s, 0}, nil
	case "zstd":
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, s.damaged(err)
		}
		return &inflated{z, func() error { z.Close(); return nil }, s, 0}, nil
	}
	return io.NopCloser(raw), nil
}

func (s *source) damaged(err error) error {
	return &Error{
		Message: fmt.Sprintf("the %s data is damaged or cut short (%v)", s.compression, err),
		Hint:    "make or fetch the file again",
	}
}

// inflated is decompressed data that refuses to grow without bounds.
type inflated struct {
	io.Reader
	closer func() error
	source *source
	out    int64
}

// Read reads on, up to the limits.
func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	i.out += int64(n)
	if err != nil && err != io.EOF {
		err = i.source.damaged(err)
	}
	if i.out > ratioApplies && i.out/maxRatio > i.source.size {
		return 0, &Error{
			Message: fmt.Sprintf("the %s data grows to more than %d times its size, as no list of people does", i.source.compression, maxRatio),
			Hint:    "if it is one all the same, decompress it first",
		}
	}
	return n, err
}

// Close ends the decompression.
func (i *inflated) Close() error { return i.closer() }
