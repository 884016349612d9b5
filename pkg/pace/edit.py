s=open('learn.go').read()
a=s.index('	if l.burst == 0 && e.after > 2 {'); b=s.index('	return cost + miss*miss/2, burst')
s=s[:a]+s[b:]
s=s.replace('''	after    int     // attempts accepted that started after at: the bucket was empty, so this is what the quota let in,
	span     float64 // if anything, in so many seconds
''','')
a=s.index('	e := event{\n'); b=s.index('	l.trace, l.passed, l.refused')
s=s[:a]+'''	e := event{at: l.refused, pause: now - l.refused, accepted: l.accepted, length: l.refused - l.resumed, trace: l.trace}
'''+s[b:]
s=s.replace('l.trace, l.passed, l.refused, l.resumed = trace{}, trace{}, math.Inf(1), now','l.trace, l.accepted, l.refused, l.resumed = trace{}, 0, math.Inf(1), now')
s=s.replace('	passed   trace   // those of them that were accepted\n','	accepted int     // of them: accepted\n').replace('l.passed.add(start)','l.accepted++')
open('learn.go','w').write(s)
s=open('trace.go').read()
a=s.index('// end returns'); b=s.index('// demand returns the burst')
s=s[:a]+s[b:]
open('trace.go','w').write(s)
s=open('sim_test.go').read()
s=s.replace('''	if b.strict && now < b.closed {
		return b.retry()
	}''','''	if b.strict && now < b.closed {
		return b.closed - now
	}''')
open('sim_test.go','w').write(s)
