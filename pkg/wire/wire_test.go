package wire

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"muster/pkg/secret"
)

func TestBase(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.partnercenter.microsoft.com":  "https://api.partnercenter.microsoft.com",
		"https://host:8443/prefix/":                "https://host:8443/prefix",
		"http://localhost:8080/":                   "http://localhost:8080",
		"http://LOCALHOST":                         "http://LOCALHOST",
		"http://127.0.0.1:1":                       "http://127.0.0.1:1",
		"http://127.9.9.9":                         "http://127.9.9.9",
		"http://[::1]:8080":                        "http://[::1]:8080",
		"http://api.partnercenter.microsoft.com":   "",
		"http://127.0.0.1.example.com":             "",
		"http://localhost.example.com":             "",
		"http://0.0.0.0":                           "",
		"https://user:hunter22@host":               "",
		"https://host?token=hunter22":              "",
		"https://host#here":                        "",
		"https://":                                 "",
		"ftp://host":                               "",
		"api.partnercenter.microsoft.com":          "",
		"":                                         "",
		"https://us\x00er:hunter22@host/":          "",
		"https://api.partnercenter.microsoft.com?": "",
	} {
		u, err := Base(raw)
		got := ""
		if err == nil {
			got = u.String()
		} else if strings.Contains(err.Error(), "hunter22@") {
			t.Errorf("Base(%q) fails with %q, which holds the password", raw, err)
		}
		if got != want {
			t.Errorf("Base(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
}

func TestProxyNeverSeesLoopback(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.example.com:3128")
	t.Setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
	for _, raw := range []string{"http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Transport(1).Proxy(&http.Request{URL: u})
		if got != nil || err != nil {
			t.Errorf("Proxy(%s) = %v, %v, want none", raw, got, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, test := range []struct {
		after, date string
		want        time.Duration
		ok          bool
	}{
		{"57", "", 57 * time.Second, true},
		{" 57 ", "", 57 * time.Second, true},
		{"0", "", 0, true},
		{"0.249", "", 249 * time.Millisecond, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{"-3", "", 0, false},
		{"1e9", "", 0, false},
		{"inf", "", 0, false},
		{"NaN", "", 0, false},
		{"0x10", "", 0, false},
		{".", "", 0, false},
		{"soon", "", 0, false},
		{"", "", 0, false},
		{strings.Repeat("9", 400), "", MaxRetryAfter, true},
		{"99999999", "", MaxRetryAfter, true},
		{date(90 * time.Second), "", 90 * time.Second, true},
		{date(-time.Hour), "", 0, true},
		{date(240 * time.Hour), "", MaxRetryAfter, true},
		// The service's clock is an hour ahead of ours, or behind it.
		{date(time.Hour + 30*time.Second), date(time.Hour), 30 * time.Second, true},
		{date(-time.Hour + 30*time.Second), date(-time.Hour), 30 * time.Second, true},
		{date(90 * time.Second), "no date", 90 * time.Second, true},
		{"0\n57\n12", "", 57 * time.Second, true},
		{"57\nsoon", "", 57 * time.Second, true},
		{date(90*time.Second) + "\n57", "", 90 * time.Second, true},
		{"2, 57", "", 57 * time.Second, true},
		{"-3\nsoon", "", 0, false},
		{"57s", "", 57 * time.Second, true},
		{"57 Seconds", "", 57 * time.Second, true},
		{"\"57\"", "", 57 * time.Second, true},
		{"57 minutes", "", 0, false},
		{"2026-03-01T12:01:30Z", "", 90 * time.Second, true},
		{"2026-03-01T13:01:30.500+01:00", "", 90500 * time.Millisecond, true},
		{"Sun, 01 Mar 2026 12:01:30 +0000", "", 90 * time.Second, true},
		{"Sunday, 01-Mar-26 12:01:30 GMT", "", 90 * time.Second, true},
		{"Sun Mar  1 12:01:30 2026", "", 90 * time.Second, true},
	} {
		h := http.Header{}
		h["Retry-After"] = strings.Split(test.after, "\n")
		h.Set("Date", test.date)
		got, ok := RetryAfter(h, now)
		if got != test.want || ok != test.ok {
			t.Errorf("RetryAfter(%q, Date %q) = %v, %v, want %v, %v", test.after, test.date, got, ok, test.want, test.ok)
		}
	}
}

type closeWatch struct {
	io.Reader
	closed bool
}

func (c *closeWatch) Close() error { c.closed = true; return nil }

func TestReadBody(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("{"), errReader{})
	for _, test := range []struct {
		name   string
		reader io.Reader
		length int64
		want   string
		err    error
	}{
		{"plain", strings.NewReader("{}"), 2, "{}", nil},
		{"unknown length", strings.NewReader("{}"), -1, "{}", nil},
		{"with a mark", strings.NewReader("\xef\xbb\xbf{}"), 5, "{}", nil},
		{"with two marks", strings.NewReader("\xef\xbb\xbf\xef\xbb\xbf{}"), 8, "{}", nil},
		{"half a mark", strings.NewReader("\xef\xbb{}"), 4, "\xef\xbb{}", nil},
		{"empty", strings.NewReader(""), 0, "", nil},
		{"at the limit", strings.NewReader("0123456789"), 10, "0123456789", nil},
		{"over the limit", strings.NewReader("0123456789a"), 11, "", ErrTooLong},
		{"boastful", strings.NewReader("{}"), 1 << 60, "{}", nil},
		{"broken off", broken, -1, "", io.ErrUnexpectedEOF},
	} {
		body := &closeWatch{Reader: test.reader}
		got, err := Body(&http.Response{Body: body, ContentLength: test.length}, 10)
		if string(got) != test.want || !errors.Is(err, test.err) || !body.closed {
			t.Errorf("%s: Body = %q, %v, closed %v, want %q, %v, closed", test.name, got, err, body.closed, test.want, test.err)
		}
	}
}

// Whoever switches protocols without being asked keeps the connection open and says no more.
func TestSwitchedProtocolsHaveNoBody(t *testing.T) {
	body := &closeWatch{Reader: strings.NewReader("the connection")}
	got, err := Body(&http.Response{StatusCode: http.StatusSwitchingProtocols, Body: body, ContentLength: -1}, 100)
	if len(got) != 0 || err != nil || !body.closed {
		t.Errorf("Body = %q, %v, closed %v, want nothing read, and closed", got, err, body.closed)
	}
}

// A body may come in pieces of any size, with its end or before it, whatever was
// said of its length.
func TestBodyGrows(t *testing.T) {
	want := strings.Repeat("0123456789", 500)
	for _, length := range []int64{-1, 0, 3, 4999, 5000, 1 << 40} {
		for name, pieces := range map[string]func(io.Reader) io.Reader{
			"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "with the end": iotest.DataErrReader,
		} {
			got, err := Body(&http.Response{Body: io.NopCloser(pieces(strings.NewReader(want))), ContentLength: length}, 5000)
			if string(got) != want || err != nil {
				t.Errorf("%s, said to be %d bytes: Body has %d bytes, %v, want %d", name, length, len(got), err, len(want))
			}
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestPlain(t *testing.T) {
	jwt := "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJhcGkifQ.c2lnbmF0dXJl"
	for _, test := range []struct{ text, want string }{
		{"Invalid property", "Invalid property"},
		{"", ""},
		{"two\r\nlines\tand  space ", "two lines and space"},
		{"bell\a, escape \x1b[31mred", "bell , escape [31mred"},
		{"zero\u200bwidth \u202eturned", "zerowidth turned"},
		{"broken \xff\xfe text", "broken text"},
		{"the password 'Vq7!sample' is weak", "the password '[redacted]' is weak"},
		{"vq7!SAMPLE, Vq7!sample", "[redacted], [redacted]"},
		{"Vq7!\u200bsample", "[redacted]"},
		{"Vq7! sam\nple", withheld},
		{"a=Vq7%21sample", withheld},
		{"Vq7&#33;sample", withheld},
		{"a%2Bb%20c%2Fd, a+b%20c%2Fd", withheld},
		{"a%2Bb+c%2Fd", withheld},
		{`Vq7\u0021sample`, withheld},
		{`Vq7\\u0021sample`, withheld},
		{"token " + jwt + ".", "token " + secret.Redacted},
		{"run " + strings.Repeat("x", 151), "run " + secret.Redacted},
		{"/v1/customers/0b1c2d3e-1111-4222-8333-444455556666/users/0b1c2d3e-1111-4222-8333-444455556666",
			"/v1/customers/0b1c2d3e-1111-4222-8333-444455556666/users/0b1c2d3e-1111-4222-8333-444455556666"},
		{strings.Repeat("ü ", 150), strings.Repeat("ü ", 99) + "ü…"},
	} {
		got := Plain(test.text, 200, secret.New("Vq7!sample"), secret.Text{}, secret.New("a+b c/d"))
		if got != test.want {
			t.Errorf("Plain(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a Vq7!sample b", "Vq7!sample")
	f.Add(`{"password":"a\"b\\c<d"}`, `a"b\c<d`)
	f.Add("ab\x00ab", "ab")
	f.Fuzz(func(t *testing.T, text, hidden string) {
		got := Plain(text, 50, secret.New(hidden))
		if len([]rune(got)) > 50 {
			t.Fatalf("Plain(%q) has %d characters, want at most 50", text, len([]rune(got)))
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("Plain(%q) = %q, which has a control character", text, got)
		}
		// Secrets that touch the words we put in prove nothing.
		own := strings.ToLower(secret.Redacted + withheld)
		ours := len(hidden) < 4 || strings.ContainsAny(hidden, "[]…") || strings.Contains(own, strings.ToLower(hidden))
		if !ours && strings.Contains(got, hidden) {
			t.Fatalf("Plain(%q) = %q, which holds %q", text, got, hidden)
		}
	})
}

func TestHideSecretsInErrors(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "Vq7!sample", Err: fs.ErrNotExist}
	got := Hide(cause, 100, secret.New("Vq7!sample"))
	if strings.Contains(got.Error(), "Vq7!sample") {
		t.Errorf("Hide(…) = %q, which holds the secret", got)
	}
	var as *fs.PathError
	if !errors.Is(got, fs.ErrNotExist) || !errors.As(got, &as) {
		t.Errorf("Hide(…) hides the cause from errors.Is or errors.As")
	}
	if Hide(nil, 100) != nil {
		t.Error("Hide(nil) is an error")
	}
}
