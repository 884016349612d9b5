package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"go.uber.org/zap"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/roster"
)

// checkpointEvery is how often the encrypted credentials file is written during
// a run. A crash costs a new password for each user created since.
const checkpointEvery = 15 * time.Second

// Validate reads, checks and names everybody, asks nobody but the ledger, if there
// is one, and hands the results to write, which must range over all of them, once:
// they may be made meanwhile. An error without a report means that the input is bad
// or, as an [*InputError], that a setting is missing; else it is what write returned.
func Validate(ctx context.Context, b Batch, write func(iter.Seq2[results.Row, error]) error) (*Report, error) {
	b.Directory, b.Pacer = nil, nil
	r, over := newRun(ctx, b)
	defer over()
	r.planning = true
	if r.later {
		for _, err := range r.meet(ctx) {
			if err != nil {
				return nil, err
			}
		}
	}
	if err := write(r.rowsAtOnce(ctx)); err != nil {
		return nil, cmp.Or(r.unread, err)
	}
	r.surveyed()
	return r.finish(), r.strict()
}

// Plan does what [Validate] does and compares the names with the tenants, so that
// it shows what [Apply] would do. It also reads the customers in full, for [Lane].
func Plan(ctx context.Context, b Batch) (*Report, error) {
	r, over := newRun(ctx, b)
	defer over()
	r.planning = true
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	if err := r.strict(); err != nil {
		return r.finish(), err
	}
	r.surveyed()
	err := r.verdict(r.compare())
	r.readInFull()
	return r.finish(), err
}

// Apply creates who is missing and records what became of everybody. Where the
// error is one of the run's ends (see [ErrStopped]) the report is good, and its
// rows tell the truth; so they do where the error is nil, whatever became of
// single rows. Every other error comes with a report only if the rows can be
// told: the report is nil where nothing was surveyed.
//
// A fault of the machine outweighs an end of the run: whoever is told of a stop
// would not look for a full disk.
func Apply(ctx context.Context, b Batch) (*Report, error) {
	r, over := newRun(ctx, b)
	defer over()
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	if err := r.strict(); err != nil {
		return r.finish(), err
	}
	r.surveyed()
	if r.ended() != nil {
		return r.finish(), r.verdict(nil)
	}
	if err := r.openCredentials(); err != nil {
		return nil, errors.Join(err, r.closeCredentials())
	}
	if err := r.Ledger.Begin(r.described("apply")); err != nil {
		return nil, errors.Join(err, r.closeCredentials())
	}
	err := r.withCheckpoints(func() error { return r.serveAll(r.landing) })
	err = errors.Join(err, r.closeCredentials(), r.keepRates())
	return r.finish(), r.verdict(err)
}

// surveyed tells the watcher how much there is to do.
func (r *run) surveyed() {
	if r.Watcher == nil {
		return
	}
	n := 0
	for m := range r.marks.all() {
		if m.fate == toSend || m.fate == resume {
			n++
		}
	}
	r.Watcher.Survey(r.marks.len, n)
}

func (r *run) described(command string) ledger.Run {
	return ledger.Run{ID: r.RunID, Program: r.Program, Service: r.Service, Command: command, Input: r.Source, At: time.Now()}
}

// withCheckpoints does the work and meanwhile writes the encrypted credentials
// file now and then.
func (r *run) withCheckpoints(work func() error) error {
	if !r.holds() {
		return work()
	}
	done, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(failed)
		tick := time.NewTicker(checkpointEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if err := r.checkpoint(); err != nil {
					failed <- r.broken(err)
					return
				}
			}
		}
	}()
	err := work()
	close(done)
	return errors.Join(err, <-failed)
}

// keepRates records the rates that the pacer found, for the next run to start at.
func (r *run) keepRates() error {
	for _, l := range r.lanes.ordered {
		if l.gate == nil || l.same != nil {
			continue
		}
		if s := l.gate.Snapshot(); s.Found > 0 && s.Requests > 0 {
			if err := r.Ledger.KeepRate(l.name, s.Found); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare finds out which names the tenants have already.
func (r *run) compare() error {
	wanted := make([]bool, len(r.lanes.ordered))
	for m := range r.marks.all() {
		wanted[m.lane] = wanted[m.lane] || m.fate == toSend
	}
	deleted := map[*lane]*census{}
	for i, l := range r.lanes.ordered {
		if !wanted[i] {
			continue
		}
		r.observe(l)
		if l.closed() != nil {
			continue
		}
		c, err := r.list(l, partner.Inactive, nil)
		if err != nil { // it is only for warnings
			r.Log.Warn("cannot list the deleted users", zap.String("customer", l.key()), zap.Error(err))
			continue
		}
		deleted[l] = c
	}
	for row, err := range r.Input.Rows() {
		if err != nil {
			return err
		}
		if err := r.compareRow(row, deleted); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) compareRow(row roster.Row, deleted map[*lane]*census) error {
	m, err := r.markOf(row.N, r.hash(r.laneKey(row.N), row.Person.Identity()))
	if err != nil || m.fate != toSend {
		return err
	}
	l := r.lanes.ordered[m.lane]
	name, err := r.nameOf(&judged{source: &row, lane: l}, m.number)
	if err != nil || l.before == nil {
		return err
	}
	if l.before.has(name) {
		m.fate = existing
		return nil
	}
	if gone := deleted[l]; gone != nil && gone.has(name) {
		r.warn(&judged{source: &row, warnings: []roster.Problem{{Code: "soft_deleted", Value: name,
			Message: fmt.Sprintf("a user %s was deleted less than 30 days ago; creating a new one makes it impossible to restore the old one under its name", strings.ToLower(name)),
			Hint:    "restore that user in the portal if it is the same person"}}})
	}
	return nil
}
