package pace

import (
	"math"
	"time"
)

// blame finds out whom a refusal is meant for. Partner Center counts some calls
// per partner and others per partner and customer, and does not say which:
// https://learn.microsoft.com/partner-center/developer/api-throttling-guidance
//
// So it looks at what else was on the wire when a customer was refused. If the
// limit is shared, what is on the wire is refused without regard to whose it is:
// as large a part of the others' attempts as of that customer's. If it is that
// customer's own, the others pass. How large the part is does not matter, so nothing
// needs to be known about the limit. As long as the matter is not clear, the whole
// run obeys: no attempt is made inside a stated wait to find out. And as odds are but
// odds, a verdict that customers have limits of their own is trusted no further than it
// is clear: only so many attempts of others are made inside somebody's wait; then
// everybody waits, until another refusal says the same.
type blame struct {
	verdict verdict
	odds    float64 // log of the odds for shared, from groups gone by
	revoked int     // times that separate was taken back
	trust   int     // separate only: attempts that may yet be made inside the waits of others
	group           // the latest
	use     int     // of first, lately
	tallies []tally // by customer; that of first, without the refusal, comes first
}

// A group is what was on the wire when a customer was refused.
type group struct {
	first *Gate     // whose refusal opened it; nil: there was none yet
	from  time.Time // start of the first attempt refused
	to    time.Time // attempts that started from from to to belong to it
	wire  int       // of them: not answered yet
	dear  bool      // the wait is long
	even  bool      // no scout is ahead: customers who are alike may meet limits of their own together
}

type verdict int

const (
	unclear  verdict = iota
	shared           // one limit for all customers
	separate         // each customer has its own
)

const (
	clear    = 3.5 // log of the odds from which on all share a limit
	certain  = 5.0 // the same for limits of their own: a mistake costs attempts inside a stated wait
	likely   = 2.5 // the same where the wait is long, so that keeping everybody waiting costs more
	dearer   = 2.0 // what is asked for in addition each time that it was a mistake
	speaks   = 2.0 // of one group, from which on it says anything about that
	mostOdds = 6.0 // whatever it shows, what comes may show that it was chance

	mostLevel = 1.5 // odds that the refusals of customers who were as fast can add

	fewAttempts  = 8.0   // inside a wait: what a verdict just beyond doubt is worth
	moreAttempts = 200.0 // the same of a long wait

	stray  = 0.005 // part of the attempts that is refused for a reason of its own at the same time
	rarely = 0.02  // part of the customers who meet a limit of their own at the same time though they were slower
	small  = 0.1   // prior of a part that may well be small
	fair   = 1.0   // prior of one that may be anything
)

// A tally is what became of a customer's attempts on the wire.
type tally struct {
	gate              *Gate
	level             bool // it was as fast as the first
	refused, accepted float64
}

// open starts a group, and adds what the one before it says to the odds.
func (b *blame) open(g group) {
	if b.first != nil {
		b.odds = min(max(b.odds+b.evidence(), b.own()-1), mostOdds)
	}
	b.group, b.use = g, g.first.use(g.to)
	b.tallies = append(b.tallies[:0], tally{gate: g.first})
}

// note takes the answer to an attempt into account. Those that started within
// spread of the refused one may have arrived before it.
func (b *blame) note(g *Gate, start, now time.Time, refused bool, spread time.Duration) {
	if b.first == nil || start.After(b.to) {
		return
	}
	b.wire--
	if refused && start.Before(b.from) {
		b.from = start
	}
	if t := b.tally(g, now); refused {
		t.refused++
	} else if start.After(b.from.Add(spread)) {
		t.accepted++
	}
	if complete := b.wire <= 0 || now.Sub(b.to) > time.Second; complete || refused {
		b.judge(complete)
	}
}

func (b *blame) tally(g *Gate, now time.Time) *tally {
	for i := range b.tallies {
		if b.tallies[i].gate == g {
			return &b.tallies[i]
		}
	}
	b.tallies = append(b.tallies, tally{gate: g, level: b.even && 4*g.use(now) >= 3*b.use})
	return &b.tallies[len(b.tallies)-1]
}

// judge changes the verdict if the odds are clear. That nobody else is refused
// shows only when all answers are in.
func (b *blame) judge(complete bool) {
	evidence, own := b.evidence(), b.own()
	switch odds := b.odds + evidence; {
	case odds > clear:
		b.verdict = shared
	case complete && odds < own && evidence < -speaks:
		b.verdict = separate
		b.trust = max(b.trust, b.worth(own-odds))
	case b.verdict == separate && odds > own/2:
		b.verdict, b.trust = unclear, 0
		b.revoked++
	}
}

// own returns the odds below which customers have limits of their own.
func (b *blame) own() float64 {
	odds := -certain
	if b.dear {
		odds = -likely
	}
	return odds - dearer*float64(b.revoked)
}

// worth returns how many attempts inside the waits of others a verdict is worth that
// is as much beyond doubt: e times as many where a mistake is e times less likely.
func (b *blame) worth(beyond float64) int {
	few := fewAttempts
	if b.dear {
		few = moreAttempts
	}
	return int(few * math.Exp(min(beyond, 10)))
}

// evidence returns the log of the odds for a shared limit from the latest group alone.
// Customers who were as fast may well meet limits of their own together; that they are
// refused shows little, and nothing once it is known that they have such limits.
func (b *blame) evidence() float64 {
	most := mostLevel
	if b.verdict == separate {
		most = 0
	}
	return min(b.weigh(true), b.weigh(false)+most)
}

// weigh compares a shared limit, which refuses the same part of everybody's attempts,
// with limits of their own: they refuse a part of the first customer's, and of
// others' only if they happen to meet theirs. level: including customers who were as
// fast.
func (b *blame) weigh(level bool) float64 {
	all := b.tallies[0]
	separate, alike, meeting := all.limited(small), 0.0, 0.0
	for _, t := range b.tallies[1:] {
		if t.level && !level {
			continue
		}
		all.refused += t.refused
		all.accepted += t.accepted
		spared, meets := t.refused*math.Log(stray)+t.accepted*math.Log(1-stray), t.limited(fair)
		if !t.level {
			separate += max(spared, math.Log(rarely)+meets)
			continue
		}
		alike++
		if meets > spared {
			meeting++
		}
		separate += max(spared, meets)
	}
	if meeting > 0 {
		separate += logBeta(meeting+1, alike-meeting+1)
	}
	return all.limited(small) - separate
}

// limited returns the log of the likelihood that a limit refuses so many of so many,
// whatever the part may be: the parts that it may be are weighed by the beta
// distribution of prior and 1.
func (t tally) limited(prior float64) float64 {
	return math.Log(prior) + logBeta(t.refused+prior, t.accepted+1)
}

// logBeta returns the logarithm of the beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
