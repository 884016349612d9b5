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
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"muster/pkg/secret"
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

// NewUser is a user to be created. UserPrincipalName, DisplayName and Password
// are required by the service; empty fields are not sent.
type NewUser struct {
	UserPrincipalName string
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string // ISO 3166-1 alpha-2
	ImmutableID       string
	Password          secret.Text
	// ForceChangePassword makes the user choose a password at the first sign-in.
	ForceChangePassword bool
}

// Changes are the fields of a user to be changed; empty ones stay as they are.
type Changes struct {
	UserPrincipalName string
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string // ISO 3166-1 alpha-2
}

// User is a user as the service describes it. The password that the service
// echoes is never read.
type User struct {
	ID                string // the object id; never empty
	UserPrincipalName string // for a deleted user, the one it had
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string
	ImmutableID       string
	State             State
	// SoftDeletionTime is when the user was deleted, which leaves 30 days to
	// restore it; zero for an active user and where the service does not say.
	SoftDeletionTime time.Time
	// Trace is that of the exchange; it is empty in the users of a list.
	Trace Trace
}

// State tells a user from a deleted one.
type State string

// The states of a user.
const (
	Active   State = "active"
	Inactive State = "inactive" // deleted, for 30 days
)

// Customer is a customer of the partner.
type Customer struct {
	ID     string // the tenant GUID, which the other methods take
	Domain string // of the company profile, for new users; usually *.onmicrosoft.com
	Name   string
	// CustomDomains are the tenant's verified domains, where the service tells
	// them: it does not in a search, nor without delegated access.
	CustomDomains []string
	// Relationship is the service's word, such as "reseller" or "none".
	Relationship string
	// AllowDelegatedAccess speaks of the older delegated administration (DAP)
	// only. Under granular delegation (GDAP) it proves nothing: warn, go on.
	AllowDelegatedAccess Tristate
	// MFA says whether the service saw multi-factor authentication in the
	// token; only [Client.Customer] asks for it.
	MFA   Tristate
	Trace Trace
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
}
