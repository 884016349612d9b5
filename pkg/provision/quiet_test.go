package provision

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"muster/pkg/roster"
	"muster/pkg/simulate"
)

// Whoever had to wait for a new token, because the old one was refused, sends nothing
// while the service has asked for quiet since.
func TestFreshTokenWaitsForQuiet(t *testing.T) {
	refused := 0
	for seed := range uint64(8) {
		sc := simulate.Scenario{Seed: seed, Latency: simulate.Latency{Min: 60 * time.Millisecond, Max: 80 * time.Millisecond},
			Quotas:  []simulate.Quota{{Rate: 60, Burst: 10, RetryAfter: simulate.RetryAfter{Min: 2 * time.Second, Max: 3 * time.Second}}},
			Chances: simulate.Chances{Of: map[simulate.Mishap]float64{simulate.ExpireToken: .1}, Ops: []simulate.Op{simulate.CreateUser}}}
		bubble(t, fmt.Sprint("seed ", seed), sc, func(w *world) {
			sum, err := w.applied(staff(200))
			if err != nil || sum.Created != 200 {
				t.Errorf("%+v, %v; want 200 created", sum, err)
			}
			n := w.service.Counts()
			if refused += n.Throttled; n.Early > 0 {
				t.Errorf("%d requests inside a wait, want none", n.Early)
			}
		})
	}
	if refused == 0 {
		t.Error("nothing was refused, so this tests nothing")
	}
}

// Whatever an answer says that asks for quiet, nobody sends before: not even the same
// request with a fresh token.
func TestEveryAnswerMayAskForQuiet(t *testing.T) {
	const wait = 20 * time.Second
	for _, status := range []int{400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504} {
		var told time.Time
		early := 0
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			switch {
			case r.Op == simulate.Token: // of another service
			case told.IsZero() && r.Op == simulate.CreateUser:
				told = time.Now()
				return simulate.Fault{Mishap: simulate.FailBefore, Status: status, RetryAfter: "20"}
			case !told.IsZero() && time.Since(told) < wait:
				early++
			}
			return simulate.Fault{}
		}}
		bubble(t, fmt.Sprint(status), sc, func(w *world) {
			w.batch = func(b *Batch) { b.InFlight = 1 }
			sum, err := w.applied(staff(5))
			if err != nil || sum.Created+sum.Failed != 5 {
				t.Errorf("%+v, %v; want all done", sum, err)
			}
			if early > 0 {
				t.Errorf("%d requests inside the wait, want none", early)
			}
		})
	}
}

// A header that asks for quiet counts when it comes, however long the body that follows
// takes; one that never comes is not waited for.
func TestQuietBeforeTheBody(t *testing.T) {
	quota := simulate.Quota{Rate: 60, Burst: 10, RetryAfter: simulate.RetryAfter{Min: 3 * time.Second, Max: 4 * time.Second}}
	for _, trickle := range []time.Duration{2 * time.Second, time.Hour} {
		sc := simulate.Scenario{Quotas: []simulate.Quota{quota}, Latency: simulate.Latency{Min: 60 * time.Millisecond, Max: 80 * time.Millisecond}}
		bubble(t, fmt.Sprint(trickle), sc, func(w *world) {
			w.trickle, w.timeout = trickle, 10*time.Minute
			began := time.Now()
			sum, err := w.applied(staff(200))
			if err != nil || sum.Created != 200 {
				t.Errorf("%+v, %v; want 200 created", sum, err)
			}
			n := w.service.Counts()
			if n.Throttled == 0 || n.Early > 0 {
				t.Errorf("%d requests refused, and %d inside a wait; want some, and none", n.Throttled, n.Early)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("the run takes %v, want less than a minute", took)
			}
		})
	}
}

// A plan reads customers in full that it found by their domains. It keeps to what the
// service says meanwhile, and does without those that it does not tell of.
func TestAPlanKeepsQuiet(t *testing.T) {
	const wait = 20 * time.Second
	var told time.Time
	early := 0
	sc := simulate.Scenario{
		Customers: twoCustomers(),
		Fault: func(r simulate.Request) simulate.Fault {
			switch {
			case r.Op == simulate.GetCustomer && told.IsZero():
				told = time.Now()
				return simulate.Fault{Mishap: simulate.FailBefore, Status: 502, RetryAfter: "20"}
			case !told.IsZero() && time.Since(told) < wait:
				early++
			}
			return simulate.Fault{}
		},
	}
	bubble(t, "", sc, func(w *world) {
		w.input(rowsOf(w.staffOfTwo(4))...)
		file, err := roster.Open(w.path("staff.csv"), roster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		b, done, err := w.start(doom{}, nil).newBatch()
		if err != nil {
			t.Fatal(err)
		}
		b.Input = file
		report, err := Plan(w.t.Context(), b)
		if err = errors.Join(err, done()); err != nil {
			t.Fatal(err)
		}
		if l := report.Lanes; len(l) != 2 || l[0].InFull != nil || l[0].Err != nil || l[1].InFull == nil || l[1].InFull.Domain != "fabrikam.onmicrosoft.com" {
			t.Errorf("%+v; want only the second of two customers in full", l)
		}
		if told.IsZero() || early > 0 {
			t.Errorf("told to wait at %v, and %d requests inside the wait, want none", told, early)
		}
	})
}
