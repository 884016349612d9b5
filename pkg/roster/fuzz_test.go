package roster

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"muster/pkg/formula"
)

// addCorpus seeds a fuzz test with the files of the corpus.
func addCorpus(f *testing.F, ending string) {
	files, err := filepath.Glob("testdata/corpus/*" + ending)
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpus: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// passes reads data twice, checks what must hold of any input, and returns the rows.
func passes(t *testing.T, data []byte, o Options) (*File, []Row, error) {
	f, err := Open("-", o)
	if err != nil {
		mustExplain(t, err)
		return nil, nil, err
	}
	t.Cleanup(func() { f.Close() })
	var rows, again []Row
	var bad error
	for row, err := range f.Rows() {
		if bad = err; err == nil {
			rows = append(rows, row)
		}
	}
	for row, err := range f.Rows() {
		if err == nil {
			again = append(again, row)
		}
	}
	if !reflect.DeepEqual(shown(rows), shown(again)) {
		t.Errorf("two passes differ:\n%v\n%v", shown(rows), shown(again))
	}
	if bad != nil {
		mustExplain(t, bad)
	}
	line := 0
	for i, row := range rows {
		if row.N != i+1 || row.Line <= line || row.Line > bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1 {
			t.Errorf("row %d: got number %d, line %d after %d", i+1, row.N, row.Line, line)
		}
		line = row.Line
		if len(row.Problems) == 0 && row.Person.DisplayName == "" {
			t.Errorf("row %d: good without a name: %+v", i+1, row.Person)
		}
		if len(row.Cells()) < len(f.Header()) {
			t.Errorf("row %d: got %d cells, want %d", i+1, len(row.Cells()), len(f.Header()))
		}
		for _, p := range row.Problems {
			if p.Code == "" || p.Message == "" || p.Hint == "" || len(p.Value) > 500 {
				t.Errorf("row %d: got %+v, want code, message and hint", i+1, p)
			}
		}
	}
	return f, rows, bad
}

func mustExplain(t *testing.T, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Path == "" || e.Message == "" || len(err.Error()) > 20_000 {
		t.Errorf("got %v, want an error that names the file and the fault", err)
	}
}

func shown(rows []Row) []string {
	var s []string
	for _, r := range rows {
		s = append(s, fmt.Sprint(r.N, r.Line, r.Person, r.Problems, r.Warnings, r.Cells()))
	}
	return s
}

// FuzzCSV holds that every record of the file is one row with the cells that
// encoding/csv reads when it is given the whole file at once.
func FuzzCSV(f *testing.F) {
	addCorpus(f, "*.csv")
	f.Add([]byte("firstName,lastName\n\"a\nb\",c\r\n\"x\"y,z\n\r\n\n,\n'=1,\"\"\"\"\n"))
	f.Add([]byte("firstName,lastName\n\"a, \"\"b\"\"\",\"\"\n\"\",c\r\n\"a\",\"b\"\r\n\"a\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, rows, bad := passes(t, data, Options{Format: "csv", Stdin: bytes.NewReader(data), TempDir: t.TempDir(), MaxLine: 4096})
		if file == nil || bad != nil {
			return
		}
		sameWithoutCutting(t, file, rows)
		want := recordsOf(t, file)
		if len(rows) != len(want) {
			t.Fatalf("got %d rows, want %d: %q", len(rows), len(want), want)
		}
		for i, row := range rows {
			if want[i] == nil {
				if got := codesOf(row.Problems); got != "stray_quote" {
					t.Errorf("row %d: got problems %q, want stray_quote", row.N, got)
				}
				continue
			}
			if file.isRejects {
				for c, cell := range want[i] {
					want[i][c] = formula.Fuse(cell)
				}
			}
			got := row.Cells()
			if !slices.Equal(got[:len(want[i])], want[i]) {
				t.Errorf("row %d: got cells %q, want %q", row.N, got, want[i])
			}
			for c, f := range file.fields {
				if f != firstName || c >= len(want[i]) || !file.isJSON && file.fed[password] && len(want[i]) != len(file.header) {
					continue
				}
				name := tidy(want[i][c])
				if line := strings.IndexAny(name, "\r\n"); line >= 0 {
					name = name[:line] + "…"
				}
				if row.Person.FirstName != name {
					t.Errorf("row %d: got first name %q, want %q", row.N, row.Person.FirstName, name)
				}
			}
		}
	})
}

// sameWithoutCutting holds that gocsv reads of plain records what cutting them at the
// delimiters gives.
func sameWithoutCutting(t *testing.T, f *File, rows []Row) {
	cutting, err := newCSVReader(f.rawHead, f.shape, f.fields)
	if err != nil {
		t.Fatal(err)
	}
	reading, err := newCSVReader(f.rawHead, f.shape, f.fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		got, gotFault := cutting.read(row.record(), f.shape.find([]byte(row.record())).plain)
		want, wantFault := reading.read(row.record(), false)
		if *got != *want || !reflect.DeepEqual(gotFault, wantFault) {
			t.Errorf("%q: cut into %+v, %+v, want %+v, %+v", row.record(), *got, gotFault, *want, wantFault)
		}
	}
}

// recordsOf reads the data records of the decoded text, nil for one with a stray
// quote.
func recordsOf(t *testing.T, f *File) [][]string {
	in, err := f.source.open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	text, err := io.ReadAll(f.text.decoded(in))
	if err != nil {
		t.Fatal(err)
	}
	text = text[min(int(f.start), len(text)):]
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = rune(f.shape.comma)
	r.FieldsPerRecord = -1
	var records [][]string
	for {
		start := r.InputOffset()
		cells, err := r.Read()
		if err == io.EOF {
			return records
		}
		raw := text[start:r.InputOffset()]
		switch {
		case f.shape.valueless(raw) || err == nil && isExample([]byte(strings.TrimPrefix(cells[0], `"`))):
		case err != nil:
			records = append(records, nil)
		default:
			records = append(records, cells)
		}
	}
}

// FuzzJSONL holds that every line that is not blank is one row, and that what
// encoding/json reads of a good one is what muster reads.
func FuzzJSONL(f *testing.F) {
	addCorpus(f, "*.json*")
	f.Add([]byte(`{"firstName":"a\"b","x":[1,{"y":"}"}],"lastName" : null , "password":-1.5e3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
			return // lines of UTF-16 are not counted below
		}
		file, rows, bad := passes(t, data, Options{Format: "jsonl", Stdin: bytes.NewReader(data), TempDir: t.TempDir(), MaxLine: 4096})
		if file == nil || bad != nil {
			return
		}
		for _, row := range rows {
			var want map[string]any
			if len(row.Problems) > 0 || json.Unmarshal([]byte(row.record()), &want) != nil {
				continue
			}
			if first, ok := want["firstName"].(string); ok && tidy(first) != "" && tidy(first) != row.Person.FirstName { // another spelling may bring what an empty one lacks
				t.Errorf("%s: got first name %q, want %q", row.record(), row.Person.FirstName, first)
			}
		}
	})
}

// FuzzHeader holds that no field is read from two columns, and that mapping a
// column by force works whatever it is called.
func FuzzHeader(f *testing.F) {
	f.Add("First name|Name|E-Mail|mailNickname")
	f.Add("Name [displayName] Required|User name [userPrincipalName]|x[[y]|(z)")
	f.Add("Nom|Prénom|Имя|名|\ufeff\u200b")
	f.Fuzz(func(t *testing.T, line string) {
		header := strings.Split(line, "|")
		m, err := mapColumns(header, nil, nil)
		if err == nil {
			fed := map[string]bool{}
			for _, c := range m.columns {
				if c.Field != "" && fed[c.Field] {
					t.Errorf("%q: two columns feed %s", header, c.Field)
				}
				fed[c.Field] = true
			}
		}
		if m, err := mapColumns(header, nil, map[string]string{header[0]: DisplayName}); err == nil && m.columns[0].Field != DisplayName && !strings.Contains(line, "|") {
			t.Errorf("%q: got %+v, want displayName by force", header, m.columns[0])
		}
	})
}
