package roster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileErrors reads paths that are no file.
func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.csv"), Options{}); !os.IsNotExist(err) {
		t.Errorf("got %v, want that it does not exist", err)
	}
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("got %v, want that it is a folder", err)
	}
}

// TestBlankStart opens files with more empty lines above the header than are read to
// find it.
func TestBlankStart(t *testing.T) {
	const limit = 1000
	for _, name := range []string{"people.csv", "people.jsonl", "people.txt"} {
		_, err := openText(t, name, strings.Repeat("\n", limit+batchSize)+"firstName\nJane\n", Options{MaxLine: limit})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, "blank") {
			t.Errorf("%s: got %v, want an error about a blank start", name, err)
		}
	}
}
