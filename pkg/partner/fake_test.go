package partner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"muster/pkg/secret"
)

const (
	tenant   = "0b1c2d3e-1111-4222-8333-444455556666"
	userID   = "9f8e7d6c-aaaa-4bbb-8ccc-ddddeeeeffff"
	password = `Vq7!sam"ple<&>\x`
	bom      = "\xef\xbb\xbf"
)

// ann is a user to be created.
func ann() NewUser {
	return NewUser{
		UserPrincipalName: "ann.lee@contoso.onmicrosoft.com", DisplayName: "Ann Lee",
		FirstName: "Ann", LastName: "Lee", UsageLocation: "US",
		Password: secret.New(password), ForceChangePassword: true,
	}
}

const annAnswer = `{"usageLocation":"US","id":"` + userID + `","userPrincipalName":"ann.lee@contoso.onmicrosoft.com",` +
	`"firstName":"Ann","lastName":"Lee","displayName":"Ann Lee","passwordProfile":{"password":"Vq7!","forceChangePassword":true},` +
	`"userDomainType":"none","state":"active","links":{"self":{"uri":"/customers/x","method":"GET","headers":[]}},"attributes":{"objectType":"CustomerUser"}}`

// seen is a request as a fake server saw it.
type seen struct {
	*http.Request
	body string
}

// fake is a server that answers by a function and remembers what it was asked.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
}

func serve(t testing.TB, answer http.HandlerFunc) *fake {
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.requests = append(f.requests, seen{r, string(body)})
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) seen() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.requests...)
}

// reply answers every request alike.
func reply(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// tokens hands out token-1, token-2, … : a new one whenever one is rejected.
type tokens struct {
	mu    sync.Mutex
	count int
	asked int
	err   error // what a rejection is answered with
}

func (s *tokens) Token(ctx context.Context, rejected secret.Text) (secret.Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.err != nil && !rejected.Empty() {
		return secret.Text{}, s.err
	}
	if s.count == 0 || rejected.Reveal() == s.current() {
		s.count++
	}
	return secret.New(s.current()), ctx.Err()
}

func (s *tokens) current() string { return fmt.Sprintf("bearer-token-%d", s.count) }

func client(t testing.TB, url string, change ...func(*Config)) *Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	config := Config{BaseURL: url, Tokens: &tokens{}, Transport: transport}
	for _, c := range change {
		c(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// failure returns err as the *Error that it must be.
func failure(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T %v, want an *Error", err, err)
	}
	return e
}

// roundTrip is a transport in the process.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
