package provision

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/ledger"
	"muster/pkg/results"
	"muster/pkg/simulate"
)

// Where nobody has an answer, customers after the first are asked about once. The run
// tells for how long it has tried in all, and not only the last of them.
func TestHowLongNobodyAnswered(t *testing.T) {
	sc := simulate.Scenario{Fault: func(simulate.Request) simulate.Fault { return simulate.Fault{Mishap: simulate.FailBefore} }}
	bubble(t, "", sc, func(w *world) {
		people := staff(3 * muteAtMost)
		for i := range people {
			people[i].row += fmt.Sprintf("c%d.example", i)
		}
		began := time.Now()
		sum, err := w.applied(people)
		took := time.Since(began)
		var unreachable *UnreachableError
		if !errors.As(err, &unreachable) || sum.Pending != len(people) || took < 5*time.Second || unreachable.For < took-time.Second {
			t.Errorf("%+v, %v after %v; want all pending, and that time told", sum, err, took)
		}
	})
}

// A service that is asked too much and says so by 503 alone slows the run down. It
// takes a few refusals to see that, of which a row may meet six by bad luck.
func TestOverloadWithoutAWord(t *testing.T) {
	for _, status := range []int{503, 500} {
		for _, rate := range []float64{2, 10} {
			sc := simulate.Scenario{Latency: simulate.Latency{Min: 20 * time.Millisecond, Max: 100 * time.Millisecond},
				Quotas: []simulate.Quota{{Rate: rate, Burst: 5, Status: status, RetryAfter: simulate.RetryAfter{Form: simulate.Missing}}}}
			bubble(t, fmt.Sprint(status, rate), sc, func(w *world) {
				people := staff(300)
				began := time.Now()
				sum, err := w.applied(people)
				took, most := time.Since(began).Seconds(), 3*300/rate+30
				n := w.service.Counts().Requests
				if err != nil || sum.Created < 298 || took > most || n > 600 {
					t.Errorf("%+v, %v, %d requests in %.0f s; want 298 created with 600 requests and in %.0f s at most", sum, err, n, took, most)
				}
			})
		}
	}
}

// A service that is down for a while makes nobody fail.
func TestServiceDownForAWhile(t *testing.T) {
	for _, down := range []time.Duration{10 * time.Second, 110 * time.Second, time.Hour} {
		for _, fault := range []simulate.Fault{{Mishap: simulate.FailBefore, Status: 503}, {Mishap: simulate.HangBefore}} {
			for _, n := range []int{1, 5, 200} {
				var began time.Time
				sc := simulate.Scenario{Latency: simulate.Latency{Min: 100 * time.Millisecond}, Fault: func(r simulate.Request) simulate.Fault {
					if r.Op == simulate.Token || began.IsZero() {
						return simulate.Fault{}
					}
					if t := time.Since(began); t < time.Second/4 || t > down {
						return simulate.Fault{}
					}
					return fault
				}}
				bubble(t, fmt.Sprint(down, fault, n), sc, func(w *world) {
					began = time.Now()
					people := staff(n)
					sum, err := w.applied(people)
					if down < time.Hour && (err != nil || sum.Created != n) || down == time.Hour && (!errors.As(err, new(*UnreachableError)) || sum.Failed > 0) {
						t.Errorf("%+v, %v, after %v", sum, err, time.Since(began))
					}
				})
			}
		}
	}
}

// A run ends however early the service dies, and whatever its rows wait for then: for
// an answer, for a place on the stage, or for somebody to have an answer at all.
func TestServiceDies(t *testing.T) {
	for after := range int64(80) {
		bubble(t, fmt.Sprint(after), simulate.Scenario{Fault: dying(after)}, func(w *world) {
			sum, err := w.applied(staff(300))
			if !errors.As(err, new(*UnreachableError)) || int64(sum.Created) > after || sum.Pending < 200 {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}

// A rate that an outage taught an earlier run does not slow the next one down.
func TestRateOfAnOutageIsNotBelieved(t *testing.T) {
	bubble(t, "0.05", simulate.Scenario{}, func(w *world) {
		if _, err := w.applied(staff(1)); err != nil {
			t.Fatal(err)
		}
		l, err := ledger.Open(w.path("staff.ledger.jsonl"), ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, customer := range []string{simulate.DefaultDomain, simulate.DefaultCustomerID} {
			if err := l.KeepRate(customer, 0.05); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		sum, err := w.applied(staff(30))
		if took := time.Since(began); err != nil || sum.Created != 30 || took > 5*time.Second {
			t.Errorf("%+v, %v, after %v", sum, err, took)
		}
	})
}

// A run does not wait for each of its rows in turn when the sign-in is gone as well, and
// every one of them needs a new token that does not come for seconds.
func TestSignInDiesToo(t *testing.T) {
	for _, after := range []int64{100, 180} {
		var n atomic.Int64
		sc := simulate.Scenario{SignIn: simulate.SignIn{AccessLife: 4 * time.Second}, Fault: func(simulate.Request) simulate.Fault {
			if n.Add(1) <= after {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 500}
		}}
		bubble(t, fmt.Sprint(after), sc, func(w *world) {
			began := time.Now()
			sum, err := w.applied(staff(300))
			if took := time.Since(began); !errors.As(err, new(*UnreachableError)) || int64(sum.Created) > after || took > outage+2*time.Minute {
				t.Errorf("%+v, %v, after %v", sum, err, took)
			}
		})
	}
}

// A service that lists users and creates none fails few rows: the rest is pending,
// and the next run finds out first what became of those in doubt. Rows that it can
// never answer keep no others from being created.
func TestCreatesWithoutAnswers(t *testing.T) {
	poisoned := func(tag int) bool { return tag%12 == 5 }
	for _, all := range []bool{true, false} {
		sc := simulate.Scenario{Latency: simulate.Latency{Min: 100 * time.Millisecond}}
		people := staff(300)
		sc.Fault = func(r simulate.Request) simulate.Fault {
			var tag int
			_, _ = fmt.Sscanf(r.UPN, "e%d@", &tag)
			if r.Op != simulate.CreateUser || !all && !poisoned(tag) {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: simulate.FailBefore}
		}
		for i := range people {
			people[i].row = strings.Replace(people[i].row, ",US,", fmt.Sprintf(",US,e%d@%s", i, simulate.DefaultDomain), 1)
		}
		bubble(t, fmt.Sprint(all), sc, func(w *world) {
			began := time.Now()
			sum, err := w.applied(people[:240])
			if all && (!errors.As(err, new(*UnreachableError)) || sum.Pending != 240) || !all && (err != nil || sum.Failed != 20 || sum.Created != 220) {
				t.Errorf("%+v, %v; want them pending, or 20 failed and 220 created", sum, err)
			}
			if took := time.Since(began); took > 5*time.Minute {
				t.Errorf("it took %v", took)
			}
			for _, r := range w.results() { // muster's last words look for these
				if says := strings.Contains(r.Hint, "leave the row as it is, and run the same command again"); says != (r.Status == results.Failed) {
					t.Errorf("row %d, %s: the hint is %q", r.N, r.Status, r.Hint)
				}
			}
			sum, err = w.applied(people)
			if !all && (err != nil || sum.Failed != 25 || sum.Created != 275) {
				t.Errorf("%+v, %v; want 25 failed and 275 created", sum, err)
			}
		})
	}
}

// Whoever answers in the authority's place for a while refuses nobody.
func TestPagesInsteadOfTokens(t *testing.T) {
	for _, fault := range []simulate.Fault{{Mishap: simulate.HTMLPage, Status: 200}, {Mishap: simulate.Garbage}, {Mishap: simulate.Truncated}} {
		for _, lasting := range []bool{false, true} {
			var began time.Time
			sc := simulate.Scenario{SignIn: simulate.SignIn{AccessLife: 20 * time.Second},
				Latency: simulate.Latency{Min: 500 * time.Millisecond},
				Quotas:  []simulate.Quota{{Rate: 5}}}
			sc.Fault = func(r simulate.Request) simulate.Fault {
				t := time.Since(began)
				if r.Op != simulate.Token || t < 10*time.Second || !lasting && t > 40*time.Second {
					return simulate.Fault{}
				}
				return fault
			}
			bubble(t, fmt.Sprint(fault.Mishap, lasting), sc, func(w *world) {
				began = time.Now()
				sum, err := w.applied(staff(300))
				if lasting && (!errors.As(err, new(*UnreachableError)) || sum.Created+sum.Pending != 300) || !lasting && (err != nil || sum.Created != 300) {
					t.Errorf("%+v, %v", sum, err)
				}
			})
		}
	}
}
