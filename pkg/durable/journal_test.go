package durable

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// lines opens the journal at path and returns its records without their sums.
func lines(t *testing.T, path string) []string {
	t.Helper()
	got, err := replayed(path)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func replayed(path string) ([]string, error) {
	var got []string
	j, err := OpenJournal(path, Options{}, func(e Entry) error {
		got = append(got, string(e.Record[:len(e.Record)-sumLength])+"}")
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, j.Close()
}

// written makes a journal of n records and returns its path and its bytes.
func written(t *testing.T, n int) (path string, content []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.jsonl")
	j, err := OpenJournal(path, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := j.Append(fmt.Appendf(nil, `{"n":%d,"text":"person %[1]d"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	content, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, content
}

func TestJournalGivesBackWhatWasAppended(t *testing.T) {
	path, _ := written(t, 3)
	got := strings.Join(lines(t, path), " ")
	want := `{"n":0,"text":"person 0"} {"n":1,"text":"person 1"} {"n":2,"text":"person 2"}`
	if got != want {
		t.Errorf("replayed %s, want %s", got, want)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm()&0o077 != 0) {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestJournalReadsAtItsPlaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	j, err := OpenJournal(path, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	places := map[Place]string{}
	for i := range 20 {
		record := fmt.Sprintf(`{"text":"%s"}`, strings.Repeat("é", i*i*i))
		p, err := j.Append([]byte(record))
		if err != nil {
			t.Fatal(err)
		}
		places[p] = record[:len(record)-1]
	}
	for p, want := range places {
		got, err := j.Read(p)
		if err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("Read(%d) = %.40s, %v, want %.40s", p, got, err, want)
		}
	}
	if _, err := j.Read(1 << 40); err == nil {
		t.Error("Read behind the end gave no error")
	}
}

// Records that are read about one after the other come from parts of the file that were
// read at once. Where those end nothing is lost, whoever reads and appends meanwhile.
func TestJournalReadsInOrder(t *testing.T) {
	j, err := OpenJournal(filepath.Join(t.TempDir(), "x.jsonl"), Options{NoSync: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	const n, more = 2000, 300
	records, places := make([][]byte, n+more), make([]Place, n+more)
	for i := range records {
		records[i] = fmt.Appendf(nil, `{"n":%d,"text":"%s"}`, i, strings.Repeat("é", i*i%500))
	}
	if err := j.AppendAll(records[:n], places[:n]); err != nil {
		t.Fatal(err)
	}
	check := func(i int) {
		want := records[i][:len(records[i])-1]
		if got, err := j.Read(places[i]); err != nil || !bytes.HasPrefix(got, want) {
			t.Errorf("record %d is %.40s, %v, want %.40s", i, got, err, want)
		}
	}
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			for i := r; i < n; i++ {
				check(i/100*100 + i*37%100) // about in order
			}
		})
	}
	for i := n; i < n+more; i++ {
		if places[i], err = j.Append(records[i]); err != nil {
			t.Fatal(err)
		}
		check(i)
	}
	readers.Wait()
}

// A crash may cut the file anywhere in the records that were not yet synced. Of
// every length of the file, what is left must be the whole records before the
// cut, and appending must go on there.
func TestJournalMendsEveryTornEnd(t *testing.T) {
	path, content := written(t, 3)
	for length := range len(content) + 1 {
		if err := os.WriteFile(path, content[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := bytes.Count(content[:length], []byte("\n"))
		if length < len(content) && content[length] == '\n' {
			whole++ // the record is all there but for its line feed
		}
		if got := len(lines(t, path)); got != whole {
			t.Fatalf("cut at %d of %d: %d records, want %d", length, len(content), got, whole)
		}
		j, err := OpenJournal(path, Options{}, func(Entry) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append([]byte(`{"n":9}`)); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		got := lines(t, path)
		if len(got) != whole+1 || got[whole] != `{"n":9}` {
			t.Fatalf("cut at %d, then appended: %v", length, got)
		}
	}
}

func TestJournalRefusesDamage(t *testing.T) {
	_, content := written(t, 5)
	line := bytes.SplitAfter(content, []byte("\n"))
	join := func(l ...[]byte) []byte { return bytes.Join(l, nil) }
	changed := bytes.Replace(line[2], []byte("person 2"), []byte("person 7"), 1)
	for _, test := range []struct {
		name    string
		content []byte
		line    int
	}{
		{"changed", join(line[0], line[1], changed, line[3], line[4]), 3},
		{"removed", join(line[0], line[1], line[3], line[4]), 3},
		{"doubled", join(line[0], line[1], line[1], line[2]), 3},
		{"moved", join(line[0], line[2], line[1], line[3]), 2},
		{"first removed", join(line[1], line[2]), 1},
		{"last changed", join(line[0], []byte("{\"n\":7}\n")), 2},
		{"empty line", join(line[0], []byte("\n"), line[1]), 2},
		{"another file", []byte("firstName,lastName\nAnn,Lee\n"), 1},
		{"long line", join(line[0], bytes.Repeat([]byte("x"), maxLine+10), line[1]), 2},
	} {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := replayed(path)
		var damage *DamageError
		if !errors.As(err, &damage) || damage.Line != test.line {
			t.Errorf("%s: got error %v, want damage in line %d", test.name, err, test.line)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, test.content) {
			t.Errorf("%s: the damaged file was changed", test.name)
		}
	}
}

func FuzzOpenJournal(f *testing.F) {
	f.Add([]byte("{\"n\":0,\"sum\":\"00000000\"}\n"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "x.jsonl")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		first, err := replayed(path)
		if err != nil {
			return
		}
		second, err := replayed(path)
		if err != nil || len(first) != len(second) {
			t.Errorf("opened twice: %d records, then %d and %v", len(first), len(second), err)
		}
	})
}

func TestJournalRefusesWhatItCouldNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	j, err := OpenJournal(path, Options{}, func(Entry) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := j.Append([]byte(`{"a":"` + strings.Repeat("x", maxLine) + `"}`)); err == nil {
		t.Error("a record of more than the longest line was taken")
	}
	if _, err := j.Append([]byte(`{"a":1}`)); err != nil {
		t.Errorf("after that nothing can be appended: %v", err)
	}
}

// TestJournalWantsAFile: what is written to a device is gone, and to open a pipe may
// take for ever.
func TestJournalWantsAFile(t *testing.T) {
	for _, o := range []Options{{}, {ReadOnly: true}} {
		if j, err := OpenJournal(os.DevNull, o, func(Entry) error { return nil }); err == nil {
			t.Errorf("%+v: %s was opened", o, os.DevNull)
			j.Close()
		}
	}
}
