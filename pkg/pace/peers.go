package pace

import (
	"math"
	"slices"
	"time"
)

// Customers of one partner often have like quotas. So where each has its own,
// one goes ahead as the scout and finds out, and the others stay within what it
// found until they have reason to think that theirs is higher: they pay no search
// of their own. Going ahead also tells whose limit it is (see [blame]): if all
// went equally fast, all would meet limits of their own at the same moment.
type peers struct {
	off       bool // one limit holds for all
	scout     *Gate
	next      time.Time // when there may be another
	limited   int       // customers that have met a limit
	different int       // customers that turned out to have another limit
	like      likeness  // what the limits found are like; zero: none was
	looked    time.Time // when that was looked up
}

// A likeness is a limit that another customer has.
type likeness struct {
	quota, burst float64
	known        bool // else it is a cautious guess
}

const (
	behind     = 0.6                    // of what the scout has sent: what others send before a limit is known
	within     = 0.7                    // of the burst that a peer has, used before going at its rate
	beyond     = 1.5                    // of it: who has used so much without a refusal has another limit
	under      = 0.97                   // of a known quota: the rate to go at
	largeBurst = 2 * usualBurst         // in seconds' worth of quota
	scouts     = 4                      // times the pause between one scout and the next, and twice that each time
	lookAgain  = 100 * time.Millisecond // after so long the likeness is out of date
)

// look brings the scout and the likeness up to date.
func (ps *peers) look(gates []*Gate, now time.Time) {
	if ps.off || len(gates) < 2 {
		return
	}
	if !ps.scout.leads(now) {
		ps.scout = nil
		if i := slices.IndexFunc(gates, func(g *Gate) bool { return g.leads(now) }); i >= 0 && !now.Before(ps.next) {
			ps.scout = gates[i]
		}
	}
	if ps.limited > 0 && now.Sub(ps.looked) >= lookAgain {
		ps.looked = now
		ps.like = liken(gates, now)
	}
}

// leads reports whether a customer can be the scout: it has work, and has met
// no limit.
func (g *Gate) leads(now time.Time) bool {
	return g != nil && len(g.queue) > 0 && g.scope.learner.seeking() && !g.different && !g.scope.pausing(now)
}

// found notes that a customer was refused, for which it has to wait.
func (ps *peers) found(g *Gate, now time.Time, wait time.Duration) {
	l := &g.scope.learner
	if l.last.at > 0 || l.refused < math.Inf(1) {
		return // not its first
	}
	if ps.like.known {
		l.kin = ps.like
	}
	ps.looked = time.Time{}
	if ps.limited++; ps.limited > 1 {
		ps.next = now.Add(min(wait, MaxRetryAfter) * scouts << min(ps.limited, 10))
	}
}

// limit returns the attempts a second that a customer may make in view of its
// peers; 0: any.
func (ps *peers) limit(g *Gate, now time.Time) float64 {
	l := &g.scope.learner
	if ps.off || ps.like.quota == 0 || g == ps.scout || g.different || ps.different >= ps.limited || !l.seeking() {
		return 0
	}
	used, _ := l.trace.demand(ps.like.quota, g.scope.clock(now))
	switch noise := l.noise(ps.like.quota); {
	case used < within*ps.like.burst:
		return 0
	case used > beyond*ps.like.burst+3*noise:
		g.different = true
		ps.different++
		return 0
	case ps.like.known:
		return ps.like.quota * under
	}
	return ps.like.quota
}

// yields reports whether a customer lets the scout go first.
func (ps *peers) yields(g *Gate) bool {
	return !ps.off && ps.scout != nil && g != ps.scout && ps.limited == 0 && g.scope.learner.seeking() &&
		float64(g.scope.learner.trace.total) >= behind*float64(ps.scout.scope.learner.trace.total)+1
}

// liken returns the limit of a customer who knows it, else the most that any
// who has met one has been seen to take.
func liken(gates []*Gate, now time.Time) (best likeness) {
	for _, g := range gates {
		l := &g.scope.learner
		if l.quota > 0 && l.burst > 0 {
			return likeness{l.quota, l.burst, true}
		}
		if taken := l.taken(g.scope.clock(now)); taken.quota > best.quota {
			best = taken
		}
	}
	return best
}

// taken returns about what has been accepted for a while; zero: no limit has shown.
func (l *learner) taken(now float64) likeness {
	const awhile = 1 // seconds
	if l.refused < math.Inf(1) {
		e := event{at: l.refused, length: l.refused - l.resumed, trace: l.trace}
		return e.taken()
	}
	if l.last.at == 0 {
		return likeness{}
	}
	like := l.last.taken()
	if rate := l.trace.rate(largeBurst, now); now > l.resumed+awhile && rate > like.quota {
		like.quota, like.burst = rate, l.last.demand(rate)
	}
	return like
}

// taken returns what a bucket of a large burst would have let pass before a refusal.
func (e *event) taken() likeness {
	const safely = 0.9
	rate := safely * e.trace.rate(largeBurst, e.at)
	return likeness{quota: rate, burst: e.demand(rate)}
}

// use returns how many attempts started lately.
func (g *Gate) use(now time.Time) int {
	const lately = 2 // seconds
	at := g.scope.clock(now)
	return g.scope.learner.trace.count(at-lately, at)
}
