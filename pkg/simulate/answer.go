package simulate

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what the service decided. Its body is nil, raw bytes (sent as
// they are), an *apiError, or something to encode. Answers to writes are kept
// for replay, so bodies must not change afterwards.
type answer struct {
	status int
	body   any
	header http.Header
}

// raw is a body that is no API answer, with its content type.
type raw struct {
	contentType string
	text        []byte
}

// apiError is the usual error body of Partner Center: see "Error codes" of its
// REST reference.
type apiError struct {
	status      int
	code        int
	description string
	data        []string
	source      string
}

// The parts of the service that errors name as their source.
const (
	sourceDirectory = "PartnerFD"
	sourceGateway   = "PartnerApiServiceControllers"
)

func refuse(e *apiError) answer { return answer{status: e.status, body: e} }

func (r Refusal) or(status, code int) Refusal {
	if r.Status == 0 {
		r.Status = status
	}
	if r.Code == 0 {
		r.Code = code
	}
	return r
}

func (r Refusal) error(description string, data ...string) *apiError {
	return &apiError{r.Status, r.Code, description, data, sourceDirectory}
}

func (s *Service) noSuchPath(c *call) answer {
	if c.place.allow != "" {
		a := refuse(&apiError{http.StatusMethodNotAllowed, 0, "The method is not allowed.", nil, sourceGateway})
		a.header = http.Header{"Allow": {c.place.allow}}
		return a
	}
	return refuse(&apiError{http.StatusNotFound, 1000, "The resource was not found.", nil, sourceGateway})
}

// send writes the answer, unless a mishap spoils it.
func (s *Service) send(w http.ResponseWriter, c *call, a answer) {
	if c.Throttled { // a quota stands before all that can go wrong
		c.fault.Mishap, c.Mishap = NoMishap, NoMishap
	}
	switch c.fault.Mishap {
	case LostAnswer:
		panic(http.ErrAbortHandler)
	case HangAfter:
		<-c.http.Context().Done()
		panic(http.ErrAbortHandler)
	case FailAfter:
		a = c.fault.failure(http.StatusInternalServerError)
	}
	contentType, body := s.render(a)
	switch c.fault.Mishap {
	case HTMLPage:
		a.status, contentType, body = c.fault.page()
	case Garbage:
		body = append([]byte("{\"id\":\"\x00\xff"), body[len(body)/2:]...)
	case Empty:
		body = nil
	}
	s.setHeaders(w.Header(), c, a)
	if len(body) > 0 {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.Status = a.status
	w.WriteHeader(a.status)
	if c.fault.Mishap == Truncated {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush() // without it the client may see nothing at all
		panic(http.ErrAbortHandler)
	}
	c.refusal.written(time.Now())
	_, _ = w.Write(body) // the client may have gone: nobody to tell
}

func (s *Service) setHeaders(h http.Header, c *call, a answer) {
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if c.Op == Token || c.Op == DeviceCode {
		h.Set("Cache-Control", "no-store, no-cache")
		return
	}
	h["MS-RequestId"] = []string{c.echo("MS-RequestId", c.RequestID)}
	h["MS-CorrelationId"] = []string{c.echo("MS-CorrelationId", c.CorrelationID)}
	h["MS-CV"] = []string{vector(c)}
	h["MS-ServerId"] = []string{"101112616"}
	h.Set("Request-Context", "appId=cid-v1:"+s.signIn.tenant)
	if a.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "OAuth realm=urn:cpsvc:cpid:"+s.signIn.tenant)
	}
	if c.http.Header.Get("ValidateMfa") == "true" && a.status != http.StatusUnauthorized {
		h["isMfaCompliant"] = []string{strconv.FormatBool(!s.scenario.SignIn.NoMFA)}
	}
}

// echo returns a GUID header as it was sent, or what was drawn in its place.
func (c *call) echo(name, id string) string {
	if sent := c.http.Header.Get(name); strings.EqualFold(sent, id) {
		return sent
	}
	return id
}

// vector returns a correlation vector, the request's own if it has one.
func vector(c *call) string {
	if given := c.http.Header.Get("MS-CV"); given != "" {
		return given
	}
	id := randomID(c.random)
	return base64.StdEncoding.EncodeToString(id[:12]) + ".0"
}

// render encodes a body: compact, camelCase, without nulls, with a byte-order
// mark on success.
func (s *Service) render(a answer) (contentType string, body []byte) {
	const json = "application/json; charset=utf-8"
	mark := !s.scenario.Dialect.NoBOM
	switch b := a.body.(type) {
	case nil:
		return "", nil
	case raw:
		return b.contentType, b.text
	case *apiError:
		body, mark = encode(s.fault(b)), s.scenario.Dialect.BOMOnErrors
	case shownUser:
		body = encode(b.wire())
	default:
		body = encode(b)
	}
	if mark {
		body = append([]byte("\ufeff"), body...)
	}
	return json, body
}

// wireFault is the error body. Code is a number or a string.
type wireFault struct {
	Code        any      `json:"code"`
	Description string   `json:"description"`
	Data        []string `json:"data"`
	Source      string   `json:"source"`
}

func (s *Service) fault(e *apiError) wireFault {
	f := wireFault{Code: e.code, Description: html.EscapeString(e.description), Data: e.data, Source: e.source}
	if s.scenario.Dialect.StringCodes {
		f.Code = strconv.Itoa(e.code)
	}
	if s.scenario.Dialect.JSONDescriptions {
		f.Description = string(encode(map[string]string{"errorMessage": f.Description}))
	}
	if f.Data == nil {
		f.Data = []string{}
	}
	return f
}

// encode writes JSON as .NET does: < > & stay themselves.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only our own types come here, and all of them can be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
