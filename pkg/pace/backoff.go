package pace

import "time"

// Backoff is the wait before trying again an attempt that failed without being
// throttled. attempt counts from 1; the wait doubles from 1 s to at most 30 s,
// and a random half of it is taken off so that many do not return together.
// rnd yields numbers in [0,1), as [math/rand/v2.Float64] does.
func Backoff(attempt int, rnd func() float64) time.Duration {
	wait := min(time.Second<<min(max(attempt-1, 0), 5), 30*time.Second)
	return wait/2 + time.Duration(rnd()*float64(wait/2))
}
