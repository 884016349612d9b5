package roster

import "testing"

// TestUnmended holds that a row of a rejects file that was refused for its form
// stays refused as it was written there, passes once it was mended even if its
// error is still there, and always passes without one.
func TestUnmended(t *testing.T) {
	const (
		few   = "the row has 2 cells, the header has 3"
		one   = "(1) the row has 1 cells, the header has 3; (2) immutableId: no"
		many  = "the row has 4 cells, the header has 3"
		quote = strayQuoted
		odd   = "Last name: the last name " + nameless
	)
	tests := []struct{ name, row, problems string }{
		{"few, as written", `Jane,Doe,,"` + few + `",add`, "too_few_cells"},
		{"few, mended", `E1,Jane,Doe,"` + few + `",add`, ""},
		{"few, mended at the front", `,Jane,Doe,"` + few + `",add`, ""},
		{"few, the last ones", `E1,Jane,,,add`, ""},
		{"one, as written", `"E1;Jane;Doe",,,"` + one + `",add`, "too_few_cells"},
		{"one, touched and as wrong", `"E1;Jane;Roe",,,"` + one + `",add`, "too_few_cells"},
		{"one, mended", `E1,Jane,Doe,"` + one + `",add`, ""},
		{"many, as written", `E1,Jane,Doe,"` + many + `",remove,Jr`, "too_many_cells"},
		{"many, mended", `E1,Jane,Doe,"` + many + `",remove`, ""},
		{"many, mended, blanks left", `E1,Jane,Doe,"` + many + `",remove, `, ""},
		{"quote, as written", `E1,"Jane"" J",Doe,"` + quote + `",put`, "stray_quote"},
		{"quote, mended", `E1,Jane J,Doe,"` + quote + `",put`, ""},
		{"quote, meant", `E1,"Jane ""J""",Doe,,put`, ""},
		{"quote in another row's cell", `E1,"Jane ""J""",Doe,Password: too short,put`, ""},
		{"odd letters, as written", `E1,Jan,£ukasz,` + odd + `,see`, "damaged_text"},
		{"odd letters, mended", `E1,Jan,Łukasz,` + odd + `,see`, ""},
		{"odd letters, meant", `E1,Jan,Êóçíåöîâ,,see`, ""},
	}
	for _, tt := range tests {
		rows := rowsOf(t, "Employee ID,First name,Last name,error,hint\n"+tt.row+"\n", Options{})
		if got := codesOf(rows[0].Problems); got != tt.problems {
			t.Errorf("%s: got problems %q, want %q", tt.name, got, tt.problems)
		}
	}
}

// TestUnmendedHidesPasswords holds that a cell that may be a password is not shown.
func TestUnmendedHidesPasswords(t *testing.T) {
	rows := rowsOf(t, "First name,Last name,Password,error,hint\n"+
		`"Jane,Doe,Sup3rSecret99",,,"the row has 1 cells, the header has 3",add`+"\n", Options{})
	if p := rows[0].Person; p.FirstName+p.DisplayName != "" || codesOf(rows[0].Problems) != "too_few_cells" {
		t.Errorf("got %+v %+v, want nobody and too_few_cells", p, rows[0].Problems)
	}
}

// TestFused holds that apostrophes before formulas go, of rejects files only.
func TestFused(t *testing.T) {
	const head = "First name,Last name,Password"
	row := `"'` + "\t" + `",'＝Doe,'=Abcdef123`
	got := rowsOf(t, head+",error,hint\n"+row+",,\n", Options{})[0]
	if p := got.Person; p.FirstName != "" || p.LastName != "＝Doe" || p.Password.Reveal() != "=Abcdef123" {
		t.Errorf("got %q %q %q, want none, ＝Doe and =Abcdef123", p.FirstName, p.LastName, p.Password.Reveal())
	}
	if c := got.Cells(); c[0] != "\t" || c[2] != "=Abcdef123" {
		t.Errorf("got cells %q, want them without apostrophes", c)
	}
	if p := rowsOf(t, head+"\n"+row+"\n", Options{})[0].Person; p.LastName != "'＝Doe" || p.Password.Reveal() != "'=Abcdef123" {
		t.Errorf("got %q %q, want the apostrophes of another file", p.LastName, p.Password.Reveal())
	}
}
