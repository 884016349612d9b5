package provision

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/simulate"
)

// A service that hangs does not keep a run from ending: what changes something may
// land for a while after the first signal, what only reads is cut off at once. The
// next run settles what is left in doubt.
func TestStoppingAHangingService(t *testing.T) {
	for _, test := range []struct {
		op     simulate.Op
		mishap simulate.Mishap
		timeout,
		least, most time.Duration // from the signal to the end
	}{
		{simulate.ListCustomers, simulate.HangBefore, time.Minute, 0, time.Second},
		{simulate.ListUsers, simulate.HangBefore, time.Minute, 0, time.Second},
		{simulate.CreateUser, simulate.HangBefore, time.Minute, landingTime, landingTime + time.Second},
		{simulate.CreateUser, simulate.HangAfter, time.Minute, landingTime, landingTime + time.Second},
		{simulate.CreateUser, simulate.HangAfter, 8 * time.Second, 0, 8 * time.Second},
	} {
		var hanging atomic.Bool
		hanging.Store(true)
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			if r.Op != test.op || !hanging.Load() {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: test.mishap}
		}}
		bubble(t, fmt.Sprintf("%s, mishap %d, %v", test.op, test.mishap, test.timeout), sc, func(w *world) {
			w.timeout = test.timeout
			people := staff(40)
			w.input(rowsOf(people)...)
			p := w.start(doom{}, nil)
			var signal time.Time
			time.AfterFunc(3*time.Second, func() { signal = time.Now(); close(p.stopped) })
			_, sum, err := p.apply(w.t.Context())
			if took := time.Since(signal); !errors.Is(err, ErrStopped) || took < test.least || took > test.most {
				t.Errorf("%v, %v after the signal, want %v after %v to %v", err, took, ErrStopped, test.least, test.most)
			}
			if sum.Pending != len(people) {
				t.Errorf("%+v, want %d pending", sum.Counts, len(people))
			}
			w.checkTold(people, nil)
			hanging.Store(false)
			if _, err := w.applied(people); err != nil {
				t.Fatal(err)
			}
			w.checkFinished(people, nil)
		})
	}
}

// A run that begins while the service still wants quiet sends nothing, whoever was
// told to be quiet, and whether or not it was for being too fast.
func TestAPauseOutlivesItsRun(t *testing.T) {
	type asked struct {
		op     simulate.Op
		status int
		wait   string
	}
	for a, after := range map[asked]time.Duration{
		{simulate.CreateUser, 429, "3600"}: time.Hour + time.Minute, {simulate.CreateUser, 429, "60"}: 0,
		{simulate.CreateUser, 502, "3600"}: time.Hour + time.Minute, {simulate.CreateUser, 502, "60"}: 0,
		{simulate.Token, 429, "3600"}: time.Hour + time.Minute, {simulate.Token, 503, "60"}: 0,
	} {
		told := false
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			if r.Op != a.op || told {
				return simulate.Fault{}
			}
			told = true
			return simulate.Fault{Mishap: simulate.FailBefore, Status: a.status, RetryAfter: a.wait}
		}}
		bubble(t, fmt.Sprintf("%v %d %s", a.op, a.status, a.wait), sc, func(w *world) {
			w.batch = func(b *Batch) { b.InFlight = 1 }
			people := staff(5)
			w.input(rowsOf(people)...)
			p := w.start(doom{}, nil)
			time.AfterFunc(10*time.Second, func() { close(p.stopped) })
			if _, _, err := p.apply(w.t.Context()); err == nil {
				t.Error("a run that was told to wait has ended well")
			}
			requests, began := w.service.Counts().Requests, time.Now()
			if a.wait == "3600" { // too long to sit out
				if _, err := w.applied(people); err == nil || w.service.Counts().Requests != requests {
					t.Errorf("%v, and %d requests in the pause", err, w.service.Counts().Requests-requests)
				}
			}
			time.Sleep(after)
			sum, err := w.applied(people)
			if err != nil || sum.Created != 5 {
				t.Errorf("%+v, %v, want 5 created", sum, err)
			}
			if took := time.Since(began); took < 49*time.Second {
				t.Errorf("the next run did not wait: %v", took)
			}
		})
	}
}

// A pause is recorded when the header comes that asks for it: who is killed while the
// body is on its way keeps to it in the next run.
func TestAPauseOutlivesAKill(t *testing.T) {
	var told time.Time
	die := func() {}
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		if r.Op != simulate.CreateUser || !told.IsZero() {
			return simulate.Fault{}
		}
		told = time.Now()
		time.AfterFunc(2*time.Second, die)
		return simulate.Fault{Mishap: simulate.FailBefore, Status: 429, RetryAfter: "60"}
	}}
	bubble(t, "", sc, func(w *world) {
		w.trickle = 4 * time.Second
		people := staff(5)
		w.input(rowsOf(people)...)
		p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
		die = func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.die()
		}
		if _, _, err := p.apply(w.t.Context()); !errors.Is(err, errDead) {
			t.Fatalf("%v, want the process dead", err)
		}
		w.trickle = 0
		sum, err := w.applied(people)
		if took := time.Since(told); err != nil || sum.Created != 5 || took < time.Minute {
			t.Errorf("%+v, %v, %v after the refusal; want 5 created after a minute", sum, err, took)
		}
	})
}

// A gateway that turns everybody away for a moment does not end a run.
func TestAMomentOf401(t *testing.T) {
	var from time.Time
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		if r.Op != simulate.CreateUser {
			return simulate.Fault{}
		}
		if from.IsZero() {
			from = time.Now()
		}
		if time.Since(from) < 1500*time.Millisecond {
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 401}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		if sum, err := w.applied(staff(60)); err != nil || sum.Created != 60 {
			t.Errorf("%+v, %v, want 60 created", sum, err)
		}
	})
}
