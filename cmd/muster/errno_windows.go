package main

import (
	"errors"

	"golang.org/x/sys/windows"
)

// diskFull reports whether an error is that of a disk that is full, or of a quota
// that is used up.
func diskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// readerGone reports whether an error is that of writing to a pipe that nobody reads
// any more.
func readerGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
