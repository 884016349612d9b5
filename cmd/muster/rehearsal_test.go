package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/pkg/ledger"
)

func TestServiceOfLedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, c := range []struct{ program, service, want string }{
		{"muster v1.2.3", simulated, simulated},
		{"muster v1.2.3 at simulated", "", simulated}, // as it was written at first
		{"muster (devel) at api.partnercenter.microsoft.com", "", "api.partnercenter.microsoft.com"},
		{"some other program", "", ""},
	} {
		path := filepath.Join(dir, fmt.Sprint(i, ".ledger.jsonl"))
		l, err := ledger.Open(path, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []ledger.Run{{Program: c.program, Service: c.service}, {Program: "muster v9", Service: "elsewhere"}} { // the first run decides
			if err := l.Begin(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := serviceOf(path)
		want := c.want
		if want == "" {
			want = "elsewhere" // it is the first that says
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q %v, want %q", c.program, got, err, want)
		}
	}
	if got, err := serviceOf(filepath.Join(dir, "nosuch")); got != "" || err != nil {
		t.Errorf("no ledger: got %q %v", got, err)
	}
}

func TestService(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    options
		want string
	}{
		{options{simulate: true, apiURL: "https://example.com"}, simulated},
		{options{}, "api.partnercenter.microsoft.com"},
		{options{apiURL: "https://Partner.PartnerCenterAPI.MicrosoftOnline.cn/"}, "partner.partnercenterapi.microsoftonline.cn"},
		{options{apiURL: "http://127.0.0.1:1234"}, local},
		{options{apiURL: "http://localhost:99"}, local},
	} {
		p := &program{call: call{options: c.o}}
		if got := p.service(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.o.apiURL, got, c.want)
		}
	}
}

func TestRehearsedNames(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"staff.ledger.jsonl": "staff.rehearsal.ledger.jsonl", filepath.Join("a.b", "l.jsonl"): filepath.Join("a.b", "l.rehearsal.jsonl"),
		"staff.credentials.csv.age": "staff.rehearsal.credentials.csv.age", "staff.ledger.0-of-4.jsonl": "staff.rehearsal.ledger.0-of-4.jsonl", "x": "x.rehearsal",
	} {
		if got := rehearsed(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// muster calls the program and returns what it says on standard output.
func muster(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, said bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &said); code != want {
		t.Fatalf("muster %q: got exit code %d, want %d:\n%s%s", args, code, want, &out, &said)
	}
	return out.String() + said.String()
}

// What a rehearsal says to do next works when it is pasted.
func TestNextCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("the staff.csv", []byte("First name,Last name,Country code\nJane,Doe,US\nZoë,Müller,Atlantis\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pasted := func(text string) []string {
		t.Helper()
		_, line, ok := strings.Cut(text, "\n  muster ")
		if !ok {
			t.Fatalf("no command in\n%s", text)
		}
		line, _, _ = strings.Cut(line, "\n")
		return words(line)
	}
	text := muster(t, exitUnfinished, "validate", "the staff.csv", "--domain", "contoso.onmicrosoft.com", "--output=text", "--log-level", "error", "--strict=false")
	if got, want := strings.Join(pasted(text), "|"), "validate|the staff.csv|--domain|contoso.onmicrosoft.com|--strict=false|--log-level|error|--output|text"; got != want {
		t.Errorf("after validate: got %s, want %s", got, want)
	}
	text = muster(t, exitUnfinished, "apply", "the staff.csv", "--simulate", "--upn", "{last}.{first}", "--format", "csv", "--map", "Country code=usageLocation")
	again := pasted(text)
	if got, want := strings.Join(again, "|"), "apply|the staff.rejects.csv|--upn|{last}.{first}|--map|Country code=usageLocation|--simulate|--ledger|the staff.ledger.jsonl"; got != want {
		t.Errorf("after apply: got %s, want %s", got, want)
	}
	mended, err := os.ReadFile("the staff.rejects.csv")
	if err != nil {
		t.Fatal(err)
	}
	mended = bytes.Replace(mended, []byte("Atlantis"), []byte("DE"), 1)
	if err := os.WriteFile("the staff.rejects.csv", mended, 0o600); err != nil {
		t.Fatal(err)
	}
	if text := muster(t, exitDone, again...); !strings.Contains(text, "muller.zoe@") {
		t.Errorf("the mended row: got\n%s", text)
	}
}

// words splits a command line as a shell does, as far as [quoted] goes.
func words(line string) []string {
	var list []string
	for i, part := range strings.FieldsFunc(line, func(r rune) bool { return r == '\'' || r == '"' }) {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}
