package provision

import (
	"errors"
	"os"
	"testing"

	"muster/pkg/ledger"
	"muster/pkg/simulate"
)

// A run that died after its last create leaves in the credentials file whom the
// service refused; the next one has nothing to generate, and drops them all the same.
func TestStalePasswordsGoThoughNothingIsLeftToDo(t *testing.T) {
	bubble(t, "", simulate.Scenario{}, func(w *world) {
		w.input(rowsOf(staff(3))...)
		if _, _, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		b, done, err := w.start(doom{}, nil).newBatch()
		if err != nil {
			t.Fatal(err)
		}
		refused := ledger.Outcome{Key: ledger.KeyOf("x", "y"), Tenant: simulate.DefaultCustomerID, UPN: "nobody@contoso.com", Status: ledger.Failed}
		if err := errors.Join(b.Ledger.Settle(refused), done()); err != nil {
			t.Fatal(err)
		}
		path := w.path(w.of(0, "credentials.csv"))
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(before, "nobody@contoso.com,Kad3-xNw7yTcFh4R\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, sum, err := w.start(doom{}, nil).apply(w.t.Context()); err != nil || sum.Created != 3 {
			t.Errorf("%+v, %v, want 3 created before", sum, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("the credentials file holds %q, %v, want %q", after, err, before)
		}
	})
}
