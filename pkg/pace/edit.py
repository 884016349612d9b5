s=open('learn.go').read()
a=s.index('	top := max(e.top(), floor*1.001)'); b=s.index('// cost says how badly')
s=s[:a]+'''	top := max(e.top(), floor*1.01)
	quota, burst, doubt := l.search(e, max(floor, top/50), top)
	switch {
	case l.last.at == 0 && l.burst == 0:
		doubt = max(doubt, 0.2) // the usual size of a burst is but a guess
	case l.burst == 0 && doubt < 0.15:
		l.burst = max(burst, 1)
	}
	return quota, doubt
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

'''+s[b:]
s=s.replace('''// cost says how badly a quota explains a refusal.
func (l *learner) cost(e event, quota float64) (cost, burst float64) {
	burst = e.demand(quota)
	noise := math.Hypot(2+quota*l.spread/2, 0.07*l.burst)
	miss := 0.0
''','''// cost says how badly a quota, known to within step, explains a refusal, and the
// burst that goes with it.
func (l *learner) cost(e event, quota, step float64) (cost, burst float64) {
	burst, since := e.trace.demand(quota, e.at)
	noise := math.Hypot(2+quota*l.spread/2, 0.07*l.burst)
	cost = math.Log(noise)
	noise = math.Hypot(noise, step*quota*(e.at-since))
	miss := 0.0
''').replace('''		miss = (burst - l.burst) / noise
		cost = math.Log(noise)
''','''		miss = (burst - l.burst) / noise
''').replace('''		miss = (burst - other) / noise / math.Sqrt2
		cost = math.Log(noise)
''','''		miss = (burst - other) / noise / math.Sqrt2
''').replace('''	default:
		odd :=''','''	default:
		cost = 0
		odd :=''')
s=s.replace('''// top returns the rate that even a bucket without burst would have borne.
func (e *event) top() float64 {
	return solve(0, topSpeed, func(r float64) float64 { return e.demand(r) - 1.5 })
}''','''// top returns a bound for the quota: attempts went faster than it of late.
func (e *event) top() float64 {
	const look = 0.5
	return 1.3 * float64(e.trace.count(e.at-look, e.at)+1) / min(look, max(e.length, 0.1))
}''')
s=s.replace('''		cost = 0
		odd :=''','''		odd :=''')


open('learn.go','w').write(s)
s=open('trace.go').read()
s=s[:s.index('// solve returns')] if '// solve returns' in s else s
open('trace.go','w').write(s)
