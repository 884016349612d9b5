package provision

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/wire"
)

// once sends one request as soon as the lane's gate lets it go. The error is of
// the run or the lane, where nothing was sent or everything is refused; else
// there is a [*partner.Error] or nil.
func (r *run) once(ctx context.Context, l *lane, op string, send func(context.Context) error) (*partner.Error, error) {
	pass, err := l.gate.Enter(r.intake)
	if err != nil {
		return nil, r.notEntered(l, err)
	}
	if err := l.closed(); err != nil && (isEnd(err) || !l.settling) { // while this one waited
		pass.Leave(pace.Answer{Failed: true})
		return nil, err
	}
	began := pass.Start // Again moves it
	err, barred := r.send(ctx, pass, send)
	if barred != nil {
		pass.Leave(pace.Answer{Failed: true})
		return nil, r.notEntered(l, barred)
	}
	var refused *partner.Error
	if err != nil && !errors.As(err, &refused) {
		refused = &partner.Error{Op: op, Kind: partner.Lost, Err: err}
	}
	r.heed(l, pass, op, refused)
	if err := r.keepPauseOf(refused); err != nil {
		return nil, r.broken(err)
	}
	if r.refusesAll(refused, began) {
		return nil, r.endRefused(refused)
	}
	return refused, nil
}

// send sends a request that has been let go. Where it takes several exchanges, each of
// the others waits until no pause is on; barred is why one was not let go any more.
func (r *run) send(ctx context.Context, pass *pace.Pass, send func(context.Context) error) (err, barred error) {
	err = send(partner.WithTurn(r.hearing(ctx, pass), func(refused *partner.Error) error {
		r.keepQuiet(refused)
		if err := r.keepPauseOf(refused); err != nil {
			barred = r.broken(err)
		} else {
			barred = pass.Again(r.intake)
		}
		return barred
	}))
	return err, barred
}

// heed tells the pacer, and whoever counts, what became of a request; refused is nil
// where it succeeded.
func (r *run) heed(l *lane, pass *pace.Pass, op string, refused *partner.Error) {
	a := Attempt{Op: op, Customer: l.key(), Latency: time.Since(pass.Start)}
	answer := pace.Answer{}
	if refused != nil {
		a.Kind = refused.Kind
		a.Throttled = refused.Kind == partner.Throttled
		answer = answerOf(refused)
	}
	paced := answer
	paced.Throttled = l.health.note(a.Kind) || answer.Throttled
	r.keepQuiet(refused)
	pass.Leave(paced)
	r.count(a, answer)
}

func answerOf(refused *partner.Error) pace.Answer {
	throttled := refused.Kind == partner.Throttled
	return pace.Answer{Throttled: throttled, RetryAfter: refused.RetryAfter,
		HasRetryAfter: refused.HasRetryAfter, Failed: transient(refused.Kind) && !throttled}
}

// hearing has a refusal hold for everybody whom it concerns, and for the next run, as
// soon as it has said for how long: the rest of the answer may take its time. What a
// sign-in is told concerns the next run alone: this one's token source waits by itself.
// That the ledger is broken is found out by the next who needs it.
func (r *run) hearing(ctx context.Context, pass *pace.Pass) context.Context {
	ctx = wire.WithHearing(ctx, func(wait time.Duration) { _ = r.keepPause(wait) })
	return partner.WithHearing(ctx, func(refused *partner.Error) {
		r.keepQuiet(refused)
		if refused.Kind == partner.Throttled {
			pass.Leave(answerOf(refused))
		}
		_ = r.keepPauseOf(refused)
	})
}

const (
	// longestMemory bounds how long a pause outlives the run that was told to make
	// it: a service that asks for more by mistake is asked again then.
	longestMemory = time.Hour
	// pauseMargin is what a recorded pause is longer: what else was on the wire is
	// refused too, a little later, and need not be recorded as well.
	pauseMargin = time.Second
)

// keepQuiet holds everybody back for as long as an answer asks that does not say that
// somebody was too fast: a 502, say, or a 409. What says so is for the pacer to judge.
func (r *run) keepQuiet(e *partner.Error) {
	if e != nil && e.HasRetryAfter && e.Kind != partner.Throttled {
		r.Pacer.Await(time.Now().Add(e.RetryAfter))
	}
}

func (r *run) keepPauseOf(e *partner.Error) error {
	if e == nil || !e.HasRetryAfter {
		return nil
	}
	return r.keepPause(e.RetryAfter)
}

// keepPause records how long the service wants us to wait, for a run that follows
// this one before that is over.
func (r *run) keepPause(wait time.Duration) error {
	if wait <= 0 || r.Ledger == nil || r.planning {
		return nil
	}
	until := time.Now().Add(min(wait, longestMemory))
	if !until.After(r.Ledger.PausedUntil()) {
		return nil
	}
	return r.Ledger.KeepPause(until.Add(pauseMargin))
}

// keepToPause waits out the pause that an earlier run was told to make, whichever
// customer it was about. One that is too far away was made by a clock that was wrong.
func (r *run) keepToPause() {
	if r.Pacer == nil || r.Ledger == nil {
		return
	}
	if until := r.Ledger.PausedUntil(); time.Until(until) <= longestMemory+pauseMargin {
		r.Pacer.Await(until)
	}
}

// count keeps the numbers of the report, and tells the watcher.
func (r *run) count(a Attempt, answer pace.Answer) {
	r.requests.Add(1)
	if a.Throttled {
		r.throttled.Add(1)
	}
	if answer.Failed {
		r.silentSince.CompareAndSwap(0, time.Now().UnixNano())
		r.silence.Add(1)
	} else {
		r.silence.Store(0)
		r.silentSince.Store(0)
		r.mute.Store(0)
		r.answered.Store(time.Now().UnixNano())
	}
	if r.Watcher != nil {
		r.Watcher.Attempt(a)
	}
}

// notEntered makes an error of the gate one of the run, or of the lane where
// only its customer keeps us waiting.
func (r *run) notEntered(l *lane, err error) error {
	if ended := r.ended(); ended != nil {
		return ended
	}
	unreachable := &UnreachableError{Err: err, For: time.Since(r.began)}
	var stalled *pace.StalledError
	if errors.As(err, &stalled) && stalled.Gate != "" {
		l.close(unreachable)
		return unreachable
	}
	r.end(unreachable)
	return unreachable
}

// transient reports whether the same request may succeed a little later.
func transient(k partner.Kind) bool {
	switch k {
	case partner.Throttled, partner.Unavailable, partner.Lost, partner.NotSent, partner.Garbled:
		return true
	}
	return false
}

// call sends a request that may be repeated without harm until it has a definite
// answer or its attempts run out. The error is of the run or the lane (see [isEnd]),
// else the [*partner.Error] of the last attempt.
func (r *run) call(ctx context.Context, l *lane, op string, send func(context.Context) error) error {
	began := time.Now()
	for failed := 0; ; {
		refused, err := r.once(ctx, l, op, send)
		switch {
		case err != nil:
			return err
		case refused == nil:
			return nil
		case refused.Kind == partner.Throttled:
			continue
		case !transient(refused.Kind) && !refused.WantsFreshToken():
			return refused
		}
		if ended := r.ended(); ended != nil { // that may have cut it off
			return ended
		}
		if failed++; failed >= r.tries() && !r.waitsFor(l, began) {
			if r.unheardSince(began) {
				return r.silent(l, refused, began)
			}
			return refused
		}
		wait := pace.Backoff(failed, jitter(op+l.name, failed))
		r.Log.Info("trying again", zap.String("op", op), zap.String("customer", l.key()), zap.Int("attempt", failed), zap.Duration("wait", wait), zap.Error(refused))
		if err := r.rest(wait); err != nil {
			return err
		}
	}
}

const (
	// unauthorizedAtMost is how many 401s in a row, each with a fresh token and
	// without any other answer between them, end a run. One may be an accident.
	unauthorizedAtMost = 4
	// unauthorizedPause is how long everybody waits after the second of them, and
	// twice that after the third: a gateway that restarts may refuse everybody for
	// a second or two.
	unauthorizedPause = 2 * time.Second
)

// unauthorized counts 401s in a row. Those of requests that were out together
// count once: they had one token.
type unauthorized struct {
	mu    sync.Mutex
	times int
	last  time.Time
}

func (u *unauthorized) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.times = 0
}

// another counts the 401 to a request that was sent at that time, and says how many
// there were; next is false where it counts no more.
func (u *unauthorized) another(sent time.Time) (times int, next bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if next = u.times == 0 || sent.After(u.last); next {
		u.times++
		u.last = time.Now()
	}
	return u.times, next
}

// refusesAll counts 401s, and reports whether no request of any customer can succeed.
func (r *run) refusesAll(e *partner.Error, sent time.Time) bool {
	switch {
	case e == nil || !e.ConcernsRun() && !transient(e.Kind):
		r.unauthorized.forget()
		return false
	case e.WantsFreshToken() && e.Kind != partner.SignIn:
		times, next := r.unauthorized.another(sent)
		if next {
			r.Pacer.Await(time.Now().Add(time.Duration(times-1) * unauthorizedPause))
		}
		return times >= unauthorizedAtMost
	}
	return e.ConcernsRun()
}

// endRefused ends the run because the service refuses it as a whole.
func (r *run) endRefused(e *partner.Error) error {
	err := &RefusedError{Err: e, Hint: e.Advice()}
	r.end(err)
	return r.endedOr(err)
}

// endedOr is why the run ended, which may have happened before err.
func (r *run) endedOr(err error) error {
	if ended := r.ended(); ended != nil {
		return ended
	}
	return err
}
