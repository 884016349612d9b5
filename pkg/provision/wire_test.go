package provision

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// wiretap holds every create that leaves against those before it.
type wiretap struct {
	mu     sync.Mutex
	bodies map[string]create // by MS-RequestId
	last   map[string]create // by person
	writes int               // requests that would change something
}

func newWiretap() *wiretap { return &wiretap{bodies: map[string]create{}, last: map[string]create{}} }

// create is a request as it was sent.
type create struct {
	body    body
	request string // its MS-RequestId
	// doubtful: it, or one before it for the same person, may have been carried
	// out; before: one before it.
	doubtful, before bool
	refused          bool // by the last answer: who is asked for again is so by a new request
}

type body struct {
	UserPrincipalName, FirstName, LastName, DisplayName, UsageLocation, ImmutableID string

	PasswordProfile struct {
		Password            string
		ForceChangePassword bool
	}
}

// person is who a create is about: the tag of a human.
func (b body) person() string {
	if b.ImmutableID != "" {
		return b.ImmutableID
	}
	return b.UserPrincipalName
}

// send notes a request that leaves. It is an error if its MS-RequestId was sent
// with something else, or if its person may be there under another name or by
// another request. Only a password that was kept in memory, or forgotten after a
// refusal, may be another one.
func (w *wiretap) send(t testing.TB, r *http.Request, inMemory bool) *create {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "oauth2") {
		w.writes++
	}
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/users") {
		return nil
	}
	c := create{request: r.Header.Get("MS-RequestId"), doubtful: true}
	content, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(content).Decode(&c.body); err != nil {
		t.Fatal(err)
	}
	if before, ok := w.bodies[c.request]; ok {
		if inMemory || before.refused {
			before.body.PasswordProfile.Password = c.body.PasswordProfile.Password
		}
		if before.body != c.body {
			t.Errorf("the MS-RequestId %s was sent with %+v and then with %+v", c.request, before.body, c.body)
		}
	}
	w.bodies[c.request] = c
	if l := w.last[c.body.person()]; l.doubtful {
		c.before = true
		if l.request != c.request && !l.refused || l.body.UserPrincipalName != c.body.UserPrincipalName {
			t.Errorf("%s may exist as %s by request %s, and now request %s is sent for %s", c.body.person(),
				l.body.UserPrincipalName, l.request, c.request, c.body.UserPrincipalName)
		}
	}
	w.last[c.body.person()] = c
	return &c
}

// answer notes the status of the answer to a create: 3xx and 4xx are refusals.
func (w *wiretap) answer(c *create, status int) {
	if c == nil || status/100 != 3 && status/100 != 4 || status == http.StatusRequestTimeout {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c.doubtful, c.refused = c.before, true
	w.last[c.body.person()], w.bodies[c.request] = *c, *c
}

// forget is for after an undo.
func (w *wiretap) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.last)
}

// sent is how many writes left so far.
func (w *wiretap) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes
}
