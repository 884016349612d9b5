package provision

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"muster/pkg/simulate"
)

// A service may say of a name that is taken that this is forbidden. Whoever was created
// by a request whose answer was lost is found in the list all the same, and the others
// are created too.
func TestTakenIsForbidden(t *testing.T) {
	for _, code := range []int{600006, 2032, 7} {
		for _, lost := range []float64{.3, 1} { // of the first answers
			sc := simulate.Scenario{Repeats: simulate.Repeats{Ignore: true}, Fault: func(r simulate.Request) simulate.Fault {
				if r.Op != simulate.CreateUser || r.Attempt > 1 || draw(1, r.UPN, 1) > lost {
					return simulate.Fault{}
				}
				return simulate.Fault{Mishap: simulate.LostAnswer}
			}}
			sc.Dialect.Duplicate = simulate.Refusal{Status: 403, Code: code}
			bubble(t, fmt.Sprint(code, " ", lost), sc, func(w *world) {
				people := staff(40)
				if sum, err := w.applied(people); err != nil || sum.Created != 40 {
					t.Errorf("%+v, %v; want 40 created", sum, err)
				}
				w.checkFinished(people, nil)
			})
		}
	}
}

// Where the customer does refuse us, after answers were lost or in the run after that,
// those who are not there stay in doubt, and the run is refused.
func TestForbiddenAfterLostRequests(t *testing.T) {
	for _, op := range []simulate.Op{simulate.CreateUser, simulate.ListUsers} { // list: neither is allowed any more
		var creates atomic.Int64
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			switch {
			case r.Op == simulate.CreateUser && creates.Add(1) <= 9:
				return simulate.Fault{Mishap: simulate.LostRequest}
			case r.Op == simulate.CreateUser, r.Op == op && creates.Load() > 0:
				return simulate.Fault{Mishap: simulate.FailBefore, Status: 403, Code: 900308}
			}
			return simulate.Fault{}
		}}
		bubble(t, fmt.Sprint(op), sc, func(w *world) {
			people := staff(9)
			for range 2 {
				sum, err := w.applied(people)
				if !errors.As(err, new(*RefusedError)) || sum.Pending != 9 {
					t.Errorf("%+v, %v; want 9 pending, and the run refused", sum, err)
				}
			}
			if n := w.service.Counts().Requests; n > 80 {
				t.Errorf("%d requests, want 80 at most", n)
			}
		})
	}
}

// Where a customer that was served refuses us for a moment, those whose requests were
// lost before are sent again, like all others.
func TestForbiddenForAMoment(t *testing.T) {
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		switch {
		case r.Op != simulate.CreateUser || draw(1, r.UPN, 1) > .05:
		case r.Attempt == 1:
			return simulate.Fault{Mishap: simulate.LostRequest}
		case r.Attempt == 2:
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 403, Code: 900308}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		people := staff(40)
		if sum, err := w.applied(people); err != nil || sum.Created != 40 {
			t.Errorf("%+v, %v; want 40 created", sum, err)
		}
		w.checkFinished(people, nil)
	})
}
