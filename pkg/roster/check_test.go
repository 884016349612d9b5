package roster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// openText opens a file that holds the text.
func openText(t testing.TB, name, text string, o Options) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, o)
	if err == nil {
		t.Cleanup(func() { f.Close() })
	}
	return f, err
}

// rowsOf reads all rows of a file that must be good.
func rowsOf(t testing.TB, text string, o Options) []Row {
	t.Helper()
	f, err := openText(t, "people.csv", text, o)
	if err != nil {
		t.Fatal(err)
	}
	var rows []Row
	for row, err := range f.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func codesOf(problems []Problem) string {
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
	}
	return strings.Join(codes, " ")
}

// TestCellRules holds each rule at its limits: one cell, in an otherwise good row.
func TestCellRules(t *testing.T) {
	const wide = "𠮷" // one letter, two UTF-16 code units
	tests := []struct{ header, cell, problems, warnings string }{
		{"firstName", strings.Repeat("a", 64), "", ""},
		{"firstName", strings.Repeat("a", 65), "too_long", ""},
		{"firstName", strings.Repeat("é", 64), "", ""},
		{"firstName", strings.Repeat("e\u0301", 64), "", ""}, // composed before it is counted
		{"firstName", strings.Repeat("é", 65), "too_long", ""},
		{"firstName", strings.Repeat(wide, 32), "", ""},
		{"firstName", strings.Repeat(wide, 32) + "a", "too_long", ""},
		{"lastName", strings.Repeat("a", 64), "", ""},
		{"lastName", strings.Repeat("a", 65), "too_long", ""},
		{"displayName", strings.Repeat("a", 256), "", ""},
		{"displayName", strings.Repeat("a", 257), "too_long", ""},
		{"firstName", "  " + strings.Repeat("a", 64) + "\u00a0", "", ""}, // cleaned before it is counted
		{"firstName", "a\x7fb", "control_character", ""},
		{"firstName", "a\u0085b", "control_character", ""},
		{"firstName", "a\u2028b", "control_character", ""},
		{"firstName", "a\ufffeb", "control_character", ""},
		{"firstName", "a\tb", "control_character", ""},
		{"firstName", "a\ufffdb", "damaged_text", ""},
		{"lastName", "M?ller", "damaged_text", ""},
		{"lastName", "?ng", "damaged_text", ""},
		{"lastName", "??", "damaged_text", ""},
		{"displayName", "Ann Lee (new?)", "", ""},
		{"firstName", "Ren+AOk-e", "damaged_text", ""}, // UTF-7
		{"firstName", "+BBgEMgQwBD0", "damaged_text", ""},
		{"firstName", "+Z04", "damaged_text", ""},
		{"lastName", "Ren~{(&~}e", "damaged_text", ""}, // HZ
		{"lastName", "SJ+ANY-GREN", "damaged_text", ""},
		{"displayName", "Ann+Ugo Roe", "", ""},
		{"displayName", "ANN+AMY", "", ""},
		{"displayName", "Ann+", "", ""},
		{"displayName", "Ann + Tom~", "", ""},
		{"firstName", "FranÃ§ois", "double_encoding", ""},
		{"firstName", "Å\u0081ukasz", "double_encoding", ""},
		{"firstName", "Ð˜Ð²Ð°Ð½", "double_encoding", ""},
		{"firstName", "Oâ€™Neil", "double_encoding", ""},
		{"firstName", "РћР»РµРі", "double_encoding", ""},
		{"firstName", "Сірко", "", ""},
		{"firstName", "ÃÉ", "", ""},
		{"lastName", "Gro&szlig;", "damaged_text", ""},
		{"lastName", "O&#39;Neill", "damaged_text", ""},
		{"displayName", "Roe &amp; Doe", "damaged_text", ""},
		{"lastName", `Gro\u00df`, "damaged_text", ""},
		{"lastName", "Gro%C3%9F", "damaged_text", ""},
		{"displayName", `R&D; A&B, C\up 5% =ab`, "", ""},
		{"lastName", "Gro├ƒ", "damaged_text", ""},
		{"lastName", "Gro√ü", "damaged_text", ""},
		{"lastName", "髙\ue000", "damaged_text", ""},
		{"lastName", "©»astný", "damaged_text", ""},
		{"lastName", "Kráµ", "damaged_text", ""},
		{"firstName", "Micha³", "damaged_text", ""},
		{"firstName", "Jos‚", "damaged_text", ""},
		{"firstName", "Bj”rn", "damaged_text", ""},
		{"firstName", "S…Œren", "damaged_text", ""},
		{"firstName", "M.ª José", "", ""},
		{"firstName", "Gal·la", "", ""},
		{"lastName", "O´Brien–O’Neill", "", ""},
		{"displayName", "Team²", "", ""},
		{"firstName", "„Hansi“ »Vanya« § 5 …", "", ""},
		{"displayName", "ד”ר כהן", "", ""},
		{"firstName", "Ángel Íñigo", "", ""},
		{"firstName", "Pаul", "", "mixed_scripts"},
		{"firstName", "Иван Smith", "", ""}, // each word for itself
		{"firstName", "Αlex", "", "mixed_scripts"},

		{"firstName", "#N/A", "spreadsheet_error", ""},
		{"lastName", "#REF!", "spreadsheet_error", ""},
		{"displayName", "#BEZUG!", "spreadsheet_error", ""},
		{"firstName", "#NV", "spreadsheet_error", ""},
		{"firstName", "########", "spreadsheet_error", ""},
		{"immutableId", "#NAME?", "spreadsheet_error", ""},
		{"firstName", "Err:502", "spreadsheet_error", ""},
		{"firstName", "#Jane", "", ""},
		{"firstName", "#", "", ""},
		{"lastName", "NULL", "", "placeholder"},
		{"firstName", "n/a", "", "placeholder"},
		{"firstName", "Nina", "", ""},
		{"immutableId", "1.23457E+11", "bad_immutable_id", ""},
		{"immutableId", "1,23457E+11", "bad_immutable_id", ""},
		{"immutableId", "1A3E+11", "", ""},
		{"immutableId", "ab.E+1", "", ""},

		{"userPrincipalName", "jane", "", ""},
		{"userPrincipalName", "jane@contoso.com", "", ""},
		{"userPrincipalName", "@contoso.com", "bad_user_name", ""},
		{"userPrincipalName", "jane@", "bad_user_name", ""},
		{"userPrincipalName", "jane@a@b.com", "bad_user_name", ""},

		{"usageLocation", "de", "", ""},
		{"usageLocation", "GB", "", ""},
		{"usageLocation", "UK", "unknown_location", ""},
		{"usageLocation", "EL", "unknown_location", ""},
		{"usageLocation", "XX", "unknown_location", ""},
		{"usageLocation", "XK", "unknown_location", ""},
		{"usageLocation", "AN", "unknown_location", ""}, // withdrawn
		{"usageLocation", "D", "unknown_location", ""},
		{"usageLocation", "DEU", "unknown_location", ""},
		{"usageLocation", "ｄe", "unknown_location", ""},
		{"usageLocation", "united states", "", ""},
		{"usageLocation", "The Netherlands", "", ""},
		{"usageLocation", "Côte d'Ivoire", "", ""},
		{"usageLocation", "Saint Kitts & Nevis", "", ""},
		{"usageLocation", "Germoney", "unknown_location", ""},

		{"immutableId", "abc+/=", "", ""},
		{"immutableId", "a_b", "bad_immutable_id", ""},
		{"immutableId", "a$b", "bad_immutable_id", ""},

		{"password", "Abcde12", "password_too_short", ""},
		{"password", "Abcdef12", "", ""},
		{"password", strings.Repeat("Abc1", 64), "", ""},
		{"password", strings.Repeat("Abc1", 64) + "x", "password_too_long", ""},
		{"password", "testPassword", "password_too_simple", ""},
		{"password", "abcdef12", "password_too_simple", ""},
		{"password", "ABCDEF1!", "", ""},
		{"password", "abcd-ef1", "", ""},
		{"password", "Abc def 12", "", ""},
		{"password", " Abcdef12", "", "blank_in_password"},
		{"password", "Äbcdef12", "password_characters password_too_simple", ""},
		{"password", "Abcdef12\u00a0", "password_characters", ""},
		{"password", "\u200bAbcdef12", "password_characters", ""},
		{"password", "********", "masked_password", ""},
		{"password", `@#$%^&*-_!+=[]{}|\:',.?/~();<>aA` + "`", "", ""},
		{"password", "short", "password_too_short password_too_simple", ""},

		{"forceChangePassword", "FALSE", "", ""},
		{"forceChangePassword", "nein", "", ""},
		{"forceChangePassword", "perhaps", "bad_yes_no", ""},
		{"blockSignIn", "no", "", ""},
		{"blockSignIn", "Yes", "blocked_sign_in", ""},
		{"blockSignIn", "?", "bad_yes_no", ""},
		{"accountEnabled", "True", "", ""},
		{"accountEnabled", "False", "blocked_sign_in", ""},
		{"passwordHashFunction", "SHA-1", "hashed_password", ""},

		{"customerId", "1f0e4e2c-1111-4222-8333-444455556666", "", ""},
		{"customerId", "{1F0E4E2C-1111-4222-8333-444455556666}", "", ""},
		{"customerId", "1f0e4e2c-1111-4222-8333-44445555666", "bad_customer", ""},
		{"customerId", "contoso.com", "", ""},
		{"customerId", "contoso", "bad_customer", ""},
		{"domain", "Contoso.onmicrosoft.com", "", ""},
		{"domain", strings.Repeat("a", 44) + ".com", "", ""},
		{"domain", strings.Repeat("a", 45) + ".com", "bad_domain", ""},
		{"domain", "contoso", "bad_domain", ""},
		{"domain", "contoso..com", "bad_domain", ""},
		{"domain", "con toso.com", "bad_domain", ""},
		{"domain", "contoso-.com", "bad_domain", ""},
		{"domain", "127.0.0.1", "bad_domain", ""},
		{"domain", "@contoso.com", "bad_domain", ""},
		{"domain", "müller.de", "bad_domain", ""},
	}
	for _, test := range tests {
		quoted := `"` + strings.ReplaceAll(test.cell, `"`, `""`) + `"`
		text := "givenName," + test.header + "\nJane," + quoted + "\n"
		if test.header == "firstName" {
			text = "surname," + test.header + "\nDoe," + quoted + "\n"
		}
		rows := rowsOf(t, text, Options{})
		if len(rows) != 1 {
			t.Fatalf("%s %q: got %d rows, want 1", test.header, test.cell, len(rows))
		}
		if got := codesOf(rows[0].Problems); got != test.problems {
			t.Errorf("%s %q: got problems %q, want %q", test.header, test.cell, got, test.problems)
		}
		if got := codesOf(rows[0].Warnings); got != test.warnings {
			t.Errorf("%s %q: got warnings %q, want %q", test.header, test.cell, got, test.warnings)
		}
		for _, p := range slices.Concat(rows[0].Problems, rows[0].Warnings) {
			if p.Message == "" || p.Hint == "" || p.Column != test.header {
				t.Errorf("%s %q: got %+v, want a column, a message and a hint", test.header, test.cell, p)
			}
		}
	}
}

// TestAllProblemsOfARow holds that no broken rule hides another, and that a
// password shows nowhere.
func TestAllProblemsOfARow(t *testing.T) {
	const text = "firstName,userPrincipalName,usageLocation,immutableId,password,forceChangePassword,domain\n" +
		"\u0007x,jane@a.com,UK,$1,JANE,maybe,b.com\n"
	row := rowsOf(t, text, Options{})[0]
	want := "control_character unknown_location bad_immutable_id bad_yes_no password_too_short password_too_simple password_has_name two_domains"
	if got := codesOf(row.Problems); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if shown := fmt.Sprintf("%+v %#v %v", row, row, row.Problems); strings.Contains(shown, "JANE") {
		t.Errorf("the password is in %s", shown)
	}
}

func TestPasswordHasName(t *testing.T) {
	tests := []struct {
		upn, password string
		want          string
	}{
		{"jane.doe@contoso.com", "xJANE.DOE1", "password_has_name"},
		{"jane.doe", "1Jane.Doe2", "password_has_name"},
		{"jo@contoso.com", "Josephine1", ""}, // too short to be looked for
		{"joe@contoso.com", "Joephine1", "password_has_name"},
		{"", "Josephine1", ""},
	}
	for _, test := range tests {
		row := rowsOf(t, "displayName,userPrincipalName,password\nx,"+test.upn+","+test.password+"\n", Options{})[0]
		if got := codesOf(row.Problems); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.upn, test.password, got, test.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	rows := rowsOf(t, "firstName,lastName,displayName,usageLocation,forceChangePassword\n"+
		"Jane,Doe,,,\nJane,,,germany,\n,Doe,,,no\nJane,Doe,Boss,us,0\n", Options{UsageLocation: "Austria"})
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Person.DisplayName, "/", r.Person.UsageLocation, "/", r.Person.ForceChangePassword))
	}
	want := []string{"Jane Doe/AT/true", "Jane/DE/true", "Doe/AT/false", "Boss/US/false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := openText(t, "people.csv", "firstName\nJane\n", Options{UsageLocation: "UK"}); err == nil || !strings.Contains(refusal(err).Hint, "GB") {
		t.Errorf("usage location UK: got %v, want an error that says GB", err)
	}
}

// TestIdentity holds what is one person and what is two.
func TestIdentity(t *testing.T) {
	tests := []struct {
		a, b Person
		same bool
	}{
		{Person{FirstName: "Jane", LastName: "Doe"}, Person{FirstName: "JANE", LastName: "doe"}, true},
		{Person{FirstName: "Zoe\u0308"}, Person{FirstName: "ZOË"}, true},
		{Person{LastName: "Groß"}, Person{LastName: "GROSS"}, true},
		{Person{FirstName: "Mary-Ann", LastName: "O'Neill"}, Person{FirstName: "Mary\u2010Ann", LastName: "O\u2019Neill"}, true},
		{Person{LastName: "O'Neill"}, Person{LastName: "ONeill"}, false},
		{Person{FirstName: "Jane", LastName: "Doe"}, Person{FirstName: "Jane Doe"}, false},
		{Person{FirstName: "Işık"}, Person{FirstName: "Isik"}, false},
		{Person{UserPrincipalName: "Jane@contoso.com", FirstName: "x"}, Person{UserPrincipalName: "jane@Contoso.com"}, true},
		{Person{ImmutableID: "aB", FirstName: "x"}, Person{ImmutableID: "aB"}, true},
		{Person{ImmutableID: "aB"}, Person{ImmutableID: "Ab"}, false}, // base64 has both cases
		{Person{ImmutableID: "x"}, Person{UserPrincipalName: "x"}, false},
	}
	for _, test := range tests {
		if got := test.a.Identity() == test.b.Identity(); got != test.same {
			t.Errorf("%q and %q: got same=%v, want %v", test.a.Identity(), test.b.Identity(), got, test.same)
		}
	}
}

// TestLocalCountries holds names in other languages against their codes, and that
// no English name means another country elsewhere.
func TestLocalCountries(t *testing.T) {
	for name, want := range map[string]string{
		"Deutschland": "DE", "ALLEMAGNE": "DE", "Alemania": "DE", "Niemcy": "DE", "Германия": "DE", "ドイツ": "DE", "德国": "DE", "Saksa": "DE",
		"Österreich": "AT", "Osterreich": "AT", "Schweiz": "CH", "Suisse": "CH", "Svizzera": "CH", "Vereinigtes Königreich": "GB",
		"España": "ES", "Espana": "ES", "Ελλάδα": "GR", "Україна": "UA", "Česko": "CZ", "Magyarország": "HU", "Türkiye": "TR", "المغرب": "MA",
		"Alemanna": "", "Deutschlands": "", "Europa": "", "": "",
	} {
		if got, _ := countryCode(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, code := range countriesByName() {
		if local, ok := localCountries()[name]; ok && local != code {
			t.Errorf("%s is %s in English and %s in another language", name, code, local)
		}
	}
}

func TestCountries(t *testing.T) {
	if n := strings.Count(countryNames, "\n") + 1; n != 249 {
		t.Errorf("got %d countries, want the 249 of ISO 3166-1", n)
	}
	for line := range strings.Lines(countryNames) {
		code, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		for name := range strings.SplitSeq(names, ";") {
			if got, _ := countryCode(strings.TrimSpace(name)); got != code {
				t.Errorf("%q: got %q, want %q", name, got, code)
			}
		}
	}
}

// TestSoundCells holds that no check objects to a cell that isSound passes, nor does
// cleaning change it, and that it passes what is usual.
func TestSoundCells(t *testing.T) {
	parts := strings.Split(`&amp;|%C3|\u00df`+"|N/A|#NV|Err:502|What?|M?ller|'=|  |é|\u00a0|E+|1.2|x|Jane Doe|-", "|")
	for c := range 256 {
		parts = append(parts, string([]byte{byte(c)}))
	}
	for _, a := range parts {
		for _, b := range parts {
			for _, s := range []string{a + b, a + "A" + b, a + " " + b, "1.2" + a + b + "11"} {
				if isSound(s) && (!isTidy(s) || !isASCII(s) || isSheetError(s) || lostLetter(s) || letterCode(s) != "" || isRounded(s) || strings.ContainsAny(s, "$_")) {
					t.Errorf("%q passes as sound", s)
				}
			}
		}
	}
	for _, s := range []string{"", "Jane", "Mary Ann", "Jean-Paul J. (Bob)", "Smith 3rd (Sales)", "1234567890abcdef", "ZHSkdf=="} {
		if !isSound(s) {
			t.Errorf("%q goes the long way", s)
		}
	}
}

// TestStandsForNone holds what is no id, and that real ones pass.
func TestStandsForNone(t *testing.T) {
	for _, s := range []string{"N/A", "-", "none", "NULL", "TBD", "?", "0000", "0", ".", "--", "—", "n.a", "(null)", "undefined", "00-00"} {
		for _, column := range []string{"immutableId", "userPrincipalName"} {
			row := rowsOf(t, "firstName,"+column+"\nJane,"+s+"\n", Options{})[0]
			if got := codesOf(row.Problems); got != "placeholder" {
				t.Errorf("%s %q: got problems %q, want placeholder", column, s, got)
			}
		}
	}
	for _, s := range []string{"1", "001", "a", "NA", "nil", "nan", "tba", "n.b", "tbd1", "unknown2", "E-0", "é", "名", "0x0"} {
		if standsForNone(s) {
			t.Errorf("%q: got a placeholder", s)
		}
	}
}

// TestOtherSystemsRows holds what the exports of other systems say of a person
// beyond the name.
func TestOtherSystemsRows(t *testing.T) {
	const google = "First Name [Required],Last Name [Required],Email Address [Required]"
	tests := []struct{ text, problems, upn string }{
		{google + ",Status [READ ONLY]\nBob,Doe,bob,Suspended\n", "blocked_sign_in", "bob"},
		{google + ",Status [READ ONLY]\nBob,Doe,bob,Active\n", "", "bob"},
		{google + ",Org Unit Path,New Status,Status\nBob,Doe,bob,/,,Suspended\n", "blocked_sign_in", "bob"},
		{google + ",Org Unit Path,New Status,Status\nBob,Doe,bob,/,Active,Suspended\n", "", "bob"},
		{"First name,Status\nBob,Suspended\n", "", ""}, // whatever that means
		{"userPrincipalName,displayName,userType\nbob@contoso.com,Bob,Guest\n", "guest_user", "bob@contoso.com"},
		{"userPrincipalName,displayName,userType\nbob@contoso.com,Bob,Member\n", "", "bob@contoso.com"},
		{"userPrincipalName,displayName\nbob_x.com#ext#@contoso.com,Bob\n", "guest_user", "bob_x.com#ext#@contoso.com"},
		{"FirstName,LastName,Username,Password,Email\nBob,Roe,broe,,\n", "", "broe"},
		{"FirstName,LastName,Username,Password,Email\nBob,Roe,broe,,bob@contoso.com\n", "", "bob@contoso.com"},
		{"firstName\nexample: Jane\nBob\n", "", ""},
		{"firstName\n\"EXAMPLE: Jane\"\nBob\n", "", ""},
	}
	for _, tt := range tests {
		row := rowsOf(t, tt.text, Options{})[0]
		if got := codesOf(row.Problems); got != tt.problems || row.Person.UserPrincipalName != tt.upn || !strings.HasPrefix(row.Person.DisplayName, "Bob") {
			t.Errorf("%q: got %q %+v, want %q for %q", tt.text, got, row.Person, tt.problems, tt.upn)
		}
	}
}
