package pace

import "slices"

// whims tell refusals that have nothing to do with speed: a gateway that says 429
// now and then, say. A learner that took each of them for a limit would find a
// lower one every time, until it crawled.
//
// What a bucket let pass since it was empty last is a lower bound for its quota, and so
// is what it let pass behind an attempt that it refused (see [learner.floor]).
// A quota may fall below what was proven so, and sometimes does: then each refusal
// finds it a little lower than the one before, by ever less and after ever more
// attempts. One that is found lower and lower again without that, time after time, is
// none; nor is one that is still in doubt after several refusals. Then they cost their
// pauses and little else: the speed stays well above what was proven.
//
// A limit after all shows by letting the same rate pass between one refusal and the
// next, time after time, by refusing almost at once, or by refusing much sooner than
// before, now that the speed is higher: whims come after as many attempts at any speed.
// It is not taken for whims so soon again.
type whims struct {
	proven   [8]float64 // lower bounds, attempts a second, of the last events
	next     int        // where the next one goes
	quota    float64    // the estimate of the last event
	fall     float64    // how much lower than the one before the last estimate was that contradicted them, as a part
	falls    int        // such estimates that do not near anything
	doubtful int        // estimates in a row that were no more than guesses
	short    int        // events in a row that came almost at once
	accepted [trial]int // attempts accepted before the last refusals, until it was on
	defied   int        // events since it is on
	passed   int        // attempts accepted before these
	refuted  int        // how often there was a limit after all
	on       bool
}

const (
	fallsAtLeast = 2    // falls from which on refusals are whims
	undecided    = 4    // refusals in a row that left the quota in doubt, from which on they are whims
	lower        = 0.95 // an estimate below this part of the one before is a fall
	smaller      = 0.6  // a fall that nears a quota is less than this part of the one before,
	longer       = 1.3  // and comes after this many times the attempts
	contradicts  = 0.85 // an estimate below this part of what was proven
	soon         = 2    // attempts accepted: fewer speak for a limit after all
	shortAtMost  = 8    // such events in a row
	alike        = 1.15 // the most by which rates differ that are one limit's
	trial        = 4    // events after which it shows whether more speed brings refusals sooner
	sooner       = 6    // how much sooner then speaks for a limit
	defiance     = 4.0  // the speed then, as a multiple of what was proven
)

// judge notes an event, what it proves the quota to be at least, and the quota that was
// made of it. It returns the speed to go on with at least if it was a whim, else 0.
func (w *whims) judge(e, last event, floor, quota, doubt float64) float64 {
	if last.at == 0 { // too little to tell, but what passed behind it counts
		w.prove(e.flow)
		w.quota = quota
		return 0
	}
	best := slices.Max(w.proven[:])
	switch {
	case quota >= contradicts*best:
		w.falls, w.fall = 0, 0
	case quota < lower*w.quota:
		fall := 1 - quota/w.quota
		if nears := fall < smaller*w.fall && float64(e.accepted) > longer*float64(last.accepted); !nears {
			w.falls++
		}
		w.fall = fall
	}
	w.quota = quota
	if w.doubtful++; doubt <= trust {
		w.doubtful = 0
	}
	w.short++
	if e.accepted >= soon {
		w.short = 0
	}
	w.prove(floor)
	best = slices.Max(w.proven[:])
	if w.on {
		w.defied++
		w.passed += e.accepted
	} else {
		copy(w.accepted[1:], w.accepted[:])
		w.accepted[0] = e.accepted
	}
	if w.on && w.isLimit() {
		*w = whims{refuted: min(w.refuted+1, 8)}
	}
	patience := 1 << w.refuted
	w.on = w.on || w.falls >= fallsAtLeast*patience || w.doubtful >= undecided*patience
	if !w.on {
		return 0
	}
	return min(defiance*best, topSpeed)
}

// prove notes a lower bound for the quota, in place of the oldest one.
func (w *whims) prove(rate float64) {
	w.proven[w.next] = rate
	w.next = (w.next + 1) % len(w.proven)
}

// isLimit reports whether there is a limit behind the last refusals after all.
func (w *whims) isLimit() bool {
	before := 0
	for _, n := range w.accepted {
		before += n
	}
	if w.defied == trial && w.passed*sooner < before {
		return true
	}
	return w.short >= shortAtMost || slices.Max(w.proven[:]) < alike*slices.Min(w.proven[:])
}
