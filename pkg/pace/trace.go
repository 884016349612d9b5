package pace

// A trace is the record of when attempts started since the last pause: what a
// quota is learned from. Old parts of a long trace are kept coarser, so that it
// stays small.
type trace struct {
	bins  []bin
	total int
}

// A bin is n attempts that started at, or shortly after, a moment in seconds.
type bin struct {
	at float64
	n  int
}

const (
	binWidth = 0.01 // seconds
	maxBins  = 1024
)

func (t *trace) add(at float64) {
	t.total++
	if k := len(t.bins) - 1; k >= 0 && at < t.bins[k].at+binWidth {
		t.bins[k].n++
		return
	}
	if len(t.bins) == maxBins {
		t.coarsen()
	}
	t.bins = append(t.bins, bin{at, 1})
}

// coarsen joins the bins of the older half in pairs.
func (t *trace) coarsen() {
	half := maxBins / 2
	for i := range half / 2 {
		a, b := t.bins[2*i], t.bins[2*i+1]
		t.bins[i] = bin{a.at, a.n + b.n}
	}
	t.bins = append(t.bins[:half/2], t.bins[half:]...)
}

// end returns a moment behind the start of the last attempt, 0 if there was none.
func (t *trace) end() float64 {
	if len(t.bins) == 0 {
		return 0
	}
	return t.bins[len(t.bins)-1].at + binWidth
}

// cut drops the last n attempts, which started from a moment on: a bin that began
// before it may hold some of them.
func (t *trace) cut(from float64, n int) {
	k := len(t.bins)
	for ; k > 0 && t.bins[k-1].at >= from; k-- {
		n -= t.bins[k-1].n
	}
	t.bins = t.bins[:k]
	if k > 0 && n > 0 {
		t.bins[k-1].n -= min(n, t.bins[k-1].n)
	}
}

// count returns how many attempts started from one moment up to another, the
// latter excluded.
func (t *trace) count(from, to float64) int {
	n := 0
	for i := len(t.bins) - 1; i >= 0 && t.bins[i].at >= from; i-- {
		if t.bins[i].at < to {
			n += t.bins[i].n
		}
	}
	return n
}

// demand returns the burst, in tokens, that a bucket refilled at rate must hold
// to let everything before end pass, and since when it was drawn on. A refusal
// at end means that the bucket held just that: each refusal ties the two
// unknowns, rate and burst, by one curve.
func (t *trace) demand(rate, end float64) (burst, since float64) {
	since = end
	n := 0
	for i := len(t.bins) - 1; i >= 0; i-- {
		b := t.bins[i]
		if b.at >= end {
			continue
		}
		n += b.n
		if d := float64(n) - rate*(end-b.at); d > burst {
			burst, since = d, b.at
		}
	}
	return burst, since
}

// rate returns the lowest rate at which a bucket must be refilled to let everything
// before end pass, if it holds what comes in in so many seconds.
func (t *trace) rate(seconds, end float64) (rate float64) {
	n := 0
	for i := len(t.bins) - 1; i >= 0; i-- {
		b := t.bins[i]
		if b.at >= end {
			continue
		}
		n += b.n
		rate = max(rate, float64(n)/(end-b.at+seconds))
	}
	return rate
}
