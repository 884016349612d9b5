package provision

import (
	"bytes"
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/simulate"
)

// Of its part of the stage a lane gets all that is free, once that is half of it,
// and lanes that come and go share the stage anew.
func TestPlacesOnTheStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a, b := newStage(16), &lane{}, &lane{}
		s.open(a)
		check := func(what string, l *lane, want int) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if got := s.enter(ctx, l); got != want {
				t.Errorf("%s: got %d places, want %d", what, got, want)
			}
		}
		check("nobody there", a, 16)
		s.leave(a, 7)
		check("less than half is free", a, 0)
		s.leave(a, 1)
		check("half is free", a, 8)
		s.open(b)
		check("the stage is shared", b, 8)
		s.leave(a, 8)
		check("the part is full", a, 0)
		go func() {
			time.Sleep(time.Millisecond)
			s.close(b)
		}()
		check("the other lane is done", a, 8)
		go func() {
			for range 8 {
				time.Sleep(time.Millisecond)
				s.leave(a, 1)
			}
		}()
		check("places become free one by one", a, 8)
		synctest.Wait()
	})
}

// The intents of many rows go into the ledger together, though the answers come
// one by one, which would make a sync for each.
func TestIntentsAreWrittenInBatches(t *testing.T) {
	sc := simulate.Scenario{Latency: simulate.Latency{Min: 50 * time.Millisecond, Max: 400 * time.Millisecond}}
	bubble(t, "slow", sc, func(w *world) {
		people := staff(200)
		if _, err := w.applied(people); err != nil {
			t.Fatal(err)
		}
		w.checkFinished(people, nil)
		content, err := os.ReadFile(w.path("staff.ledger.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		inARow, intents := 0, 0
		for line := range bytes.Lines(content) {
			if bytes.Contains(line, []byte(`"type":"intent"`)) {
				inARow, intents = inARow+1, intents+1
				continue
			}
			if half := staged * 8 / 2; 0 < inARow && inARow < half && intents < len(people) {
				t.Errorf("%d intents were written alone, want at least %d together", inARow, half)
			}
			inARow = 0
		}
	})
}
