package provision

import (
	"testing"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// People who get an immutableId between two runs, or lose it, are not created
// again; people who share their names with others of their kind are.
func TestNamesakesOfTheLedger(t *testing.T) {
	const header = "immutableId,firstName,lastName,userPrincipalName\n"
	for _, test := range []struct {
		name, first, second string
		want                []results.Status
	}{
		{"id added", ",Ann,Lee,\n", "E1,Ann,Lee,\n", []results.Status{results.Invalid}},
		{"id dropped", "E1,Ann,Lee,\n", ",ANN,Lee,\n", []results.Status{results.Invalid}},
		{"namesake with a UPN", ",Ann,Lee,al\n", ",Ann,Lee,al\nE1,Ann,Lee,\n", []results.Status{results.Created, results.Created}},
		{"id added, other UPN", ",Ann,Lee,\n", "E1,Ann,Lee,annl\n", []results.Status{results.Created}},
		{"another id", "E1,Ann,Lee,\n", "E1,Ann,Lee,\nE2,Ann,Lee,\n", []results.Status{results.Created, results.Created}},
		{"another person", ",Ann,Lee,\n", "E1,Ann,Ray,\n", []results.Status{results.Created}},
	} {
		bubble(t, test.name, simulate.Scenario{}, func(w *world) {
			for _, rows := range []string{test.first, test.second} {
				w.file("staff.csv", header+rows)
				if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
					w.t.Fatal(err)
				}
			}
			var got []results.Status
			for _, r := range w.results() {
				got = append(got, r.Status)
				if r.Status == results.Invalid && r.ErrorCode != "known_otherwise" {
					w.t.Errorf("row %d: %s: %s", r.N, r.ErrorCode, r.Error)
				}
			}
			if len(got) != len(test.want) {
				w.t.Fatalf("statuses %v, want %v", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					w.t.Errorf("statuses %v, want %v", got, test.want)
				}
			}
		})
	}
}
