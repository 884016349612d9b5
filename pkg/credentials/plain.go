package credentials

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync"

	"muster/pkg/durable"
	"muster/pkg/secret"
)

// maxLine bounds a line: two names of at most 256 characters in quotes.
const maxLine = 4096

// plain is a file that grows by an entry a Put, in groups that share a sync.
type plain struct {
	path   string
	before int64 // where the entries of earlier runs end

	mu     sync.Mutex // guards what follows
	memory memory
	names  map[uint64]struct{} // hashes of those that have an entry
	double bool                // one of them has two
	out    *os.File            // nil until there is a file
	end    int64               // where the whole lines end; the tail moves it on until it is closed
	tail   *durable.Tail       // nil until something is put
	closed bool
}

func openPlain(path string) (*plain, error) {
	p := &plain{path: path, memory: newMemory(), names: map[uint64]struct{}{}}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return p, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("credentials file %s is no regular file, and passwords have to be kept; name a file with --credentials", path)
	case info.Size() == 0:
		return p, nil
	}
	if p.out, err = os.OpenFile(path, os.O_RDWR, fileMode); err != nil {
		return nil, err
	}
	if err := p.take(info.Size()); err != nil {
		return nil, errors.Join(fmt.Errorf("credentials file %s: %w", path, err), p.out.Close())
	}
	return p, nil
}

// take checks a file that exists, mends its end and makes it ours to extend.
func (p *plain) take(size int64) error {
	if err := p.out.Chmod(fileMode); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	p.end = size
	for l, err := range p.lines() {
		if err != nil && l.whole {
			return fmt.Errorf("%w; mend it, or name another file with --credentials", err)
		}
		if !l.whole {
			if err := p.mend(l, err); err != nil {
				return err
			}
		}
		p.note(l.upn)
	}
	p.before = p.end
	return nil
}

// note counts an entry of the name.
func (p *plain) note(upn string) {
	before := len(p.names)
	p.names[p.memory.hash(upn)] = struct{}{}
	p.double = p.double || len(p.names) == before
}

// mend deals with a last line that has no line feed. A generated password that is
// there in full had its line feed cut off, or an editor left it out; anything
// else is what a crash left of a Put that never returned.
func (p *plain) mend(last line, parse error) error {
	if parse == nil && len(last.password) == Length {
		if _, err := p.out.WriteAt([]byte("\n"), p.end); err != nil {
			return err
		}
		p.end++
	} else {
		p.end = last.start
		if err := p.out.Truncate(p.end); err != nil {
			return err
		}
	}
	return p.out.Sync()
}

// line is an entry and where it stands.
type line struct {
	entry
	start int64
	whole bool // ends with a line feed
}

// lines reads the file up to end. An error names its line. Where the line that comes
// with the error is not whole, it is the last one, which a crash may have torn.
func (p *plain) lines() iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		if p.out == nil {
			return
		}
		r := bufio.NewReaderSize(io.NewSectionReader(p.out, 0, p.end), 64<<10)
		start, err := skipHeader(r)
		if err != nil {
			yield(line{whole: true}, err)
			return
		}
		for n := 2; ; n++ {
			text, err := r.ReadSlice('\n')
			if len(text) == 0 && err == io.EOF {
				return
			}
			if len(text) > maxLine || err != nil && err != io.EOF {
				yield(line{whole: true}, fmt.Errorf("line %d cannot be read or is longer than %d bytes", n, maxLine))
				return
			}
			body, whole := strings.CutSuffix(string(text), "\n")
			e, bad := parseEntry(body)
			if bad != nil {
				bad = fmt.Errorf("line %d: %w", n, bad)
			}
			e.mine = start >= p.before
			if !yield(line{e, start, whole}, bad) {
				return
			}
			start += int64(len(text))
		}
	}
}

func skipHeader(r *bufio.Reader) (size int64, err error) {
	first, err := r.ReadSlice('\n')
	if looksEncrypted(first) {
		return 0, errors.New("the file is encrypted; give --age-recipient as before, or name another file with --credentials")
	}
	text := strings.TrimSpace(string(bytes.TrimPrefix(first, []byte("\ufeff"))))
	if err != nil || !strings.EqualFold(text, header) {
		return 0, fmt.Errorf("the file does not start with the header %q, so it holds something else", header)
	}
	return int64(len(first)), nil
}

func (p *plain) entries() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for l, err := range p.lines() {
			if !yield(l.entry, err) || err != nil {
				return
			}
		}
	}
}

func (p *plain) put(all []Entry) error {
	tail, err := p.growing(all)
	if err != nil {
		return err
	}
	lines := make([][]byte, len(all))
	for i, e := range all {
		lines[i] = entry{upn: e.UPN, password: e.Password.Reveal()}.appendTo(nil)
	}
	return tail.Append(lines...)
}

// growing returns the tail of the file, to which these entries are added next. For
// the first ones it makes the file, for which the others wait.
func (p *plain) growing(all []Entry) (*durable.Tail, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, os.ErrClosed
	}
	if p.out == nil {
		if err := p.create(); err != nil {
			return nil, err
		}
	}
	if p.tail == nil {
		p.tail = durable.NewTail(p.out, p.end, durable.Options{})
	}
	for _, e := range all {
		p.memory.remember(e.UPN)
		p.note(e.UPN)
	}
	return p.tail, nil
}

func (p *plain) create() (err error) {
	err = durable.Replace(p.path, fileMode, func(w io.Writer) error {
		_, err := io.WriteString(w, header+"\n")
		return err
	})
	if err != nil {
		return err
	}
	p.out, err = os.OpenFile(p.path, os.O_RDWR, fileMode)
	p.end = int64(len(header) + 1)
	return err
}

func (p *plain) find(want func(upn string) bool) (map[string]secret.Text, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[string]secret.Text{}
	for e, err := range p.entries() {
		if err != nil {
			return nil, fmt.Errorf("credentials file %s: %w", p.path, err)
		}
		if upn := strings.ToLower(e.upn); want(upn) {
			found[upn] = secret.New(e.password)
			p.memory.found[p.memory.hash(upn)] = struct{}{}
		}
	}
	return found, nil
}

func (p *plain) forget(upn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory.forget(upn)
}

func (p *plain) checkpoint() error { return nil }

func (p *plain) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.out == nil {
		return nil
	}
	var failed error // is known to those who put
	if p.tail != nil {
		p.end, failed = p.tail.Close()
	}
	if failed == nil && !p.double && len(p.memory.forgotten) == 0 { // everything there counts
		return p.out.Close()
	}
	return p.settle()
}

var errNoEntries = errors.New("nobody has a password here")

// settle replaces the file by its entries that count. The file is closed before
// the new one takes its name, which Windows insists on.
func (p *plain) settle() error {
	defer p.out.Close()
	err := durable.Replace(p.path, fileMode, func(w io.Writer) error {
		n, err := writeEntries(w, p.memory.last(p.entries()))
		if err != nil {
			return err
		}
		if n == 0 {
			return errNoEntries
		}
		return p.out.Close()
	})
	if errors.Is(err, errNoEntries) {
		return errors.Join(p.out.Close(), os.Remove(p.path))
	}
	return err
}

// writeEntries writes the header and the entries, and returns how many.
func writeEntries(w io.Writer, entries iter.Seq2[entry, error]) (n int, err error) {
	text := []byte(header + "\n")
	for e, err := range entries {
		if err != nil {
			return n, err
		}
		text = e.appendTo(text)
		if _, err := w.Write(text); err != nil {
			return n, err
		}
		text = text[:0]
		n++
	}
	_, err = w.Write(text)
	return n, err
}
