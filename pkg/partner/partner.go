// Package partner speaks the users API of Microsoft's Partner Center: it creates,
// reads, lists, changes, deletes and restores the users of a customer's directory.
//
//	client, err := partner.New(partner.Config{Tokens: source, Concurrency: 16})
//	user, err := client.CreateUser(ctx, tenant, partner.Call{RequestID: id}, partner.NewUser{…})
//	var refused *partner.Error
//	if errors.As(err, &refused) && refused.Doubtful() { … }
//
// One call of a method is one HTTP exchange: the client neither waits nor
// retries, since only its caller knows the pace and what a repeat may cost. The
// exceptions say so: every method repeats once with a fresh token after a 401,
// [Client.ResetPassword] finds out which of two paths the service has, and
// [Client.CustomerByDomain] reads on while the service has more pages.
//
// Every error is an [*Error] that says what is known of the operation.
package partner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"muster/pkg/secret"
	"muster/pkg/wire"
)

// DefaultBaseURL is the API of the global cloud. The API of China is
// https://partner.partnercenterapi.microsoftonline.cn
// (learn.microsoft.com/partner-center/developer/partner-center-rest-urls).
const DefaultBaseURL = "https://api.partnercenter.microsoft.com"

// TokenSource gives the access token for an exchange. [muster/pkg/signin] has one.
type TokenSource interface {
	// Token returns a token that is believed to be good. rejected is empty, or
	// the token that the service has just answered with 401: then Token returns
	// another one or an error. Callers that all bring the same rejected token
	// share one renewal.
	//
	// A source that waits because it was asked to says so by [wire.Hear] first.
	//
	// An error with a method Temporary() bool that returns true says that a
	// later try may help: the exchange fails as [NotSent]. Any other error
	// fails it as [SignIn].
	Token(ctx context.Context, rejected secret.Text) (secret.Text, error)
}

// Config says how to reach the API. Only Tokens is required.
type Config struct {
	// BaseURL is the API without "/v1"; empty means [DefaultBaseURL]. It must be
	// https, except on loopback.
	BaseURL string
	// Tokens signs every exchange.
	Tokens TokenSource
	// Application is the name sent as MS-PartnerCenter-Application; empty means
	// "muster".
	Application string
	// Concurrency is the number of calls expected at a time, for each of which
	// a connection is kept warm; 0 means 16. It limits nothing.
	Concurrency int
	// Timeout is for one exchange, from the first byte sent (or the dialling of
	// a connection) to the last byte read; 0 means 60 s. Getting a token is not
	// part of it.
	Timeout time.Duration
	// Transport carries the requests in place of the client's own, say to an
	// emulator in the process. A transport that knows that nothing was sent
	// says so with a *net.OpError whose Op is "dial"; any other error of it
	// counts as [Lost].
	Transport http.RoundTripper
}

// Call names an exchange for the service. A zero field is drawn by the client.
type Call struct {
	// RequestID is sent as MS-RequestId, the service's idempotency key: the same
	// for every attempt of one operation, and a new one once the operation has a
	// definite answer (learn.microsoft.com/partner-center/developer/headers).
	RequestID uuid.UUID
	// CorrelationID is sent as MS-CorrelationId and serves tracing only: a new
	// one for every attempt. The repeat after a 401 draws its own.
	CorrelationID uuid.UUID
}

// Trace holds the ids by which Microsoft's support finds an exchange.
type Trace struct {
	RequestID     string // as sent
	CorrelationID string // as sent
	// EchoedRequestID and EchoedCorrelationID are what the answer carried where
	// that differs from what was sent, else empty: a sample in Microsoft's
	// documentation shows an answer with the id of another request.
	EchoedRequestID     string
	EchoedCorrelationID string
}

// Tristate is a yes or a no that the service may keep to itself.
type Tristate int8

// The values of a Tristate; zero is Unknown.
const (
	Unknown Tristate = iota
	No
	Yes
)

// Client speaks to the API. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	tokens    TokenSource
	transport http.RoundTripper
	timeout   time.Duration
	header    http.Header // of every request; never written to
	reset     atomic.Int32
	last      atomic.Pointer[bearer]
	lastURL   atomic.Pointer[location]
	blank     *http.Request // what all requests have in common
	watches   chan *watch   // that no exchange has
}

// New checks the settings and makes a client; nothing is sent.
func New(c Config) (*Client, error) {
	if c.Tokens == nil {
		return nil, errors.New("partner: Config.Tokens is missing")
	}
	base, err := wire.Base(strings.TrimSuffix(strings.TrimRight(cmp.Or(c.BaseURL, DefaultBaseURL), "/"), "/v1"))
	if err != nil {
		return nil, fmt.Errorf("the API's URL: %w", err)
	}
	calls := cmp.Or(c.Concurrency, 16)
	if c.Transport == nil {
		c.Transport = wire.Transport(calls)
	}
	return &Client{
		base:      base,
		blank:     &http.Request{Host: base.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1},
		tokens:    c.Tokens,
		transport: c.Transport,
		timeout:   cmp.Or(c.Timeout, time.Minute),
		watches:   make(chan *watch, max(calls, 0)),
		header: http.Header{
			"Accept":                       {"application/json"},
			"Ms-Contract-Version":          {"v1"},
			"Ms-Partnercenter-Application": {cmp.Or(c.Application, "muster")},
			"User-Agent":                   {"muster"},
			// The language of texts for people; nothing here reads them.
			"X-Locale": {"en-US"},
		},
	}, nil
}
