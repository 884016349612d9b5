package simulate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTransportHonoursTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Latency: Latency{Min: time.Second}})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(400*time.Millisecond, func() { cancel(errors.New("enough")) })
		r, err := http.NewRequestWithContext(ctx, "POST", base+users, strings.NewReader(ann))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		start := time.Now()
		_, err = s.Transport().RoundTrip(r)
		check(t, "error", errors.Is(err, context.Canceled), true)
		check(t, "at once", time.Since(start), 400*time.Millisecond)
		check(t, "carried out all the same", len(s.Users(DefaultCustomerID)), 1)

		_, err = s.Transport().RoundTrip(r.WithContext(ctx))
		check(t, "over before", errors.Is(err, context.Canceled), true)
		check(t, "never arrived", s.Counts().Requests, 1)
	})
}

// closed notes that it was closed.
type closed struct {
	io.Reader
	times int
}

func (c *closed) Close() error { c.times++; return nil }

func TestTransportReadsAndClosesTheBody(t *testing.T) {
	s := newTester(Scenario{})
	body := &closed{Reader: strings.NewReader(ann)}
	r, err := http.NewRequest("POST", base+users, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	check(t, "status", exchange(s.client, r).status, 201)
	check(t, "closed", body.times, 1)
}

func TestTransportHidesNoBugs(t *testing.T) {
	defer func() { check(t, "panic", recover(), any("a bug")) }()
	s := newTester(Scenario{Fault: func(Request) Fault { panic("a bug") }})
	s.list()
}

func TestAnswersDeclareTheirLength(t *testing.T) {
	s := newTester(Scenario{})
	r, err := http.NewRequest("GET", base+users, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(t, "error", err, nil)
	check(t, "length", answer.ContentLength, int64(len(body)))
	check(t, "status line", answer.Status, "200 OK")
}
