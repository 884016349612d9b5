package roster

import (
	"encoding/csv"
	"strings"
	"testing"
)

// TestTextFormulas holds that ="001", with which exports keep a spreadsheet program from
// taking a text for a number, is read as its text, in quotes or bare.
func TestTextFormulas(t *testing.T) {
	const want = "Jane|Doe, Jr|001|Sup3rSecret="
	tests := []struct{ row, want, problems string }{
		{`="Jane","=""Doe, Jr""",="001","=""Sup3rSecret="""`, want, ""},
		{`="Jane",="Doe, Jr",="001",="Sup3rSecret="`, want, ""},
		{`Jane,"Doe, Jr",="001",="Sup3rSecret="`, want, ""},
		{`"'=""Jane""","=""Doe, Jr""",001,Sup3rSecret=`, want, ""},
		{`="Jane"s,="Doe, Jr",="001",="Sup3rSecret="`, "", "stray_quote"},
		{`=A1&"x",Doe,1,Sup3rSecret=`, "", "stray_quote"},
		{`="Jane,Doe,1,Sup3rSecret=`, "", "stray_quote"},
		{`=""Jane"",Doe,1,Sup3rSecret=`, "", "stray_quote"},
	}
	for _, tt := range tests {
		rows := rowsOf(t, "First name,Last name,Employee ID,Password\n"+tt.row+"\n", Options{})
		p := rows[0].Person
		got := strings.Trim(strings.Join([]string{p.FirstName, p.LastName, p.ImmutableID, p.Password.Reveal()}, "|"), "|")
		if problems := codesOf(rows[0].Problems); got != tt.want || problems != tt.problems {
			t.Errorf("%s: got %s with problems %q, want %s with %q", tt.row, got, problems, tt.want, tt.problems)
		}
	}
}

// Cells that are no bare formulas of a text stay as they are.
func TestQuoteFormulas(t *testing.T) {
	for _, raw := range []string{"", "a", "a,b\n", `="`, `=",`, `="a"b,c`, `a="b",c`, `x,=""a"",y`} {
		if got := quoteFormulas(raw, ','); got != raw {
			t.Errorf("%q: got %q, want it as it is", raw, got)
		}
	}
	cells, err := csv.NewReader(strings.NewReader(quoteFormulas("=\"\",=\"a,b\",c,=\"d\"\r\n", ','))).Read()
	if got, want := strings.Join(cells, "|"), "|a,b|c|d"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestDOSEnd holds that the control-Z with which files from DOS end is no row.
func TestDOSEnd(t *testing.T) {
	for _, end := range []string{"\x1a", "\x1a\r\n", "\x1a\x1a\x1a"} {
		if rows := rowsOf(t, "First name,Last name\r\nJane,Doe\r\n"+end, Options{}); len(rows) != 1 {
			t.Errorf("%q: got %d rows, want 1", end, len(rows))
		}
	}
}

// TestOneWidth holds that who is written in full-width characters once is one person.
func TestOneWidth(t *testing.T) {
	for _, pair := range [][2]Person{
		{{ImmutableID: "A1001"}, {ImmutableID: "Ａ１００１"}},
		{{FirstName: "Jürgen"}, {FirstName: "ｊürgen"}},
		{{FirstName: "ガク"}, {FirstName: "ｶﾞｸ"}},
	} {
		if got, want := pair[1].Identity(), pair[0].Identity(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
