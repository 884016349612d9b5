package provision

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

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
