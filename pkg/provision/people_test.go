package provision

import (
	"fmt"
	"testing"
	"testing/synctest"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// staff is n people of one customer without anything of their own.
func staff(n int) []human {
	humans := make([]human, n)
	for i := range humans {
		tag := fmt.Sprintf("E%04d", i)
		humans[i] = human{tag: tag, tenant: simulate.DefaultCustomerID, row: fmt.Sprintf("%s,Ann,Lee%c,US,,,", tag, 'a'+i/3%26)}
	}
	return humans
}

// staffOfTwo is n people of two customers in turn.
func (w *world) staffOfTwo(n int) []human {
	people := staff(n)
	for i := range people {
		if i%2 == 1 {
			people[i].tenant = w.service.Customers()[1].ID
			people[i].row += "fabrikam.onmicrosoft.com"
		}
	}
	return people
}

// applied applies the people and checks that each has a row, and that the
// summary says so.
func (w *world) applied(people []human) (results.Counts, error) {
	w.t.Helper()
	w.input(rowsOf(people)...)
	_, sum, err := w.start(doom{}, nil).apply(w.t.Context())
	if n := sum.Created + sum.Exists + sum.Invalid + sum.Failed + sum.Pending; n != len(people) || len(w.results()) != n {
		w.t.Errorf("%d rows and a sum of %d for %d people: %+v", len(w.results()), n, len(people), sum.Counts)
	}
	w.checkTold(people, map[string]bool{})
	return sum.Counts, err
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, sc simulate.Scenario, test func(*world)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(newWorld(t, sc)) })
	})
}

func only(op simulate.Op, f simulate.Fault) func(simulate.Request) simulate.Fault {
	return func(r simulate.Request) simulate.Fault {
		if r.Op != op {
			return simulate.Fault{}
		}
		return f
	}
}
