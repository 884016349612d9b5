package signin

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/secret"
)

func read(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestRotation outlives three access tokens: each renewal uses the refresh
// token that the one before it gave, and the file has the last one.
func TestRotation(t *testing.T) {
	path := tokenFile(t, "\ufeff"+firstRefresh+"\r\n\n")
	a := &authority{rotate: true}
	c := config(a)
	c.RefreshToken, c.RefreshTokenFile = secret.Text{}, path
	var warned warnings
	c.Warn = warned.add
	s := source(t, c)
	rejected := ""
	for range 3 {
		rejected = s.mustToken(t, rejected)
	}
	var used []string
	for _, request := range a.asked() {
		used = append(used, request.form.Get("refresh_token"))
	}
	if got, want := strings.Join(used, " "), firstRefresh+" refresh-2 refresh-3"; got != want {
		t.Errorf("used %s, want %s", got, want)
	}
	if got := read(t, path); got != "refresh-4\n" {
		t.Errorf("the file holds %q, want the last refresh token", got)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, want 0600", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v, want the token file only", entries, err)
	}
	if got := warned.all(); len(got) != 0 {
		t.Errorf("warned of %q", got)
	}
}

// TestTokenThatCannotBeKept takes the folder of the file away, or has no file:
// the run goes on, and one warning says when the old token runs out.
func TestTokenThatCannotBeKept(t *testing.T) {
	for _, file := range []bool{true, false} {
		folder := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			a := &authority{rotate: true}
			c := config(a)
			var warned warnings
			c.Warn = warned.add
			if file {
				c.RefreshTokenFile = filepath.Join(folder, "token")
				if err := os.WriteFile(c.RefreshTokenFile, []byte(firstRefresh), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s := source(t, c)
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			s.mustToken(t, s.mustToken(t, s.mustToken(t, "")))
			if got := a.asked()[2].form.Get("refresh_token"); got != "refresh-3" {
				t.Errorf("the third renewal used %s, want refresh-3 from memory", got)
			}
			got := warned.all()
			date := time.Now().Add(90 * 24 * time.Hour).Format(time.DateOnly)
			if len(got) != 1 || !strings.Contains(got[0], date) || strings.Contains(got[0], "refresh-2") {
				t.Errorf("warned of %q, want one warning with the date %s", got, date)
			}
		})
	}
}

func TestWhichRefreshToken(t *testing.T) {
	const given, stored = "given-token", "stored-token"
	for _, test := range []struct {
		name       string
		file       string // "-" for none
		given      string
		want       string // "" for an error
		warnings   int
		refuse     string // a token that is refused
		changeTo   string // what the file holds by the time of the refusal
		wantSecond string
	}{
		{name: "file", file: stored, want: stored},
		{name: "file before settings", file: stored, given: given, want: stored},
		{name: "file to be made", file: "-", given: given, want: given},
		{name: "no file", file: "-"},
		{name: "empty file", file: " \n"},
		{name: "empty file, settings", file: "", given: given, want: given, warnings: 1},
		{name: "two words", file: "a b"},
		{name: "JSON", file: "{\n}\n"},
		{name: "binary", file: "\x00\x01"},
		{name: "huge", file: strings.Repeat("x", maxTokenFile+1)},
		{name: "refused, changed meanwhile", file: stored, want: stored, refuse: stored, changeTo: "new-token\n", wantSecond: "new-token"},
		{name: "refused, settings help", file: stored, given: given, want: stored, refuse: stored, wantSecond: given},
		{name: "refused, nothing else", file: stored, given: stored, want: stored, refuse: stored},
	} {
		path := filepath.Join(t.TempDir(), "token")
		if test.file != "-" {
			path = tokenFile(t, test.file)
		}
		a := &authority{}
		a.answer = func(n int, form url.Values) (int, string, http.Header) {
			if form.Get("refresh_token") == test.refuse {
				return refusal(400, "invalid_grant", 70008)(n, form)
			}
			return 0, "", nil
		}
		var warned warnings
		c := config(a)
		c.RefreshToken, c.RefreshTokenFile, c.Warn = secret.New(test.given), path, warned.add
		s, err := New(c)
		if test.want == "" {
			if failure(t, err); strings.Contains(err.Error(), "x b") {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if test.changeTo != "" {
			if err := os.WriteFile(path, []byte(test.changeTo), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err = s.Token(t.Context(), secret.Text{})
		requests := a.asked()
		if got := requests[0].form.Get("refresh_token"); got != test.want || len(warned.all()) != test.warnings {
			t.Errorf("%s: used %s with warnings %q, want %s with %d", test.name, got, warned.all(), test.want, test.warnings)
		}
		switch {
		case test.refuse == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.refuse != "" && test.wantSecond == "" && (err == nil || len(requests) != 1):
			t.Errorf("%s: %v after %d requests, want an error after 1", test.name, err, len(requests))
		case test.wantSecond != "":
			if err != nil || len(requests) != 2 || requests[1].form.Get("refresh_token") != test.wantSecond || strings.TrimSpace(read(t, path)) != test.wantSecond {
				t.Errorf("%s: %v, %d requests, the file holds %q, want %s used and kept", test.name, err, len(requests), read(t, path), test.wantSecond)
			}
		}
	}
}

func TestReadersAreWarnedOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o640: 1, 0o604: 1, 0o644: 1} {
		path := tokenFile(t, firstRefresh)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var warned warnings
		c := config(&authority{})
		c.RefreshTokenFile, c.Warn = path, warned.add
		source(t, c)
		if got := warned.all(); len(got) != want || want == 1 && !strings.Contains(got[0], path) {
			t.Errorf("mode %04o: warned of %q, want %d", mode, got, want)
		}
	}
}
