package provision

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// human is one person of the input.
type human struct {
	tag    string // the immutable id, or the given userPrincipalName of who has none
	row    string
	tenant string
}

func rowsOf(people []human) []string {
	rows := make([]string, len(people))
	for i, h := range people {
		rows[i] = h.row
	}
	return rows
}

// results are the rows of all shards, joined.
func (w *world) results() []results.Row {
	w.t.Helper()
	var rows []results.Row
	for shard := range max(w.shards, 1) {
		for r, err := range results.Read(w.path(w.of(shard, "results.csv"))) {
			if err != nil {
				w.t.Fatal(err)
			}
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b results.Row) int { return a.N - b.N })
	return rows
}

// users are a tenant's active users by userPrincipalName.
func (w *world) users(tenant string) map[string]simulate.User {
	users := map[string]simulate.User{}
	for _, u := range w.service.Users(tenant) {
		if u.Deleted.IsZero() {
			users[strings.ToLower(u.UserPrincipalName)] = u
		}
	}
	return users
}

// passwords are those of all credentials files, by userPrincipalName, the latest
// last. An encrypted file that has a higher number is later.
func (w *world) passwords() map[string][]string {
	w.t.Helper()
	names, err := filepath.Glob(w.path("staff.*credentials*"))
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // …credentials.csv.age, ….2.csv.age, ….10.csv.age
		}
		return strings.Compare(a, b)
	})
	passwords := map[string][]string{}
	for _, name := range names {
		if strings.HasSuffix(name, ".lock") {
			continue
		}
		if strings.HasSuffix(name, ".tmp") {
			w.t.Errorf("%s was left behind", name)
		}
		for _, line := range w.credentials(name) {
			passwords[line[0]] = append(passwords[line[0]], line[1])
		}
	}
	return passwords
}

func (w *world) credentials(name string) [][]string {
	w.t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		w.t.Fatal(err)
	}
	var in io.Reader = bytes.NewReader(content)
	if strings.HasSuffix(name, ".age") {
		if in, err = age.Decrypt(armor.NewReader(in), w.key); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
	}
	lines, err := csv.NewReader(in).ReadAll()
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return lines[1:]
}

// checkFinished holds the files against the tenants after a run that came to its
// end: everybody is there once. existed are the names that others made.
func (w *world) checkFinished(people []human, existed map[string]bool) {
	w.t.Helper()
	rows := w.checkTold(people, existed)
	times := map[string]int{}
	tenants := map[string]bool{}
	for _, h := range people {
		tenants[h.tenant] = true
	}
	named := map[string]bool{}
	for tenant := range tenants {
		for name, u := range w.users(tenant) {
			named[name] = true
			if u.RequestID == "" {
				continue
			}
			if times[u.ImmutableID]++; u.ImmutableID == "" {
				times[u.UserPrincipalName]++
			}
		}
	}
	for i, r := range rows {
		id := people[i].tag
		if r.Status == results.Exists {
			continue
		}
		if r.Status != results.Created || r.ErrorCode != "" {
			w.t.Errorf("row %d (%s): status %s, want created: %s", r.N, id, r.Status, r.Error)
		}
		if times[id] != 1 {
			w.t.Errorf("%s is %d times in the tenant", id, times[id])
		}
	}
	for name := range w.passwords() {
		if !named[name] && !w.undone {
			w.t.Errorf("the credentials name %s, who does not exist", name)
		}
	}
}

// checkTold holds the files against the tenants after any run that wrote results:
// there is a row for each person, and what it says of users is so.
func (w *world) checkTold(people []human, existed map[string]bool) []results.Row {
	w.t.Helper()
	rows, passwords := w.results(), w.passwords()
	if len(rows) != len(people) {
		w.t.Fatalf("%d result rows for %d people", len(rows), len(people))
	}
	users := map[string]map[string]simulate.User{}
	for i, r := range rows {
		h := people[i]
		if users[h.tenant] == nil {
			users[h.tenant] = w.users(h.tenant)
		}
		u, ok := users[h.tenant][strings.ToLower(r.UserPrincipalName)]
		tag := u.ImmutableID
		if tag == "" {
			tag = u.UserPrincipalName
		}
		switch {
		case r.N != i+1:
			w.t.Errorf("row %d stands where %d should", r.N, i+1)
		case r.Status == results.Exists && !existed[r.UserPrincipalName]:
			w.t.Errorf("row %d (%s): %s is said to be somebody else's", r.N, h.tag, r.UserPrincipalName)
		case r.Status == results.Created && (!ok || u.ID != r.UserID || tag != h.tag):
			w.t.Errorf("row %d (%s): the result says %s %s, the tenant has %+v", r.N, h.tag, r.UserPrincipalName, r.UserID, u)
		case r.Status == results.Created && r.ErrorCode == "":
			w.checkPassword(r, u.Password, passwords[r.UserPrincipalName], h)
		}
	}
	w.checkSecrets()
	return rows
}

// checkPassword checks that somebody knows the password of a user.
func (w *world) checkPassword(r results.Row, password string, noted []string, h human) {
	w.t.Helper()
	switch {
	case len(noted) == 0 && strings.Contains(h.row, password):
	case len(noted) > 0 && noted[len(noted)-1] == password:
	case (w.mixed || (w.undone || w.sealed) && w.shards > 1) && slices.Contains(noted, password): // which file is the later one cannot be seen from its name
	default:
		w.t.Errorf("row %d (%s, %s): the credentials have %d passwords, and the tenant has another", r.N, h.tag, r.UserPrincipalName, len(noted))
	}
}

// checkSecrets looks for passwords and tokens where none may be.
func (w *world) checkSecrets() {
	w.t.Helper()
	secrets := append(w.service.Tokens(), "first-refresh-token")
	for _, c := range w.service.Customers() {
		for _, u := range w.service.Users(c.ID) {
			secrets = append(secrets, u.Password)
		}
	}
	w.logMu.Lock()
	places := map[string][]byte{"the log": bytes.Clone(w.log.Bytes())}
	w.logMu.Unlock()
	for shard := range max(w.shards, 1) {
		for _, name := range []string{w.of(shard, "ledger.jsonl"), w.of(shard, "results.csv")} {
			b, err := os.ReadFile(w.path(name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				w.t.Fatal(err)
			}
			places[name] = b
		}
	}
	for place, b := range places {
		for _, s := range secrets {
			if s != "" && bytes.Contains(b, []byte(s)) {
				w.t.Errorf("%s holds the secret %q", place, s)
			}
		}
	}
}

// show prints everything that there is to see after a failure.
func (w *world) show() {
	w.t.Log("requests:")
	for _, r := range w.service.Requests() {
		w.t.Logf("%s %s %s %s id=%s status=%d mishap=%d committed=%v replayed=%v", r.Time.Format("05.000"), r.Op, r.Path, r.UPN, r.RequestID, r.Status, r.Mishap, r.Committed, r.Replayed)
	}
	entries, _ := os.ReadDir(w.dir)
	for _, e := range entries {
		b, _ := os.ReadFile(w.path(e.Name()))
		w.t.Logf("%s:\n%s", e.Name(), b)
	}
	w.t.Logf("log:\n%s", w.log.String())
}
