package partner

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"muster/pkg/secret"
)

func TestUnauthorizedIsTriedOnceMore(t *testing.T) {
	for _, test := range []struct {
		name     string
		refuse   int    // how many answers are 401
		body     string // of those
		tokenErr error
		want     Kind // 0 for success
		requests int
	}{
		{"expired", 1, `{"code":400,"description":"Access denied"}`, nil, 0, 2},
		{"expired, empty", 1, "", nil, 0, 2},
		{"refused twice", 9, `{"code":400}`, nil, Unauthorized, 2},
		{"wrong audience", 9, `{"code":900420}`, nil, Unauthorized, 1},
		{"no MFA", 9, `{"code":"900421"}`, nil, Unauthorized, 1},
		{"no other token", 9, "", errors.New("fixed"), SignIn, 1},
		{"no other token now", 9, "", temporary{}, NotSent, 1},
	} {
		var count atomic.Int32
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if int(count.Add(1)) <= test.refuse {
				write(w, 401, test.body)
				return
			}
			write(w, 201, annAnswer)
		})
		source := &tokens{err: test.tokenErr}
		call := Call{RequestID: uuid.New(), CorrelationID: uuid.New()}
		user, err := client(t, server.URL, func(c *Config) { c.Tokens = source }).CreateUser(t.Context(), tenant, call, ann())
		requests := server.seen()
		if len(requests) != test.requests {
			t.Errorf("%s: %d requests, want %d", test.name, len(requests), test.requests)
		}
		if test.want != 0 {
			e := failure(t, err)
			if e.Kind != test.want || e.Status != 401 || e.Doubtful() || e.ConcernsRun() != (test.want != NotSent) {
				t.Errorf("%s: %v (doubtful %v, concerns run %v), want %v with status 401", test.name, e, e.Doubtful(), e.ConcernsRun(), test.want)
			}
			if test.tokenErr != nil && !errors.Is(err, test.tokenErr) {
				t.Errorf("%s: the error %v has lost its cause", test.name, err)
			}
			continue
		}
		if err != nil || user.ID != userID {
			t.Fatalf("%s: %+v, %v", test.name, user, err)
		}
		first, second := requests[0], requests[1]
		if first.Header.Get("Authorization") == second.Header.Get("Authorization") {
			t.Errorf("%s: the same token twice", test.name)
		}
		if first.Header.Get("MS-RequestId") != second.Header.Get("MS-RequestId") || first.body != second.body {
			t.Errorf("%s: the repeat has another request id or body", test.name)
		}
		if got := second.Header.Get("MS-CorrelationId"); got == first.Header.Get("MS-CorrelationId") || got != user.Trace.CorrelationID {
			t.Errorf("%s: the repeat has the correlation id %s, the user %s, the first %s", test.name, got, user.Trace.CorrelationID, call.CorrelationID)
		}
	}
}

type temporary struct{}

func (temporary) Error() string   { return "token endpoint is down" }
func (temporary) Temporary() bool { return true }

func TestBadTokens(t *testing.T) {
	server := serve(t, reply(201, annAnswer))
	for _, token := range []string{"", "to ken", "token\n", "tök"} {
		c := client(t, server.URL, func(c *Config) { c.Tokens = fixedToken(token) })
		_, err := c.CreateUser(t.Context(), tenant, Call{}, ann())
		if e := failure(t, err); e.Kind != SignIn || !e.ConcernsRun() || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: %v, want no access token", token, err)
		}
	}
	if n := len(server.seen()); n != 0 {
		t.Errorf("%d requests were sent with a bad token", n)
	}
}

type fixedToken string

func (s fixedToken) Token(context.Context, secret.Text) (secret.Text, error) {
	return secret.New(string(s)), nil
}
