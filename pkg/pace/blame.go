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
// limit is shared, requests of the others are refused too; if it is that
// customer's own, they are not. How much each answer tells depends on how far
// above the limit the run must have been if all share it (just above, a bucket
// refuses few), and on whether the other customer was as fast as the refused
// one: it may have met a limit of its own at the same time. As long as the
// matter is not clear, the whole run obeys.
type blame struct {
	verdict verdict
	odds    float64 // log of the odds for shared, from groups gone by
	first   *Gate   // whose refusal opened the group; nil: none yet
	from    time.Time
	to      time.Time // attempts that started from from to to belong to the group
	wire    int       // of them: not answered yet
	excess  float64   // the part of attempts that a shared bucket would refuse
	use     int       // of first, lately
	dear    bool      // the wait is long
	even    bool      // no scout is ahead: customers who are alike may meet limits of their own together
	own     tally     // of first, without the refusal
	slower  tally     // others that were slower than first
	level   tally     // others that were not
}

type verdict int

const (
	unclear  verdict = iota
	shared           // one limit for all customers
	separate         // each customer has its own
)

const (
	clear    = 3.5 // log of the odds from which on they are
	likely   = 1.0 // the same where a mistake costs less than to keep everybody waiting
	mostOdds = 6.0 // of one group; whatever it shows, the next may show that it was chance
	apart    = 2.5 // the same of one that speaks for limits of their own, since excess is an estimate: it takes two

	strict   = 0.9  // refused by a service that refuses all until the stated time
	stray    = 0.02 // refused for a reason of its own at the same time
	together = 0.5  // the same where it was as fast
)

type tally struct{ refused, accepted float64 }

// open starts a group with a refusal of g. wire is how many attempts are out.
func (b *blame) open(g *Gate, start, now time.Time, wire int) {
	if b.first != nil {
		b.odds = min(max(b.odds+b.group(), -mostOdds), mostOdds)
	}
	b.first, b.from, b.to, b.wire, b.use = g, start, now, wire, g.use(now)
	b.own, b.slower, b.level = tally{}, tally{}, tally{}
}

// note takes the answer to an attempt into account. Those that started within
// spread of the refused one may have arrived before it.
func (b *blame) note(g *Gate, start, now time.Time, refused bool, spread time.Duration) {
	if b.first == nil || start.After(b.to) {
		return
	}
	b.wire--
	if refused && g == b.first && start.Before(b.from) {
		b.from = start
	}
	if refused || start.After(b.from.Add(spread)) {
		t := &b.slower
		switch {
		case g == b.first:
			t = &b.own
		case b.even && 4*g.use(now) >= 3*b.use:
			t = &b.level
		}
		if refused {
			t.refused++
		} else {
			t.accepted++
		}
	}
	b.judge(b.wire <= 0 || now.Sub(b.to) > time.Second)
}

// judge changes the verdict if the odds are clear. That nobody else is refused
// shows only when all answers are in.
func (b *blame) judge(complete bool) {
	switch odds := b.odds + b.group(); {
	case odds > clear:
		b.verdict = shared
	case odds < -2*clear, complete && odds < -clear, complete && b.dear && odds < -likely:
		b.verdict = separate
	}
}

// group returns the log of the odds for a shared limit from this group alone.
func (b *blame) group() float64 {
	const most = 1.5 // that customers who are alike and even can show for a shared limit
	part := (b.own.refused + 2*b.excess) / (b.own.refused + b.own.accepted + 2)
	odds := b.slower.odds(part, stray) + min(b.level.odds(part, together), most)
	return min(max(odds, -apart), mostOdds)
}

// odds compares a shared limit, which refuses a part of the attempts or nearly
// all, with limits of their own, which few of these customers would meet just
// then, or a part of them.
func (t tally) odds(excess, part float64) float64 {
	return max(t.likelihood(excess), t.likelihood(strict)) - max(t.likelihood(stray), t.likelihood(part))
}

func (t tally) likelihood(p float64) float64 {
	return t.refused*math.Log(p) + t.accepted*math.Log(1-p)
}
