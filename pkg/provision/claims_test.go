package provision

import (
	"context"
	"testing"

	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/simulate"
)

// constant says of every user whom it creates, and where listed is set of every
// one in a list, that it has the same id.
type constant struct {
	Directory
	listed bool
}

const constantID = "11111111-2222-4333-8444-555555555555"

func (c *constant) CreateUser(ctx context.Context, tenant string, call partner.Call, u partner.NewUser) (partner.User, error) {
	made, err := c.Directory.CreateUser(ctx, tenant, call, u)
	made.ID = constantID
	return made, err
}

func (c *constant) Users(ctx context.Context, tenant string, s partner.State, p partner.Page) ([]partner.User, partner.Page, error) {
	users, next, err := c.Directory.Users(ctx, tenant, s, p)
	for i := range users {
		if c.listed {
			users[i].ID = constantID
		}
	}
	return users, next, err
}

// No two people have one id, whatever the service says: the list tells whose it
// is, and where that says the same, the people are in doubt for good.
func TestOneIDForEverybody(t *testing.T) {
	for _, listed := range []bool{false, true} {
		bubble(t, "", simulate.Scenario{}, func(w *world) {
			w.batch = func(b *Batch) { b.Directory = &constant{b.Directory, listed} }
			people := staff(20)
			w.input(rowsOf(people)...)
			_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
			want := results.Counts{Rows: 20, Created: 20}
			if listed {
				want = results.Counts{Rows: 20, Created: 1, Failed: 19}
			}
			if err != nil || sum.Counts != want {
				t.Errorf("listed %v: %+v, %v, want %+v", listed, sum.Counts, err, want)
			}
			owners := map[string]int{}
			for _, r := range w.results() {
				if owners[r.UserID]++; r.UserID != "" && owners[r.UserID] > 1 {
					t.Errorf("listed %v: the id %s belongs to two rows", listed, r.UserID)
				}
				if r.Status == results.Failed && r.ErrorCode != "disputed_id" {
					t.Errorf("listed %v: %+v, want the code disputed_id", listed, r)
				}
			}
			if users := len(w.users(simulate.DefaultCustomerID)); users != 20 {
				t.Errorf("listed %v: %d users, want 20", listed, users)
			}
			w.batch = nil // a service that has come to its senses
			if _, sum, err = w.start(doom{}, nil).apply(w.t.Context()); err != nil || sum.Created != 20 {
				t.Errorf("listed %v: the next run: %+v, %v, want 20 created", listed, sum.Counts, err)
			}
		})
	}
}
