package provision

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

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

func twoCustomers() []simulate.Customer {
	return []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com"}}
}

func TestOneCustomerOfTwoIsForbidden(t *testing.T) {
	sc := simulate.Scenario{Customers: []simulate.Customer{{}, {Domain: "fabrikam.onmicrosoft.com", Forbidden: 20002}}}
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(60)
		sum, err := w.applied(people)
		if err != nil || sum.Created != 30 || sum.Failed != 30 {
			t.Errorf("%+v, %v; want 30 created and 30 failed", sum, err)
		}
		if n := w.service.Counts().Requests; n > 40 {
			t.Errorf("%d requests, want 40 at most", n)
		}
	})
}

// A customer that waits for a day keeps nobody else waiting, and its rows are
// pending.
func TestOneCustomerOfTwoIsStalled(t *testing.T) {
	sc := simulate.Scenario{Customers: twoCustomers(),
		Quotas: []simulate.Quota{{PerCustomer: true, Limit: 8, Period: 20 * time.Hour}}}
	sc.Quotas[0].Customer = simulate.New(sc).Customers()[1].ID
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(120)
		sum, err := w.applied(people)
		if !errors.As(err, new(*UnreachableError)) || sum.Created < 60 || sum.Pending < 50 {
			t.Errorf("%+v, %v; want all of one customer created and most of the other pending", sum, err)
		}
	})
}

// A customer that has to wait again and again keeps only its own rows waiting.
func TestOneCustomerOfTwoIsThrottled(t *testing.T) {
	sc := simulate.Scenario{Customers: twoCustomers(), Latency: simulate.Latency{Min: 100 * time.Millisecond},
		Quotas: []simulate.Quota{{PerCustomer: true, Limit: 20, Period: 2 * time.Minute}}}
	sc.Quotas[0].Customer = simulate.New(sc).Customers()[1].ID
	bubble(t, "", sc, func(w *world) {
		people := w.staffOfTwo(300)
		start := time.Now()
		if sum, err := w.applied(people); err != nil || sum.Created != 300 {
			t.Errorf("%+v, %v; want 300 created", sum, err)
		}
		done := time.Duration(0)
		for _, r := range w.service.Requests() {
			if r.Tenant == simulate.DefaultCustomerID {
				done = r.Time.Sub(start)
			}
		}
		if done > 30*time.Second || time.Since(start) < 10*time.Minute {
			t.Errorf("one customer was done after %v, both after %v; want seconds and a quarter of an hour", done, time.Since(start))
		}
	})
}

// A customer about whom the service does not answer keeps only its own rows from
// being created. The message names the customer.
func TestOneCustomerOfTwoIsSilent(t *testing.T) {
	for _, op := range []simulate.Op{simulate.GetCustomer, simulate.ListUsers, simulate.CreateUser} {
		for _, fault := range []simulate.Fault{{Mishap: simulate.FailBefore}, {Mishap: simulate.HangBefore}} {
			for silent := range 2 {
				sc := simulate.Scenario{Customers: twoCustomers()}
				tenant := simulate.New(sc).Customers()[silent].ID
				sc.Fault = func(r simulate.Request) simulate.Fault {
					if r.Op == op && r.Tenant == tenant {
						return fault
					}
					return simulate.Fault{}
				}
				bubble(t, fmt.Sprint(op, fault.Mishap, silent), sc, func(w *world) {
					w.batch = func(b *Batch) { b.Customer = simulate.DefaultCustomerID }
					people := w.staffOfTwo(120)
					for i := range people {
						people[i].row = strings.ReplaceAll(people[i].row, "fabrikam.onmicrosoft.com", people[i].tenant)
					}
					sum, err := w.applied(people)
					if !errors.As(err, new(*UnreachableError)) || sum.Created != 60 || sum.Pending != 60 {
						t.Fatalf("%+v, %v; want 60 created, 60 pending", sum, err)
					}
					if !strings.Contains(err.Error(), tenant) {
						t.Errorf("%q does not name %s", err, tenant)
					}
				})
			}
		}
	}
}
