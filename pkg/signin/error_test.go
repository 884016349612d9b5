package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"muster/pkg/secret"
)

// TestEveryCode goes through the codes that a sign-in meets: each has a sentence
// of its own, and none is tried again.
func TestEveryCode(t *testing.T) {
	for word, codes := range map[string][]int{
		"invalid_grant":        {700082, 70008, 50173, 70000, 50126, 54005, 50076, 50079, 65001},
		"interaction_required": {50158, 53003, 530034},
		"invalid_client":       {7000215, 7000222, 7000218, 700025, 70002, 700027},
		"unauthorized_client":  {700016, 700011, 70001},
		"invalid_resource":     {650057},
		"invalid_scope":        {70011},
		"invalid_request":      {50196, 90002, 900023},
	} {
		for _, code := range codes {
			a := &authority{answer: refusal(400, word, code)}
			_, err := source(t, config(a)).Token(t.Context(), secret.Text{})
			e := failure(t, err)
			if e.Code != code || e.Word != word || e.Status != 400 || e.Temporary() || len(a.asked()) != 1 {
				t.Errorf("%d: %+v after %d requests", code, e, len(a.asked()))
			}
			if advices[code] == "" || e.Advice() != advices[code] {
				t.Errorf("%d: the advice is %q, want one of its own", code, e.Advice())
			}
			want := fmt.Sprintf("sign-in refused: %s: AADSTS%d: Something is wrong.", word, code)
			if got := err.Error(); got != want {
				t.Errorf("%d: the error is %q, want %q", code, got, want)
			}
		}
	}
}

func TestRefusalShapes(t *testing.T) {
	for _, test := range []struct {
		name, body string
		code       int
		text       string
		advice     string // a part of it
	}{
		{"unknown code", `{"error":"invalid_grant","error_description":"AADSTS99999: New.\r\nTrace ID: x","error_codes":[99999]}`, 99999,
			"sign-in refused: invalid_grant: AADSTS99999: New.", "muster login"},
		{"known among several", `{"error":"invalid_grant","error_description":"AADSTS50000: x","error_codes":[50000,50076]}`, 50076,
			"sign-in refused: invalid_grant: AADSTS50076: AADSTS50000: x", "multi-factor"},
		{"codes as text", `{"error":"invalid_client","error_description":"d","error_codes":["7000215"]}`, 7000215,
			"sign-in refused: invalid_client: AADSTS7000215: d", "value, not its id"},
		{"code in the text only", `{"error":"invalid_client","error_description":"AADSTS7000222: expired Trace ID: 1"}`, 7000222,
			"sign-in refused: invalid_client: AADSTS7000222: expired", "expired"},
		{"odd types", `{"error":"invalid_client","error_description":"d","error_codes":"x"}`, 0, "sign-in refused: invalid_client: d", "secret"},
		{"nothing", ``, 0, "sign-in refused: HTTP 400", "--tenant"},
		{"page", `<html>`, 0, "sign-in refused: HTTP 400", "--tenant"},
	} {
		a := &authority{answer: func(int, url.Values) (int, string, http.Header) { return 400, test.body, nil }}
		_, err := source(t, config(a)).Token(t.Context(), secret.Text{})
		if e := failure(t, err); e.Code != test.code || err.Error() != test.text || !strings.Contains(e.Advice(), test.advice) {
			t.Errorf("%s: code %d, %q, %q; want %d, %q, %q", test.name, e.Code, err, e.Advice(), test.code, test.text, test.advice)
		}
	}
}

// TestNoSecretComesBack lets the authority repeat what it was sent, in every
// place and shape it can think of, and tokens that nobody has seen.
func TestNoSecretComesBack(t *testing.T) {
	const unseen = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJhcGkiLCJhbXIiOlsibWZhIl19.c2lnbmF0dXJl"
	secrets := []string{clientSecret, firstRefresh, unseen}
	shapes := map[string]func(string) string{
		"as it is":   func(s string) string { return s },
		"URL":        url.QueryEscape,
		"URL path":   url.PathEscape,
		"URL twice":  func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
		"HTML":       html.EscapeString,
		"upper case": strings.ToUpper,
		"spaced":     func(s string) string { return s[:5] + " \u200b" + s[5:] },
		"as form":    func(s string) string { return url.Values{"client_secret": {s}, "x": {"y"}}.Encode() },
	}
	quote := func(s string) string {
		q, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(q)
	}
	places := map[string]func(text string) (string, http.Header){
		"description": func(text string) (string, http.Header) {
			return `{"error":"invalid_client","error_description":` + quote("AADSTS7000215: "+text+"\r\nTrace ID: "+text) + `,"error_codes":[7000215]}`, nil
		},
		"word": func(text string) (string, http.Header) { return `{"error":` + quote(text) + `}`, nil },
		"codes": func(text string) (string, http.Header) {
			return `{"error":"x","error_codes":[` + quote(text) + `]}`, nil
		},
		"life": func(text string) (string, http.Header) { return `{"expires_in":` + quote(text) + `}`, nil },
		"type": func(text string) (string, http.Header) { return `{"access_token":[` + quote(text) + `]}`, nil },
		"text": func(text string) (string, http.Header) { return text, nil },
		"media type": func(text string) (string, http.Header) {
			return "<html>", http.Header{"Content-Type": {"text/" + text}}
		},
		"location": func(text string) (string, http.Header) { return "", http.Header{"Location": {"https://x/" + text}} },
	}
	for placeName, place := range places {
		for shapeName, shape := range shapes {
			for _, status := range []int{200, 302, 400, 401, 429} {
				for _, value := range secrets {
					if value == unseen && shapeName != "as it is" && shapeName != "URL" {
						continue // nobody could know it
					}
					a := &authority{answer: func(int, url.Values) (int, string, http.Header) {
						body, header := place(shape(value))
						if header == nil {
							header = http.Header{}
						}
						header.Set("Retry-After", "9999") // not tried again
						return status, body, header
					}}
					synctest.Test(t, func(t *testing.T) {
						token, err := source(t, config(a)).Token(t.Context(), secret.Text{})
						if err == nil {
							t.Fatalf("%s in the %s of a %d: a token %q", shapeName, placeName, status, token.Reveal())
						}
						assertNoSecret(t, fmt.Sprintf("%s in the %s of a %d", shapeName, placeName, status), err, secrets)
					})
				}
			}
		}
	}
}

func TestNetworkErrorHoldsNoSecret(t *testing.T) {
	a := &authority{err: func(int) error { return errors.New("cannot write " + clientSecret + " and " + firstRefresh) }}
	x := source(t, config(a)).exchange
	_, err := x.refresh(t.Context(), secret.New(firstRefresh), hasty)
	if !failure(t, err).Temporary() {
		t.Errorf("%v, want a passing error", err)
	}
	assertNoSecret(t, "network", err, []string{clientSecret, firstRefresh})
}

// assertNoSecret looks into every text that an error can give.
func assertNoSecret(t *testing.T, name string, err error, secrets []string) {
	t.Helper()
	e := failure(t, err)
	texts := []string{e.Advice(), fmt.Sprintf("%+v", *e), fmt.Sprintf("%#v", *e)}
	for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
		texts = append(texts, cause.Error())
	}
	simple := func(s string) string {
		for range 3 {
			s = html.UnescapeString(s)
			if unescaped, err := url.QueryUnescape(s); err == nil {
				s = unescaped
			}
		}
		return strings.ToLower(strings.ReplaceAll(s, " ", ""))
	}
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(simple(text), simple(secret)) {
				t.Fatalf("%s: %q holds the secret %q", name, text, secret)
			}
		}
	}
}
