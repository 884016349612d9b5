package pace_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/time/rate"
)

// A contender is a policy in the table.
type contender struct {
	name string
	make func(s scenario, seed uint64) func() policy
}

var contenders = []contender{
	{"muster", func(s scenario, seed uint64) func() policy { return newMuster(s, seed, nil) }},
	{"SEEK: slow start, bisect, hold", func(scenario, uint64) func() policy { return newSeek }},
	{"AIMD x0.9 +0.5/s, shared pause", func(scenario, uint64) func() policy { return newAIMD(0.5, 0.9) }},
	{"each request waits, 5 tries", func(scenario, uint64) func() policy {
		return func() policy { return perRequest{tries: 5} }
	}},
	{"fixed at 80 % of the quota", func(s scenario, _ uint64) func() policy {
		return func() policy { return fixed{rate.NewLimiter(rate.Limit(0.8*s.total()), 1)} }
	}},
}

// workers returns how many rows of each customer a contender has in hand: muster
// bounds by itself what is in flight, the others by their workers.
func (c contender) workers(s scenario) int {
	if c.name == "muster" {
		return s.inFlight
	}
	return (s.inFlight + len(s.jobs) - 1) / len(s.jobs)
}

// TestPacingTable prints how the pacer and, with -v, what others do fare against the
// same emulated services: jobs of 12,000 rows, and some with many customers. With
// MUSTER_PACING_TABLE=full there are jobs of 60,000 rows too, more with many
// customers, and the pacer alone at services that it was not tuned on.
// "each" is the mean of ideal ÷ actual time over the customers, "early" counts
// requests inside a Retry-After window, "stall" is the longest time without a
// request beyond the stated waits.
func TestPacingTable(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it measures; go test without -short does")
	}
	scenarios, alone := slices.Concat(table(12000), many()[:8]), []scenario(nil)
	if os.Getenv("MUSTER_PACING_TABLE") == "full" {
		scenarios, alone = slices.Concat(table(60000), table(12000), many()), strangers()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%-37s %-31s %7s %7s %6s %6s %8s %5s %6s %7s\n", "service", "policy", "ideal", "actual", "eff", "each", "refused", "lost", "early", "stall")
	for i, s := range slices.Concat(scenarios, alone) {
		for _, c := range contenders {
			if c.name != contenders[0].name && (!testing.Verbose() || i >= len(scenarios) || s.total() == 0) {
				continue
			}
			o := run(t, s, 0, c.workers(s), c.make(s, 0))
			fmt.Fprintf(&text, "%-37s %-31s %6.1fs %6.1fs %6.3f %6.3f %7.2f%% %5d %6d %6.1fs\n", s.name, c.name,
				o.ideal.Seconds(), o.actual.Seconds(), o.efficiency(), o.mean, 100*o.share(), o.lost, o.early, o.stall.Seconds())
			if c.name == contenders[0].name && o.lost+o.early > 0 {
				t.Errorf("%s: got %d rows lost and %d requests inside a window, want none", s.name, o.lost, o.early)
			}
		}
	}
	t.Log(text.String())
}

// TestPacingAims holds what the pacer is built for: the mean over a few seeds, less
// what another throw of the dice may do to it. Here and elsewhere a bound is at least
// three standard deviations away from the mean of some 30 seeds, and beyond the worst
// of them: the run of a seed is always the same, but any change of the policy is
// another throw.
func TestPacingAims(t *testing.T) {
	t.Parallel()
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
		{table(60000)[0], false, 1, 0.95, 0.003},
		{table(60000)[1], false, 1, 0.95, 0.004},
		{table(60000)[2], false, 1, 0.87, 0.003},
		{table(60000)[3], false, 1, 0.99, 0.005},
		{table(12000)[0], false, 4, 0.85, 0.008},
		{table(12000)[1], false, 4, 0.85, 0.013},
		{table(12000)[0], true, 2, 0.95, 0.003},
		{table(12000)[1], true, 2, 0.95, 0.003},
	} {
		s, mean := aim.scenario, 0.0
		for seed := range aim.seeds {
			var starts []float64
			if aim.remembered {
				first := s
				first.jobs = jobs(6000, 1)
				starts = run(t, first, seed+100, s.inFlight, newMuster(s, seed, nil)).found
			}
			o := run(t, s, seed, s.inFlight, newMuster(s, seed, starts))
			mean += o.efficiency() / float64(aim.seeds)
			if o.share() > aim.refused || o.early > 0 {
				t.Errorf("%s, seed %d: got %.4f refused and %d inside a window, want at most %.4f and 0", s.name, seed, o.share(), o.early, aim.refused)
			}
		}
		t.Logf("%s, %d rows, remembered %v: %.3f", s.name, s.jobs[0].rows, aim.remembered, mean)
		if mean < aim.efficiency-0.02 {
			t.Errorf("%s, %d rows, remembered %v: got efficiency %.3f, want %.2f", s.name, s.jobs[0].rows, aim.remembered, mean, aim.efficiency)
		}
	}
}

// With many customers, whoever the limit is for, most of them are done in little
// more time than if it were known, and the last one has not waited for the others'
// searches too.
func TestManyCustomers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it measures; go test without -short does")
	}
	for _, aim := range []struct {
		scenario         scenario
		seeds            uint64
		efficiency, each float64 // of the last customer, and the mean of all
	}{
		{service("6 x 150, 20/s each", jobs(150, 6), 16, usual, each(lenient(20, 5, 1, 1))), 3, 0.65, 0.70},
		{service("6 x 150, shared 60/s", jobs(150, 6), 16, usual, lenient(60, 30, 1, 1)), 3, 0.65, 0.60},
		{service("12 x 50-350, 20/s each", uneven(12), 64, usual, each(lenient(20, 10, 1, 5))), 12, 0.62, 0.64},
		{service("12 x 50-350, shared 60/s", uneven(12), 64, usual, lenient(60, 15, 1, 5)), 3, 0.65, 0.55},
		{service("50 x 100, 20/s each", jobs(100, 50), 256, usual, each(lenient(20, 10, 1, 5))), 3, 0.25, 0.60},
	} {
		s, eff, mean := aim.scenario, 0.0, 0.0
		for seed := range aim.seeds {
			o := run(t, s, seed, s.inFlight, newMuster(s, seed, nil))
			eff, mean = eff+o.efficiency()/float64(aim.seeds), mean+o.mean/float64(aim.seeds)
			if o.early+o.lost > 0 {
				t.Errorf("%s, seed %d: got %d requests inside a window and %d rows lost, want none", s.name, seed, o.early, o.lost)
			}
		}
		t.Logf("%s: %.3f, mean of the customers %.3f", s.name, eff, mean)
		if eff < aim.efficiency || mean < aim.each {
			t.Errorf("%s: got efficiency %.3f and %.3f in the mean, want %.2f and %.2f", s.name, eff, mean, aim.efficiency, aim.each)
		}
	}
}
