package provision

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/simulate"
)

func TestUndo(t *testing.T) {
	var forbid atomic.Bool
	sc := simulate.Scenario{Customers: []simulate.Customer{{Users: []simulate.User{{UserPrincipalName: "ann.leea@" + simulate.DefaultDomain, DisplayName: "Ann Leea"}}}},
		Fault: func(r simulate.Request) simulate.Fault {
			if forbid.Load() && r.Op == simulate.DeleteUser && r.N%2 == 0 {
				return simulate.Fault{Mishap: simulate.FailBefore, Status: 400}
			}
			return simulate.Fault{}
		}}
	bubble(t, "", sc, func(w *world) {
		people, existed := staff(30), map[string]bool{"ann.leea@" + simulate.DefaultDomain: true}
		w.input(rowsOf(people)...)
		if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		w.checkFinished(people, existed)
		forbid.Store(true)
		w.undone = true
		undone, err := w.start(doom{}, nil).undo(w.t.Context())
		if err != nil || undone.Deleted+len(undone.Failed) != 29 || len(undone.Failed) == 0 {
			t.Fatalf("%+v, %v; want some of 29 refused", undone, err)
		}
		w.wire.forget()
		// Who could not be deleted is there as before, also for the ledger.
		if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		w.checkFinished(people, existed)
		forbid.Store(false)
		if undone, err = w.start(doom{}, nil).undo(w.t.Context()); err != nil || undone.Deleted != 29 {
			t.Fatalf("%+v, %v; want 29 deleted", undone, err)
		}
		if users := w.users(simulate.DefaultCustomerID); len(users) != 1 {
			t.Errorf("%d users are left, want the one of somebody else", len(users))
		}
		if undone, err = w.start(doom{}, nil).undo(w.t.Context()); err != nil || undone.Deleted != 0 {
			t.Errorf("a second undo: %+v, %v", undone, err)
		}
	})
}

// An undo that is stopped drops the passwords of those who are gone, and of nobody
// else.
func TestPasswordsAfterAStoppedUndo(t *testing.T) {
	sc := simulate.Scenario{Latency: simulate.Latency{Min: 100 * time.Millisecond}}
	bubble(t, "", sc, func(w *world) {
		w.input(rowsOf(staff(60))...)
		if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		undone, err := w.start(doom{stop: 60}, nil).undo(w.t.Context())
		if !errors.Is(err, ErrStopped) || undone.Deleted == 0 || undone.Deleted == 60 {
			t.Fatalf("%+v, %v; want it stopped in the middle", undone, err)
		}
		users, noted := w.users(simulate.DefaultCustomerID), w.passwords()
		for name, u := range users {
			if len(noted[name]) == 0 || noted[name][0] != u.Password {
				t.Errorf("the password of %s, who is there, is gone", name)
			}
		}
		if len(noted) != len(users) {
			t.Errorf("%d passwords are noted of %d users", len(noted), len(users))
		}
	})
}

// A user whose creation was in doubt is undone too, although the list shows it
// late, and although the undo dies when it has found it.
func TestUndoOfADoubtfulCreate(t *testing.T) {
	sc := simulate.Scenario{ListLag: 25 * time.Second, Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.LostAnswer})}
	bubble(t, "", sc, func(w *world) {
		w.input(rowsOf(staff(3))...)
		p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
		w.batch = func(b *Batch) { b.Watcher = diesAtAnswer{p} }
		if _, _, err := p.apply(w.t.Context()); !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		made := len(w.users(simulate.DefaultCustomerID))
		for crash := 1; ; crash++ {
			_, err := w.start(doom{crash: crash}, rand.New(rand.NewPCG(1, 1))).undo(w.t.Context())
			if err == nil {
				break
			}
			if !errors.Is(err, errDead) {
				t.Fatal(err)
			}
		}
		if left := len(w.users(simulate.DefaultCustomerID)); left != 0 || made == 0 {
			t.Errorf("%d of %d users are left", left, made)
		}
	})
}

// A create that the service carries out after an undo has looked for it is found
// by the next one, and by an apply.
func TestUndoOfALateCreate(t *testing.T) {
	for _, next := range []string{"undo", "apply"} {
		var late atomic.Bool
		late.Store(true)
		sc := simulate.Scenario{Fault: func(r simulate.Request) simulate.Fault {
			if r.Op != simulate.CreateUser || !late.Load() {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: simulate.Late, After: 5 * time.Minute}
		}}
		bubble(t, next, sc, func(w *world) {
			people := staff(3)
			w.input(rowsOf(people)...)
			p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
			w.batch = func(b *Batch) { b.Watcher = diesAtAnswer{p} }
			if _, _, err := p.apply(w.t.Context()); !errors.Is(err, errDead) {
				t.Fatal(err)
			}
			w.batch = nil
			late.Store(false)
			undone, err := w.start(doom{}, nil).undo(w.t.Context())
			if err != nil || undone.Absent == 0 || undone.Deleted != 0 {
				t.Fatalf("%+v, %v; want nobody there yet", undone, err)
			}
			if next == "apply" {
				w.undone = true
				if _, err := w.applied(people); err != nil {
					t.Fatal(err)
				}
				w.checkFinished(people, nil)
			}
			time.Sleep(10 * time.Minute)
			made := len(w.users(simulate.DefaultCustomerID))
			undone, err = w.start(doom{}, nil).undo(w.t.Context())
			if err != nil || made == 0 || undone.Deleted != made || len(w.users(simulate.DefaultCustomerID)) != 0 {
				t.Errorf("%+v, %v, want %d deleted and nobody left", undone, err, made)
			}
			time.Sleep(25 * time.Hour)
			if undone, err = w.start(doom{}, nil).undo(w.t.Context()); err != nil || undone.Deleted != 0 {
				t.Errorf("a day later: %+v, %v", undone, err)
			}
			if undone, err = w.start(doom{}, nil).undo(w.t.Context()); err != nil || undone.Absent != 0 {
				t.Errorf("a day later, again: %+v, %v; want nobody in doubt any more", undone, err)
			}
		})
	}
}

// An undo drops the passwords of those whom an apply that was killed did not create, as
// soon as that is certain, also where there is nobody to delete.
func TestPasswordsOfTheNeverCreated(t *testing.T) {
	for what, fault := range map[string]simulate.Fault{
		"lost":    {Mishap: simulate.LostRequest},
		"refused": {Mishap: simulate.FailBefore, Status: 400},
	} {
		bubble(t, what, simulate.Scenario{Fault: only(simulate.CreateUser, fault)}, func(w *world) {
			w.input(rowsOf(staff(6))...)
			p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
			w.batch = func(b *Batch) { b.Watcher = diesAtAnswer{p} }
			if _, _, err := p.apply(w.t.Context()); !errors.Is(err, errDead) || len(w.passwords()) == 0 {
				t.Fatalf("%v, %d passwords", err, len(w.passwords()))
			}
			w.batch = nil
			time.Sleep(25 * time.Hour)
			if _, err := w.start(doom{}, nil).undo(w.t.Context()); err != nil {
				t.Fatal(err)
			}
			if noted := w.passwords(); len(noted) > 0 {
				t.Errorf("%d passwords are left", len(noted))
			}
		})
	}
}

// A user whom the service says not to know may be there all the same: a gateway may
// answer in its place, and a directory may learn of a user late. The list tells.
func TestUndoOfUsersWhomTheServiceDoesNotKnow(t *testing.T) {
	gateway := simulate.Fault{Mishap: simulate.HTMLPage, Status: 404}
	unknown := simulate.Fault{Mishap: simulate.FailBefore, Status: 404, Code: 60002}
	for what, c := range map[string]struct {
		fault   simulate.Fault
		lasts   time.Duration // from the begin of the undo
		lag     time.Duration // of the list
		deleted int           // of 6
	}{
		"a gateway":                     {gateway, time.Hour, 0, 0},
		"a gateway for a while":         {gateway, 5 * time.Second, 0, 6},
		"a directory that lags":         {unknown, 5 * time.Second, 0, 6},
		"a directory and list that lag": {unknown, 20 * time.Second, 20 * time.Second, 6},
		"answers that were lost":        {simulate.Fault{Mishap: simulate.LostAnswer}, time.Millisecond, 0, 6},
	} {
		var until time.Time
		sc := simulate.Scenario{ListLag: c.lag, Fault: func(r simulate.Request) simulate.Fault {
			if r.Op == simulate.DeleteUser && time.Now().Before(until) {
				return c.fault
			}
			return simulate.Fault{}
		}}
		bubble(t, what, sc, func(w *world) {
			w.input(rowsOf(staff(6))...)
			if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
			until = time.Now().Add(c.lasts)
			undone, err := w.start(doom{}, nil).undo(w.t.Context())
			if err != nil || undone.Deleted != c.deleted || len(undone.Failed) != 6-c.deleted {
				w.t.Fatalf("%+v, %v; want %d deleted", undone, err, c.deleted)
			}
			left := 6 - c.deleted
			if users, noted := w.users(simulate.DefaultCustomerID), w.passwords(); len(users) != left || len(noted) != left {
				w.t.Errorf("%d users are left and %d passwords, want %d", len(users), len(noted), left)
			}
			until = time.Time{}
			if undone, err = w.start(doom{}, nil).undo(w.t.Context()); err != nil || undone.Deleted != left {
				w.t.Errorf("the next undo: %+v, %v; want %d deleted", undone, err, left)
			}
		})
	}
}
