package pace

import (
	"math"
	"time"
)

// blame finds out whom a refusal is meant for. Partner Center counts some calls
// per partner and others per partner and customer, and does not say which:
// https://learn.microsoft.com/partner-center/developer/api-throttling-guidance
//
// So it compares what was on the wire together when a customer was refused. If
// the limit is shared, the requests of other customers are refused as often; if
// it is that customer's own, they are not. As long as neither is clear, the
// whole run obeys.
type blame struct {
	verdict verdict
	odds    float64 // log of the odds for shared, from groups gone by
	first   *Gate   // whose refusal opened the group; nil: none yet
	from    time.Time
	to      time.Time // attempts that started from from to to belong to the group
	wire    int       // of them: not answered yet
	own     tally     // of first
	others  tally
}

type verdict int

const (
	unclear  verdict = iota
	shared           // one limit for all customers
	separate         // each customer has its own
)

type tally struct{ refused, accepted float64 }

// note takes the answer to an attempt into account.
// inFlight is how many attempts are still out.
func (b *blame) note(g *Gate, start, now time.Time, refused bool, inFlight int) {
	if refused && (b.first == nil || start.After(b.to)) {
		b.odds = 0.7 * min(max(b.odds+b.group(), -5), 5)
		b.first, b.from, b.to, b.wire = g, start, now, inFlight+1
		b.own, b.others = tally{}, tally{}
	}
	if b.first == nil || start.After(b.to) {
		return
	}
	b.wire--
	if start.Before(b.from) && !refused {
		return
	}
	t := &b.others
	if g == b.first {
		t = &b.own
	}
	if refused {
		t.refused++
	} else {
		t.accepted++
	}
	b.judge(b.wire <= 0 || now.Sub(b.to) > time.Second)
}

// judge changes the verdict if the odds are clear; a verdict once given stands
// until they clearly speak for the other. That nobody else is refused shows only
// when all answers are in.
func (b *blame) judge(complete bool) {
	odds := b.odds + b.group()
	switch {
	case odds > 2:
		b.verdict = shared
	case !complete:
	case odds < -2, odds < -1 && b.verdict == unclear:
		b.verdict = separate
	}
}

// group returns the log of the odds for a shared limit from this group alone.
func (b *blame) group() float64 {
	if b.others == (tally{}) {
		return 0
	}
	const stray = 0.02 // refused for a reason of its own at the same time
	both := tally{b.own.refused + b.others.refused, b.own.accepted + b.others.accepted}
	return both.likelihood(both.share()) - b.own.likelihood(b.own.share()) - b.others.likelihood(stray)
}

func (t tally) share() float64 { return (t.refused + 0.5) / (t.refused + t.accepted + 1) }

func (t tally) likelihood(p float64) float64 {
	return t.refused*math.Log(p) + t.accepted*math.Log(1-p)
}
