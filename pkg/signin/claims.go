package signin

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"muster/pkg/secret"
)

// Claims are what an access token says of itself, for checks before a run.
type Claims struct {
	Audience string    // Partner Center's URL or application id
	Tenant   string    // the GUID of the tenant that issued it
	MFA      bool      // amr has a value ending in "mfa"
	AppOnly  bool      // no user signed in
	Expires  time.Time // zero where it does not say
}

// TokenFacts reads the claims of an access token. It verifies nothing: only the
// service the token is for can, and whoever holds the token can read it. ok is
// false where it is not a token that can be read, which is no fault.
func TokenFacts(token secret.Text) (c Claims, ok bool) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return Claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, false
	}
	var claims struct {
		Audience any     `json:"aud"`
		Methods  []any   `json:"amr"`
		Tenant   string  `json:"tid"`
		Type     string  `json:"idtyp"`
		Expires  float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return Claims{}, false
	}
	c = Claims{Tenant: claims.Tenant, AppOnly: claims.Type == "app"}
	if several, ok := claims.Audience.([]any); ok && len(several) > 0 {
		claims.Audience = several[0]
	}
	c.Audience, _ = claims.Audience.(string)
	for _, method := range claims.Methods {
		if text, ok := method.(string); ok && strings.HasSuffix(strings.ToLower(text), "mfa") {
			c.MFA = true
		}
	}
	if seconds := claims.Expires; seconds > 0 && seconds < 1e11 {
		c.Expires = time.Unix(int64(seconds), 0)
	}
	return c, true
}
