package partner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"muster/pkg/secret"
	"muster/pkg/wire"
)

// Bounds of the bodies that are read, in bytes. A user takes about 600; a page
// of 500 users 300 KiB.
const (
	maxObject = 1 << 20
	maxPage   = 16 << 20
	maxFault  = 64 << 10
)

// request is an operation as it goes over the wire.
type request struct {
	op     string
	method string
	path   []string // segments after /v1
	query  string   // encoded
	header map[string]string
	body   []byte      // JSON; nil for none
	limit  int64       // of a 2xx body; 0 means maxObject
	hidden secret.Text // what the body holds and no text may repeat
	call   Call
}

// answer is a whole 2xx answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	trace  Trace
}

// do carries out an exchange, and a second one with a fresh token if the first
// is answered with a 401 that a fresh token may cure. The request id stays the
// same: the operation was not carried out, and it is still the same operation.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	for _, segment := range r.path {
		if segment == "" || segment == "." || segment == ".." {
			return answer{}, r.unsent(BadInput, fmt.Errorf("%q is not an id", segment))
		}
	}
	if r.call.RequestID == uuid.Nil {
		r.call.RequestID = uuid.New()
	}
	token, failure := c.tokenInTurn(ctx, &r, secret.Text{})
	if failure != nil {
		return answer{}, failure
	}
	found, failure := c.exchange(ctx, &r, token)
	if failure.WantsFreshToken() {
		fresh, unsigned := c.freshToken(ctx, &r, token, failure)
		if unsigned != nil {
			unsigned.Status, unsigned.Code = failure.Status, failure.Code
			unsigned.Description, unsigned.Trace = failure.Description, failure.Trace
			unsigned.Repeated = true
			return answer{}, unsigned
		}
		r.call.CorrelationID = uuid.Nil
		if found, failure = c.exchange(ctx, &r, fresh); failure != nil {
			failure.Repeated = true
		}
	}
	if failure != nil {
		return answer{}, failure
	}
	return found, nil
}

// freshToken returns a token in place of the rejected one, when it is the request's turn
// to be sent again. Whoever paces hears first of the wait that the refusal may have asked
// for, since a renewal takes time.
func (c *Client) freshToken(ctx context.Context, r *request, rejected secret.Text, refused *Error) (secret.Text, *Error) {
	if refused.HasRetryAfter {
		if failure := r.waitForTurn(ctx, refused); failure != nil {
			return secret.Text{}, failure
		}
	}
	if _, failure := c.token(ctx, r, rejected); failure != nil {
		return secret.Text{}, failure
	}
	if failure := r.waitForTurn(ctx, nil); failure != nil {
		return secret.Text{}, failure
	}
	return c.tokenInTurn(ctx, r, rejected) // which may have been refused to others meanwhile
}

// tokenInTurn asks for a token other than the rejected one. If it took time to get one,
// it waits for its turn again, and asks whether the token is still good.
func (c *Client) tokenInTurn(ctx context.Context, r *request, rejected secret.Text) (token secret.Text, failure *Error) {
	const (
		atOnce = 5 * time.Millisecond // how long it may take to hand out a token that is there
		rounds = 3                    // some sources are always slow
	)
	for range rounds {
		asked := time.Now()
		if token, failure = c.token(ctx, r, rejected); failure != nil || time.Since(asked) < atOnce {
			break
		}
		if failure = r.waitForTurn(ctx, nil); failure != nil {
			break
		}
	}
	return token, failure
}

type turnKey struct{}

// WithTurn returns a context for calls of somebody who paces requests, and has let go
// the first one of the call. turn is asked before each further one, and before the first
// too if it had to wait for an access token: the service may have asked for quiet since.
// refused is the answer that makes a further request necessary, or nil: it may ask for
// quiet too. An error of turn is that of the request, which is not sent: [NotSent].
func WithTurn(ctx context.Context, turn func(refused *Error) error) context.Context {
	return context.WithValue(ctx, turnKey{}, turn)
}

// waitForTurn asks the turn of [WithTurn], if there is one.
func (r *request) waitForTurn(ctx context.Context, refused *Error) *Error {
	if turn, ok := ctx.Value(turnKey{}).(func(*Error) error); ok {
		if err := turn(refused); err != nil {
			return r.unsent(NotSent, err)
		}
	}
	return nil
}

type hearingKey struct{}

// WithHearing returns a context for calls of somebody who has to know at once how long
// the service wants to be left alone: told hears of a refusal that states it in a header
// before its body has come, which may take its time. The error has no details yet; the
// call returns it when it has.
func WithHearing(ctx context.Context, told func(refused *Error)) context.Context {
	return context.WithValue(ctx, hearingKey{}, told)
}

func hear(ctx context.Context, refused *Error) {
	if told, ok := ctx.Value(hearingKey{}).(func(*Error)); ok {
		told(refused)
	}
}

// unsent is the error of a request that never left.
func (r *request) unsent(kind Kind, err error) *Error {
	return &Error{Op: r.op, Kind: kind, Err: err, Trace: Trace{RequestID: r.call.RequestID.String()}}
}

// token asks for a token other than the rejected one.
func (c *Client) token(ctx context.Context, r *request, rejected secret.Text) (secret.Text, *Error) {
	token, err := c.tokens.Token(ctx, rejected)
	if err == nil {
		if c.bearer(token) == nil {
			return token, r.unsent(SignIn, errors.New("the access token is empty or has characters that no token has"))
		}
		return token, nil
	}
	var temporary interface{ Temporary() bool }
	if ctx.Err() != nil || errors.As(err, &temporary) && temporary.Temporary() {
		return token, r.unsent(NotSent, err)
	}
	return token, r.unsent(SignIn, err)
}

// bearer is an access token that was found to be one, and its header, which is
// never written to.
type bearer struct {
	token  string
	header []string
}

// bearer returns the header of a token, nil where no header can hold it. It keeps
// the last one, since a token has some thousand characters and serves for an hour.
func (c *Client) bearer(token secret.Text) []string {
	text := token.Reveal()
	if last := c.last.Load(); last != nil && last.token == text {
		return last.header
	}
	if text == "" || strings.ContainsFunc(text, func(b rune) bool { return b <= ' ' || b > '~' }) {
		return nil
	}
	fresh := &bearer{text, []string{"Bearer " + text}}
	c.last.Store(fresh)
	return fresh.header
}

// exchange sends the request once and reads the whole answer.
func (c *Client) exchange(ctx context.Context, r *request, token secret.Text) (answer, *Error) {
	if r.call.CorrelationID == uuid.Nil {
		r.call.CorrelationID = uuid.New()
	}
	trace := Trace{RequestID: r.call.RequestID.String(), CorrelationID: r.call.CorrelationID.String()}
	if err := ctx.Err(); err != nil {
		return answer{}, &Error{Op: r.op, Kind: NotSent, Err: err, Trace: trace}
	}
	w := c.watch(ctx)
	inOrder := false
	defer func() { c.leave(w, inOrder) }()
	broken := func(kind Kind, err error) *Error {
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case w.context.Err() != nil:
			err = fmt.Errorf("no whole answer within %v", c.timeout)
		}
		return &Error{Op: r.op, Kind: kind, Err: wire.Hide(err, maxText, token, r.hidden), Trace: trace}
	}
	response, err := c.transport.RoundTrip(c.request(w.context, r, token, trace))
	if err != nil {
		if w.never(err) {
			return answer{}, broken(NotSent, err)
		}
		return answer{}, broken(Lost, err)
	}
	trace.note(response.Header, token, r.hidden)
	if response.StatusCode/100 != 2 {
		e := r.refusal(response, trace)
		if e.HasRetryAfter {
			hear(ctx, e)
			w.timer.Reset(min(c.timeout, detailsWithin))
		}
		r.detail(e, response, token)
		return answer{}, e
	}
	text, err := wire.Body(response, max(r.limit, maxObject))
	switch {
	case errors.Is(err, wire.ErrTooLong):
		return answer{}, r.garbled(answer{status: response.StatusCode, header: response.Header, trace: trace}, err.Error())
	case err != nil:
		return answer{}, broken(Lost, err)
	}
	inOrder = true
	return answer{response.StatusCode, response.Header, text, trace}, nil
}

// request makes the HTTP request.
//
// GetBody lets net/http begin anew on another connection where a kept one turns
// out to be closed before a single byte was written. Once a byte is written, a
// POST, PATCH or DELETE is never sent again behind our back: net/http does that
// only for requests that (*http.Request).isReplayable, which are GET and its
// like, and those with a header Idempotency-Key or X-Idempotency-Key. Neither
// may ever be set here (net/http, transport.go, (*persistConn).shouldRetryRequest).
func (c *Client) request(ctx context.Context, r *request, token secret.Text, trace Trace) *http.Request {
	header := make(http.Header, len(c.header)+len(r.header)+4)
	maps.Copy(header, c.header)
	ids := [...]string{trace.RequestID, trace.CorrelationID}
	header["Ms-Requestid"], header["Ms-Correlationid"] = ids[:1:1], ids[1:]
	header["Authorization"] = c.bearer(token)
	for name, value := range r.header {
		header.Set(name, value)
	}
	request := c.blank.WithContext(ctx)
	request.Method, request.URL, request.Header = r.method, c.url(r.path, r.query), header
	if body := r.body; body != nil {
		header["Content-Type"] = header["Accept"] // JSON both ways
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.Body, _ = request.GetBody()
	}
	return request
}

// url joins the base URL, "v1" and the segments, each of them escaped. It keeps the
// last one, since nearly all requests of a run create users of one customer.
func (c *Client) url(segments []string, query string) *url.URL {
	if last := c.lastURL.Load(); last != nil && last.query == query && slices.Equal(last.segments, segments) {
		return last.url
	}
	u := *c.base
	u.Path += "/v1/" + strings.Join(segments, "/")
	u.RawQuery = query
	if u.RawPath != "" || slices.ContainsFunc(segments, needsEscape) {
		u.RawPath = c.base.EscapedPath() + "/v1"
		for _, segment := range segments {
			u.RawPath += "/" + url.PathEscape(segment)
		}
	}
	c.lastURL.Store(&location{segments, query, &u})
	return &u
}

// location is where requests go.
type location struct {
	segments []string
	query    string
	url      *url.URL // never written to
}

func needsEscape(segment string) bool { return url.PathEscape(segment) != segment }

// note records the ids that the answer carries where they are not those sent.
func (t *Trace) note(h http.Header, hidden ...secret.Text) {
	if id := h.Get("Ms-Requestid"); !strings.EqualFold(id, t.RequestID) {
		t.EchoedRequestID = wire.Plain(id, maxCode, hidden...)
	}
	if id := h.Get("Ms-Correlationid"); !strings.EqualFold(id, t.CorrelationID) {
		t.EchoedCorrelationID = wire.Plain(id, maxCode, hidden...)
	}
}

// garbled is the error of a success that proves nothing. It quotes nothing of
// the body, since the service repeats passwords in the answers to a success. It may ask
// to come again later, as a 202 does.
func (r *request) garbled(found answer, why string) *Error {
	e := &Error{Op: r.op, Kind: Garbled, Status: found.status, Description: why, Trace: found.trace}
	e.RetryAfter, e.HasRetryAfter = wire.RetryAfter(found.header, time.Now())
	return e
}

// detailsWithin is how long the body of a refusal is waited for whose header says when
// to come again.
const detailsWithin = 5 * time.Second

// refusal makes an error of the status and the header of an answer other than 2xx.
func (r *request) refusal(response *http.Response, trace Trace) *Error {
	e := &Error{Op: r.op, Status: response.StatusCode, Trace: trace}
	e.RetryAfter, e.HasRetryAfter = wire.RetryAfter(response.Header, time.Now())
	e.Kind = kindOf(e)
	return e
}

// detail adds to a refusal what its body says. The status is definite, so a body that
// cannot be read only costs the details.
func (r *request) detail(e *Error, response *http.Response, token secret.Text) {
	body, err := wire.Body(response, maxFault)
	if err != nil {
		body = nil
	}
	f := readFault(body, func(text string, limit int) string {
		return wire.Plain(text, limit, token, r.hidden)
	})
	e.Code, e.Description, e.Data = f.code, f.description, f.data
	if !e.HasRetryAfter && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) {
		e.RetryAfter, e.HasRetryAfter = f.retryAfter, f.hasRetryAfter
	}
	if e.Status/100 == 3 {
		e.Description = "the service redirects elsewhere, where no token may follow"
		if to, err := url.Parse(response.Header.Get("Location")); err == nil && to.Host != "" {
			e.Description += ": to " + wire.Plain(to.Host, maxCode, token, r.hidden)
		}
	}
	e.Kind = kindOf(e)
}
