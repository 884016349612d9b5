package roster

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the code does now as what is expected; read the difference before committing it")

// seen is all that a file was taken for, as the golden files have it.
type seen struct {
	Error   string    `json:",omitempty"`
	Hint    string    `json:",omitempty"`
	Mapping *Mapping  `json:",omitempty"`
	Header  []string  `json:",omitempty"`
	Rows    []seenRow `json:",omitempty"`
}

type seenRow struct {
	N, Line  int
	Person   map[string]any
	Problems []Problem `json:",omitempty"`
	Warnings []Problem `json:",omitempty"`
	Cells    []string
}

func look(path string, o Options) seen {
	f, err := Open(path, o)
	if err != nil {
		return refusal(err)
	}
	defer f.Close()
	s := seen{Header: f.Header()}
	for row, err := range f.Rows() {
		if err != nil {
			s.Error, s.Hint = err.Error(), refusal(err).Hint
			break
		}
		s.Rows = append(s.Rows, seenRow{row.N, row.Line, seenPerson(row.Person), row.Problems, row.Warnings, row.Cells()})
	}
	m := f.Mapping()
	s.Mapping = &m
	return s
}

func refusal(err error) seen {
	s := seen{Error: err.Error()}
	if e := (*Error)(nil); errors.As(err, &e) {
		s.Hint = e.Hint
	}
	return s
}

// seenPerson leaves out what is empty and shows passwords: these are made up.
func seenPerson(p Person) map[string]any {
	m := map[string]any{}
	for name, text := range map[string]string{
		UserPrincipalName: p.UserPrincipalName, FirstName: p.FirstName, LastName: p.LastName, DisplayName: p.DisplayName,
		UsageLocation: p.UsageLocation, ImmutableID: p.ImmutableID, Password: p.Password.Reveal(),
		CustomerID: p.CustomerID, Domain: p.Domain, "identity": p.Identity(),
	} {
		if text != "" {
			m[name] = text
		}
	}
	if !p.ForceChangePassword {
		m[ForceChangePassword] = false
	}
	return m
}

// TestCorpus reads one file for each template and each kind of dirt.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*")
	if err != nil || len(files) < 60 {
		t.Fatalf("got %d files (%v), want the corpus", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			got, err := json.MarshalIndent(look(path, Options{}), "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			got = append([]byte(strings.ReplaceAll(string(got), strings.ReplaceAll(path, `\`, `\\`), filepath.Base(path))), '\n')
			golden := filepath.Join("testdata", "golden", filepath.Base(path)+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
