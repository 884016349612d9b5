package roster

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

// mixedPeople makes a file of many batches, with faults and skipped rows in it.
func mixedPeople(rows int) string {
	var b strings.Builder
	b.WriteString("firstName,lastName,usageLocation,password\n")
	for i := range rows {
		switch i % 50 {
		case 7:
			b.WriteString("Jane,\"Do\"e,US,\n")
		case 13:
			b.WriteString("Jane\n")
		case 21:
			b.WriteString(",,,\n")
		case 29:
			fmt.Fprintf(&b, "Jane,\"Doe\n\n%d\",US,\r\n\r\n", i)
		case 34:
			b.WriteString("Jane,Doe,UK,short\n")
		default:
			fmt.Fprintf(&b, "Jane%d,\"van \"\"der\"\" Müller, Jr %d\",NL,\n", i, i)
		}
	}
	return b.String()
}

// TestProcessors holds that rows, their order and the counts are the same on any
// number of processors.
func TestProcessors(t *testing.T) {
	f, err := openText(t, "people.csv", mixedPeople(20_000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var want []string
	var mapping Mapping
	for _, processors := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(processors)
		var rows []Row
		for row, err := range f.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		got := shown(rows)
		if want == nil {
			want, mapping = got, f.Mapping()
		}
		if len(got) != 20_000-20_000/50 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d processors: got %d rows that differ from those of one", processors, len(got))
		}
		if m := f.Mapping(); !reflect.DeepEqual(m, mapping) || m.Blank != 400 {
			t.Errorf("%d processors: got %+v, want %+v", processors, m, mapping)
		}
	}
}

// TestLines: who makes room for people goes by the lines.
func TestLines(t *testing.T) {
	const head = "First name,Last name\r\n"
	for text, want := range map[string]int{
		head + "Ada,Smith\r\nBo,Li\r\n":            3,
		head + "Ada,Smith\r\nBo,Li":                2,
		"First name,Last name\rAda,Smith\rBo,Li\r": 0,
	} {
		f, err := openText(t, "people.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Lines(); got != want {
			t.Errorf("%q: got %d lines, want %d", text, got, want)
		}
	}
}

// TestMap holds the order of results, and that work runs once a row.
func TestMap(t *testing.T) {
	f, err := openText(t, "people.csv", string(peopleCSV(10_000)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for got, err := range Map(f, func(r *Row) int { return 2 * r.N }) {
		n++
		if err != nil || got != 2*n {
			t.Fatalf("row %d: got %d, %v, want %d", n, got, err, 2*n)
		}
	}
	if n != 10_000 {
		t.Errorf("got %d rows, want 10000", n)
	}
}

// TestStopEarly holds that a range that is left ends its goroutines (a bubble that
// some goroutine never leaves is an error), and that the file can be ranged over
// again, also by two at once.
func TestStopEarly(t *testing.T) {
	f, err := openText(t, "people.csv", string(peopleCSV(50_000)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		for range 20 {
			for row := range f.Rows() {
				if row.N == 3 {
					break
				}
			}
		}
	})
	outer := 0
	for range f.Rows() {
		if outer++; outer > 3 {
			break
		}
		inner := 0
		for range f.Rows() {
			inner++
		}
		if inner != 50_000 {
			t.Errorf("got %d rows inside, want 50000", inner)
		}
	}
}

// TestLinesOfErrors holds that a bad file is told late, after its good rows.
func TestLinesOfErrors(t *testing.T) {
	text := string(peopleCSV(5_000)) + "Jane,\"Doe,,,,\n"
	f, err := openText(t, "people.csv", text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range f.Rows() {
		if err == nil {
			n++
			continue
		}
		if want := f.path + ": line 5002: a quote"; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if n != 5_000 {
			t.Errorf("got the error after %d rows, want 5000", n)
		}
	}
	if f.Mapping().Cleaned != 0 {
		t.Error("a pass that failed counted")
	}
}

// TestSwallowedLines warns where two forgotten quotes may have made one cell of
// two people, and not of an address over several lines.
func TestSwallowedLines(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a,firstName,note\n1,Jane,\"x\n2,John,y\"\n", "swallowed_lines"},
		{"a,firstName,note\n1,Jane,\"x\ny\"\n", ""},
		{"note,firstName,a\n\"x\ny\",Jane,2\n", ""},
		{"a,firstName,note\n1,Jane,\"x, y, z\"\n\n\n", ""},
	}
	for _, test := range tests {
		row := rowsOf(t, test.text, Options{})[0]
		if got := codesOf(row.Warnings); got != test.want || len(row.Problems) > 0 {
			t.Errorf("%q: got %q %q, want %q", test.text, got, codesOf(row.Problems), test.want)
		}
	}
}

// TestRejectsRoundTrip holds that a row's cells make the same row again.
func TestRejectsRoundTrip(t *testing.T) {
	want := rowsOf(t, mixedPeople(200), Options{})
	var b bytes.Buffer
	b.WriteString("firstName,lastName,usageLocation,password,error,hint\n")
	for _, row := range want {
		cells := row.Cells()[:4]
		for i, c := range cells {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(cells, ",") + ",why,what\n")
	}
	got := rowsOf(t, b.String(), Options{})
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if code := codesOf(want[i].Problems); code == "stray_quote" || code == "too_few_cells" {
			continue // mended by writing it whole
		}
		if !reflect.DeepEqual(got[i].Person, want[i].Person) {
			t.Errorf("row %d: got %+v, want %+v", i+1, got[i].Person, want[i].Person)
		}
	}
}

// TestRejectedPasswords holds that the apostrophe which keeps a spreadsheet from
// running a cell does not become a part of the password, and only that one goes.
func TestRejectedPasswords(t *testing.T) {
	tests := []struct{ header, cell, want string }{
		{"name,password,error,hint", "'=Abcdef12", "=Abcdef12"},
		{"name,password,error,hint", "''=Abcdef12", "'=Abcdef12"},
		{"name,password,error,hint", "'Abcdef12", "'Abcdef12"},
		{"name,password,error,hint", "=Abcdef12", "=Abcdef12"},
		{"name,password,x,y", "'=Abcdef12", "'=Abcdef12"},
	}
	for _, test := range tests {
		row := rowsOf(t, test.header+"\nJane,"+test.cell+",,\n", Options{})[0]
		if got := row.Person.Password.Reveal(); got != test.want || len(row.Problems) > 0 {
			t.Errorf("%s %s: got %q %+v, want %q", test.header, test.cell, got, row.Problems, test.want)
		}
	}
}

// TestOptionsMap names columns by force.
func TestOptionsMap(t *testing.T) {
	tests := []struct {
		header string
		forced map[string]string
		want   string // fields by column, or part of the error
	}{
		{"First name,Last name,User name,E-mail", map[string]string{"e mail": "UserPrincipalName"}, "firstName,lastName,,userPrincipalName"},
		{"First name,Name", map[string]string{"Name": "lastName"}, "firstName,lastName"},
		{"First name,Name", map[string]string{"Name": "-"}, "firstName,"},
		{"Name,Country or Region", map[string]string{"Country or Region": "usage location"}, "displayName,usageLocation"},
		{"Name,Employee ID", nil, "displayName,immutableId"},
		{"Name,Employee ID", map[string]string{"Employee ID": "-"}, "displayName,"},
		{"x,y", map[string]string{"x": "displayName"}, "displayName,"},
		{"Name,x", map[string]string{"z": "displayName"}, `"z", which the file does not have; the headers are "Name", "x"`},
		{"Name,x", map[string]string{"x": "phone"}, `"phone", which is no field; the fields are userPrincipalName, firstName`},
		{"Name,x,y", map[string]string{"x": "domain", "y": "domain"}, `both to "x" and to "y"`},
		{"x,y", nil, "no column is known to hold a name"},
		{"Name,UPN,User name,mail nickname", nil, "displayName,userPrincipalName,,"},
		{"Name,alias,mail", nil, "displayName,,userPrincipalName"},
		{"Given name,Surname,Vorname", nil, `both "Given name" and "Vorname"`},
		{"First name,Vorname,Last name", nil, "firstName,,lastName"},
		{"Nombre,Correo", nil, "displayName,userPrincipalName"},
		{"Nombre,Apellidos", nil, "firstName,lastName"},
		{"Nom,Prénom", nil, "lastName,firstName"},
		{"Name*,Objectid", nil, "displayName,"},
		{"Имя,Фамилия,Логин", nil, "firstName,lastName,userPrincipalName"},
		{"FIRST_NAME,last-name,e.mail", nil, "firstName,lastName,userPrincipalName"},
		{"Vorname (Pflicht),Nachname [optional]", nil, "firstName,lastName"},
	}
	for _, test := range tests {
		got := ""
		f, err := openText(t, "people.csv", test.header+"\n", Options{Map: test.forced})
		if err != nil {
			got = err.Error() + "; " + refusal(err).Hint
		} else {
			var fields []string
			for _, c := range f.Mapping().Columns {
				fields = append(fields, c.Field)
			}
			got = strings.Join(fields, ",")
		}
		if got != test.want && (err == nil || !strings.Contains(got, test.want)) {
			t.Errorf("%s %v: got %s, want %s", test.header, test.forced, got, test.want)
		}
	}
}

// TestForeignHeaders holds what the headers of other languages mean beside each other.
func TestForeignHeaders(t *testing.T) {
	tests := []struct{ header, fields string }{
		{"Име;Фамилия;Имейл", "firstName lastName userPrincipalName"},
		{"Собствено име;Фамилно име;Показвано име", "firstName lastName displayName"},
		{"Име;Презиме;Е-пошта", "firstName lastName userPrincipalName"},
		{"Ime;Prezime;E-pošta", "firstName lastName userPrincipalName"},
		{"Nom;Cognoms;Correu electrònic", "firstName lastName userPrincipalName"},
		{"Nom;Prénom", "lastName firstName"},
		{"Nome de usuario;Nome;Apelidos;Nome para mostrar", "userPrincipalName firstName lastName displayName"},
		{"Erabiltzaile-izena;Izena;Abizena", "userPrincipalName firstName lastName"},
		{"Vardas;Pavardė;El. paštas", "firstName lastName userPrincipalName"},
		{"Vārds;Uzvārds;E-pasts", "firstName lastName userPrincipalName"},
		{"Eesnimi;Perekonnanimi;E-post", "firstName lastName userPrincipalName"},
		{"氏名;メールアドレス;社員番号", "displayName userPrincipalName immutableId"},
		{"姓;名;氏名", "lastName firstName displayName"},
		{"姓名;邮箱;工号", "displayName userPrincipalName immutableId"},
		{"الاسم الأول;اسم العائلة;البريد الإلكتروني", "firstName lastName userPrincipalName"},
		{"الاسم;اسم العائلة", "firstName lastName"},
		{"שם פרטי;שם משפחה;מספר עובד", "firstName lastName immutableId"},
		{"Tên;Họ;Thư điện tử", "firstName lastName userPrincipalName"},
		{"Họ và tên;Email", "displayName userPrincipalName"},
		{"ชื่อ;นามสกุล;อีเมล", "firstName lastName userPrincipalName"},
		{"Nama depan;Nama belakang;Surel", "firstName lastName userPrincipalName"},
		{"Nama;Kata sandi", "displayName password"},
		{"प्रथम नाम;अंतिम नाम", "firstName lastName"},
		{"Nombre;Primer apellido", "firstName lastName"},
		{"Voornaam;Tussenvoegsel;Achternaam", "firstName - lastName"},
	}
	for _, tt := range tests {
		f, err := openText(t, "people.csv", tt.header+"\n", Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.header, err)
			continue
		}
		var got []string
		for _, c := range f.Mapping().Columns {
			got = append(got, cmp.Or(c.Field, "-"))
		}
		if got := strings.Join(got, " "); got != tt.fields {
			t.Errorf("%s: got %s, want %s", tt.header, got, tt.fields)
		}
	}
	f, err := openText(t, "people.csv", "First name,Given name,Last name\n", Options{})
	if err != nil || f.Mapping().Columns[1].Like != FirstName {
		t.Errorf("two first names: got %+v %v, want a doubt about the second", f.Mapping().Columns, err)
	}
	if f, err = openText(t, "people.jsonl", `{"fistName":"Jane","displayName":"Jane Doe"}`, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, err := range f.Rows() { // in JSON Lines the names are known at the end
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Mapping().Columns[0].Like; got != FirstName {
		t.Errorf("fistName: got a doubt about %q, want the name that is nearest", got)
	}
	_, err = openText(t, "people.csv", "Nombre;Primer apellido;Segundo apellido\n", Options{})
	if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(e.Hint, "join the two columns") {
		t.Errorf("two last names: got %v, want a question", err)
	}
}

// TestShortRows holds which rows may lack cells at their end, and what is said of
// the others.
func TestShortRows(t *testing.T) {
	tests := []struct{ text, problems, warnings, hint string }{
		{"First name,Last name,Notes\nA,B\n", "", "short_row", ""},
		{"First name,Last name,Notes,\nA,B\n", "", "short_row", ""},
		{"First name,Last name,Notes\nA\n", "too_few_cells", "", "add the missing cells"},
		{"Notes,First name,Last name\nA,B\n", "too_few_cells", "", "add the missing cells"},
		{"Notes,Remarks,First name\nx\n", "too_few_cells", "", "add the missing cells"},
		{"First name,Password,Notes\nA,Sup3rSecret99\n", "too_few_cells", "", "add the missing cells"},
		{"First name,Last name,Employee ID\nA;B;1\n", "too_few_cells", "", "';' between its cells"},
		{"First name,Last name,Employee ID\n\"A,B,1\"\n", "too_few_cells", "", "between double quotes"},
	}
	for _, tt := range tests {
		row := rowsOf(t, tt.text, Options{})[0]
		if codesOf(row.Problems) != tt.problems || codesOf(row.Warnings) != tt.warnings {
			t.Errorf("%q: got %q, %q, want %q, %q", tt.text, codesOf(row.Problems), codesOf(row.Warnings), tt.problems, tt.warnings)
		}
		if tt.hint != "" && !strings.Contains(row.Problems[0].Hint, tt.hint) {
			t.Errorf("%q: got hint %q, want %q", tt.text, row.Problems[0].Hint, tt.hint)
		}
	}
}

// TestSeparatorLine holds that a line which names another delimiter than the file has
// is told, and not obeyed.
func TestSeparatorLine(t *testing.T) {
	for text, want := range map[string]string{
		"sep=,\r\nFirst name;Last name\r\nJane;Doe\r\n": ";",
		"sep=;\nFirst name;Last name\nJane;Doe\n":       ";",
		"sep=;\nFirst name\nJane\n":                     ";",
		"sep=|\nFirst name,Last name\nJane,Doe\n":       ",",
	} {
		f, err := openText(t, "people.csv", text, Options{})
		if err != nil {
			t.Errorf("%q: got %v", text, err)
			continue
		}
		told := strings.Contains(strings.Join(f.Mapping().Notes, " "), "but the file has")
		if got := f.Mapping().Delimiter; got != want || told == strings.Contains(text, "sep="+want) {
			t.Errorf("%q: got delimiter %q, told %v, want %q", text, got, told, want)
		}
	}
}

// TestOddHeaders holds that a header cannot steer a terminal, and that an empty
// column is no unknown one.
func TestOddHeaders(t *testing.T) {
	f, err := openText(t, "people.csv", "First name,De\x1b[31mpt,\nJane,x,\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Mapping().Columns
	if c[1].Header != "De�[31mpt" || c[1].Known || !c[2].Known {
		t.Errorf("got %+v, want a header without control character, and an empty column known", c)
	}
	f, err = openText(t, "people.csv", "First name,\nJane,x\n", Options{})
	if err != nil || f.Mapping().Columns[1].Known {
		t.Errorf("got %+v %v, want an unknown column", f.Mapping().Columns, err)
	}
}
