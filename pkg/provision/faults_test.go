package provision

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// staff is n people of one customer without anything of their own.
func staff(n int) []human {
	humans := make([]human, n)
	for i := range humans {
		tag := fmt.Sprintf("E%04d", i)
		humans[i] = human{tag: tag, tenant: simulate.DefaultCustomerID, row: fmt.Sprintf("%s,Ann,Lee%c,US,,,", tag, 'a'+i/3%26)}
	}
	return humans
}

// staffOfTwo is n people of two customers in turn.
func (w *world) staffOfTwo(n int) []human {
	people := staff(n)
	for i := range people {
		if i%2 == 1 {
			people[i].tenant = w.service.Customers()[1].ID
			people[i].row += "fabrikam.onmicrosoft.com"
		}
	}
	return people
}

// applied applies the people and checks that each has a row, and that the
// summary says so.
func (w *world) applied(people []human) (results.Counts, error) {
	w.t.Helper()
	w.input(rowsOf(people)...)
	_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
	if n := sum.Created + sum.Exists + sum.Invalid + sum.Failed + sum.Pending; n != len(people) || len(w.results()) != n {
		w.t.Errorf("%d rows and a sum of %d for %d people: %+v", len(w.results()), n, len(people), sum.Counts)
	}
	w.checkTold(people, map[string]bool{})
	return sum.Counts, err
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, sc simulate.Scenario, test func(*world)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(newWorld(t, sc)) })
	})
}

func only(op simulate.Op, f simulate.Fault) func(simulate.Request) simulate.Fault {
	return func(r simulate.Request) simulate.Fault {
		if r.Op != op {
			return simulate.Fault{}
		}
		return f
	}
}

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

func TestOneCustomerOfTwoIsForbidden(t *testing.T) {
	sc := simulate.Scenario{Customers: []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com", Forbidden: 20002}}}
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(60)
		sum, err := w.applied(people)
		if err != nil || sum.Created != 30 || sum.Failed != 30 {
			t.Errorf("%+v, %v; want 30 created and 30 failed", sum, err)
		}
		if n := w.service.Counts().Requests; n > 40 {
			t.Errorf("%d requests, want 40 at most", n)
		}
	})
}

// A customer that waits for a day keeps nobody else waiting, and its rows are
// pending.
func TestOneCustomerOfTwoIsStalled(t *testing.T) {
	sc := simulate.Scenario{Customers: []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com"}},
		Quotas: []simulate.Quota{{PerCustomer: true, Limit: 8, Period: 20 * time.Hour}}}
	sc.Quotas[0].Customer = simulate.New(sc).Customers()[1].ID
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(120)
		sum, err := w.applied(people)
		if !errors.As(err, new(*UnreachableError)) || sum.Created < 60 || sum.Pending < 50 {
			t.Errorf("%+v, %v; want all of one customer created and most of the other pending", sum, err)
		}
	})
}

// A customer that has to wait again and again keeps only its own rows waiting.
func TestOneCustomerOfTwoIsThrottled(t *testing.T) {
	sc := simulate.Scenario{Customers: []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com"}}, Latency: simulate.Latency{Min: 100 * time.Millisecond},
		Quotas: []simulate.Quota{{PerCustomer: true, Limit: 20, Period: 2 * time.Minute}}}
	sc.Quotas[0].Customer = simulate.New(sc).Customers()[1].ID
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(300)
		start := time.Now()
		if sum, err := w.applied(people); err != nil || sum.Created != 300 {
			t.Errorf("%+v, %v; want 300 created", sum, err)
		}
		done := time.Duration(0)
		for _, r := range w.service.Requests() {
			if r.Tenant == simulate.DefaultCustomerID {
				done = r.Time.Sub(start)
			}
		}
		if done > 30*time.Second || time.Since(start) < 10*time.Minute {
			t.Errorf("one customer was done after %v, both after %v; want seconds and a quarter of an hour", done, time.Since(start))
		}
	})
}

// The ledger remembers who a customer is: what was created stays told when the
// service no longer says.
func TestRefusedLaterIsStillTold(t *testing.T) {
	var refuse atomic.Bool
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		if refuse.Load() && r.Op != simulate.Token {
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 403}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		people := staff(20)
		if _, err := w.applied(people[:15]); err != nil {
			t.Fatal(err)
		}
		refuse.Store(true)
		sum, err := w.applied(people)
		if !errors.As(err, new(*RefusedError)) || sum.Created != 15 || sum.Pending != 5 {
			t.Errorf("%+v, %v; want 15 created and 5 pending", sum, err)
		}
	})
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

func TestTheSecondRun(t *testing.T) {
	bubble(t, "sends nothing, and only what is new", simulate.Scenario{}, func(w *world) {
		people := staff(60)
		if _, err := w.applied(people[:40]); err != nil {
			t.Fatal(err)
		}
		before := maps.Clone(w.users(simulate.DefaultCustomerID))
		sent := w.wire.sent()
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		var first []human
		for _, h := range people {
			if h.tag < "E0040" {
				first = append(first, h)
			}
		}
		if _, err := w.applied(first); err != nil {
			t.Fatal(err)
		}
		if n := w.wire.sent() - sent; n != 0 {
			t.Errorf("the second run of a finished file sent %d requests that write", n)
		}
		if _, err := w.applied(people); err != nil {
			t.Fatal(err)
		}
		if n := w.wire.sent() - sent; n != 20 {
			t.Errorf("a run with 20 more people sent %d requests that write", n)
		}
		after := w.users(simulate.DefaultCustomerID)
		for name, u := range before {
			if after[name].ID != u.ID {
				t.Errorf("%s was %s and is %s", name, u.ID, after[name].ID)
			}
		}
		w.checkFinished(people, nil)
	})
}

// A refusal that was lost, and is answered again and again to the same request
// id, does not keep a mended row from being created.
func TestAMendedRowAfterALostRefusal(t *testing.T) {
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		if r.Op == simulate.CreateUser && r.Attempt == 1 {
			return simulate.Fault{Mishap: simulate.LostAnswer}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		h := human{tag: "E1", tenant: simulate.DefaultCustomerID, row: "E1,Ann,Lee,US,,Ann.lee-2026,"}
		sum, err := w.applied([]human{h})
		if err != nil || sum.Failed != 1 {
			t.Fatalf("%+v, %v; want a refused password", sum, err)
		}
		h.row = strings.ReplaceAll(h.row, "Ann.lee-2026", "Other-than-2026")
		w.wire.forget() // by its request id it is a new one
		sum, err = w.applied([]human{h})
		if err != nil || sum.Created != 1 {
			t.Fatalf("%+v, %v; want the mended row created", sum, err)
		}
		w.checkFinished([]human{h}, nil)
	})
}

// A request whose password was in a file, repeated by runs that keep passwords
// elsewhere: the user ends with the password of the last.
func TestPasswordsOfAResumedCreate(t *testing.T) {
	for _, modes := range [][]bool{{true, false, false}, {false, true, true}, {true, true, false}, {false, false, true}} {
		var lives int
		var answer atomic.Bool
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			if r.Op == simulate.CreateUser && !answer.Load() {
				return simulate.Fault{Mishap: simulate.LostAnswer}
			}
			return simulate.Fault{}
		}}
		bubble(t, fmt.Sprintf("sealed %v", modes), sc, func(w *world) {
			w.kept, w.mixed = true, true
			people := staff(1)
			w.input(rowsOf(people)...)
			for lives, w.sealed = range modes {
				answer.Store(lives == len(modes)-1)
				p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
				if !answer.Load() { // it dies with the first answer
					p.crash = -1
					w.batch = func(b *Batch) { b.Watcher = diesAtAnswer{p} }
				} else {
					w.batch = nil
				}
				if _, _, err := p.apply(w.t.Context()); err != nil && !errors.Is(err, errDead) {
					t.Fatal(err)
				}
			}
			rows := w.checkTold(people, nil)
			last := w.passwords()[rows[0].UserPrincipalName]
			if want := w.users(simulate.DefaultCustomerID)[rows[0].UserPrincipalName].Password; len(last) == 0 || !strings.Contains(fmt.Sprint(last), want) || rows[0].Status != results.Created {
				t.Errorf("%+v: %d passwords, none of them the user's", rows[0], len(last))
			}
		})
	}
}

// diesAtAnswer kills its process when a create was answered.
type diesAtAnswer struct{ p *process }

func (d diesAtAnswer) Survey(int, int) {}

func (d diesAtAnswer) Attempt(a Attempt) {
	if a.Op == "create user" {
		d.p.mu.Lock()
		defer d.p.mu.Unlock()
		if d.p.after == nil {
			d.p.die()
		}
	}
}

func (d diesAtAnswer) Settled(string, results.Status) {}

func TestOnExists(t *testing.T) {
	taken := simulate.Scenario{Customers: []simulate.Customer{{Users: []simulate.User{
		{UserPrincipalName: "ann.leea@" + simulate.DefaultDomain, DisplayName: "Ann Leea"},
		{UserPrincipalName: "ann.leea2@" + simulate.DefaultDomain, DisplayName: "Ann Leea"}}}}}
	for mode, want := range map[OnExists]results.Counts{
		SkipExisting:   {Rows: 4, Created: 2, Exists: 2},
		NumberExisting: {Rows: 4, Created: 4},
		FailExisting:   {Rows: 4, Created: 2, Failed: 2},
	} {
		bubble(t, string(mode), taken, func(w *world) {
			w.batch = func(b *Batch) { b.OnExists = mode }
			people := staff(4) // ann.leea, ann.leea2, ann.leea3, ann.leeb
			w.input(rowsOf(people)...)
			for range 2 {
				_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
				if err != nil || sum.Counts != want {
					t.Errorf("%+v, %v; want %+v", sum.Counts, err, want)
				}
			}
		})
	}
}
