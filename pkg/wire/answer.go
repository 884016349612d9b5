package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrTooLong says that a body is longer than its reader allows.
var ErrTooLong = errors.New("the answer is too long")

// Body reads the whole body of an answer and closes it. A body longer than
// limit bytes is [ErrTooLong]. Byte-order marks are dropped: Partner Center
// begins its answers with one, which encoding/json refuses, and what stands before
// it may add another.
//
// Reading to the end is what lets the connection be used again; after a body
// that is too long it is closed instead. A 101 has no body: what net/http gives
// there is the bare connection, which may stay silent for ever, since neither the
// request's context nor its deadline ends a read from it.
func Body(r *http.Response, limit int64) ([]byte, error) {
	defer r.Body.Close()
	if r.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil
	}
	room := int64(512)
	if r.ContentLength >= 0 {
		room = min(r.ContentLength, limit, 1<<20) + 1 // to see the end without growing
	}
	body := make([]byte, 0, room)
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, ErrTooLong
		case err == io.EOF:
			return bytes.TrimLeft(body, "\ufeff"), nil
		case err != nil:
			return nil, err
		case len(body) == cap(body):
			body = append(body, 0)[:len(body)]
		}
	}
}

// MaxRetryAfter bounds what [RetryAfter] and [Seconds] return, so that nothing
// a service writes can overflow.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter reads the Retry-After header: seconds or a date (RFC 9110, section
// 10.2.3). It also takes what is not allowed and yet sent: a fraction, a unit, quotes,
// and dates as in e-mails (RFC 5322) and in JSON (RFC 3339). Where there are several,
// say one of the service and one of a gateway before it, the longest holds. The wait
// lies between 0 and [MaxRetryAfter]. ok is false where there is none that makes sense;
// a negative number does not.
//
// A date is taken relative to the answer's own Date header, so that a local
// clock which is wrong does not matter; only without that header now is used.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	for _, line := range h.Values("Retry-After") {
		line = strings.Trim(line, ` "`)
		if until, good := date(line); good {
			wait, ok = max(wait, until.Sub(now)), true
			continue
		}
		for value := range strings.SplitSeq(line, ",") {
			if seconds, good := Seconds(withoutUnit(value)); good {
				wait, ok = max(wait, seconds), true
			}
		}
	}
	return min(wait, MaxRetryAfter), ok
}

// date reads a date in any of the formats that are met in headers.
func date(text string) (t time.Time, ok bool) {
	for _, layout := range []string{http.TimeFormat, time.RFC850, time.ANSIC, time.RFC1123Z, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// withoutUnit is "57" of " 57", "57s" and "57 seconds".
func withoutUnit(value string) string {
	number, unit := strings.TrimSpace(value), ""
	if i := strings.IndexFunc(number, unicode.IsLetter); i >= 0 {
		number, unit = strings.TrimSpace(number[:i]), strings.ToLower(number[i:])
	}
	switch unit {
	case "", "s", "sec", "secs", "second", "seconds":
		return number
	}
	return ""
}

// Seconds reads a decimal number of seconds without a sign, such as "57" or
// "0.249"; longer ones than [MaxRetryAfter] are cut to that.
func Seconds(text string) (d time.Duration, ok bool) {
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(seconds, MaxRetryAfter.Seconds()) * float64(time.Second)), true
}
