package signin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"muster/pkg/secret"
)

func TestTokenRequest(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		path   string
		form   url.Values
	}{
		{"version 2", func(*Config) {}, "https://login.microsoftonline.com/partner.onmicrosoft.com/oauth2/v2.0/token", url.Values{
			"scope": {"https://api.partnercenter.microsoft.com/.default offline_access"}, "client_secret": {clientSecret}}},
		{"version 1", func(c *Config) { c.V1 = true }, "https://login.microsoftonline.com/partner.onmicrosoft.com/oauth2/token", url.Values{
			"scope": {"openid"}, "resource": {"https://api.partnercenter.microsoft.com"}, "client_secret": {clientSecret}}},
		{"China, public client", func(c *Config) {
			c.ClientSecret = secret.Text{}
			c.AuthURL, c.APIURL = "https://login.partner.microsoftonline.cn/", "https://partner.partnercenterapi.microsoftonline.cn/v1"
		}, "https://login.partner.microsoftonline.cn/partner.onmicrosoft.com/oauth2/v2.0/token", url.Values{
			"scope": {"https://partner.partnercenterapi.microsoftonline.cn/.default offline_access"}}},
		{"loopback", func(c *Config) { c.AuthURL, c.APIURL = "http://127.0.0.1:1", "http://127.0.0.1:1" },
			"http://127.0.0.1:1/partner.onmicrosoft.com/oauth2/v2.0/token", url.Values{
				"scope": {"https://api.partnercenter.microsoft.com/.default offline_access"}, "client_secret": {clientSecret}}},
	} {
		a := &authority{}
		c := config(a)
		test.change(&c)
		source(t, c).mustToken(t, "")
		test.form["grant_type"], test.form["refresh_token"], test.form["client_id"] = []string{"refresh_token"}, []string{firstRefresh}, []string{"client-1"}
		if got := a.asked()[0]; got.path != test.path || got.form.Encode() != test.form.Encode() {
			t.Errorf("%s: sent %s %v, want %s %v", test.name, got.path, got.form, test.path, test.form)
		}
	}
}

// What is no JSON comes from somebody on the way, and is over some time; JSON
// without a token comes from somewhere else altogether.
func TestAnswersThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name, body string
		passing    bool
	}{
		{"page", "<html>Welcome to the hotel</html>", true}, {"empty", "", true}, {"list", "[]", true},
		{"text", "access_token=stray-token-1&expires_in=5x", true}, {"half", `{"access_token":"stray-token-1`, true},
		{"too long", `{"x":"` + strings.Repeat("x", maxAnswer) + `"}`, true},
		{"no token", "{}", false}, {"number", `{"access_token":12345678}`, false},
	} {
		for _, status := range []int{200, 302, 400} {
			synctest.Test(t, func(t *testing.T) {
				a := &authority{answer: func(int, url.Values) (int, string, http.Header) {
					return status, test.body, http.Header{"Location": {"https://evil.example.com/stray-token-1"}, "Content-Type": {"text/odd"}}
				}}
				token, err := source(t, config(a)).Token(t.Context(), secret.Text{})
				passing, tries := test.passing && status == 200, 1
				if passing {
					tries = int(patient)
				}
				if e := failure(t, err); e.Temporary() != passing || !token.Empty() || len(a.asked()) != tries || strings.Contains(err.Error(), "stray-token-1") || strings.Contains(err.Error(), "12345678") {
					t.Errorf("%s with HTTP %d: %q, %v after %d requests, want an error, passing %v, after %d", test.name, status, token.Reveal(), err, len(a.asked()), passing, tries)
				}
			})
		}
	}
}

// The error says what came, but for the body.
func TestPageInsteadOfAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{answer: func(int, url.Values) (int, string, http.Header) {
			return 200, "<html>" + clientSecret, http.Header{"Content-Type": {"text/html; charset=utf-8"}}
		}}
		_, err := source(t, config(a)).Token(t.Context(), secret.Text{})
		want := "sign-in: the authority's answer is not one of a token endpoint: HTTP 200 with 38 bytes of text/html instead of JSON"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestByteOrderMark(t *testing.T) {
	a := &authority{}
	a.answer = func(int, url.Values) (int, string, http.Header) { return 200, "\xef\xbb\xbf" + a.grant("r"), nil }
	if got := source(t, config(a)).mustToken(t, ""); got != "access-1" {
		t.Errorf("Token = %q, want access-1", got)
	}
}
