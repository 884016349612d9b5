package provision

import (
	"errors"
	"strings"
	"testing"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// panics is a watcher with a bug.
type panics struct{}

func (panics) Survey(int, int)                {}
func (panics) Attempt(Attempt)                {}
func (panics) Settled(string, results.Status) { panic("boom") }

// A bug ends the run in order: with a sentence that has no stack in it, which is in
// the log, and a ledger that goes on.
func TestABug(t *testing.T) {
	bubble(t, "", simulate.Scenario{}, func(w *world) {
		people := staff(10)
		w.input(rowsOf(people)...)
		w.batch = func(b *Batch) { b.Watcher = panics{} }
		_, _, err := w.start(doom{}, nil).apply(w.t.Context())
		var bug *bugError
		if !errors.As(err, &bug) || strings.Contains(err.Error(), "goroutine") || !strings.Contains(err.Error(), bug.run.String()) {
			t.Errorf("%v, want a sentence with the id of the run", err)
		}
		if !strings.Contains(w.log.String(), "bug_test.go") {
			t.Error("the log does not say where it was")
		}
		w.batch = nil
		if _, err := w.applied(people); err != nil {
			t.Fatal(err)
		}
		w.checkFinished(people, nil)
	})
}
