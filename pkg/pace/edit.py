s=open('learn.go').read()
# split estimate part
a=s.index('// estimate returns the quota'); b=s.index('// sameWindow reports')
est=s[a:b]; s=s[:a]+s[b:]
a=s.index('func (e *event) demand'); b=s.index('// forget drops')
est+=s[a:b]; s=s[:a]+s[b:]
a=s.index('// An event is a refusal'); b=s.index('const (\n\tfirstSpeed')
ev=s[a:b]; s=s[:a]+s[b:]
open('estimate.go','w').write('package pace\n\nimport "math"\n\n'+ev+est)
s=s.replace('''	priorBurst = 0.25 // seconds' worth of quota in a burst, before it is known
)''','''	minSpeed   = 0.05 // even after many refusals
	gain       = 2.0  // what an answer adds to the speed while starting

	trust      = 0.15 // doubt up to which an estimate is taken for the quota
	dearPause  = 10.0 // seconds from which on a second refusal is to be avoided even at half speed
	patience   = 60   // times the pause between two looks for a higher quota: they cost 1 or 2 %
	longest    = 900  // seconds between them at most
	firstLook  = 75   // seconds to the first one after a start at a remembered rate
	alert      = 6    // times the pause between looks after the quota has fallen
	quickClimb = 0.1  // growth a second once the quota has been seen to rise
)''')
s=s.replace('''// accept notes''','''// accept notes''')
s=s.replace('l.speed, l.target, l.hold = start/2, start, 75','l.speed, l.target, l.hold = start/2, start, firstLook')
s=s.replace('(1+(now-l.since)/accT)','(1+(now-l.since)/2)')
s=s.replace('above := max(probeX, l.burst/l.quota/10)','above := max(0.03, l.burst/l.quota/10)')
s=s.replace('l.quota*0.985, 60*l.pause','l.quota*0.985, patience*l.pause')
s=s.replace('	l.slope = 0.1\n','	l.slope = quickClimb\n')
a=s.index('func (l *learner) observe'); b=s.index('// refuse notes')
s=s[:a]+'''// observe keeps the usual time to an answer, and a quiet one to compare it with:
// the lowest average seen, which slowly gives in where answers stay slow.
func (l *learner) observe(latency float64) {
	l.answers++
	weight := max(0.1, 1/float64(l.answers))
	l.spread += (math.Abs(latency-l.latency) - l.spread) * weight / 2
	l.latency += (latency - l.latency) * weight
	l.quiet += (l.latency - l.quiet) / 500
	if l.answers <= 20 || l.latency < l.quiet {
		l.quiet = l.latency
	}
}

// congested reports whether answers take much longer than they used to: the
// service is queueing, and more speed would only lengthen the queue.
func (l *learner) congested() bool { return l.latency > 2.5*l.quiet+0.05 }

'''+s[b:]
s=s.replace('''	latency, spread, quiet float64 // seconds to an answer: smoothed, mean deviation, lowest
''','''	answers                int
	latency, spread, quiet float64 // seconds to an answer: smoothed, mean deviation, when it was quick
''')
s=s.replace('''// refuse notes that an attempt which began at start was refused.
// What counts is the order of arrival, which lies midway to the answer.
func (l *learner) refuse(start, now float64) {''','''// refuse notes that an attempt which began at start was refused.
func (l *learner) refuse(start float64) {''')
s=s.replace('	l.debug(now, e, l.quota, l.mode == settled)\n','')
a=s.index('func (l *learner) learn(e event'); b=s.index('// sameWindow reports')
s=s[:a]+'''// learn decides how to go on after a refusal.
func (l *learner) learn(e event, now float64) {
	if l.sameWindow(e) {
		l.window = e.accepted
		l.quota = float64(l.window) / (e.length + e.pause)
		l.enter(windowed, now)
		return
	}
	l.window = 0
	quota, doubt := l.estimate(e)
	if doubt > trust {
		l.grope(e, quota, now)
		return
	}
	l.unsure = 0
	if l.quota > 0 && quota < 0.9*l.quota {
		l.former, l.tried = max(l.former, l.quota), 0
	}
	l.quota = quota
	l.speed = quota * (1 - min(0.004+0.6*doubt, 0.08))
	l.hold = min(max(l.pause*min(max(1/doubt, 8), patience), 30), longest)
	if l.former > 0 {
		l.hold = min(l.hold, l.pause*alert*math.Pow(1.2, float64(l.tried)))
		l.tried++
	}
	l.enter(settled, now)
}

// grope goes on from a quota that is little more than a guess, climbing towards
// the next refusal; the dearer that is, the more slowly. Where the pause is long,
// as it is with a window of a minute, half the speed loses nothing as long as it
// still uses the window up, and tells a window from a bucket.
func (l *learner) grope(e event, quota, now float64) {
	l.quota = 0
	l.speed = quota * math.Pow(0.93, float64(min(l.unsure, 20)))
	l.unsure++
	if e.pause > dearPause {
		lately := float64(e.trace.count(e.at-1, e.at))
		l.speed = min(l.speed, max(lately/2, 1.15*float64(e.accepted)/(e.length+e.pause)))
	}
	l.speed = max(l.speed, minSpeed)
	l.enter(climbing, now)
	l.slope = min(max(0.02/l.pause, 0.001), 0.05)
}

'''+s[b:]
open('learn.go','w').write(s)
e=open('estimate.go').read()
e=e.replace('''func (e *event) demand(rate''','''// demand returns the burst that a bucket refilled at rate must have held.
func (e *event) demand(rate''')
e=e.replace('''// An event is''','''// usualBurst is the size of a burst, in seconds' worth of quota, that is guessed
// before one is known; oddBurst is the factor, as a logarithm, by which it may
// well be off.
const (
	usualBurst = 0.25
	oddBurst   = 1.2
)

// An event is''').replace('''math.Log((burst+1)/(priorBurst*quota+1)) / 1.2''','''math.Log((burst+1)/(usualBurst*quota+1)) / oddBurst''')
e=e.replace('doubt < 0.15','doubt < trust').replace('doubt = max(doubt, 0.2) // the usual size of a burst is but a guess','doubt = 1 // the usual size of a burst is but a guess')
open('estimate.go','w').write(e)
s=open('pacer.go').read()
s=s.replace('limited.learner.refuse(limited.clock(start), limited.clock(now))','limited.learner.refuse(limited.clock(start))')
s=s.replace('p.run.learner.refuse(p.run.clock(p.blame.from), p.run.clock(now))','p.run.learner.refuse(p.run.clock(p.blame.from))')
s=s.replace('if l := &p.run.learner; l.mode == starting {','if l := &p.run.learner; l.mode == starting && l.target == 0 {')
open('pacer.go','w').write(s)
