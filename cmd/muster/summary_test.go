package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
)

// sampleSummary is that of a run in which a bit of everything happened.
func sampleSummary() *summary {
	s := newSummary()
	s.few = []results.Row{
		{N: 1, Status: results.Created, UserPrincipalName: "jane.doe@contoso.onmicrosoft.com", UserID: "be635592-cf8e-49c3-98ec-d480757d281d", CustomerID: "t1"},
		{N: 2, Status: results.Invalid, ErrorCode: "missing_name", Error: "no name\nat all", Hint: "give one", CustomerID: "t2", Line: 3},
	}
	var t results.Tally
	for _, r := range s.few {
		t.Add(r)
	}
	s.Summary = t.Summary()
	s.fill(&provision.Report{
		Took: 61 * time.Second, Requests: 1234, Refused: 5,
		Lanes: []provision.Lane{{Customer: "contoso.onmicrosoft.com", Tenant: "t1", Rate: 12.34}},
		Warnings: []provision.Warning{
			{Row: 1, Line: 2, Problem: roster.Problem{Code: "guess", Message: `"李" was read as "li"`}},
			{Row: 2, Line: 3, Problem: roster.Problem{Code: "blank", Column: "Password", Message: "begins with a blank", Hint: "remove it"}},
			{Row: 2, Line: 3, Problem: roster.Problem{Code: "guess", Message: `"王" was read as "wang"`}},
		}, Warned: 3,
	})
	s.Files = summaryFiles{Results: "staff.results.csv", Rejects: "staff.rejects.csv", Credentials: "staff.credentials.csv.age", Ledger: "staff.ledger.jsonl"}
	s.Next = next{"mend it, then run", "muster apply staff.rejects.csv --ledger staff.ledger.jsonl"}
	return s
}

func TestSummaryText(t *testing.T) {
	t.Parallel()
	const want = `row  status   userPrincipalName                 user id, or error
  1  created  jane.doe@contoso.onmicrosoft.com  be635592-cf8e-49c3-98ec-d480757d281d
  2  invalid  -                                 missing_name

2 rows: 1 created, 1 invalid

customer                      created    invalid
contoso.onmicrosoft.com t1          1          0
t2                                  0          1

invalid: missing_name, row 2 (line 3)
  no name at all
  hint: give one

warning: guess, 2 rows (1, 2; lines 2, 3)
  "李" was read as "li"

warning: blank, row 2 (line 3)
  Password: begins with a blank
  hint: remove it

customer contoso.onmicrosoft.com: the service took 12.3 requests a second
1,234 requests in 1m1s; 5 refused as too many
results      staff.results.csv
rejects      staff.rejects.csv  (the rows to mend)
credentials  staff.credentials.csv.age  (to open it: age -d -i KEYFILE staff.credentials.csv.age)
ledger       staff.ledger.jsonl  (keep it: it makes the same command safe to repeat)

Next: mend it, then run:
  muster apply staff.rejects.csv --ledger staff.ledger.jsonl
`
	var got bytes.Buffer
	if err := sampleSummary().writeText(&got, 200, false); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
	got.Reset()
	if err := sampleSummary().writeText(&got, 60, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[32mcreated\x1b[0m  jane", "\x1b[31minvalid\x1b[0m", "be635592-cf…\n"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("on a narrow terminal with colours: %q is not in\n%s", want, &got)
		}
	}
}

func TestGroupedWarnings(t *testing.T) {
	t.Parallel()
	var all []provision.Warning
	for row := 1; row <= 12; row++ {
		w := provision.Warning{Row: row, Line: row + 1, Problem: roster.Problem{Code: "guess", Message: "first"}}
		all = append(all, w, w) // of the first and of the last name, say
	}
	got := grouped(all)
	if len(got) != 1 || got[0].Rows != 12 || results.RowList(got[0].Rows, got[0].FirstRows, got[0].FirstLines) != "12 rows (1, 2, 3, 4, 5 …; lines 2, 3, 4, 5, 6 …)" {
		t.Errorf("got %+v", got)
	}
}

// No document has a null where its schema promises an array or an object of its
// own, neither at its fullest nor at its emptiest.
func TestDocumentsHaveNoNulls(t *testing.T) {
	t.Parallel()
	full := sampleSummary()
	full.Input = inputOf("staff.csv", roster.Mapping{Columns: []roster.Column{{Header: "x"}}})
	full.Preflight = &preflight{Token: &tokenFacts{}, Customers: []customerFacts{{Domains: []string{}}}, Doubts: []string{}}
	empty := inputOf("staff.csv", roster.Mapping{})
	for name, d := range map[string]any{"full": full, "input": empty, "undo": newUndoSummary(),
		"report": newReportSummary(), "head": &head{}} {
		var b bytes.Buffer
		if err := writeJSON(&b, d); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b.Bytes()) || strings.Contains(b.String(), "null") {
			t.Errorf("%s: %s", name, &b)
		}
	}
	var b bytes.Buffer
	if err := writeJSON(&b, newSummary()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "null"); got != 2 { // input and preflight
		t.Errorf("an empty summary has %d nulls, want 2: %s", got, &b)
	}
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	f := &preflight{Customers: []customerFacts{
		{Customer: "a", CustomerID: "1", Domains: []string{"a.onmicrosoft.com", "a.example"}},
		{Customer: "b", CustomerID: "2", Domains: []string{"b.onmicrosoft.com"}, seen: []string{"seen.example"}}, // keeps its custom domains to itself
	}}
	f.doubtDomains(map[string][]string{"1": {"A.example", "other.example"}, "2": {"b.onmicrosoft.com", "Seen.example", "other.example"}})
	if len(f.Doubts) != 2 || !strings.Contains(f.Doubts[0], "customer a: other.example is none of its verified domains") ||
		!strings.Contains(f.Doubts[1], "customer b: perhaps other.example is none of its verified domains") {
		t.Errorf("got %q", f.Doubts)
	}
	f.doubt("a", &partner.Customer{AllowDelegatedAccess: partner.No, MFA: partner.No})
	f.doubt("b", &partner.Customer{})
	if len(f.Doubts) != 4 {
		t.Errorf("got %q", f.Doubts)
	}
}

// TestColumnWarnings holds that the summary warns of a column that seems to be a
// name and is not read.
func TestColumnWarnings(t *testing.T) {
	t.Parallel()
	var s summary
	s.fill(&provision.Report{})
	s.warnOfColumns([]roster.Column{{Header: "firstName", Field: "firstName"}, {Header: "Lastnam", Like: "lastName"}, {Header: "City"},
		{Header: "Tussenvoegsel", Like: "lastName", Known: true, Note: "join the two columns"}})
	var b bytes.Buffer
	s.writeWarnings(&b, 200)
	want := "\nwarning: ignored_column, in the header\n  Lastnam: nothing is read from this column, and it may belong to lastName\n" +
		"  hint: if it is, say --map " + quoted("Lastnam=lastName") + "; if not, rename it or say --map " + quoted("Lastnam=-") + "\n" +
		"\nwarning: ignored_column, in the header\n  Tussenvoegsel: nothing is read from this column, and it may belong to lastName\n" +
		"  hint: join the two columns\n"
	if got := b.String(); got != want || s.Warned != 2 {
		t.Errorf("got %d warnings:\n%s\nwant 2:\n%s", s.Warned, got, want)
	}
}
