package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/pkg/secret"
)

const (
	clientSecret = `S3cret~value+with/odd=chars&more`
	firstRefresh = "0.ARoA-first-refresh-token"
)

// authority is a token endpoint in the process. It hands out access-1, access-2
// and so on, each with a successor of the refresh token, unless answer says
// something else.
type authority struct {
	mu       sync.Mutex
	requests []asked
	granted  int
	life     string        // JSON of expires_in; empty means 3600
	delay    time.Duration // of every answer
	rotate   bool
	// answer may take over the n-th request, from 1; "" leaves it.
	answer func(n int, form url.Values) (status int, body string, header http.Header)
	err    func(n int) error // of the network
}

type asked struct {
	path string
	form url.Values
	at   time.Time
}

func (a *authority) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.requests = append(a.requests, asked{r.URL.String(), r.PostForm, time.Now()})
	n := len(a.requests)
	a.mu.Unlock()
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if a.err != nil {
		if err := a.err(n); err != nil {
			return nil, err
		}
	}
	w := httptest.NewRecorder()
	status, body := 0, ""
	if a.answer != nil {
		var header http.Header
		status, body, header = a.answer(n, r.PostForm)
		for name, values := range header {
			w.Header()[name] = values
		}
	}
	if status == 0 {
		status, body = 200, a.grant(r.PostForm.Get("refresh_token"))
	}
	if strings.HasPrefix(body, "{") {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result(), nil
}

func (a *authority) grant(refresh string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.granted++
	life := a.life
	if life == "" {
		life = "3600"
	}
	if a.rotate {
		refresh = fmt.Sprintf("refresh-%d", a.granted+1)
	}
	return fmt.Sprintf(`{"token_type":"Bearer","scope":"s","expires_in":%s,"access_token":"access-%d","refresh_token":"%s"}`, life, a.granted, refresh)
}

func (a *authority) asked() []asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]asked(nil), a.requests...)
}

// refusal is an answer as Entra writes it.
func refusal(status int, word string, code int) func(int, url.Values) (int, string, http.Header) {
	return func(int, url.Values) (int, string, http.Header) {
		return status, fmt.Sprintf(`{"error":"%s","error_description":"AADSTS%d: Something is wrong.\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 3","error_codes":[%d],"trace_id":"1"}`, word, code, code), nil
	}
}

// warnings collects what a Source warns of.
type warnings struct {
	mu   sync.Mutex
	list []string
}

func (w *warnings) add(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, text)
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.list...)
}

func config(a *authority) Config {
	return Config{
		Tenant: "partner.onmicrosoft.com", ClientID: "client-1", ClientSecret: secret.New(clientSecret),
		RefreshToken: secret.New(firstRefresh), Transport: a,
	}
}

func source(t testing.TB, c Config) *Source {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Source) mustToken(t testing.TB, rejected string) string {
	t.Helper()
	token, err := s.Token(context.Background(), secret.New(rejected))
	if err != nil {
		t.Fatalf("Token(%q): %v", rejected, err)
	}
	return token.Reveal()
}

// failure returns err as the *Error that it must be.
func failure(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T %v, want an *Error", err, err)
	}
	if e.Advice() == "" || strings.ContainsAny(e.Error(), "\r\n") {
		t.Errorf("the error %q has the advice %q, want one line and an advice", e, e.Advice())
	}
	return e
}

// tokenFile writes a token file and returns its path.
func tokenFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
