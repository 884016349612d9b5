package provision

import (
	"context"
	"errors"
	"math/bits"
	"sync"
	"time"

	"muster/pkg/partner"
)

const (
	// silentFrom is how many requests in a row, of all customers, are without an
	// answer before it is asked whether the service is there at all.
	silentFrom = 4
	// outage is how long a service that was there is waited for when it is gone.
	// Longer than a gateway takes to be started anew.
	outage = 2 * time.Minute
	// muteAtMost is how many customers in a row, without an answer to anybody
	// between them, are found not to answer before the run ends.
	muteAtMost = 8
	// ranOutAtMost is how many rows of a customer may run out of attempts, without a
	// success since the first of them was begun, before that is the service's fault
	// and not theirs.
	ranOutAtMost = 20
)

// unheardSince reports whether nobody has had an answer since then.
func (r *run) unheardSince(t time.Time) bool { return r.answered.Load() < t.UnixNano() }

// unheardFor returns for how long nobody has had an answer.
func (r *run) unheardFor() time.Duration {
	last := time.Unix(0, r.answered.Load())
	if last.Before(r.began) {
		last = r.began
	}
	return time.Since(last)
}

// waitsFor reports whether a request without an answer, first sent at that time, is
// tried on although its attempts have run out: nobody has been heard since, and
// before that the customer was, not long ago. So it is the service, and not the
// request.
func (r *run) waitsFor(l *lane, since time.Time) bool {
	return l.before != nil && r.unheardSince(since) && time.Since(time.Unix(0, r.answered.Load())) < outage
}

// gone reports since when nobody has had an answer, if that is longer than an outage
// is waited for. Rows may be let go one by one then, each after a sign-in that fails for
// seconds: to let each of them use up its attempts would take hours.
func (r *run) gone() (since time.Time, gone bool) {
	at := r.silentSince.Load()
	since = time.Unix(0, at)
	return since, at != 0 && r.silence.Load() >= silentFrom && time.Since(since) >= outage
}

// tries is how many attempts a request has that may be repeated without harm. When
// other customers had no answer and nobody has since, one is enough to tell whether
// this one has.
func (r *run) tries() int {
	if r.mute.Load() > 0 {
		return 1
	}
	return r.MaxAttempts
}

// silent closes the lane of a customer about whom the service has not answered
// since then: its rows are left to the next run, those of others go on. When nobody
// is heard any more, the run ends.
func (r *run) silent(l *lane, e *partner.Error, since time.Time) error {
	unheard, tried := r.unheardSince(since), time.Since(since)
	if unheard { // and each customer after the first is tried only once
		tried = r.unheardFor()
	}
	first := l.close(&UnreachableError{Customer: l.key(), Err: e, For: tried})
	if first && unheard && r.mute.Add(1) >= muteAtMost {
		r.end(&UnreachableError{Err: e, For: tried})
	}
	if ended := r.ended(); ended != nil {
		return ended
	}
	return l.closed()
}

// ask is [run.call] for what a lane cannot do without: where the service does not
// answer it, the lane is closed.
func (r *run) ask(l *lane, op string, send func(context.Context) error) error {
	began := time.Now()
	err := r.call(r.intake, l, op, send)
	var e *partner.Error
	if err != nil && !isEnd(err) && errors.As(err, &e) && (transient(e.Kind) || e.WantsFreshToken()) {
		return r.silent(l, e, began)
	}
	return err
}

// awaitAnswers waits while nobody has answers: what is sent then only adds to the
// people in doubt, and uses up their attempts. One row at a time asks whether the
// service is there, by a request that changes nothing. The error is of the run or
// the lane.
func (r *run) awaitAnswers(l *lane) error {
	for r.silence.Load() >= silentFrom {
		if r.scouting.CompareAndSwap(false, true) {
			err := r.ask(l, "list users", func(ctx context.Context) error {
				_, _, err := r.Directory.Users(ctx, l.tenant, partner.Active, partner.Page{})
				return err
			})
			r.scouting.Store(false)
			return err
		}
		if err := r.rest(time.Second); err != nil {
			return err
		}
		if err := l.closed(); err != nil {
			return err
		}
	}
	return nil
}

// ranOut counts a row whose attempts ran out while nobody was created, and reports
// whether it is one too many, which closes the lane. Those of an earlier run may be
// the few that the service can never answer: they must not keep new ones from being
// sent.
func (r *run) ranOut(j *job, e *partner.Error) bool {
	l := j.lane
	if j.resumed || l.succeeded.Load() >= j.began.UnixNano() || l.ranOut.Add(1) < ranOutAtMost {
		return false
	}
	l.close(&UnreachableError{Customer: l.key(), Err: e, For: time.Since(j.began)})
	return true
}

// health is how the last requests of a lane went.
type health struct {
	mu     sync.Mutex
	failed uint32    // the last 32 answers: 1 for an error of the service; the newest is the lowest
	good   time.Time // when there last was another one
}

const (
	overloaded = 12              // of the last 32 answers: so many failures are no accident
	goodLately = 5 * time.Second // without a success for longer, the service is not overloaded but gone
)

// note takes an answer into account, and reports whether it looks like one of a
// service that is asked too much and does not say so: many fail, and others succeed.
// Answers that got lost or garbled on the way say nothing of that.
func (h *health) note(k partner.Kind) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case k != partner.Unavailable && k != partner.Throttled && transient(k):
		return false
	case k != partner.Unavailable:
		h.failed <<= 1
		h.good = time.Now()
		return false
	}
	h.failed <<= 1
	h.failed |= 1
	return bits.OnesCount32(h.failed) >= overloaded && time.Since(h.good) < goodLately
}
