package pace_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/pace"
)

func enter(t *testing.T, g *pace.Gate) *pace.Pass {
	t.Helper()
	pass, err := g.Enter(t.Context())
	if err != nil {
		t.Fatalf("Enter: %v", err)
	}
	return pass
}

func throttled(wait time.Duration) pace.Answer {
	return pace.Answer{Throttled: true, RetryAfter: wait, HasRetryAfter: true}
}

// Whatever the server is like, whoever is refused: nobody sends inside a window
// that the client has been told of.
func TestNothingLeavesInsideAWindow(t *testing.T) {
	one := load{rows: 4000, workers: 32, latency: [2]time.Duration{20 * time.Millisecond, 120 * time.Millisecond}}
	sharing := load{rows: 1500, customers: 4, workers: 8, latency: usual}
	apart := load{rows: 1500, customers: 4, workers: 8, latency: usual, scope: own}
	for _, s := range []scenario{
		{"lenient", one, 0, lenient(100, 20, 1, 5)},
		{"strict", one, 0, strict(100, 20, 1, 5)},
		{"waits of fractions of a second", one, 0, lenient(100, 20, 0.1, 0.4)},
		{"short window", one, 0, fixedWindow(300, 2*time.Second)},
		{"burst of one", load{rows: 300, workers: 32, latency: usual}, 0, strict(50, 1, 1, 2)},
		{"one limit for four customers", sharing, 0, lenient(150, 30, 1, 5)},
		{"one strict limit for four customers", sharing, 0, strict(150, 30, 1, 5)},
		{"four customers with limits of their own", apart, 0, func(r *rand.Rand) server {
			return each{lenient(60, 10, 1, 5)(r), strict(30, 10, 1, 5)(r), fixedWindow(500, 10*time.Second)(r), free{}}
		}},
	} {
		for seed := range uint64(4) {
			o := simulate(t, s.load, seed, s.server, newMuster(pace.Limits{InFlight: 32, Seed: seed}, max(s.load.customers, 1), nil))
			if o.refused == 0 {
				t.Errorf("%s, seed %d: nothing was refused, so this tests nothing", s.name, seed)
			}
			if o.inside != 0 || o.lost != 0 {
				t.Errorf("%s, seed %d: got %d requests inside a window and %d rows lost, want none", s.name, seed, o.inside, o.lost)
			}
		}
	}
}

// The rate is learned whatever the quota, not only for the servers of the table.
func TestOtherQuotas(t *testing.T) {
	for _, tt := range []struct {
		scenario
		efficiency float64
	}{
		{scenario{"5/s burst 5", load{rows: 900, workers: 16, latency: usual}, 5, lenient(5, 5, 1, 5)}, 0.80},
		{scenario{"40/s burst 10", load{rows: 7200, workers: 16, latency: usual}, 40, lenient(40, 10, 1, 10)}, 0.80},
		{scenario{"100/s burst 100, strict", load{rows: 12000, workers: 64, latency: usual}, 100, strict(100, 100, 1, 3)}, 0.90},
		{scenario{"700/s burst 200", load{rows: 42000, workers: 256, latency: usual}, 700, lenient(700, 200, 1, 3)}, 0.85},
		{scenario{"200/s burst 1000", load{rows: 24000, workers: 128, latency: usual}, 200, lenient(200, 1000, 1, 5)}, 0.85},
		{scenario{"500 a minute", load{rows: 2600, workers: 16, latency: usual}, 8.3, fixedWindow(500, time.Minute)}, 0.98},
		{scenario{"200/s, quick answers", load{rows: 6000, workers: 16, latency: [2]time.Duration{time.Millisecond, 4 * time.Millisecond}}, 200, strict(200, 50, 1, 1)}, 0.85},
		{scenario{"rises", load{rows: 30000, workers: 128, latency: usual}, 200, changing(50, 1, 1, func(now time.Duration) float64 {
			if now > time.Minute {
				return 200
			}
			return 100
		})}, 0.75},
	} {
		for seed := range uint64(2) {
			o := simulate(t, tt.load, seed, tt.server, newMuster(pace.Limits{InFlight: tt.load.workers, Seed: seed}, 1, nil))
			if got := o.efficiency(); got < tt.efficiency {
				t.Errorf("%s, seed %d: got efficiency %.3f, want at least %.2f", tt.name, seed, got, tt.efficiency)
			}
		}
	}
}

// capricious refuses whom it likes, however fast anybody is.
type capricious struct {
	rnd   *rand.Rand
	share float64
}

func (c capricious) serve(time.Duration, int) time.Duration {
	if c.rnd.Float64() < c.share {
		return time.Second
	}
	return 0
}

func (c capricious) ideal(rows int, top float64) time.Duration {
	return time.Duration((float64(rows)*c.share + float64(rows)/top) * float64(time.Second))
}

// Refusals that have nothing to do with speed cost their pauses, and not the
// speed.
func TestWhims(t *testing.T) {
	for _, share := range []float64{0.02, 0.05} {
		for seed := range uint64(4) {
			o := simulate(t, load{rows: 600, workers: 16, latency: usual}, seed, func(r *rand.Rand) server { return capricious{r, share} },
				newMuster(pace.Limits{InFlight: 16, Seed: seed}, 1, nil))
			if o.actual > 4*o.ideal {
				t.Errorf("%v refused, seed %d: took %v, want at most four times %v", share, seed, o.actual, o.ideal)
			}
		}
	}
}

// Where no limit shows, only the places in flight limit the run, and latency
// that merely varies does not slow it down.
func TestNoLimit(t *testing.T) {
	noisy := [2]time.Duration{20 * time.Millisecond, 400 * time.Millisecond}
	for _, tt := range []struct {
		name   string
		load   load
		actual time.Duration // at most
	}{
		{"50 rows", load{rows: 50, workers: 16, latency: usual}, 2 * time.Second},
		{"500 rows", load{rows: 500, workers: 16, latency: usual}, 7 * time.Second}, // 4.7 s at best
		{"12,000 rows", load{rows: 12000, workers: 128, latency: usual}, 17 * time.Second},
		{"12,000 rows, noisy latency", load{rows: 12000, workers: 128, latency: noisy}, 24 * time.Second}, // 19.7 s at best
	} {
		for seed := range uint64(3) {
			o := simulate(t, tt.load, seed, func(*rand.Rand) server { return free{} },
				newMuster(pace.Limits{InFlight: tt.load.workers, Seed: seed}, 1, nil))
			if o.actual > tt.actual {
				t.Errorf("%s, seed %d: took %v, want at most %v", tt.name, seed, o.actual, tt.actual)
			}
		}
	}
}

// A service that queues instead of refusing is not drowned: it answers 100 a
// second, and what is in flight waits for its turn.
func TestRisingLatencyIsASignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{InFlight: 400})
		g := p.Gate("a", 0)
		var mu sync.Mutex
		var free time.Time // when the service has served all it has
		var wg sync.WaitGroup
		most, start := 0, time.Now()
		for range 400 {
			wg.Go(func() {
				for range 10 {
					pass := enter(t, g)
					mu.Lock()
					if free.Before(time.Now()) {
						free = time.Now()
					}
					free = free.Add(10 * time.Millisecond)
					wait := time.Until(free) + 50*time.Millisecond
					most = max(most, p.Snapshot().InFlight)
					mu.Unlock()
					time.Sleep(wait)
					pass.Leave(pace.Answer{})
				}
			})
		}
		wg.Wait()
		if most > 300 {
			t.Errorf("got %d in flight, want far fewer than 400", most)
		}
		if took := time.Since(start); took > 50*time.Second {
			t.Errorf("4,000 rows took %v, want little more than 40 s", took)
		}
	})
}

func TestCeiling(t *testing.T) {
	for _, tt := range []struct {
		rate    float64
		busiest int
	}{{1, 1}, {2.5, 3}, {50, 50}, {300, 300}} {
		l := load{rows: int(20 * tt.rate), customers: 2, workers: 32, latency: usual}
		o := simulate(t, l, 1, func(*rand.Rand) server { return free{} }, newMuster(pace.Limits{InFlight: 64, Rate: tt.rate}, 2, nil))
		if o.busiest > tt.busiest {
			t.Errorf("ceiling %v: got %d requests in one second, want at most %d", tt.rate, o.busiest, tt.busiest)
		}
		if got := o.actual; got > 46*time.Second {
			t.Errorf("ceiling %v: %d rows took %v, want about 40 s", tt.rate, 2*l.rows, got)
		}
	}
}

// A row that waits holds no place; a customer that never answers cannot take
// all places.
func TestHangingCustomerLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{InFlight: 8})
		hanging, well := p.Gate("hanging", 0), p.Gate("well", 0)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if pass, err := hanging.Enter(ctx); err == nil {
					<-ctx.Done()
					pass.Leave(pace.Answer{Failed: true})
				}
			})
		}
		time.Sleep(time.Minute)
		if got := hanging.Snapshot(); got.InFlight >= 8 || got.Waiting == 0 {
			t.Errorf("got %d in flight and %d waiting, want fewer than 8 and some", got.InFlight, got.Waiting)
		}
		start := time.Now()
		for range 100 {
			pass := enter(t, well)
			time.Sleep(100 * time.Millisecond)
			pass.Leave(pace.Answer{})
		}
		if took := time.Since(start); took > 12*time.Second {
			t.Errorf("100 rows of the other customer took %v, want about 10 s", took)
		}
		cancel()
		wg.Wait()
	})
}

func TestThrottledCustomerHoldsNobodyUp(t *testing.T) {
	hard := func(r *rand.Rand) server { return each{free{}, lenient(5, 5, 57, 57)(r)} }
	l := load{rows: 300, customers: 2, workers: 8, latency: usual, scope: own}
	for seed := range uint64(3) {
		o := simulate(t, l, seed, hard, newMuster(pace.Limits{InFlight: 16, Seed: seed}, 2, nil))
		if o.finished[0] > 15*time.Second || o.finished[1] < 57*time.Second {
			t.Errorf("seed %d: got %v, want the first within 15 s and the second after its pause", seed, o.finished)
		}
	}
}

// What is learned is learned for whom the limit is: for the run where all share
// it, for each customer where each has its own.
func TestWhoseLimit(t *testing.T) {
	l := load{rows: 4000, customers: 2, workers: 32, latency: usual}
	for seed := range uint64(3) {
		var m *muster
		watch := func() policy {
			m = newMuster(pace.Limits{InFlight: 64, Seed: seed}, 2, nil)().(*muster)
			return m
		}
		simulate(t, l, seed, lenient(100, 25, 1, 3), watch)
		if run := m.pacer.Snapshot().Found; run < 90 || run > 105 || m.found()[0] != 0 {
			t.Errorf("shared, seed %d: got %.1f for the run and %.1f for the customers, want about 100 and none", seed, run, m.found())
		}
		simulate(t, l, seed, func(r *rand.Rand) server { return each{strict(100, 25, 1, 3)(r), strict(40, 10, 1, 3)(r)} }, watch)
		if got := m.found(); m.pacer.Snapshot().Found != 0 || got[0] < 90 || got[0] > 105 || got[1] < 36 || got[1] > 42 {
			t.Errorf("separate, seed %d: got %.1f for the run and %.1f for the customers, want none, 100 and 40", seed, m.pacer.Snapshot().Found, got)
		}
	}
}

// One event, one cut: all that was on the wire is refused, which makes one
// pause, as long as the longest wait; then one at a time goes.
func TestOneEventOnePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{InFlight: 10})
		g := p.Gate("a", 0)
		var passes []*pace.Pass
		for range 10 {
			passes = append(passes, enter(t, g))
		}
		start := time.Now()
		for i, pass := range passes {
			pass.Leave(throttled(time.Duration(i%3+1) * time.Second))
		}
		if got := g.Snapshot(); got.Pauses != 1 || got.Refused != 10 || got.InFlight != 0 {
			t.Errorf("got %+v, want 1 pause, 10 refused, none in flight", got)
		}
		pass := enter(t, g)
		if waited := pass.Start.Sub(start); waited < 3*time.Second || waited > 3100*time.Millisecond {
			t.Errorf("waited %v, want 3 s and a few milliseconds", waited)
		}
		second := enter(t, g)
		if gap := second.Start.Sub(pass.Start); gap < 10*time.Millisecond {
			t.Errorf("the second left %v after the first: a burst", gap)
		}
	})
}

func TestPauses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer pace.Answer
		want   []time.Duration
	}{
		{"missing", pace.Answer{Throttled: true}, []time.Duration{1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute, time.Minute}},
		{"negative", throttled(-time.Hour), []time.Duration{time.Second, 2 * time.Second}},
		{"nought", throttled(0), []time.Duration{0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second}},
		{"fraction", throttled(300 * time.Millisecond), []time.Duration{300 * time.Millisecond, 2 * time.Second}},
		{"long", throttled(57 * time.Second), []time.Duration{57 * time.Second, 57 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.New(pace.Limits{InFlight: 4}).Gate("a", 0)
				for i, want := range tt.want {
					enter(t, g).Leave(tt.answer)
					left := time.Now()
					pass := enter(t, g)
					if got := pass.Start.Sub(left); got < want || got > want+100*time.Millisecond {
						t.Fatalf("pause %d: got %v, want %v", i, got, want)
					}
					defer pass.Leave(pace.Answer{Failed: true})
					if i+1 < len(tt.want) {
						pass.Leave(pace.Answer{Failed: true}) // tells nothing: the next is the next round
					}
				}
			})
		})
	}
}

func TestServiceThatOnlyRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer pace.Answer
		rounds int
		waited time.Duration // at least
	}{
		{"stated", throttled(time.Second), 10, 50 * time.Second},
		{"missing", pace.Answer{Throttled: true}, 10, 4 * time.Minute},
		{"a year", throttled(365 * 24 * time.Hour), 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := pace.New(pace.Limits{InFlight: 4}).Gate("contoso", 0)
				start := time.Now()
				var stalled *pace.StalledError
				for sent := 0; ; sent++ {
					pass, err := g.Enter(t.Context())
					if errors.As(err, &stalled) {
						break
					}
					if err != nil || sent > 30 {
						t.Fatalf("after %d requests: %v, want a StalledError", sent, err)
					}
					time.Sleep(50 * time.Millisecond)
					pass.Leave(tt.answer)
				}
				if stalled.Rounds != tt.rounds || time.Since(start) < tt.waited || !strings.Contains(stalled.Error(), "contoso") {
					t.Errorf("after %v got %v (%d rounds), want %d rounds and at least %v", time.Since(start), stalled, stalled.Rounds, tt.rounds, tt.waited)
				}
				if !stalled.Until.After(time.Now()) {
					t.Errorf("got Until %v, want a time to come", stalled.Until)
				}
			})
		})
	}
}

func TestEnterEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{})
		g := p.Gate("a", 0)
		pass := enter(t, g)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want deadline exceeded", err)
		}
		pass.Leave(pace.Answer{})
		pass.Leave(pace.Answer{}) // does nothing
		if got := p.Snapshot(); got.InFlight != 0 || got.Waiting != 0 || got.Requests != 1 {
			t.Errorf("got %+v, want one request and nothing left over", got)
		}
		enter(t, g).Leave(pace.Answer{}) // the place is free
	})
}

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{0, 0, 500 * time.Millisecond}, {1, 0, 500 * time.Millisecond}, {1, 1, time.Second}, {2, 0, time.Second},
		{3, 1, 4 * time.Second}, {6, 1, 30 * time.Second}, {1000, 0, 15 * time.Second},
	} {
		if got := pace.Backoff(tt.attempt, func() float64 { return tt.random }); got != tt.want {
			t.Errorf("Backoff(%d) with %v: got %v, want %v", tt.attempt, tt.random, got, tt.want)
		}
	}
}
