package provision

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"muster/pkg/pace"
	"muster/pkg/partner"
)

// once sends one request as soon as the gate lets it go. The error is of the run
// where nothing was sent, else a [*partner.Error] or nil.
func (r *run) once(ctx context.Context, gate *pace.Gate, op, customer string, send func(context.Context) error) (*partner.Error, error) {
	pass, err := gate.Enter(r.intake)
	if err != nil {
		return nil, r.notEntered(err)
	}
	err = send(ctx)
	took := time.Since(pass.Start)
	var refused *partner.Error
	if err != nil && !errors.As(err, &refused) {
		refused = &partner.Error{Op: op, Kind: partner.Lost, Err: err}
	}
	a := Attempt{Op: op, Customer: customer, Latency: took}
	answer := pace.Answer{}
	if refused != nil {
		a.Kind = refused.Kind
		a.Throttled = refused.Kind == partner.Throttled
		answer = pace.Answer{Throttled: a.Throttled, RetryAfter: refused.RetryAfter,
			HasRetryAfter: refused.HasRetryAfter, Failed: transient(refused.Kind) && !a.Throttled}
	}
	pass.Leave(answer)
	r.requests.Add(1)
	if a.Throttled {
		r.throttled.Add(1)
	}
	if !answer.Failed {
		r.answered.Store(time.Now().UnixNano())
	}
	if r.Watcher != nil {
		r.Watcher.Attempt(a)
	}
	return refused, nil
}

// notEntered makes an error of the gate one of the run.
func (r *run) notEntered(err error) error {
	if ended := r.ended(); ended != nil {
		return ended
	}
	stalled := &UnreachableError{Err: err, For: time.Since(r.began)}
	r.end(stalled)
	return stalled
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
// answer. The error is of the run (a [*RefusedError], an [*UnreachableError], or
// why it has ended), else the [*partner.Error] of the answer.
func (r *run) call(ctx context.Context, gate *pace.Gate, op, customer string, send func(context.Context) error) error {
	began := time.Now()
	for failed := 0; ; {
		refused, err := r.once(ctx, gate, op, customer, send)
		switch {
		case err != nil:
			return err
		case r.refused(refused):
			return r.refuse(refused)
		case refused == nil:
			return nil
		case refused.Kind == partner.Throttled:
			continue
		case !transient(refused.Kind) && !refused.WantsFreshToken():
			return refused
		}
		if failed++; failed >= r.MaxAttempts {
			return r.unreachable(refused, began)
		}
		wait := pace.Backoff(failed, jitter)
		r.Log.Info("trying again", zap.String("op", op), zap.String("customer", customer), zap.Int("attempt", failed), zap.Duration("wait", wait), zap.Error(refused))
		if err := r.rest(wait); err != nil {
			return err
		}
	}
}

// unauthorizedAtMost is how many 401s in a row, each with a fresh token and
// without any other answer between them, end a run. One may be an accident.
const unauthorizedAtMost = 4

// refused counts 401s, and reports whether no request of any customer can succeed.
func (r *run) refused(e *partner.Error) bool {
	switch {
	case e == nil || !e.ConcernsRun() && !transient(e.Kind):
		r.unauthorized.Store(0)
		return false
	case e.WantsFreshToken():
		return r.unauthorized.Add(1) >= unauthorizedAtMost
	}
	return e.ConcernsRun()
}

// refuse ends the run because the service refuses it as a whole.
func (r *run) refuse(e *partner.Error) error {
	err := &RefusedError{Err: e, Hint: e.Advice()}
	r.end(err)
	return r.endedOr(err)
}

// unreachable ends the run because the service gives no answers.
func (r *run) unreachable(e *partner.Error, since time.Time) error {
	err := &UnreachableError{Err: e, For: time.Since(since)}
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
