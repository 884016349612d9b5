package pace_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"muster/pkg/pace"
)

// muster is the pacer under test.
type muster struct {
	pacer *pace.Pacer
	gates []*pace.Gate
}

// newMuster makes a pacer with a gate for each customer; starts are the rates
// remembered for them, nil if there are none.
func newMuster(s scenario, seed uint64, starts []float64) func() policy {
	return func() policy {
		m := &muster{pacer: pace.New(pace.Limits{InFlight: s.inFlight, Seed: seed})}
		for c := range s.jobs {
			start := 0.0
			if starts != nil {
				start = starts[c]
			}
			m.gates = append(m.gates, m.pacer.Gate(fmt.Sprint("customer ", c), start))
		}
		return m
	}
}

func (m *muster) attempt(customer, _ int, send func() reply) (bool, bool) {
	pass, err := m.gates[customer].Enter(context.Background())
	if err != nil {
		return false, true
	}
	r := send()
	pass.Leave(pace.Answer{Throttled: r.refused, RetryAfter: r.wait, HasRetryAfter: r.stated, Failed: r.failed})
	return r.refused || r.failed, false
}

func (m *muster) found() (rates []float64) {
	for _, g := range m.gates {
		rates = append(rates, g.Snapshot().Found)
	}
	return rates
}

// perRequest is what most retrying clients do: each refused request waits by
// itself, the others go on. tries is how often a row is tried; 0: no end.
type perRequest struct{ tries int }

func (p perRequest) attempt(_, again int, send func() reply) (bool, bool) {
	r := send()
	if r.refused && p.tries > 0 && again+1 >= p.tries {
		return true, true
	}
	time.Sleep(r.wait)
	return r.refused, false
}

// fixed sends at one rate that somebody has configured.
type fixed struct{ limiter *rate.Limiter }

func (f fixed) attempt(_, _ int, send func() reply) (bool, bool) {
	_ = f.limiter.Wait(context.Background())
	r := send()
	time.Sleep(r.wait)
	return r.refused, false
}

// paused holds everybody back until a time, and tells one event from another.
type paused struct {
	mu      sync.Mutex
	until   time.Time
	rnd     *rand.Rand
	limiter *rate.Limiter
}

func (p *paused) enter() time.Time {
	for {
		p.mu.Lock()
		wait := time.Until(p.until)
		p.mu.Unlock()
		if wait > 0 {
			time.Sleep(wait)
			continue
		}
		_ = p.limiter.Wait(context.Background())
		p.mu.Lock()
		wait = time.Until(p.until)
		p.mu.Unlock()
		if wait <= 0 {
			return time.Now()
		}
	}
}

// refused starts a pause, and reports whether this is a new event.
func (p *paused) refused(sent time.Time, wait time.Duration) bool {
	if sent.Before(p.until) {
		return false
	}
	p.until = time.Now().Add(wait + time.Duration(p.rnd.Int64N(int64(10*time.Millisecond))))
	return true
}

// aimd raises the rate by step each second, and cuts it by factor at an event.
type aimd struct {
	paused
	step, factor float64
	raised       time.Time
}

func newAIMD(step, factor float64) func() policy {
	return func() policy {
		a := &aimd{step: step, factor: factor, raised: time.Now()}
		a.rnd, a.limiter = rand.New(rand.NewPCG(1, 2)), rate.NewLimiter(20, 5)
		return a
	}
}

func (a *aimd) attempt(_, _ int, send func() reply) (bool, bool) {
	sent := a.enter()
	answer := send()
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	r := float64(a.limiter.Limit())
	if answer.refused {
		if a.paused.refused(sent, answer.wait) {
			a.limiter.SetLimit(rate.Limit(max(r*a.factor, 1)))
			a.raised = a.until
		}
		return true, false
	}
	if since := now.Sub(a.raised); since > time.Second {
		a.limiter.SetLimit(rate.Limit(r + a.step*since.Seconds()))
		a.raised = now
	}
	return false, false
}

// seek is the prototype that this package was measured against first: slow
// start, bisect, hold, probe rarely.
type seek struct {
	paused
	phase     int // 0 slow start, 1 search, 2 steady
	good, bad float64
	changed   time.Time
	event     time.Time
	probe     time.Duration
	up        float64
}

func newSeek() policy {
	s := &seek{changed: time.Now(), probe: time.Minute, up: 0.01}
	s.rnd, s.limiter = rand.New(rand.NewPCG(1, 2)), rate.NewLimiter(20, 5)
	return s
}

func (s *seek) set(r float64, now time.Time) {
	s.limiter.SetLimit(rate.Limit(r))
	s.changed = now
}

func (s *seek) attempt(_, _ int, send func() reply) (bool, bool) {
	sent := s.enter()
	answer := send()
	s.mu.Lock()
	defer s.mu.Unlock()
	now, r := time.Now(), float64(s.limiter.Limit())
	if answer.refused {
		if s.paused.refused(sent, answer.wait) && answer.wait < 20*time.Second {
			s.cut(r, now)
		}
		return true, false
	}
	held := now.Sub(s.changed)
	switch {
	case s.phase == 0 && held >= time.Second:
		s.good = r
		s.set(2*r, now)
	case s.phase == 1 && held >= 5*time.Second:
		s.good = r
		s.bisect(now)
	case s.phase == 2 && held >= s.probe:
		s.good = r
		s.set(r*(1+s.up), now)
		s.up = min(2*s.up, 0.16)
	}
	return false, false
}

func (s *seek) cut(r float64, now time.Time) {
	again := now.Sub(s.event) < 10*time.Second+s.until.Sub(now)
	s.event = now
	switch {
	case s.phase == 2 && again:
		s.phase, s.good, s.bad = 1, r/2, r
		s.set(r/2, s.until)
	case s.phase == 2:
		s.probe, s.up = min(2*s.probe, 16*time.Minute), 0.01
		s.set(r*0.98, s.until)
	default:
		if s.phase == 0 {
			s.phase = 1
		}
		s.bad = r
		if s.good >= s.bad {
			s.good = s.bad / 2
		}
		s.bisect(s.until)
	}
}

func (s *seek) bisect(now time.Time) {
	if s.bad-s.good < 0.03*s.bad {
		s.phase = 2
		s.set(s.good, now)
		return
	}
	s.set((s.good+s.bad)/2, now)
}
