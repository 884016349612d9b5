package durable

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Windows refuses to replace a file that somebody has open: a virus scanner for a
// moment, a spreadsheet program for as long as its window is open.
const (
	errSharingViolation = syscall.Errno(32)
	patience            = 2 * time.Second
	between             = 50 * time.Millisecond
)

// rename puts one file in the place of another, and waits a little for those who
// have it open.
func rename(from, to string) error {
	for end := time.Now().Add(patience); ; time.Sleep(between) {
		err := os.Rename(from, to)
		busy := errors.Is(err, os.ErrPermission) || errors.Is(err, errSharingViolation)
		if !busy {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w (if the file is open in another program, such as Excel, close it there)", err)
		}
	}
}

// syncDir does nothing: Windows offers no sync of a folder, and NTFS journals
// the change of a name by itself.
func syncDir(string) error { return nil }
