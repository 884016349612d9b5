package provision

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/simulate"
)

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

// blind lists nobody at first, as if the users had been made just afterwards.
type blind struct {
	Directory
	lists int
}

func (b *blind) Users(ctx context.Context, tenant string, s partner.State, p partner.Page) ([]partner.User, partner.Page, error) {
	users, next, err := b.Directory.Users(ctx, tenant, s, p)
	if b.lists++; b.lists == 1 {
		users = nil
	}
	return users, next, err
}

// Names that somebody else has taken since the tenant was listed exist, whatever
// the service answers to the create, and one listing for all rows tells. Other
// refusals are failures.
func TestNamesTakenDuringARun(t *testing.T) {
	there := []simulate.User{{UserPrincipalName: "ann.leea@" + simulate.DefaultDomain, DisplayName: "Ann Leea"},
		{UserPrincipalName: "ann.leeb@" + simulate.DefaultDomain, DisplayName: "Ben Leeb"}}
	for _, test := range []struct {
		status   int
		onExists OnExists
		want     results.Counts
		lists    int           // of users: before, and to settle
		most     time.Duration // that it may take
	}{
		{409, SkipExisting, results.Counts{Rows: 6, Created: 3, Exists: 2, Failed: 1}, 2, time.Second},
		{400, SkipExisting, results.Counts{Rows: 6, Created: 3, Exists: 2, Failed: 1}, 2, time.Second},
		{400, FailExisting, results.Counts{Rows: 6, Created: 3, Failed: 3}, 2, time.Second},
	} {
		sc := simulate.Scenario{Customers: []simulate.Customer{{Users: there}}}
		sc.Dialect.Duplicate = simulate.Refusal{Status: test.status, Code: 3000}
		bubble(t, string(test.onExists), sc, func(w *world) {
			var seen *blind
			w.batch = func(b *Batch) {
				seen = &blind{Directory: b.Directory}
				b.Directory, b.OnExists = seen, test.onExists
			}
			people := []human{}
			for _, row := range []string{"E1,Ann,Leea,US,,,", "E2,Ann,Leeb,US,,,", "E3,Ann,Leec,US,,,", "E4,Ann,Leed,US,,,", "E5,Ann,Leee,US,,,", "E6,Ann,Leef,US,,Ann.Leef-2026,"} {
				people = append(people, human{tag: row[:2], row: row, tenant: simulate.DefaultCustomerID})
			}
			w.input(rowsOf(people)...)
			began := time.Now()
			_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
			if took := time.Since(began); err != nil || sum.Counts != test.want || seen.lists != test.lists || took > test.most {
				t.Errorf("%d, %s: %+v, %v, %d lists in %v; want %+v and %d lists in %v at most", test.status, test.onExists, sum.Counts, err, seen.lists, took, test.want, test.lists, test.most)
			}
			for i, r := range w.results()[:2] {
				if id := w.users(simulate.DefaultCustomerID)[there[i].UserPrincipalName].ID; r.UserID != id || r.UserPrincipalName != there[i].UserPrincipalName {
					t.Errorf("%d: %+v, want the user %s", test.status, r, id)
				}
			}
			for name := range w.passwords() {
				if name == there[0].UserPrincipalName || name == there[1].UserPrincipalName {
					t.Errorf("%d: the credentials name %s, whom somebody else made", test.status, name)
				}
			}
		})
	}
}

// secretive does not tell of deleted users.
type secretive struct{ Directory }

func (s secretive) Users(ctx context.Context, tenant string, state partner.State, p partner.Page) ([]partner.User, partner.Page, error) {
	if state == partner.Inactive {
		return nil, partner.Page{}, &partner.Error{Op: "list users", Kind: partner.BadInput, Status: 400}
	}
	return s.Directory.Users(ctx, tenant, state, p)
}

// A name that is taken, by nobody who is listed, is no reason to stay in doubt for ever
// where the service does not tell of deleted users: the row has failed.
func TestTakenByNobodyListed(t *testing.T) {
	sc := simulate.Scenario{Fault: only(simulate.CreateUser, simulate.Fault{Mishap: simulate.FailBefore, Status: 409})}
	bubble(t, "", sc, func(w *world) {
		w.batch = func(b *Batch) { b.Directory = secretive{b.Directory} }
		sum, err := w.applied(staff(2))
		if err != nil || sum.Failed != 2 {
			t.Errorf("%+v, %v; want both failed", sum, err)
		}
	})
}

// Something on the way that sends a request twice, or answers in the service's place
// after it was carried out, makes nobody a second user under the next number, not
// even in the next run.
func TestNobodyIsHisOwnNamesake(t *testing.T) {
	for _, status := range []int{409, 400, 429, 401} {
		first := func(r simulate.Request) simulate.Fault {
			if r.Op != simulate.CreateUser || r.Attempt > 1 {
				return simulate.Fault{}
			}
			return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
		}
		sc := simulate.Scenario{Fault: first, Repeats: simulate.Repeats{Ignore: true}}
		bubble(t, strconv.Itoa(status), sc, func(w *world) {
			w.batch = func(b *Batch) { b.OnExists = NumberExisting }
			people := staff(9)
			for range 2 {
				sum, err := w.applied(people)
				if err != nil || sum.Created != 9 {
					t.Errorf("%+v, %v, want 9 created", sum, err)
				}
				if users := w.users(simulate.DefaultCustomerID); len(users) != 9 {
					t.Errorf("%d users, want 9", len(users))
				}
			}
		})
	}
}

// Whatever is answered to a create that was carried out, the user is not lost sight
// of: it is its row's, with the password that the credentials file names.
func TestRefusedAfterItWasCarriedOut(t *testing.T) {
	for _, status := range []int{302, 403, 404, 405, 410, 418} {
		for _, all := range []bool{false, true} {
			sc := simulate.Scenario{Repeats: simulate.Repeats{Ignore: true}, Fault: func(r simulate.Request) simulate.Fault {
				if r.Op != simulate.CreateUser || !all && !strings.HasPrefix(r.UPN, "ann.leeb@") {
					return simulate.Fault{}
				}
				return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
			}}
			bubble(t, fmt.Sprint(status, all), sc, func(w *world) {
				people := staff(9)
				sum, err := w.applied(people)
				if !all {
					if err != nil || sum.Created != 9 {
						t.Errorf("%+v, %v; want 9 created", sum, err)
					}
					w.checkFinished(people, nil)
					return
				}
				if users := len(w.users(simulate.DefaultCustomerID)); sum.Created != users {
					t.Errorf("%+v, %v; want %d created", sum, err, users)
				}
			})
		}
	}
}

// A name that is taken when a request comes for the second time is our own user's,
// whatever was answered to the first; one that is taken at once may be another run's,
// unless the service remembers our request.
func TestTakenByOurFirstRequest(t *testing.T) {
	for _, test := range []struct {
		status, created int
		forgets         bool // the service forgets request ids
	}{{429, 9, true}, {401, 9, true}, {409, 0, true}, {400, 0, true}, {409, 9, false}, {400, 9, false}} {
		status, created := test.status, test.created
		for _, onExists := range []OnExists{SkipExisting, FailExisting} {
			for _, taken := range []int{409, 400} {
				sc := simulate.Scenario{Repeats: simulate.Repeats{Ignore: test.forgets}, Fault: func(r simulate.Request) simulate.Fault {
					if r.Op != simulate.CreateUser || r.Attempt > 1 {
						return simulate.Fault{}
					}
					return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
				}}
				sc.Dialect.Duplicate = simulate.Refusal{Status: taken, Code: 3000}
				bubble(t, fmt.Sprint(status, onExists, taken, test.forgets), sc, func(w *world) {
					w.batch = func(b *Batch) { b.OnExists = onExists }
					people := staff(9)
					w.input(rowsOf(people)...)
					_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
					if err != nil || sum.Created != created {
						t.Errorf("%+v, %v; want %d created", sum.Counts, err, created)
					}
					for _, r := range w.results() {
						if r.Status != results.Created && r.Hint != appearedHint {
							t.Errorf("row %d %s: the hint does not say that it may be the row's own: %s", r.N, r.Status, r.Hint)
						}
					}
					passwords, users := w.passwords(), w.users(simulate.DefaultCustomerID)
					if len(users) != 9 || len(passwords) != created {
						t.Errorf("%d users, %d passwords; want 9 and %d", len(users), len(passwords), created)
					}
					for name, noted := range passwords {
						if noted[len(noted)-1] != users[name].Password {
							t.Errorf("%s has another password than the credentials file says", name)
						}
					}
				})
			}
		}
	}
}

// Behind a refusal that says "later" or "who are you?" there may be a user all the
// same. A run that is stopped before it asked again leaves that to the next one, which
// must not take the user for somebody else's.
func TestStoppedAfterARefusalThatWasNone(t *testing.T) {
	for _, status := range []int{429, 401} {
		for _, onExists := range []OnExists{SkipExisting, NumberExisting, FailExisting} {
			refusing := true
			sc := simulate.Scenario{Repeats: simulate.Repeats{Ignore: true}, Fault: func(r simulate.Request) simulate.Fault {
				if r.Op != simulate.CreateUser || !refusing {
					return simulate.Fault{}
				}
				return simulate.Fault{Mishap: simulate.FailAfter, Status: status}
			}}
			bubble(t, fmt.Sprint(status, onExists), sc, func(w *world) {
				w.batch = func(b *Batch) { b.OnExists = onExists }
				people := staff(9)
				w.input(rowsOf(people)...)
				p := w.start(doom{}, nil)
				time.AfterFunc(time.Second/2, func() { close(p.stopped) })
				if _, sum, err := p.apply(w.t.Context()); err == nil || sum.Created > 0 {
					t.Fatalf("%+v, %v; want nobody created, and an error", sum.Counts, err)
				}
				refusing = false
				if sum, err := w.applied(people); err != nil || sum.Created != 9 {
					t.Errorf("%+v, %v; want 9 created", sum, err)
				}
				w.checkFinished(people, nil)
			})
		}
	}
}
