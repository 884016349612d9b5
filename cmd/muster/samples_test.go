package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const expected = "expected.results.csv"

// TestSamples runs every story of samples/README.md and holds its results against
// those in its folder.
func TestSamples(t *testing.T) {
	stories := storiesOf(t)
	dirs, err := filepath.Glob(filepath.Join(root, "samples", "*", expected))
	if err != nil || len(dirs) == 0 && !*update {
		t.Fatalf("%d folders with %s, error %v", len(dirs), expected, err)
	}
	for _, d := range dirs {
		folder := filepath.Base(filepath.Dir(d))
		if !slices.ContainsFunc(stories, func(s story) bool { return s.folder == folder }) {
			t.Errorf("samples/README.md does not name the folder %s", folder)
		}
	}
	home, err := filepath.Abs(filepath.Join(root, "samples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		t.Run(s.folder, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.CopyFS(".", os.DirFS(filepath.Join(home, s.folder))); err != nil {
				t.Fatal(err)
			}
			s.check(t, filepath.Join(home, s.folder, expected))
		})
	}
}

// story is a row of the table in samples/README.md.
type story struct {
	folder, command string
	code            int
}

func storiesOf(t *testing.T) []story {
	text, err := os.ReadFile(filepath.Join(root, "samples", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var stories []story
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[3], "`muster ") {
			continue
		}
		code, err := strconv.Atoi(strings.TrimSpace(cells[4]))
		if err != nil {
			t.Fatalf("samples/README.md: %v in %q", err, line)
		}
		trim := func(s string) string { return strings.Trim(s, " `") }
		stories = append(stories, story{trim(cells[1]), trim(cells[3]), code})
	}
	if len(stories) == 0 {
		t.Fatal("samples/README.md has no table of stories")
	}
	return stories
}

// check runs the command in the folder that is the present one.
func (s story) check(t *testing.T, golden string) {
	args := strings.Fields(s.command)[1:]
	var out, complaints bytes.Buffer
	if got := run(t.Context(), args, strings.NewReader(""), &out, &complaints); got != s.code {
		t.Fatalf("`%s` exits with %d, want %d:\n%s%s", s.command, got, s.code, out.String(), complaints.String())
	}
	input := args[1]
	text, err := os.ReadFile(strings.TrimSuffix(input, filepath.Ext(input)) + ".results.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := readCSV(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	w := csv.NewWriter(&got)
	if err := w.WriteAll(masked(lines)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	compareLines(t, got.String(), string(want))
}

func compareLines(t *testing.T, got, want string) {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("line %d is\n%s\nwant\n%s", i+1, a, b)
		}
	}
}
