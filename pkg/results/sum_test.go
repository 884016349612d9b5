package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"muster/pkg/formula"
)

func TestSummary(t *testing.T) {
	var tally Tally
	for i, r := range []Row{
		{Status: Created, CustomerID: "b"},
		{Status: Failed, CustomerID: "b", ErrorCode: "3000", Error: `user "jane" jane@contoso.com exists since 2020`, Hint: "first hint"},
		{Status: Invalid, CustomerID: "a", ErrorCode: "missing_name", Error: "no name"},
		{Status: Failed, CustomerID: "b", ErrorCode: "3000", Error: `user "joe" joe@contoso.com exists since 2021`, Hint: "second hint"},
		{Status: Failed, ErrorCode: "3001", Error: `user "joe" joe@contoso.com exists since 2021`},
		{Status: Exists, CustomerID: "b"},
		{Status: Pending, CustomerID: "a"},
		{Status: Planned, CustomerID: "a"},
		{Status: "unheard of", CustomerID: "a"},
	} {
		r.N = i + 1
		if r.Status == Failed && r.CustomerID != "" {
			r.Line = i + 2
		}
		tally.Add(r)
	}
	want := Summary{
		Counts:  Counts{Rows: 9, Created: 1, Exists: 1, Planned: 1, Invalid: 1, Failed: 3, Pending: 1},
		LastRow: 9,
		Customers: []CustomerCounts{
			{"", Counts{Rows: 1, Failed: 1}},
			{"a", Counts{Rows: 4, Invalid: 1, Pending: 1, Planned: 1}},
			{"b", Counts{Rows: 4, Created: 1, Failed: 2, Exists: 1}},
		},
		Causes: []Cause{
			{Failed, "3000", `user "jane" jane@contoso.com exists since 2020`, "first hint", 2, []int{2, 4}, []int{3, 5}},
			{Invalid, "missing_name", "no name", "", 1, []int{3}, []int{}},
			{Failed, "3001", `user "joe" joe@contoso.com exists since 2021`, "", 1, []int{5}, []int{}},
		},
	}
	if got := tally.Summary(); !reflect.DeepEqual(got, want) {
		t.Errorf("Summary() =\n%+v, want\n%+v", got, want)
	}
	got, err := json.Marshal(Summary{Counts: Counts{Rows: 1, Failed: 1}, LastRow: 1,
		Customers: []CustomerCounts{{"c", Counts{Rows: 1, Failed: 1}}}, Causes: want.Causes[1:2]})
	const text = `{"rows":1,"created":0,"exists":0,"planned":0,"invalid":0,"failed":1,"pending":0,"last_row":1,` +
		`"customers":[{"customer_id":"c","rows":1,"created":0,"exists":0,"planned":0,"invalid":0,"failed":1,"pending":0}],` +
		`"causes":[{"status":"invalid","error_code":"missing_name","error":"no name","hint":"","rows":1,"first_rows":[3],"first_lines":[]}],"other_causes":0}`
	if err != nil || string(got) != text {
		t.Errorf("JSON:\n%s, %v, want:\n%s", got, err, text)
	}
	empty, _ := json.Marshal(new(Tally).Summary())
	if !strings.Contains(string(empty), `"customers":[],"causes":[]`) {
		t.Errorf("JSON of nothing: %s, want empty lists", empty)
	}
}

// What is remembered is bounded, what is counted is not.
func TestTallyIsBounded(t *testing.T) {
	var tally Tally
	const rows = 30_000
	word := func(i int) string { // differs also where digits are left out
		return strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i))
	}
	for i := range rows {
		tally.Add(Row{N: i + 1, Status: Failed, CustomerID: word(i), Error: word(i)})
	}
	s := tally.Summary()
	if len(s.Causes) != maxCauses || len(s.Customers) != maxCustomers+1 {
		t.Errorf("%d causes and %d customers are kept, want %d and %d", len(s.Causes), len(s.Customers), maxCauses, maxCustomers+1)
	}
	causes, customers := s.OtherCauses, 0
	for _, c := range s.Causes {
		causes += c.Rows
	}
	for _, c := range s.Customers {
		customers += c.Failed
	}
	if causes != rows || customers != rows {
		t.Errorf("causes sum to %d and customers to %d, want %d", causes, customers, rows)
	}
}

func TestSummaryText(t *testing.T) {
	var tally Tally
	add := func(r Row) { tally.Add(r) }
	for i := range 1200 {
		add(Row{N: i + 1, Status: Created, CustomerID: "contoso.com"})
	}
	add(Row{N: 1201, Line: 1203, Status: Invalid, CustomerID: "fabrikam.com", ErrorCode: "bad_location", Error: `(1) usageLocation "Narnia" is neither an ISO 3166-1 code nor the English name of a country; (2) the row has no name`,
		Hint: "(1) write a two-letter code such as DE; it is in capitals; (2, 3) fill in one"})
	for i := range 7 {
		add(Row{N: 1202 + i, Status: Failed, CustomerID: "contoso.com", Error: "the service\x1b[31m refused"})
	}
	var b bytes.Buffer
	if err := tally.Summary().WriteText(&b, 60); err != nil {
		t.Fatal(err)
	}
	want := `1,208 rows: 1,200 created, 1 invalid, 7 failed

customer        created    invalid     failed
contoso.com       1,200          0          7
fabrikam.com          0          1          0

failed, 7 rows (1202, 1203, 1204, 1205, 1206 …)
  the service [31m refused

invalid: bad_location, row 1201 (line 1203)
  (1) usageLocation "Narnia" is neither an ISO 3166-1 code
  nor the English name of a country
  (2) the row has no name
  hint: (1) write a two-letter code such as DE; it is in
  capitals
  hint: (2, 3) fill in one
`
	if b.String() != want {
		t.Errorf("text:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestSummaryTextIsShort(t *testing.T) {
	for _, c := range []struct {
		rows []Row
		want string
	}{
		{nil, "0 rows\n"},
		{[]Row{{N: 1, Status: Planned}}, "1 row: 1 planned\n"},
	} {
		var tally Tally
		for _, r := range c.rows {
			tally.Add(r)
		}
		var b bytes.Buffer
		if err := tally.Summary().WriteText(&b, 0); err != nil || b.String() != c.want {
			t.Errorf("text %q, %v, want %q", b.String(), err, c.want)
		}
	}
	var tally Tally
	for i := range 500 {
		id := strings.Repeat("x", i%100)
		tally.Add(Row{N: i + 1, Status: Failed, Error: "because " + id, CustomerID: id})
	}
	var b bytes.Buffer
	if err := tally.Summary().WriteText(&b, 0); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 80 || !strings.Contains(b.String(), "and 90 more causes") || !strings.Contains(b.String(), "and 70 more customers") {
		t.Errorf("the text has %d lines: %s", n, b.String())
	}
}

func TestMerge(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, status Status, ns ...int) string {
		path := filepath.Join(dir, name)
		var rows []Row
		for _, n := range ns {
			rows = append(rows, Row{N: n, Status: status})
		}
		write(t, path, rows...)
		return path
	}
	a := file("a.csv", Created, 1, 4, 5, 9)
	b := file("b.jsonl", Exists, 2, 7)
	c := file("c.csv", Failed, 3)
	none := file("none.csv", Created)
	overlap := file("overlap.csv", Created, 6, 7)
	plan := file("plan.csv", Planned, 6)
	shuffled := file("shuffled.csv", Created, 6, 8, 8)
	for _, test := range []struct {
		paths []string
		want  []int
		err   string
	}{
		{[]string{a, b, c, none}, []int{1, 2, 3, 4, 5, 7, 9}, ""},
		{[]string{none, c, b, a}, []int{1, 2, 3, 4, 5, 7, 9}, ""},
		{[]string{c}, []int{3}, ""},
		{[]string{none}, nil, ""},
		{[]string{b, plan}, []int{2, 6, 7}, ""},
		{nil, nil, "no results files"},
		{[]string{b, overlap}, []int{2, 6, 7}, "row 7 is in " + b + " and in " + overlap},
		{[]string{a, a}, []int{1}, "row 1 is in"},
		{[]string{a, plan}, nil, plan + " is of a plan and " + a + " of an apply"},
		{[]string{shuffled}, []int{6}, shuffled + ": row 8 stands after row 8"},
		{[]string{a, filepath.Join(dir, "no.csv")}, nil, "no.csv"},
	} {
		for range 2 { // it can be ranged over again
			var got []int
			var err error
			for r, e := range Merge(test.paths...) {
				if err = e; err == nil {
					got = append(got, r.N)
				}
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("Merge(%v) = %v, want the error %q", test.paths, err, test.err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("Merge(%v) gives the rows %v, want %v", test.paths, got, test.want)
			}
		}
	}
	for range Merge(a, b, c) { // stopping early leaves nothing open, or Windows could not remove the folder
		break
	}
}

func TestDefuse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"Jane", "Jane"}, {"jane=x", "jane=x"}, {"'", "'"}, {"O'Brien", "O'Brien"}, {"'t Hooft", "'t Hooft"}, {"-", "'-"},
		{"=1", "'=1"}, {"+49 30", "'+49 30"}, {"-x", "'-x"}, {"@x", "'@x"}, {"\t1", "'\t1"}, {"\rx", "'\rx"},
		{" =1", "' =1"}, {"\u00a0=1", "'\u00a0=1"}, {"\u200b=1", "'\u200b=1"}, {"\ufeff=1", "'\ufeff=1"}, {"\n=1", "'\n=1"},
		{"＝1", "'＝1"}, {"＋1", "'＋1"}, {"－1", "'－1"}, {"＠1", "'＠1"}, {"\u3000＝1", "'\u3000＝1"},
		{"'=1", "''=1"}, {"''=1", "'''=1"}, {"' x", "' x"},
		{"a;=1", "a;'=1"}, {"a;b; -1;c", "a;b;' -1;c"}, {";=1", ";'=1"}, {"a,=1", "a,=1"}, {"a;'=1", "a;''=1"},
		{"(=1)", "(=1)"}, {"Ünal", "Ünal"}, {"\"=1", "\"=1"},
	} {
		if got := defuse(c.in); got != c.want {
			t.Errorf("defuse(%q) = %q, want %q", c.in, got, c.want)
		}
		if got := fuse(defuse(c.in)); got != c.in {
			t.Errorf("fuse(defuse(%q)) = %q", c.in, got)
		}
	}
}

func TestWriteRejects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rejects.csv")
	header := []string{"Vorname", " ERROR", "E-Mail", "hint"}
	rows := []Reject{
		{[]string{"Zoë", "old error", "zoe@contoso.com", "old hint"}, "=bad; -really", "mend\nit"},
		{[]string{"short"}, "too few", ""},
		{[]string{"-1+1|cmd", "", "a;b \"c\"", "", "one", "two; too many"}, "", ""},
	}
	n, err := WriteRejects(path, header, ';', each(rows...))
	want := "\ufeffVorname;E-Mail;error;hint\n" +
		"Zoë;zoe@contoso.com;\"'=bad;' -really\";mend it\n" +
		"short;;too few;\n" +
		"'-1+1|cmd;\"a;b \"\"c\"\"\";;;one;\"two; too many\"\n"
	if got := content(t, path); err != nil || n != 3 || got != want {
		t.Errorf("WriteRejects() = %d, %v:\n%q, want:\n%q", n, err, got, want)
	}
	boom := errors.New("boom")
	if _, err := WriteRejects(path, header, ';', failing(boom, rows[0])); !errors.Is(err, boom) || content(t, path) != want {
		t.Errorf("WriteRejects() = %v, want %v and the old file", err, boom)
	}
	if n, err := WriteRejects(path, header, 0, each[Reject]()); n != 0 || err != nil {
		t.Errorf("WriteRejects() of nothing = %d, %v", n, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the rejects of an earlier run stayed: %v", err)
	}
	if n, err := WriteRejects(path, header, 0, each[Reject]()); n != 0 || err != nil {
		t.Errorf("WriteRejects() of nothing, again = %d, %v", n, err)
	}
	for _, name := range []string{"x.jsonl", "x.csv.gz", "x.XLSX"} {
		if _, err := WriteRejects(name, header, 0, each(rows...)); err == nil || !strings.Contains(err.Error(), "--rejects") {
			t.Errorf("WriteRejects(%q) = %v, want an error that names the flag", name, err)
		}
	}
}

// Whatever stands in the cells, the file reads as the same cells.
func FuzzRejects(f *testing.F) {
	f.Add("Jane", " x ", "a;b\"c", true)
	f.Add("=1", "\r\n", "", false)
	f.Fuzz(func(t *testing.T, a, b, why string, semicolon bool) {
		delimiter := map[bool]rune{true: ';', false: ','}[semicolon]
		var out bytes.Buffer
		if _, err := encodeRejects(&out, []string{"a", "b"}, delimiter, each(Reject{[]string{a, b}, why, why})); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\ufeff"))))
		r.Comma = delimiter
		got, err := r.ReadAll()
		lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") } // as encoding/csv reads it
		want := [][]string{{"a", "b", "error", "hint"}, {lf(formula.Defuse(a)), lf(formula.Defuse(b)), defuse(oneLine(why)), defuse(oneLine(why))}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %q, %v, want %q", out.String(), got, err, want)
		}
	})
}

// The name of a customer, say, is whatever the service tells.
func TestWrappedTextSteersNoTerminal(t *testing.T) {
	var b bytes.Buffer
	Wrap(&b, "is \x1b[2JContoso\u009b2J\u2028Ltd", "  ", 80)
	if got, want := b.String(), "  is [2JContoso 2J Ltd\n"; got != want {
		t.Errorf("Wrap() = %q, want %q", got, want)
	}
}
