package provision

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"go.uber.org/zap"

	"muster/pkg/ledger"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/simulate"
	"muster/pkg/upn"
)

// Customers are looked up on all cores at once: those that the ledger knows, those that
// it does not, and those that cannot be read. With -race this finds what is not guarded.
func TestManyCustomersAtOnce(t *testing.T) {
	w := newWorld(t, simulate.Scenario{})
	l, err := ledger.Open(w.path("staff.ledger.jsonl"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const people = 3000
	var text strings.Builder
	text.WriteString("firstName,lastName,customerId,domain\n")
	for i := range people {
		customer := fmt.Sprintf("c%d.example", i)
		switch i % 3 {
		case 0:
			customer = "no customer!"
		case 1:
			if err := l.KeepCustomer(customer, ledger.Customer{Tenant: fmt.Sprintf("00000000-0000-0000-0000-%012d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&text, "Ann,Lee %d,%s,contoso.example\n", i, customer)
	}
	w.file("staff.csv", text.String())
	file, err := roster.Open(w.path("staff.csv"), roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		t.Fatal(err)
	}
	var sum results.Tally
	_, err = Validate(t.Context(), Batch{Input: file, Template: template, Ledger: l, Log: zap.NewNop()}, func(rows iter.Seq2[results.Row, error]) error {
		for row, err := range rows {
			if err != nil {
				return err
			}
			sum.Add(row)
		}
		return nil
	})
	if n := sum.Summary(); err != nil || n.Planned != people/3*2 || n.Invalid != people/3 {
		t.Errorf("%+v, %v; want two thirds of %d planned, and one invalid", n.Counts, err, people)
	}
}
