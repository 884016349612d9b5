package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"muster/pkg/provision"
)

// signals tells how many of the signals that end the program have come. ctx must be set
// also where catchSignals is never called.
type signals struct {
	stop    chan struct{}   // closed at the first signal
	ctx     context.Context // ends at the second signal
	overdue chan struct{}   // closed leavingTime after the second signal
}

// leavingTime is how long a command may take to end after the second signal.
const leavingTime = 2 * time.Second

// signalsToStop are SIGINT, SIGTERM, which is also what the closing of a console
// of Windows looks like, and SIGHUP, which comes when a terminal or its network
// is gone, except where nohup made the program ignore that.
func signalsToStop() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// catchSignals makes the first signal close stop and call heard, on a goroutine of
// its own, and the second end the context that it returns, which is ctx from then on.
// Whoever calls it calls the function that it returns too, at the end of the program.
func (s *signals) catchSignals(ctx context.Context, heard func()) (context.Context, func()) {
	s.stop, s.overdue = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	s.ctx = ctx
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, signalsToStop()...)
	go func() {
		if _, ok := <-caught; !ok {
			return
		}
		close(s.stop)
		go heard() // it writes to standard error, which may hang
		if _, ok := <-caught; ok {
			cancel()
			time.AfterFunc(leavingTime, func() { close(s.overdue) })
		}
	}()
	return ctx, func() {
		signal.Stop(caught)
		close(caught)
		cancel()
	}
}

// untilStopped returns a context that ends at the first signal, for what there is
// no reason to bring to its end.
func (s *signals) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// stopped reports whether the first signal came.
func (s *signals) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// leaving reports whether the second signal came: then nothing more is written.
func (s *signals) leaving() bool { return s.ctx.Err() != nil }

// interruptible is a reader whose reading ends when stop is closed.
type interruptible struct {
	in   io.Reader
	stop <-chan struct{}
}

// Read returns at once when stop is closed; a read that blocks then goes on in the
// background, and what it reads is lost.
func (r *interruptible) Read(b []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	buffer, read := make([]byte, len(b)), make(chan answer, 1)
	go func() {
		n, err := r.in.Read(buffer)
		read <- answer{n, err}
	}()
	select {
	case a := <-read:
		return copy(b, buffer[:a.n]), a.err
	case <-r.stop:
		return 0, provision.ErrStopped
	}
}
