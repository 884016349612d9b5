package pace

import (
	"math"
	"testing"
)

// Two refusals by a bucket tell its quota and its burst, whatever they are.
func TestEstimateFromTwoRefusals(t *testing.T) {
	for _, tt := range []struct{ quota, burst float64 }{{200, 50}, {200, 200}, {20, 20}, {1000, 100}, {7, 30}} {
		l := newLearner(0, 0)
		now := 0.0
		for _, speed := range []float64{3 * tt.quota, 1.2 * tt.quota} {
			tokens := tt.burst
			for ; tokens >= 1; tokens = min(tt.burst, tokens+tt.quota/speed-1) {
				l.sent(now)
				l.accept(now, now+0.1)
				now += 1 / speed
			}
			l.sent(now)
			l.refuse(now)
			now += max(2, tt.burst/tt.quota)
			l.resume(now)
		}
		if math.Abs(l.quota/tt.quota-1) > 0.03 || math.Abs(l.burst-tt.burst) > 2+0.1*tt.burst {
			t.Errorf("bucket of %v/s burst %v: got %.1f and %.1f", tt.quota, tt.burst, l.quota, l.burst)
		}
		if l.mode != settled || l.speed >= tt.quota*1.01 || l.speed < tt.quota*0.9 {
			t.Errorf("bucket of %v/s: got mode %d and speed %.1f, want settled just under the quota", tt.quota, l.mode, l.speed)
		}
	}
}

// A long trace becomes coarser and loses nothing.
func TestTraceStaysSmall(t *testing.T) {
	var tr trace
	const n = 100000
	for i := range n {
		tr.add(float64(i) * 0.05)
	}
	if got := tr.count(0, math.Inf(1)); got != n || tr.total != n {
		t.Errorf("got %d attempts and total %d, want %d", got, tr.total, n)
	}
	if got := len(tr.bins); got > maxBins {
		t.Errorf("got %d bins, want at most %d", got, maxBins)
	}
	if burst, _ := tr.demand(20, n*0.05); math.Abs(burst) > 100 {
		t.Errorf("20/s of 20/s: got a burst of %.0f, want next to none", burst)
	}
	if burst, _ := tr.demand(19, n*0.05); math.Abs(burst-n*0.05) > 100 {
		t.Errorf("20/s of 19/s for 5,000 s: got a burst of %.0f, want 5,000", burst)
	}
}

// What was learned may be forgotten again and again, when it turns out whom a refusal was
// meant for. Each first event after that is noted like the first of all.
func TestWhimsAfterForgetting(t *testing.T) {
	var w whims
	for range 3 * len(w.proven) {
		w.judge(event{at: 1, flow: 5}, event{}, 0, 10, 1)
	}
	w.judge(event{at: 3, flow: 5, accepted: 9}, event{at: 2}, 5, 10, 1)
}
