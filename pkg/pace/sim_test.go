package pace_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A server is a model of a service's limiter. It is asked in the order of
// arrival, with the time since it was started.
type server interface {
	// serve returns the wait that a refusal states; 0: accepted.
	serve(now time.Duration, customer int) time.Duration
	// ideal returns the shortest time for rows of one customer, or of each, if
	// the client can send at most top a second.
	ideal(rows int, top float64) time.Duration
}

// bucket is a token bucket that goes on refilling while it refuses.
type bucket struct {
	quota  func(now time.Duration) float64 // tokens a second
	burst  float64
	retry  func() time.Duration
	strict bool // refuse everything until the stated wait has passed

	tokens  float64
	last    time.Duration
	started bool
	closed  time.Duration
}

func (b *bucket) serve(now time.Duration, _ int) time.Duration {
	if !b.started {
		b.started, b.tokens = true, b.burst
	}
	b.tokens = min(b.burst, b.tokens+b.quota(now)*(now-b.last).Seconds())
	b.last = now
	if b.strict && now < b.closed {
		return b.closed - now
	}
	if b.tokens < 1 {
		wait := b.retry()
		b.closed = now + wait
		return wait
	}
	b.tokens--
	return 0
}

func (b *bucket) ideal(rows int, top float64) time.Duration {
	left, now := float64(rows)-b.burst, time.Duration(0)
	for left > 0 {
		left -= min(b.quota(now), top) * 0.01
		now += 10 * time.Millisecond
	}
	return now
}

// counter counts in fixed windows.
type counter struct {
	limit  int
	period time.Duration

	window time.Duration
	count  int
}

func (c *counter) serve(now time.Duration, _ int) time.Duration {
	if w := now.Truncate(c.period); w != c.window {
		c.window, c.count = w, 0
	}
	if c.count >= c.limit {
		return c.window + c.period - now
	}
	c.count++
	return 0
}

func (c *counter) ideal(rows int, top float64) time.Duration {
	full := (rows - 1) / c.limit
	rest := rows - full*c.limit
	return time.Duration(full)*c.period + time.Duration(float64(rest)/top*float64(time.Second))
}

// free has no limit.
type free struct{}

func (free) serve(time.Duration, int) time.Duration { return 0 }
func (free) ideal(rows int, top float64) time.Duration {
	return time.Duration(float64(rows) / top * float64(time.Second))
}

// each gives every customer a server of its own.
type each []server

func (e each) serve(now time.Duration, customer int) time.Duration {
	return e[customer].serve(now, customer)
}

func (e each) ideal(rows int, top float64) time.Duration {
	var longest time.Duration
	for _, s := range e {
		longest = max(longest, s.ideal(rows, top))
	}
	return longest
}

// A policy lets attempts of a customer go, one at a time for each caller. send
// makes the attempt; it returns the wait that a refusal states, 0 if accepted.
// again is how often this row has been refused. It returns whether to give up
// the row for good.
type policy interface {
	attempt(customer, again int, send func() time.Duration) (refused, lost bool)
}

// A load is what the client brings.
type load struct {
	rows      int // of each customer
	customers int // 0: one
	workers   int
	latency   [2]time.Duration       // from, to; there and back
	scope     func(customer int) int // of a refusal; nil: one for all
}

// An outcome is what a run came to.
type outcome struct {
	ideal, actual time.Duration
	requests      int
	refused, lost int
	inside        int           // sent inside a window that the client knew of
	stall         time.Duration // longest time without a request outside of windows
	finished      []time.Duration
	busiest       int       // most requests in one second
	found         []float64 // by customer: to remember
}

func (o outcome) efficiency() float64 { return o.ideal.Seconds() / o.actual.Seconds() }
func (o outcome) share() float64      { return float64(o.refused) / float64(max(o.requests, 1)) }

// A world runs one load against one server in virtual time.
type world struct {
	mu     sync.Mutex
	load   load
	server server
	rnd    *rand.Rand
	start  time.Time
	known  map[int]time.Duration // by scope: end of the windows the client knows of
	last   map[int]time.Duration // by scope: last request
	times  []time.Duration
	out    outcome
}

// simulate runs the load to its end. make is called inside the bubble.
func simulate(t *testing.T, l load, seed uint64, newServer func(*rand.Rand) server, newPolicy func() policy) outcome {
	t.Helper()
	l.customers = max(l.customers, 1)
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := &world{load: l, rnd: rnd, server: newServer(rnd), known: map[int]time.Duration{}, last: map[int]time.Duration{}}
	w.out.finished = make([]time.Duration, l.customers)
	synctest.Test(t, func(t *testing.T) {
		w.start = time.Now()
		p := newPolicy()
		var wg sync.WaitGroup
		for c := range l.customers {
			todo := make(chan struct{}, l.rows)
			for range l.rows {
				todo <- struct{}{}
			}
			close(todo)
			for range l.workers {
				wg.Go(func() { w.work(p, c, todo) })
			}
		}
		wg.Wait()
		if f, ok := p.(interface{ found() []float64 }); ok {
			w.out.found = f.found()
		}
	})
	top := float64(l.workers) / ((l.latency[0] + l.latency[1]) / 2).Seconds()
	w.out.ideal = w.server.ideal(l.rows, top)
	for i, j := 0, 0; j < len(w.times); j++ {
		for w.times[j]-w.times[i] >= time.Second {
			i++
		}
		w.out.busiest = max(w.out.busiest, j-i+1)
	}
	return w.out
}

func (w *world) work(p policy, customer int, todo chan struct{}) {
	for range todo {
		for again := 0; ; again++ {
			refused, lost := p.attempt(customer, again, func() time.Duration { return w.exchange(customer) })
			if lost {
				w.mu.Lock()
				w.out.lost++
				w.mu.Unlock()
			}
			if !refused || lost {
				break
			}
		}
		w.mu.Lock()
		w.out.actual = time.Since(w.start)
		w.out.finished[customer] = w.out.actual
		w.mu.Unlock()
	}
}

// exchange carries one request to the server and its answer back.
func (w *world) exchange(customer int) time.Duration {
	scope := 0
	if w.load.scope != nil {
		scope = w.load.scope(customer)
	}
	w.mu.Lock()
	there, back := w.half(), w.half()
	w.sent(scope)
	w.mu.Unlock()

	time.Sleep(there)
	w.mu.Lock()
	arrived := time.Since(w.start)
	wait := w.server.serve(arrived, customer)
	w.out.requests++
	if wait > 0 {
		w.out.refused++
	}
	w.mu.Unlock()

	time.Sleep(back)
	if wait > 0 {
		w.mu.Lock()
		w.known[scope] = max(w.known[scope], arrived+wait)
		w.mu.Unlock()
	}
	return wait
}

func (w *world) half() time.Duration {
	from, to := w.load.latency[0], w.load.latency[1]
	return (from + time.Duration(w.rnd.Float64()*float64(to-from))) / 2
}

// sent notes when a request leaves.
func (w *world) sent(scope int) {
	now := time.Since(w.start)
	if now < w.known[scope] {
		w.out.inside++
	}
	w.out.stall = max(w.out.stall, now-max(w.last[scope], w.known[scope]))
	w.last[scope] = now
	w.times = append(w.times, now)
}

func steady(rate float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return rate }
}

// between returns waits of from to to seconds, evenly spread.
func between(rnd *rand.Rand, from, to float64) func() time.Duration {
	return func() time.Duration {
		return time.Duration((from + rnd.Float64()*(to-from)) * float64(time.Second))
	}
}
