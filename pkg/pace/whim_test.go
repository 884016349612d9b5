package pace_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/simulate"
)

// Refusals that have nothing to do with speed cost their pauses, and not the
// speed.
func TestWhims(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		share float64
		wait  string        // Retry-After; "": none
		most  time.Duration // of the mean
	}{
		{0.02, "1", 25 * time.Second},
		{0.05, "1", 40 * time.Second},
		{0.1, "1", 55 * time.Second},
		{0.2, "1", 75 * time.Second},
		{0.02, "10", 160 * time.Second},
		{0.1, "0", 13 * time.Second},
		{0.1, "", 55 * time.Second},
	} {
		const seeds = 10
		mean := time.Duration(0)
		for seed := range uint64(seeds) {
			s := service("whims", jobs(600, 1), 16, usual)
			s.whims, s.whimWait = tt.share, tt.wait
			mean += run(t, s, seed, 16, newMuster(s, seed, nil)).actual / seeds
		}
		t.Logf("%v refused, Retry-After %q: %v in the mean, seeds 0 to %d", tt.share, tt.wait, mean, seeds-1)
		if mean > tt.most {
			t.Errorf("%v refused, Retry-After %q: took %v in the mean, want at most %v", tt.share, tt.wait, mean, tt.most)
		}
	}
}

// A quota that falls is closed in on, and not taken for whims: that would cost a
// pause for every few attempts.
func TestFallIsNoWhim(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it measures; go test without -short does")
	}
	for seed := range uint64(9) {
		s := service("falls to a third", jobs(9000, 1), 64, usual, changing(lenient(200, 50, 1, 5), [2]float64{30, 66}))
		if got := run(t, s, seed, s.inFlight, newMuster(s, seed, nil)).efficiency(); got < 0.5 {
			t.Errorf("seed %d: got efficiency %.3f, want 0.5", seed, got)
		}
	}
}

// A slow service that allows hardly two attempts at once refuses again and again, since
// attempts arrive in another order than they left. That is a limit, and no whim.
func TestLittleBurstIsNoWhim(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		burst int
		least float64
	}{{1, 0.5}, {2, 0.6}} {
		for seed := range uint64(6) {
			s := service("little burst", jobs(1000, 1), 32, usual, lenient(10, tt.burst, 1, 3))
			if got := run(t, s, seed, s.inFlight, newMuster(s, seed, nil)).efficiency(); got < tt.least {
				t.Errorf("burst %d, seed %d: got efficiency %.3f, want %.2f", tt.burst, seed, got, tt.least)
			}
		}
	}
}

// A service close by has used up its burst within a few hundredths of a second. What
// came behind the refusal in that time is no part of the burst.
func TestQuickAnswers(t *testing.T) {
	t.Parallel()
	quick := simulate.Latency{Min: 1 * ms, Max: 3 * ms}
	for _, rate := range []int{50, 100} {
		for seed := range uint64(4) {
			s := service("quick", jobs(20*rate, 1), 16, quick, lenient(float64(rate), rate/2, 1, 1))
			if got := run(t, s, seed, s.inFlight, newMuster(s, seed, nil)).efficiency(); got < 0.85 {
				t.Errorf("%d/s, seed %d: got efficiency %.3f, want 0.85", rate, seed, got)
			}
		}
	}
}

// A few refusals at the very start, for whatever reason, do not make a run crawl.
func TestRefusedAtFirst(t *testing.T) {
	t.Parallel()
	for _, first := range []int64{1, 2, 5, 20} {
		for _, last := range []int64{first, first + 2} {
			var requests atomic.Int64
			s := service("refused at first", jobs(600, 1), 16, usual)
			s.service.Fault = func(simulate.Request) simulate.Fault {
				if n := requests.Add(1); n < first || n > last {
					return simulate.Fault{}
				}
				return simulate.Fault{Mishap: simulate.FailBefore, Status: http.StatusTooManyRequests, RetryAfter: "2"}
			}
			if took := run(t, s, 0, 16, newMuster(s, 0, nil)).actual; took > 14*time.Second {
				t.Errorf("requests %d to %d refused: took %v, want at most 14s", first, last, took)
			}
		}
	}
}
