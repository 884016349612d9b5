package provision

import (
	"bytes"
	"cmp"
	"context"
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
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
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
	t       testing.TB
	dir     string
	service *simulate.Service
	wire    *wiretap
	log     bytes.Buffer // of all processes
	logMu   sync.Mutex
	batch   func(*Batch) // changes the settings of every process; may be nil
	sealed  bool         // the credentials file is encrypted
	kept    bool         // in some life it was, so that passwords were kept in memory
	key     *age.X25519Identity
	mixed   bool // in some lives it was, in some not
	undone  bool // there was an undo
	shards  int  // 0: one, without a number

	timeout time.Duration // of a request; 0: 20 s
	trickle time.Duration // how long the body of a refusal takes to come
}

func newWorld(t testing.TB, sc simulate.Scenario) *world {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, dir: t.TempDir(), service: simulate.New(sc), key: key, wire: newWiretap()}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// of names a file of a shard.
func (w *world) of(shard int, name string) string {
	if w.shards > 1 {
		return fmt.Sprintf("staff.%d.%s", shard, name)
	}
	return "staff." + name
}

// input writes the input file.
func (w *world) input(rows ...string) {
	w.t.Helper()
	w.file("staff.csv", "immutableId,firstName,lastName,usageLocation,userPrincipalName,password,customerId\n"+strings.Join(rows, "\n")+"\n")
}

func (w *world) file(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// doom says at which of its steps something befalls a process; 0: never.
type doom struct {
	crash int // it dies
	stop  int // the first signal
	leave int // the second
	full  int // the disk is full from then on
}

// process is one life of muster.
type process struct {
	*world
	doom
	shard int

	mu      sync.Mutex
	steps   int
	dead    chan struct{} // closed at the crash
	stopped chan struct{} // closed at the first signal
	synced  int64         // how much of the ledger has been synced
	after   map[string][]byte
	cancel  context.CancelFunc
	random  *rand.Rand
}

var errDead = errors.New("the process is dead")

// start makes a process with its doom.
func (w *world) start(d doom, random *rand.Rand) *process { return w.startShard(0, d, random) }

func (w *world) startShard(shard int, d doom, random *rand.Rand) *process {
	p := &process{world: w, shard: shard, doom: d, random: random, dead: make(chan struct{}), stopped: make(chan struct{})}
	p.synced = p.size()
	return p
}

// step is called wherever something may befall a process. It returns errDead if
// it is dead, and an error of the disk if that is full.
func (p *process) step(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.dead:
		return errDead
	default:
	}
	p.steps++
	switch p.steps {
	case p.crash:
		p.die()
		return errDead
	case p.stop:
		close(p.stopped)
	case p.leave:
		p.cancel()
	}
	disk := what == "sync" || what == "write"
	if disk && p.full > 0 && p.steps >= p.full {
		return syscall.ENOSPC
	}
	if what == "sync" { // it is the next thing to happen
		p.synced = p.size()
	}
	return nil
}

func (p *process) size() int64 {
	info, err := os.Stat(p.path(p.of(p.shard, "ledger.jsonl")))
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
	name := p.of(p.shard, "ledger.jsonl")
	if l := p.after[name]; int64(len(l)) > p.synced {
		keep := p.synced + p.random.Int64N(int64(len(l))-p.synced+1)
		p.after[name] = l[:keep]
	}
	p.cancel()
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
	sent := p.wire.send(p.t, r, p.kept)
	p.checkIntent(sent)
	response, err := p.service.Transport().RoundTrip(r)
	if dead := p.step("answer"); dead != nil {
		if err == nil {
			response.Body.Close()
		}
		return nil, dead
	}
	if err == nil {
		p.wire.answer(sent, response.StatusCode)
		if p.trickle > 0 && response.StatusCode/100 != 2 {
			response.Body = &slowBody{response.Body, r.Context(), p.trickle}
		}
	}
	return response, err
}

// slowBody keeps its reader waiting.
type slowBody struct {
	io.ReadCloser
	ctx  context.Context // of the request
	wait time.Duration
}

func (b *slowBody) Read(to []byte) (int, error) {
	select {
	case <-time.After(b.wait):
		b.wait = 0
		return b.ReadCloser.Read(to)
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

// checkIntent checks that the intent of a create that leaves is on the disk.
func (p *process) checkIntent(c *create) {
	if c == nil {
		return
	}
	b, err := os.ReadFile(p.path(p.of(p.shard, "ledger.jsonl")))
	if err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !bytes.Contains(b[:min(p.synced, int64(len(b)))], []byte(c.request)) {
		p.t.Errorf("request %s for %s left before its intent was synced", c.request, c.body.UserPrincipalName)
	}
}

// live runs the life of a process.
func (p *process) live(ctx context.Context, life func(context.Context) error) error {
	ctx, p.cancel = context.WithCancel(ctx)
	defer p.cancel()
	err := life(ctx)
	select {
	case <-p.dead:
		p.bury()
		return errDead
	default:
		return err
	}
}

// apply is a process that applies staff.csv.
func (p *process) apply(ctx context.Context) (report *Report, sum results.Summary, err error) {
	err = p.live(ctx, func(ctx context.Context) (err error) {
		report, sum, err = p.run(ctx)
		return err
	})
	return report, sum, err
}

func (p *process) run(ctx context.Context) (report *Report, sum results.Summary, err error) {
	file, err := roster.Open(p.path("staff.csv"), roster.Options{})
	if err != nil {
		return nil, sum, err
	}
	defer file.Close()
	b, done, err := p.newBatch()
	if err != nil {
		return nil, sum, err
	}
	defer func() { err = errors.Join(err, done()) }()
	b.Input = file
	if p.batch != nil {
		p.batch(&b)
	}
	report, err = Apply(ctx, b)
	if report == nil || p.step("results") != nil {
		return nil, sum, err
	}
	sum, writing := results.Write(p.path(p.of(p.shard, "results.csv")), report.Rows())
	_ = p.step("renamed")
	return report, sum, errors.Join(err, writing)
}

// newBatch is what every command gets. The caller calls done at the end.
func (p *process) newBatch() (b Batch, done func() error, err error) {
	l, err := ledger.Open(p.path(p.of(p.shard, "ledger.jsonl")), ledger.Options{Journal: durable.Options{Hook: p.step, NoSync: true}})
	if err != nil {
		return b, nil, err
	}
	client, err := p.client()
	if err != nil {
		return b, nil, errors.Join(err, l.Close())
	}
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		return b, nil, errors.Join(err, l.Close())
	}
	b = Batch{
		Customer: simulate.DefaultDomain, Template: template, Directory: client, Ledger: l, Log: p.logger(),
		Pacer: pace.New(pace.Limits{InFlight: 8, Seed: 1}), InFlight: 8, Stop: p.stopped,
		OpenCredentials: func() (*credentials.File, error) {
			if p.sealed {
				return credentials.Open(p.path(p.of(p.shard, "credentials.csv.age")), []string{p.key.Recipient().String()})
			}
			return credentials.Open(p.path(p.of(p.shard, "credentials.csv")), nil)
		},
	}
	closing := []func() error{l.Close}
	if p.shards > 1 {
		b.Shard = Shard{Index: p.shard, Of: p.shards}
		for i := range p.shards {
			if i == p.shard {
				continue
			}
			s, err := ledger.Open(p.path(p.of(i, "ledger.jsonl")), ledger.Options{ReadOnly: true})
			if err != nil {
				return b, nil, errors.Join(err, l.Close())
			}
			b.Siblings = append(b.Siblings, s)
			closing = append(closing, s.Close)
		}
	}
	return b, func() (err error) {
		for _, c := range closing {
			err = errors.Join(err, c())
		}
		return err
	}, nil
}

// undo is a process that undoes its ledger.
func (p *process) undo(ctx context.Context) (undone Undone, err error) {
	err = p.live(ctx, func(ctx context.Context) (err error) {
		b, done, err := p.newBatch()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		if p.batch != nil {
			p.batch(&b)
		}
		entries, err := ToUndo(b.Ledger)
		if err != nil {
			return err
		}
		undone, err = Undo(ctx, b, entries)
		return err
	})
	return undone, err
}

func (p *process) client() (*partner.Client, error) {
	tokens, err := signin.New(signin.Config{Tenant: "partner.onmicrosoft.com", ClientID: "client",
		RefreshToken: secret.New("first-refresh-token"), Transport: p})
	if err != nil {
		return nil, err
	}
	return partner.New(partner.Config{Tokens: tokens, Concurrency: 8, Timeout: cmp.Or(p.timeout, 20*time.Second), Transport: p})
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
