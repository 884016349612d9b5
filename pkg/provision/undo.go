package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
)

// Undone is what an undo came to.
type Undone struct {
	Deleted int           `json:"deleted"` // by this undo, or found deleted
	Absent  int           `json:"absent"`  // in doubt, and not there
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
		if e.Unconfirmed { // nobody has looked
			e.Status = ledger.Doubtful
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
	var lanes []*lane
	var err error
	for len(entries) > 0 && r.ended() == nil && err == nil {
		n := 1
		for n < len(entries) && entries[n].Intent.Tenant == entries[0].Intent.Tenant {
			n++
		}
		l := u.lane(entries[0].Intent.Tenant)
		lanes = append(lanes, l)
		err = u.customer(r.landing, l, entries[:n])
		entries = entries[n:]
	}
	if ctx.Err() == nil {
		u.dropPasswords()
	}
	if err = r.verdict(err); err == nil {
		err = verdictOf(lanes)
	}
	return u.done(), err
}

// dropPasswords takes the passwords of those who are certainly not there out of the
// credentials file; those of people in doubt stay, since an apply repeats their requests
// as they were. Where the file cannot be changed, a person is told: the undo has
// succeeded all the same.
func (u *undoing) dropPasswords() {
	if u.OpenCredentials == nil {
		return
	}
	if err := errors.Join(u.useCredentials(), u.closeCredentials()); err != nil {
		u.Log.Warn("there may be passwords of deleted users in the credentials file still", zap.Error(err))
	}
}

// undoing is an undo on its way.
type undoing struct {
	*run
	undone  Undone
	unsure  bool // whether those are absent whom the list of the present customer does not show
	unknown []unknownUser
}

func (u *undoing) done() Undone {
	u.undone.Took = time.Since(u.began)
	slices.SortFunc(u.undone.Failed, func(a, b UndoFailure) int { return strings.Compare(a.UPN, b.UPN) })
	return u.undone
}

// lane is that of a customer whom the ledger knows by its GUID.
func (u *undoing) lane(tenant string) *lane {
	return &lane{name: tenant, tenant: tenant, gate: u.openGate(tenant)}
}

// customer deletes the users of one tenant.
func (u *undoing) customer(ctx context.Context, l *lane, entries []ledger.Entry) error {
	defer l.gate.Close()
	if err := u.identify(l, entries); err != nil {
		l.close(err)
	}
	began := time.Now()
	for wait := time.Second; ; wait = min(2*wait, 10*time.Second) {
		if err := u.removeAll(ctx, l, entries); err != nil {
			return err
		}
		var err error
		if entries, err = u.lookAgain(l, began); err != nil || len(entries) == 0 {
			return err
		}
		if u.rest(wait) != nil {
			return nil // the next undo goes on
		}
	}
}

// removeAll deletes these users, once each.
func (u *undoing) removeAll(ctx context.Context, l *lane, entries []ledger.Entry) error {
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

// identify finds the ids of those users of whom only the name is known, since
// their creation is in doubt. It waits until the list cannot lag behind a
// request that was sent just before this undo began.
func (u *undoing) identify(l *lane, entries []ledger.Entry) error {
	var jobs []*job
	for _, e := range entries {
		if e.Outcome.UserID == "" {
			jobs = append(jobs, &job{intent: e.Intent})
		}
	}
	for len(jobs) > 0 {
		asked := time.Now()
		users, all, err := u.find(l, partner.Active, jobs)
		if err != nil {
			return err
		}
		u.unsure = !all.whole(nil)
		for i := range entries {
			e := &entries[i]
			user, ok := users[strings.ToLower(e.Intent.UPN)]
			if e.Outcome.UserID == "" && ok && sameNames(user, e.Intent) {
				e.Outcome.UserID = user.ID
			}
		}
		if len(users) == len(jobs) || asked.Sub(u.began) >= lag {
			return nil
		}
		if err := u.rest(lag - asked.Sub(u.began)); err != nil {
			return err
		}
	}
	return nil
}

// outcomeOf is that of a user who is gone now.
func outcomeOf(e ledger.Entry) ledger.Outcome {
	return ledger.Outcome{Key: e.Intent.Key, Tenant: e.Intent.Tenant, UPN: e.UPN(), UserID: e.Outcome.UserID, Status: ledger.Deleted, At: time.Now()}
}

// lastOf is when the last request for a user was sent or answered, as far as the ledger
// knows.
func lastOf(e ledger.Entry) time.Time {
	if e.Outcome.At.After(e.Intent.At) {
		return e.Outcome.At
	}
	return e.Intent.At
}

// remove deletes one user.
func (u *undoing) remove(ctx context.Context, l *lane, e ledger.Entry) error {
	o := outcomeOf(e)
	if err := l.closed(); err != nil {
		return u.notDeleted(e, err)
	}
	switch {
	case o.UserID != "":
	case e.Status == ledger.Deleting: // an undo found the user, and died with the DELETE
		return u.deleted(o)
	default:
		return u.absent(e, o)
	}
	if err := u.Ledger.Undo(o.Key); err != nil {
		return u.broken(err)
	}
	err := u.call(ctx, l, "delete user", func(ctx context.Context) error {
		return u.Directory.DeleteUser(ctx, l.tenant, o.UserID)
	})
	var refused *partner.Error
	switch {
	case err != nil && isEnd(err):
		return nil // the next undo goes on
	case errors.As(err, &refused) && refused.ConcernsCustomer():
		l.close(err)
		return u.stays(e, err)
	case errors.As(err, &refused) && transient(refused.Kind): // the next undo finds out
		return u.notDeleted(e, err)
	case errors.As(err, &refused) && refused.Kind != partner.NotFound:
		return u.stays(e, err)
	case errors.As(err, &refused) && (refused.Code == "" || time.Since(lastOf(e)) < lag):
		return u.doubt(e, err)
	}
	o.At = time.Now()
	return u.deleted(o)
}

// lateAtMost is how long after a request a service may still carry it out, as far
// as this package believes: gateways give up on requests that go on behind them.
const lateAtMost = 24 * time.Hour

// absent counts a person who is in doubt and not in the tenant. The doubt stays,
// so that another undo, or an apply, finds the user if it is created late.
func (u *undoing) absent(e ledger.Entry, o ledger.Outcome) error {
	if time.Since(lastOf(e)) > lateAtMost && !u.unsure {
		o.Status = ledger.Withdrawn
		return u.deleted(o)
	}
	u.handing.Lock()
	defer u.handing.Unlock()
	u.undone.Absent++
	if u.Watcher != nil {
		u.Watcher.Settled(o.Tenant, results.Status(ledger.Withdrawn))
	}
	return nil
}

// deleted records that a user is gone, and counts it.
func (u *undoing) deleted(o ledger.Outcome) error {
	if err := u.Ledger.Settle(o); err != nil {
		return u.broken(err)
	}
	u.handing.Lock()
	defer u.handing.Unlock()
	if o.Status == ledger.Deleted {
		u.undone.Deleted++
	} else {
		u.undone.Absent++
	}
	if u.Watcher != nil {
		u.Watcher.Settled(o.Tenant, results.Status(o.Status))
	}
	return nil
}

// stays records that the service would not delete a user, who is there as before.
func (u *undoing) stays(e ledger.Entry, err error) error {
	o := e.Outcome
	o.Key, o.Tenant, o.UPN, o.Status, o.Doubt = e.Intent.Key, e.Intent.Tenant, e.UPN(), ledger.Created, false
	if err := u.Ledger.Settle(o); err != nil {
		return u.broken(err)
	}
	return u.notDeleted(e, err)
}

// notDeleted counts a user whom the service would not delete.
func (u *undoing) notDeleted(e ledger.Entry, err error) error {
	if isEnd(err) {
		return nil
	}
	f := UndoFailure{UPN: e.UPN(), UserID: e.Outcome.UserID, Tenant: e.Intent.Tenant, Error: err.Error()}
	var refused *partner.Error
	if errors.As(err, &refused) {
		f.Hint = refused.Advice()
	}
	u.handing.Lock()
	defer u.handing.Unlock()
	u.undone.Failed = append(u.undone.Failed, f)
	if u.Watcher != nil {
		u.Watcher.Settled(f.Tenant, results.Failed)
	}
	return nil
}
