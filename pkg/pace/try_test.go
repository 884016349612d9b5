package pace_test

import (
	"math/rand/v2"
	"muster/pkg/pace"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMulti(t *testing.T) {
	own := func(c int) int { return c }
	two := func(r *rand.Rand) server { return each{lenient(200, 50, 1, 5)(r), lenient(40, 10, 1, 5)(r)} }
	twoStrict := func(r *rand.Rand) server { return each{strict(200, 50, 1, 5)(r), strict(40, 10, 1, 5)(r)} }
	six := func(r *rand.Rand) server {
		e := each{}
		for range 6 {
			e = append(e, lenient(100, 25, 1, 5)(r))
		}
		return e
	}
	hard := func(r *rand.Rand) server { return each{free{}, lenient(5, 5, 57, 57)(r)} }
	for _, s := range []scenario{
		{"two customers", load{rows: 6000, customers: 2, workers: 64, latency: usual, scope: own}, two},
		{"two strict", load{rows: 6000, customers: 2, workers: 64, latency: usual, scope: own}, twoStrict},
		{"six customers", load{rows: 3000, customers: 6, workers: 32, latency: usual, scope: own}, six},
		{"one hard", load{rows: 500, customers: 2, workers: 8, latency: usual, scope: own}, hard},
		{"shared 2", load{rows: 6000, customers: 2, workers: 64, latency: usual}, lenient(200, 50, 1, 5)},
		{"shared 4 strict", load{rows: 3000, customers: 4, workers: 32, latency: usual}, strict(200, 50, 1, 5)},
		{"shared 8", load{rows: 3000, customers: 8, workers: 16, latency: usual}, lenient(200, 50, 1, 5)},
		{"free 12k", load{rows: 12000, workers: 128, latency: usual}, func(*rand.Rand) server { return free{} }},
		{"free noisy", load{rows: 12000, workers: 128, latency: [2]time.Duration{20 * time.Millisecond, 400 * time.Millisecond}}, func(*rand.Rand) server { return free{} }},
		{"free 50", load{rows: 50, workers: 16, latency: usual}, func(*rand.Rand) server { return free{} }},
		{"free 500", load{rows: 500, workers: 16, latency: usual}, func(*rand.Rand) server { return free{} }},
		{"200/s 500", load{rows: 500, workers: 16, latency: usual}, lenient(200, 50, 1, 5)},
		{"noisy 200/s", load{rows: 12000, workers: 128, latency: [2]time.Duration{20 * time.Millisecond, 400 * time.Millisecond}}, lenient(200, 50, 1, 5)},
		{"5/s", load{rows: 600, workers: 16, latency: usual}, lenient(5, 5, 1, 5)},
		{"40/s", load{rows: 4800, workers: 16, latency: usual}, lenient(40, 10, 1, 10)},
		{"100/s", load{rows: 12000, workers: 64, latency: usual}, lenient(100, 100, 1, 3)},
		{"700/s", load{rows: 84000, workers: 256, latency: usual}, lenient(700, 200, 1, 3)},
		{"500/min", load{rows: 2600, workers: 16, latency: usual}, fixedWindow(500, time.Minute)},
		{"1000/10s", load{rows: 12000, workers: 128, latency: usual}, fixedWindow(1000, 10*time.Second)},
		{"100/1s", load{rows: 12000, workers: 128, latency: usual}, fixedWindow(100, time.Second)},
		{"rises", load{rows: 30000, workers: 128, latency: usual}, func(r *rand.Rand) server {
			return &bucket{quota: func(n time.Duration) float64 {
				if n > 60*time.Second {
					return 200
				}
				return 100
			}, burst: 50, retry: between(r, seconds(1), seconds(1))}
		}},
		{"wobbles", load{rows: 30000, workers: 128, latency: usual}, func(r *rand.Rand) server {
			return &bucket{quota: func(n time.Duration) float64 { return 150 + 50*float64(int(n/(20*time.Second))%2) }, burst: 50, retry: between(r, seconds(1), seconds(3))}
		}},
	} {
		if f := os.Getenv("ONLY"); f != "" && !strings.Contains(s.name, f) {
			continue
		}
		for seed := range uint64(3) {
			inFlight := s.load.workers
			if s.load.customers > 1 {
				inFlight = min(s.load.workers*s.load.customers, 128)
			}
			o := simulate(t, s.load, seed+1, s.server, newMuster(pace.Limits{InFlight: inFlight, Seed: seed}, max(s.load.customers, 1), 0))
			t.Logf("%-20s %d  eff %.3f  429 %.3f%%  inside %d stall %.2f max %d found %.1f actual %.1f each %v lost %d", s.name, seed, o.efficiency(), 100*o.share(), o.inside, o.stall.Seconds(), o.busiest, o.found, o.actual.Seconds(), o.finished, o.lost)
		}
	}
}
