package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/secret"
)

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no tenant":          func(c *Config) { c.Tenant = "" },
		"a tenant with path": func(c *Config) { c.Tenant = "a/../b" },
		"a tenant of dots":   func(c *Config) { c.Tenant = ".." },
		"no client":          func(c *Config) { c.ClientID = "" },
		"no refresh token":   func(c *Config) { c.RefreshToken = secret.Text{} },
		"plain http":         func(c *Config) { c.AuthURL = "http://login.microsoftonline.com" },
		"odd API":            func(c *Config) { c.APIURL = "http://api.example.com" },
		"both tokens":        func(c *Config) { c.AccessToken = secret.New("a") },
		"no file":            func(c *Config) { c.RefreshToken, c.RefreshTokenFile = secret.Text{}, "missing/file" },
	} {
		c := config(&authority{})
		change(&c)
		if s, err := New(c); s != nil || failure(t, err).Temporary() {
			t.Errorf("%s: New = %v, %v, want a lasting error", name, s, err)
		}
	}
}

func TestFixedToken(t *testing.T) {
	s := source(t, Config{AccessToken: secret.New("fixed")})
	if got := s.mustToken(t, ""); got != "fixed" {
		t.Errorf("Token = %q, want the fixed one", got)
	}
	if _, err := s.Token(t.Context(), secret.New("fixed")); failure(t, err).Temporary() {
		t.Errorf("the rejected token: %v, want a lasting error", err)
	}
}

// TestRenewal has a worker ask for a token every second over five lives: few
// requests, and never a token that is past its life.
func TestRenewal(t *testing.T) {
	for _, test := range []struct {
		name, json     string
		life           time.Duration
		fewest, atMost int
	}{
		{"an hour", `3600`, time.Hour, 5, 6},
		{"an hour as text", `"3599"`, 3599 * time.Second, 5, 6},
		{"a minute", `60`, time.Minute, 6, 7},
		{"with a fraction", `60.5`, time.Minute, 6, 7},
		{"five seconds", `5`, 5 * time.Second, 5, 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &authority{life: test.json, delay: 100 * time.Millisecond, rotate: true}
			s := source(t, config(a))
			born := map[string]time.Time{}
			for end := time.Now().Add(5 * test.life); time.Now().Before(end); time.Sleep(time.Second) {
				token := s.mustToken(t, "")
				if born[token].IsZero() {
					born[token] = time.Now()
				}
				if age := time.Since(born[token]); age >= test.life {
					t.Fatalf("%s: %s is given out at the age of %v", test.name, token, age)
				}
			}
			if got := len(a.asked()); got < test.fewest || got > test.atMost {
				t.Errorf("%s: %d token requests, want %d to %d", test.name, got, test.fewest, test.atMost)
			}
		})
	}
}

func TestLifeThatMakesNoSense(t *testing.T) {
	for json, want := range map[string]time.Duration{
		`-5`: unknownLife, `0`: unknownLife, `null`: unknownLife, `"soon"`: unknownLife, `""`: unknownLife, `{}`: unknownLife,
		`1e9`: unknownLife, `99999999999`: maxLife, `"3599"`: 3599 * time.Second, `7.9`: 7 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			x := source(t, config(&authority{life: json})).exchange
			got, err := x.refresh(t.Context(), secret.New("r"), hasty)
			if err != nil || got.life != want {
				t.Errorf("expires_in %s: a life of %v, %v, want %v", json, got.life, err, want)
			}
		})
	}
}

func TestOneRenewalForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{delay: time.Second}
		s := source(t, config(a))
		ask := func(rejected, want string) {
			var workers sync.WaitGroup
			for range 50 {
				workers.Go(func() {
					if got := s.mustToken(t, rejected); got != want {
						t.Errorf("Token(%q) = %q, want %q", rejected, got, want)
					}
				})
			}
			workers.Wait()
		}
		ask("", "access-1")
		ask("access-1", "access-2")
		ask("access-1", "access-2") // late answers to old requests
		if got := len(a.asked()); got != 2 {
			t.Errorf("%d token requests, want 2", got)
		}
	})
}

// TestGivingUp cancels the caller that renews, and one that waits: they return
// at once, and the others get their token.
func TestGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{delay: 10 * time.Second}
		s := source(t, config(a))
		ctx, cancel := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		start := time.Now()
		for i := range 10 {
			mine := ctx
			if i >= 5 {
				mine = t.Context()
			}
			workers.Go(func() {
				token, err := s.Token(mine, secret.Text{})
				took := time.Since(start)
				if mine == ctx && (!errors.Is(err, context.Canceled) || took != time.Second) {
					t.Errorf("a caller that gave up: %v after %v, want canceled after 1s", err, took)
				}
				if mine != ctx && (err != nil || token.Reveal() != "access-1" || took > 11*time.Second) {
					t.Errorf("another caller: %q, %v after %v", token.Reveal(), err, took)
				}
			})
			synctest.Wait()
		}
		time.Sleep(time.Second)
		cancel()
		workers.Wait()
		if got := len(a.asked()); got != 2 {
			t.Errorf("%d token requests, want 2: the one given up and another", got)
		}
	})
}

// TestStop: who waits for a token when the program is stopped does not wait for a
// silent authority; an answer that is on its way still counts.
func TestStop(t *testing.T) {
	for _, test := range []struct {
		delay, want time.Duration // of the answer; from the stop to the end
		token       string
	}{
		{time.Hour, landingTime, ""},
		{3 * time.Second, 2 * time.Second, "access-1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			stop := make(chan struct{})
			c := config(&authority{delay: test.delay})
			c.Stop = stop
			s := source(t, c)
			start := time.Now().Add(time.Second)
			time.AfterFunc(time.Second, func() { close(stop) })
			var workers sync.WaitGroup
			for range 5 {
				workers.Go(func() {
					token, err := s.Token(t.Context(), secret.Text{})
					var e *Error
					if token.Reveal() != test.token || (err == nil) == (test.token == "") || err != nil && !(errors.As(err, &e) && e.Temporary()) {
						t.Errorf("delay %v: Token() = %q, %v, want %q", test.delay, token.Reveal(), err, test.token)
					}
				})
			}
			workers.Wait()
			if took := time.Since(start); took != test.want {
				t.Errorf("delay %v: %v after the stop, want %v", test.delay, took, test.want)
			}
		})
	}
}

func TestFailureIsShared(t *testing.T) {
	for _, test := range []struct {
		name      string
		answer    func(int, url.Values) (int, string, http.Header)
		temporary bool
		first     int // requests until all of 50 have failed
		further   int // requests of one more call
	}{
		{"lasting", refusal(400, "invalid_grant", 700082), false, 1, 0},
		{"passing", refusal(503, "temporarily_unavailable", 90033), true, 5, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &authority{delay: time.Second, answer: test.answer}
			s := source(t, config(a))
			var workers sync.WaitGroup
			for range 50 {
				workers.Go(func() {
					if _, err := s.Token(t.Context(), secret.Text{}); failure(t, err).Temporary() != test.temporary {
						t.Errorf("%s: %v", test.name, err)
					}
				})
			}
			workers.Wait()
			if got := len(a.asked()); got != test.first {
				t.Errorf("%s: %d token requests, want %d", test.name, got, test.first)
			}
			if _, err := s.Token(t.Context(), secret.Text{}); err == nil {
				t.Errorf("%s: a token at last", test.name)
			}
			if got := len(a.asked()) - test.first; got != test.further {
				t.Errorf("%s: %d further requests, want %d", test.name, got, test.further)
			}
		})
	}
}

func TestTokenEndpointIsTriedAgain(t *testing.T) {
	later := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	for _, test := range []struct {
		name     string
		status   int
		body     string
		header   http.Header
		err      error
		failures int
		requests int           // 0: it fails
		atLeast  time.Duration // until there is a token
	}{
		{name: "503", status: 503, failures: 3, requests: 4, atLeast: time.Second},
		{name: "429 with a wait", status: 429, header: later("57"), failures: 1, requests: 2, atLeast: 57 * time.Second},
		{name: "another protocol", status: 101, failures: 1, requests: 2},
		{name: "page", status: 502, body: "<html>Bad Gateway</html>", failures: 4, requests: 5},
		{name: "page with 200", status: 200, body: "<html>Sign in to the proxy</html>", failures: 4, requests: 5},
		{name: "half an answer", status: 200, body: `{"access_token":"stray-tok`, failures: 1, requests: 2},
		{name: "network", err: errors.New("connection reset"), failures: 2, requests: 3},
		{name: "word", status: 400, body: `{"error":"temporarily_unavailable"}`, failures: 1, requests: 2},
		{name: "too often", status: 500, failures: 5},
		{name: "too long a wait", status: 429, header: later("86400"), failures: 1},
		{name: "loop", status: 400, body: `{"error":"invalid_grant","error_codes":[50196]}`, failures: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &authority{}
			a.answer = func(n int, _ url.Values) (int, string, http.Header) {
				if n <= test.failures && test.err == nil {
					return test.status, test.body, test.header
				}
				return 0, "", nil
			}
			a.err = func(n int) error {
				if n <= test.failures {
					return test.err
				}
				return nil
			}
			start := time.Now()
			_, err := source(t, config(a)).Token(t.Context(), secret.Text{})
			took := time.Since(start)
			if test.requests == 0 {
				if failure(t, err); len(a.asked()) != test.failures {
					t.Errorf("%s: %d requests, want %d", test.name, len(a.asked()), test.failures)
				}
				return
			}
			if err != nil || len(a.asked()) != test.requests || took < test.atLeast || took > test.atLeast+10*time.Second {
				t.Errorf("%s: %v after %d requests and %v, want a token after %d and at least %v", test.name, err, len(a.asked()), took, test.requests, test.atLeast)
			}
		})
	}
}

// TestSilentAuthority has no answer come: callers learn it soon, and try again
// themselves.
func TestSilentAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{delay: time.Hour}
		start := time.Now()
		_, err := source(t, config(a)).Token(t.Context(), secret.Text{})
		if took := time.Since(start); !failure(t, err).Temporary() || took != exchangeTimeout || len(a.asked()) != 1 {
			t.Errorf("%v after %d requests and %v, want a passing failure after one and %v", err, len(a.asked()), took, exchangeTimeout)
		}
	})
}

// TestOldTokenServesOn has early renewals fail: the token there is serves until
// its end, and nobody waits.
func TestOldTokenServesOn(t *testing.T) {
	for _, lasting := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := &authority{}
			a.answer = func(n int, form url.Values) (int, string, http.Header) {
				switch {
				case n == 1:
					return 0, "", nil
				case lasting:
					return refusal(400, "invalid_grant", 50173)(n, form)
				}
				return 500, "", nil
			}
			c := config(a)
			var warned warnings
			c.Warn = warned.add
			s := source(t, c)
			s.mustToken(t, "")
			time.Sleep(56 * time.Minute)
			for range 180 { // until 59:00
				before := time.Now()
				if got := s.mustToken(t, ""); got != "access-1" || time.Since(before) != 0 {
					t.Fatalf("Token = %q after %v, want the old one at once", got, time.Since(before))
				}
				time.Sleep(time.Second)
			}
			time.Sleep(time.Minute)
			_, err := s.Token(t.Context(), secret.Text{})
			if failure(t, err).Temporary() == lasting {
				t.Errorf("at the end: %v", err)
			}
			requests := len(a.asked())
			if lasting && (requests != 2 || len(warned.all()) != 1) || !lasting && requests > 20 {
				t.Errorf("lasting %v: %d token requests, warnings %q", lasting, requests, warned.all())
			}
		})
	}
}

// TestNoRequestBeforeTheTimeAskedFor has an early renewal refused with
// Retry-After: nobody asks again before, not even once the token there is has
// ended or is rejected.
func TestNoRequestBeforeTheTimeAskedFor(t *testing.T) {
	for _, test := range []struct {
		asked, rejected string
		after           time.Duration // of the refusal
	}{
		{asked: "100", after: time.Second},
		{asked: "100", after: time.Second, rejected: "access-1"},
		{asked: "280", after: 200 * time.Second, rejected: "access-1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &authority{}
			a.answer = func(n int, form url.Values) (int, string, http.Header) {
				if n == 2 {
					return 429, "", http.Header{"Retry-After": {test.asked}}
				}
				return 0, "", nil
			}
			s := source(t, config(a))
			s.mustToken(t, "")
			time.Sleep(56 * time.Minute)
			s.mustToken(t, "")
			time.Sleep(test.after)
			s.mustToken(t, test.rejected)
			for len(a.asked()) < 3 {
				time.Sleep(time.Second)
				s.mustToken(t, "")
			}
			wait, _ := time.ParseDuration(test.asked + "s")
			if got := a.asked()[2].at.Sub(a.asked()[1].at); got < wait || got > wait+time.Minute {
				t.Errorf("%+v: asked again after %v", test, got)
			}
		})
	}
}

// TestNoRequestForWhoeverComesAfterOneThatGaveUp has a caller give up while it waits
// for as long as the authority asked: the next one waits for the rest, and not anew.
func TestNoRequestForWhoeverComesAfterOneThatGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{}
		a.answer = func(n int, _ url.Values) (int, string, http.Header) {
			if n == 1 {
				return 429, "", http.Header{"Retry-After": {"60"}}
			}
			return 0, "", nil
		}
		s := source(t, config(a))
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if token, err := s.Token(ctx, secret.Text{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Token of a caller that gives up = %q, %v", token.Reveal(), err)
		}
		s.mustToken(t, "")
		if got := a.asked()[1].at.Sub(a.asked()[0].at); got < time.Minute || got > time.Minute+time.Second {
			t.Errorf("asked again after %v, want a minute", got)
		}
	})
}
