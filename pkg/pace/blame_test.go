package pace_test

import (
	"testing"
	"time"

	"muster/pkg/pace"
)

// Where customers who share a limit are taken to have limits of their own, no more
// than a handful of requests leave inside a window until that is put right, or until
// no more are lent.
func TestAWrongVerdictCostsLittle(t *testing.T) {
	t.Parallel()
	const most = 25
	for _, s := range []scenario{
		service("shared by four", jobs(600, 4), 32, usual, lenient(150, 30, 1, 5)),
		service("shared by four, strict", jobs(600, 4), 32, usual, strict(150, 30, 1, 5)),
		service("shared by two", jobs(600, 2), 64, usual, lenient(100, 25, 1, 5)),
		service("shared by six, few in flight", jobs(150, 6), 16, usual, lenient(60, 30, 1, 1)),
		service("shared by twelve", uneven(12), 64, usual, lenient(60, 15, 1, 5)),
		service("shared by customers who come one after another", late(60, 6, time.Second), 64, usual, lenient(60, 15, 1, 5)),
	} {
		all := 0
		for seed := range uint64(3) {
			o := run(t, s, seed, s.inFlight, func() policy {
				m := newMuster(s, seed, nil)().(*muster)
				pace.Mislead(m.pacer)
				return m
			})
			all += o.early
			if o.early > most {
				t.Errorf("%s, seed %d: got %d requests inside a window, want %d at most", s.name, seed, o.early, most)
			}
		}
		if all == 0 {
			t.Errorf("%s: got no requests inside a window, so the verdict was not acted on and this tests nothing", s.name)
		}
	}
}

func TestThrottledCustomerHoldsNobodyUp(t *testing.T) {
	s := service("5/s beside none", jobs(300, 2), 16, usual, of(1, lenient(5, 5, 57, 57)))
	for seed := range uint64(3) {
		o := run(t, s, seed, 16, newMuster(s, seed, nil))
		if o.finished[0] > 15*time.Second || o.finished[1] < 57*time.Second {
			t.Errorf("seed %d: got %v, want the first within 15 s and the second after its pause", seed, o.finished)
		}
	}
}

// What is learned is learned for whom the limit is: for the run where all share
// it, for each customer where each has its own.
func TestWhoseLimit(t *testing.T) {
	t.Parallel()
	var m *muster
	watch := func(s scenario, seed uint64) []float64 {
		return run(t, s, seed, 32, func() policy {
			m = newMuster(s, seed, nil)().(*muster)
			return m
		}).found
	}
	for seed := range uint64(3) {
		got := watch(service("shared", jobs(4000, 2), 64, usual, lenient(100, 25, 1, 3)), seed)
		if run := m.pacer.Snapshot().Found; run < 90 || run > 110 || got[0] != 0 {
			t.Errorf("shared, seed %d: got %.1f for the run and %.1f for the customers, want about 100 and none", seed, run, got)
		}
		got = watch(service("separate", jobs(4000, 2), 64, usual, of(0, strict(100, 25, 1, 3)), of(1, strict(40, 10, 1, 3))), seed)
		if m.pacer.Snapshot().Found != 0 || got[0] < 90 || got[0] > 110 || got[1] < 36 || got[1] > 44 {
			t.Errorf("separate, seed %d: got %.1f for the run and %.1f for the customers, want none, 100 and 40", seed, m.pacer.Snapshot().Found, got)
		}
	}
}
