package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// awkward are rows whose texts break careless readers and writers.
var awkward = []Row{
	{N: 1, Status: Created, UserPrincipalName: "jane.doe@contoso.com", UserID: "4b10bf41-ee3c-43d8-9a4a-8d5b4e2b8e04",
		DisplayName: "Jane Doe", Attempts: 1, CustomerID: "b1", RequestID: "r1", CorrelationID: "c1",
		CreatedAt: time.Date(2026, 3, 1, 12, 30, 5, 0, time.UTC)},
	{N: 2, Status: Invalid, DisplayName: "=HYPERLINK(\"http://x\")", ErrorCode: "bad_name", Error: "first, \"second\"; -third", Hint: "mend it"},
	{N: 3, Status: Failed, DisplayName: "' =1+1", ErrorCode: "3000", Error: "</script><b>&amp;", Attempts: 6},
	{N: 4, Status: Pending, DisplayName: "''@x;'+y;z", Error: " leading and trailing "},
	{N: 5, Status: Exists, DisplayName: "Zoë Ünal 山田 ＝x \\ /", Hint: "＝1"},
	{N: 1_000_000, Status: Planned, DisplayName: ";", Error: "'", Hint: "'x"},
}

func each[T any](list ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func failing[T any](err error, list ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v := range each(list...) {
			if !yield(v, nil) {
				return
			}
		}
		yield(*new(T), err)
	}
}

func readAll(rows iter.Seq2[Row, error]) (all []Row, err error) {
	for r, err := range rows {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

func write(t testing.TB, path string, rows ...Row) Summary {
	t.Helper()
	sum, err := Write(path, each(rows...))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func content(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWriteThenRead(t *testing.T) {
	for _, name := range []string{"x.csv", "x.jsonl", "x.NDJSON"} {
		path := filepath.Join(t.TempDir(), name)
		sum := write(t, path, awkward...)
		if sum.Rows != len(awkward) || sum.LastRow != 1_000_000 || sum.Planned != 1 {
			t.Errorf("%s: Write() = %+v, want a sum of %d rows", name, sum, len(awkward))
		}
		got, err := readAll(Read(path))
		if err != nil || !reflect.DeepEqual(got, awkward) {
			t.Errorf("%s: read back:\n%+v, %v, want:\n%+v", name, got, err, awkward)
		}
		if lines := strings.Count(content(t, path), "\n"); lines != len(awkward)+strings.Count(name, "csv") {
			t.Errorf("%s has %d lines, want one a row", name, lines)
		}
		if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%s: mode %v, %v, want 0600", name, info.Mode(), err)
		}
	}
}

func TestWriteText(t *testing.T) {
	dir := t.TempDir()
	const header = "row,status,user_principal_name,user_id,display_name,error_code,error,hint,attempts,customer_id,request_id,correlation_id,created_at\n"
	csvPath, jsonPath, empty := filepath.Join(dir, "x.csv"), filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "e.csv")
	rows := []Row{awkward[0], {N: 2, Status: Invalid, DisplayName: "+1", ErrorCode: "a", Error: "b, c"}}
	write(t, csvPath, rows...)
	want := header + "1,created,jane.doe@contoso.com,4b10bf41-ee3c-43d8-9a4a-8d5b4e2b8e04,Jane Doe,,,,1,b1,r1,c1,2026-03-01T12:30:05Z\n" +
		"2,invalid,,,'+1,a,\"b, c\",,0,,,,\n"
	if got := content(t, csvPath); got != want {
		t.Errorf("CSV:\n%s\nwant:\n%s", got, want)
	}
	write(t, jsonPath, rows[1])
	want = `{"row":2,"status":"invalid","user_principal_name":"","user_id":"","display_name":"+1","error_code":"a","error":"b, c","hint":"","attempts":0,"customer_id":"","request_id":"","correlation_id":"","created_at":""}` + "\n"
	if got := content(t, jsonPath); got != want {
		t.Errorf("JSON Lines:\n%s\nwant:\n%s", got, want)
	}
	write(t, empty)
	if got := content(t, empty); got != header {
		t.Errorf("without rows the file holds %q, want the header", got)
	}
}

// The columns are those of the struct's tags, which reading JSON goes by.
func TestColumnsAreTheTags(t *testing.T) {
	typ := reflect.TypeFor[Row]()
	if n := typ.NumField() - 1; n != len(columns) || typ.Field(n).Tag.Get("json") != "-" {
		t.Fatalf("Row has %d fields and the line, want %d", n, len(columns))
	}
	for i, want := range columns {
		if got := typ.Field(i).Tag.Get("json"); got != want {
			t.Errorf("field %s has the name %q, want %q", typ.Field(i).Name, got, want)
		}
	}
}

func TestTextsBecomeOneLine(t *testing.T) {
	in := Row{N: 1, Status: Failed, Error: "a\r\nb\tc\x1b[31m\u2028d\u0085e", DisplayName: "x\xffy", UserID: "\x00"}
	want := Row{N: 1, Status: Failed, Error: "a  b c [31m d e", DisplayName: "x\ufffdy", UserID: " "}
	for _, name := range []string{"x.csv", "x.jsonl"} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, in)
		if got, err := readAll(Read(path)); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: read back %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestWriteKeepsTheOldFile(t *testing.T) {
	boom := errors.New("boom")
	for _, name := range []string{"x.csv", "x.jsonl"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		write(t, path, awkward[0])
		before := content(t, path)
		if _, err := Write(path, failing(boom, awkward...)); !errors.Is(err, boom) {
			t.Errorf("%s: Write() = %v, want %v", name, err, boom)
		}
		if got := content(t, path); got != before {
			t.Errorf("%s: after a failed Write the file holds %q, want the old content", name, got)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s: the folder holds %v, want the file alone", name, entries)
		}
	}
}

// limited is a disk that is full after n bytes.
type limited struct{ n int }

func (l *limited) Write(p []byte) (int, error) {
	if l.n -= len(p); l.n < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestEveryWriteErrorIsReported(t *testing.T) {
	for _, form := range []format{csvFormat, jsonFormat} {
		for room := 0; room < 1500; room += 13 {
			var whole limited
			whole.n = 1 << 20
			_ = encode(&whole, form, each(awkward...), new(Tally))
			size := 1<<20 - whole.n
			err := encode(&limited{room}, form, each(awkward...), new(Tally))
			if (err == nil) != (room >= size) {
				t.Errorf("format %d: %d bytes of room for %d: error %v", form, room, size, err)
			}
		}
	}
	if _, err := encodeRejects(&limited{20}, []string{"name"}, ',', each(Reject{Cells: []string{"x"}})); err == nil {
		t.Error("rejects on a full disk gave no error")
	}
	if err := (Summary{}).WriteText(&limited{3}, 0); err == nil {
		t.Error("a summary on a full disk gave no error")
	}
}

func TestCheckPath(t *testing.T) {
	for path, good := range map[string]bool{"a.csv": true, "a.CSV": true, "a.jsonl": true, "a.ndjson": true, "a.json": false, "a": false, "a.csv.gz": false, "csv": false} {
		err := CheckPath(path)
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), "--results") {
			t.Errorf("CheckPath(%q) = %v, want good %v", path, err, good)
		}
		if !good {
			if _, err := Write(path, each[Row]()); err == nil {
				t.Errorf("Write(%q) gave no error", path)
			}
			if _, err := readAll(Read(path)); err == nil {
				t.Errorf("Read(%q) gave no error", path)
			}
		}
	}
}

func FuzzWriteThenRead(f *testing.F) {
	for _, r := range awkward {
		f.Add(r.N, r.DisplayName, r.Error, r.CreatedAt.Unix())
	}
	f.Add(7, "\t=x", "a\nb", int64(0))
	f.Fuzz(func(t *testing.T, n int, name, text string, at int64) {
		row := Row{N: max(n, 1), Status: Failed, DisplayName: name, Error: text, Hint: name + text, CreatedAt: time.Unix(at%(1<<37), 0).UTC()}
		if y := row.CreatedAt.Year(); y < 1 || y > 9999 {
			return
		}
		want := row
		want.DisplayName, want.Error, want.Hint = oneLine(name), oneLine(text), oneLine(name+text)
		if want.CreatedAt.IsZero() {
			want.CreatedAt = time.Time{}
		}
		for _, form := range []format{csvFormat, jsonFormat} {
			var text bytes.Buffer
			if err := encode(&text, form, each(row, row), new(Tally)); err != nil {
				t.Fatal(err)
			}
			got, err := decode(form, text.String())
			if err != nil || len(got) != 2 || got[0] != want || got[1] != want {
				t.Errorf("%s: %+v reads as %+v, %v", text.String(), want, got, err)
			}
		}
	})
}

func many(n int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		for i := 1; i <= n; i++ {
			r := Row{N: i, Status: Created, UserPrincipalName: fmt.Sprintf("jane.doe%d@contoso.onmicrosoft.com", i),
				UserID: "4b10bf41-ee3c-43d8-9a4a-8d5b4e2b8e04", DisplayName: "Jane Doe", Attempts: 1,
				CustomerID: "0c39d6d5-c70d-4c55-bc02-f620844f3fd1", RequestID: "7e8f2d1c-11d6-4b3e-b53a-3d8fb1b0b6a1",
				CorrelationID: "d6aa0c9f-6b51-4e6a-9e0c-6a2f4d3b0a11", CreatedAt: at.Add(time.Duration(i/40) * time.Second)}
			if i%50 == 0 {
				r.Status, r.UserID, r.CreatedAt = Failed, "", time.Time{}
				r.ErrorCode, r.Error, r.Hint = "3000", fmt.Sprintf("the user \"jane.doe%d\" already exists", i), "use another name"
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// BenchmarkWrite and BenchmarkRead print nanoseconds a row.
func BenchmarkWrite(b *testing.B) {
	for _, form := range []format{csvFormat, jsonFormat} {
		b.Run([]string{"csv", "json"}[form], func(b *testing.B) {
			b.ReportAllocs()
			if err := encode(io.Discard, form, many(b.N), new(Tally)); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"x.csv", "x.jsonl"} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), name)
			if _, err := Write(path, many(b.N)); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for _, err := range Read(path) {
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What isPlain lets through must be what the long way would write.
func TestPlainCellsAreWrittenAsTheyStand(t *testing.T) {
	for c := range rune(0x10000) {
		for _, s := range []string{string(c), string(c) + "a", "a" + string(c), "a" + string(c) + "b", "a;" + string(c), "é" + string(c), string(c) + "é", "é\xff" + string(c)} {
			if got, want := string(appendText(nil, s)), string(appendCell(nil, defuse(oneLine(s)), ',')); got != want {
				t.Errorf("%q is written as %q, want %q", s, got, want)
			}
		}
	}
}

// Whoever makes the rows is not left to make all of them for a disk that is full.
func TestAFullDiskEndsTheRows(t *testing.T) {
	made := 0
	rows := func(yield func(Row, error) bool) {
		for made < 1_000_000 && yield(awkward[0], nil) {
			made++
		}
	}
	if err := encode(&limited{100}, csvFormat, rows, new(Tally)); err == nil || made == 1_000_000 {
		t.Errorf("got %v after %d rows, want an error long before the last", err, made)
	}
}
