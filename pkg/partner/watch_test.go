package partner

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// A watch serves one exchange after the other, each with the whole time, and neither
// after it has cut one off nor for a caller whose context is another.
func TestWatchesServeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var takes time.Duration
		var seen context.Context
		c := client(t, "https://host", func(c *Config) {
			c.Timeout = 30 * time.Second
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				seen = r.Context()
				select {
				case <-time.After(takes):
					answer := httptest.NewRecorder()
					write(answer, 201, annAnswer)
					return answer.Result(), nil
				case <-seen.Done():
					return nil, seen.Err()
				}
			})
		})
		var last context.Context
		for i, test := range []struct {
			takes, stopped, want time.Duration // stopped: when the caller is, 0: never
			kept                 bool          // the watch is that of the exchange before
		}{
			{takes: 20 * time.Second, want: 20 * time.Second},
			{takes: 20 * time.Second, want: 20 * time.Second, kept: true},
			{takes: 20 * time.Second, stopped: 10 * time.Second, want: 10 * time.Second},
			{takes: 20 * time.Second, want: 20 * time.Second},
			{takes: 40 * time.Second, want: 30 * time.Second, kept: true},
			{takes: 20 * time.Second, want: 20 * time.Second},
			{takes: 20 * time.Second, want: 20 * time.Second, kept: true},
		} {
			ctx := t.Context()
			if test.stopped > 0 {
				own, cancel := context.WithTimeout(ctx, test.stopped)
				defer cancel()
				ctx = own
			}
			takes = test.takes
			began := time.Now()
			err := create(ctx, c)
			if took := time.Since(began); took != test.want || (err == nil) != (took == takes) || errors.Is(err, context.DeadlineExceeded) != (test.stopped > 0) {
				t.Errorf("exchange %d: %v after %v, want the answer after %v, or an error after %v", i, err, took, test.takes, test.want)
			}
			if kept := seen == last; kept != test.kept {
				t.Errorf("exchange %d: the context is that of the exchange before: %v, want %v", i, kept, test.kept)
			}
			last = seen
		}
	})
}
