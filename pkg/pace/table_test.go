package pace_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"muster/pkg/pace"
)

// A scenario is a server and what it is asked to do.
type scenario struct {
	name   string
	load   load
	quota  float64 // of all customers together, as somebody who knew it would configure it
	server func(*rand.Rand) server
}

// A contender is a policy in the table.
type contender struct {
	name string
	make func(s scenario, seed uint64) func() policy
}

var usual = [2]time.Duration{100 * time.Millisecond, 200 * time.Millisecond}

func lenient(quota, burst, from, to float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return &bucket{quota: steady(quota), burst: burst, retry: between(r, from, to)}
	}
}

func strict(quota, burst, from, to float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server {
		return &bucket{quota: steady(quota), burst: burst, retry: between(r, from, to), strict: true}
	}
}

func changing(burst, from, to float64, quota func(time.Duration) float64) func(*rand.Rand) server {
	return func(r *rand.Rand) server { return &bucket{quota: quota, burst: burst, retry: between(r, from, to)} }
}

func fixedWindow(limit int, period time.Duration) func(*rand.Rand) server {
	return func(*rand.Rand) server { return &counter{limit: limit, period: period} }
}

func halvesAndReturns(now time.Duration) float64 {
	if now > 100*time.Second && now < 300*time.Second {
		return 100
	}
	return 200
}

// rows is a load of one customer over a hundred times the latency.
func rows(n int) load { return load{rows: n, workers: 128, latency: usual} }

// own says that every customer is a scope of its own.
func own(customer int) int { return customer }

// table holds the servers of the pacing table, for jobs of n rows.
func table(n int) []scenario {
	return []scenario{
		{"lenient 200/s burst 50", rows(n), 200, lenient(200, 50, 1, 5)},
		{"strict 200/s burst 50", rows(n), 200, strict(200, 50, 1, 5)},
		{"halves at 100 s, back at 300 s", rows(n), 200, changing(50, 1, 5, halvesAndReturns)},
		{"window 12,000 a minute", rows(n), 200, fixedWindow(12000, time.Minute)},
		{"lenient, Retry-After 57", rows(n), 200, lenient(200, 50, 57, 57)},
		{"lenient, latency 20-400 ms", load{rows: n, workers: 128, latency: [2]time.Duration{20 * time.Millisecond, 400 * time.Millisecond}},
			200, lenient(200, 50, 1, 5)},
		{"two customers, 150/s and 50/s", load{rows: n / 2, customers: 2, workers: 64, latency: usual, scope: own}, 200,
			func(r *rand.Rand) server { return each{lenient(150, 40, 1, 5)(r), lenient(50, 10, 1, 5)(r)} }},
	}
}

// strangers are servers that no constant of the pacer was tuned on.
func strangers() []scenario {
	noisy := [2]time.Duration{20 * time.Millisecond, 400 * time.Millisecond}
	slow := [2]time.Duration{300 * time.Millisecond, 900 * time.Millisecond}
	drift := func(now time.Duration) float64 {
		switch {
		case now < 60*time.Second:
			return 300
		case now < 180*time.Second:
			return 150
		}
		return 220
	}
	return []scenario{
		{"60/s burst 120, noisy", load{rows: 18000, workers: 64, latency: noisy}, 60, lenient(60, 120, 2, 8)},
		{"the same, strict", load{rows: 18000, workers: 64, latency: noisy}, 60, strict(60, 120, 2, 8)},
		{"40/s burst 10, slow", load{rows: 12000, workers: 128, latency: slow}, 40, lenient(40, 10, 1, 10)},
		{"the same, strict", load{rows: 12000, workers: 128, latency: slow}, 40, strict(40, 10, 1, 10)},
		{"15/s burst 3, Retry-After 5", load{rows: 3000, workers: 16, latency: usual}, 15, lenient(15, 3, 5, 5)},
		{"350/s burst 35, Retry-After 10", rows(70000), 350, lenient(350, 35, 10, 10)},
		{"700/s burst 200", load{rows: 200000, workers: 256, latency: usual}, 700, lenient(700, 200, 1, 3)},
		{"the same, strict", load{rows: 200000, workers: 256, latency: usual}, 700, strict(700, 200, 1, 3)},
		{"2,000/s burst 400", load{rows: 200000, workers: 512, latency: usual}, 2000, lenient(2000, 400, 1, 2)},
		{"300, then 150, then 220/s", rows(50000), 220, changing(60, 1, 2, drift)},
		{"window 3,000 in 30 s", load{rows: 15500, workers: 64, latency: usual}, 100, fixedWindow(3000, 30*time.Second)},
		{"window 300 a minute", load{rows: 1600, workers: 16, latency: usual}, 5, fixedWindow(300, time.Minute)},
	}
}

var contenders = []contender{
	{"muster", func(s scenario, seed uint64) func() policy {
		customers := max(s.load.customers, 1)
		return newMuster(pace.Limits{InFlight: s.load.workers * customers, Seed: seed}, customers, nil)
	}},
	{"SEEK: slow start, bisect, hold", func(scenario, uint64) func() policy { return newSeek }},
	{"AIMD x0.9 +0.5/s, shared pause", func(scenario, uint64) func() policy { return newAIMD(0.5, 0.9) }},
	{"each request waits, 5 tries", func(scenario, uint64) func() policy {
		return func() policy { return perRequest{tries: 5} }
	}},
	{"fixed at 80 % of the quota", func(s scenario, _ uint64) func() policy {
		return func() policy { return fixed{rate.NewLimiter(rate.Limit(0.8*s.quota), 1)} }
	}},
}

// TestPacingTable prints how the pacer and what others do fare against the same
// servers. Jobs of 12,000 rows and one seed, unless MUSTER_PACING_TABLE=full:
// then 60,000 too, servers that the pacer was not tuned on, and medians of three
// seeds.
func TestPacingTable(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures; go test without -short does")
	}
	scenarios, seeds := table(12000), uint64(1)
	if os.Getenv("MUSTER_PACING_TABLE") == "full" {
		scenarios, seeds = slices.Concat(table(60000), table(12000)[:2], strangers()), 3
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%-32s %-32s %6s %8s %5s %7s %7s\n", "server", "policy", "eff", "refused", "lost", "inside", "stall")
	for _, s := range scenarios {
		for _, c := range contenders {
			var outcomes []outcome
			for seed := range seeds {
				outcomes = append(outcomes, simulate(t, s.load, seed, s.server, c.make(s, seed)))
			}
			o := median(outcomes)
			fmt.Fprintf(&text, "%-32s %-32s %6.3f %7.2f%% %5d %7d %6.1fs\n",
				s.name, c.name, o.efficiency(), 100*o.share(), o.lost, o.inside, o.stall.Seconds())
			if c.name == "muster" && (o.lost > 0 || o.inside > 0) {
				t.Errorf("%s: got %d rows lost and %d requests inside a window, want none", s.name, o.lost, o.inside)
			}
		}
	}
	t.Log(text.String())
}

// median returns the outcome of middling efficiency.
func median(outcomes []outcome) outcome {
	sorted := slices.SortedFunc(slices.Values(outcomes), func(a, b outcome) int {
		return int(1e6 * (a.efficiency() - b.efficiency()))
	})
	return sorted[len(sorted)/2]
}

// TestAims holds what the pacer is built for: the mean over a few seeds, less
// what chance may do to it.
func TestAims(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures; go test without -short does")
	}
	for _, aim := range []struct {
		scenario   scenario
		remembered bool
		seeds      uint64
		efficiency float64
		refused    float64 // by any seed
	}{
		{table(60000)[0], false, 3, 0.95, 0.003},
		{table(60000)[1], false, 3, 0.95, 0.003},
		{table(60000)[2], false, 3, 0.90, 0.003},
		{table(60000)[3], false, 3, 0.99, 0.005},
		{table(12000)[0], false, 6, 0.85, 0.006},
		{table(12000)[1], false, 6, 0.85, 0.012},
		{table(12000)[0], true, 3, 0.95, 0.003},
		{table(12000)[1], true, 3, 0.95, 0.003},
	} {
		s, mean := aim.scenario, 0.0
		for seed := range aim.seeds {
			var starts []float64
			if aim.remembered {
				starts = simulate(t, rows(6000), seed+100, s.server, contenders[0].make(s, seed)).found
			}
			o := simulate(t, s.load, seed, s.server, newMuster(pace.Limits{InFlight: 128, Seed: seed}, 1, starts))
			mean += o.efficiency() / float64(aim.seeds)
			if o.share() > aim.refused || o.inside > 0 {
				t.Errorf("%s, seed %d: got %.4f refused and %d inside a window, want at most %.4f and 0", s.name, seed, o.share(), o.inside, aim.refused)
			}
		}
		t.Logf("%s, %d rows, remembered %v: %.3f", s.name, s.load.rows, aim.remembered, mean)
		if mean < aim.efficiency-0.01 {
			t.Errorf("%s, %d rows, remembered %v: got efficiency %.3f, want %.2f", s.name, s.load.rows, aim.remembered, mean, aim.efficiency)
		}
	}
}
