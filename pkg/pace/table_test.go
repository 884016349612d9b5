package pace_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"muster/pkg/pace"
)

// A scenario is a server and a load.
type scenario struct {
	name   string
	load   load
	server func(*rand.Rand) server
}

var usual = [2]time.Duration{100 * time.Millisecond, 200 * time.Millisecond}

func lenient(quota, burst, from, to float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return &bucket{quota: steady(quota), burst: burst, retry: between(r, seconds(from), seconds(to))}
	}
}

func strict(quota, burst, from, to float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return &bucket{quota: steady(quota), burst: burst, retry: between(r, seconds(from), seconds(to)), strict: true}
	}
}

func changing(burst float64, quota func(time.Duration) float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return &bucket{quota: quota, burst: burst, retry: between(r, seconds(1), seconds(5))}
	}
}

func halvesAndReturns(now time.Duration) float64 {
	if now > 100*time.Second && now < 300*time.Second {
		return 100
	}
	return 200
}

func fixedWindow(limit int, period time.Duration) func(*rand.Rand) server {
	return func(*rand.Rand) server { return &counter{limit: limit, period: period} }
}

func rows(n int) load { return load{rows: n, workers: 128, latency: usual} }

var scenarios = []scenario{
	{"lenient 60k", rows(60000), lenient(200, 50, 1, 5)},
	{"strict 60k", rows(60000), strict(200, 50, 1, 5)},
	{"halves and returns", rows(60000), changing(50, halvesAndReturns)},
	{"halves for good", rows(60000), changing(50, func(now time.Duration) float64 {
		if now > 100*time.Second {
			return 100
		}
		return 200
	})},
	{"window 12,000/min", rows(60000), fixedWindow(12000, time.Minute)},
	{"lenient 12k", rows(12000), lenient(200, 50, 1, 5)},
	{"strict 12k", rows(12000), strict(200, 50, 1, 5)},
	{"RA 57 12k", rows(12000), lenient(200, 50, 57, 57)},
	{"RA 57 60k", rows(60000), lenient(200, 50, 57, 57)},
}

func TestTry(t *testing.T) {
	for _, s := range scenarios {
		if f := os.Getenv("ONLY"); f != "" && !strings.Contains(s.name, f) {
			continue
		}
		for seed := range uint64(3) {
			o := simulate(t, s.load, seed+1, s.server, newMuster(pace.Limits{InFlight: s.load.workers, Seed: seed}, 1, 0))
			t.Logf("%-20s %d  eff %.3f  429 %.3f%%  inside %d  stall %.2f  req/s max %d found %.1f  actual %.1f", s.name, seed, o.efficiency(), 100*o.share(), o.inside, o.stall.Seconds(), o.busiest, o.found, o.actual.Seconds())
		}
	}
}

var _ = fmt.Sprint
var _ = rate.Inf
