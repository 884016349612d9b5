package pace_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/pace"
	"muster/pkg/simulate"
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

// Whatever the service is like, whoever is refused, however it names the wait: no
// request leaves inside a window that the client has been told of. The emulator
// counts those that do. Whether customers share a limit is a conclusion from chances;
// [TestAWrongVerdictCostsLittle] says what becomes of a wrong one.
func TestNothingLeavesInsideAWindow(t *testing.T) {
	t.Parallel()
	latency := simulate.Latency{Min: 20 * ms, Max: 120 * ms}
	rows := 4000
	if testing.Short() {
		rows = 1200
	}
	one, four := jobs(rows, 1), jobs(rows/4, 4)
	for _, form := range []struct {
		name string
		form simulate.Form
	}{{"seconds", simulate.Seconds}, {"fractions", simulate.Fractions}, {"date", simulate.Date}} {
		named := func(q simulate.Quota) simulate.Quota {
			q.RetryAfter.Form = form.form
			return q
		}
		for _, s := range []scenario{
			service("lenient", one, 32, latency, named(lenient(100, 20, 1, 5))),
			service("strict", one, 32, latency, named(strict(100, 20, 1, 5))),
			service("window", jobs(900, 1), 32, latency, named(window(300, 2*time.Second))),
			service("sliding window", jobs(900, 1), 32, latency, named(sliding(300, 2*time.Second))),
			service("burst of one", jobs(200, 1), 32, latency, named(strict(50, 1, 1, 2))),
			service("shared by four", four, 32, usual, named(lenient(150, 30, 1, 5))),
			service("shared by four, strict", four, 32, usual, named(strict(150, 30, 1, 5))),
			service("one for each of four", four, 32, usual, named(each(lenient(25, 10, 1, 5)))),
			service("one for each of four, strict", four, 32, usual, named(each(strict(25, 10, 1, 5)))),
			service("one for each of four, all different", four, 32, usual, named(of(0, lenient(60, 10, 1, 5))), named(of(1, strict(30, 10, 1, 5))), named(of(2, window(500, 10*time.Second)))),
		} {
			o := run(t, s, 1, 32, newMuster(s, 1, nil))
			if o.refused == 0 {
				t.Errorf("%s, %s: nothing was refused, so this tests nothing", s.name, form.name)
			}
			if o.early != 0 || o.lost != 0 {
				t.Errorf("%s, %s: got %d requests inside a window and %d rows lost, want none", s.name, form.name, o.early, o.lost)
			}
		}
	}
}

// That the emulator sees who does not wait.
func TestEarlyIsSeen(t *testing.T) {
	s := service("strict", jobs(300, 1), 32, usual, strict(100, 20, 1, 5))
	if o := run(t, s, 1, 32, func() policy { return perRequest{} }); o.early == 0 {
		t.Error("each request waits for itself: got no request inside a window, want many")
	}
}

// The rate is learned whatever the quota, not only for the services of the table.
func TestOtherQuotas(t *testing.T) {
	t.Parallel()
	quick := simulate.Latency{Min: 1 * ms, Max: 4 * ms}
	for _, tt := range []struct {
		scenario
		efficiency float64
	}{
		{service("5/s burst 5", jobs(900, 1), 16, usual, lenient(5, 5, 1, 5)), 0.85},
		{service("40/s burst 10", jobs(7200, 1), 16, usual, lenient(40, 10, 1, 10)), 0.66},
		{service("100/s burst 100, strict", jobs(12000, 1), 64, usual, strict(100, 100, 1, 3)), 0.88},
		{service("700/s burst 200", jobs(42000, 1), 256, usual, lenient(700, 200, 1, 3)), 0.85},
		{service("200/s burst 1000", jobs(24000, 1), 128, usual, lenient(200, 1000, 1, 5)), 0.95},
		{service("20/s burst 60", jobs(600, 1), 16, usual, lenient(20, 60, 3, 3)), 0.85},
		{service("50/s burst 50", jobs(1000, 1), 16, usual, lenient(50, 50, 1, 1)), 0.86},
		{service("200 in any second", jobs(3000, 1), 64, usual, sliding(200, time.Second)), 0.68},
		{service("200 in each second", jobs(3000, 1), 64, usual, window(200, time.Second)), 0.46},
		{service("500 in any minute", jobs(2600, 1), 16, usual, sliding(500, time.Minute)), 0.85},
		{service("500 a minute", jobs(2600, 1), 16, usual, window(500, time.Minute)), 0.98},
		{service("200/s, quick answers", jobs(6000, 1), 16, quick, strict(200, 50, 1, 1)), 0.83},
		{service("rises", jobs(30000, 1), 128, usual, changing(lenient(100, 50, 1, 1), [2]float64{60, 200})), 0.69},
	} {
		if testing.Short() && tt.jobs[0].rows > 8000 {
			continue
		}
		if o := run(t, tt.scenario, 1, tt.inFlight, newMuster(tt.scenario, 1, nil)); o.efficiency() < tt.efficiency {
			t.Errorf("%s: got efficiency %.3f, want at least %.2f", tt.name, o.efficiency(), tt.efficiency)
		}
	}
}

// Where no limit shows, only the places in flight limit the run, and latency
// that merely varies does not slow it down.
func TestNoLimit(t *testing.T) {
	t.Parallel()
	quick := simulate.Latency{Min: 1 * ms, Max: 1 * ms}
	noisy := simulate.Latency{Min: 20 * ms, Max: 400 * ms}
	for _, tt := range []struct {
		scenario scenario
		actual   time.Duration // at most
	}{
		{service("50 rows", jobs(50, 1), 16, usual), time.Second},
		{service("500 rows", jobs(500, 1), 16, usual), 5300 * ms}, // 4.7 s at best
		{service("12,000 rows", jobs(12000, 1), 128, usual), 17 * time.Second},
		{service("12,000 rows, noisy latency", jobs(12000, 1), 128, noisy), 24 * time.Second},                // 19.7 s at best
		{service("20,000 rows, quick answers", jobs(20000, 1), 32, quick), 1000 * ms},                        // 0.6 s at best
		{service("20,000 rows of six customers", jobs(3333, 6), 32, quick), 1150 * ms},                       // the same
		{service("300 rows beside 20/s", jobs(300, 2), 32, usual, of(1, lenient(20, 5, 1, 5))), time.Minute}, // 15 s at best
	} {
		o := run(t, tt.scenario, 1, tt.scenario.inFlight, newMuster(tt.scenario, 1, nil))
		if o.actual > tt.actual {
			t.Errorf("%s: took %v, want at most %v", tt.scenario.name, o.actual, tt.actual)
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
	t.Parallel()
	for _, tt := range []struct {
		rate    float64
		busiest int
	}{{1, 1}, {2.5, 3}, {50, 50}, {300, 300}} {
		s := service("ceiling", jobs(int(20*tt.rate), 2), 64, usual)
		o := run(t, s, 1, 32, func() policy {
			p := pace.New(pace.Limits{InFlight: 64, Rate: tt.rate})
			return &muster{pacer: p, gates: []*pace.Gate{p.Gate("a", 0), p.Gate("b", 0)}}
		})
		if o.busiest > tt.busiest {
			t.Errorf("ceiling %v: got %d requests in one second, want at most %d", tt.rate, o.busiest, tt.busiest)
		}
		if o.actual > 46*time.Second {
			t.Errorf("ceiling %v: %d rows took %v, want about 40 s", tt.rate, 2*s.jobs[0].rows, o.actual)
		}
	}
}

// Attempts that are made once more, all at once when there is a fresh token, keep to the
// ceiling too, and do not queue behind those who wait to enter.
func TestCeilingHoldsForAgain(t *testing.T) {
	const ceiling, inFlight, waiting = 10, 16, 200
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{InFlight: inFlight, Rate: ceiling})
		g := p.Gate("a", 0)
		var mu sync.Mutex
		var starts []time.Time
		sent := func() {
			mu.Lock()
			defer mu.Unlock()
			starts = append(starts, time.Now())
		}
		renewed := make(chan struct{})
		last := time.Time{} // of those who came again
		var wg sync.WaitGroup
		for range waiting {
			wg.Go(func() {
				pass, err := g.Enter(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				sent()
				select {
				case <-renewed:
				default: // 401
					<-renewed
					if err := pass.Again(t.Context()); err != nil {
						t.Error(err)
					}
					sent()
					mu.Lock()
					last = time.Now()
					mu.Unlock()
				}
				time.Sleep(100 * time.Millisecond)
				pass.Leave(pace.Answer{})
			})
		}
		time.Sleep(3 * time.Second)
		close(renewed)
		at := time.Now()
		wg.Wait()
		for i, from := range starts {
			n := 0
			for _, s := range starts {
				if d := s.Sub(from); d >= 0 && d < time.Second {
					n++
				}
			}
			if n > ceiling {
				t.Errorf("%d attempts in the second from the %d., want %d at most", n, i+1, ceiling)
				break
			}
		}
		if took := last.Sub(at); len(starts) != waiting+inFlight || took > 2*time.Second {
			t.Errorf("%d attempts, those that came again after %v; want %d and 2 s at most", len(starts), took, waiting+inFlight)
		}
	})
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

// What a run asks one after another before it creates anybody is not held up, and the
// pace rises as if it had been.
func TestFirstFewFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.New(pace.Limits{InFlight: 10}).Gate("a", 0)
		began := time.Now()
		for range 4 {
			pass := enter(t, g)
			time.Sleep(ms)
			pass.Leave(pace.Answer{})
		}
		if took := time.Since(began); took != 4*ms {
			t.Errorf("four took %v, want %v", took, 4*ms)
		}
		if got := g.Snapshot().Rate; got < 100 {
			t.Errorf("the pace is %v a second, want more than 100", got)
		}
	})
}

// Those that come together are no burst.
func TestFirstFewTogetherAreHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pace.New(pace.Limits{InFlight: 10}).Gate("a", 0)
		first, second := enter(t, g), enter(t, g)
		if gap := second.Start.Sub(first.Start); gap < 20*ms {
			t.Errorf("the second left %v after the first, want 25 ms", gap)
		}
	})
}

// Refused again and again, one at a time goes to see. One that gets no answer keeps the
// others for some seconds, and what was on the wire before keeps nobody.
func TestOneGoesToSee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace.New(pace.Limits{InFlight: 10})
		g := p.Gate("a", 0)
		hanging := enter(t, g)
		for range 2 {
			enter(t, g).Leave(throttled(time.Second))
		}
		last := time.Now()
		for i, want := range []time.Duration{time.Second, 5 * time.Second, 5 * time.Second} {
			pass := enter(t, g)
			defer pass.Leave(pace.Answer{Failed: true})
			if got := pass.Start.Sub(last); got < want || got > want+100*time.Millisecond {
				t.Errorf("attempt %d: left after %v, want %v", i, got, want)
			}
			last = pass.Start
		}
		hanging.Leave(pace.Answer{})
		if got := enter(t, g).Start.Sub(last); got > time.Second {
			t.Errorf("after an answer: left after %v, want at once", got)
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
		{"nought", throttled(0), []time.Duration{0, 0, 0, time.Second, time.Second, time.Second, time.Second, 1100 * time.Millisecond, 1400 * time.Millisecond, 1750 * time.Millisecond, 2200 * time.Millisecond}},
		{"fraction", throttled(300 * time.Millisecond), []time.Duration{300 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, time.Second}},
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
		{"stated", throttled(time.Second), 18, time.Minute},
		{"missing", pace.Answer{Throttled: true}, 12, 4 * time.Minute},
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
