//go:build !windows

package durable

import (
	"errors"
	"os"
	"syscall"
)

// rename puts one file in the place of another, at once.
func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes the names in a folder durable: without it a file that was
// created or renamed may be gone after a power cut although its content was
// synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	// Some network and FUSE file systems cannot sync a folder and say so; there
	// the rename is as durable as it gets.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
