package pace_test

import (
	"testing"
	"time"
)

// Refusals that have nothing to do with speed cost their pauses, and not the
// speed.
func TestWhims(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		share float64
		wait  string        // Retry-After; "": none
		most  time.Duration // of the mean
	}{
		{0.02, "1", 75 * time.Second},
		{0.05, "1", 90 * time.Second},
		{0.1, "1", 2 * time.Minute},
		{0.2, "1", 3 * time.Minute},
		{0.1, "0", 22 * time.Second},
		{0.1, "", 2 * time.Minute},
	} {
		const seeds = 6
		mean := time.Duration(0)
		for seed := range uint64(seeds) {
			s := service("whims", jobs(600, 1), 16, usual)
			s.whims, s.whimWait = tt.share, tt.wait
			mean += run(t, s, seed, 16, newMuster(s, seed, nil)).actual / seeds
		}
		t.Logf("%v refused, Retry-After %q: %v in the mean, seeds 0 to %d", tt.share, tt.wait, mean, seeds-1)
		if mean > tt.most {
			t.Errorf("%v refused, Retry-After %q: took %v in the mean, want at most %v", tt.share, tt.wait, mean, tt.most)
		}
	}
}
