package durable

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	put := func(text string, fail error) error {
		return Replace(path, 0o600, func(w io.Writer) error {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
			return fail
		})
	}
	check := func(want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("the file holds %q, %v, want %q", got, err, want)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("the folder holds %v, %v, want the file alone", entries, err)
		}
	}
	if err := put("one", nil); err != nil {
		t.Fatal(err)
	}
	check("one")
	if err := put("half", io.ErrShortWrite); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Replace() = %v, want the writer's error", err)
	}
	check("one")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := put("two", nil); err != nil {
		t.Fatal(err)
	}
	check("two")
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, want 0600 also where the old file had another", info.Mode())
	}
}

// TestReplaceByMuch holds that what is synced while it is written is whole too, and gone
// where the writer fails.
func TestReplaceByMuch(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	piece := bytes.Repeat([]byte("row\n"), 100_000)
	for n, fail := range []error{nil, io.ErrShortWrite} {
		err := Replace(path, 0o600, func(w io.Writer) error {
			for written := 0; written < 3*syncAfter; written += len(piece) {
				if _, err := w.Write(piece); err != nil {
					return err
				}
			}
			return fail
		})
		if !errors.Is(err, fail) {
			t.Errorf("Replace() = %v, want %v", err, fail)
		}
		got, err := os.ReadFile(path)
		if err != nil || len(got) < 3*syncAfter || len(got)%len(piece) != 0 || !bytes.Equal(got[len(got)-len(piece):], piece) {
			t.Errorf("run %d: the file holds %d bytes, %v", n, len(got), err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("run %d: the folder holds %v, %v, want the file alone", n, entries, err)
		}
	}
}

// A system may tell only once that something could not be written to the disk.
func TestEarlySyncKeepsItsError(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newEarlySync(file)
	<-s.done
	s.done <- io.ErrUnexpectedEOF // what a sync came to
	if _, err := s.Write(make([]byte, syncAfter)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Write() = %v, want the error of the sync before", err)
	}
	if err := s.wait(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("wait() = %v, want the same error", err)
	}
}

func TestReplaceFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	err := Replace(link, 0o600, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
	got, _ := os.ReadFile(target)
	if info, _ := os.Lstat(link); err != nil || string(got) != "new" || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("Replace() = %v, the target holds %q, the link is %v", err, got, info.Mode())
	}
}

func TestReplaceInMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "x")
	err := Replace(path, 0o600, func(io.Writer) error { t.Error("write was called"); return nil })
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Replace() = %v, want %v", err, os.ErrNotExist)
	}
}

func TestReplaceOfADevice(t *testing.T) {
	if err := Replace(os.DevNull, 0o600, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }); err != nil {
		t.Errorf("Replace(%s) = %v", os.DevNull, err)
	}
}

func TestAcquire(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	first, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(path); !errors.Is(err, ErrHeld) {
		t.Errorf("second Acquire() = %v, want %v", err, ErrHeld)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

// A run that was killed while it replaced the file of the refresh token has left a
// second file with one. Another process may be replacing the same file just now.
func TestReplaceRemovesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".x.1.tmp": time.Hour, ".x.2.tmp": 0, ".xy.1.tmp": time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if at := time.Now().Add(-age); os.Chtimes(path, at, at) != nil {
			t.Fatal("Chtimes fails")
		}
	}
	err := Replace(filepath.Join(dir, "x"), 0o600, func(io.Writer) error { return nil })
	if got, want := names(t, dir), []string{".x.2.tmp", ".xy.1.tmp", "x"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Replace: %v, left %q, want %q", err, got, want)
	}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSweepRemovesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	for _, name := range []string{"x.csv", ".x.csv.1234.tmp", ".x.csv.age.1.tmp", ".x.csv.lock", ".x.csv2.tmp", "y.csv", ".y.csv.1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(path); err != nil {
		t.Fatal(err)
	}
	got := names(t, dir)
	want := []string{".x.csv.age.1.tmp", ".x.csv.lock", ".x.csv2.tmp", ".y.csv.1.tmp", "x.csv", "y.csv"}
	if !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	if err := Sweep(filepath.Join(dir, "none", "x.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Sweep in a folder that does not exist: %v", err)
	}
}
