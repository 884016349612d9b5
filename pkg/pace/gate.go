package pace

import (
	"context"
	"sync"
	"time"
)

// MaxRetryAfter is the longest wait that is sat out. A service that asks for
// more stalls the scope: see [StalledError].
const MaxRetryAfter = 15 * time.Minute

// Pacer is the gate of a run. Make one with [New]; it is safe for concurrent
// use and needs no closing.
type Pacer struct {
	mu     sync.Mutex
	limits Limits
}

// New returns a pacer that has seen nothing yet.
func New(l Limits) *Pacer { return &Pacer{limits: l} }

// Gate opens the gate of one customer. start is the rate that an earlier run
// found for it, 0 if unknown. The same name always gives the same gate.
func (p *Pacer) Gate(name string, start float64) *Gate { return &Gate{p: p, name: name} }

// Gate paces the attempts of one customer.
type Gate struct {
	p    *Pacer
	name string
}

// Close says that nothing more will enter, so that the other customers need
// keep no room for this one.
func (g *Gate) Close() {}

// Enter waits until an attempt may start: until no pause is on, the pace of the
// customer and of the run allow it, and a place in flight is free. First come,
// first served. The error is that of ctx, or a [*StalledError].
func (g *Gate) Enter(ctx context.Context) (*Pass, error) {
	return &Pass{gate: g, Start: time.Now()}, ctx.Err()
}

// Pass is the permission for one attempt.
type Pass struct {
	// Start is when the attempt was let go.
	Start time.Time
	gate  *Gate
}

// Leave ends the attempt and says what became of it. It must be called exactly
// once; further calls do nothing.
func (p *Pass) Leave(a Answer) {}

// Snapshot returns the state of this customer's gate.
func (g *Gate) Snapshot() Snapshot { return Snapshot{Name: g.name} }

// Snapshot returns the state of the whole run.
func (p *Pacer) Snapshot() Snapshot { return Snapshot{} }

// Gates returns the state of every gate, in the order in which they were opened.
func (p *Pacer) Gates() []Snapshot { return nil }

// Backoff is the wait before trying again an attempt that failed without being
// throttled. attempt counts from 1; the wait doubles from 1 s to at most 30 s,
// and a random half of it is taken off so that many do not return together.
// rnd yields numbers in [0,1), as [math/rand/v2.Float64] does.
func Backoff(attempt int, rnd func() float64) time.Duration {
	wait := min(time.Second<<min(max(attempt-1, 0), 5), 30*time.Second)
	return wait/2 + time.Duration(rnd()*float64(wait/2))
}
