package provision

import (
	"context"
	"iter"
	"time"

	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/roster"
)

// Report is what a run came to. Its rows are read from the input and the ledger
// when they are ranged over, so both must still be open.
type Report struct {
	Lanes    []Lane    // the customers, in the order of the input
	Warnings []Warning // about rows that are not invalid, the first of them
	Warned   int       // how many there were
	Created  int       // users whose creation this run recorded, not an earlier one
	Requests int       // how many were sent
	Refused  int       // how many of them were throttled
	Took     time.Duration

	run *run
}

// Lane is what became of one customer.
type Lane struct {
	Customer string   // as the input names it
	Tenant   string   // GUID; "" where it is not known
	Domain   string   // for generated names; "" where none was needed
	Seen     []string // domains of the users that the tenant had before, as far as these were listed
	Rate     float64  // requests a second, as the pacer found them; 0: not known
	Err      error    // why its rows failed together, or nil
	// InFull is what the service tells of the customer, in a plan: nil where that could not
	// be read, and for customers beyond the first 50 that the input names by their domains.
	InFull *partner.Customer
}

// Warning is something to be said about a row that is not invalid.
type Warning struct {
	Row, Line int
	roster.Problem
}

// maxWarnings bounds what a report repeats of a file that is full of them.
const maxWarnings = 1000

// Rows ranges over the results of this run's rows, in input order: one row for
// each row of the input, or of the shard.
func (r *Report) Rows() iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		n := 0
		for found, err := range roster.Map(r.run.Input, r.run.result) {
			if err != nil {
				yield(results.Row{}, err)
				return
			}
			n++
			if !found.mine {
				continue
			}
			if !yield(found.row, found.err) || found.err != nil {
				return
			}
		}
		if err := r.run.whole(n); err != nil {
			yield(results.Row{}, err)
		}
	}
}

// rowsAtOnce are the results of a survey while it goes on. It exists for speed:
// where no name depends on a later row, reading the input a second time for the
// results would double the time of a validation; and where names do, the results are
// made while the rows get theirs.
func (r *run) rowsAtOnce(ctx context.Context) iter.Seq2[results.Row, error] {
	people := r.meet(ctx)
	if r.later {
		people = r.meetAgain(ctx)
	}
	return func(yield func(results.Row, error) bool) {
		var row results.Row
		for j, err := range people {
			if err != nil {
				r.unread = err
				yield(results.Row{}, err)
				return
			}
			if !j.mine {
				continue
			}
			if err := r.tell(&row, j, *r.marks.at(j.source.N)); !yield(row, err) {
				return
			}
		}
	}
}

// Rejects ranges over the rows that ended as invalid or failed, with the cells
// of the input.
func (r *Report) Rejects() iter.Seq2[results.Reject, error] {
	return func(yield func(results.Reject, error) bool) {
		for row, err := range r.run.Input.Rows() {
			if err != nil {
				yield(results.Reject{}, err)
				return
			}
			found := r.run.result(&row)
			if found.err == nil && (!found.mine || found.row.Status != results.Invalid && found.row.Status != results.Failed) {
				continue
			}
			reject := results.Reject{Cells: row.Cells(), Error: found.row.Error, Hint: found.row.Hint}
			if !yield(reject, found.err) || found.err != nil {
				return
			}
		}
	}
}
