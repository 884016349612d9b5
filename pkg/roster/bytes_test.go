package roster

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// TestStandardInput reads what can be read only once, more than once.
func TestStandardInput(t *testing.T) {
	dir := t.TempDir()
	f, err := Open("-", Options{Stdin: strings.NewReader("firstName\nJane\n"), TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n := 0
		for _, err := range f.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	}
	if info, err := f.source.file.Stat(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v %v, want mode 0600", info.Mode(), err)
	}
	if copies, _ := filepath.Glob(filepath.Join(dir, "*")); runtime.GOOS != "windows" && len(copies) != 0 {
		t.Errorf("got %q, want a copy without a name", copies)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("got %q left behind", left)
	}
}

// TestInvalidUTF8 has one odd byte or letter at each place of texts of all lengths.
func TestInvalidUTF8(t *testing.T) {
	for length := range 80 {
		for at := range length {
			for _, odd := range []string{"\x80", "\xff", "é", "\xe4\xb8", "明"} {
				text := strings.Repeat("a", at) + odd + strings.Repeat("b", length-at)
				want := len(text)
				if !utf8.ValidString(odd) {
					want = at
				}
				if got := invalidUTF8([]byte(text)); got != want {
					t.Fatalf("%q: got %d, want %d", text, got, want)
				}
			}
		}
	}
}

// TestStandardInputCleansUp holds that a refused input leaves no copy either.
func TestStandardInputCleansUp(t *testing.T) {
	dir := t.TempDir()
	for _, in := range []io.Reader{strings.NewReader("\x89PNG\r\n"), io.MultiReader(strings.NewReader("first"), brokenReader{})} {
		if _, err := Open("-", Options{Stdin: in, TempDir: dir}); err == nil {
			t.Error("got no error")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("got %q left behind", left)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("pipe broke") }

// endless is a reader of one text again and again, up to a size.
type endless struct {
	text string
	at   int
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.left > 0 {
		k := copy(p[n:], e.text[e.at:])
		e.at = (e.at + k) % len(e.text)
		n += k
		e.left -= k
	}
	return n, nil
}

// TestBombs gives compressed files that grow without end. What is no list must be
// refused long before it is unpacked.
func TestBombs(t *testing.T) {
	const size = 300 << 20
	tests := []struct{ name, text, want string }{
		{"zeros", "\x00", "zero byte"},
		{"one line", "aaaaaaaa", "longer than"},
		{"empty lines", "\n\n\n\n\n\n\n\n", "more than 250 times"},
	}
	for _, test := range tests {
		text := strings.Repeat(test.text, 64<<10/len(test.text))
		for ending, bomb := range map[string]string{
			".zst": packed(t, "firstName\n", zstdWriter) + strings.Repeat(packed(t, text, zstdWriter), size/len(text)),
			".gz":  packed(t, "firstName\n", gzipWriter) + strings.Repeat(packed(t, text, gzipWriter), size/len(text)),
		} {
			_, err := openText(t, "bomb.csv"+ending, bomb, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %s: got %v, want %q", test.name, ending, err, test.want)
			}
		}
	}
}

// packed is compressed text. Put one after the other, such texts are one file of
// either format.
func packed(t *testing.T, text string, writer func(io.Writer) io.WriteCloser) string {
	var z bytes.Buffer
	w := writer(&z)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.String()
}

func gzipWriter(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func zstdWriter(w io.Writer) io.WriteCloser {
	z, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) // without options that could be wrong
	return z
}

// TestHugeFiles gives files of 100 GB, with a hole in place of most of it. Each is
// refused by its start: a test that read it all would not end, and one that kept
// a line of it would have no memory left.
func TestHugeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its file systems make no holes unless asked")
	}
	const size = 100 << 30
	line := strings.Repeat("a", 2<<20)
	for _, test := range []struct{ name, start, want string }{
		{"one line", line, "line 1: this line is longer than 1048576 bytes"},
		{"a long line after a header", "firstName\n" + line, "line 2: this line is longer than 1048576 bytes"},
		{"one line of UTF-16", "\xff\xfe" + strings.Repeat("a\x00", 1<<21), "line 1: this line is longer than 1048576 bytes"},
		{"an open quote", "firstName\n\"" + strings.Repeat("a\n", 1<<20), "line 1048578: this is no text: it holds a zero byte"},
		{"people, then nothing", "firstName\nJane\n", "line 3: this is no text: it holds a zero byte"},
		{"a picture", "\x89PNG\r\n\x1a\n", "this is a PNG picture"},
		{"a hole", "", "line 1: this is no text: it holds a zero byte"},
	} {
		path := filepath.Join(t.TempDir(), "people.csv")
		if err := os.WriteFile(path, []byte(test.start), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Skipf("this file system has no files of that size: %v", err)
		}
		f, err := Open(path, Options{})
		if err == nil {
			f.Close()
		}
		if e := (*Error)(nil); !errors.As(err, &e) || e.Hint == "" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q and a hint", test.name, err, test.want)
		}
	}
}

// TestBigFile reads 200 MB of people, made while it is read.
func TestBigFile(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a second or two")
	}
	const size = 200 << 20
	line := "Zoë;Müller;zoe@contoso.com;DE;" + strings.Repeat("a note ", 100) + "\n"
	f, err := Open("-", Options{
		Stdin:   io.MultiReader(strings.NewReader("first name;last name;upn;usage location;note\n"), &endless{text: line, left: size / len(line) * len(line)}),
		TempDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for sound, err := range Map(f, func(r *Row) bool { return len(r.Problems) == 0 }) {
		if n++; err != nil || !sound {
			t.Fatalf("row %d is invalid: %v", n, err)
		}
	}
	if n != size/len(line) {
		t.Errorf("got %d rows, want %d", n, size/len(line))
	}
}

// TestLongLines holds the limit on one record, whatever makes it long.
func TestLongLines(t *testing.T) {
	const limit = 200_000
	head := "firstName\nJane\n"
	tests := []struct {
		name, text string
		line       int // of the error, 0: none
		want       string
	}{
		{"at the limit", head + strings.Repeat("a", limit-1) + "\n", 0, ""},
		{"beyond the limit", head + strings.Repeat("a", limit) + "\n", 3, "longer than"},
		{"no line end", head + strings.Repeat("a", 3*limit), 3, "longer than"},
		{"quoted at the limit", head + `"` + strings.Repeat("a\n", limit/2-2) + "x\"\n", 0, ""},
		{"unclosed quote", head + `"` + strings.Repeat("a\n", limit), 3, "a quote"},
		{"header", strings.Repeat("a", 2*limit), 1, "longer than"},
		{"unclosed quote in the header", "\n\"firstName\nJane\n", 2, "a quote"},
		{"classic Mac", strings.ReplaceAll(head+strings.Repeat("Jane\n", limit), "\n", "\r"), 0, ""},
	}
	for _, test := range tests {
		var got error
		f, err := openText(t, "people.csv", test.text, Options{MaxLine: limit})
		if err != nil {
			got = err
		} else {
			for _, err := range f.Rows() {
				got = err
			}
		}
		var e *Error
		switch {
		case test.line == 0:
			if got != nil {
				t.Errorf("%s: got %v, want no error", test.name, got)
			}
		case !errors.As(got, &e) || e.Line != test.line || !strings.Contains(e.Message, test.want):
			t.Errorf("%s: got %v, want %q in line %d", test.name, got, test.want, test.line)
		}
	}
}

// TestCutCharacters puts a letter of several bytes across every place where the
// readers' buffers may end.
func TestCutCharacters(t *testing.T) {
	for shift := range 8 {
		text := "firstName\n" + strings.Repeat("x", shift) + "\n" + strings.Repeat("Jürgen 王小明 👍\n", 30_000)
		f, err := openText(t, "people.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Mapping().Encoding; got != "UTF-8" {
			t.Errorf("shift %d: got %s, want UTF-8", shift, got)
		}
		ansi, err := openText(t, "people.csv", text+"M\xfcller\n", Options{})
		var e *Error
		if ansi != nil || !errors.As(err, &e) || !strings.Contains(e.Message, "first of 1 bytes") {
			t.Errorf("shift %d: got %v, want damaged UTF-8", shift, err)
		}
	}
}

// TestLateWindows1252 decides by the last line how the first one is read.
func TestLateWindows1252(t *testing.T) {
	text := "firstName\n" + strings.Repeat("Jane\n", 100_000) + "J\xfcrgen\x80\n"
	rows := rowsOf(t, text, Options{})
	if got := rows[len(rows)-1].Person.FirstName; got != "Jürgen€" {
		t.Errorf("got %q, want Jürgen€", got)
	}
	if got := rows[0].Line; got != 2 {
		t.Errorf("got line %d, want 2", got)
	}
}

// TestChangedFile holds that a file written to between two passes is refused.
func TestChangedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte("firstName\nJane\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.WriteFile(path, []byte("firstName\nJohn\nJim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for row, err := range f.Rows() {
		if err == nil || !strings.Contains(err.Error(), "changed") {
			t.Errorf("got %+v %v, want an error about the change", row.Person, err)
		}
	}
}

// TestFormats finds out the format.
func TestFormats(t *testing.T) {
	const asCSV, asJSON = "displayName\nJane\n", `{"displayName":"Jane"}` + "\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, asJSON)
	w.Close()
	tests := []struct{ name, text, format, want string }{
		{"a.csv", asCSV, "", "csv"},
		{"a.txt", asCSV, "auto", "csv"},
		{"a", asCSV, "", "csv"},
		{"a.jsonl", asJSON, "", "jsonl"},
		{"a.NDJSON", asJSON, "", "jsonl"},
		{"a", "\n " + asJSON, "", "jsonl"},
		{"a.csv", asJSON, "jsonl", "jsonl"},
		{"a.jsonl", asCSV, "csv", "csv"},
		{"a.jsonl.gz", packed.String(), "", "jsonl"},
		{"a.gz", packed.String(), "", "jsonl"},
		{"a.csv", asCSV, "xlsx", "the format"},
	}
	for _, test := range tests {
		f, err := openText(t, test.name, test.text, Options{Format: test.format})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = f.Mapping().Format
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s as %q: got %q, want %q", test.name, test.format, got, test.want)
		}
	}
}

// TestTemplate holds that the starter files pass the checks.
func TestTemplate(t *testing.T) {
	for _, format := range []string{"csv", "jsonl"} {
		f, err := Open("-", Options{Stdin: bytes.NewReader(Template(format)), TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for row, err := range f.Rows() {
			if err != nil || len(row.Problems)+len(row.Warnings) > 0 {
				t.Errorf("%s: got %v %+v %+v", format, err, row.Problems, row.Warnings)
			}
			n++
		}
		if n != 2 || f.Mapping().Format != format {
			t.Errorf("%s: got %d rows of %s, want 2", format, n, f.Mapping().Format)
		}
		if want := fieldNames(); !slices.Equal(f.Header(), want[:publicFields]) {
			t.Errorf("%s: got header %q, want all fields", format, f.Header())
		}
		f.Close()
	}
	if got := Template("xml"); got != nil {
		t.Errorf("xml: got %q, want nil", got)
	}
}

// TestMarkBeforeANSI holds that a mark of UTF-8 before text in Windows-1252 does
// not become part of the first header.
func TestMarkBeforeANSI(t *testing.T) {
	f, err := openText(t, "people.csv", "\xef\xbb\xbfFirst name,Last name\nJ\xfcrgen,Gro\xdf\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m := f.Mapping(); m.Encoding != ansiName || m.Columns[0].Field != FirstName || !strings.Contains(strings.Join(m.Notes, " "), "mark of UTF-8") {
		t.Errorf("got %+v, want a first name in Windows-1252, and a note", m)
	}
	for row, err := range f.Rows() {
		if err != nil || row.Person.DisplayName != "Jürgen Groß" {
			t.Errorf("got %q %v, want Jürgen Groß", row.Person.DisplayName, err)
		}
	}
}

// TestNamesThatBelie holds what a file is whose name promises another format.
func TestNamesThatBelie(t *testing.T) {
	const lines, sheet = `{"firstName":"Jane"}` + "\n", "firstName,lastName\nJane,Doe\n"
	tests := []struct{ name, text, format, fault string }{
		{"people.csv", lines, "", "this is JSON Lines"},
		{"people.csv", lines, "jsonl", ""},
		{"people.txt", lines, "", ""},
		{"people.txt", sheet, "", ""},
		{"people.jsonl", sheet, "", "this is CSV"},
		{"people.csv", sheet, "jsonl", "this is CSV"},
		{"people.jsonl", sheet, "csv", ""},
		{"people.jsonl", "// people\n" + lines, "", ""}, // a bad line
	}
	for _, tt := range tests {
		f, err := openText(t, tt.name, tt.text, Options{Format: tt.format})
		switch {
		case tt.fault == "" && err != nil:
			t.Errorf("%s as %q: got %v", tt.name, tt.format, err)
		case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s as %q: got %v, want %q", tt.name, tt.format, err, tt.fault)
		case err == nil && f.isJSON != strings.Contains(tt.text, "{"):
			t.Errorf("%s as %q: got format %q", tt.name, tt.format, f.Mapping().Format)
		}
	}
}
