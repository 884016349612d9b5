package signin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"muster/pkg/secret"
	"muster/pkg/wire"
)

// The global cloud's API, as a resource to sign in to.
const globalResource = "https://api.partnercenter.microsoft.com"

const (
	exchangeTimeout = 20 * time.Second
	maxAnswer       = 1 << 20 // bytes
	maxWait         = 5 * time.Minute
	// unknownLife is assumed of a token that does not tell its life.
	unknownLife = 10 * time.Minute
	maxLife     = 24 * time.Hour
)

// patience is the number of times that an exchange is tried.
type patience int

const (
	hasty   patience = 1 // while there is a token that is still good
	patient patience = 5
)

// exchanger speaks with the token endpoint.
//
// The requests and the reading of answers are x/oauth2's, with what it lacks
// around them: see [guard]. Its errors are translated at once, since their texts
// quote whole answers, in which a token may stand.
type exchanger struct {
	config   Config
	base     string // of the endpoints
	resource string
}

// grant is what the token endpoint gave.
type grant struct {
	access, refresh secret.Text
	life            time.Duration // to be counted from when it was asked for
}

func newExchanger(c Config) (*exchanger, error) {
	if err := checkTenant(c.Tenant); err != nil {
		return nil, err
	}
	if c.ClientID == "" {
		return nil, broken("the application's id is missing", "give the client id of the application registered in the partner's tenant (--client-id)")
	}
	authority, err := wire.Base(cmp.Or(c.AuthURL, DefaultAuthURL))
	if err != nil {
		return nil, broken("the authority's URL: "+err.Error(), "correct --auth-url")
	}
	api, err := wire.Base(cmp.Or(c.APIURL, globalResource))
	if err != nil {
		return nil, broken("the API's URL: "+err.Error(), "correct --api-url")
	}
	resource := api.Scheme + "://" + api.Host
	if wire.Loopback(api) {
		resource = globalResource
	}
	if c.Transport == nil {
		c.Transport = wire.Transport(1)
	}
	return &exchanger{c, authority.String() + "/" + c.Tenant + "/oauth2", resource}, nil
}

// scopes are those of version 2; offline_access asks for a refresh token.
func (x *exchanger) scopes() []string { return []string{x.resource + "/.default", "offline_access"} }

// refresh trades a refresh token for an access token, and tries again where
// that may help; not for long with an authority that does not answer, since
// callers try again too.
//
// Of x/oauth2 it takes the client-credentials form, which lets its grant type be
// overridden and sends what it is told: the refresh of oauth2.Config sends
// neither scope nor resource. AuthStyleInParams matters: without a style,
// x/oauth2 sends every refused request a second time.
func (x *exchanger) refresh(ctx context.Context, token secret.Text, p patience) (grant, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.Reveal()}}
	conf := clientcredentials.Config{
		ClientID:       x.config.ClientID,
		ClientSecret:   x.config.ClientSecret.Reveal(),
		TokenURL:       x.base + "/v2.0/token",
		Scopes:         x.scopes(),
		EndpointParams: form,
		AuthStyle:      oauth2.AuthStyleInParams,
	}
	if x.config.V1 {
		conf.TokenURL, conf.Scopes = x.base+"/token", []string{"openid"}
		form.Set("resource", x.resource)
	}
	var waited time.Duration // for answers
	for try := patience(1); ; try++ {
		start := time.Now()
		found, err := conf.Token(x.client(ctx))
		waited += time.Since(start)
		if err == nil {
			return granted(found, time.Now()), nil
		}
		failure := x.failure(err, token)
		wire.Hear(ctx, failure.wait)
		answered := time.Now()
		if !failure.Temporary() || try == p || waited >= exchangeTimeout || !pause(ctx, try, failure.wait) {
			failure.wait -= time.Since(answered) // whoever gave up has waited for a part of it
			return grant{}, failure
		}
	}
}

// granted reads what x/oauth2 has just found.
func granted(t *oauth2.Token, now time.Time) grant {
	g := grant{access: secret.New(t.AccessToken), refresh: secret.New(t.RefreshToken), life: unknownLife}
	if life := t.Expiry.Sub(now); !t.Expiry.IsZero() && life > 0 {
		g.life = min(life, maxLife)
	}
	return g
}

// pause waits before the next try: what the service asks for, else half a
// second, doubled with every try and jittered. It returns false where waiting
// is out of the question.
func pause(ctx context.Context, try patience, asked time.Duration) bool {
	if asked > maxWait {
		return false
	}
	backoff := 500 * time.Millisecond << (try - 1)
	return sleep(ctx, max(asked, backoff/2+rand.N(backoff/2)))
}

// sleep waits, and returns false if the caller gave up before.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// client returns a context that makes x/oauth2 use our transport. No redirect
// is followed: a secret would follow it.
func (x *exchanger) client(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     guard{ctx, x.config.Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// guard stands between x/oauth2 and the network. It gives every request a
// deadline and the caller's context (x/oauth2 v0.37 sends the first request of
// the device flow without one, and leaves its body open), reads the answer
// within bounds, and makes of it what x/oauth2 can read: JSON is called so, has
// no byte-order mark, and its durations are numbers.
type guard struct {
	ctx  context.Context // of the call of x/oauth2 that it is made for
	next http.RoundTripper
}

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), exchangeTimeout)
	defer cancel()
	defer context.AfterFunc(g.ctx, cancel)()
	response, err := g.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	body, err := wire.Body(response, maxAnswer)
	if err != nil && !errors.Is(err, wire.ErrTooLong) {
		return nil, err
	}
	object, ok := tidy(body)
	if kind := mediaType(response); !ok && response.StatusCode/100 == 2 && kind != "application/x-www-form-urlencoded" {
		return nil, &pageError{response.StatusCode, kind, len(body), err != nil}
	}
	if ok {
		body = object
		response.Header.Set("Content-Type", "application/json")
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// pageError is an answer that says success and is no JSON: somebody between us and
// the authority has answered, or a part is missing.
type pageError struct {
	status  int
	kind    string // media type; may be empty
	size    int    // in bytes
	tooLong bool   // it has more than [maxAnswer]
}

func (e *pageError) Error() string { return "the answer is no JSON" }

func mediaType(r *http.Response) string {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// failure says what came, and nothing of the body, in which a token may stand.
func (e *pageError) failure(secrets []secret.Text) *Error {
	size := fmt.Sprintf("%d bytes", e.size)
	if e.tooLong {
		size = fmt.Sprintf("more than %d bytes", maxAnswer)
	}
	return &Error{
		Description: fmt.Sprintf("the authority's answer is not one of a token endpoint: HTTP %d with %s of %s instead of JSON",
			e.status, size, cmp.Or(wire.Plain(e.kind, maxWord, secrets...), "no stated type")),
		advice:    "check the network, --auth-url and --tenant, and that no proxy answers in the authority's place, then run the same command again",
		temporary: true,
	}
}

// tidy makes whole numbers of the durations in a JSON object: version 1 sends
// strings, version 2 numbers. One that makes no sense is left out.
func tidy(body []byte) (object []byte, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return nil, false
	}
	for _, name := range []string{"expires_in", "interval"} {
		raw, there := members[name]
		if !there {
			continue
		}
		delete(members, name)
		if d, ok := wire.Seconds(strings.Trim(string(raw), `" `)); ok {
			members[name] = json.RawMessage(strconv.Itoa(int(d.Seconds())))
		}
	}
	object, err := json.Marshal(members)
	return object, err == nil
}

// failure translates an error of x/oauth2. hidden is what this exchange sent
// besides the client secret.
func (x *exchanger) failure(err error, hidden secret.Text) *Error {
	secrets := []secret.Text{hidden, x.config.ClientSecret, x.config.RefreshToken}
	var refused *oauth2.RetrieveError
	var network *url.Error
	var page *pageError
	switch {
	case errors.As(err, &refused):
		return readRefusal(refused, secrets)
	case errors.As(err, &page):
		return page.failure(secrets)
	case errors.As(err, &network):
		return &Error{
			Description: "no answer from " + x.base,
			Err:         wire.Hide(network.Err, maxDescription, secrets...),
			advice:      "check the network, the proxy and --auth-url, then run the same command again",
			temporary:   true,
		}
	}
	return unreadable()
}

// unreadable is the error of a JSON answer that says success and gives no token.
// The cause is dropped: the text of a JSON error may quote the answer.
func unreadable() *Error {
	return broken("the authority's answer is not one of a token endpoint", "check --auth-url and --tenant, and that no proxy answers in the authority's place")
}

// readRefusal reads an answer that refuses the sign-in
// (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
func readRefusal(refused *oauth2.RetrieveError, secrets []secret.Text) *Error {
	var body struct {
		Description string            `json:"error_description"`
		Codes       []json.RawMessage `json:"error_codes"`
	}
	_ = json.Unmarshal(refused.Body, &body) // as far as its members are there
	e := &Error{
		Status:      refused.Response.StatusCode,
		Word:        wire.Plain(refused.ErrorCode, maxWord, secrets...),
		Description: wire.Plain(firstLine(cmp.Or(body.Description, refused.ErrorDescription)), maxDescription, secrets...),
	}
	for _, raw := range body.Codes {
		if n, err := strconv.Atoi(strings.Trim(string(raw), `" `)); err == nil && n > 0 && (e.Code == 0 || advices[n] != "" && advices[e.Code] == "") {
			e.Code = n
		}
	}
	if e.Code == 0 {
		_, _ = fmt.Sscanf(e.Description, "AADSTS%d", &e.Code)
	}
	if e.Status/100 == 3 {
		e.Description = "the authority redirects elsewhere, where no secret may follow"
	}
	e.wait, _ = wire.RetryAfter(refused.Response.Header, time.Now())
	e.temporary = e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500 ||
		e.Status == http.StatusSwitchingProtocols || e.Word == "temporarily_unavailable"
	e.advice = e.lookup()
	return e
}

// firstLine cuts off the trace ids and the time that follow the text.
func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text, _, _ = strings.Cut(text, " Trace ID:")
	return strings.TrimSpace(text)
}
