package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"muster/pkg/ledger"
	"muster/pkg/partner"
)

// lag is how long a user may be missing from the tenant's list after it was
// created. Directories are replicated: tools that read back at once report
// failures for users that are there a few seconds later.
const lag = 30 * time.Second

// bench is where the rows of a lane wait for the listing that tells what became
// of them. One listing serves them all.
type bench struct {
	mu   sync.Mutex
	jobs []*job
}

func (b *bench) add(j *job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.jobs = append(b.jobs, j)
}

func (b *bench) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.jobs)
}

func (b *bench) take() []*job {
	b.mu.Lock()
	defer b.mu.Unlock()
	jobs := b.jobs
	b.jobs = nil
	return jobs
}

// settle lists the tenant until all rows in doubt are found, or have been
// missing for longer than a list can lag behind; these are settled by what is
// known of them. When the run ends before, those in doubt stay in doubt, and those
// that were refused are unconfirmed: the next run looks for them.
func (r *run) settle(ctx context.Context, l *lane) error {
	l.settling = true
	defer func() { l.settling = false }()
	for wait := time.Duration(0); l.doubts.len()+l.refused.len() > 0; wait = min(2*wait+time.Second, 10*time.Second) {
		if r.rest(wait) != nil {
			l.refused.take()
			return r.leaveAll(l.doubts.take())
		}
		if err := r.settleOnce(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// settleOnce lists the tenant and settles what can be settled; the rest goes back
// to the bench. Where the list is refused, those in doubt stay so, and the lane ends.
func (r *run) settleOnce(ctx context.Context, l *lane) error {
	jobs, refused := l.doubts.take(), l.refused.take()
	asked := time.Now()
	found, all, err := r.find(l, partner.Active, slices.Concat(refused, jobs))
	if err != nil {
		var refused *partner.Error
		if errors.As(err, &refused) && refused.ConcernsCustomer() && len(jobs) > 0 {
			l.close(err)
		}
		return r.leaveAll(jobs)
	}
	if err := r.lookFor(ctx, l, refused, found, all, asked); err != nil {
		return err
	}
	var missing []*job
	for _, j := range jobs {
		user, ok := found[strings.ToLower(j.intent.UPN)]
		switch {
		case ok:
			if err := r.identified(ctx, j, user); err != nil {
				return err
			}
		case asked.Sub(j.tried) < lag:
			l.doubts.add(j)
		default:
			missing = append(missing, j)
		}
	}
	return r.missing(l, missing, all.whole(l.before))
}

// lookFor confirms refusals by a listing that began at that time, or corrects them. They
// stay unconfirmed if the listing is not whole, or may lag behind them: the next run looks
// for them again, since to wait here would cost every run that has a refused row. Only
// where that one could tell less (see [run.confirmIn]) the end of this one waits.
func (r *run) lookFor(ctx context.Context, l *lane, refused []*job, found map[string]partner.User, all *census, asked time.Time) error {
	var absent []*job
	var keys []ledger.Key
	lastToTell := !all.whole(nil)
	for _, j := range refused {
		if user, ok := found[strings.ToLower(j.intent.UPN)]; ok {
			if err := r.wasThere(ctx, j, user); err != nil {
				return err
			}
			continue
		}
		late := asked.Sub(j.tried) < refusedLag
		if late && lastToTell && l.settling {
			l.refused.add(j)
			continue
		}
		if absent = append(absent, j); !late || lastToTell {
			keys = append(keys, j.intent.Key)
		}
	}
	if len(absent) == 0 || !all.whole(l.before) {
		return nil
	}
	if err := r.Ledger.Confirm(keys); err != nil {
		return r.broken(err)
	}
	for _, j := range absent {
		_ = r.forgetPassword(j, nil)
	}
	return nil
}

func (r *run) leaveAll(jobs []*job) error {
	for _, j := range jobs {
		if err := r.leave(j); err != nil {
			return err
		}
	}
	return nil
}

// find lists the tenant for the users that have the names of these jobs. The census
// is of all.
func (r *run) find(l *lane, state partner.State, jobs []*job) (map[string]partner.User, *census, error) {
	wanted := map[string]bool{}
	for _, j := range jobs {
		wanted[strings.ToLower(j.intent.UPN)] = true
	}
	found := map[string]partner.User{}
	all, err := r.list(l, state, func(u partner.User) {
		if name := strings.ToLower(u.UserPrincipalName); wanted[name] {
			found[name] = u
		}
	})
	return found, all, err
}

// identified settles a row whose name the tenant has.
func (r *run) identified(ctx context.Context, j *job, u partner.User) error {
	ours, err := r.ours(ctx, j, u)
	if err != nil {
		return r.leave(j)
	}
	if ours {
		if !r.claims.take(u.ID) {
			return r.dispute(j, u)
		}
		j.certain = j.certain && j.doubtful
		r.Log.Info("found after a lost answer", zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.String("user_id", u.ID))
		return r.created(ctx, j, u.ID)
	}
	return r.forgetPassword(j, r.tellOf(r.otherUser(j, u)))
}

// ours reports whether a user who has the name of a row is its own: nobody had the
// name when the tenant was listed before, nor was the user there without one that could
// be read, the user bears the names that we sent, and a request of ours may have made
// it. Where a user too few is a person created twice, in the next run under the next
// number, that is so of any request, also of one that was refused at once: something on
// the way may have sent it twice. Else a name that is taken is ours only if we had asked
// for it before, or if the service says so when it is asked again. Unless the request
// was in doubt the password is then reset, since somebody else may have been quicker. An
// error says that this is not known, since the run or the lane has ended: the next run
// finds out.
func (r *run) ours(ctx context.Context, j *job, u partner.User) (bool, error) {
	before := j.lane.before
	free := j.resumed || before == nil || !before.has(j.intent.UPN) && !before.has(u.ID)
	switch {
	case !free || !sameNames(u, j.intent):
		return false, nil
	case j.doubtful, r.OnExists == NumberExisting, !j.taken(), j.repeated() && tellsNames(u, j.intent):
		return true, nil
	}
	return r.vouched(ctx, j, u)
}

// unvouchedAtMost is how many users of a customer, one after the other, are asked for
// in vain before it is clear that the service does not remember requests, or that
// another run is at work.
const unvouchedAtMost = 20

// vouched reports whether the service answers with a user when the request is sent
// again. A service that remembers MS-RequestIds does so only to whoever made the user,
// and one that does not says that the name is taken, as it is.
func (r *run) vouched(ctx context.Context, j *job, u partner.User) (bool, error) {
	l := j.lane
	if u.ID == "" || l.unvouched >= unvouchedAtMost {
		return false, nil
	}
	l.unvouched++
	var user partner.User
	err := r.call(ctx, l, "create user", func(ctx context.Context) (err error) {
		j.attempts++
		user, err = r.Directory.CreateUser(ctx, l.tenant, partner.Call{RequestID: j.intent.Request, CorrelationID: uuid.New()}, j.newUser())
		return err
	})
	switch {
	case err != nil && isEnd(err):
		return false, err
	case err != nil:
		return false, nil
	case !strings.EqualFold(user.ID, u.ID): // the listed one is gone, or one of the two ids is wrong
		return false, disputed(user)
	}
	l.unvouched = 0
	return true, nil
}

// taken reports whether the last answer may say that the name is somebody else's:
// somebody was quicker, perhaps another run with this input and a ledger of its own,
// whose user and password must be left alone. Any other refusal of a name that turns
// out to be there is no answer to our request.
func (j *job) taken() bool { return j.conflicts() || j.last.Kind == partner.BadInput }

// repeated reports whether the last request was not the first, so that "taken" may
// be said of the user of an earlier one: the 429 or the 401 that came for it need not
// be the service's own word.
func (j *job) repeated() bool { return j.attempts > 1 || j.last.Repeated }

// tellsNames reports whether the service tells all names of a user that an intent has.
func tellsNames(u partner.User, i ledger.Intent) bool {
	return u.DisplayName != "" && (u.FirstName != "" || i.FirstName == "") && (u.LastName != "" || i.LastName == "")
}

// exists is the outcome of a row whose name has a user who is not known to be the
// row's own: the row has failed, if that is so to be taken.
func exists(j *job, id string, failed bool) ledger.Outcome {
	o := j.outcome(ledger.Exists)
	o.UserID, o.Hint = id, existsHint(&j.person)
	if failed {
		o.Status, o.Code, o.Error = ledger.Failed, "exists", existsError
	}
	return o
}

// tellOf records an outcome, and counts it if it is a failure.
func (r *run) tellOf(o ledger.Outcome) error {
	if o.Status == ledger.Failed {
		return r.failed(o)
	}
	return r.record(o)
}

// appearedHint is for a row that was refused, and whose name has a user of its names
// who was not there before. Whether the row's own request made the user, or one of
// somebody else who was quicker, nobody can tell.
const appearedHint = "the user was not there when this run began, and bears the row's names: if nobody else made it meanwhile, the row's own request did, although it was refused, and its password has to be reset in the portal; else there is nothing to do"

// otherUser is the outcome of a row whose name a user has who came during this run,
// and is not known to be the row's.
func (r *run) otherUser(j *job, u partner.User) ledger.Outcome {
	o := exists(j, u.ID, r.OnExists != SkipExisting)
	if o.Status == ledger.Failed {
		o.Error += ", who was not there when this run began"
	}
	switch {
	case sameNames(u, j.intent):
		o.Hint = appearedHint
	case o.Status == ledger.Failed && j.person.UserPrincipalName == "":
		o.Hint = "run again: with --on-exists number the person gets the next free name"
	}
	return o
}

// wasThere corrects what was recorded of a row that the service refused: a user
// has its name. The watcher has counted the row.
func (r *run) wasThere(ctx context.Context, j *job, u partner.User) error {
	ours, err := r.ours(ctx, j, u)
	if err != nil {
		return nil // it stays unconfirmed
	}
	if ours && r.claims.take(u.ID) {
		r.unfail(j)
		j.certain = false
		return r.created(ctx, j, u.ID)
	}
	o := r.otherUser(j, u)
	if o.Status == ledger.Exists {
		r.unfail(j)
	}
	r.Log.Info("refused because it exists", zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.String("user_id", u.ID))
	if err := r.Ledger.Settle(o); err != nil {
		return r.broken(err)
	}
	return r.forgetPassword(j, nil)
}

// unfail takes back that a row was counted as failed.
func (r *run) unfail(j *job) {
	if j.rejected {
		r.failures.Add(-1)
	}
}

// sameNames reports whether a user bears the names and the immutable id of an
// intent, as far as the service tells them.
func sameNames(u partner.User, i ledger.Intent) bool {
	same := func(got, want string) bool {
		return got == "" || strings.EqualFold(strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(want), " "))
	}
	if u.ImmutableID != "" && i.ImmutableID != "" && u.ImmutableID != i.ImmutableID {
		return false
	}
	return same(u.DisplayName, i.DisplayName) && same(u.FirstName, i.FirstName) && same(u.LastName, i.LastName)
}

// missing settles rows whose names the tenant does not list, although the last
// requests for them are long ago. One listing of the deleted users serves all whose
// names the service says to be taken. If the listing is not whole they stay in doubt,
// so that they keep their names.
func (r *run) missing(l *lane, jobs []*job, whole bool) error {
	var deleted map[string]partner.User
	if slices.ContainsFunc(jobs, (*job).conflicts) {
		var err error
		deleted, _, err = r.find(l, partner.Inactive, jobs)
		switch {
		case err == nil:
		case isEnd(err) || !errors.As(err, new(*partner.Error)):
			return r.leaveAll(jobs)
		default: // the service refuses to tell, as it will in the next run
			r.Log.Warn("cannot list the deleted users", zap.String("customer", l.key()), zap.Error(err))
		}
	}
	for _, j := range jobs {
		if err := r.absent(j, deleted, whole); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) conflicts() bool { return j.last.Kind == partner.Conflict }

// absent settles a row whose name the tenant does not list. So a refusal of the customer
// was no answer to our own success: where nobody was served, nobody will be.
func (r *run) absent(j *job, deleted map[string]partner.User, whole bool) error {
	if j.last.ConcernsCustomer() && j.lane.succeeded.Load() == 0 {
		j.lane.close(j.last)
		return nil // it stays in doubt
	}
	o := j.outcome(ledger.Failed)
	refusal(&o, j.last)
	o.Doubt = j.doubtful || !whole
	o.Refused = !transient(j.last.Kind) && !j.last.WantsFreshToken() && !j.conflicts()
	if j.conflicts() {
		if _, ok := deleted[strings.ToLower(j.intent.UPN)]; ok {
			o.Code = "soft_deleted"
			o.Hint = "a user of this name was deleted less than 30 days ago: restore it, or remove it for good, or give the row another userPrincipalName"
		} else if j.doubtful {
			r.Log.Warn("still in doubt", zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.Error(j.last))
			return nil // the service knows the name and does not list it: the next run asks again
		}
	}
	if o.Doubt {
		return r.failed(o)
	}
	return r.forgetPassword(j, r.failed(o))
}
