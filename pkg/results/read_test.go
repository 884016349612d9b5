package results

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadIsLenient(t *testing.T) {
	want := []Row{{N: 1, Status: Created, UserID: "id"}, {N: 2, Status: Failed, Error: "x"}}
	header := strings.Join(columns[:], ",")
	for name, text := range map[string]string{
		"plain.csv":     header + "\n1,created,,id,,,,,0,,,,\n2,failed,,,,,x,,0,,,,\n",
		"no-end.csv":    header + "\n1,created,,id,,,,,0,,,,\n2,failed,,,,,x,,0,,,,",
		"windows.csv":   "\ufeff" + header + "\r\n1,created,,id,,,,,0,,,,\r\n\r\n2,failed,,,,,x,,0,,,,\r\n",
		"case.csv":      strings.ToUpper(header) + "\n1,created,,id,,,,,0,,,,\n2,failed,,,,,x,,0,,,,\n",
		"more.csv":      "extra," + header + "\n?,1,created,,id,,,,,0,,,,\n?,2,failed,,,,,x,,0,,,,\n",
		"plain.jsonl":   `{"row":1,"status":"created","user_id":"id"}` + "\n" + `{"row":2,"status":"failed","error":"x","more":[1]}` + "\n",
		"no-end.jsonl":  `{"row":1,"status":"created","user_id":"id"}` + "\n" + `{"row":2,"status":"failed","error":"x","created_at":""}`,
		"windows.jsonl": "\ufeff" + `{"row":1,"status":"created","user_id":"id"}` + "\r\n\r\n" + `{"row":2,"status":"failed","error":"x","created_at":null}` + "\r\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		put(t, path, text)
		if got, err := readAll(Read(path)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestReadErrorsNameTheLine(t *testing.T) {
	header := strings.Join(columns[:], ",") + "\n"
	good := "1,created,,id,,,,,0,,,,\n"
	for _, c := range []struct{ name, text, want string }{
		{"x.csv", "", "line 1: the file is empty"},
		{"x.csv", "user_principal_name,password\n", `line 1: this is no results file: its header lacks the column "row"`},
		{"x.csv", header + good + "1,created\n", "line 3: wrong number of fields"},
		{"x.csv", header + "one" + good[1:], `line 2: column "row" holds "one"`},
		{"x.csv", header + "0" + good[1:], `line 2: column "row" holds 0`},
		{"x.csv", header + good + "2,made,,,,,,,0,,,,\n", `line 3: column "status" holds "made"`},
		{"x.csv", header + "1,created,,,,,,,x,,,,\n", `line 2: column "attempts" holds "x"`},
		{"x.csv", header + "1,created,,,,,,,0,,,,today\n", `line 2: column "created_at" holds "today"`},
		{"x.csv", header + good + `2,failed,"torn`, "line 3: "},
		{"x.jsonl", `{"row":1,"status":"created"}` + "\n{\n", "line 2: this is no JSON object"},
		{"x.jsonl", `{"row":1,"status":"created"}` + "\n\n" + `{"row":2}`, `line 3: column "status"`},
		{"x.jsonl", `{"row":1,"status":"created","created_at":"x"}`, `line 1: column "created_at"`},
		{"x.jsonl", `{"row":"1","status":"created"}`, "line 1: this is no JSON object"},
		{"x.jsonl", strings.Repeat(" ", maxLine+1), "line 1: the line is longer"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		put(t, path, c.text)
		_, err := readAll(Read(path))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Read() of %.60q = %v, want the file and %q", c.text, err, c.want)
		}
	}
	if _, err := readAll(Read(filepath.Join(t.TempDir(), "none.csv"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Read() of no file = %v, want %v", err, os.ErrNotExist)
	}
}

func TestReadCanStopAndStartAgain(t *testing.T) {
	for _, name := range []string{"x.csv", "x.jsonl"} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, awkward...)
		rows := Read(path)
		for r, err := range rows {
			if err != nil || r.N != 1 {
				t.Errorf("first row %+v, %v", r, err)
			}
			break
		}
		if all, err := readAll(rows); err != nil || len(all) != len(awkward) {
			t.Errorf("%s: a second range gives %d rows, %v, want %d", name, len(all), err, len(awkward))
		}
	}
}

func decode(form format, text string) (rows []Row, err error) {
	read := decodeCSV
	if form == jsonFormat {
		read = decodeJSON
	}
	_, err = read(skipBOM(strings.NewReader(text)), func(r Row) bool { rows = append(rows, r); return true })
	return rows, err
}

// FuzzRead holds that no file makes a reader panic, and that whatever it takes
// can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add(true, strings.Join(columns[:], ",")+"\n1,created,'=x,id,\"a\"\"b\",,x,,0,,,,2026-01-02T03:04:05+01:00\n")
	f.Add(false, `{"row":1,"status":"created","created_at":"2026-01-02T03:04:05.5Z"}`+"\n\n{}")
	f.Fuzz(func(t *testing.T, isCSV bool, text string) {
		form := map[bool]format{true: csvFormat, false: jsonFormat}[isCSV]
		rows, _ := decode(form, text)
		for i := range rows {
			rows[i].CreatedAt = rows[i].CreatedAt.Truncate(time.Second)
		}
		var out bytes.Buffer
		if err := encode(&out, form, each(rows...), new(Tally)); err != nil {
			t.Fatal(err)
		}
		if again, err := decode(form, out.String()); err != nil || !reflect.DeepEqual(again, rows) {
			t.Errorf("read %+v, then %+v, %v", rows, again, err)
		}
	})
}
