//go:build !windows

package main

import (
	"errors"
	"syscall"
)

// diskFull reports whether an error is that of a disk that is full, or of a quota
// or a limit on the size of files that is used up.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// readerGone reports whether an error is that of writing to a pipe that nobody reads
// any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
