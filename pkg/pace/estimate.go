package pace

import "math"

// usualBurst is the size of a burst, in seconds' worth of quota, that is guessed
// before one is known; oddBurst is the factor, as a logarithm, by which it may
// well be off.
const (
	usualBurst = 0.25
	oddBurst   = 1.2
)

// An event is a refusal, with what led to it.
type event struct {
	at       float64 // when the first refused attempt started; 0: there was none
	pause    float64 // seconds from then until attempts started again
	accepted int     // attempts accepted between the pauses
	rejected int     // attempts refused between them
	flow     float64 // attempts a second that passed behind the first refused one; 0: not known
	length   float64 // seconds from the end of the pause before to at
	trace    trace
}

// floor returns the rate that passed since the last refusal, or behind this one,
// whichever is more: no quota is less. Of the first refusal it is 0. That tells least,
// and to go on too slowly costs less after it than a second one.
func (l *learner) floor(e event) float64 {
	if l.last.at == 0 {
		return 0
	}
	return max(e.flow, float64(e.trace.count(0, e.at))/(e.length+l.last.pause))
}

// estimate returns the quota that explains a refusal best, how far off it may be,
// as a fraction, and how badly it explains it all the same: up to 1 or so if a
// bucket is behind it. It weighs two things: that the burst must be what it
// was known to be, or what the refusal before needed too; and, as long as it is
// not known, that it should be of the usual size.
func (l *learner) estimate(e event) (quota, doubt, misfit float64) {
	floor := l.floor(e)
	top := max(e.top(), floor*1.01)
	quota, burst, doubt := l.search(e, max(floor, top/50), top)
	cost, _ := l.cost(e, quota, 0)
	misfit = cost - math.Log(l.blur(quota))
	switch {
	case l.last.at == 0 && l.burst == 0:
		doubt = max(doubt, 2*trust) // the usual size of a burst is but a guess
	case l.burst == 0 && doubt < trust:
		l.burst = max(burst, 1)
	}
	return quota, doubt, misfit
}

// search returns the rate of least cost, looking closer as long as that helps.
func (l *learner) search(e event, lo, hi float64) (quota, burst, doubt float64) {
	const steps = 100
	for {
		step := math.Pow(hi/lo, 1.0/steps)
		var costs [steps + 1]float64
		best := 0
		for i := range costs {
			costs[i], _ = l.cost(e, lo*math.Pow(step, float64(i)), step-1)
			if costs[i] < costs[best] {
				best = i
			}
		}
		from, to := best, best
		for from > 0 && costs[from] < costs[best]+0.5 {
			from--
		}
		for to < steps && costs[to] < costs[best]+0.5 {
			to++
		}
		quota = lo * math.Pow(step, float64(best))
		lo, hi = lo*math.Pow(step, float64(from)), lo*math.Pow(step, float64(to))
		doubt = (hi - lo) / 2 / quota
		if to-from > 10 || step < 1.0001 {
			_, burst = l.cost(e, quota, 0)
			return quota, burst, doubt
		}
	}
}

// cost says how badly a quota, known to within step, explains a refusal, and the
// burst that goes with it. It is the negative logarithm of a likelihood: a miss is
// weighed by the noise of arrivals out of order, an odd burst by how odd it is.
func (l *learner) cost(e event, quota, step float64) (cost, burst float64) {
	burst, since := e.trace.demand(quota, e.at)
	noise := l.blur(quota)
	blurred := math.Hypot(noise, step*quota*(e.at-since))
	if l.burst > 0 {
		miss := (burst - l.burst) / blurred
		return miss*miss/2 + math.Log(noise), burst
	}
	if l.last.at > 0 {
		other := l.sharp.demand(quota)
		miss := (burst - other) / blurred / math.Sqrt2
		cost = miss*miss/2 + math.Log(noise)
		burst = (burst + other) / 2
	}
	odd := math.Log((burst+1)/(usualBurst*quota+1)) / oddBurst
	return cost + odd*odd/2, burst
}

// blur returns by how many tokens a demand may miss the burst: tokens are counted
// whole, arrivals come out of order, and a known burst is not known exactly.
func (l *learner) blur(quota float64) float64 {
	return math.Hypot(0.5+quota*l.spread/2, 0.07*l.burst)
}

// demand returns the burst that a bucket refilled at rate must have held.
func (e *event) demand(rate float64) float64 {
	d, _ := e.trace.demand(rate, e.at)
	return d
}

// top returns a bound for the quota: attempts went faster than it of late.
func (e *event) top() float64 {
	const look = 0.5
	return 1.3 * float64(e.trace.count(e.at-look, e.at)+1) / min(look, max(e.length, 0.1))
}
