package pace

import (
	"math"
	"time"
)

// observe keeps the time between answers, the usual time to an answer, and a quiet
// one to compare it with: the lowest average seen, which slowly gives in where
// answers stay slow.
func (l *learner) observe(latency, now float64) {
	l.answers++
	weight := max(0.1, 1/float64(l.answers))
	l.spread += (math.Abs(latency-l.latency) - l.spread) * weight / 2
	l.latency += (latency - l.latency) * weight
	l.quiet += (l.latency - l.quiet) / 5000
	gap := now - l.answered
	if l.answers > 20 {
		gap = min(gap, 5*l.interval) // longer: a pause, or a lack of work
	}
	l.interval += (gap - l.interval) * max(0.02, 1/float64(l.answers))
	l.answered = now
	if l.answers <= 20 || l.latency < l.quiet {
		l.quiet = l.latency
	}
}

// congested reports whether answers take much longer than they used to. Then the
// service is queueing, and more speed would only lengthen the queue.
func (l *learner) congested() bool { return l.latency > 2.5*l.quiet+0.05 }

// lag returns by how much an attempt may arrive before another that left earlier:
// half the deviation of the latency is that of the way there.
func (l *learner) lag() time.Duration { return time.Duration(l.spread / 2 * float64(time.Second)) }

// noise returns by how many tokens an observed demand may be off, as attempts
// arrive in another order than they left.
func (l *learner) noise(quota float64) float64 { return 1 + quota*l.spread }

// relieve stops growth while answers take long, and goes a little slower than
// they come if that lasts: a hiccup is no queue. The service may have become slow
// all by itself; then no more than a tenth is lost, and observe gets used to it.
func (l *learner) relieve(now float64) {
	if l.crowded == 0 {
		l.crowded = now
	}
	due := l.crowded + 0.25
	if l.relieved >= l.crowded {
		due = l.relieved + 10
	}
	if now > due {
		l.speed = min(l.speed, 0.9/l.interval)
		l.relieved = now
	}
}

// gain is what an answer adds to the speed while it is starting: the quicker the
// answers, and so the news of a refusal, the more. The speed doubles in one or two
// times that an answer takes; but in no less than a tenth of a second as long as
// few would pass in that, since a burst that is used up at once tells nothing of
// the quota behind it: somewhat less where answers take less than 7 ms.
func (l *learner) gain(now float64) float64 {
	if l.relieved > 0 && now < l.relieved+30 {
		return 0.1
	}
	square := l.speed * l.speed
	return min(max(0.5/l.latency, 2)*(1+square/1e6), max(8, 0.06/l.latency)*(1+square*square/4e10))
}
