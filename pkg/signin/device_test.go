package signin

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/secret"
)

const deviceCode = "device-code-that-is-secret"

// jwt makes a token with the claims.
func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"typ":"JWT"}`)) + "." + encode([]byte(claims)) + ".c2lnbmF0dXJl"
}

// deviceFlow answers the first request as given, and each poll by the next of
// the words: "ok" for a token, a number for a status, else an error.
func deviceFlow(start string, polls ...string) func(int, url.Values) (int, string, http.Header) {
	return func(n int, form url.Values) (int, string, http.Header) {
		if n == 1 {
			return 200, start, nil
		}
		word := polls[min(n-2, len(polls)-1)]
		switch word {
		case "ok":
			return 200, `{"token_type":"Bearer","expires_in":3600,"access_token":"` + jwt(`{"amr":["pwd","mfa"]}`) + `","refresh_token":"new-refresh"}`, nil
		case "no mfa":
			return 200, `{"token_type":"Bearer","expires_in":3600,"access_token":"` + jwt(`{"amr":["pwd"]}`) + `","refresh_token":"new-refresh"}`, nil
		case "no refresh":
			return 200, `{"token_type":"Bearer","expires_in":3600,"access_token":"a"}`, nil
		case "503":
			return 503, "", nil
		}
		return 400, `{"error":"` + word + `","error_description":"AADSTS70016: ` + form.Get("device_code") + ` is pending"}`, nil
	}
}

func TestDeviceLogin(t *testing.T) {
	const start = `{"user_code":"ABC123","device_code":"` + deviceCode + `","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":5,"message":"To sign in \u001b[31m"}`
	for _, test := range []struct {
		name, start string
		polls       []string
		want        string // "" for success, else a part of the error
		took        time.Duration
		warnings    int
	}{
		{"at once", start, []string{"ok"}, "", 5 * time.Second, 0},
		{"after a while", start, []string{"authorization_pending", "authorization_pending", "ok"}, "", 15 * time.Second, 0},
		{"slower", start, []string{"slow_down", "authorization_pending", "ok"}, "", 25 * time.Second, 0},
		{"out for a moment", start, []string{"503", "authorization_pending", "ok"}, "", 25 * time.Second, 0},
		{"no MFA", start, []string{"no mfa"}, "", 5 * time.Second, 1},
		{"text durations", strings.NewReplacer(`900`, `"900"`, `:5`, `:"10"`).Replace(start), []string{"ok"}, "", 10 * time.Second, 0},
		{"absurd interval", strings.Replace(start, `:5`, `:-5`, 1), []string{"ok"}, "", 5 * time.Second, 0},
		{"long interval", strings.Replace(start, `:5`, `:86400`, 1), []string{"ok"}, "", time.Minute, 0},
		{"no end told", strings.Replace(start, `"expires_in":900,`, ``, 1), []string{"authorization_pending"}, "not entered in time", 15 * time.Minute, 0},
		{"too late", start, []string{"authorization_pending"}, "not entered in time", 15 * time.Minute, 0},
		{"out for good", start, []string{"503"}, "not entered in time", 15 * time.Minute, 0},
		{"declined", start, []string{"authorization_declined"}, "authorization_declined", 5 * time.Second, 0},
		{"expired", start, []string{"expired_token"}, "expired_token", 5 * time.Second, 0},
		{"no refresh token", start, []string{"no refresh"}, "no refresh token", 5 * time.Second, 0},
		{"no code", `{"verification_uri":"https://x"}`, nil, "not one of a token endpoint", 0, 0},
		{"a page", `<html>`, nil, "not one of a token endpoint", 0, 0},
	} {
		path := filepath.Join(t.TempDir(), "token")
		synctest.Test(t, func(t *testing.T) {
			a := &authority{answer: deviceFlow(test.start, test.polls...)}
			c := config(a)
			var warned warnings
			c.ClientSecret, c.RefreshToken, c.RefreshTokenFile, c.Warn = secret.Text{}, secret.Text{}, path, warned.add
			var shown []string
			begin := time.Now()
			err := deviceLogin(t.Context(), c, func(message string) { shown = append(shown, message) })
			took := time.Since(begin)
			if took.Round(time.Second) != test.took || len(warned.all()) != test.warnings {
				t.Errorf("%s: took %v with warnings %q, want %v with %d", test.name, took, warned.all(), test.took, test.warnings)
			}
			if test.want != "" {
				if e := failure(t, err); !strings.Contains(err.Error(), test.want) || e.Temporary() != (test.name == "a page") {
					t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
				}
				assertNoSecret(t, test.name, err, []string{deviceCode})
				if _, err := os.Stat(path); err == nil {
					t.Errorf("%s: a file was written", test.name)
				}
				return
			}
			if err != nil || len(shown) != 1 || !strings.Contains(shown[0], "https://microsoft.com/devicelogin") || !strings.Contains(shown[0], "ABC123") || strings.Contains(shown[0], deviceCode) {
				t.Fatalf("%s: %v, shown %q", test.name, err, shown)
			}
			if info, err := os.Stat(path); err != nil || read(t, path) != "new-refresh\n" || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: the file holds %q, mode %v", test.name, read(t, path), info.Mode())
			}
			first, poll := a.asked()[0], a.asked()[1]
			if got, want := first.form.Encode(), (url.Values{"client_id": {"client-1"}, "scope": {"https://api.partnercenter.microsoft.com/.default offline_access"}}).Encode(); got != want ||
				first.path != "https://login.microsoftonline.com/partner.onmicrosoft.com/oauth2/v2.0/devicecode" {
				t.Errorf("%s: began with %s %s, want %s", test.name, first.path, got, want)
			}
			if poll.form.Get("device_code") != deviceCode || poll.form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || poll.form.Get("client_id") != "client-1" {
				t.Errorf("%s: polled with %v", test.name, poll.form)
			}
		})
	}
}

// deviceLogin signs somebody in from the settings on.
func deviceLogin(ctx context.Context, c Config, show func(string)) error {
	login, err := NewDeviceLogin(c)
	if err != nil {
		return err
	}
	return login.Run(ctx, show)
}

func TestDeviceLoginGivesUp(t *testing.T) {
	start := `{"user_code":"ABC123","device_code":"d","verification_uri":"https://x","expires_in":900,"interval":5}`
	for _, delay := range []time.Duration{0, time.Minute} { // in the poll, in the first request
		path := filepath.Join(t.TempDir(), "token")
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			defer cancel()
			a := &authority{delay: delay, answer: deviceFlow(start, "authorization_pending")}
			c := config(a)
			c.RefreshTokenFile = path
			begin := time.Now()
			err := deviceLogin(ctx, c, func(string) {})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 7*time.Second {
				t.Errorf("delay %v: %v after %v, want the context's error after 7s", delay, err, time.Since(begin))
			}
		})
	}
}

func TestDeviceLoginRefuses(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no file":   func(c *Config) { c.RefreshTokenFile = "" },
		"version 1": func(c *Config) { c.V1 = true },
		"no tenant": func(c *Config) { c.Tenant = "" },
		"no folder": func(c *Config) { c.RefreshTokenFile = filepath.Join(c.RefreshTokenFile, "missing", "token") },
	} {
		c := config(&authority{answer: deviceFlow(`{"user_code":"A","device_code":"d","verification_uri":"https://x","interval":1}`, "ok")})
		c.RefreshTokenFile = filepath.Join(t.TempDir(), "token")
		change(&c)
		synctest.Test(t, func(t *testing.T) {
			if err := deviceLogin(t.Context(), c, func(string) {}); failure(t, err).Temporary() {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestTokenFacts(t *testing.T) {
	for _, test := range []struct {
		token string
		want  Claims
		ok    bool
	}{
		{jwt(`{"aud":"https://api.partnercenter.microsoft.com","amr":["pwd","mfa"],"exp":1767225600,"tid":"t-1"}`),
			Claims{"https://api.partnercenter.microsoft.com", "t-1", true, false, time.Unix(1767225600, 0)}, true},
		{jwt(`{"aud":["a","b"],"amr":["ngcMFA"],"idtyp":"user"}`), Claims{Audience: "a", MFA: true}, true},
		{jwt(`{"aud":7,"amr":["pwd",1],"idtyp":"app","exp":-1}`), Claims{AppOnly: true}, true},
		{jwt(`{"exp":1e300}`), Claims{}, true},
		{jwt(`{"exp":"soon"}`), Claims{}, false},
		{jwt(`[]`), Claims{}, false},
		{"a.!.c", Claims{}, false},
		{"opaque", Claims{}, false},
		{"", Claims{}, false},
	} {
		got, ok := TokenFacts(secret.New(test.token))
		if got != test.want || ok != test.ok {
			t.Errorf("TokenFacts(%s) = %+v, %v, want %+v, %v", test.token, got, ok, test.want, test.ok)
		}
	}
}

func FuzzTokenFacts(f *testing.F) {
	f.Add(jwt(`{"aud":["a"],"amr":["mfa"],"exp":1}`))
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if c, ok := TokenFacts(secret.New(token)); !ok && c != (Claims{}) {
			t.Fatalf("TokenFacts(%q) = %+v, not ok", token, c)
		}
	})
}
