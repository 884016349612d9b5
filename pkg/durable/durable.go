// Package durable keeps files that survive a crash: the whole replacement of a
// file, a file that only grows and a journal on top of it, and a lock that a killed
// process leaves free. Nothing here knows what the files say.
//
//	err := durable.Replace("staff.results.csv", 0o600, func(w io.Writer) error { … })
//
//	lock, err := durable.Acquire("staff.ledger.jsonl.lock")
//	journal, err := durable.OpenJournal("staff.ledger.jsonl", durable.Options{}, replay)
//	place, err := journal.Append(record) // returns once record is on the disk
//
//	tail := durable.NewTail(file, end, durable.Options{})
//	err := tail.Append(line) // the same for a file without sums
package durable

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bufferSize is large enough that a million short lines cost some hundred
// system calls.
const bufferSize = 256 << 10

// Replace writes path as a whole: write fills a temporary file in the same
// folder, which is then synced and renamed over path, and the folder synced. A
// reader sees the old file or the new one, never half of either, and after an
// error the old file stands unchanged.
//
// A symbolic link is followed, so that the file it names is replaced and the
// link stays. Where path names something that is no regular file, such as
// /dev/stdout or a pipe, write goes straight to it. mode holds for a new and
// for a replaced file alike. What a crash in the middle of an earlier Replace left
// is removed.
func Replace(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, write)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	_ = sweep(dir, base, abandonedAfter) // what cannot be removed is in nobody's way
	tmp, err := os.CreateTemp(dir, "."+base+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
		var failed *os.PathError
		if errors.As(err, &failed) && failed.Path == tmp.Name() {
			failed.Path = path // nobody knows the other name
		}
	}()
	early := newEarlySync(tmp)
	if err := cmp.Or(fill(early, write), early.wait()); err != nil {
		return err
	}
	if err := tmp.Chmod(mode); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// Sweep removes what a crash in the middle of [Replace] left beside path: half a
// file under another name, with all the secrets that belong in path only. The
// caller sees to it that nobody replaces path meanwhile.
func Sweep(path string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	dir, base := filepath.Split(path)
	return sweep(filepath.Clean(dir), base, 0)
}

// abandonedAfter is how long nothing is written to the temporary file of a [Replace]
// before it counts as left by a crash. Another process may be writing its own.
const abandonedAfter = 10 * time.Second

// sweep removes temporary files of base that nobody has written to for that long.
func sweep(dir, base string, untouched time.Duration) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if !isTemporary(name, base) {
			continue
		}
		if info, err := e.Info(); untouched > 0 && (err != nil || time.Since(info.ModTime()) < untouched) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// isTemporary reports whether a name is one of those that [os.CreateTemp] makes for
// base: with a number, so that x.csv has nothing to do with what replaces x.csv.age.
func isTemporary(name, base string) bool {
	rest, ours := strings.CutPrefix(name, "."+base+".")
	number, temporary := strings.CutSuffix(rest, ".tmp")
	return ours && temporary && number != "" && strings.Trim(number, "0123456789") == ""
}

func fill(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, bufferSize)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// earlySync writes to a file and syncs it now and then meanwhile, on another
// goroutine. It exists for speed: the sync at the end of a large file, for which
// everybody waits, then finds little left to do.
type earlySync struct {
	file    *os.File
	pending int        // bytes written since the last sync began
	done    chan error // what the last sync came to; empty while one is under way
}

// syncAfter is how many bytes are worth a sync before the end. Small files get none.
const syncAfter = 16 << 20

func newEarlySync(file *os.File) *earlySync {
	s := &earlySync{file: file, done: make(chan error, 1)}
	s.done <- nil
	return s
}

// Write begins a sync where there is enough to be synced, and none is under way.
func (s *earlySync) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	if s.pending += n; err != nil || s.pending < syncAfter {
		return n, err
	}
	select {
	case err = <-s.done:
	default:
		return n, nil
	}
	if err != nil {
		s.done <- err
		return n, err
	}
	s.pending = 0
	go func() { s.done <- s.file.Sync() }()
	return n, nil
}

// wait ends the use of s and returns the error of the last sync: a system may tell of a
// page that was not written only once, so that the sync at the end would not know.
func (s *earlySync) wait() error { return <-s.done }

func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cannot write to %s, which is no regular file: %w", path, err)
	}
	if err := fill(f, write); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
