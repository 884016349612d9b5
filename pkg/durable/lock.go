package durable

import (
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// ErrHeld is the error of [Acquire] for a lock that another process holds.
var ErrHeld = errors.New("held by another process")

// Lock is an exclusive lock between processes. The operating system frees it
// when its process ends, however it ends, so that a killed run never has to be
// cleaned up after.
type Lock struct{ f *flock.Flock }

// Acquire takes the lock that the file at path stands for and creates that file
// if need be. It does not wait: a lock that somebody else holds is [ErrHeld].
//
// The file is one of its own, beside the file that it guards, because Windows
// refuses to read through one handle what another has locked; and it stays when
// the lock is released, because removing it would let two processes lock two
// different files of one name.
func Acquire(path string) (*Lock, error) {
	f := flock.New(path, flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	if !ok {
		_ = f.Close()
		return nil, ErrHeld
	}
	return &Lock{f}, nil
}

// Release frees the lock.
func (l *Lock) Release() error {
	if err := l.f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("cannot free the lock %s: %w", l.f.Path(), err)
	}
	return nil
}
