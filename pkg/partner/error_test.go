package partner

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRefusals reads one answer of every shape.
func TestRefusals(t *testing.T) {
	date := func(d time.Duration) string {
		return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	for _, test := range []struct {
		name   string
		status int
		body   string
		header []string
		want   Error
	}{
		{"number", 400, `{"code":60012,"description":"No seats","data":["a: 1","b"],"source":"PartnerFD"}`, nil,
			Error{Kind: BadInput, Code: "60012", Description: "No seats", Data: []string{"a: 1", "b"}}},
		{"string", 400, `{"code":" 3000 ","description":"x"}`, nil, Error{Kind: BadInput, Code: "3000", Description: "x"}},
		{"float", 400, `{"code":3.0e3}`, nil, Error{Kind: BadInput, Code: "3000"}},
		{"mark", 409, bom + `{"code":1}`, nil, Error{Kind: Conflict, Code: "1"}},
		{"odd types", 400, `{"code":{"a":1},"description":["x"],"data":"one"}`, nil, Error{Kind: BadInput, Data: []string{"one"}}},
		{"nulls", 400, `{"code":null,"description":null,"data":null}`, nil, Error{Kind: BadInput}},
		{"many data", 400, `{"data":["1","","2",3,"4"]}`, nil, Error{Kind: BadInput, Data: []string{"1", "2", "3"}}},
		{"HTML-escaped", 400, `{"description":"isn&#39;t &amp;lt; &quot;x&quot;"}`, nil, Error{Kind: BadInput, Description: `isn't &lt; "x"`}},
		{"JSON inside", 400, `{"code":1,"description":"{\"error\":{\"code\":\"Request_BadRequest\",\"message\":\"Another object has it\"}}"}`, nil,
			Error{Kind: BadInput, Code: "1", Description: "Another object has it"}},
		{"escaped JSON inside", 400, `{"description":"{&quot;odata.error&quot;:{&quot;message&quot;:{&quot;value&quot;:&quot;deep&quot;}}}"}`, nil,
			Error{Kind: BadInput, Description: "deep"}},
		{"object as description", 400, `{"description":{"message":"m"}}`, nil, Error{Kind: BadInput, Description: "m"}},
		{"newer shape", 400, `{"code":600061,"message":"m","description":"d","errorName":"n","isRetryable":false,"parameters":{}}`, nil,
			Error{Kind: BadInput, Code: "600061", Description: "d"}},
		{"gateway's shape", 400, `{"error":{"code":"BadRequest","message":"m"}}`, nil, Error{Kind: BadInput, Code: "BadRequest", Description: "m"}},
		{"throttled, header", 429, `{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }`, []string{"Retry-After", "3"},
			Error{Kind: Throttled, Description: "Rate limit is exceeded. Try again in 57 seconds.", RetryAfter: 3 * time.Second, HasRetryAfter: true}},
		{"throttled, text", 429, `{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }`, nil,
			Error{Kind: Throttled, Description: "Rate limit is exceeded. Try again in 57 seconds.", RetryAfter: 57 * time.Second, HasRetryAfter: true}},
		{"throttled, bad header", 429, `{"message":"Try again in 1.5 seconds."}`, []string{"Retry-After", "-1"},
			Error{Kind: Throttled, Description: "Try again in 1.5 seconds.", RetryAfter: 1500 * time.Millisecond, HasRetryAfter: true}},
		{"throttled, date", 429, "", []string{"Retry-After", date(time.Minute), "Date", date(0)},
			Error{Kind: Throttled, RetryAfter: time.Minute, HasRetryAfter: true}},
		{"throttled, nothing", 429, "", nil, Error{Kind: Throttled}},
		{"throttled, page", 429, "<html><head><TITLE>Slow &amp; steady</TITLE>", nil, Error{Kind: Throttled, Description: "an HTML page: Slow & steady"}},
		{"503 with a wait", 503, "", []string{"Retry-After", "0.25"}, Error{Kind: Throttled, RetryAfter: 250 * time.Millisecond, HasRetryAfter: true}},
		{"503, text", 503, `{"message":"Try again in 2 seconds."}`, nil,
			Error{Kind: Throttled, Description: "Try again in 2 seconds.", RetryAfter: 2 * time.Second, HasRetryAfter: true}},
		{"503 with nonsense", 503, "", []string{"Retry-After", "later"}, Error{Kind: Unavailable}},
		{"503", 503, "the server is busy", nil, Error{Kind: Unavailable, Description: "the server is busy"}},
		{"502 page", 502, "\n<!DOCTYPE html><h1>Bad Gateway</h1>", nil, Error{Kind: Unavailable, Description: "an HTML page"}},
		{"empty", 500, "", nil, Error{Kind: Unavailable}},
		{"another protocol", 101, "", nil, Error{Kind: Unavailable}},
		{"an array", 400, `[1]`, nil, Error{Kind: BadInput, Description: "[1]"}},
		{"too long", 400, `{"code":1,"description":"` + strings.Repeat("x ", maxFault) + `"}`, nil, Error{Kind: BadInput}},
		{"controls", 400, `{"code":"1\n2","description":"a\r\nb\u0000c\u001b[31m"}`, nil, Error{Kind: BadInput, Code: "1 2", Description: "a b c [31m"}},
		{"accepted, and no more", 202, "", []string{"Retry-After", "2"},
			Error{Kind: Garbled, Description: "the answer is empty", RetryAfter: 2 * time.Second, HasRetryAfter: true}},
		{"redirect", 302, "", []string{"Location", "https://evil.example.com/v1?x"},
			Error{Kind: Refused, Description: "the service redirects elsewhere, where no token may follow: to evil.example.com"}},
	} {
		server := serve(t, reply(test.status, test.body, test.header...))
		_, err := client(t, server.URL).CreateUser(t.Context(), tenant, Call{}, ann())
		got := *failure(t, err)
		test.want.Op, test.want.Status, test.want.Trace = "create user", test.status, got.Trace
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", test.want) {
			t.Errorf("%s:\n got %#v\nwant %#v", test.name, got, test.want)
		}
		if n := len(server.seen()); n != 1 {
			t.Errorf("%s: %d requests, want 1", test.name, n)
		}
		if text := err.Error(); strings.ContainsAny(text, "\n\r\x00") || len(text) > 1500 {
			t.Errorf("%s: the error is not one short line: %q", test.name, text)
		}
	}
}

func TestErrorIsOneLine(t *testing.T) {
	e := &Error{Op: opCreate, Kind: Forbidden, Status: 403, Code: "900308", Description: "Insufficient privileges", Data: []string{"a", "b"}, Err: io.EOF}
	want := "create user: forbidden (HTTP 403, code 900308): Insufficient privileges: a; b: EOF"
	if got := e.Error(); got != want || !errors.Is(e, io.EOF) {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

// TestKinds is the table of what status and code mean.
func TestKinds(t *testing.T) {
	const (
		row = iota
		customer
		run
	)
	for _, test := range []struct {
		op       string
		status   int
		code     string
		want     Kind
		concerns int
		doubtful bool
	}{
		{opCreate, 101, "", Unavailable, row, true},
		{opList, 101, "", Unavailable, row, true},
		{opCreate, 300, "", Refused, row, false},
		{opCreate, 307, "", Refused, row, false},
		{opCreate, 400, "", BadInput, row, false},
		{opCreate, 400, "2000", BadInput, row, false},
		{opCreate, 400, "3000", BadInput, row, false},
		{opGet, 400, "3000", NotFound, row, false},
		{opUpdate, 400, "3000", BadInput, row, false},
		{opCreate, 400, "20002", Forbidden, customer, false},
		{opCreate, 400, "900118", BadInput, customer, false},
		{opCreate, 400, "900127", BadInput, customer, false},
		{opCreate, 400, "900316", BadInput, run, false},
		{opList, 400, "2000", BadInput, customer, false},
		{opCreate, 401, "", Unauthorized, run, false},
		{opCreate, 401, "400", Unauthorized, run, false},
		{opCreate, 401, "800001", Unauthorized, run, false},
		{opCreate, 401, "900420", Unauthorized, run, false},
		{opCreate, 401, "900421", Unauthorized, run, false},
		{opCreate, 403, "900421", Forbidden, run, false},
		{opCreate, 403, "", Forbidden, row, false},
		{opCreate, 403, "2006", Forbidden, row, false},
		{opList, 403, "", Forbidden, customer, false},
		{opCreate, 403, "20002", Forbidden, customer, false},
		{opCreate, 403, "2032", Forbidden, customer, false},
		{opCreate, 403, "600006", Forbidden, customer, false},
		{opCreate, 403, "90000", Forbidden, customer, false},
		{opCreate, 403, "900150", Forbidden, customer, false},
		{opCreate, 403, "900308", Forbidden, customer, false},
		{opCreate, 403, "900309", Forbidden, customer, false},
		{opCreate, 403, "900329", Forbidden, run, false},
		{opDelete, 404, "60002", NotFound, row, false},
		{opDelete, 400, "60002", NotFound, row, false},
		{opCreate, 404, "60003", NotFound, customer, false},
		{opDelete, 404, "60003", NotFound, customer, false},
		{opCreate, 404, "1000", NotFound, row, false},
		{opCustomer, 404, "", NotFound, customer, false},
		{opCreate, 405, "", Refused, row, false},
		{opCreate, 406, "", Refused, row, false},
		{opCreate, 408, "", Unavailable, row, true},
		{opCreate, 409, "", Conflict, row, false},
		{opCreate, 412, "", Refused, row, false},
		{opCreate, 417, "", Refused, row, false},
		{opCreate, 421, "", Unavailable, row, true},
		{opCreate, 425, "", Unavailable, row, true},
		{opList, 425, "", Unavailable, row, true},
		{opCreate, 429, "", Throttled, row, false},
		{opList, 429, "", Throttled, row, false},
		{opCreate, 429, "60002", Throttled, row, false},
		{opCreate, 408, "60002", Unavailable, row, true},
		{opCreate, 500, "800003", Unavailable, row, true},
		{opCreate, 500, "60003", Unavailable, row, true},
		{opCreate, 501, "0", Refused, row, false},
		{opCreate, 502, "", Unavailable, row, true},
		{opCreate, 503, "", Unavailable, row, true},
		{opCreate, 504, "", Unavailable, row, true},
		{opCreate, 599, "", Unavailable, row, true},
	} {
		e := &Error{Op: test.op, Status: test.status, Code: test.code}
		e.Kind = kindOf(e)
		concerns := row
		switch {
		case e.ConcernsRun():
			concerns = run
		case e.ConcernsCustomer():
			concerns = customer
		}
		if e.Kind != test.want || concerns != test.concerns || e.Doubtful() != test.doubtful {
			t.Errorf("%s, HTTP %d, code %s: %v, concerns %d, doubtful %v; want %v, %d, %v",
				test.op, test.status, test.code, e.Kind, concerns, e.Doubtful(), test.want, test.concerns, test.doubtful)
		}
		if e.Advice() == "" || e.Advice() == adviseRole || strings.Contains(e.Advice(), "\n") {
			t.Errorf("%s, HTTP %d, code %s: the advice is %q", test.op, test.status, test.code, e.Advice())
		}
	}
	throttled := &Error{Op: opCreate, Status: 503, HasRetryAfter: true, Kind: Throttled}
	if !throttled.Doubtful() {
		t.Error("a 503 with Retry-After is not doubtful, want doubtful: it may come after the creation")
	}
}

func TestAdviceNamesRoles(t *testing.T) {
	for op, want := range map[string][]string{
		opCreate:   {"User Administrator", "Directory Writers", "Admin Agent"},
		opReset:    {"User Administrator", "Privileged Authentication Administrator"},
		opList:     {"Directory Readers", "Global Reader"},
		opCustomer: {"Admin Agent"},
	} {
		got := (&Error{Op: op, Kind: Forbidden, Status: 403, Code: "900308"}).Advice()
		if slices.ContainsFunc(want, func(role string) bool { return !strings.Contains(got, role) }) {
			t.Errorf("advice for %s is %q, want the roles %q in it", op, got, want)
		}
	}
}

// TestNoSecretComesBack lets a server repeat, in every place and shape it can
// think of, what it was sent.
func TestNoSecretComesBack(t *testing.T) {
	secrets := []string{password, "bearer-token-1", "bearer-token-2"}
	shapes := map[string]func(string) string{
		"as it is":    func(s string) string { return s },
		"HTML":        html.EscapeString,
		"HTML twice":  func(s string) string { return html.EscapeString(html.EscapeString(s)) },
		"URL":         url.QueryEscape,
		"URL path":    url.PathEscape,
		"JSON":        quoted,
		"JSON twice":  func(s string) string { return quoted(quoted(s)) },
		"upper case":  strings.ToUpper,
		"spaced":      func(s string) string { return s[:4] + "\x00\r\n" + s[4:] },
		"zero width":  func(s string) string { return s[:4] + "\u200b" + s[4:] },
		"in a bundle": func(s string) string { return strings.Repeat("x ", 100) + s + strings.Repeat(" y", 500) },
	}
	places := map[string]func(w http.ResponseWriter, status int, text string){
		"description": func(w http.ResponseWriter, status int, text string) {
			write(w, status, `{"code":1,"description":`+quoted2(text)+`}`)
		},
		"message": func(w http.ResponseWriter, status int, text string) {
			write(w, status, `{"message":`+quoted2(text)+`}`)
		},
		"code": func(w http.ResponseWriter, status int, text string) { write(w, status, `{"code":`+quoted2(text)+`}`) },
		"data": func(w http.ResponseWriter, status int, text string) { write(w, status, `{"data":[`+quoted2(text)+`]}`) },
		"inside": func(w http.ResponseWriter, status int, text string) {
			write(w, status, `{"description":`+quoted2(`{"message":`+quoted2(text)+`}`)+`}`)
		},
		"text": func(w http.ResponseWriter, status int, text string) { write(w, status, text) },
		"page": func(w http.ResponseWriter, status int, text string) {
			write(w, status, "<html><title>"+text+"</title>"+text)
		},
		"headers": func(w http.ResponseWriter, status int, text string) {
			text = strings.Map(func(r rune) rune { return max(r, ' ') }, text)
			for _, name := range []string{"MS-RequestId", "MS-CorrelationId", "Retry-After", "WWW-Authenticate"} {
				w.Header().Set(name, text)
			}
			w.Header().Set("Location", "https://"+url.PathEscape(text)+".example.com/"+url.PathEscape(text))
			write(w, status, "")
		},
	}
	for placeName, place := range places {
		for shapeName, shape := range shapes {
			for _, status := range []int{200, 302, 400, 401, 429, 500} {
				server := serve(t, func(w http.ResponseWriter, r *http.Request) {
					place(w, status, shape(password)+" and "+shape(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
				})
				_, err := client(t, server.URL).CreateUser(t.Context(), tenant, Call{}, ann())
				server.Close()
				assertNoSecret(t, fmt.Sprintf("%s in the %s of a %d", shapeName, placeName, status), err, secrets)
			}
		}
	}
}

// assertNoSecret looks into every text that an error can give, with escapes
// undone and without regard to case and spaces.
func assertNoSecret(t *testing.T, name string, err error, secrets []string) {
	t.Helper()
	e := failure(t, err)
	all, jsonErr := json.Marshal(e)
	if jsonErr != nil {
		all = nil
	}
	texts := []string{err.Error(), e.Advice(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", *e), string(all)}
	for cause := error(e); cause != nil; cause = errors.Unwrap(cause) {
		texts = append(texts, cause.Error())
	}
	simple := func(s string) string {
		for range 3 {
			s = html.UnescapeString(s)
			if unescaped, err := url.QueryUnescape(s); err == nil {
				s = unescaped
			}
			s = strings.NewReplacer(`\`, "", " ", "", "u003c", "<", "u003e", ">", "u0026", "&").Replace(s)
		}
		return strings.ToLower(s)
	}
	for _, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(simple(text), simple(secret)) {
				t.Fatalf("%s: %q holds the secret %q", name, text, secret)
			}
		}
	}
}

func write(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// quoted escapes for a JSON string, without the quotation marks.
func quoted(s string) string { q := quoted2(s); return q[1 : len(q)-1] }

func quoted2(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(q)
}

func FuzzReadFault(f *testing.F) {
	for _, seed := range []string{
		`{"code":60012,"description":"{\"message\":\"x\"}","data":["a"]}`, `{"error":{"code":1}}`, `<title>`, "",
		`{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }`, bom + "{}", `{"code":1e400}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		longest := 0
		got := readFault(body, func(text string, limit int) string {
			longest = max(longest, limit)
			return text[:min(len(text), limit)]
		})
		if longest > maxText || len(got.data) > maxData || got.retryAfter < 0 {
			t.Fatalf("readFault(%q) = %+v, which is out of bounds", body, got)
		}
	})
}

func TestUnwrapsNoServiceText(t *testing.T) {
	// net/http quotes what it could not read in its error.
	quoting := errors.New(`malformed HTTP response "` + password + `"`)
	c := client(t, "https://host", func(c *Config) {
		c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) { return nil, quoting })
	})
	_, err := c.CreateUser(t.Context(), tenant, Call{}, ann())
	assertNoSecret(t, "transport error", err, []string{password})
	if !errors.Is(err, quoting) {
		t.Error("the cause is lost")
	}
}
