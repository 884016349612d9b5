package roster

import "testing"

// TestRemarks holds which rows are no people, and that people with odd names are.
func TestRemarks(t *testing.T) {
	tests := []struct{ row, problems string }{
		{"First name,Last name,Employee ID,Display name,UPN", "repeated_header"},
		{" First name,Last  name\u200b,Employee ID,Display name,UPN", "repeated_header"},
		{"\ufeffFirst name,Last name,Employee ID,Display name,UPN", "repeated_header"},
		{"First name,Last name,1,Display name,UPN", ""},
		{"Total,1,,,", "not_a_person"},
		{"Total,,2,,", "not_a_person"},
		{"TOTAL:,,,,", "not_a_person"},
		{"Total (2),,,,", "not_a_person"},
		{"Grand total,2,,,", "not_a_person"},
		{"Итого,2,,,", "not_a_person"},
		{",Összesen,,,", "not_a_person"},
		{",,,合計: 2,", "not_a_person"},
		{"Total: 2,,,,", "not_a_person"},
		{"Stand: 01.02.2026,,,,", "not_a_person"},
		{",,,Exported: 2026-02-01 08:00,", "not_a_person"},
		{"01.02.2026,,,,", "not_a_person"},
		{",,,2026-02-01,", "not_a_person"},
		{"Total,Doe,,,", ""},
		{"Jane,Total,,,", ""},
		{"Sum,,,,", ""},
		{"Suma,2,,,", ""},
		{"Jane,2,,,", ""},
		{"Jane,,,Room: 2,", ""},
		{"Robot: 2,,,,robot2", ""},
		{"X Æ A-12,Doe,,,", ""},
		{"प्रिया,,,,", ""},
		{",,,1.5,", ""},
		{"FIRST NAME,LAST NAME,employee id,Display Name,upn", "repeated_header"},
		{"2 users,,,,", "not_a_person"},
		{"(2 rows affected),,,,", "not_a_person"},
		{"Count,2,,,", "not_a_person"},
		{"# exported by the HR system,,,,", "not_a_person"},
		{"//,,,,", "not_a_person"},
		{"2Pac,,,,", ""},
		{"50 Cent,,1,,", ""},
		{"#Ann,Lee,,,", ""},
	}
	for _, tt := range tests {
		rows := rowsOf(t, "First name,Last name,Employee ID,Display name,UPN\n"+tt.row+"\n", Options{})
		if got := codesOf(rows[0].Problems); got != tt.problems {
			t.Errorf("%q: got problems %q, want %q", tt.row, got, tt.problems)
		}
	}
}
