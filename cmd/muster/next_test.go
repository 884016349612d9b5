package main

import (
	"testing"

	"muster/pkg/partner"
	"muster/pkg/results"
)

// The next step follows the hints: nobody is told to mend rows that are not to
// blame.
func TestBlameless(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds []partner.Kind
		want  bool
	}{
		{nil, false},
		{[]partner.Kind{partner.Lost, partner.Unavailable, partner.Garbled, partner.NotSent, partner.Throttled}, true},
		{[]partner.Kind{partner.Lost, partner.BadInput}, false},
		{[]partner.Kind{partner.Conflict}, false},
		{[]partner.Kind{partner.Forbidden}, false},
		{[]partner.Kind{partner.Refused}, false},
	} {
		var causes []results.Cause
		for _, k := range c.kinds {
			e := partner.Error{Op: "create user", Kind: k}
			causes = append(causes, results.Cause{Status: results.Failed, Error: e.Error(), Hint: e.Advice()})
		}
		if got := blameless(causes); got != c.want {
			t.Errorf("%v: got %v, want %v", c.kinds, got, c.want)
		}
	}
}
