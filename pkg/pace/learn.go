package pace

import "math"

// A learner finds the rate of one scope. It is told when attempts start and
// what became of them, and says how fast the next may go. Times are seconds
// since the pacer was made; rates are attempts a second.
//
// It takes the service for a bucket that holds up to burst tokens and is
// refilled at quota tokens a second, both unknown: see [trace.demand]. One
// refusal bounds them, two give both. So there is no search up and down, and
// each refusal, which costs a pause, is used to the full. Where no bucket explains
// the refusals, a [counter] may.
type learner struct {
	mode   mode
	speed  float64 // the rate now
	target float64 // starting only: the rate at which to settle; 0: none
	since  float64 // when the mode began
	raised float64 // climbing only: when the speed was last raised

	quota  float64 // tokens a second; 0: unknown
	burst  float64 // tokens; 0: unknown
	former float64 // the quota before it fell; 0: it has not fallen
	window int     // attempts in a window; 0: no window seen
	hold   float64 // seconds to stay settled before climbing again
	tried  int     // climbs since the quota fell
	slope  float64 // climbing only: growth a second at first
	saved  float64 // settled only: tokens to catch up with first, see spend
	pause  float64 // seconds that a refusal costs, smoothed

	trace    trace   // attempts since the last pause
	accepted int     // of them: accepted
	behind   int     // of them: accepted, though they started later than the first refused one
	rejected int     // of them: refused
	resumed  float64 // when that ended
	held     float64 // when the speed last kept an attempt waiting
	refused  float64 // start of the first refused one; +Inf: none
	last     event   // the last refusal that taught something
	sharp    event   // the one that came soonest after a pause: it tells most about the burst
	unsure   int     // refusals in a row that left the quota in doubt
	whims    whims
	counter  counter
	kin      likeness // of another customer, whose limit is known; zero: none

	answers                int
	latency, spread, quiet float64 // seconds to an answer: smoothed, mean deviation, when it was quick
	interval, answered     float64 // seconds between answers, smoothed; time of the last
	crowded, relieved      float64 // since when answers take long, 0: they do not; when that was last given in to
}

type mode int

const (
	starting mode = iota // every answer adds to the speed, which so doubles again and again
	climbing             // the speed rises slowly, until a refusal tells the quota
	settled              // the speed is just under the quota
	probing              // the speed is just above it, to see whether it has risen
	windowed             // full speed until a fixed window is used up
)

// Speeds, in attempts a second.
const (
	firstSpeed = 40.0 // into an unknown service
	topSpeed   = 1e6  // as good as no limit
	minSpeed   = 0.05 // even after many refusals
)

// How far under a quota to go, as a part of it.
const (
	leastMargin = 0.003 // is left unused however exactly it is known
	perDoubt    = 0.4   // of the doubt is left unused in addition
	mostMargin  = 0.08  // in all
	atEase      = 0.985 // is used where nothing says how exactly it is known

	saving  = 0.8 // of the tokens that came in during a pause is sent after it
	quicker = 1.2 // times the speed, until they are
)

// What to make of a refusal.
const (
	trust      = 0.15 // doubt up to which an estimate is taken for the quota
	absurd     = 4.0  // misfit from which on no bucket is behind the refusals
	longPeriod = 4.0  // seconds from which on a window is worth using up at once
	dearPause  = 10.0 // seconds from which on a second refusal is to be avoided even at half speed
	fewRefused = 3    // refusals up to which the first of all may have been about something else
	lowerGuess = 0.93 // factor to a guess for each one in a row before it
	mostGuess  = 20   // of them at most
)

// When to look whether the quota is higher than known.
const (
	patience  = 60  // times the pause between two looks: they cost 1 or 2 %
	hurry     = 8   // times the pause, where the quota is in doubt
	shortest  = 30  // seconds between them at least
	longest   = 900 // and at most
	firstLook = 75  // seconds to the first one after a start at a remembered rate
	alert     = 5   // times the pause between them after the quota has fallen
	calmer    = 1.2 // factor to that for each look in vain
)

// How a speed climbs: its growth a second, as a part of it.
const (
	quickClimb = 0.1  // once the quota has been seen to rise
	swiftClimb = 6.0  // after the first refusal of all, by the attempts accepted before
	slowClimb  = 0.06 // while the quota is in doubt, times the doubt, by the seconds that a pause takes
	calmClimb  = 0.02 // where no quota has been seen for long
	leastClimb = 0.001
)

func newLearner(start, now float64) learner {
	l := learner{speed: firstSpeed, refused: math.Inf(1), resumed: now, since: now, pause: 2}
	if start > 0 {
		l.speed, l.target, l.hold = start/2, start, firstLook
	}
	return l
}

// rate returns the attempts a second that may start from now on.
func (l *learner) rate(now float64) float64 {
	switch l.mode {
	case starting:
		if l.target > 0 && l.speed >= l.target {
			l.speed = l.target
			l.enter(settled, now)
		}
	case settled:
		switch {
		case l.spend(now):
			return l.speed * quicker
		case now < l.since+l.hold:
		case l.burst > 0:
			l.enter(probing, now)
		default:
			l.enter(climbing, now)
			l.slope = calmClimb
		}
	case climbing:
		l.rise(now)
	case probing:
		l.probe(now)
	case windowed:
		if over := l.trace.total - l.window; over >= 0 && over < 5 {
			return 4
		}
	}
	return l.speed
}

func (l *learner) enter(m mode, now float64) {
	l.mode, l.since, l.raised = m, now, now
}

// rise raises the speed of a climb: the longer it has gone well, the faster.
func (l *learner) rise(now float64) {
	step := now - l.raised
	l.raised = now
	if l.limiting(now) && !l.congested() {
		l.speed = min(l.speed*math.Exp(l.slope*(1+(now-l.since)/4)*step), topSpeed)
	}
}

// spend reports whether tokens that came in during the last pause are left. They
// are sent in addition, a little faster and not at once: else the bucket would
// stay full, and the pause be lost time.
func (l *learner) spend(now float64) bool {
	if l.saved > 0 {
		if used, _ := l.trace.demand(l.quota, now); used >= l.saved {
			l.saved = 0
		}
	}
	return l.saved > 0
}

// probe goes a little above the known quota for as long as its burst lasts. If
// nothing is refused then, the quota has risen.
func (l *learner) probe(now float64) {
	above := max(0.03, l.burst/l.quota/10)
	if l.former > 0 {
		above *= 2 // what fell may well come back: see quickly
	}
	l.speed = l.quota * (1 + above)
	demand, _ := l.trace.demand(l.quota, now)
	if demand < 1.2*l.burst+3*l.noise(l.quota) {
		return
	}
	if l.former > l.quota*1.05 {
		l.quota, l.former = l.former, 0
		l.speed, l.hold = l.quota*atEase, patience*l.pause
		l.enter(settled, now)
		return
	}
	l.quota, l.former = 0, 0
	l.enter(climbing, now)
	l.slope = quickClimb
}

// seeking reports whether no limit has shown yet, now or in a former run.
func (l *learner) seeking() bool { return l.mode == starting && l.target == 0 }

// limiting reports whether it is the speed that limits the attempts, not the
// places in flight or a lack of work: else more speed would mean nothing, and
// could not be tested.
func (l *learner) limiting(now float64) bool {
	const look = 0.5
	from := max(now-look, l.resumed)
	n := float64(l.trace.count(from, now))
	return n+2 >= 0.6*l.speed*(now-from)
}

func (l *learner) sent(now float64) { l.trace.add(now) }

// accept notes that an attempt which began at start was accepted.
func (l *learner) accept(start, now float64) {
	l.observe(now-start, now)
	l.counter.passed.add(start)
	if start < l.resumed {
		return
	}
	l.accepted++
	if start > l.refused {
		l.behind++
	}
	if l.mode != starting && l.mode != windowed {
		return
	}
	switch {
	case l.congested():
		l.relieve(now)
	case l.held >= start:
		l.crowded = 0
		l.speed = min(l.speed+l.gain(now), topSpeed)
	default:
		l.crowded = 0
	}
}

// refuse notes that an attempt which began at start was refused.
func (l *learner) refuse(start float64) {
	if start >= l.resumed {
		l.refused = min(l.refused, start)
		l.rejected++
	}
}

// resume ends a pause, and draws the conclusions from the refusal that began it.
func (l *learner) resume(now float64) {
	if math.IsInf(l.refused, 1) {
		return // only stragglers of an earlier event were refused
	}
	e := event{at: l.refused, pause: now - l.refused, accepted: l.accepted, rejected: l.rejected, flow: l.flow(), length: l.refused - l.resumed, trace: l.trace}
	e.trace.cut(e.at, l.behind+l.rejected)
	l.trace, l.accepted, l.behind, l.rejected, l.refused, l.resumed = trace{}, 0, 0, 0, math.Inf(1), now
	if e.accepted == 0 || e.trace.count(0, e.at) == 0 {
		return // refused straight after a pause: that was too short, not we too fast
	}
	if l.last.at == 0 {
		l.pause = e.pause
	}
	l.pause += (e.pause - l.pause) / 3
	l.learn(e, now)
	l.last = e
	if l.sharp.at == 0 || e.length < l.sharp.length {
		l.sharp = e
	}
}

// flow returns the rate that passed behind the first refused attempt, 0 if that is not
// known. A bucket that is empty lets no more pass than comes in. Attempts that may
// have arrived before the refused one, although they started later, do not count.
func (l *learner) flow() float64 {
	span := l.trace.end() - l.refused
	if span <= 0 {
		return 0
	}
	early := float64(l.behind) / span * l.spread / 2
	return max(0, float64(l.behind)-early-1) / span
}

// learn decides how to go on after a refusal.
func (l *learner) learn(e event, now float64) {
	if l.sameWindow(e) {
		l.window = e.accepted
		l.quota = float64(l.window) / (e.length + e.pause)
		l.enter(windowed, now)
		return
	}
	l.window = 0
	known := l.burst > 0
	quota, doubt, misfit := l.estimate(e)
	if l.kin.quota > 0 && l.last.at == 0 && l.resembles(e) {
		quota, l.burst, doubt = l.kin.quota, l.kin.burst, 0.05
	}
	if speed := l.whims.judge(e, l.last, l.floor(e), quota, doubt); speed > 0 {
		l.quota, l.burst, l.former = 0, 0, 0
		l.speed = speed
		l.enter(climbing, now)
		l.slope = quickClimb
		return
	}
	proven := known && misfit < absurd && quota > 0.9*l.quota
	counting := l.counter.inForce
	switch rate, even := l.counter.judge(e, l.floor(e), l.noise(quota)); {
	case rate > 0 && (counting || even && misfit >= absurd), rate > worthIt*quota && even && !proven:
		l.count(rate, now)
		return
	case rate > 0.9*quota && even:
		quota = min(quota, rate)
	}
	if l.quota > 0 && quota < 0.9*l.quota {
		l.former, l.tried = max(l.former, l.quota), 0
	}
	if doubt > trust {
		l.grope(e, quota, doubt, now)
		return
	}
	l.unsure = 0
	l.quota = quota
	l.saved = saving*min(l.burst, quota*e.pause) - l.noise(quota)
	l.speed = quota * (1 - min(leastMargin+perDoubt*doubt, mostMargin))
	l.hold = min(max(l.pause*min(max(1/doubt, hurry), patience), shortest), longest)
	if l.former > 0 {
		l.hold = min(l.hold, l.pause*alert*math.Pow(calmer, float64(l.tried)))
		l.tried++
	}
	l.enter(settled, now)
}

// count goes on at the rate of a counter.
func (l *learner) count(rate, now float64) {
	l.counter.inForce = true
	l.quota, l.burst, l.former, l.saved = rate, 0, 0, 0
	l.speed, l.hold = rate*atEase*math.Pow(caution, float64(l.counter.strikes[l.counter.found])), shortest
	l.enter(settled, now)
}

// resembles reports whether a refusal is what the limit of a peer would have led to.
func (l *learner) resembles(e event) bool {
	burst := e.demand(l.kin.quota)
	return math.Abs(burst-l.kin.burst) < 0.3*l.kin.burst+2*l.noise(l.kin.quota)
}

// grope goes on from a quota that is little more than a guess, climbing towards
// the next refusal: the faster, the less is known; the dearer that is, the more
// slowly. Where the pause is long,
// as it is with a window of a minute, half the speed loses nothing as long as it
// still uses the window up, and tells a window from a bucket.
func (l *learner) grope(e event, quota, doubt, now float64) {
	l.quota = 0
	l.speed = quota * math.Pow(lowerGuess, float64(min(l.unsure, mostGuess)))
	l.unsure++
	lately := float64(e.trace.count(e.at-1, e.at))
	if e.pause > dearPause && l.speed > 0.8*lately {
		l.speed = max(lately/2, 1.15*float64(e.accepted)/(e.length+e.pause))
	}
	l.speed = max(l.speed, minSpeed)
	l.enter(climbing, now)
	l.slope = min(max(slowClimb*doubt/l.pause, leastClimb), quickClimb)
	if l.last.at == 0 && e.rejected <= fewRefused {
		l.slope = max(l.slope, min(swiftClimb/float64(e.accepted), 3*quickClimb))
	}
}

// sameWindow reports whether this refusal and the one before came after equally
// many attempts though in different times, as a counter does that is reset when
// a fixed window ends, and no bucket. A short window is a [counter].
func (l *learner) sameWindow(e event) bool {
	if l.window > 0 {
		return near(e.accepted, l.window)
	}
	return l.last.at > 0 && e.accepted >= 50 && e.length+e.pause > longPeriod && near(e.accepted, l.last.accepted) &&
		max(e.length, l.last.length) > 1.25*min(e.length, l.last.length)
}

func near(a, b int) bool { return a-b <= 1 && b-a <= 1 }

// forget drops what was learned from refusals that were not meant for this
// scope. It goes on at speed.
func (l *learner) forget(speed float64) {
	l.mode, l.speed, l.target = starting, speed, 0
	l.quota, l.burst, l.former, l.saved, l.window = 0, 0, 0, 0, 0
	l.refused, l.last, l.sharp, l.unsure = math.Inf(1), event{}, event{}, 0
	l.counter = counter{}
}

// found returns the rate to start the next run with; 0 if no limit showed.
func (l *learner) found() float64 {
	switch {
	case l.quota > 0:
		return l.quota * 0.99
	case l.last.at > 0:
		return l.speed
	}
	return 0
}
