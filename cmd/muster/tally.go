package main

import (
	"maps"
	"sync"
	"time"

	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/results"
)

// tally counts what happens while it happens, for progress and metrics. It is a
// [provision.Watcher].
type tally struct {
	mu     sync.Mutex
	counts counts
}

// counts are the numbers of a run at one moment.
type counts struct {
	surveyed bool // the input is read and checked
	rows     int  // of the input
	toSend   int  // so many of them are to be worked on
	done     int  // so many of these are settled
	settled  map[results.Status]int
	requests map[request]int
	sent     int // the sum of requests
	refused  int // of them: throttled
	latency  map[string]histogram
}

// request sorts requests, for the metrics.
type request struct{ op, outcome string }

// histogram counts durations. Its buckets are those of bounds, and one above.
type histogram struct {
	buckets [len(bounds) + 1]int
	sum     time.Duration
	n       int
}

// bounds are the upper limits of the buckets, in seconds. Nobody changes them.
var bounds = [...]float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

func newTally() *tally {
	return &tally{counts: counts{settled: map[results.Status]int{}, requests: map[request]int{}, latency: map[string]histogram{}}}
}

// Survey implements [provision.Watcher].
func (t *tally) Survey(rows, toSend int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.surveyed, t.counts.rows, t.counts.toSend = true, rows, toSend
}

// Attempt implements [provision.Watcher].
func (t *tally) Attempt(a provision.Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.counts
	c.sent++
	if a.Throttled {
		c.refused++
	}
	c.requests[request{a.Op, outcomeOf(a.Kind)}]++
	h := c.latency[a.Op]
	h.add(a.Latency)
	c.latency[a.Op] = h
}

// Settled implements [provision.Watcher].
func (t *tally) Settled(_ string, s results.Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.done++
	t.counts.settled[s]++
}

// now returns the numbers. The maps are copies.
func (t *tally) now() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts
	c.settled, c.requests, c.latency = maps.Clone(c.settled), maps.Clone(c.requests), maps.Clone(c.latency)
	return c
}

func (h *histogram) add(d time.Duration) {
	i := 0
	for i < len(bounds) && d.Seconds() > bounds[i] {
		i++
	}
	h.buckets[i]++
	h.sum += d
	h.n++
}

// outcomeOf is the word for what became of a request.
func outcomeOf(k partner.Kind) string {
	switch k {
	case 0:
		return "ok"
	case partner.Throttled:
		return "throttled"
	case partner.Unavailable:
		return "unavailable"
	case partner.Lost:
		return "lost"
	case partner.NotSent:
		return "not_sent"
	case partner.Garbled:
		return "garbled"
	case partner.SignIn, partner.Unauthorized:
		return "unauthorized"
	}
	return "rejected" // any other definite no
}
