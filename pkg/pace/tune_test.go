package pace_test

import (
	"muster/pkg/pace"
	"os"
	"sort"
	"strings"
	"testing"
)

var more = []scenario{
	{"b1 12k", rows(12000), lenient(200, 1, 1, 5)},
	{"b10 12k", rows(12000), lenient(200, 10, 1, 5)},
	{"b200 12k", rows(12000), lenient(200, 200, 1, 5)},
	{"b1000 12k", rows(12000), lenient(200, 1000, 1, 5)},
	{"b200 strict 12k", rows(12000), strict(200, 200, 1, 5)},
	{"RA1 12k", rows(12000), lenient(200, 50, 1, 1)},
}

func TestTune(t *testing.T) {
	for _, s := range append(append([]scenario{}, scenarios...), more...) {
		if f := os.Getenv("ONLY"); f != "" && !strings.Contains(s.name, f) {
			continue
		}
		var e, r []float64
		for seed := range uint64(7) {
			o := simulate(t, s.load, seed+1, s.server, newMuster(pace.Limits{InFlight: s.load.workers, Seed: seed}, 1, 0))
			if os.Getenv("DBG") != "" {
				t.Logf("seed %d: %.3f %.3f", seed, o.efficiency(), o.share()*100)
			}
			e = append(e, o.efficiency())
			r = append(r, o.share()*100)
		}
		sort.Float64s(e)
		sort.Float64s(r)
		t.Logf("%-20s  eff min %.3f med %.3f  429 med %.3f max %.3f", s.name, e[0], e[3], r[3], r[6])
	}
}
