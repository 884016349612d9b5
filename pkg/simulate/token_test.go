package simulate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	refreshV1 = "grant_type=refresh_token&refresh_token=first&client_id=app&resource=https%3A%2F%2Fapi.partnercenter.microsoft.com&scope=openid"
	refreshV2 = "grant_type=refresh_token&refresh_token=first&client_id=app&scope=https%3A%2F%2Fapi.partnercenter.microsoft.com%2F.default+offline_access"
)

// signInAt posts a form to a token endpoint.
func (s *tester) signInAt(path, form string) reply {
	r, err := http.NewRequest("POST", "http://login.test"+path, strings.NewReader(form))
	if err != nil {
		return reply{err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return exchange(s.client, r)
}

func fields(t *testing.T, got reply) map[string]any {
	t.Helper()
	m := make(map[string]any)
	if err := json.Unmarshal([]byte(got.body), &m); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return m
}

func TestTokenAnswersOfBothVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{})
		got := fields(t, s.signInAt("/partner.com/oauth2/token", refreshV1))
		expires := fmt.Sprint(time.Now().Unix() + 3599)
		for name, want := range map[string]any{
			"token_type": "Bearer", "scope": "user_impersonation", "expires_in": "3599", "ext_expires_in": "3599",
			"expires_on": expires, "not_before": fmt.Sprint(time.Now().Unix()), "resource": apiResource,
		} {
			check(t, "v1 "+name, got[name], want)
		}
		check(t, "v1 refresh and id token", got["refresh_token"] != nil && got["id_token"] != nil, true)

		got = fields(t, s.signInAt("/PARTNER.com/OAuth2/v2.0/token/", refreshV2))
		for name, want := range map[string]any{
			"token_type": "Bearer", "scope": apiResource + "/user_impersonation", "expires_in": 3599.0, "ext_expires_in": 3599.0,
			"expires_on": nil, "resource": nil, "id_token": nil,
		} {
			check(t, "v2 "+name, got[name], want)
		}
		s.token = got["access_token"].(string)
		check(t, "the token is good", s.list(), 200)
		time.Sleep(3599*time.Second - 1)
		check(t, "to the last", s.list(), 200)
		time.Sleep(1 * time.Nanosecond)
		late := s.do("GET", users, "")
		check(t, "no longer", fmt.Sprint(late.status, code(late.body)), "401 400")
		check(t, "challenge", late.header.Get("WWW-Authenticate"), "OAuth realm=urn:cpsvc:cpid:"+DefaultPartnerTenant)

		silent := fields(t, s.signInAt("/t/oauth2/v2.0/token", strings.Replace(refreshV2, "+offline_access", "", 1)))
		check(t, "no refresh token without offline_access", silent["refresh_token"], nil)
		check(t, "all of them can be searched for", len(s.Tokens()), 6)
	})
}

func TestAccessTokensLookReal(t *testing.T) {
	s := newTester(Scenario{SignIn: SignIn{NoMFA: true}})
	for _, methods := range []string{"[pwd]", "[pwd mfa]"} {
		parts := strings.Split(s.token, ".")
		if len(parts) != 3 {
			t.Fatalf("%d parts", len(parts))
		}
		text, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		claims := fields(t, reply{body: string(text)})
		check(t, "aud", claims["aud"], any(apiResource))
		check(t, "tid", claims["tid"], any(DefaultPartnerTenant))
		check(t, "amr", fmt.Sprint(claims["amr"]), methods)
		check(t, "exp", claims["exp"].(float64)-claims["iat"].(float64), 3599)
		s = newTester(Scenario{})
	}
}

func TestRefreshTokensRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			rules SignIn
			again string // of the first token
		}{{SignIn{RefreshToken: "first"}, "200"}, {SignIn{RefreshToken: "first", OneTime: true}, "invalid_grant [50173]"}} {
			s := newTester(Scenario{SignIn: tt.rules})
			with := func(token string) string {
				return strings.Replace(refreshV2, "=first&", "="+url.QueryEscape(token)+"&", 1)
			}
			second := fields(t, s.signInAt("/t/oauth2/v2.0/token", refreshV2))["refresh_token"].(string)
			check(t, "first again", word(t, s.signInAt("/t/oauth2/v2.0/token", refreshV2)), tt.again)
			check(t, "unknown", word(t, s.signInAt("/t/oauth2/v2.0/token", with("stranger"))), "invalid_grant [70000]")
			check(t, "none", word(t, s.signInAt("/t/oauth2/v2.0/token", with(""))), "invalid_request [900144]")
			time.Sleep(90*24*time.Hour - 1)
			third := fields(t, s.signInAt("/t/oauth2/v2.0/token", with(second)))["refresh_token"].(string)
			time.Sleep(1 * time.Nanosecond)
			check(t, "first, after 90 days", word(t, s.signInAt("/t/oauth2/v2.0/token", refreshV2)), "invalid_grant [700082]")
			check(t, "third", word(t, s.signInAt("/t/oauth2/v2.0/token", with(third))), "200")
		}
	})
}

// word returns the status of a success, or error and codes.
func word(t *testing.T, got reply) string {
	t.Helper()
	if got.status == 200 {
		return "200"
	}
	f := fields(t, got)
	codes := fmt.Sprint(f["error_codes"])
	if n, ok := f["error_codes"].([]any); ok && len(n) == 1 {
		codes = fmt.Sprintf("[%.0f]", n[0])
	}
	return fmt.Sprint(f["error"], " ", codes)
}

func TestSignInRefusals(t *testing.T) {
	secret := "&client_secret=wrong"
	for name, tt := range map[string]struct {
		rules  SignIn
		form   string
		want   string
		status int
	}{
		"tenant":        {SignIn{Tenant: DefaultCustomerID}, refreshV2, "invalid_request [90002]", 400},
		"client":        {SignIn{ClientID: "other"}, refreshV2, "unauthorized_client [700016]", 400},
		"no client":     {SignIn{}, strings.Replace(refreshV2, "client_id=app&", "", 1), "invalid_request [900144]", 400},
		"wrong secret":  {SignIn{ClientSecret: "s"}, refreshV2 + secret, "invalid_client [7000215]", 401},
		"no secret":     {SignIn{ClientSecret: "s"}, refreshV2, "invalid_client [7000218]", 401},
		"public":        {SignIn{PublicClient: true}, refreshV2 + secret, "invalid_client [700025]", 401},
		"no scope":      {SignIn{}, "grant_type=refresh_token&client_id=app&refresh_token=x", "invalid_request [900144]", 400},
		"odd scope":     {SignIn{}, "grant_type=refresh_token&client_id=app&refresh_token=x&scope=openid", "invalid_scope [70011]", 400},
		"grant":         {SignIn{}, "grant_type=password&client_id=app&scope=a/b", "unsupported_grant_type [70003]", 400},
		"scripted code": {SignIn{Refuse: func(TokenRequest) SignInError { return SignInError{Code: 7000222} }}, refreshV2, "invalid_client [7000222]", 401},
		"scripted word": {SignIn{Refuse: func(TokenRequest) SignInError { return SignInError{Word: "temporarily_unavailable", Status: 503} }}, refreshV2, "temporarily_unavailable [90033]", 503},
		"unknown code":  {SignIn{Refuse: func(TokenRequest) SignInError { return SignInError{Code: 1, Text: "Odd."} }}, refreshV2, "invalid_grant [1]", 400},
		"second only": {SignIn{Refuse: func(r TokenRequest) SignInError {
			if r != (TokenRequest{N: 1, Grant: "refresh_token", ClientID: "app", Versioned: true}) {
				return SignInError{Code: 50076}
			}
			return SignInError{}
		}}, refreshV2, "200", 200},
	} {
		s := newTester(Scenario{SignIn: tt.rules})
		got := s.signInAt("/t/oauth2/v2.0/token", tt.form)
		check(t, name, word(t, got), tt.want)
		check(t, name+" status", got.status, tt.status)
	}
}

func TestSignInErrorText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{SignIn: SignIn{Refuse: func(TokenRequest) SignInError { return SignInError{Code: 700082} }}})
		f := fields(t, s.signInAt("/t/oauth2/token", refreshV1))
		want := fmt.Sprintf("AADSTS700082: The refresh token has expired due to inactivity.\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: 2000-01-01 00:00:00Z",
			f["trace_id"], f["correlation_id"])
		check(t, "description", f["error_description"], any(want))
	})
}

func TestTokensThatDoNotSuffice(t *testing.T) {
	appOnly := strings.Replace(refreshV2, "grant_type=refresh_token", "grant_type=client_credentials", 1)
	graph := strings.Replace(refreshV2, "api.partnercenter.microsoft.com", "graph.windows.net", 1)
	for name, tt := range map[string]struct {
		rules    SignIn
		form     string
		users    string
		customer string
	}{
		"good":           {SignIn{}, refreshV2, "200", "200"},
		"app-only":       {SignIn{}, appOnly, "403 900329", "200"},
		"no MFA":         {SignIn{NoMFA: true}, refreshV2, "401 900421", "401 900421"},
		"other audience": {SignIn{}, graph, "401 900420", "401 900420"},
	} {
		s := newTester(Scenario{SignIn: tt.rules})
		s.token = fields(t, s.signInAt("/t/oauth2/v2.0/token", tt.form))["access_token"].(string)
		for path, want := range map[string]string{users: tt.users, "/customers/" + DefaultCustomerID: tt.customer} {
			got := s.do("GET", path, "")
			check(t, name+" "+path, fmt.Sprint(got.status, code(got.body)), want)
		}
	}
	s := newTester(Scenario{})
	for _, header := range []string{"", "Basic abc", "Bearer", "Bearer abc", s.token} {
		got := s.do("GET", users, "", "Authorization: "+header)
		check(t, header, fmt.Sprint(got.status, code(got.body)), "401 400")
	}
	check(t, "scheme in lower case", s.do("GET", users, "", "Authorization: bearer "+s.token).status, 200)
}

func TestDeviceCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := "client_id=app&scope=" + url.QueryEscape(apiResource+"/user_impersonation offline_access")
		for name, tt := range map[string]struct {
			device Device
			sleeps []int // seconds before each poll
			want   string
		}{
			"kind":     {Device{}, []int{0, 5}, "200, invalid_grant [54005]"},
			"slow":     {Device{ApproveAfter: 12 * time.Second}, []int{5, 5, 5}, "authorization_pending [70016], authorization_pending [70016], 200"},
			"hasty":    {Device{ApproveAfter: time.Minute, Interval: 10 * time.Second}, []int{0, 9, 10}, "authorization_pending [70016], slow_down [0], authorization_pending [70016]"},
			"declined": {Device{ApproveAfter: time.Second, Outcome: "authorization_declined"}, []int{0, 5}, "authorization_pending [70016], authorization_declined [0]"},
			"expired":  {Device{ApproveAfter: time.Hour}, []int{899, 5}, "authorization_pending [70016], expired_token [70019]"},
		} {
			s := newTester(Scenario{SignIn: SignIn{Device: tt.device}})
			f := fields(t, s.signInAt("/common/oauth2/v2.0/devicecode", start))
			check(t, name+" expires_in", f["expires_in"], any(900.0))
			check(t, name+" interval", f["interval"], any(tt.device.interval().Seconds()))
			check(t, name+" message", strings.Contains(fmt.Sprint(f["message"]), fmt.Sprint(f["user_code"])), true)
			var got []string
			for _, sleep := range tt.sleeps {
				time.Sleep(time.Duration(sleep) * time.Second)
				poll := s.signInAt("/common/oauth2/v2.0/token", "client_id=app&grant_type="+url.QueryEscape(deviceGrant)+"&device_code="+fmt.Sprint(f["device_code"]))
				got = append(got, word(t, poll))
				if poll.status == 200 {
					check(t, name+" refresh token", fields(t, poll)["refresh_token"] != nil, true)
				}
			}
			check(t, name, strings.Join(got, ", "), tt.want)
			stranger := s.signInAt("/common/oauth2/v2.0/token", "client_id=app&grant_type="+url.QueryEscape(deviceGrant)+"&device_code=x")
			check(t, name+" stranger", word(t, stranger), "bad_verification_code [70018]")
		}
	})
}
