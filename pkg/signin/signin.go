// Package signin gets access tokens for Partner Center as a user of the partner,
// by Microsoft's secure application model: a person signs in once, with
// multi-factor authentication, and from then on a refresh token is traded for
// access tokens.
//
//	source, err := signin.New(signin.Config{Tenant: …, ClientID: …, RefreshTokenFile: "token"})
//	token, err := source.Token(ctx, secret.Text{})
//	…                                    // the API answers 401
//	token, err = source.Token(ctx, token)
//
// [DeviceLogin] is the sign-in of the person. Every failure is an [*Error] that
// says what to do, without any secret in its text.
//
// The exchanges with the token endpoint are those of golang.org/x/oauth2. Not so
// its token sources: they renew ten seconds before the end, know nothing of a
// token that the API has refused, let all callers wait without regard to their
// contexts, keep a rotated refresh token to themselves, and ask for neither
// scope nor resource when they refresh. See [exchanger] for the rest.
package signin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"muster/pkg/secret"
)

// DefaultAuthURL is the authority of the global cloud. That of China is
// https://login.partner.microsoftonline.cn
// (learn.microsoft.com/entra/identity-platform/authentication-national-cloud).
const DefaultAuthURL = "https://login.microsoftonline.com"

// Config says who signs in, and where. It needs either AccessToken, or Tenant,
// ClientID and a refresh token.
type Config struct {
	// AuthURL is the authority; empty means [DefaultAuthURL]. It must be https,
	// except on loopback.
	AuthURL string
	// Tenant is the partner's tenant (not the customer's): its GUID or a domain.
	Tenant string
	// ClientID is the application registered in that tenant.
	ClientID string
	// ClientSecret is the application's; empty for a public client.
	ClientSecret secret.Text
	// RefreshToken is used where RefreshTokenFile is not there yet, and where
	// the one in the file is refused.
	RefreshToken secret.Text
	// RefreshTokenFile holds the refresh token, and gets each new one that the
	// authority gives: Microsoft's refresh tokens live 90 days, so that a job
	// which keeps using its first one stops after that. White space around the
	// token does not matter.
	RefreshTokenFile string
	// AccessToken is used as it is and cannot be renewed: the first 401 ends
	// the run. It excludes the refresh tokens.
	AccessToken secret.Text
	// APIURL is the base URL of the API, whose scheme and host name the resource
	// to sign in to. Empty, or on loopback, the global cloud's is meant.
	APIURL string
	// V1 uses the older token endpoint, /oauth2/token with a resource instead
	// of /oauth2/v2.0/token with scopes, for refresh tokens that came from it.
	V1 bool
	// Transport carries the requests in place of the package's own.
	Transport http.RoundTripper
	// Warn is told, in one line, what a person should know although the sign-in
	// goes on; nil drops it.
	Warn func(string)
	// Stop, when it is closed, ends the waits for a token soon: an exchange that
	// is on its way may land for [landingTime] more, since its answer may bring
	// the successor of the refresh token. A nil Stop never does.
	Stop <-chan struct{}
}

// landingTime is how long after Config.Stop an exchange may still land.
const landingTime = 3 * time.Second

// Source gives access tokens and renews them. It is safe for concurrent use.
//
// There is no goroutine behind it: whoever needs a token that is not there
// renews it, under the caller's own context, while the others wait. A caller
// that gives up hands its turn to the next one.
type Source struct {
	exchange *exchanger
	vault    *vault
	fixed    secret.Text
	warn     func(string)
	stop     <-chan struct{}

	turn chan struct{} // holds one element while somebody renews

	mu      sync.Mutex // guards what follows
	access  secret.Text
	renewAt time.Time // from here on, one caller at a time tries to renew
	shutTo  time.Time // until then, the authority wants no request (Retry-After)
	expires time.Time // from here on, the token is not given out
	rounds  int       // renewals that ended
	failed  error     // how the last one ended
	final   bool      // whether another one would end the same way
}

// New checks the settings and reads the refresh token; nothing is sent.
func New(c Config) (*Source, error) {
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if !c.AccessToken.Empty() {
		if !c.RefreshToken.Empty() || c.RefreshTokenFile != "" {
			return nil, broken("there is an access token and a refresh token as well", "give only one of them")
		}
		return &Source{fixed: c.AccessToken}, nil
	}
	exchange, err := newExchanger(c)
	if err != nil {
		return nil, err
	}
	vault, err := openVault(c)
	if err != nil {
		return nil, err
	}
	return &Source{exchange: exchange, vault: vault, warn: c.Warn, stop: c.Stop, turn: make(chan struct{}, 1)}, nil
}

// Token returns an access token. rejected is empty, or the token that the API
// has just refused with 401: then Token returns another one or an error, and
// callers with the same rejected token share one renewal.
//
// A token is renewed some minutes before its end (a short-lived one, in the last
// quarter of its life) by one of the callers, while the others go on with the
// one there is.
func (s *Source) Token(ctx context.Context, rejected secret.Text) (secret.Text, error) {
	if s.turn == nil {
		return s.fixedToken(rejected)
	}
	token, due, round := s.look(rejected)
	if !token.Empty() && !due {
		return token, nil
	}
	caller := ctx
	ctx, cancel := s.untilStopped(ctx)
	defer cancel()
	if !token.Empty() {
		select {
		case s.turn <- struct{}{}:
			_, err := s.renew(ctx, rejected, round, hasty)
			<-s.turn
			s.warnOfEnd(err)
		default: // somebody else renews
		}
		if newer, _, _ := s.look(rejected); !newer.Empty() {
			token = newer
		}
		return token, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
		// The turn may come from one who gave up together with this caller, and
		// before ctx has heard of it.
		if caller.Err() != nil {
			return secret.Text{}, context.Cause(caller)
		}
		return s.renew(ctx, rejected, round, patient)
	case <-ctx.Done():
		return secret.Text{}, context.Cause(ctx)
	}
}

// untilStopped returns a context that also ends a little after Config.Stop, with
// an error as its cause that says so.
func (s *Source) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.stop:
		case <-ctx.Done():
			return
		}
		if sleep(ctx, landingTime) {
			cancel(&Error{Description: "stopped before there was an access token", temporary: true,
				advice: "run the same command again"})
		}
	}()
	return ctx, func() { cancel(nil) }
}

// warnOfEnd tells that the token there is will be the last one.
func (s *Source) warnOfEnd(err error) {
	var e *Error
	if errors.As(err, &e) && !e.Temporary() {
		s.mu.Lock()
		end := s.expires
		s.mu.Unlock()
		s.warn("the sign-in cannot be renewed, and the present one ends at " + end.Format(time.TimeOnly) + ": " + err.Error())
	}
}

func (s *Source) fixedToken(rejected secret.Text) (secret.Text, error) {
	if rejected.Reveal() == s.fixed.Reveal() {
		return secret.Text{}, broken("the access token that was given is refused, and it cannot be renewed",
			"give a new access token, or sign in with a refresh token (muster login), which lasts for long runs")
	}
	return s.fixed, nil
}

// look returns the token if there is one to be given out, whether it should be
// renewed, and the number of renewals so far.
func (s *Source) look(rejected secret.Text) (token secret.Text, due bool, round int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.access.Empty() || s.access.Reveal() == rejected.Reveal() || !now.Before(s.expires) {
		return secret.Text{}, true, s.rounds
	}
	return s.access, !s.final && !now.Before(s.renewAt), s.rounds
}

// renew gets a new token, unless that has happened, or failed, since the caller
// looked at round. The caller holds the turn.
func (s *Source) renew(ctx context.Context, rejected secret.Text, round int, p patience) (secret.Text, error) {
	if token, due, _ := s.look(rejected); !token.Empty() && !due {
		return token, nil
	}
	s.mu.Lock()
	failed := s.failed
	if !s.final && s.rounds == round {
		failed = nil
	}
	s.mu.Unlock()
	if failed != nil {
		return secret.Text{}, failed
	}
	if err := s.waitUntilOpen(ctx); err != nil {
		return secret.Text{}, err
	}
	start := time.Now()
	grant, err := s.refresh(ctx, p)
	if err != nil && ctx.Err() != nil {
		s.keepShut(err)
		return secret.Text{}, context.Cause(ctx) // the caller gave up, which says nothing of the sign-in
	}
	s.settle(start, grant, err)
	return grant.access, err
}

// waitUntilOpen waits for as long as an earlier renewal was asked to. Where that
// is out of the question, its error stands.
func (s *Source) waitUntilOpen(ctx context.Context) error {
	s.mu.Lock()
	wait, failed := time.Until(s.shutTo), s.failed
	s.mu.Unlock()
	switch {
	case wait <= 0:
		return nil
	case wait > maxWait:
		return failed
	case !sleep(ctx, wait):
		return context.Cause(ctx)
	}
	return nil
}

// keepShut has the callers after one that gave up wait for as long as it was asked to.
func (s *Source) keepShut(err error) {
	var e *Error
	if !errors.As(err, &e) || e.wait <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
	s.shutTo = time.Now().Add(e.wait)
}

// settle records how a renewal ended.
func (s *Source) settle(start time.Time, grant grant, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds++
	s.failed = err
	if err == nil {
		s.access = grant.access
		s.renewAt = start.Add(grant.life - min(5*time.Minute, grant.life/4))
		s.expires = start.Add(grant.life - min(30*time.Second, grant.life/10))
		return
	}
	var e *Error
	s.final = errors.As(err, &e) && !e.Temporary()
	// While the old token lasts, another try is made now and then.
	now := time.Now()
	s.renewAt = now.Add(max(min(s.expires.Sub(now)/4, 30*time.Second), time.Second))
	if e != nil && e.wait > 0 {
		s.shutTo = now.Add(e.wait)
	}
	if s.shutTo.After(s.renewAt) {
		s.renewAt = s.shutTo
	}
}

// refresh trades the refresh token. One that is refused may have been replaced
// by another process, or by a person: then the other ones are tried too.
func (s *Source) refresh(ctx context.Context, p patience) (grant, error) {
	tried := s.vault.token()
	found, err := s.exchange.refresh(ctx, tried, p)
	var e *Error
	if errors.As(err, &e) && e.Word == "invalid_grant" {
		for _, other := range s.vault.others(tried) {
			if found, again := s.exchange.refresh(ctx, other, p); again == nil {
				s.vault.store(other, found.refresh)
				return found, nil
			} else if errors.As(again, &e) && e.Temporary() {
				return grant{}, again
			}
		}
	}
	if err != nil {
		return grant{}, err
	}
	s.vault.store(tried, found.refresh)
	return found, nil
}

// checkTenant refuses what would lead to another path of the authority.
func checkTenant(tenant string) error {
	legal := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-'
	}
	if tenant == "" {
		return broken("the partner's tenant is missing", "give its GUID or a domain of it (--tenant)")
	}
	if strings.Trim(tenant, ".-") == "" || strings.ContainsFunc(tenant, func(r rune) bool { return !legal(r) }) {
		return broken("the partner's tenant is neither a GUID nor a domain", "correct --tenant")
	}
	return nil
}
