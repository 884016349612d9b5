package durable

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// syncEvery is the least time between two syncs of a file for less than
	// enough records, where several goroutines append. A cloud volume takes 1 to
	// 10 ms for one, so that more would only queue there, and whoever appends
	// while one is under way shares the next. Those who wait hold nobody up.
	syncEvery = 20 * time.Millisecond
	// enough is how many records are worth a sync before its time. A run that has
	// so many at once would wait for nothing else.
	enough = 192
)

// Options are the settings of a file that grows. The zero value is what a run
// wants.
type Options struct {
	// Hook, if set, is called before each operation on the file: "write",
	// "sync". Its error is that operation's, which then does not
	// happen. Simulations use it to crash a run or to fill its disk.
	Hook func(op string) error
	// NoSync leaves out the syncs. A crash may then lose what was appended; only
	// a benchmark that wants to know what they cost asks for it.
	NoSync bool
	// ReadOnly opens a journal that exists, changes nothing and passes over a
	// torn last line; nothing can be appended. A [Tail] has no use for it.
	ReadOnly bool
}

// errClosed is the error of an Append after Close.
var errClosed = errors.New("the file is closed")

// Tail is the end of a file that only grows. What is appended by many goroutines
// at a time is written in groups, and a group shares one sync. It is safe for
// concurrent use.
type Tail struct {
	file    *os.File
	options Options

	mu     sync.Mutex
	next   *group // is being gathered
	spare  []byte // room of a group that was written
	err    error  // why nothing can be appended any more
	closed bool

	end atomic.Int64 // how far the file is durable; the writing goroutine moves it

	wake chan struct{} // has room for one: there is something in next
	full chan struct{} // the same: there is enough in next
	done chan struct{} // closed when the writing goroutine has ended
}

// group is some records that go to the disk together.
type group struct {
	lines []byte
	n     int           // records
	done  chan struct{} // closed when the group is durable, or err is set
	err   error
}

func newGroup(room []byte) *group { return &group{lines: room, done: make(chan struct{})} }

// NewTail returns the tail of a file that is end bytes long. The caller closes it
// before the file.
func NewTail(file *os.File, end int64, o Options) *Tail {
	t := &Tail{file: file, options: o, next: newGroup(nil),
		wake: make(chan struct{}, 1), full: make(chan struct{}, 1), done: make(chan struct{})}
	t.end.Store(end)
	go t.writeLoop()
	return t
}

// Append adds records and returns once they are durable. A single record may wait a
// little for others to share its sync; two or more in one call are written without that
// wait. After an error of the disk nothing more can be appended, since it is then
// unknown what the disk holds of the last group.
func (t *Tail) Append(records ...[]byte) error {
	return t.add(len(records), func(lines []byte) []byte {
		for _, record := range records {
			lines = append(lines, record...)
		}
		return lines
	})
}

// add is [Tail.Append] for n records that form appends to what it is given. form is
// called for one caller after the other, in the order of their records in the file.
func (t *Tail) add(n int, form func([]byte) []byte) error {
	if n == 0 {
		return nil
	}
	t.mu.Lock()
	if t.err != nil {
		defer t.mu.Unlock()
		return t.err
	}
	mine := t.next
	mine.lines = form(mine.lines)
	mine.n += n
	signal(t.wake)
	if n > 1 || mine.n >= enough {
		signal(t.full)
	}
	t.mu.Unlock()
	<-mine.done
	return mine.err
}

// signal leaves one signal at most for the writing goroutine.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close waits until everything appended is durable. It returns how long the file
// is by then, without what an error of the disk may have left behind that, and
// that error. The file stays open.
func (t *Tail) Close() (end int64, err error) {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		if t.err == nil {
			t.err = errClosed
		}
		close(t.wake) // nobody sends any more, since t.err is set
	}
	t.mu.Unlock()
	<-t.done
	if t.err != errClosed {
		err = t.err
	}
	return t.end.Load(), err
}

// writeLoop makes durable what was appended until the tail is closed.
func (t *Tail) writeLoop() {
	defer close(t.done)
	var last time.Time // when the last sync began
	// Whether the last group was one record. If so, it is most likely a single caller
	// who appends one after the other, and waiting for company would only slow it down.
	alone := true
	for range t.wake {
		if !alone {
			t.gather(syncEvery - time.Since(last))
		}
		last = time.Now()
		if n := t.flush(); n > 0 {
			alone = n == 1
		}
	}
	t.flush() // what came between the last wake and Close
}

// gather waits, unless there is enough to write before.
func (t *Tail) gather(wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.full:
	}
}

// flush writes and syncs the group that was gathered, tells those who wait, and
// returns how many records it was.
func (t *Tail) flush() int {
	g := t.take()
	if g.n == 0 {
		return 0
	}
	if g.err = t.write(g.lines); g.err != nil {
		g.err = fmt.Errorf("cannot write %s: %w", t.file.Name(), g.err)
		t.fail(g.err)
	}
	t.mu.Lock()
	t.spare = g.lines[:0]
	t.mu.Unlock()
	close(g.done)
	return g.n
}

// take ends the gathering of a group and begins the next.
func (t *Tail) take() *group {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.next
	t.next, t.spare = newGroup(t.spare), nil
	select {
	case <-t.full: // it was meant for this group
	default:
	}
	return g
}

// fail refuses everything from now on, and what was appended meanwhile.
func (t *Tail) fail(err error) {
	t.mu.Lock()
	if t.err == nil || t.err == errClosed {
		t.err = err
	}
	t.mu.Unlock()
	if late := t.take(); late.n > 0 {
		late.err = err
		close(late.done)
	}
}

func (t *Tail) write(lines []byte) error {
	if err := t.hook("write"); err != nil {
		return err
	}
	if _, err := t.file.WriteAt(lines, t.end.Load()); err != nil {
		return err
	}
	if err := t.hook("sync"); err != nil {
		return err
	}
	if !t.options.NoSync {
		if err := t.file.Sync(); err != nil {
			return err
		}
	}
	t.end.Add(int64(len(lines)))
	return nil
}

func (t *Tail) hook(op string) error {
	if t.options.Hook == nil {
		return nil
	}
	return t.options.Hook(op)
}
