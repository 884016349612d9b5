package provision

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"

	"muster/pkg/ledger"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// judged is what can be said of a row without looking at any other, so that all
// cores can work on it. Like its row it is good until the next batch.
type judged struct {
	source       *roster.Row
	fate         fate
	lane         *lane
	hash         uint64     // of the person's key; see run.hash
	key          ledger.Key // zero where there is no ledger
	mine         bool       // this shard sends the person
	given        string     // the complete userPrincipalName, if the row brings one
	wish         string     // else the generated one before it gets a number
	wishHash     upn.Hash
	passwordless bool // one has to be made
	warnings     []roster.Problem
	err          error // of the run
}

// survey checks and names everybody: it fills r.marks.
func (r *run) survey(ctx context.Context) error {
	for _, err := range r.meet(ctx) {
		if err != nil {
			return err
		}
	}
	if !r.namesLater() {
		return nil
	}
	return r.nameAll(ctx)
}

// namesLater reports whether names are made only when all rows are known: given
// names win over generated ones wherever they stand in the file.
func (r *run) namesLater() bool { return r.Input.Has(roster.UserPrincipalName) }

// meet checks and names one person after the other, and yields each when its mark
// is the last of r.marks.
func (r *run) meet(ctx context.Context) iter.Seq2[*judged, error] {
	return func(yield func(*judged, error) bool) {
		if err := r.reserveKnown(); err != nil {
			yield(nil, err)
			return
		}
		later := r.namesLater()
		for batch, err := range roster.MapBatches(r.Input, func(row *roster.Row) judged { return r.judge(ctx, row) }) {
			if err != nil {
				yield(nil, err)
				return
			}
			r.expect(batch)
			for i := range batch {
				j := &batch[i]
				if j.err != nil {
					yield(nil, j.err)
					return
				}
				r.admit(j, later)
				if !yield(j, nil) {
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

// expect prepares the tables of keys and names for a batch; see marks.expect.
func (r *run) expect(batch []judged) {
	r.wishes = r.wishes[:0]
	for i := range batch {
		if batch[i].fate == toName && batch[i].wish != "" {
			r.wishes = append(r.wishes, batch[i].wishHash)
		}
	}
	r.names.Expect(r.wishes)
	r.marks.expect(batch)
}

// admit gives the next row its mark.
func (r *run) admit(j *judged, later bool) {
	r.warn(j)
	m := r.mark(j, later)
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
	for j, err := range roster.Map(r.Input, func(row *roster.Row) judged { return r.judge(ctx, row) }) {
		if err != nil {
			return err
		}
		m, err := r.markOf(j.source.N, j.hash)
		if err != nil {
			return err
		}
		if m.fate == toName {
			r.name(&j, m)
		}
	}
	return nil
}

// reserveKnown takes the names that belong to people of the ledger, so that they
// keep them whatever became of the file since.
func (r *run) reserveKnown() error {
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
			if r.keeps(e.Status) {
				r.names.Reserve(e.UPN())
				r.namesakes.add(&e)
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

// problems are the rules a row breaks, those of the name it brings included.
func (r *run) problems(row *roster.Row, domain string) []roster.Problem {
	given := row.Person.UserPrincipalName
	if given == "" || domain == "" && !strings.Contains(given, "@") {
		return row.Problems
	}
	problems := row.Problems
	spoilt := slices.ContainsFunc(problems, func(p roster.Problem) bool { return p.Field == roster.UserPrincipalName })
	for _, f := range upn.Check(complete(given, domain)) {
		if spoilt && !strings.HasSuffix(f.Code, "_too_long") {
			continue // the same once more, in other words
		}
		problems = append(problems, roster.Problem{Code: f.Code, Column: r.column, Field: roster.UserPrincipalName,
			Value: given, Message: f.Message, Hint: f.Hint})
	}
	return problems
}

// judge looks at one row by itself. It is called on all cores at once.
func (r *run) judge(ctx context.Context, row *roster.Row) judged {
	p := &row.Person
	j := judged{source: row, fate: toName, warnings: row.Warnings, passwordless: p.Password.Empty()}
	j.lane, j.err = r.laneOf(ctx, row)
	if j.err != nil {
		return j
	}
	identity := p.Identity()
	j.hash, j.key, j.mine = r.hash(j.lane.key(), identity), r.keyOf(j.lane, identity), r.Shard.has(identity)
	domain := j.lane.domainFor(p, r.Domain)
	switch {
	case len(r.problems(row, domain)) > 0:
		j.fate = invalid
	case j.lane.closed() != nil:
		j.fate = unserved
	case domain == "" && !strings.Contains(p.UserPrincipalName, "@"):
		j.err = &InputError{fmt.Sprintf("row %d (line %d) has no domain for its userPrincipalName", row.N, row.Line),
			"name one with --domain, or in a column \"domain\" of every row"}
	case p.UserPrincipalName != "":
		j.given = complete(p.UserPrincipalName, domain)
	default:
		r.generate(&j, identity, domain)
	}
	return j
}

// generate gives a person the name to wish for.
func (r *run) generate(j *judged, identity, domain string) {
	wish, warnings, err := r.wish(&j.source.Person, identity, domain)
	if err != nil {
		j.fate = unnameable
		return
	}
	j.wish, j.wishHash = wish, upn.HashOf(wish)
	for _, w := range warnings {
		j.warnings = append(j.warnings, roster.Problem{Code: w.Code, Message: w.Message})
	}
}

// wish generates the name that a person gets if nobody else does.
func (r *run) wish(p *roster.Person, identity, domain string) (string, []upn.Warning, error) {
	var buf [128]byte
	name, warnings, err := r.Template.Append(buf[:0], r.parts(p, identity))
	if err != nil {
		return "", nil, err
	}
	return string(append(append(name, '@'), domain...)), warnings, nil
}

// keyOf is the person's key in the ledger, zero where there is none to ask.
func (r *run) keyOf(l *lane, identity string) ledger.Key {
	if r.Ledger == nil {
		return ledger.Key{}
	}
	return ledger.KeyOf(l.key(), identity)
}

// hash is what tells people apart within a run: 64 bits of what makes the key. It is
// another one in each run, so that nobody can make a file whose people are taken for
// each other.
func (r *run) hash(tenant, identity string) uint64 {
	var buf [192]byte // on the stack: there is one for every row of every pass
	return maphash.Bytes(r.seed, append(append(append(buf[:0], tenant...), 0), identity...))
}

// complete adds the domain to a bare local part.
func complete(name, domain string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@" + domain
}

// parts are what a name is made of.
func (r *run) parts(p *roster.Person, identity string) upn.Parts {
	locale := r.Locale
	if locale == "auto" {
		locale = p.UsageLocation
	}
	return upn.Parts{First: p.FirstName, Last: p.LastName, Display: p.DisplayName,
		ImmutableID: p.ImmutableID, Identity: identity, Locale: locale}
}

// mark decides about a row in the order of the file.
func (r *run) mark(j *judged, later bool) mark {
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
	if f, ok := r.recall(j); ok {
		m.fate = f
		return m
	}
	switch {
	case m.fate == unnameable:
	case j.given != "" && !r.names.Reserve(j.given):
		m.fate = sameName
	case j.given != "":
		m.fate = j.sendable()
	case !later:
		r.name(j, &m)
	}
	return m
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
		if r.keeps(l.Status(j.key)) {
			return elsewhere, true
		}
	}
	return 0, false
}

// name gives a person the first free name.
func (r *run) name(j *judged, m *mark) {
	if r.namesakes.meets(j) {
		m.fate = namesake
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
