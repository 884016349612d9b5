package ledger

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
)

// marshalled is a line as encoding/json writes it, which is how all lines were
// written once.
func marshalled(t *testing.T, kind string, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return `{"type":"` + kind + `",` + string(b[1:])
}

func FuzzLinesAreThoseOfEncodingJSON(f *testing.F) {
	f.Add("ann@contoso.com", "Ann", "", "EMP-1", int64(0), true)
	f.Add("a\"<\\\x00\u2028ü\xff", "", "Łee, {\"x\":1}", "", int64(-12), false)
	f.Fuzz(func(t *testing.T, upn, first, last, id string, n int64, yes bool) {
		key := KeyOf(upn, first)
		when := time.Unix(n%(1<<35), n%1e9).UTC()
		if y := when.Year(); y < 0 || y > 9999 {
			return
		}
		i := Intent{Key: key, Request: uuid.UUID(key), Tenant: id, UPN: upn, FirstName: first, LastName: last, DisplayName: first + last,
			UsageLocation: id, ImmutableID: id, ForceChangePassword: yes, Held: !yes, At: when}
		if got, want := string(i.appendTo(nil)), marshalled(t, typeIntent, i); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		o := Outcome{Key: key, Tenant: id, UPN: upn, Status: Status(last), Doubt: yes, Refused: !yes, Unconfirmed: yes, UserID: id, Code: first, Error: last,
			Hint: upn, Attempts: int(int32(n)), Correlation: first, LatencyMS: n, At: when}
		if yes {
			o.Request = uuid.UUID(key)
		}
		if got, want := string(o.appendTo(nil)), marshalled(t, typeOutcome, o); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		var ri Intent
		var ro Outcome
		reread(t, i.appendTo(nil), &ri, ri.set)
		reread(t, o.appendTo(nil), &ro, ro.set)
	})
}

// reread checks that a line reads the same by hand and by encoding/json.
func reread(t *testing.T, record []byte, got any, set func(name, value []byte) bool) {
	t.Helper()
	want := reflect.New(reflect.TypeOf(got).Elem()).Interface()
	if err := json.Unmarshal(record, want); err != nil {
		t.Fatal(err)
	}
	if err := decode(record, got, set); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s reads as %+v, %v, want %+v", record, got, err, want)
	}
}

// A ledger of a version that wrote no request_id into outcomes tells as much as
// one of today.
func TestToldByALedgerOfOld(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "x.ledger.jsonl"), Options{})
	for _, name := range []string{"old", "new", "doubtful"} {
		i := intent(name)
		o := outcome(i, Created)
		if name == "new" {
			o.Request = i.Request
		}
		if err := l.Intend(i); err != nil {
			t.Fatal(err)
		}
		if name != "doubtful" {
			if err := l.Settle(o); err != nil {
				t.Fatal(err)
			}
		}
		e, err := l.Told(i.Key)
		if err != nil || e.Request() != i.Request || e.UPN() != i.UPN || e.Tenant() != i.Tenant {
			t.Errorf("%s: Told = %+v, %v, want the request %v of %s", name, e, err, i.Request, i.UPN)
		}
	}
	if e, err := l.Told(KeyOf("tenant", "nobody")); err != nil || e.Status != Unknown {
		t.Errorf("Told of a stranger = %+v, %v", e, err)
	}
}
