package signin

import (
	"context"
	"errors"
	"time"

	"muster/pkg/secret"
)

// Claims are what an access token says of itself.
type Claims struct {
	Audience string
	Tenant   string    // the GUID of the tenant that issued it
	MFA      bool      // amr has a value ending in "mfa"
	AppOnly  bool      // no user signed in
	Expires  time.Time // zero where it does not say
}

// TokenFacts reads the claims of an access token without verifying it.
// ok is false where the token is not one that can be read.
func TokenFacts(token secret.Text) (c Claims, ok bool) { return Claims{}, false }

// DeviceLogin signs a person in through another device's browser and stores the
// refresh token in c.RefreshTokenFile. show is given the line to be shown.
func DeviceLogin(ctx context.Context, c Config, show func(message string)) error {
	return errors.New("signin: being built")
}
