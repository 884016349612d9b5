package provision

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
)

const (
	// lanesAtOnce is how many customers are served side by side: each reads the
	// input for itself.
	lanesAtOnce = 16
	// inHand is, in multiples of InFlight, how many rows of a lane may be begun
	// and not ended. Most of them wait to be tried again, which must not keep
	// others from being sent.
	inHand = 64
	// staged is, in multiples of InFlight, how many rows of a run may have a
	// durable intent and no answer. More than InFlight, so that the next intents
	// are synced in large groups while requests are out; not many more, because a
	// crash leaves them in doubt, and a service that dies is asked for each of them.
	staged = 4
	// benchSize is how many rows of a lane may wait for the listing that settles
	// them; when there are more, it is made early.
	benchSize = 2000
)

// serveAll sends what the survey found to be sent, each customer in its lane.
func (r *run) serveAll(ctx context.Context) error {
	resumed := make([]bool, len(r.lanes.ordered))
	busy := make([]bool, len(r.lanes.ordered))
	for m := range r.marks.all() {
		resumed[m.lane] = resumed[m.lane] || m.fate == resume
		busy[m.lane] = busy[m.lane] || m.fate == resume || m.fate == toSend
	}
	var group errgroup.Group
	group.SetLimit(lanesAtOnce)
	for i, l := range r.lanes.ordered {
		if !busy[i] {
			if l.gate != nil {
				l.gate.Close()
			}
			continue
		}
		group.Go(func() error { return r.safely(func() error { return r.serve(ctx, l, resumed[i]) }) })
	}
	return group.Wait()
}

// serve sends one customer's people. Those in doubt come first, since their names
// are not certain to be theirs until it is settled.
func (r *run) serve(ctx context.Context, l *lane, resumed bool) error {
	defer l.gate.Close()
	r.stage.open(l)
	defer r.stage.close(l)
	r.observe(l)
	if resumed {
		if err := r.pass(ctx, l, resume); err != nil {
			return err
		}
	}
	return r.pass(ctx, l, toSend)
}

// pass sends those of a lane's people who have one fate, and settles what is then
// in doubt.
func (r *run) pass(ctx context.Context, l *lane, want fate) error {
	crew := newCrew(inHand * r.InFlight)
	err := r.feed(ctx, l, want, crew)
	err = errors.Join(crew.wait(), err)
	if err != nil {
		return err
	}
	return r.settle(ctx, l)
}

// feed begins every row of a lane that has the fate, until the run or the lane
// ends. It takes the place on the stage for each, so that no goroutine is kept for
// a row that has to wait for one.
func (r *run) feed(ctx context.Context, l *lane, want fate, crew *crew) error {
	full := benchSize
	last := 0
	for row, err := range r.Input.Rows() {
		if err != nil {
			return err
		}
		if r.ended() != nil || l.closed() != nil {
			return nil
		}
		last = row.N
		identity := row.Person.Identity()
		m, err := r.markOf(row.N, r.hash(r.laneKey(row.N), identity))
		if err != nil {
			return err
		}
		if m.lane != l.index || m.fate != want {
			continue
		}
		if l.doubts.len() >= full || l.refused.len() >= benchSize {
			if err := r.settleOnce(ctx, l); err != nil {
				return err
			}
			full = l.doubts.len() + benchSize
		}
		if !r.stage.enter(r.intake, l) { // not too many intents ahead of their requests
			return nil
		}
		j := &job{row: row.N, lane: l, person: row.Person.Clone(), intent: ledger.Intent{Key: r.keyIn(l, identity, m)}, staged: true}
		crew.do(func() error { return r.safely(func() error { return r.person(ctx, j, m) }) })
	}
	return r.whole(last)
}

// laneKey is the customer's part of the key of a surveyed row.
func (r *run) laneKey(row int) string {
	if row > r.marks.len {
		return ""
	}
	return r.lanes.ordered[r.marks.at(row).lane].key()
}

// person sees to one row: it finds out what there is to do and does it.
func (r *run) person(ctx context.Context, j *job, m *mark) error {
	defer r.unstage(j)
	if err := r.begin(j, m); err != nil {
		return err
	}
	if m.fate == toSend && j.lane.before != nil && j.lane.before.has(j.intent.UPN) {
		return r.taken(j)
	}
	if m.fate == resume && r.Ledger.Status(j.intent.Key) == ledger.Created {
		r.unstage(j)
		return r.replacePassword(ctx, j)
	}
	if r.awaitAnswers(j.lane) != nil || j.lane.closed() != nil { // the run or the lane has ended
		return nil
	}
	if err := r.prepare(j); err != nil {
		return err
	}
	return r.create(ctx, j)
}

// unstage gives back the place of a job on the stage, if it has one.
func (r *run) unstage(j *job) {
	if j.staged {
		j.staged = false
		r.stage.leave(j.lane)
	}
}

// taken records that the tenant had the name before anything was sent.
func (r *run) taken(j *job) error {
	o := j.outcome(ledger.Exists)
	o.UserID = j.lane.before.id(j.intent.UPN)
	o.Hint = existsHint(&j.person)
	if r.OnExists == FailExisting {
		o.Status, o.Code, o.Error = ledger.Failed, "exists", existsError
		return r.failed(o)
	}
	return r.record(o)
}

// record makes an outcome durable and tells the watcher.
func (r *run) record(o ledger.Outcome) error {
	if err := r.Ledger.Settle(o); err != nil {
		return r.broken(err)
	}
	if r.Watcher != nil {
		r.Watcher.Settled(o.Tenant, results.Status(o.Status))
	}
	return nil
}

// broken ends the run because its own records cannot be written.
func (r *run) broken(err error) error {
	r.faulty.Lock()
	defer r.faulty.Unlock()
	if r.fault == nil {
		r.fault = err
	}
	r.end(err)
	return err
}

// failed records a row that failed, and ends the run when there were too many.
func (r *run) failed(o ledger.Outcome) error {
	if err := r.record(o); err != nil {
		return err
	}
	if n := r.failures.Add(1); r.MaxFailures > 0 && n >= int64(r.MaxFailures) {
		r.end(ErrGaveUp)
	}
	return nil
}

// refusal fills in what the service said.
func refusal(o *ledger.Outcome, e *partner.Error) {
	o.Code, o.Error, o.Hint = codeOf(e), e.Error(), e.Advice()
	o.Correlation = e.CorrelationID
}
