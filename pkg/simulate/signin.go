package simulate

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// apiResource is the audience of tokens for the API.
	apiResource = "https://api.partnercenter.microsoft.com"
	// apiApplication is the same by its application id.
	apiApplication = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"
)

// signIn knows which tokens are good.
type signIn struct {
	rules  SignIn
	tenant string
	user   string // object id of the person who signs in

	mu       sync.Mutex
	requests int
	access   map[string]accessToken
	refresh  map[string]*refreshToken
	devices  map[string]*deviceCode
	given    []string
}

type accessToken struct {
	audience string
	expires  time.Time
	appOnly  bool
}

type refreshToken struct {
	expires time.Time
	used    bool
}

func newSignIn(rules SignIn) *signIn {
	if rules.AccessLife == 0 {
		rules.AccessLife = 3599 * time.Second
	}
	if rules.RefreshLife == 0 {
		rules.RefreshLife = 90 * 24 * time.Hour
	}
	tenant := strings.ToLower(rules.Tenant)
	if tenant == "" {
		tenant = DefaultPartnerTenant
	}
	return &signIn{
		rules: rules, tenant: tenant, user: "8d2f6f1e-2f5b-4e55-9d0c-3c1b7a9e6f20",
		access:  make(map[string]accessToken),
		refresh: make(map[string]*refreshToken),
		devices: make(map[string]*deviceCode),
	}
}

// authenticate checks the bearer token and what it allows.
func (s *Service) authenticate(c *call) *apiError {
	si := s.signIn
	si.mu.Lock()
	defer si.mu.Unlock()
	denied := Refusal{http.StatusUnauthorized, 400}.error("Access denied: the access token is missing, unknown or expired.")
	switch c.fault.Mishap {
	case ExpireToken:
		delete(si.access, c.bearer)
		return denied
	case Unauthorized:
		return denied
	}
	token, known := si.access[c.bearer]
	appOnly := c.Op == GetCustomer || c.Op == ListCustomers || c.Op == HeadDomain
	switch {
	case !known || !time.Now().Before(token.expires):
		return denied
	case token.audience != apiResource && token.audience != apiApplication:
		return Refusal{http.StatusUnauthorized, 900420}.error("The token audience is not accepted.")
	case token.appOnly && !appOnly:
		return Refusal{http.StatusForbidden, 900329}.error("The resource doesn't support app-only authentication.")
	case si.rules.NoMFA && !token.appOnly:
		return Refusal{http.StatusUnauthorized, 900421}.error("The token has no multi-factor authentication claim.")
	}
	return nil
}

// IssueToken returns an access token good for SignIn.AccessLife, as if
// somebody had just signed in.
func (s *Service) IssueToken() string {
	s.signIn.mu.Lock()
	defer s.signIn.mu.Unlock()
	return s.signIn.newAccess(apiResource, false, time.Now())
}

// Tokens returns every access and refresh token given out, so that tests can
// search logs and files for them.
func (s *Service) Tokens() []string {
	s.signIn.mu.Lock()
	defer s.signIn.mu.Unlock()
	return append([]string(nil), s.signIn.given...)
}

// newAccess makes a token and forgets expired ones.
func (si *signIn) newAccess(audience string, appOnly bool, now time.Time) string {
	for text, token := range si.access {
		if now.After(token.expires) {
			delete(si.access, text)
		}
	}
	expires := now.Add(si.rules.AccessLife)
	text := si.jwt(audience, appOnly, now, expires)
	si.access[text] = accessToken{audience, expires, appOnly}
	si.given = append(si.given, text)
	return text
}

func (si *signIn) newRefresh(now time.Time) string {
	text := "1.AX0A" + noise(180) + "." + noise(420)
	si.refresh[text] = &refreshToken{expires: now.Add(si.rules.RefreshLife)}
	si.given = append(si.given, text)
	return text
}

// jwt makes a token with the claims that clients look at and a signature that
// nobody can verify.
func (si *signIn) jwt(audience string, appOnly bool, now, expires time.Time) string {
	claims := struct {
		Audience  string   `json:"aud"`
		Issuer    string   `json:"iss"`
		Issued    int64    `json:"iat"`
		NotBefore int64    `json:"nbf"`
		Expires   int64    `json:"exp"`
		Methods   []string `json:"amr,omitempty"`
		AppID     string   `json:"appid,omitempty"`
		IDType    string   `json:"idtyp"`
		ObjectID  string   `json:"oid"`
		Scope     string   `json:"scp,omitempty"`
		Tenant    string   `json:"tid"`
		UPN       string   `json:"upn,omitempty"`
		Unique    string   `json:"uti"`
		Version   string   `json:"ver"`
	}{
		Audience: audience, Issuer: "https://sts.windows.net/" + si.tenant + "/",
		Issued: now.Unix(), NotBefore: now.Unix(), Expires: expires.Unix(),
		AppID: si.rules.ClientID, IDType: "app", ObjectID: si.user, Tenant: si.tenant, Unique: noise(16), Version: "1.0",
	}
	if !appOnly {
		claims.IDType, claims.Scope, claims.UPN = "user", "user_impersonation", "agent@partner.onmicrosoft.com"
		claims.Methods = []string{"pwd"}
		if !si.rules.NoMFA {
			claims.Methods = append(claims.Methods, "mfa")
		}
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256","kid":"` + noise(20) + `"}`))
	return header + "." + base64.RawURLEncoding.EncodeToString(encode(claims)) + "." + noise(256)
}

// noise returns n random bytes in base64url.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
