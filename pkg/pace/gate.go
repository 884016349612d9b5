package pace

import (
	"context"
	"slices"
	"time"
)

// Gate paces the attempts of one customer.
type Gate struct {
	p     *Pacer
	scope *scope
	open  bool
	queue []*waiter

	different bool // its limit is not that of its peers
}

type waiter struct {
	done chan struct{} // closed when one of the others is set
	pass *Pass
	err  error
}

// Close says that nothing more will enter, so that the other customers need
// keep no room for this one.
func (g *Gate) Close() {
	g.p.mu.Lock()
	defer g.p.mu.Unlock()
	g.open = false
}

// Enter waits until an attempt may start: until no pause is on, the pace of the
// customer and of the run allow it, and a place in flight is free. First come,
// first served. The error is that of ctx, or a [*StalledError].
func (g *Gate) Enter(ctx context.Context) (*Pass, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, w := g.p, &waiter{done: make(chan struct{})}
	p.mu.Lock()
	g.queue = append(g.queue, w)
	p.dispatch()
	p.mu.Unlock()
	select {
	case <-w.done:
		return w.pass, w.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(g.queue, w); i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
		return nil, ctx.Err()
	}
	return w.pass, w.err // let in at the same moment
}

// fail turns away everybody who waits.
func (g *Gate) fail(err error) {
	for _, w := range g.queue {
		w.err = err
		close(w.done)
	}
	g.queue = nil
}

// Snapshot returns the state of this customer's gate.
func (g *Gate) Snapshot() Snapshot {
	g.p.mu.Lock()
	defer g.p.mu.Unlock()
	s := g.scope.snapshot()
	s.Waiting = len(g.queue)
	return s
}

// Pass is the permission for one attempt.
type Pass struct {
	// Start is when the attempt was let go.
	Start time.Time
	gate  *Gate
	left  bool
}

// Again is for an attempt that has been held up since it was let go, or is to be made
// once more, as with a fresh token: it waits until no pause is on and the ceiling of the
// run allows one more. The errors are those of [Gate.Enter]; the attempt then has still
// to [Pass.Leave].
func (pass *Pass) Again(ctx context.Context) error {
	for {
		until, err := pass.pause()
		if err != nil {
			return err
		}
		booked := until.IsZero()
		if booked {
			until = pass.book()
		}
		if err := pass.wait(ctx, until); err != nil {
			return err
		}
		if booked {
			if until, err = pass.pause(); err != nil || until.IsZero() {
				return err
			}
		}
	}
}

// wait waits until a time, and makes it the start of the attempt if that is to come.
func (pass *Pass) wait(ctx context.Context, until time.Time) error {
	wait := time.Until(until)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		pass.Start = time.Now()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// book takes the next place below the ceiling, and returns when it comes. Who books does
// not queue behind those who wait to enter: a token may last for seconds only.
func (pass *Pass) book() time.Time {
	p, now := pass.gate.p, time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	at := later(now, p.ceiling.ready(now))
	p.ceiling.admit(at)
	return at
}

// pause returns the end of the pause that is on, zero if none is.
func (pass *Pass) pause() (until time.Time, err error) {
	p, now := pass.gate.p, time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range []*scope{pass.gate.scope, p.run} {
		if !s.pausing(now) {
			continue
		}
		if s.stalled != nil {
			return until, s.stalled
		}
		until = later(until, s.until)
	}
	return until, nil
}

// Leave ends the attempt and says what became of it. It must be called exactly
// once; further calls do nothing.
func (pass *Pass) Leave(a Answer) {
	g := pass.gate
	p := g.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if pass.left {
		return
	}
	pass.left = true
	now := time.Now()
	p.run.inFlight--
	g.scope.inFlight--
	switch {
	case a.Throttled:
		p.refused(g, pass.Start, now, a)
	case !a.Failed:
		p.run.accept(pass.Start, now)
		g.scope.accept(pass.Start, now)
		p.consider(g, pass.Start, now, false)
	}
	p.dispatch()
}
