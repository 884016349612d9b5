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
	staged = 8
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
	err := r.safely(func() error { return r.feed(ctx, l, want, crew) })
	err = errors.Join(crew.wait(), err)
	if err != nil {
		return err
	}
	return r.settle(ctx, l)
}

// feed begins every row of a lane that has the fate, until the run or the lane
// ends. It begins as many at once as there are places for on the stage.
func (r *run) feed(ctx context.Context, l *lane, want fate, crew *crew) error {
	full := benchSize
	last, places := 0, 0
	var batch []*job
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
		if places == 0 {
			if err := r.launch(ctx, l, batch, crew); err != nil {
				return err
			}
			batch = batch[:0]
			if places = r.stage.enter(r.intake, l); places == 0 {
				return nil
			}
		}
		places--
		batch = append(batch, &job{row: row.N, mark: *m, lane: l, person: row.Person.Clone(), intent: ledger.Intent{Key: r.keyIn(l, identity, m)}, staged: true})
	}
	r.stage.leave(l, places)
	if err := r.launch(ctx, l, batch, crew); err != nil {
		return err
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

// launch finds out what there is to do for each row of a batch and has the crew do
// it, once the intents and the passwords of those that are to be sent are durable.
func (r *run) launch(ctx context.Context, l *lane, batch []*job, crew *crew) error {
	var sending []*job
	for _, j := range batch {
		if err := r.begin(j); err != nil {
			return err
		}
		switch {
		case j.mark.fate == toSend && l.before.has(j.intent.UPN):
			r.assign(crew, j, func() error { return r.taken(j) })
		case j.mark.fate == resume && r.Ledger.Status(j.intent.Key) == ledger.Created:
			r.unstage(j)
			r.assign(crew, j, func() error { return r.replacePassword(ctx, j) })
		default:
			sending = append(sending, j)
		}
	}
	if len(sending) == 0 {
		return nil
	}
	if r.awaitAnswers(l) != nil || l.closed() != nil {
		r.stage.leave(l, len(sending)) // or feed would wait for these places, and for ever
		return nil
	}
	if err := r.prepare(sending); err != nil {
		return err
	}
	for _, j := range sending {
		r.assign(crew, j, func() error { return r.create(ctx, j) })
	}
	return nil
}

// assign has the crew do what there is to do for a row.
func (r *run) assign(crew *crew, j *job, task func() error) {
	crew.do(func() error {
		defer r.unstage(j)
		return r.safely(task)
	})
}

// unstage gives back the place of a job on the stage, if it has one.
func (r *run) unstage(j *job) {
	if j.staged {
		j.staged = false
		r.stage.leave(j.lane, 1)
	}
}

// taken records that the tenant had the name before anything was sent.
func (r *run) taken(j *job) error {
	return r.tellOf(exists(j, j.lane.before.id(j.intent.UPN), r.OnExists == FailExisting))
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

// unansweredHint is for a row whose attempts ran out. There is nothing to mend in it:
// a later run tries failed rows again, also from the rejects.
const unansweredHint = "leave the row as it is, and run the same command again when the service is well: it finds out what became of the row, and tries it anew"

// refusal fills in what the service said.
func refusal(o *ledger.Outcome, e *partner.Error) {
	o.Code, o.Error, o.Hint = codeOf(e), e.Error(), e.Advice()
	switch e.Kind {
	case partner.Throttled, partner.Unavailable, partner.Lost:
		o.Hint = unansweredHint
	}
	o.Correlation = e.CorrelationID
}
