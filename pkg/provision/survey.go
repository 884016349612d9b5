package provision

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"muster/pkg/ledger"
	"muster/pkg/roster"
)

// survey checks and names everybody: it fills r.marks.
func (r *run) survey(ctx context.Context) error {
	for _, err := range r.meet(ctx) {
		if err != nil {
			return err
		}
	}
	if !r.later {
		return nil
	}
	return r.nameAll(ctx)
}

// namesLater reports whether names are to be made only when all rows are known: given
// names win over generated ones wherever they stand in the file, and so do people whom
// the ledger knows over others who bear their names.
func (b *Batch) namesLater() bool {
	if b.Input.Has(roster.UserPrincipalName) {
		return true
	}
	known := func(l *ledger.Ledger) bool { return l != nil && l.Len() > 0 }
	return b.Input.Has(roster.ImmutableID) && (known(b.Ledger) || slices.ContainsFunc(b.Siblings, known))
}

// meet checks and names one person after the other, and yields each when its mark
// is the last of r.marks.
func (r *run) meet(ctx context.Context) iter.Seq2[*judged, error] {
	return func(yield func(*judged, error) bool) {
		if err := r.reserveKnown(); err != nil {
			yield(nil, err)
			return
		}
		for batch, err := range r.judged(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batch {
				if i%expected == 0 {
					next := batch[i:min(i+expected, len(batch))]
					r.expect(next)
					r.marks.expect(next)
				}
				j := &batch[i]
				if j.err != nil {
					yield(nil, j.err)
					return
				}
				r.admit(j)
				if !yield(j, j.err) || j.err != nil {
					return
				}
			}
			if ctx.Err() != nil {
				yield(nil, ErrStopped)
				return
			}
		}
	}
}

// expected is of how many rows the tables are told in advance: what they fetch for
// these fits into the smallest and fastest cache of a processor.
const expected = 64

// expect prepares the table of names for the next rows; see [upn.Names.Expect].
func (r *run) expect(batch []judged) {
	r.wishes = r.wishes[:0]
	for i := range batch {
		if batch[i].fate == toName && batch[i].wish != "" {
			r.wishes = append(r.wishes, batch[i].wishHash)
		}
	}
	r.names.Expect(r.wishes)
}

// admit gives the next row its mark.
func (r *run) admit(j *judged) {
	r.warn(j)
	if j.lane.first == 0 {
		j.lane.first = j.source.N
	}
	m := r.mark(j)
	r.marks.add(m)
	if m.fate == toName || m.fate == toSend || m.fate == resume {
		r.generates = r.generates || j.passwordless
		r.resumes = r.resumes || m.fate == resume
	}
}

// nameAll gives names to those rows that wait for theirs.
func (r *run) nameAll(ctx context.Context) error {
	waiting := false
	for m := range r.marks.all() {
		waiting = waiting || m.fate == toName
	}
	if !waiting {
		return nil
	}
	for _, err := range r.meetAgain(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

// meetAgain reads the input after meet, gives names to those who wait for theirs,
// and yields everybody.
func (r *run) meetAgain(ctx context.Context) iter.Seq2[*judged, error] {
	return func(yield func(*judged, error) bool) {
		last := 0
		for batch, err := range r.judged(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batch {
				if i%expected == 0 {
					r.expect(batch[i:min(i+expected, len(batch))])
				}
				j := &batch[i]
				last = j.source.N
				m, err := r.markOf(last, j.hash)
				if err == nil && m.fate == toName {
					r.name(j, m)
				}
				if key, ok := r.aliases.keys[j.hash]; ok {
					j.key = key
				}
				if !yield(j, err) || err != nil {
					return
				}
			}
			if ctx.Err() != nil {
				yield(nil, ErrStopped)
				return
			}
		}
		if err := r.whole(last); err != nil {
			yield(nil, err)
		}
	}
}

// reserveKnown takes the names that belong to people of the ledger, so that they
// keep them whatever became of the file since.
func (r *run) reserveKnown() error {
	if err := r.confirm(); err != nil {
		return err
	}
	for _, l := range append([]*ledger.Ledger{r.Ledger}, r.Siblings...) {
		if l == nil {
			continue
		}
		for e, err := range l.Entries() {
			if err != nil {
				return err
			}
			if e.Status == ledger.Deleting && r.online() {
				return &InputError{"an undo of this ledger was begun and has not ended", "run the same `muster undo` again, then this command"}
			}
			if e.Status == ledger.Created {
				r.claims.take(e.Outcome.UserID)
			}
			if r.keeps(e.Status) {
				r.names.Reserve(e.UPN())
			}
			if e.Status == ledger.Created || e.Status == ledger.Doubtful {
				r.namesakes.add(&e.Intent)
			}
		}
	}
	return nil
}

// keeps reports whether a person in this state has the name that the ledger
// gave: all but those whose request was refused, or never sent, or undone.
func (r *run) keeps(s ledger.Status) bool {
	return s == ledger.Created || s == ledger.Doubtful || s == ledger.Exists && r.OnExists == SkipExisting
}

// mark decides about a row in the order of the file.
func (r *run) mark(j *judged) mark {
	m := mark{hash: j.hash, fate: j.fate, lane: j.lane.index}
	if had := r.marks.first(m.hash, uint32(j.source.N)); had != uint32(j.source.N) {
		if m.fate != invalid {
			m.fate, m.number = sameKey, had
		}
		return m
	}
	if m.fate != toName && m.fate != unnameable {
		return m
	}
	if row := r.aliases.rows[j.key]; row != 0 {
		m.fate, m.number = sameKey, row
		return m
	}
	if f, ok := r.recall(j); ok {
		m.fate = f
		r.namesakes.claim(j.names, basisOf(&j.source.Person))
		return m
	}
	switch {
	case m.fate == unnameable:
	case j.given != "":
		m.fate = r.markGiven(j)
	case !r.later:
		r.name(j, &m)
	}
	return m
}

// markGiven decides about a row that brings its name and has a key that is new to
// the ledger.
func (r *run) markGiven(j *judged) fate {
	if r.names.Reserve(j.given) {
		if r.namesakes.meets(j) {
			return toName // for a warning, once all rows are known
		}
		return j.sendable()
	}
	var same bool
	if same, j.err = r.alias(j); same {
		if f, ok := r.recall(j); ok {
			return f
		}
	}
	return sameName
}

// recall says what the ledger makes of a person; ok is false for one that is to
// be named and sent.
func (r *run) recall(j *judged) (f fate, ok bool) {
	if r.Ledger == nil {
		return 0, false
	}
	switch r.Ledger.Status(j.key) {
	case ledger.Created:
		if r.Ledger.Lost(j.key) && j.mine {
			return resume, true
		}
		return known, true
	case ledger.Exists:
		return known, r.OnExists == SkipExisting
	case ledger.Doubtful:
		if j.mine {
			return resume, true
		}
	}
	for _, l := range r.Siblings {
		s := l.Status(j.key)
		if j.mine && (s == ledger.Doubtful || s == ledger.Created && l.Lost(j.key)) {
			j.err = otherwiseSplit(j.source)
		}
		if r.keeps(s) {
			return elsewhere, true
		}
	}
	return 0, false
}

// otherwiseSplit refuses a run whose shard would have to send somebody with whom a run
// that had another number of shards has begun: only that one can end it.
func otherwiseSplit(row *roster.Row) error {
	return &InputError{fmt.Sprintf("row %d (line %d) was begun by a run with another number of shards, or with none, which has not ended", row.N, row.Line),
		"finish the input with the number of shards that it was begun with; then go on with this one"}
}

// name gives a person the first free name, or lets the given one stand.
func (r *run) name(j *judged, m *mark) {
	switch meets := r.namesakes.meets(j); {
	case meets && j.given == "":
		m.fate = namesake
		return
	case meets:
		r.warn(&judged{source: j.source, warnings: []roster.Problem{maybeKnown(true)}})
		fallthrough
	case j.given != "":
		m.fate = j.sendable()
		return
	}
	if r.OnDuplicate == RejectDuplicate && r.names.Has(j.wish) {
		m.fate = nameTaken
		return
	}
	m.number = uint32(r.names.Next(j.wish, j.wishHash, j.lane.takes(r.OnExists)))
	m.fate = j.sendable()
}

// sendable is the fate of a person with a name: to be sent, unless another shard
// does it.
func (j *judged) sendable() fate {
	if !j.mine {
		return elsewhere
	}
	return toSend
}

// markOf returns the mark of a row that is read again, and an error if it is no
// longer the row that was surveyed.
func (r *run) markOf(row int, hash uint64) (*mark, error) {
	if row > r.marks.len || r.marks.at(row).hash != hash {
		return nil, &changedError{row}
	}
	return r.marks.at(row), nil
}

// whole returns an error if a pass that ended with the row last has not met all
// rows that were surveyed.
func (r *run) whole(last int) error {
	if last != r.marks.len {
		return &changedError{last + 1}
	}
	return nil
}

// changedError says that the input is no longer what was surveyed.
type changedError struct{ row int }

func (e *changedError) Error() string {
	return fmt.Sprintf("the input was changed while muster was reading it: row %d is another one than before; run the same command again, it goes on where this one ended", e.row)
}

// warn keeps the first warnings for the report.
func (r *run) warn(j *judged) {
	for _, w := range j.warnings {
		if r.report.Warned++; len(r.report.Warnings) < maxWarnings {
			r.report.Warnings = append(r.report.Warnings, Warning{Row: j.source.N, Line: j.source.Line, Problem: w})
		}
	}
}
