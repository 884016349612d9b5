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

var contenders = []contender{
	{"muster", func(s scenario, seed uint64) func() policy {
		return newMuster(pace.Limits{InFlight: 128, Seed: seed}, max(s.load.customers, 1), nil)
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
// then 60,000 and medians of three seeds.
func TestPacingTable(t *testing.T) {
	n, seeds := 12000, uint64(1)
	if os.Getenv("MUSTER_PACING_TABLE") == "full" {
		n, seeds = 60000, 3
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%-32s %-32s %6s %8s %5s %7s %7s\n", "server", "policy", "eff", "refused", "lost", "inside", "stall")
	for _, s := range table(n) {
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

// TestAims holds what the pacer is built for.
func TestAims(t *testing.T) {
	for _, aim := range []struct {
		scenario   scenario
		remembered bool
		efficiency float64 // of the median
		refused    float64 // of any seed
	}{
		{table(60000)[0], false, 0.95, 0.003},
		{table(60000)[1], false, 0.95, 0.003},
		{table(60000)[2], false, 0.90, 0.003},
		{table(60000)[3], false, 0.99, 0.005},
		{table(12000)[0], false, 0.85, 0.005},
		{table(12000)[1], false, 0.85, 0.01},
		{table(12000)[0], true, 0.95, 0.003},
		{table(12000)[1], true, 0.95, 0.003},
	} {
		var outcomes []outcome
		for seed := range uint64(3) {
			var starts []float64
			if aim.remembered {
				starts = simulate(t, rows(6000), seed+100, aim.scenario.server, contenders[0].make(aim.scenario, seed)).found
			}
			o := simulate(t, aim.scenario.load, seed, aim.scenario.server, newMuster(pace.Limits{InFlight: 128, Seed: seed}, 1, starts))
			outcomes = append(outcomes, o)
			if o.share() > aim.refused || o.inside > 0 {
				t.Errorf("%s, seed %d: got %.4f refused and %d inside a window, want at most %.4f and 0", aim.scenario.name, seed, o.share(), o.inside, aim.refused)
			}
		}
		o := median(outcomes)
		t.Logf("%s, %d rows, remembered %v: %.3f, refused %.2f %%", aim.scenario.name, aim.scenario.load.rows, aim.remembered, o.efficiency(), 100*o.share())
		if got := o.efficiency(); got < aim.efficiency {
			t.Errorf("%s, %d rows, remembered %v: got efficiency %.3f, want at least %.2f",
				aim.scenario.name, aim.scenario.load.rows, aim.remembered, got, aim.efficiency)
		}
	}
}
