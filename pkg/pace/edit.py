s=open('pacer.go').read()
a=s.index('// refused stops whom'); b=s.index('// dispatch lets in')
s=s[:a]+'''// refused stops whom a refusal is meant for: everybody, unless it is clear that
// this customer has a limit of its own.
func (p *Pacer) refused(g *Gate, start, now time.Time, a Answer) {
	p.run.refused++
	g.scope.refused++
	p.consider(g, start, now, true)
	limited := g.scope
	if p.blame.verdict == shared {
		limited = p.run
	}
	limited.learner.refuse(limited.clock(start))
	g.scope.pause(start, now, a)
	if p.blame.verdict == separate {
		return
	}
	if p.blame.verdict == unclear && len(p.gates) > 1 {
		a.RetryAfter = min(a.RetryAfter, MaxRetryAfter) // beyond that this customer is stalled; the others need not be
	}
	p.run.pause(start, now, a)
}

// consider weighs an answer as evidence. When it becomes clear what is limited,
// what was learned about the other kind of scope is void.
func (p *Pacer) consider(g *Gate, start, now time.Time, refused bool) {
	before := p.blame.verdict
	p.blame.note(g, start, now, refused)
	if p.blame.verdict == before {
		return
	}
	speed := p.run.learner.speed
	if p.blame.verdict == separate {
		p.run.lift(now)
		p.run.learner.forget(speed)
		return
	}
	for _, other := range p.gates {
		other.scope.learner.forget(speed)
		if other.scope.pausing(now) {
			p.run.prolong(now, other.scope.until)
		}
	}
	p.run.learner.refuse(p.run.clock(p.blame.from))
}

'''+s[b:]
open('pacer.go','w').write(s)
s=open('scope.go').read()
a=s.index('// forget ends a pause'); b=s.index('// pause stops the scope')
s=s[:a]+'''// lift ends a pause that was not meant for this scope.
func (s *scope) lift(now time.Time) {
	if s.pausing(now) {
		s.pausedFor -= s.until.Sub(now)
		s.until = now
	}
	s.rounds, s.stalled = 0, nil
}

// prolong starts a pause, or makes it longer.
func (s *scope) prolong(now, until time.Time) {
	switch {
	case !s.paused:
		s.paused, s.until = true, until
		s.pauses++
		s.pausedFor += until.Sub(now)
	case until.After(s.until):
		s.pausedFor += until.Sub(later(s.until, now))
		s.until = until
	}
}

'''+s[b:]
a=s.index('	until := now.Add(wait)\n'); b=s.index('	s.stall(now, wait)\n')
s=s[:a]+'	s.prolong(now, now.Add(wait))\n'+s[b:]
s=s.replace('"math"\n\t','')
open('scope.go','w').write(s)
s=open('learn.go').read()
s=s.replace('''// found returns''','''// forget drops what was learned from refusals that were not meant for this
// scope. It goes on at speed.
func (l *learner) forget(speed float64) {
	l.mode, l.speed, l.target = starting, speed, 0
	l.quota, l.burst, l.former, l.window = 0, 0, 0, 0
	l.refused, l.last = math.Inf(1), event{}
}

// found returns''')
open('learn.go','w').write(s)
