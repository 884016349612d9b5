package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"muster/pkg/durable"
)

var at = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func intent(name string) Intent {
	return Intent{Key: KeyOf("tenant", name), Request: uuid.New(), Tenant: "tenant", UPN: name + "@contoso.com",
		FirstName: "Ann", LastName: "Lee", DisplayName: "Ann Lee", At: at}
}

func outcome(i Intent, s Status) Outcome {
	return Outcome{Key: i.Key, Tenant: i.Tenant, UPN: i.UPN, Status: s, UserID: "id-" + i.UPN, Attempts: 2, Correlation: "c", At: at}
}

// open opens a ledger that the test closes.
func open(t *testing.T, path string, o Options) *Ledger {
	t.Helper()
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestWhatALedgerRemembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger.jsonl")
	l := open(t, path, Options{})
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	created, doubtful, failed, withdrawn := intent("created"), intent("doubtful"), intent("failed"), intent("withdrawn")
	unsure, again, deleting, deleted := intent("unsure"), intent("again"), intent("deleting"), intent("deleted")
	refused, confirmed, found := intent("refused"), intent("confirmed"), intent("found")
	exists := outcome(intent("exists"), Exists)
	do(l.Begin(Run{ID: uuid.New(), Program: "muster", Command: "apply", At: at}))
	for _, i := range []Intent{created, doubtful, failed, withdrawn, unsure, again, deleting, deleted, refused, confirmed, found} {
		do(l.Intend(i))
	}
	for _, i := range []Intent{created, deleting, deleted} {
		do(l.Settle(outcome(i, Created)))
	}
	do(l.Settle(outcome(failed, Failed)))
	do(l.Settle(outcome(withdrawn, Withdrawn)))
	doubt := outcome(unsure, Failed)
	doubt.Doubt = true
	do(l.Settle(doubt))
	do(l.Settle(outcome(again, Failed)))
	again.Request = uuid.New()
	do(l.Intend(again)) // tried again by a later run
	unconfirmed := func(i Intent) Outcome {
		o := outcome(i, Failed)
		o.Unconfirmed = true
		return o
	}
	for _, i := range []Intent{refused, confirmed, found} {
		do(l.Settle(unconfirmed(i)))
	}
	do(l.Confirm([]Key{confirmed.Key}))
	do(l.Settle(outcome(found, Created)))
	do(l.Settle(exists))
	do(l.Undo(deleting.Key))
	do(l.Undo(deleted.Key))
	do(l.Settle(outcome(deleted, Deleted)))
	do(l.KeepRate("tenant", 12.5))

	check := func(l *Ledger) {
		t.Helper()
		for _, want := range []Entry{
			{Intent: created, Outcome: outcome(created, Created), Status: Created},
			{Intent: doubtful, Status: Doubtful},
			{Intent: failed, Outcome: outcome(failed, Failed), Status: Failed},
			{Intent: withdrawn, Outcome: outcome(withdrawn, Withdrawn), Status: Withdrawn},
			{Intent: unsure, Outcome: doubt, Status: Doubtful},
			{Intent: again, Status: Doubtful},
			{Intent: deleting, Outcome: outcome(deleting, Created), Status: Deleting},
			{Intent: deleted, Outcome: outcome(deleted, Deleted), Status: Deleted},
			{Intent: refused, Outcome: unconfirmed(refused), Status: Failed, Unconfirmed: true},
			{Intent: confirmed, Outcome: unconfirmed(confirmed), Status: Failed},
			{Intent: found, Outcome: outcome(found, Created), Status: Created},
			{Outcome: exists, Status: Exists},
		} {
			key := want.Intent.Key
			if key == (Key{}) {
				key = want.Outcome.Key
			}
			got, err := l.Find(key)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Find = %+v, %v\nwant   %+v", got, err, want)
			}
			if got := l.Status(key); got != want.Status {
				t.Errorf("Status = %q, want %q", got, want.Status)
			}
		}
		if got, err := l.Find(KeyOf("tenant", "nobody")); err != nil || got.Status != Unknown {
			t.Errorf("Find of a stranger = %+v, %v", got, err)
		}
		if got := l.Rate("tenant"); got != 12.5 {
			t.Errorf("Rate = %v, want 12.5", got)
		}
		people := 0
		for range l.Entries() {
			people++
		}
		if people != 12 {
			t.Errorf("%d entries, want 12", people)
		}
		if got := l.Unconfirmed(); len(got) != 1 || got[0] != refused.Key {
			t.Errorf("%d people unconfirmed, want one", len(got))
		}
	}
	check(l)
	do(l.Close())
	check(open(t, path, Options{ReadOnly: true}))
	l = open(t, path, Options{})
	check(l)
	l.Doubt(refused.Key)
	if got := l.Status(refused.Key); got != Doubtful || len(l.Unconfirmed()) > 0 {
		t.Errorf("Status = %q, and %d people unconfirmed; want %q and none", got, len(l.Unconfirmed()), Doubtful)
	}
}

func TestOneLedgerForOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger.jsonl")
	first := open(t, path, Options{})
	if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open = %v, want %v", err, ErrInUse)
	}
	open(t, path, Options{ReadOnly: true}) // looking is allowed
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, Options{})
}

func TestPasswordsThatWereHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger.jsonl")
	l := open(t, path, Options{})
	a, b := intent("a"), intent("b")
	a.Held, b.Held = true, true
	for _, i := range []Intent{a, b} {
		if err := errors.Join(l.Intend(i), l.Settle(outcome(i, Created))); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(l.Hand("x.credentials.csv.age", []Key{a.Key}), l.Close()); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, Options{})
	if l.Lost(a.Key) || !l.Lost(b.Key) {
		t.Errorf("Lost = %v, %v, want false for the one that was handed, true for the other", l.Lost(a.Key), l.Lost(b.Key))
	}
}

func TestWhatIsNoLedger(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct{ content, want string }{
		"other":  {"firstName,lastName\n", "line 1"},
		"future": {"", "use the version of muster that wrote it"},
	} {
		path := filepath.Join(dir, name)
		if name == "future" {
			j, err := durable.OpenJournal(path, durable.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := j.Append([]byte(`{"type":"ledger","version":2}`)); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v, want an error with %q", name, err, test.want)
		}
		lock, err := durable.Acquire(path + ".lock")
		if err != nil {
			t.Errorf("%s: the lock was not freed: %v", name, err)
			continue
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
}

func TestKeyAsText(t *testing.T) {
	k := KeyOf("tenant", "id:4711")
	text, err := k.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var got Key
	if err := got.UnmarshalText(text); err != nil || got != k {
		t.Errorf("UnmarshalText(%s) = %v, %v, want %v", text, got, err, k)
	}
	for _, bad := range []string{"", "00", strings.Repeat("g", 32), strings.Repeat("0", 34)} {
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("UnmarshalText(%q) gave no error", bad)
		}
	}
}

func TestCustomersAreRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger.jsonl")
	l := open(t, path, Options{})
	want := Customer{Tenant: "0b1c2d3e-1111-4222-8333-444455556666", Domain: "contoso.com"}
	for range 2 { // the second time writes nothing
		if err := l.KeepCustomer("contoso.com", want); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 2 {
		t.Errorf("%d lines, want the first and one of the customer", n)
	}
	l = open(t, path, Options{})
	if got := l.Customer("contoso.com"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := l.Customer("fabrikam.com"); got != (Customer{}) {
		t.Errorf("got %+v for somebody unknown", got)
	}
}

// Two answers that come at one time may ask for pauses of different length. Their lines
// may be in any order, and the longer one holds for the next run.
func TestTheLongestPauseHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger.jsonl")
	l := open(t, path, Options{})
	for _, until := range []time.Time{at.Add(time.Minute), at.Add(5 * time.Second)} {
		if err := l.append(pause{Type: typePause, Until: until, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := open(t, path, Options{}).PausedUntil(), at.Add(time.Minute); !got.Equal(want) {
		t.Errorf("paused until %v, want %v", got, want)
	}
}
