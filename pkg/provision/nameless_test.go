package provision

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/pkg/partner"
	"muster/pkg/simulate"
)

// nameless is a service in whose lists the names of users cannot be read while it
// hides them, and those of some never.
type nameless struct {
	Directory
	hides *atomic.Bool
	never string // a prefix of names; "": of none
	noIDs bool   // nor can their ids
}

func (n nameless) Users(ctx context.Context, tenant string, s partner.State, p partner.Page) ([]partner.User, partner.Page, error) {
	users, next, err := n.Directory.Users(ctx, tenant, s, p)
	for i := range users {
		u := &users[i]
		never := n.never != "" && strings.HasPrefix(u.UserPrincipalName, n.never)
		if never && n.noIDs {
			u.ID = ""
		}
		if never || n.hides.Load() {
			u.UserPrincipalName = ""
		}
	}
	return users, next, err
}

// A list in which names cannot be read does not prove that somebody who was refused is
// not there: nobody gets another name because of it, and so a second user.
func TestAListWithoutNamesProvesNobodyAbsent(t *testing.T) {
	for _, status := range []int{404, 409} {
		for hidden := 1; hidden <= 2; hidden++ {
			for _, onExists := range []OnExists{SkipExisting, NumberExisting, FailExisting} {
				var refusing, hides atomic.Bool
				refusing.Store(true)
				hides.Store(true)
				sc := simulate.Scenario{Repeats: simulate.Repeats{Ignore: true}, Fault: func(r simulate.Request) simulate.Fault {
					if r.Op != simulate.CreateUser || !refusing.Load() {
						return simulate.Fault{}
					}
					return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
				}}
				bubble(t, fmt.Sprint(status, hidden, onExists), sc, func(w *world) {
					w.batch = func(b *Batch) { b.Directory, b.OnExists = nameless{Directory: b.Directory, hides: &hides}, onExists }
					people := staff(9)
					w.input(rowsOf(people)...)
					if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
						t.Fatal(err)
					}
					refusing.Store(false)
					people = append(staff(12)[9:], people...) // namesakes come first
					for run := 2; run <= hidden; run++ {
						if sum, err := w.applied(people); err != nil || sum.Created != 3 {
							t.Errorf("%+v, %v; want the 3 new ones created", sum, err)
						}
					}
					hides.Store(false)
					if sum, err := w.applied(people); err != nil || sum.Created != 12 {
						t.Errorf("%+v, %v; want 12 created", sum, err)
					}
					w.checkFinished(people, nil)
				})
			}
		}
	}
}

// One user whose name can never be read keeps nobody from being refused for good: who
// was refused for a name gets another one.
func TestAnotherDomainBesideANamelessUser(t *testing.T) {
	there := simulate.User{UserPrincipalName: "odd@" + simulate.DefaultDomain, DisplayName: "Odd"}
	for _, noIDs := range []bool{false, true} {
		sc := simulate.Scenario{Customers: []simulate.Customer{{Users: []simulate.User{there}}}, Fault: func(r simulate.Request) simulate.Fault {
			if r.Op != simulate.CreateUser || !strings.HasSuffix(r.UPN, "@wrong.example") {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: simulate.FailBefore, Status: 400}
		}}
		bubble(t, fmt.Sprint(noIDs), sc, func(w *world) {
			domain := "wrong.example"
			w.batch = func(b *Batch) {
				b.Directory = nameless{Directory: b.Directory, hides: new(atomic.Bool), never: "odd", noIDs: noIDs}
				b.Domain = domain
			}
			people := staff(9)
			if sum, err := w.applied(people); err != nil || sum.Failed != 9 {
				t.Errorf("%+v, %v; want 9 failed", sum, err)
			}
			domain = ""
			if sum, err := w.applied(people); err != nil || sum.Created != 9 {
				t.Errorf("%+v, %v; want 9 created", sum, err)
			}
			w.checkFinished(people, nil)
		})
	}
}

// Beside such a user, who was refused and created all the same is waited for: the next run
// could not tell.
func TestRefusedAfterItWasCarriedOutBesideANamelessUser(t *testing.T) {
	there := simulate.User{UserPrincipalName: "odd@" + simulate.DefaultDomain, DisplayName: "Odd"}
	sc := simulate.Scenario{Customers: []simulate.Customer{{Users: []simulate.User{there}}}, ListLag: 8 * time.Second, Fault: func(r simulate.Request) simulate.Fault {
		if r.Op != simulate.CreateUser {
			return simulate.Fault{}
		}
		return simulate.Fault{Mishap: simulate.FailAfter, Status: 400}
	}}
	bubble(t, "", sc, func(w *world) {
		w.batch = func(b *Batch) {
			b.Directory = nameless{Directory: b.Directory, hides: new(atomic.Bool), never: "odd"}
			b.OnExists = NumberExisting
		}
		people := staff(9)
		if sum, err := w.applied(people); err != nil || sum.Created != 9 {
			t.Errorf("%+v, %v; want 9 created", sum, err)
		}
		w.checkFinished(people, nil)
	})
}

// Somebody who was in the tenant before, under a name that could not be read, is not
// taken for the user of a row whose answer was lost.
func TestNamelessBefore(t *testing.T) {
	there := simulate.User{UserPrincipalName: "ann.leea@" + simulate.DefaultDomain, DisplayName: "Ann Leea"}
	sc := simulate.Scenario{Customers: []simulate.Customer{{Users: []simulate.User{there}}}}
	sc.Fault = func(r simulate.Request) simulate.Fault {
		if r.Op != simulate.CreateUser || r.Attempt > 1 {
			return simulate.Fault{}
		}
		return simulate.Fault{Mishap: simulate.FailBefore, Status: 500}
	}
	bubble(t, "", sc, func(w *world) {
		var hides atomic.Bool
		hides.Store(true)
		w.batch = func(b *Batch) {
			b.Directory = nameless{Directory: b.Directory, hides: &hides}
			time.AfterFunc(100*time.Millisecond, func() { hides.Store(false) })
		}
		people := staff(1)
		w.input(rowsOf(people)...)
		_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
		if err != nil || sum.Exists != 1 {
			t.Errorf("%+v, %v; want one who exists", sum.Counts, err)
		}
	})
}

// An undo does not forget those in doubt because of such a list.
func TestUndoWithoutNames(t *testing.T) {
	sc := simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.LostAnswer})}
	bubble(t, "", sc, func(w *world) {
		var hides atomic.Bool
		w.input(rowsOf(staff(1))...)
		p := w.start(doom{}, rand.New(rand.NewPCG(1, 1)))
		w.batch = func(b *Batch) { b.Watcher = diesAtAnswer{p} }
		_, _, _ = p.apply(w.t.Context())
		w.batch = func(b *Batch) { b.Directory = nameless{Directory: b.Directory, hides: &hides} }
		time.Sleep(25 * time.Hour)
		for _, hidden := range []bool{true, false} {
			hides.Store(hidden)
			undone, err := w.start(doom{}, nil).undo(w.t.Context())
			if err != nil || undone.Deleted == 1 == hidden {
				t.Errorf("hidden %v: %+v, %v", hidden, undone, err)
			}
		}
		if users := w.users(simulate.DefaultCustomerID); len(users) > 0 {
			t.Errorf("%d users are left", len(users))
		}
	})
}
