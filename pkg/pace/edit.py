s=open('learn.go').read()
s=s.replace('''	if e.pause > dearPause {
		lately := float64(e.trace.count(e.at-1, e.at))
		l.speed = min(l.speed, max(lately/2, 1.15*float64(e.accepted)/(e.length+e.pause)))
	}
''','''	lately := float64(e.trace.count(e.at-1, e.at))
	if e.pause > dearPause && l.speed > 0.8*lately {
		l.speed = max(lately/2, 1.15*float64(e.accepted)/(e.length+e.pause))
	}
''')
s=s.replace('max(2, l.pause/3)','max(2, l.pause/6)')
open('learn.go','w').write(s)
