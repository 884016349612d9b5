package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// deviceGrant is the grant type of RFC 8628, section 3.4.
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// wireToken is a token answer. The v1 endpoint writes numbers as strings.
type wireToken struct {
	Type         string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    any    `json:"expires_in"`
	ExtExpiresIn any    `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	Resource     string `json:"resource,omitempty"`
	Access       string `json:"access_token"`
	Refresh      string `json:"refresh_token,omitempty"`
	ID           string `json:"id_token,omitempty"`
}

// token answers a token request of either version.
func (s *Service) token(c *call) answer {
	si := s.signIn
	si.mu.Lock()
	defer si.mu.Unlock()
	now := time.Now()
	grant := c.form.Get("grant_type")
	if e := si.checkClient(c, grant); e != (SignInError{}) {
		return e.answer(now, c)
	}
	audience, e := requested(c)
	if grant == deviceGrant && audience == "" {
		audience, e = apiResource, SignInError{} // it was named when the code was asked for
	}
	if e != (SignInError{}) {
		return e.answer(now, c)
	}
	switch grant {
	case "refresh_token":
		e = si.redeem(c.form.Get("refresh_token"), now)
	case deviceGrant:
		e = si.poll(c.form.Get("device_code"), now)
	case "client_credentials":
	default:
		e = SignInError{Code: 70003}
	}
	if e != (SignInError{}) {
		return e.answer(now, c)
	}
	c.Committed = true
	return answer{status: http.StatusOK, body: tokenBody(si.grant(c, audience, grant, now))}
}

// tokenBody is sent without byte-order mark: Entra wrote it, not Partner Center.
func tokenBody(v any) raw { return raw{"application/json; charset=utf-8", encode(v)} }

// grant makes the tokens that the request asked for.
func (si *signIn) grant(c *call, audience, grant string, now time.Time) wireToken {
	appOnly := grant == "client_credentials"
	seconds := int(si.rules.AccessLife / time.Second)
	scopes := strings.Fields(c.form.Get("scope"))
	w := wireToken{Type: "Bearer", ExpiresIn: seconds, ExtExpiresIn: seconds}
	w.Access = si.newAccess(audience, appOnly, now)
	if !appOnly {
		w.Scope = audience + "/user_impersonation"
	}
	if !c.place.versioned {
		w.ExpiresIn, w.ExtExpiresIn = strconv.Itoa(seconds), strconv.Itoa(seconds)
		w.NotBefore, w.ExpiresOn = strconv.FormatInt(now.Unix(), 10), strconv.FormatInt(now.Unix()+int64(seconds), 10)
		w.Resource = audience
		if !appOnly {
			w.Scope = "user_impersonation"
		}
	}
	device := si.devices[c.form.Get("device_code")]
	if device != nil {
		scopes = append(scopes, device.scopes...)
	}
	if !appOnly && (!c.place.versioned || slices.Contains(scopes, "offline_access")) {
		w.Refresh = si.newRefresh(now)
	}
	if !appOnly && slices.Contains(scopes, "openid") {
		w.ID = si.jwt(c.form.Get("client_id"), false, now, now.Add(si.rules.AccessLife))
	}
	return w
}

// checkClient refuses what the script, the tenant or the client forbid.
func (si *signIn) checkClient(c *call, grant string) SignInError {
	si.requests++
	id, secret := c.form.Get("client_id"), c.form.Get("client_secret")
	if si.rules.Refuse != nil {
		e := si.rules.Refuse(TokenRequest{N: si.requests, Grant: grant, ClientID: id, Versioned: c.place.versioned})
		if e != (SignInError{}) {
			return e
		}
	}
	partner, _, _ := strings.Cut(strings.Trim(strings.ToLower(c.Path), "/"), "/")
	switch {
	case si.rules.Tenant != "" && !slices.Contains([]string{si.tenant, "common", "organizations"}, partner):
		return SignInError{Code: 90002}
	case id == "":
		return SignInError{Code: 900144, Text: "The request body must contain the following parameter: 'client_id'."}
	case si.rules.ClientID != "" && id != si.rules.ClientID:
		return SignInError{Code: 700016}
	case si.rules.PublicClient && secret != "":
		return SignInError{Code: 700025}
	case si.rules.ClientSecret != "" && secret == "":
		return SignInError{Code: 7000218}
	case si.rules.ClientSecret != "" && secret != si.rules.ClientSecret:
		return SignInError{Code: 7000215}
	}
	return SignInError{}
}

// requested returns the resource a token is wanted for: named as such in v1,
// the front of a scope in v2.
func requested(c *call) (audience string, e SignInError) {
	if !c.place.versioned {
		if resource := strings.TrimSuffix(c.form.Get("resource"), "/"); resource != "" {
			return resource, SignInError{}
		}
		return "", SignInError{Code: 900144, Text: "The request body must contain the following parameter: 'resource'."}
	}
	scopes := strings.Fields(c.form.Get("scope"))
	for _, scope := range scopes {
		if slash := strings.LastIndex(scope, "/"); slash > 0 {
			return strings.TrimSuffix(scope[:slash], "/"), SignInError{}
		}
	}
	if len(scopes) == 0 {
		return "", SignInError{Code: 900144, Text: "The request body must contain the following parameter: 'scope'."}
	}
	return "", SignInError{Code: 70011}
}

// redeem checks a refresh token. One that the service did not make counts its
// age from its first use.
func (si *signIn) redeem(text string, now time.Time) SignInError {
	token := si.refresh[text]
	switch {
	case text == "":
		return SignInError{Code: 900144, Text: "The request body must contain the following parameter: 'refresh_token'."}
	case token == nil && si.rules.RefreshToken != "" && text != si.rules.RefreshToken:
		return SignInError{Code: 70000}
	case token == nil:
		token = &refreshToken{expires: now.Add(si.rules.RefreshLife)}
		si.refresh[text] = token
	case !now.Before(token.expires):
		return SignInError{Code: 700082}
	case si.rules.OneTime && token.used:
		return SignInError{Code: 50173}
	}
	token.used = true
	return SignInError{}
}

// signInErrors are the codes of "Microsoft Entra authentication and
// authorization error codes" with the OAuth word that they come with.
var signInErrors = []SignInError{
	{Code: 50076, Word: "interaction_required", Text: "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication."},
	{Code: 50079, Word: "interaction_required", Text: "You must enroll in multi-factor authentication."},
	{Code: 50158, Word: "interaction_required", Text: "External security challenge was not satisfied."},
	{Code: 53003, Word: "interaction_required", Text: "Access has been blocked by Conditional Access policies."},
	{Code: 530034, Word: "interaction_required", Text: "A delegated administrator was blocked from accessing the tenant due to account risk."},
	{Code: 700082, Word: "invalid_grant", Text: "The refresh token has expired due to inactivity."},
	{Code: 70008, Word: "invalid_grant", Text: "The provided authorization code or refresh token has expired due to inactivity."},
	{Code: 50173, Word: "invalid_grant", Text: "The provided grant has expired due to it being revoked, a fresh auth token is needed."},
	{Code: 70000, Word: "invalid_grant", Text: "Provided grant is invalid or malformed."},
	{Code: 50126, Word: "invalid_grant", Text: "Error validating credentials due to invalid username or password."},
	{Code: 54005, Word: "invalid_grant", Text: "OAuth2 Authorization code was already redeemed."},
	{Code: 65001, Word: "invalid_grant", Text: "The user or administrator has not consented to use the application."},
	{Code: 50196, Word: "invalid_grant", Text: "The server terminated an operation because it encountered a client request loop."},
	{Code: 7000215, Word: "invalid_client", Text: "Invalid client secret provided."},
	{Code: 7000222, Word: "invalid_client", Text: "The provided client secret keys are expired."},
	{Code: 7000218, Word: "invalid_client", Text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
	{Code: 700025, Word: "invalid_client", Text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."},
	{Code: 70002, Word: "invalid_client", Text: "Error validating credentials."},
	{Code: 700027, Word: "invalid_client", Text: "Client assertion failed signature validation."},
	{Code: 700016, Word: "unauthorized_client", Text: "Application was not found in the directory."},
	{Code: 700011, Word: "unauthorized_client", Text: "Application was not found in the directory."},
	{Code: 70001, Word: "unauthorized_client", Text: "The application is disabled."},
	{Code: 650057, Word: "invalid_resource", Text: "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions."},
	{Code: 70011, Word: "invalid_scope", Text: "The provided value for the input parameter 'scope' is not valid."},
	{Code: 90002, Word: "invalid_request", Text: "Tenant not found."},
	{Code: 900144, Word: "invalid_request", Text: "The request body lacks a parameter."},
	{Code: 70003, Word: "unsupported_grant_type", Text: "The app requested an unsupported grant type."},
	{Code: 70016, Word: "authorization_pending", Text: "OAuth 2.0 device flow error. Authorization is pending. Continue polling."},
	{Code: 70019, Word: "expired_token", Text: "Verification code expired."},
	{Code: 70018, Word: "bad_verification_code", Text: "Invalid verification code."},
	{Code: 90033, Word: "temporarily_unavailable", Text: "A transient error has occurred. Please try again."},
	{Word: "authorization_declined", Text: "The user declined the sign-in."},
	{Word: "slow_down", Text: "Polling too often."},
}

// answer spells a refusal as Entra does.
func (e SignInError) answer(now time.Time, c *call) answer {
	usual := slices.IndexFunc(signInErrors, func(u SignInError) bool {
		return e.Code != 0 && u.Code == e.Code || e.Code == 0 && u.Word == e.Word
	})
	if usual >= 0 {
		u := signInErrors[usual]
		e.Code = u.Code
		if e.Word == "" {
			e.Word = u.Word
		}
		if e.Text == "" {
			e.Text = u.Text
		}
	}
	if e.Word == "" {
		e.Word = "invalid_grant"
	}
	if e.Status == 0 {
		e.Status = http.StatusBadRequest
		if e.Word == "invalid_client" {
			e.Status = http.StatusUnauthorized
		}
	}
	return answer{status: e.Status, body: tokenBody(e.wire(now, randomID(c.random), randomID(c.random)))}
}

// wire is the error body of the token endpoint.
func (e SignInError) wire(now time.Time, trace, correlation uuid.UUID) any {
	stamp := now.UTC().Format("2006-01-02 15:04:05Z")
	return struct {
		Error       string    `json:"error"`
		Description string    `json:"error_description"`
		Codes       []int     `json:"error_codes"`
		Timestamp   string    `json:"timestamp"`
		Trace       uuid.UUID `json:"trace_id"`
		Correlation uuid.UUID `json:"correlation_id"`
		URI         string    `json:"error_uri,omitempty"`
	}{
		e.Word,
		fmt.Sprintf("AADSTS%d: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", e.Code, e.Text, trace, correlation, stamp),
		[]int{e.Code}, stamp, trace, correlation,
		"https://login.microsoftonline.com/error?code=" + strconv.Itoa(e.Code),
	}
}
