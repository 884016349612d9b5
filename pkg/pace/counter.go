package pace

// A counter is the other kind of limit that services have: not a bucket, but so
// many attempts in any second, or in each second by the clock. Going evenly at its
// rate uses it up whichever of the two it is, so its phase does not matter.
//
// It shows by refusals that come after equally many attempts in a second, however
// those were spread; a bucket lets more pass the slower they come. By the clock,
// some of them may have belonged to the second before: it is the fewest that count.
//
// Longer periods are left to [learner.sameWindow]: there it is better to use each
// up at once.
type counter struct {
	passed  trace        // accepted attempts; pauses do not end it
	fewest  [periods]int // in so many seconds, less one, before a refusal; 0: none was seen
	strikes [periods]int // refusals in spite of going by this period
	found   int          // the period that explains the last refusals, as an index
	inForce bool         // whether that is gone by
}

const (
	periods    = 2    // of one second, of two
	maxStrikes = 4    // from which on a period is ruled out
	tooSoon    = 0.75 // of the attempts that it allows
	caution    = 0.93 // factor to its rate for each
	rounding   = 1.2  // seconds by which a stated wait may exceed what is left of a period
	worthIt    = 1.1  // times the rate of the bucket that explains the refusals too
	telling    = 50   // attempts in a period from which on so many is no chance
	byClock    = 0.85 // of them at least are of the period that was used up
)

// judge notes a refusal, and returns the rate of a counter that explains it and
// those before, and whether they came after nearly as many attempts; 0 if there is
// none. floor is the rate that passed since the last one, noise is by how many
// attempts a count may be off.
func (c *counter) judge(e event, floor, noise float64) (rate float64, even bool) {
	c.strike(e, noise)
	for i := range periods {
		period := float64(i + 1)
		n, fewest := c.passed.count(e.at-period, e.at), c.fewest[i]
		if fewest == 0 || n < fewest {
			c.fewest[i] = n
		}
		if rate > 0 || fewest == 0 || c.strikes[i] >= maxStrikes || period < e.pause-rounding {
			continue
		}
		if r := (float64(c.fewest[i]) - noise/4) / period; r > floor && n <= 2*c.fewest[i] {
			rate, c.found = r, i
			even = n >= telling && float64(n) > byClock*float64(fewest)-noise || float64(n) > float64(fewest)-noise
		}
	}
	return rate, even
}

// strike counts a refusal in spite of going by a period. By the clock, each of the
// first few lowers the count a little; one that came far too soon has nothing to do
// with the period.
func (c *counter) strike(e event, noise float64) {
	if !c.inForce {
		return
	}
	c.inForce = false
	n := c.passed.count(e.at-float64(c.found+1), e.at)
	if c.strikes[c.found]++; float64(n) < tooSoon*float64(c.fewest[c.found])-noise {
		c.strikes[c.found] = maxStrikes
	}
}
