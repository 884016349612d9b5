package pace

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Pacer is the gate of a run. Make one with [New]; it is safe for concurrent
// use and needs no closing.
//
// A refusal stops the whole run until it is clear whom it is meant for: if the
// requests of other customers that were on the wire with the refused one are
// refused too, all share one limit, and the run as a whole is paced; if only its
// own are, each customer has its own limit, and the others go on. Then one customer at a
// time finds out what the limit is like, and the others keep within it.
type Pacer struct {
	mu      sync.Mutex
	limits  Limits
	epoch   time.Time
	run     *scope
	gates   []*Gate
	turn    int // the gate to be asked first
	ceiling ceiling
	blame   blame
	peers   peers
	jitter  *rand.Rand
	timer   *time.Timer
}

// New returns a pacer that has seen nothing yet.
func New(l Limits) *Pacer {
	l.InFlight = max(l.InFlight, 1)
	p := &Pacer{limits: l, epoch: time.Now(), ceiling: newCeiling(l.Rate), jitter: rand.New(rand.NewPCG(l.Seed, 0))}
	p.run = newScope("", p.epoch, 0, p.jitter)
	p.run.ceiling = l.Rate
	return p
}

// Gate opens the gate of one customer. start is the rate that an earlier run
// found for it, 0 if unknown. The same name always gives the same gate.
func (p *Pacer) Gate(name string, start float64) *Gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.gates {
		if g.scope.name == name {
			g.open = true
			return g
		}
	}
	g := &Gate{p: p, open: true, scope: newScope(name, p.epoch, start, p.jitter)}
	p.gates = append(p.gates, g)
	if l := &p.run.learner; l.mode == starting && l.target == 0 {
		l.speed += start * 1.1
	}
	return g
}

// Await keeps everything back until a time, as if the service had told the whole run
// to wait: one that it named to an earlier run, say, or that gives a mishap which
// concerns everybody time to pass. It teaches nothing about the quota, and makes a
// pause that is on longer, never shorter. A time that has passed changes nothing; one
// further away than [MaxRetryAfter] stalls the run.
func (p *Pacer) Await(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); until.After(now) {
		p.run.prolong(now, until)
		p.run.stall(now, until.Sub(now))
	}
}

// refused stops whom a refusal is meant for: everybody, unless it is so clear that
// this customer has a limit of its own that the others may be trusted to go on.
func (p *Pacer) refused(g *Gate, start, now time.Time, a Answer) {
	p.run.refused++
	g.scope.refused++
	if b := &p.blame; len(p.gates) > 1 && (b.first == nil || start.After(b.to)) {
		b.open(group{
			first: g, from: start, to: now, wire: p.run.inFlight,
			dear: g.scope.wait(now, a).Seconds() > dearPause,
			even: p.peers.limited > 0 || p.peers.scout == nil,
		})
	} else {
		p.consider(g, start, now, true)
	}
	if p.blame.verdict == shared {
		p.run.learner.refuse(p.run.clock(start))
	} else {
		p.peers.found(g, now, g.scope.wait(now, a))
		g.scope.learner.refuse(g.scope.clock(start))
	}
	g.scope.pause(start, now, a)
	if p.blame.verdict == separate && p.blame.trust > 0 {
		return
	}
	if p.blame.verdict != shared && len(p.gates) > 1 {
		a.RetryAfter = min(a.RetryAfter, MaxRetryAfter) // beyond that this customer is stalled; the others need not be
	}
	p.run.pause(start, now, a)
}

// consider weighs an answer as evidence. When it becomes clear what is limited,
// what was learned about the other kind of scope is void; when it no longer is,
// everybody waits.
func (p *Pacer) consider(g *Gate, start, now time.Time, refused bool) {
	before, trust := p.blame.verdict, p.blame.trust
	p.blame.note(g, start, now, refused, p.run.learner.lag())
	if p.blame.trust > trust {
		p.run.lift(now)
	}
	if p.blame.verdict == before {
		return
	}
	speed := p.run.learner.speed
	p.peers.off = p.blame.verdict == shared
	switch p.blame.verdict {
	case separate:
		p.run.learner.forget(speed)
	case shared:
		for _, other := range p.gates {
			other.scope.learner.forget(speed)
		}
		p.obey(now)
		p.run.learner.refuse(p.run.clock(p.blame.from))
	case unclear:
		p.obey(now)
	}
}

// obey has everybody wait for as long as any customer has to.
func (p *Pacer) obey(now time.Time) {
	for _, g := range p.gates {
		if g.scope.pausing(now) {
			p.run.prolong(now, g.scope.until)
		}
	}
}

// lend counts an attempt that a customer makes inside the wait of another. When no more
// is lent, everybody waits.
func (p *Pacer) lend(g *Gate, now time.Time) {
	if p.blame.verdict != separate || p.blame.trust == 0 {
		return
	}
	if !slices.ContainsFunc(p.gates, func(other *Gate) bool { return other != g && other.scope.pausing(now) }) {
		return
	}
	if p.blame.trust--; p.blame.trust == 0 {
		p.obey(now)
	}
}

// dispatch lets in whoever may start now, and sets the timer for the next.
func (p *Pacer) dispatch() {
	now := time.Now()
	for _, g := range p.gates {
		if err := p.stalled(g, now); err != nil {
			g.fail(err)
		}
	}
	for {
		g, wake := p.pick(now)
		if g == nil {
			p.sleep(now, wake)
			return
		}
		w := g.queue[0]
		g.queue = g.queue[1:]
		p.lend(g, now)
		p.ceiling.admit(now)
		p.run.admit(now)
		g.scope.admit(now)
		w.pass = &Pass{Start: now, gate: g}
		close(w.done)
	}
}

func (p *Pacer) stalled(g *Gate, now time.Time) error {
	if len(g.queue) == 0 {
		return nil
	}
	for _, s := range []*scope{g.scope, p.run} {
		if s.stalled != nil && now.Before(s.until) {
			return s.stalled
		}
	}
	return nil
}

// share returns how many places in flight one customer may take: an equal part,
// and never all while another gate is open. So a customer that does not answer
// cannot keep the others waiting.
func (p *Pacer) share(now time.Time) int {
	active, open := 0, 0
	for _, g := range p.gates {
		if g.open {
			open++
		}
		if g.scope.inFlight > 0 || len(g.queue) > 0 && !g.scope.pausing(now) {
			active++
		}
	}
	n := p.limits.InFlight
	share := (n + max(active, 1) - 1) / max(active, 1)
	if open > 1 {
		share = min(share, n-n/4)
	}
	return share
}

// pick returns the gate whose first waiter may start now, each in its turn; if
// there is none, the time at which to look again.
func (p *Pacer) pick(now time.Time) (pick *Gate, wake time.Time) {
	common, ok := p.run.ready(now)
	if !ok || p.run.inFlight >= p.limits.InFlight {
		return nil, wake
	}
	paced := common.After(now)
	common = later(common, p.ceiling.ready(now))
	share := p.share(now)
	p.peers.look(p.gates, now)
	turn := p.turn
	for i := range p.gates {
		k := (turn + i) % len(p.gates)
		g := p.gates[k]
		at, ok := p.ready(g, share, now)
		if !ok {
			continue
		}
		if paced {
			p.run.learner.held = p.run.clock(now)
		}
		switch at = later(at, common); {
		case at.After(now):
			if wake.IsZero() || at.Before(wake) {
				wake = at
			}
		case !p.peers.yields(g):
			p.turn = k + 1
			return g, at
		case pick == nil:
			pick, p.turn = g, k+1
		}
	}
	return pick, wake
}

// ready returns when a customer's first waiter may start as far as the customer
// goes; never, if it has none or only an answer can help.
func (p *Pacer) ready(g *Gate, share int, now time.Time) (at time.Time, ok bool) {
	if g == p.peers.scout {
		share = max(share, p.limits.InFlight/4)
	}
	if len(g.queue) == 0 || g.scope.inFlight >= share {
		return at, false
	}
	g.scope.hint = p.peers.limit(g, now)
	at, ok = g.scope.ready(now)
	if at.After(now) {
		g.scope.learner.held = g.scope.clock(now)
	}
	return at, ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sleep has dispatch called again at wake; zero: not by the clock.
func (p *Pacer) sleep(now, wake time.Time) {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if wake.IsZero() {
		return
	}
	p.timer = time.AfterFunc(wake.Sub(now), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dispatch()
	})
}

// Snapshot returns the state of the whole run.
func (p *Pacer) Snapshot() Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.run.snapshot()
	for _, g := range p.gates {
		s.Waiting += len(g.queue)
	}
	return s
}
