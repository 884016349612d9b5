package partner

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind sorts errors by what a caller can do.
type Kind int

// The kinds of an [Error].
const (
	// Throttled: 429, or 503 that says how long to wait. Wait, then try again.
	Throttled Kind = iota + 1
	// Unavailable: 101, 408, 421, 425 or 5xx. It may have been carried out. Try again later.
	Unavailable
	// Lost: the request left (or may have), and no whole answer came. It may
	// have been carried out.
	Lost
	// NotSent: certainly nothing was carried out, since no connection, or for
	// the moment no token, was to be had. Try again later.
	NotSent
	// Garbled: the answer says success, but cannot be read or lacks what proves
	// it. It may have been carried out.
	Garbled
	// BadInput: 400.
	BadInput
	// Unauthorized: 401, with a fresh token too or with a code which says that
	// a fresh one would not help.
	Unauthorized
	// Forbidden: 403.
	Forbidden
	// NotFound: 404, or a code which says so.
	NotFound
	// Conflict: 409.
	Conflict
	// Refused: any other answer, among them redirects and 501.
	Refused
	// SignIn: there is no token to be had. Nothing was sent.
	SignIn
)

// Error is a call that did not succeed, as data. No text in it holds a secret
// that was sent.
type Error struct {
	Op          string // such as "create user"
	Kind        Kind
	Status      int      // of HTTP; 0 where no answer came
	Code        string   // Partner Center's, usually a number; may be empty
	Description string   // the service's text, one line, cut; may be empty
	Data        []string // the first items of the service's details
	// RetryAfter is how long the service asks to wait, between 0 and 24 h;
	// valid if HasRetryAfter.
	RetryAfter    time.Duration
	HasRetryAfter bool
	Repeated      bool  // the request was sent before, with a token that was refused
	Trace               // promotes RequestID and CorrelationID
	Err           error // the cause, if it is one of this program or of the network
}

// Error returns one line for people.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": " + e.Kind.String())
	switch {
	case e.Status != 0 && e.Code != "":
		fmt.Fprintf(&b, " (HTTP %d, code %s)", e.Status, e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	}
	for i, item := range e.Data {
		b.WriteString([]string{": ", "; "}[min(i, 1)] + item)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Doubtful reports whether the operation may have been carried out although it
// failed. A 429 is a refusal; a 503 is not sure to be one, even with a
// Retry-After.
func (e *Error) Doubtful() bool {
	switch e.Kind {
	case Lost, Unavailable, Garbled:
		return true
	case Throttled:
		return e.Status != http.StatusTooManyRequests
	}
	return false
}

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case Throttled:
		return "throttled"
	case Unavailable:
		return "service unavailable"
	case Lost:
		return "sent, but no whole answer came"
	case NotSent:
		return "not sent"
	case Garbled:
		return "the answer says success but cannot be trusted"
	case BadInput:
		return "bad input"
	case Unauthorized:
		return "not signed in"
	case Forbidden:
		return "forbidden"
	case NotFound:
		return "not found"
	case Conflict:
		return "conflict"
	case Refused:
		return "refused"
	case SignIn:
		return "no access token"
	}
	return "unknown"
}
