package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"muster/pkg/provision"
	"muster/pkg/results"
)

// Somebody may mend the rejects of a run while cron starts the next one, which writes
// them anew. So the rejects get a time of whole seconds when they are written: where
// it has a fraction, somebody changed the file since, and it is set aside. A file
// system that knows only whole seconds keeps nobody from overwriting them.

// writeRejects writes the rejects, where there are any; else it removes those of an
// earlier run, and does not read the input for them.
func (j *work) writeRejects(report *provision.Report) error {
	path := j.files.rejects
	edited := ""
	if changed(path) {
		edited = editedName(path)
		if err := os.Rename(path, edited); err != nil {
			return fmt.Errorf("the rejects that somebody changed cannot be set aside: %w", err)
		}
	}
	n, err := j.replaceRejects(report)
	switch {
	case err != nil && edited != "":
		return errors.Join(err, os.Rename(edited, path))
	case err != nil:
		return err
	case n > 0:
		j.sum.Files.Rejects = path
		_ = os.Chtimes(path, time.Time{}, time.Now().Truncate(time.Second)) // else they are compared the next time
	}
	if edited == "" {
		return nil
	}
	same, err := sameContent(path, edited)
	if err == nil && same {
		return os.Remove(edited)
	}
	j.sum.Files.Edited = edited
	return err
}

// replaceRejects writes the file and returns the number of its rows.
func (j *work) replaceRejects(report *provision.Report) (int, error) {
	rows := report.Rejects()
	if c := j.sum.Counts; c.Invalid+c.Failed == 0 {
		rows = func(func(results.Reject, error) bool) {}
	}
	delimiter := ','
	if d := j.batch.Input.Mapping().Delimiter; d != "" {
		delimiter = rune(d[0])
	}
	n, err := results.WriteRejects(j.files.rejects, j.batch.Input.Header(), delimiter, rows)
	if err != nil {
		return 0, fmt.Errorf("cannot write the rejects: %w", err)
	}
	return n, nil
}

// changed reports whether somebody changed rejects since they were written.
func changed(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.ModTime().Nanosecond() != 0
}

// editedName is a free name for rejects that are set aside: staff.rejects.edited.csv,
// staff.rejects.edited2.csv and so on.
func editedName(path string) string {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext) + ".edited"
	name := base + ext
	for n := 2; exists(name); n++ {
		name = base + strconv.Itoa(n) + ext
	}
	return name
}

// sameContent reports whether two files are there and say the same.
func sameContent(a, b string) (bool, error) {
	one, err := os.Open(a)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer one.Close() // it was only read
	other, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer other.Close()
	var here, there [32 << 10]byte
	for {
		n, err := io.ReadFull(one, here[:])
		m, _ := io.ReadFull(other, there[:])
		if !bytes.Equal(here[:n], there[:m]) {
			return false, nil
		}
		if err != nil { // the end; what cannot be read to it is not the same
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF), nil
		}
	}
}
