// Package signin gets access tokens for Partner Center.
package signin

import (
	"context"
	"net/http"

	"muster/pkg/secret"
)

// Config says who signs in, and where.
type Config struct {
	// AuthURL is the authority; empty means https://login.microsoftonline.com.
	AuthURL string
	// Tenant is the partner's tenant: its GUID or a domain of it.
	Tenant string
	// ClientID is the application registered in that tenant.
	ClientID string
	// ClientSecret is the application's; empty for a public client.
	ClientSecret secret.Text
	// RefreshToken is used where RefreshTokenFile has none.
	RefreshToken secret.Text
	// RefreshTokenFile holds the refresh token and gets its successors.
	RefreshTokenFile string
	// AccessToken is used as it is and cannot be renewed; it excludes the
	// refresh tokens.
	AccessToken secret.Text
	// APIURL is the API's base URL, which names the resource to sign in to.
	APIURL string
	// V1 uses the older token endpoint.
	V1 bool
	// Transport carries the requests in place of the package's own.
	Transport http.RoundTripper
	// Warn is told, in one line, what a person should know; nil drops it.
	Warn func(string)
}

// Source gives access tokens and renews them. It is safe for concurrent use.
type Source struct{}

// Error is a sign-in that failed, as data.
type Error struct {
	Code        int    // of AADSTS; 0 where none was told
	Word        string // OAuth's, such as "invalid_grant"; may be empty
	Status      int    // of HTTP; 0 where no answer came
	Description string // the service's text, one line, cut; may be empty
	Err         error  // the cause, if there is one
	advice      string
	temporary   bool
}

// Error returns one line for people.
func (e *Error) Error() string { return "sign-in: " + e.Description }

// Advice says in one sentence what to do.
func (e *Error) Advice() string { return e.advice }

// Temporary reports whether a later try may succeed without anybody's help.
func (e *Error) Temporary() bool { return e.temporary }

// New checks the settings and reads the refresh token.
func New(c Config) (*Source, error) { return &Source{}, nil }

// Token returns an access token. rejected is empty, or the token that the API
// has just refused: then Token returns another one or an error.
func (s *Source) Token(ctx context.Context, rejected secret.Text) (secret.Text, error) {
	return secret.Text{}, ctx.Err()
}
