package provision

import (
	"errors"
	"fmt"
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
