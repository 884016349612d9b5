package credentials

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/durable"
	"muster/pkg/secret"
)

func open(t *testing.T, path string, recipients ...string) *File {
	t.Helper()
	f, err := Open(path, recipients)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f *File, upn, password string) {
	t.Helper()
	if err := f.Put(Entry{upn, secret.New(password)}); err != nil {
		t.Fatal(err)
	}
}

func closeFile(t *testing.T, f *File) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const head = header + "\n"

func TestPlainHoldsEachPasswordOnceItIsPut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.credentials.csv")
	f := open(t, path)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there before the first Put: %v", err)
	}
	put(t, f, "jane@contoso.com", "Kad3-xNw7yTcFh4R")
	if got, want := content(t, path), head+"jane@contoso.com,Kad3-xNw7yTcFh4R\n"; got != want {
		t.Errorf("after Put the file holds %q, want %q", got, want)
	}
	put(t, f, "o'brien@contoso.com", `a,"b;c`)
	put(t, f, "joe@contoso.com", "first")
	put(t, f, "JOE@contoso.com", "second")
	put(t, f, "gone@contoso.com", "x")
	f.Forget("Gone@contoso.com")
	put(t, f, "back@contoso.com", "old")
	f.Forget("back@contoso.com")
	put(t, f, "back@contoso.com", "new")
	closeFile(t, f)
	want := head + "jane@contoso.com,Kad3-xNw7yTcFh4R\no'brien@contoso.com,\"a,\"\"b;c\"\nJOE@contoso.com,second\nback@contoso.com,new\n"
	if got := content(t, path); got != want {
		t.Errorf("after Close the file holds %q, want %q", got, want)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestPlainIsExtendedByTheNextRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.credentials.csv")
	write(t, path, head+"a@x.com,old-a\nb@x.com,old-b\nc@x.com,old-c\nd@x.com,old-d\n")
	f := open(t, path)
	found, err := f.Find(func(upn string) bool { return upn == "a@x.com" || upn == "b@x.com" || upn == "zoe@x.com" })
	if err != nil || len(found) != 2 || found["a@x.com"].Reveal() != "old-a" || found["b@x.com"].Reveal() != "old-b" {
		t.Errorf("Find() = %v, %v, want the passwords of a and b", found, err)
	}
	f.Forget("B@x.com")              // found by this run: it goes
	put(t, f, "c@x.com", "of-mine")  // refused by the service, so that
	f.Forget("c@x.com")              // the older entry, another ledger's, stays
	put(t, f, "d@x.com", "newer-d")  // replaces
	put(t, f, "e@x.com", "newest-e") // is added
	closeFile(t, f)
	want := head + "a@x.com,old-a\nc@x.com,old-c\nd@x.com,newer-d\ne@x.com,newest-e\n"
	if got := content(t, path); got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
}

func TestPlainWithoutWorkIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	closeFile(t, open(t, path))
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run that put nothing left a file: %v", err)
	}
	text := "\ufeff" + strings.ToUpper(header) + "\r\na@x.com,one\r\nb@x.com,two\r\n" // an editor's hand
	write(t, path, text)
	closeFile(t, open(t, path))
	if got := content(t, path); got != text {
		t.Errorf("a run that put nothing changed the file to %q", got)
	}
	f := open(t, path)
	if _, err := f.Find(func(string) bool { return true }); err != nil {
		t.Error(err)
	}
	f.Forget("a@x.com")
	f.Forget("b@x.com")
	closeFile(t, f)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file without entries stayed: %v", err)
	}
}

// TestPlainDropsWhatCrashesDoubled has a run crash between the Put of a name and
// its request, and the next one after it put the name again: whoever closes the
// file, though it has nothing to put, leaves the last entry alone.
func TestPlainDropsWhatCrashesDoubled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.credentials.csv")
	write(t, path, head+"jane@contoso.com,old\njoe@contoso.com,x\nJane@contoso.com,new\n")
	closeFile(t, open(t, path))
	if got, want := content(t, path), head+"joe@contoso.com,x\nJane@contoso.com,new\n"; got != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
}

func TestPlainMendsATornEnd(t *testing.T) {
	whole := head + "a@x.com,Kad3-xNw7yTcFh4R\n"
	for _, c := range []struct{ name, text, want string }{
		{"torn in the name", whole + "b@x", whole},
		{"torn before the password", whole + "b@x.com,", whole},
		{"torn in the password", whole + "a@x.com,Kad3-xNw7yTcFh4", whole},
		{"torn in quotes", whole + `b@x.com,"ab`, whole},
		{"only the line feed is missing", whole[:len(whole)-1], whole},
		{"nothing but the header", head, head},
		{"torn first entry", head + "b@", head},
		{"blocks that never reached the disk", whole + "\x00\x00\x00\x00", whole},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.csv")
			write(t, path, c.text)
			f := open(t, path)
			if got := content(t, path); got != c.want {
				t.Errorf("after Open the file holds %q, want %q", got, c.want)
			}
			put(t, f, "z@x.com", "pw")
			if got, want := content(t, path), c.want+"z@x.com,pw\n"; got != want {
				t.Errorf("after Put the file holds %q, want %q", got, want)
			}
			closeFile(t, f)
		})
	}
}

// A crash is a copy of the file at the moment of it. Cut at every byte, what is
// left must open, and must hold every password whose Put had returned.
func TestPlainCutAnywhere(t *testing.T) {
	text := head + "a@x.com,Kad3-xNw7yTcFh4R\nb@x.com,\"p,\"\"q\"\nc@x.com,Kad3-xNw7yTcFh4T\n"
	for cut := len(head); cut <= len(text); cut++ {
		path := filepath.Join(t.TempDir(), "x.csv")
		write(t, path, text[:cut])
		f := open(t, path)
		found, err := f.Find(func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		for i, upn := range []string{"a@x.com", "b@x.com", "c@x.com"} {
			want := []string{"Kad3-xNw7yTcFh4R", `p,"q`, "Kad3-xNw7yTcFh4T"}[i]
			end := strings.Index(text, upn) + strings.IndexByte(text[strings.Index(text, upn):], '\n')
			got, ok := found[upn]
			if ok != (cut > end || cut == end && len(want) == Length) || ok && got.Reveal() != want {
				t.Errorf("cut after %d of %d bytes: %s has %q, %v", cut, len(text), upn, got.Reveal(), ok)
			}
		}
		closeFile(t, f)
	}
}

func TestOpenRefusesWhatIsNoCredentialsFile(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"name,salary\njane,1\n", `does not start with the header "user_principal_name,password"`},
		{"user_principal_name;password\n", "does not start with the header"},
		{"no line feed", "does not start with the header"},
		{strings.Repeat("x", 200_000), "does not start with the header"},
		{"age-encryption.org/v1\n-> X25519 abc\n", "is encrypted; give --age-recipient"},
		{"-----BEGIN AGE ENCRYPTED FILE-----\nabc\n", "is encrypted; give --age-recipient"},
		{head + "a@x.com,one\nb@x.com\nc@x.com,tres\n", "line 3: this is no line with"},
		{head + "a@x.com,one,tres\nb@x.com,two\n", "line 2: this is no line with"},
		{head + "a@x.com," + strings.Repeat("tres", 2000) + "\n", "line 2 cannot be read or is longer than 4096 bytes"},
	} {
		path := filepath.Join(t.TempDir(), "x.csv")
		write(t, path, c.text)
		_, err := Open(path, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open() of %.40q = %v, want an error with the path and %q", c.text, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "tres") {
			t.Errorf("Open() = %v, which tells a password", err)
		}
		if got := content(t, path); got != c.text {
			t.Errorf("Open() changed a file that it refused to %.60q", got)
		}
	}
	if _, err := Open(t.TempDir(), nil); err == nil {
		t.Error("Open() of a folder gave no error")
	}
}

func TestOpenIsForOneRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	f := open(t, path)
	if _, err := Open(path, nil); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("second Open() = %v, want one about another run", err)
	}
	closeFile(t, f)
	closeFile(t, open(t, path))
}

// TestPutSharesSyncs holds the disk at the first sync, so that everybody else
// gathers behind it and shares the next.
func TestPutSharesSyncs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	synctest.Test(t, func(t *testing.T) {
		f := open(t, path)
		syncs := 0
		growFrom(t, f, func(op string) error {
			if op == "sync" {
				syncs++
				time.Sleep(time.Second)
			}
			return nil
		})
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if err := f.Put(Entry{fmt.Sprintf("u%d@x.com", i), secret.New("pw")}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if syncs > 2 {
			t.Errorf("50 Puts at a time made %d syncs, want 2 at most", syncs)
		}
		closeFile(t, f)
	})
	if got := strings.Count(content(t, path), "\n"); got != 52 {
		t.Errorf("the file has %d lines, want 52", got)
	}
}

// growFrom puts a first entry and gives the file a disk with a will of its own.
func growFrom(t *testing.T, f *File, disk func(op string) error) {
	t.Helper()
	put(t, f, "a@x.com", "one")
	p := f.store.(*plain)
	end, err := p.tail.Close()
	if err != nil {
		t.Fatal(err)
	}
	p.tail = durable.NewTail(p.out, end, durable.Options{Hook: disk})
}

func TestPutStopsForGoodWhenTheDiskFails(t *testing.T) {
	for _, op := range []string{"write", "sync"} {
		path := filepath.Join(t.TempDir(), "x.csv")
		f := open(t, path)
		refused := false
		growFrom(t, f, func(o string) error {
			if o == op && !refused {
				refused = true
				return errors.New("no space left on device")
			}
			return nil
		})
		if err := f.Put(Entry{"b@x.com", secret.New("tres")}); err == nil || strings.Contains(err.Error(), "tres") {
			t.Errorf("%s: Put() = %v, want an error without the password", op, err)
		}
		if err := f.Put(Entry{"c@x.com", secret.New("pw")}); err == nil {
			t.Errorf("%s: Put() after a failed one gave no error", op)
		}
		closeFile(t, f)
		if got, want := content(t, path), head+"a@x.com,one\n"; got != want {
			t.Errorf("%s: the file holds %q, want %q", op, got, want)
		}
		if err := f.store.put([]Entry{{"d@x.com", secret.New("pw")}}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: put after Close = %v, want %v", op, err, os.ErrClosed)
		}
	}
}

func TestPutInAMissingFolder(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none", "x.csv"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open() = %v, want %v", err, os.ErrNotExist)
	}
}

func TestPutRefusesWhatWouldBreakALine(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "x.csv"))
	for _, c := range [][2]string{{"", "pw"}, {"a@x.com", ""}, {"a@x.com\nb", "pw"}, {"a@x.com", "p\nw"}, {"a@x.com", "p\x00w"}} {
		if err := f.Put(Entry{c[0], secret.New(c[1])}); err == nil || c[1] != "" && strings.Contains(err.Error(), c[1]+" ") {
			t.Errorf("Put(%q, %q) = %v, want an error", c[0], c[1], err)
		}
	}
	closeFile(t, f)
}

func FuzzEntry(f *testing.F) {
	f.Add("jane@contoso.com", "Kad3-xNw7yTcFh4R")
	f.Add(`o"brien,x`, ` a,"b;c `)
	f.Fuzz(func(t *testing.T, upn, password string) {
		if upn == "" || password == "" || hasControl(upn) || hasControl(password) {
			return
		}
		line := entry{upn: upn, password: password}.appendTo(nil)
		got, err := parseEntry(strings.TrimSuffix(string(line), "\n"))
		if want := (entry{upn: upn, password: password}); err != nil || got != want {
			t.Errorf("%q reads as %q, %q, %v, want %q, %q", line, got.upn, got.password, err, upn, password)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	f, err := Open(filepath.Join(b.TempDir(), "x.csv"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f.Put(Entry{"jane.doe@contoso.onmicrosoft.com", secret.New("Kad3-xNw7yTcFh4R")}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
