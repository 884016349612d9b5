package pace

import (
	"math"
	"time"
)

// A ceiling is the fixed limit that the user has set: never more than count
// attempts in any span.
type ceiling struct {
	span   time.Duration
	starts []time.Time // of the last attempts, as a ring; empty: no ceiling
	next   int
}

// newCeiling allows perSecond attempts a second; 0 or less: any number.
func newCeiling(perSecond float64) ceiling {
	if perSecond <= 0 {
		return ceiling{}
	}
	count := math.Ceil(perSecond)
	return ceiling{
		span:   time.Duration(count / perSecond * float64(time.Second)),
		starts: make([]time.Time, int(count)),
	}
}

// ready returns the earliest time at which one more may start.
func (c *ceiling) ready(now time.Time) time.Time {
	if len(c.starts) == 0 || c.starts[c.next].IsZero() {
		return now
	}
	return c.starts[c.next].Add(c.span)
}

func (c *ceiling) admit(now time.Time) {
	if len(c.starts) > 0 {
		c.starts[c.next] = now
		c.next = (c.next + 1) % len(c.starts)
	}
}
