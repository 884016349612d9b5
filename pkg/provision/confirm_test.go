package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/simulate"
)

// halting is what a process sees of a service and of itself whom something befalls
// before it lists a tenant after creates, or once when somebody has failed.
type halting struct {
	Directory
	list, failed func()
	creates      atomic.Int64
}

func (h *halting) CreateUser(ctx context.Context, tenant string, c partner.Call, u partner.NewUser) (partner.User, error) {
	h.creates.Add(1)
	return h.Directory.CreateUser(ctx, tenant, c, u)
}

func (h *halting) Users(ctx context.Context, tenant string, s partner.State, p partner.Page) ([]partner.User, partner.Page, error) {
	if h.list != nil && h.creates.Load() > 0 {
		h.list()
		<-ctx.Done()
		return nil, partner.Page{}, ctx.Err()
	}
	return h.Directory.Users(ctx, tenant, s, p)
}

func (h *halting) Survey(int, int) {}
func (h *halting) Attempt(Attempt) {}
func (h *halting) Settled(_ string, s results.Status) {
	if s == results.Failed && h.failed != nil {
		h.failed()
	}
}

// halted applies the input in a process that ends too early: it dies when the first
// person has failed, or before the listing that looks for those who were refused, or
// is stopped there.
func (w *world) halted(how string, settings func(*Batch)) {
	w.t.Helper()
	p := w.start(doom{}, nil)
	die := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.after == nil {
			p.die()
		}
	}
	h := &halting{}
	switch how {
	case "killed when one has failed":
		h.failed = die
	case "killed before the list":
		h.list = die
	case "stopped before the list":
		h.list = func() { close(p.stopped) }
	}
	w.batch = func(b *Batch) {
		settings(b)
		h.Directory, b.Directory, b.Watcher = b.Directory, h, h
	}
	if _, _, err := p.apply(w.t.Context()); !errors.Is(err, errDead) && !errors.Is(err, ErrStopped) && h.list != nil {
		w.t.Fatalf("%v, want the process dead or stopped", err)
	}
	w.batch = settings
}

// A refusal hides that the request was carried out, and the process ends before it has
// found that out, perhaps since the list tells of it late: the next one knows the users
// for those of their rows, whatever is to be done about people who exist.
func TestRefusedAfterItWasCarriedOutThenHalted(t *testing.T) {
	for _, status := range []int{302, 400, 403, 404, 405, 409, 410, 418} { // 401, 429: TestStoppedAfterARefusalThatWasNone
		for how, late := range map[string]time.Duration{"killed when one has failed": 8 * time.Second, "killed before the list": 0, "stopped before the list": 8 * time.Second, "": 8 * time.Second} {
			if status == 409 && (how == "killed when one has failed" || how == "") {
				continue // that one is looked for before
			}
			for _, onExists := range []OnExists{SkipExisting, NumberExisting, FailExisting} {
				var refusing atomic.Bool
				refusing.Store(true)
				sc := simulate.Scenario{ListLag: late, Repeats: simulate.Repeats{Ignore: true}, Fault: func(r simulate.Request) simulate.Fault {
					if r.Op != simulate.CreateUser || !refusing.Load() {
						return simulate.Fault{}
					}
					return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
				}}
				bubble(t, fmt.Sprint(status, how, onExists), sc, func(w *world) {
					people := staff(9)
					w.input(rowsOf(people)...)
					w.halted(how, func(b *Batch) { b.OnExists = onExists })
					refusing.Store(false)
					people = append(staff(12)[9:], people...) // namesakes come first
					if sum, err := w.applied(people); err != nil || sum.Created != 12 {
						t.Errorf("%+v, %v; want 12 created", sum, err)
					}
					w.checkFinished(people, nil)
				})
			}
		}
	}
}

// People who were refused for the domain that they were to get, and whom no list
// shows, are created under another one by the next run, whether or not the run
// before had looked for them. One list serves all, or two if the first may lag behind.
func TestAnotherDomainAfterRefusals(t *testing.T) {
	for how, lists := range map[string]int{"": 2, "killed before the list": 2, "stopped before the list": 2} {
		for _, onExists := range []OnExists{SkipExisting, NumberExisting} {
			sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
				if r.Op != simulate.CreateUser || !strings.HasSuffix(r.UPN, "@wrong.example") {
					return simulate.Fault{}
				}
				return simulate.Fault{Mishap: simulate.FailBefore, Status: 400}
			}}
			bubble(t, fmt.Sprint(how, onExists), sc, func(w *world) {
				people := staff(40)
				w.input(rowsOf(people)...)
				w.halted(how, func(b *Batch) { b.Domain, b.OnExists = "wrong.example", onExists })
				w.batch = func(b *Batch) { b.OnExists = onExists }
				before := w.service.Counts().ByOp
				if sum, err := w.applied(people); err != nil || sum.Created != 40 {
					t.Errorf("%+v, %v; want 40 created", sum, err)
				}
				w.checkFinished(people, nil)
				if n := w.service.Counts().ByOp[simulate.ListUsers] - before[simulate.ListUsers]; n != lists {
					t.Errorf("%d lists, want %d", n, lists)
				}
				for name := range w.users(simulate.DefaultCustomerID) {
					if strings.HasSuffix(name, "@wrong.example") {
						t.Errorf("%s was created", name)
					}
				}
			})
		}
	}
}

// Until somebody has looked, an undo takes those who were refused for people in doubt:
// it deletes who is there.
func TestUndoOfTheRefused(t *testing.T) {
	sc := simulate.Scenario{ListLag: 20 * time.Second, Fault: func(r simulate.Request) simulate.Fault {
		switch {
		case r.Op != simulate.CreateUser:
			return simulate.Fault{}
		case strings.HasPrefix(r.UPN, "ann.leea"):
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 404}
		}
		return simulate.Fault{Mishap: simulate.FailAfter, Status: 404}
	}}
	bubble(t, "", sc, func(w *world) {
		people := staff(9)
		w.input(rowsOf(people)...)
		w.halted("killed before the list", func(*Batch) {})
		undone, err := w.start(doom{}, nil).undo(w.t.Context())
		if err != nil || undone.Deleted != 6 || undone.Absent != 3 || len(undone.Failed) > 0 {
			t.Errorf("%+v, %v; want 6 deleted and 3 absent", undone, err)
		}
		if users := w.users(simulate.DefaultCustomerID); len(users) > 0 {
			t.Errorf("%d users are left", len(users))
		}
	})
}

// A run that cannot look for those who were refused takes them for people in doubt,
// and creates nobody under another name.
func TestTheRefusedCannotBeLookedFor(t *testing.T) {
	var refusing, deaf atomic.Bool
	refusing.Store(true)
	sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
		switch {
		case r.Op == simulate.CreateUser && refusing.Load():
			return simulate.Fault{Mishap: simulate.FailAfter, Status: 404}
		case r.Op == simulate.ListUsers && deaf.CompareAndSwap(true, false):
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 400}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		people := staff(9)
		w.input(rowsOf(people)...)
		w.halted("killed before the list", func(b *Batch) { b.OnExists = NumberExisting })
		refusing.Store(false)
		deaf.Store(true)
		if sum, err := w.applied(people); err != nil || sum.Created != 9 {
			t.Errorf("%+v, %v; want 9 created", sum, err)
		}
		w.checkFinished(people, nil)
	})
}

// Looking for those who were refused does not make a run forget how fast the one before
// it found that it may go.
func TestRateAfterALookForTheRefused(t *testing.T) {
	const rate = 5
	var refusing atomic.Bool
	refusing.Store(true)
	sc := simulate.Scenario{Quotas: []simulate.Quota{{Rate: rate, Burst: 3}}, Fault: func(r simulate.Request) simulate.Fault {
		if r.Op == simulate.CreateUser && refusing.Load() {
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 404}
		}
		return simulate.Fault{}
	}}
	bubble(t, "", sc, func(w *world) {
		people := staff(60)
		w.input(rowsOf(people[:2])...)
		byID := func(b *Batch) { b.Customer, b.InFlight = simulate.DefaultCustomerID, 1 }
		w.halted("killed before the list", byID)
		l, err := ledger.Open(w.path("staff.ledger.jsonl"), ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.KeepRate(simulate.DefaultCustomerID, rate), l.Close()); err != nil {
			t.Fatal(err)
		}
		refusing.Store(false)
		before := w.service.Counts().Throttled
		w.batch = byID
		sum, err := w.applied(people)
		if err != nil || sum.Created != 60 {
			t.Errorf("%+v, %v; want 60 created", sum, err)
		}
		if n := w.service.Counts().Throttled - before; n > 0 {
			t.Errorf("%d requests were too many, want none: the rate is known", n)
		}
	})
}
