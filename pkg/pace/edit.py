s=open('learn.go').read()
s=s.replace("min(max(1/doubt, 8), 60), 30), 900)","min(max(1/doubt, 8), 45), 30), 900)").replace("l.quota*0.985, 60*l.pause","l.quota*0.985, 45*l.pause")
s=s.replace('''	last     event   // the last refusal that taught something
''','''	last     event   // the last refusal that taught something
	sharp    event   // the one that came soonest after a pause: it tells most about the burst
	unsure   int     // refusals in a row that left the quota in doubt
''')
s=s.replace('''	l.last = e
}''','''	l.last = e
	if l.sharp.at == 0 || e.length < l.sharp.length {
		l.sharp = e
	}
}''')
s=s.replace('''		other := l.last.demand(quota)
''','''		other := l.sharp.demand(quota)
''')
s=s.replace('''		l.quota = 0
		l.speed = firstFrac * quota
''','''		l.quota = 0
		l.speed = quota * math.Pow(0.93, float64(l.unsure))
		l.unsure++
''').replace('''	if l.quota > 0 && quota < 0.9*l.quota {''','''	l.unsure = 0
	if l.quota > 0 && quota < 0.9*l.quota {''')
s=s.replace('l.refused, l.last = math.Inf(1), event{}','l.refused, l.last, l.sharp, l.unsure = math.Inf(1), event{}, event{}, 0')
a=s.index('	if l.last.at == 0 {\n		return false'); b=s.index('func (e *event) demand')
s=s[:a]+'''	if l.window > 0 {
		return near(e.accepted, l.window)
	}
	return l.last.at > 0 && e.accepted >= 50 && near(e.accepted, l.last.accepted) &&
		max(e.length, l.last.length) > 1.25*min(e.length, l.last.length)
}

func near(a, b int) bool { return a-b <= 1 && b-a <= 1 }

'''+s[b:]
s=s.replace("l.window = max(e.accepted, l.last.accepted)","l.window = e.accepted")
open('learn.go','w').write(s)
s=open('blame.go').read()
s=s.replace('''	own     tally     // of first
''','''	wire    int       // of them: not answered yet
	own     tally     // of first
''')
s=s.replace('''func (b *blame) note(g *Gate, start, now time.Time, refused bool) {
	if refused''','''// inFlight is how many attempts are still out.
func (b *blame) note(g *Gate, start, now time.Time, refused bool, inFlight int) {
	if refused''').replace('''b.first, b.from, b.to = g, start, now
''','''b.first, b.from, b.to, b.wire = g, start, now, inFlight+1
''').replace('''	if b.first == nil || start.After(b.to) || start.Before(b.from) && !refused {
		return
	}
''','''	if b.first == nil || start.After(b.to) {
		return
	}
	b.wire--
	if start.Before(b.from) && !refused {
		return
	}
''').replace('''	b.judge()
}

// judge changes the verdict if the odds are clear; a verdict once given stands
// until they clearly speak for the other.
func (b *blame) judge() {
	odds''','''	b.judge(b.wire <= 0 || now.Sub(b.to) > time.Second)
}

// judge changes the verdict if the odds are clear; a verdict once given stands
// until they clearly speak for the other. That nobody else is refused shows only
// when all answers are in.
func (b *blame) judge(complete bool) {
	odds''').replace('''	case odds < -2, odds < -1 && b.verdict == unclear:
''','''	case !complete:
	case odds < -2, odds < -1 && b.verdict == unclear:
''')
open('blame.go','w').write(s)
s=open('pacer.go').read()
s=s.replace("p.blame.note(g, start, now, refused)","p.blame.note(g, start, now, refused, p.run.inFlight)")
open('pacer.go','w').write(s)
