package pace

import "slices"

// whims tell refusals that have nothing to do with speed: a gateway that says 429
// now and then, say. A learner that took each of them for a limit would find a
// lower one every time, until it crawled.
//
// What a bucket let pass since it was empty last is a lower bound for its quota.
// A quota may fall below what was proven so, and sometimes does; but one that is
// found lower and lower again, time after time, is none. Then the refusals cost
// their pauses and nothing else, and the speed stays above what was proven. A
// limit after all shows by letting the same rate pass between one refusal and the
// next, time after time, or by refusing almost at once.
type whims struct {
	proven [8]float64 // lower bounds, attempts a second, of the last events
	next   int        // where the next one goes
	quota  float64    // the estimate of the last event
	falls  int        // estimates that contradicted them, each lower than the one before
	short  int        // events in a row that came almost at once
	on     bool
}

const (
	fallsAtLeast = 3    // falls from which on refusals are whims
	lower        = 0.95 // an estimate below this part of the one before is a fall
	contradicts  = 0.85 // an estimate below this part of what was proven
	soon         = 3    // attempts accepted: fewer speak for a limit after all
	shortAtMost  = 4    // such events in a row
	alike        = 1.15 // the most by which rates differ that are one limit's
	faster       = 1.3  // the change of speed after a whim
	slower       = 0.8  // the same where so many are refused at once that it may be a limit
	defiance     = 2.0  // the speed then, as a multiple of what was proven
)

// judge notes an event and the quota that was made of it, and returns the speed to
// go on with at least if it was a whim, else 0.
func (w *whims) judge(e, last event, quota, speed float64) float64 {
	if last.at == 0 {
		return 0
	}
	best := slices.Max(w.proven[:])
	switch {
	case quota >= contradicts*best:
		w.falls = 0
	case quota < lower*w.quota:
		w.falls++
	}
	w.quota = quota
	w.short++
	if e.accepted >= soon {
		w.short = 0
	}
	w.proven[w.next] = float64(e.trace.count(0, e.at)) / (e.length + last.pause)
	w.next = (w.next + 1) % len(w.proven)
	if w.on && w.isLimit() {
		*w = whims{}
	}
	w.on = w.on || w.falls >= fallsAtLeast
	if !w.on {
		return 0
	}
	if e.rejected > 2 && 4*e.rejected > e.accepted {
		return max(defiance*best, slower*speed)
	}
	return max(defiance*best, faster*speed)
}

// isLimit reports whether there is a limit behind the last refusals after all.
func (w *whims) isLimit() bool {
	n := len(w.proven)
	a, b, c, d := w.proven[(w.next+n-1)%n], w.proven[(w.next+n-2)%n], w.proven[(w.next+n-3)%n], w.proven[(w.next+n-4)%n]
	return w.short >= shortAtMost || max(a, b, c, d) < alike*min(a, b, c, d)
}
