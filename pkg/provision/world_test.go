package provision

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"muster/pkg/credentials"
	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/secret"
	"muster/pkg/signin"
	"muster/pkg/simulate"
	"muster/pkg/upn"
)

// world is what outlives a process: the service, the files, the clock.
type world struct {
	t       *testing.T
	dir     string
	service *simulate.Service
	log     bytes.Buffer // of all processes
	logMu   sync.Mutex
	batch   func(*Batch) // changes the settings of every process; may be nil
	age     []string     // recipients of the credentials file
}

func newWorld(t *testing.T, sc simulate.Scenario) *world {
	t.Helper()
	return &world{t: t, dir: t.TempDir(), service: simulate.New(sc)}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// input writes the input file.
func (w *world) input(rows ...string) {
	w.t.Helper()
	content := "immutableId,firstName,lastName,usageLocation\n" + strings.Join(rows, "\n") + "\n"
	w.file("staff.csv", content)
}

func (w *world) file(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// people makes n rows; every third has a namesake.
func people(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("E%04d,Ann,Lee%c,US", i, 'a'+i/3%26)
	}
	return rows
}

// process is one life of muster.
type process struct {
	*world
	crashAt int // the step at which it dies; 0: never

	mu     sync.Mutex
	steps  int
	dead   chan struct{} // closed at the crash
	synced int64         // how much of the ledger has been synced
	after  map[string][]byte
	kill   context.CancelFunc
	random *rand.Rand
}

var errDead = errors.New("the process is dead")

// start makes a process that dies at the given step.
func (w *world) start(crashAt int, random *rand.Rand) *process {
	p := &process{world: w, crashAt: crashAt, random: random, dead: make(chan struct{})}
	p.synced = p.size()
	return p
}

// step is called wherever a process may die. It returns errDead if it has.
func (p *process) step(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.dead:
		return errDead
	default:
	}
	if p.steps++; p.steps == p.crashAt {
		p.die()
		return errDead
	}
	if what == "sync" { // it is the next thing to happen
		p.synced = p.size()
	}
	return nil
}

func (p *process) size() int64 {
	info, err := os.Stat(p.path("staff.ledger.jsonl"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// die keeps the files as they are at this moment. Of what was written to the
// ledger and not synced, a power cut leaves any part.
func (p *process) die() {
	close(p.dead)
	p.after = map[string][]byte{}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Error(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(p.path(e.Name()))
		if err != nil {
			continue // a temporary file that has just been renamed
		}
		p.after[e.Name()] = b
	}
	if l := p.after["staff.ledger.jsonl"]; int64(len(l)) > p.synced {
		keep := p.synced + p.random.Int64N(int64(len(l))-p.synced+1)
		p.after["staff.ledger.jsonl"] = l[:keep]
	}
	p.kill()
}

// bury puts the files back as the crash left them.
func (p *process) bury() {
	p.mu.Lock()
	defer p.mu.Unlock()
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Error(err)
	}
	for _, e := range entries {
		if _, ok := p.after[e.Name()]; !ok {
			_ = os.Remove(p.path(e.Name()))
		}
	}
	for name, b := range p.after {
		p.file(name, string(b))
	}
}

// RoundTrip sends a request unless the process is dead, and may die before it
// leaves or before its answer is read.
func (p *process) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.step("send"); err != nil {
		return nil, &net.OpError{Op: "dial", Err: err}
	}
	response, err := p.service.Transport().RoundTrip(r)
	if dead := p.step("answer"); dead != nil {
		if err == nil {
			response.Body.Close()
		}
		return nil, dead
	}
	return response, err
}

// apply is a process that applies staff.csv.
func (p *process) apply(ctx context.Context) (*Report, results.Summary, error) {
	ctx, p.kill = context.WithCancel(ctx)
	defer p.kill()
	report, sum, err := p.run(ctx)
	select {
	case <-p.dead:
		p.bury()
		return nil, results.Summary{}, errDead
	default:
		return report, sum, err
	}
}

func (p *process) run(ctx context.Context) (report *Report, sum results.Summary, err error) {
	file, err := roster.Open(p.path("staff.csv"), roster.Options{})
	if err != nil {
		return nil, sum, err
	}
	defer file.Close()
	l, err := ledger.Open(p.path("staff.ledger.jsonl"), ledger.Options{Journal: durable.Options{Hook: p.step}})
	if err != nil {
		return nil, sum, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	client, err := p.client()
	if err != nil {
		return nil, sum, err
	}
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		return nil, sum, err
	}
	b := Batch{
		Input: file, Customer: simulate.DefaultDomain, Template: template, Directory: client, Ledger: l, Log: p.logger(),
		Pacer: pace.New(pace.Limits{InFlight: 8, Seed: 1}), InFlight: 8,
		OpenCredentials: func() (*credentials.File, error) { return credentials.Open(p.path("staff.credentials.csv"), p.age) },
	}
	if p.batch != nil {
		p.batch(&b)
	}
	report, err = Apply(ctx, b)
	if report == nil || p.step("results") != nil {
		return nil, sum, err
	}
	sum, writing := results.Write(p.path("staff.results.csv"), report.Rows())
	_ = p.step("renamed")
	return report, sum, errors.Join(err, writing)
}

func (p *process) client() (*partner.Client, error) {
	tokens, err := signin.New(signin.Config{Tenant: "partner.onmicrosoft.com", ClientID: "client",
		RefreshToken: secret.New("first-refresh-token"), Transport: p})
	if err != nil {
		return nil, err
	}
	return partner.New(partner.Config{Tokens: tokens, Concurrency: 8, Timeout: 20 * time.Second, Transport: p})
}

func (w *world) logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(w), zapcore.DebugLevel))
}

// Write collects the logs.
func (w *world) Write(b []byte) (int, error) {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.Write(b)
}

// results reads the results file.
func (w *world) results() []results.Row {
	w.t.Helper()
	var rows []results.Row
	for r, err := range results.Read(w.path("staff.results.csv")) {
		if err != nil {
			w.t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

// users are the tenant's active users by userPrincipalName.
func (w *world) users() map[string]simulate.User {
	users := map[string]simulate.User{}
	for _, u := range w.service.Users(simulate.DefaultCustomerID) {
		if u.Deleted.IsZero() {
			users[strings.ToLower(u.UserPrincipalName)] = u
		}
	}
	return users
}

// passwords are those of the credentials file.
func (w *world) passwords() map[string]string {
	w.t.Helper()
	f, err := os.Open(w.path("staff.credentials.csv"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	passwords := map[string]string{}
	r := csv.NewReader(f)
	for {
		line, err := r.Read()
		if errors.Is(err, io.EOF) {
			delete(passwords, "user_principal_name")
			return passwords
		}
		if err != nil {
			w.t.Fatal(err)
		}
		passwords[line[0]] = line[1]
	}
}

// checkTruth holds the files against the tenant. people are the ids of the input's
// rows, in order; existed are the names that others made.
func (w *world) checkTruth(people []string, existed map[string]bool) {
	w.t.Helper()
	users, rows, passwords := w.users(), w.results(), w.passwords()
	if len(rows) != len(people) {
		w.t.Errorf("%d result rows for %d people", len(rows), len(people))
		return
	}
	byPerson := map[string]int{}
	for _, u := range users {
		byPerson[u.ImmutableID]++
	}
	for i, id := range people {
		r := rows[i]
		u, ok := users[strings.ToLower(r.UserPrincipalName)]
		switch {
		case r.Status == results.Exists && existed[r.UserPrincipalName]:
			continue
		case r.Status != results.Created:
			w.t.Errorf("row %d (%s): status %s, want created: %s", r.N, id, r.Status, r.Error)
		case !ok || u.ID != r.UserID || u.ImmutableID != id:
			w.t.Errorf("row %d (%s): the result says %s %s, the tenant has %+v", r.N, id, r.UserPrincipalName, r.UserID, u)
		case passwords != nil && passwords[r.UserPrincipalName] != u.Password:
			w.t.Errorf("row %d (%s): the credentials file has another password than the tenant", r.N, id)
		}
		if byPerson[id] != 1 {
			w.t.Errorf("%s is %d times in the tenant", id, byPerson[id])
		}
	}
	for name := range passwords {
		if _, ok := users[name]; !ok {
			w.t.Errorf("the credentials file names %s, who does not exist", name)
		}
	}
	w.checkSecrets()
}

// checkSecrets looks for passwords and tokens where none may be.
func (w *world) checkSecrets() {
	w.t.Helper()
	secrets := append(w.service.Tokens(), "first-refresh-token")
	for _, u := range w.service.Users(simulate.DefaultCustomerID) {
		secrets = append(secrets, u.Password)
	}
	places := map[string][]byte{"the log": w.log.Bytes()}
	for _, name := range []string{"staff.ledger.jsonl", "staff.results.csv"} {
		b, err := os.ReadFile(w.path(name))
		if err != nil {
			w.t.Fatal(err)
		}
		places[name] = b
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
	for _, name := range []string{"staff.csv", "staff.ledger.jsonl", "staff.results.csv"} {
		b, _ := os.ReadFile(w.path(name))
		w.t.Logf("%s:\n%s", name, b)
	}
	w.t.Logf("log:\n%s", w.log.String())
}
