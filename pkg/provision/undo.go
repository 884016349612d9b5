package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
)

// Undone is what an undo came to.
type Undone struct {
	Deleted int           `json:"deleted"` // by this undo, or found deleted
	Absent  int           `json:"absent"`  // in doubt, and never created
	Failed  []UndoFailure `json:"failed"`
	Took    time.Duration `json:"-"`
}

// UndoFailure is a user whom the service would not delete.
type UndoFailure struct {
	UPN    string `json:"user_principal_name"`
	UserID string `json:"user_id"`
	Tenant string `json:"customer_id"`
	Error  string `json:"error"`
	Hint   string `json:"hint"`
}

// ToUndo returns the people whom an undo of the ledger is about: those whom it
// created, and those of whom that is in doubt, by customer and name.
func ToUndo(l *ledger.Ledger) ([]ledger.Entry, error) {
	var entries []ledger.Entry
	for e, err := range l.Entries() {
		if err != nil {
			return nil, err
		}
		if e.Status == ledger.Created || e.Status == ledger.Deleting || e.Status == ledger.Doubtful {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b ledger.Entry) int {
		return cmp.Or(cmp.Compare(a.Intent.Tenant, b.Intent.Tenant), cmp.Compare(a.UPN(), b.UPN()))
	})
	return entries, nil
}

// Undo deletes exactly the users that the ledger created; entries are those of
// [ToUndo]. A user is known by the id that the service gave when it was created,
// or, where that answer was lost, by the name and the names of the intent. Users
// who are gone already count as deleted. The errors are those of [Apply].
func Undo(ctx context.Context, b Batch, entries []ledger.Entry) (Undone, error) {
	r, over := newRun(ctx, b)
	defer over()
	if err := r.Ledger.Begin(r.described("undo")); err != nil {
		return Undone{}, err
	}
	u := &undoing{run: r}
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].Intent.Tenant == entries[0].Intent.Tenant {
			n++
		}
		if err := u.customer(ctx, entries[:n]); err != nil && r.ended() == nil {
			return u.done(), err
		}
		if r.ended() != nil {
			break
		}
		entries = entries[n:]
	}
	return u.done(), r.ended()
}

// undoing is an undo on its way.
type undoing struct {
	*run
	undone Undone
}

func (u *undoing) done() Undone {
	u.undone.Took = time.Since(u.began)
	slices.SortFunc(u.undone.Failed, func(a, b UndoFailure) int { return strings.Compare(a.UPN, b.UPN) })
	return u.undone
}

// customer deletes the users of one tenant.
func (u *undoing) customer(ctx context.Context, entries []ledger.Entry) error {
	tenant := entries[0].Intent.Tenant
	l := &lane{name: tenant, tenant: tenant, gate: u.Pacer.Gate(tenant, u.Ledger.Rate(tenant))}
	defer l.gate.Close()
	if err := u.identify(ctx, l, entries); err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(2 * u.InFlight)
	for _, e := range entries {
		if u.ended() != nil {
			break
		}
		group.Go(func() error { return u.safely(func() error { return u.remove(ctx, l, e) }) })
	}
	return group.Wait()
}

// identify finds the ids of those users whose creation is in doubt. It waits
// until the list cannot lag behind their requests any more.
func (u *undoing) identify(ctx context.Context, l *lane, entries []ledger.Entry) error {
	var jobs []*job
	var latest time.Time
	for _, e := range entries {
		if e.Status == ledger.Doubtful {
			jobs = append(jobs, &job{intent: e.Intent})
			if e.Intent.At.After(latest) {
				latest = e.Intent.At
			}
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	if wait := time.Until(latest.Add(lag)); wait > 0 {
		if err := u.rest(wait); err != nil {
			return err
		}
	}
	users, err := u.find(ctx, l, partner.Active, jobs)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		user, ok := users[strings.ToLower(e.Intent.UPN)]
		if e.Status == ledger.Doubtful && ok && sameNames(user, e.Intent) {
			e.Outcome.UserID = user.ID
		}
	}
	return nil
}

// remove deletes one user.
func (u *undoing) remove(ctx context.Context, l *lane, e ledger.Entry) error {
	o := ledger.Outcome{Key: e.Intent.Key, Tenant: e.Intent.Tenant, UPN: e.UPN(), UserID: e.Outcome.UserID, Status: ledger.Deleted, At: time.Now()}
	if o.UserID == "" { // it was in doubt, and the tenant does not have it
		o.Status = ledger.Withdrawn
		return u.count(o, nil)
	}
	if err := u.Ledger.Undo(o.Key); err != nil {
		return u.broken(err)
	}
	err := u.call(ctx, l.gate, "delete user", l.tenant, func(ctx context.Context) error {
		return u.Directory.DeleteUser(ctx, l.tenant, o.UserID)
	})
	var refused *partner.Error
	switch {
	case err == nil:
	case u.ended() != nil:
		return nil // the next undo goes on
	case errors.As(err, &refused) && refused.Kind == partner.NotFound && !refused.ConcernsCustomer():
	case errors.As(err, &refused):
		return u.count(o, refused)
	default:
		return err
	}
	o.At = time.Now()
	return u.count(o, nil)
}

// count records what became of a user, and counts it.
func (u *undoing) count(o ledger.Outcome, refused *partner.Error) error {
	if refused == nil {
		if err := u.Ledger.Settle(o); err != nil {
			return u.broken(err)
		}
	}
	u.handing.Lock()
	defer u.handing.Unlock()
	switch {
	case refused != nil:
		u.undone.Failed = append(u.undone.Failed, UndoFailure{UPN: o.UPN, UserID: o.UserID, Tenant: o.Tenant, Error: refused.Error(), Hint: refused.Advice()})
	case o.Status == ledger.Deleted:
		u.undone.Deleted++
	default:
		u.undone.Absent++
	}
	if u.Watcher != nil {
		status := results.Status(o.Status)
		if refused != nil {
			status = results.Failed
		}
		u.Watcher.Settled(o.Tenant, status)
	}
	return nil
}
