package credentials

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"
)

func decrypt(t *testing.T, path string, key age.Identity) string {
	t.Helper()
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(content(t, path))), key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSealed(t *testing.T) {
	one, _ := age.GenerateX25519Identity()
	two, _ := age.GenerateX25519Identity()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.credentials.csv.age")
	f := open(t, path, one.Recipient().String(), " "+two.Recipient().String())
	if err := f.Checkpoint(); err != nil {
		t.Errorf("Checkpoint() of nothing = %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a Checkpoint of nothing left a file: %v", err)
	}
	put(t, f, "a@x.com", "one")
	put(t, f, "b@x.com", "two")
	put(t, f, "gone@x.com", "x")
	f.Forget("gone@x.com")
	if err := f.Checkpoint(); err != nil {
		t.Error(err)
	}
	if got, want := decrypt(t, path, two), head+"a@x.com,one\nb@x.com,two\n"; got != want {
		t.Errorf("after Checkpoint the file holds %q, want %q", got, want)
	}
	put(t, f, "A@x.com", "newer")
	put(t, f, "c@x.com", "three")
	f.Forget("b@x.com")
	closeFile(t, f)
	if got, want := decrypt(t, path, one), head+"A@x.com,newer\nc@x.com,three\n"; got != want {
		t.Errorf("after Close the file holds %q, want %q", got, want)
	}
	if strings.Contains(content(t, path), "@x.com") || !strings.HasPrefix(content(t, path), "-----BEGIN AGE") {
		t.Error("the file is not encrypted")
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}

	first := content(t, path)
	f = open(t, path, one.Recipient().String())
	if want := filepath.Join(dir, "x.credentials.2.csv.age"); f.Path() != want {
		t.Errorf("Path() = %s, want %s", f.Path(), want)
	}
	put(t, f, "d@x.com", "four")
	closeFile(t, f)
	f = open(t, path, one.Recipient().String())
	if want := filepath.Join(dir, "x.credentials.3.csv.age"); f.Path() != want {
		t.Errorf("Path() = %s, want %s", f.Path(), want)
	}
	closeFile(t, f)
	if _, err := os.Stat(f.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run that put nothing left a file: %v", err)
	}
	if got := content(t, path); got != first {
		t.Error("a later run changed the file of the first")
	}
}

func TestSealedKeepsManyInMemory(t *testing.T) {
	key, _ := age.GenerateX25519Identity()
	path := filepath.Join(t.TempDir(), "x.csv.age")
	f := open(t, path, key.Recipient().String())
	want := []byte(head)
	for i := range 5000 { // some chunks
		upn, password := fmt.Sprintf("user%d@x.com", i), Generate().Reveal()
		put(t, f, upn, password)
		want = fmt.Appendf(want, "%s,%s\n", upn, password)
	}
	closeFile(t, f)
	if got := decrypt(t, path, key); got != string(want) {
		t.Error("the file does not hold what was put, in order")
	}
}

func TestSealedDiskFails(t *testing.T) {
	key, _ := age.GenerateX25519Identity()
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := open(t, filepath.Join(dir, "x.csv.age"), key.Recipient().String())
	put(t, f, "a@x.com", "one")
	path := f.store.(*sealed).path
	f.store.(*sealed).path = filepath.Join(dir, "none", "x.csv.age") // stands for a disk that refuses
	if err := f.Checkpoint(); err == nil {
		t.Error("Checkpoint() gave no error")
	}
	f.store.(*sealed).path = path
	closeFile(t, f)
	if got, want := decrypt(t, path, key), head+"a@x.com,one\n"; got != want {
		t.Errorf("after a failed Checkpoint the file holds %q, want %q", got, want)
	}
}

func TestFreeName(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"x.credentials.csv.age", "x.credentials.2.csv.age"},
		{"x.csv", "x.2.csv"},
		{"x.age", "x.2.age"},
		{"x", "x.2"},
		{".x", ".x.2"},
		{"a.b/x", "a.b/x.2"},
	} {
		dir := t.TempDir()
		path, want := filepath.Join(dir, filepath.FromSlash(c.path)), filepath.Join(dir, filepath.FromSlash(c.want))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, "")
		if got, err := freeName(path); err != nil || got != want {
			t.Errorf("freeName(%s) = %s, %v, want %s", c.path, got, err, want)
		}
	}
}

func TestRecipients(t *testing.T) {
	key, _ := age.GenerateX25519Identity()
	hybrid, _ := age.GenerateHybridIdentity()
	public, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public())
	if err != nil {
		t.Fatal(err)
	}
	sshKey := string(ssh.MarshalAuthorizedKey(public))
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{sshKey}, ""},
		{[]string{hybrid.Recipient().String()}, ""},
		{[]string{key.Recipient().String(), sshKey}, ""},
		{[]string{"age1xyz"}, `--age-recipient: malformed recipient "age1xyz"`},
		{[]string{""}, `--age-recipient: unknown kind of key ""`},
		{[]string{"ssh-dss AAAA"}, "--age-recipient"},
		{[]string{"github:someone"}, "unknown kind of key"},
		{[]string{key.Recipient().String(), hybrid.Recipient().String()}, "cannot be used together"},
		{[]string{key.String()}, "this is a secret key"},
	} {
		_, err := parseRecipients(c.keys)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("parseRecipients(%q) = %v, want %q", c.keys, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), key.String()) {
			t.Errorf("parseRecipients() = %v, which tells the secret key", err)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x.credentials.csv.age", "x.credentials.2.csv.age", "x.credentials.10.csv.age", "x.credentials.old.csv.age",
		"x.credentials..csv.age", "x.credentials2.csv.age", "x.credentials.csv", "x.credentials.2.csv", "y.credentials.csv.age", "x.credentials.csv.age.bak"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		"x.credentials.csv.age": {"x.credentials.10.csv.age", "x.credentials.2.csv.age", "x.credentials.csv.age"},
		"x.credentials.csv":     {"x.credentials.csv"}, // plain ones have no numbers
		"z.csv":                 nil,
	} {
		got, err := Files(filepath.Join(dir, name))
		for i := range got {
			got[i] = filepath.Base(got[i])
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Files(%s) = %q, %v, want %q", name, got, err, want)
		}
	}
}
