package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"muster/pkg/secret"
	"muster/pkg/wire"
)

// A DeviceLogin is the sign-in of a person with any browser, on any device: the device
// authorization grant of RFC 8628 by version 2 of the endpoint.
type DeviceLogin struct{ exchange *exchanger }

// NewDeviceLogin checks the settings and asks nobody. The refresh token will be written
// to c.RefreshTokenFile.
func NewDeviceLogin(c Config) (*DeviceLogin, error) {
	if c.RefreshTokenFile == "" {
		return nil, broken("there is no file to keep the refresh token in", "name it (--refresh-token-file)")
	}
	if c.V1 {
		return nil, broken("signing in by device code needs version 2 of the token endpoint", "leave the older version out of the settings: a refresh token should come from the version that it is used with")
	}
	x, err := newExchanger(c)
	if err != nil {
		return nil, err
	}
	return &DeviceLogin{x}, nil
}

// Run signs the person in: show is given a line that says which page to open and which
// code to enter there. Once that is done, the refresh token is written, with mode 0600.
// It returns when the code has run out, after some minutes, at the latest.
func (l *DeviceLogin) Run(ctx context.Context, show func(message string)) error {
	x := l.exchange
	c := &x.config
	token, err := x.device(ctx, show)
	if err != nil {
		return err
	}
	if token.RefreshToken == "" {
		return broken("the authority gave no refresh token", "allow the application the permission offline_access, then sign in again")
	}
	if facts, ok := TokenFacts(secret.New(token.AccessToken)); ok && !facts.MFA && c.Warn != nil {
		c.Warn("the sign-in went without multi-factor authentication, which Partner Center asks for: it may refuse the token (900421)")
	}
	if err := writeToken(c.RefreshTokenFile, secret.New(token.RefreshToken)); err != nil {
		return &Error{Description: "the refresh token cannot be stored", Err: err, advice: "correct --refresh-token-file, then sign in again"}
	}
	return nil
}

// device carries out the flow. The polling is x/oauth2's, which keeps to the
// interval and slows down when told; it ends at the first error of the network
// or the service, so it is begun anew until the code has run out.
func (x *exchanger) device(ctx context.Context, show func(string)) (*oauth2.Token, error) {
	conf := oauth2.Config{
		ClientID:     x.config.ClientID,
		ClientSecret: x.config.ClientSecret.Reveal(),
		Scopes:       x.scopes(),
		Endpoint: oauth2.Endpoint{
			DeviceAuthURL: x.base + "/v2.0/devicecode",
			TokenURL:      x.base + "/v2.0/token",
			AuthStyle:     oauth2.AuthStyleInParams,
		},
	}
	start, err := conf.DeviceAuth(x.client(ctx))
	if err != nil {
		return nil, x.ended(ctx, err, secret.Text{})
	}
	uri, code := wire.Plain(start.VerificationURI, 200), wire.Plain(start.UserCode, maxWord)
	if uri == "" || code == "" || start.DeviceCode == "" {
		return nil, unreadable()
	}
	if start.Expiry.IsZero() {
		start.Expiry = time.Now().Add(15 * time.Minute)
	}
	show(fmt.Sprintf("To sign in, open %s in a browser and enter the code %s. It is good until %s.", uri, code, start.Expiry.Local().Format(time.TimeOnly)))
	hidden := secret.New(start.DeviceCode)
	for {
		// x/oauth2 takes 0 for 5 s; a longer interval than a minute is no use.
		start.Interval = min(start.Interval, 60)
		token, err := conf.DeviceAccessToken(x.client(ctx), start)
		if err == nil {
			return token, nil
		}
		failure := x.ended(ctx, err, hidden)
		if !time.Now().Before(start.Expiry) {
			return nil, &Error{Word: "expired_token", Description: "the code was not entered in time", advice: "run muster login again"}
		}
		var e *Error
		if !errors.As(failure, &e) || !e.Temporary() {
			return nil, failure
		}
		start.Interval = max(start.Interval, 5) + 5 // RFC 8628, section 3.5
	}
}

// ended translates an error of x/oauth2, unless the caller gave up.
func (x *exchanger) ended(ctx context.Context, err error, hidden secret.Text) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return x.failure(err, hidden)
}
