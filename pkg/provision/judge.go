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
	names        uint64 // that the ledger has, see namesakes; any other where it has none
	passwordless bool   // one has to be made
	warnings     []roster.Problem
	err          error // of the run
}

// clerk judges the rows of one batch.
type clerk struct {
	*run
	ctx      context.Context // of the run; a clerk lives as long as a call
	customer string          // of the row before
	lane     *lane           // of the row before; nil: none yet
	scratch  []byte
	texts    strings.Builder // identities and wishes, so that not each is an allocation
}

// judged ranges over the rows, judged.
func (r *run) judged(ctx context.Context) iter.Seq2[[]judged, error] {
	return roster.MapBatches(r.Input, func(rows []roster.Row, all []judged) []judged { return r.judge(ctx, rows, all) })
}

// judge looks at each row of a batch by itself. It is called on all cores at once.
func (r *run) judge(ctx context.Context, rows []roster.Row, all []judged) []judged {
	c := clerk{run: r, ctx: ctx, scratch: make([]byte, 0, 256)}
	c.texts.Grow(64 * len(rows))
	for i := range rows {
		all = append(all, judged{})
		c.judge(&rows[i], &all[len(all)-1])
	}
	return all
}

// keep returns the scratch as a string.
func (c *clerk) keep() string {
	n := c.texts.Len()
	c.texts.Write(c.scratch)
	return c.texts.String()[n:]
}

func (c *clerk) judge(row *roster.Row, j *judged) {
	p := &row.Person
	j.source, j.fate, j.warnings, j.passwordless = row, toName, row.Warnings, p.Password.Empty()
	if j.err = c.findLane(j); j.err != nil {
		return
	}
	c.scratch = p.AppendIdentity(c.scratch[:0])
	identity := c.keep()
	j.hash, j.key, j.mine = c.hash(j.lane.key(), identity), c.keyOf(j.lane, identity), c.Shard.has(identity)
	if j.err = c.recognise(j); j.err != nil {
		return
	}
	domain := j.lane.domainFor(p, c.Domain)
	switch {
	case len(c.problems(row, domain)) > 0:
		j.fate = invalid
	case j.lane.closed() != nil:
		j.fate = unserved
	case domain == "" && !strings.Contains(p.UserPrincipalName, "@"):
		j.err = &InputError{fmt.Sprintf("row %d (line %d) has no domain for its userPrincipalName", row.N, row.Line),
			"name one with --domain, or in a column \"domain\" of every row"}
	case p.UserPrincipalName != "":
		j.given = complete(p.UserPrincipalName, domain)
	default:
		c.generate(j, identity, domain)
	}
}

// findLane is laneOf, which it asks only where the customer is another than that of
// the row before.
func (c *clerk) findLane(j *judged) (err error) {
	row := j.source
	if c.lane != nil && len(row.Problems) == 0 && row.Person.CustomerID == c.customer {
		j.lane = c.lane
		return nil
	}
	if j.lane, err = c.laneOf(c.ctx, row); err == nil && len(row.Problems) == 0 {
		c.lane, c.customer = j.lane, row.Person.CustomerID
	}
	return err
}

// generate gives a person the name to wish for.
func (c *clerk) generate(j *judged, identity, domain string) {
	var warnings []upn.Warning
	var err error
	if c.scratch, warnings, err = c.appendWish(c.scratch[:0], &j.source.Person, identity, domain); err != nil {
		j.fate = unnameable
		return
	}
	j.wish = c.keep()
	j.wishHash = upn.HashOf(j.wish)
	for _, w := range warnings {
		j.warnings = append(j.warnings, roster.Problem{Code: w.Code, Message: w.Message})
	}
}

// appendWish generates the name that a person gets if nobody else does.
func (r *run) appendWish(dst []byte, p *roster.Person, identity, domain string) ([]byte, []upn.Warning, error) {
	dst, warnings, err := r.Template.Append(dst, r.parts(p, identity))
	return append(append(dst, '@'), domain...), warnings, err
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
