package provision

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

func TestEveryFaultOfTheServiceEndsWell(t *testing.T) {
	for m := simulate.LostRequest; m <= simulate.ExpireToken; m++ {
		for _, ignore := range []bool{false, true} {
			sc := simulate.Scenario{Seed: uint64(m), Repeats: simulate.Repeats{Ignore: ignore}, ListLag: 5 * time.Second,
				Chances: simulate.Chances{Of: map[simulate.Mishap]float64{m: .3}, Ops: []simulate.Op{simulate.CreateUser, simulate.ResetPassword}}}
			bubble(t, fmt.Sprintf("mishap %d, repeats ignored %v", m, ignore), sc, func(w *world) {
				people := staff(40)
				sum, err := w.applied(people)
				for err == nil && sum.Created < len(people) {
					sum, err = w.applied(people) // somebody's attempts ran out
				}
				if err != nil {
					t.Fatal(err)
				}
				w.checkFinished(people, nil)
			})
		}
	}
}

// dying is a service that carries out so many requests, from the first create on,
// and then nothing any more.
func dying(after int64) func(simulate.Request) simulate.Fault {
	var n atomic.Int64
	return func(r simulate.Request) simulate.Fault {
		if r.Op != simulate.CreateUser && n.Load() == 0 || n.Add(1) <= after {
			return simulate.Fault{}
		}
		return simulate.Fault{Mishap: simulate.LostRequest}
	}
}

func TestHowRunsEnd(t *testing.T) {
	type expected struct {
		created, invalid, failed, pending int // of the rows; below zero: at least
		atMost                            int // requests of the API
		err                               func(error) bool
	}
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	refused := func(err error) bool { return errors.As(err, new(*RefusedError)) }
	unreachable := func(err error) bool { return errors.As(err, new(*UnreachableError)) }
	input := func(err error) bool { return errors.As(err, new(*InputError)) }
	for _, test := range []struct {
		name   string
		sc     simulate.Scenario
		people []human
		batch  func(*Batch)
		want   expected
	}{
		{"no multi-factor sign-in", simulate.Scenario{SignIn: simulate.SignIn{NoMFA: true}}, staff(30), nil,
			expected{pending: 30, atMost: 2, err: refused}},
		{"no sign-in", simulate.Scenario{SignIn: simulate.SignIn{Refuse: func(simulate.TokenRequest) simulate.SignInError {
			return simulate.SignInError{Code: 700082, Word: "invalid_grant"}
		}}}, staff(30), nil, expected{pending: 30, atMost: 0, err: refused}},
		{"401 to every create", simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.Unauthorized})}, staff(300), nil,
			expected{pending: 300, atMost: 90, err: refused}},
		{"customer forbidden", simulate.Scenario{Customers: []simulate.Customer{{Forbidden: 20002}}}, staff(30), nil,
			expected{pending: 30, atMost: 3, err: refused}},
		{"role missing", simulate.Scenario{Customers: []simulate.Customer{{Forbidden: 900308}}}, staff(30), nil,
			expected{pending: 30, atMost: 5, err: refused}},
		{"creates forbidden", simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.FailBefore, Status: 403})}, staff(300), nil,
			expected{failed: -3, pending: -260, atMost: 40, err: refused}},
		{"list refused", simulate.Scenario{Fault: only(simulate.ListUsers, simulate.Fault{Mishap: simulate.FailBefore, Status: 403})}, staff(30), nil,
			expected{pending: 30, atMost: 5, err: refused}},
		{"out of reach", simulate.Scenario{Fault: func(simulate.Request) simulate.Fault { return simulate.Fault{Mishap: simulate.LostRequest} }}, staff(30), nil,
			expected{pending: 30, atMost: 10, err: unreachable}},
		{"only 429", simulate.Scenario{Fault: func(simulate.Request) simulate.Fault {
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 429, RetryAfter: "5"}
		}}, staff(30), nil, expected{pending: 30, atMost: 40, err: unreachable}},
		{"429 to every create", simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.FailBefore, Status: 429})}, staff(30), nil,
			expected{pending: 30, atMost: 60, err: unreachable}},
		{"a day to wait", simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.FailBefore, Status: 429, RetryAfter: "86400"})}, staff(30), nil,
			expected{pending: 30, atMost: 20, err: unreachable}},
		{"strict", simulate.Scenario{}, append(staff(9), human{tag: "bad", tenant: simulate.DefaultCustomerID, row: "bad,,,US,,,"}), func(b *Batch) { b.Strict = true },
			expected{invalid: 1, pending: 9, atMost: 4, err: input}},
		{"too many failures", simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.FailBefore, Status: 400})}, staff(300),
			func(b *Batch) { b.MaxFailures = 5 }, expected{failed: -5, pending: -200, atMost: 40, err: is(ErrGaveUp)}},
		{"dead after 40 requests", simulate.Scenario{Fault: dying(40)}, staff(300), nil,
			expected{created: -30, pending: -200, atMost: 400, err: unreachable}},
	} {
		bubble(t, test.name, test.sc, func(w *world) {
			w.batch = test.batch
			began := time.Now()
			sum, err := w.applied(test.people)
			least := func(what string, got, want int) {
				if want >= 0 && got != want || got < -want {
					t.Errorf("%d %s, want %d: %+v", got, what, want, sum)
				}
			}
			least("created", sum.Created, test.want.created)
			least("invalid", sum.Invalid, test.want.invalid)
			least("failed", sum.Failed, test.want.failed)
			least("pending", sum.Pending, test.want.pending)
			if test.want.err == nil && err != nil || test.want.err != nil && !test.want.err(err) {
				t.Errorf("error %v (%T)", err, err)
			}
			for _, row := range w.results() {
				if row.Status == results.Failed && row.Attempts == 0 {
					t.Errorf("row %d has failed and was never sent: %s", row.N, row.Error)
				}
			}
			if answers := strings.Contains(test.name, "to wait"); answers && strings.Contains(err.Error(), "no answer") {
				t.Errorf("%v: it answers", err)
			}
			requests := w.service.Counts()
			if n := requests.Requests - requests.ByOp[simulate.Token]; n > test.want.atMost {
				t.Errorf("%d requests, want %d at most", n, test.want.atMost)
			}
			if took := time.Since(began); took > time.Hour {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// One refusal of a customer that was served before is no reason to give up the rest,
// whether or not the create was carried out; several in a row are.
func TestRefusedForAMoment(t *testing.T) {
	for _, test := range []struct {
		mishap  simulate.Mishap
		refusal int // how many creates are refused, from the tenth on
		created int // at least
		err     bool
	}{
		{simulate.FailBefore, 1, 30, false},
		{simulate.FailAfter, 1, 30, false},
		{simulate.FailAfter, 2, 30, false},
		{simulate.FailBefore, 1000, 9, true},
	} {
		var creates atomic.Int64
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			if r.Op != simulate.CreateUser {
				return simulate.Fault{}
			}
			if n := int(creates.Add(1)); n < 10 || n >= 10+test.refusal {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: test.mishap, Status: 403, Code: 2032}
		}}
		bubble(t, fmt.Sprint(test.mishap, " ", test.refusal), sc, func(w *world) {
			sum, err := w.applied(staff(30))
			if sum.Created < test.created || sum.Failed > 3 || errors.As(err, new(*RefusedError)) != test.err {
				t.Errorf("%+v, %v; want %d created at least, 3 failed at most, refused %v", sum, err, test.created, test.err)
			}
		})
	}
}
