package provision

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// existsHint is for a row whose name the tenant had before. It names the dangerous
// way out last: whoever has lost the ledger would make everybody twice by it.
func existsHint(p *roster.Person) string {
	const hint = "not made by this ledger: if it is the same person, there is nothing to do; if this input was applied before, use the ledger of that run (--ledger); only if it is another person of the same name, "
	if p.UserPrincipalName != "" {
		return hint + "give the row another userPrincipalName"
	}
	return hint + "run with --on-exists number"
}

// existsError is for such a row where it fails, since --on-exists is fail.
const existsError = "the tenant already has a user with this userPrincipalName"

// found is the result of one row.
type found struct {
	row  results.Row
	mine bool // false: another shard reports it
	err  error
}

// result makes the result of a row from its mark and the ledger. It is called on
// all cores at once.
func (r *run) result(row *roster.Row) (out found) {
	if row.N > r.marks.len {
		return found{err: &changedError{row.N}}
	}
	m := *r.marks.at(row.N)
	l := r.lanes.ordered[m.lane]
	identity := row.Person.Identity()
	if _, err := r.markOf(row.N, r.hash(l.key(), identity)); err != nil {
		return found{err: err}
	}
	if out.mine = r.Shard.has(identity); out.mine {
		out.err = r.tell(&out.row, &judged{source: row, lane: l, key: r.keyIn(l, identity, &m)}, m)
	}
	return out
}

// tell makes the result of a row of this run from its mark and the ledger.
func (r *run) tell(out *results.Row, j *judged, m mark) error {
	p := &j.source.Person
	*out = results.Row{N: j.source.N, Line: j.source.Line, DisplayName: p.DisplayName, CustomerID: j.lane.tenant}
	if out.CustomerID == "" {
		out.CustomerID = p.CustomerID
	}
	return r.describe(out, j, m)
}

// describe fills in what became of a row.
func (r *run) describe(out *results.Row, j *judged, m mark) error {
	p := &j.source.Person
	domain := j.lane.domainFor(p, r.Domain)
	if p.UserPrincipalName != "" && domain != "" {
		out.UserPrincipalName = complete(p.UserPrincipalName, domain)
	}
	switch m.fate {
	case invalid:
		broken(out, r.problems(j.source, domain)...)
	case sameKey:
		broken(out, roster.Problem{Code: "duplicate_person", Message: fmt.Sprintf("row %d %s, and so is the same person", m.number, basisOf(p).shared()),
			Hint: "remove one of the two rows, or tell the two people apart by an immutableId"})
	case sameName:
		broken(out, roster.Problem{Code: "duplicate_upn", Column: r.column, Value: p.UserPrincipalName,
			Message: "an earlier row, or a person of an earlier run, has this userPrincipalName", Hint: "give this person another one, or none to have one generated"})
	case nameTaken:
		broken(out, roster.Problem{Code: "duplicate_name", Message: "another person gets the same generated userPrincipalName, and --on-duplicate is reject",
			Hint: "give the row a userPrincipalName of its own, or run with --on-duplicate number"})
	case namesake:
		broken(out, maybeKnown(false))
	case unnameable:
		_, err := r.Template.Local(r.parts(p, p.Identity()))
		broken(out, unnameableProblem(err))
	case unserved:
		return r.unserved(out, j.lane, j.key)
	default:
		return r.sent(out, j, m)
	}
	return nil
}

// broken makes the row invalid and names every rule that it breaks. Where there
// are several, they are numbered: the hint has the same numbers.
func broken(out *results.Row, problems ...roster.Problem) {
	out.Status, out.ErrorCode = results.Invalid, problems[0].Code
	if len(problems) == 1 {
		out.Error, out.Hint = inWords(problems[0], true), problems[0].Hint
		return
	}
	var texts, hints []string
	for i, p := range problems {
		texts = append(texts, fmt.Sprintf("(%d) %s", i+1, inWords(p, i == 0 || p.Column != problems[i-1].Column)))
		first := slices.IndexFunc(problems, func(q roster.Problem) bool { return q.Hint == p.Hint })
		if p.Hint == "" || first < i {
			continue
		}
		numbers := strconv.Itoa(i + 1)
		for j := i + 1; j < len(problems); j++ {
			if problems[j].Hint == p.Hint {
				numbers += ", " + strconv.Itoa(j+1)
			}
		}
		hints = append(hints, fmt.Sprintf("(%s) %s", numbers, p.Hint))
	}
	out.Error, out.Hint = strings.Join(texts, "; "), strings.Join(hints, "; ")
}

// inWords is a problem with its column, and if wanted with its value, unless the
// message has it.
func inWords(p roster.Problem, withValue bool) string {
	value := strconv.Quote(p.Value)
	switch {
	case p.Column == "":
		return p.Message
	case p.Value == "" || !withValue || strings.Contains(p.Message, value):
		return p.Column + ": " + p.Message
	}
	return p.Column + " " + value + ": " + p.Message
}

func unnameableProblem(err error) roster.Problem {
	var f upn.Fault
	if errors.As(err, &f) {
		return roster.Problem{Code: f.Code, Message: f.Message, Hint: f.Hint}
	}
	return roster.Problem{Code: "unnameable", Message: err.Error(), Hint: "give the row a userPrincipalName of its own"}
}

// unserved describes a row of a customer whom the survey could not look up: by
// the ledger, if that settled it in an earlier run.
func (r *run) unserved(out *results.Row, l *lane, key ledger.Key) error {
	if r.Ledger != nil {
		e, err := r.Ledger.Told(key)
		if err != nil {
			return err
		}
		if r.keeps(e.Status) {
			r.remembered(out, e)
			return nil
		}
	}
	r.unsent(out, l.closed())
	return nil
}

// unsent describes a row for which nothing was sent, and says why if there is a
// reason that it shares with all rows of its customer. Those of a customer that is
// refused have failed, unless everybody is: then the run has stopped, and they wait.
func (r *run) unsent(out *results.Row, err error) {
	out.Status = results.Pending
	if err == nil {
		return
	}
	out.ErrorCode, out.Error = "not_sent", "nothing was sent for this row: "+err.Error()
	if isEnd(err) {
		return
	}
	out.ErrorCode = "customer"
	if !r.hopeless {
		out.Status, out.Error = results.Failed, err.Error()
	}
	var e *partner.Error
	if errors.As(err, &e) {
		out.ErrorCode, out.Hint = codeOf(e), e.Advice()
		out.RequestID, out.CorrelationID = e.RequestID, e.CorrelationID
	}
}

// sent describes a row that has a name: by the ledger, or as still to be sent.
func (r *run) sent(out *results.Row, j *judged, m mark) error {
	p := &j.source.Person
	e, err := r.told(j, m)
	if err != nil {
		return err
	}
	switch s := e.Status; {
	case r.planning && m.fate == toSend: // a plan says what would be done, not what failed before
	case r.planning && s == ledger.Doubtful:
		out.UserPrincipalName, out.Status = e.UPN(), results.Planned
		out.Hint = "a request was sent before, and it is not known what became of it: apply finds out first, and creates nobody twice"
		return nil
	case s == ledger.Created, s == ledger.Exists, s == ledger.Failed, s == ledger.Doubtful:
		r.remembered(out, e)
		return nil
	}
	name, err := r.nameOf(j, m.number)
	if err != nil {
		return err
	}
	out.UserPrincipalName = name
	switch {
	case m.fate == existing:
		out.Status, out.UserID, out.Hint = results.Exists, j.lane.before.id(name), existsHint(p)
		if r.OnExists == FailExisting {
			out.Status, out.ErrorCode, out.Error = results.Failed, "exists", existsError
		}
	case r.planning:
		out.Status = results.Planned
	default:
		r.unsent(out, j.lane.closed())
	}
	return nil
}

// told is what the ledger says of a person, or that of a sibling which has settled what
// would be this shard's part today.
func (r *run) told(j *judged, m mark) (ledger.Entry, error) {
	if r.Ledger == nil {
		return ledger.Entry{}, nil
	}
	if m.fate == elsewhere {
		for _, l := range r.Siblings {
			if r.keeps(l.Status(j.key)) {
				return l.Told(j.key)
			}
		}
	}
	return r.Ledger.Told(j.key)
}

// remembered fills in what the ledger knows.
func (r *run) remembered(out *results.Row, e ledger.Entry) {
	o := e.Outcome
	out.UserPrincipalName, out.CustomerID = e.UPN(), e.Tenant()
	out.UserID, out.ErrorCode, out.Error, out.Hint = o.UserID, o.Code, o.Error, o.Hint
	out.Attempts, out.CorrelationID = o.Attempts, o.Correlation
	if o.Attempts > 0 {
		out.RequestID = e.Request().String()
	}
	switch e.Status {
	case ledger.Created:
		out.Status, out.CreatedAt = results.Created, o.At
		if e.Lost && out.ErrorCode == "" {
			out.ErrorCode, out.Error = "password_unknown", "the user exists, and its password is not known yet"
			out.Hint = "run the same command again: it sets a new one"
		}
	case ledger.Exists:
		out.Status = results.Exists
	case ledger.Failed:
		out.Status = results.Failed
	case ledger.Doubtful:
		out.Status = results.Pending
		if o.Doubt {
			out.Status = results.Failed
			return
		}
		out.RequestID = e.Request().String()
		out.ErrorCode, out.Error = "in_doubt", "the request was sent, and it is not known what became of it"
		out.Hint = "run the same command again: it finds out, and creates nobody twice"
	}
}
