package pace_test

import "time"

// ideal returns when each customer would be done if somebody who knew the quotas
// used them to the full, with what is in flight and the quotas that are shared
// divided equally.
func (s scenario) ideal() []time.Duration {
	const step = 10 * time.Millisecond
	latency := (s.service.Latency.Min + max(s.service.Latency.Min, s.service.Latency.Max)) / 2
	f := fluid{scenario: s, left: make([]float64, len(s.jobs)), done: make([]time.Duration, len(s.jobs)), levels: make([][]float64, len(s.service.Quotas))}
	for c, j := range s.jobs {
		f.left[c] = float64(j.rows)
	}
	for i := range f.levels {
		f.levels[i] = make([]float64, len(s.jobs))
	}
	for now := time.Duration(0); !f.empty(); now += step {
		f.refill(now, step)
		f.pour(now, float64(s.inFlight)*step.Seconds()/max(latency, 100*time.Microsecond).Seconds())
	}
	return f.done
}

// A fluid serves rows in fractions.
type fluid struct {
	scenario
	left   []float64
	done   []time.Duration
	levels [][]float64 // by quota and customer, or at 0 if they share it
}

func (f *fluid) empty() bool {
	for _, n := range f.left {
		if n > 0 {
			return false
		}
	}
	return true
}

func (f *fluid) refill(now, step time.Duration) {
	for i, q := range f.service.Quotas {
		rate, limit := q.Rate, q.Limit
		for _, s := range q.Steps {
			if now >= s.After {
				rate, limit = s.Rate, s.Limit
			}
		}
		for c := range f.levels[i] {
			switch {
			case q.Period > 0 && now%q.Period == 0:
				f.levels[i][c] = float64(limit)
			case q.Period > 0:
			case now == 0:
				f.levels[i][c] = float64(max(q.Burst, 1))
			default:
				f.levels[i][c] = min(float64(max(q.Burst, 1)), f.levels[i][c]+rate*step.Seconds())
			}
		}
	}
}

// pour serves at most top rows, in rounds of equal shares.
func (f *fluid) pour(now time.Duration, top float64) {
	for range 3 {
		active := 0
		for c := range f.left {
			if f.left[c] > 0 && f.jobs[c].after <= now {
				active++
			}
		}
		share := top / float64(max(active, 1))
		for c := range f.left {
			if f.left[c] <= 0 || f.jobs[c].after > now {
				continue
			}
			n := min(share, f.left[c])
			for i, q := range f.service.Quotas {
				if q.PerCustomer {
					if q.Customer == "" || q.Customer == tenant(c) {
						n = min(n, f.levels[i][c])
					}
				} else {
					n = min(n, f.levels[i][0]/float64(active))
				}
			}
			f.take(c, n, now)
			top -= n
		}
	}
}

func (f *fluid) take(c int, n float64, now time.Duration) {
	for i, q := range f.service.Quotas {
		switch {
		case !q.PerCustomer:
			f.levels[i][0] -= n
		case q.Customer == "" || q.Customer == tenant(c):
			f.levels[i][c] -= n
		}
	}
	if f.left[c] -= n; f.left[c] < 1e-3 {
		f.left[c], f.done[c] = 0, now
	}
}
