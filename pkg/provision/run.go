package provision

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"
	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/ledger"
	"muster/pkg/roster"
	"muster/pkg/secret"
	"muster/pkg/upn"
)

// Shard is one of several processes that share the work of a batch: each reads
// and names everybody, and sends its own part. The zero Shard sends all.
type Shard struct {
	Index, Of int // 0 <= Index < Of
}

// has reports whether the shard sends the person: by the person's own part of
// the key, which is the same whatever the customer is called and whether or not
// it can be looked up, so that all shards agree at all times.
func (s Shard) has(identity string) bool {
	return s.Of < 2 || xxhash.Sum64String(identity)%uint64(s.Of) == uint64(s.Index)
}

// run is a batch that is being worked on.
type run struct {
	Batch
	marks     marks
	seed      maphash.Seed // of run.hash
	names     *upn.Names
	namesakes namesakes
	aliases   aliases
	wishes    []upn.Hash // of one batch; see expect
	lanes     lanes
	seen      map[string]*census // of the tenants that were listed before their lanes were opened; see confirm
	column    string             // the header of the input's userPrincipalName
	planning  bool               // nothing is sent
	later     bool               // names are made only when all rows are known
	report    Report
	hopeless  bool  // every customer refuses us
	unread    error // why the survey was given up, where its results are written at once
	began     time.Time

	// intake ends when no more rows are to be taken: at Batch.Stop, after
	// MaxFailures, when the service refuses. It is kept here because every wait of
	// every row hangs on it, and every request that changes nothing.
	intake context.Context
	end    context.CancelCauseFunc
	// landing is for requests that change something. It ends some time after
	// Batch.Stop, so that these may land.
	landing context.Context

	answered     atomic.Int64 // when the service last gave a proper answer, Unix nanoseconds
	silence      atomic.Int64 // requests without an answer since then
	silentSince  atomic.Int64 // when the first of those ended, Unix nanoseconds; 0: there was none
	scouting     atomic.Bool  // one row finds out whether that is over
	mute         atomic.Int32 // customers who had no answer, since anybody last had one
	failures     atomic.Int64 // rows that have failed
	createdNow   atomic.Int64 // users
	requests     atomic.Int64
	throttled    atomic.Int64
	unauthorized unauthorized

	claims      *claims                // ids of the users that the ledger created
	stage       *stage                 // places for rows with an intent and no answer
	generates   bool                   // some row to be sent brings no password
	resumes     bool                   // some person of an earlier run is in doubt
	credentials *credentials.File      // nil where neither is the case
	earlier     map[string]secret.Text // passwords of the people in doubt, by userPrincipalName

	fault  error // the first fault of the machine; guarded by faulty
	faulty sync.Mutex

	handing sync.Mutex   // one writer of the encrypted credentials at a time
	held    []ledger.Key // whose password is in memory only
}

// landingTime is how long after [Batch.Stop] requests that change something may
// still land, each within its own timeout. What hangs longer is cut off and stays
// in doubt, for the next run to settle: whoever stops a run has little patience,
// and a scheduler kills it before the results are written.
const landingTime = 20 * time.Second

// newRun prepares a run. The caller calls the returned function when it is over.
func newRun(ctx context.Context, b Batch) (*run, func()) {
	if b.MaxAttempts == 0 {
		b.MaxAttempts = 6
	}
	if b.InFlight == 0 {
		b.InFlight = 16
	}
	if b.OnExists == "" {
		b.OnExists = SkipExisting
	}
	b.Customer, b.Domain = strings.ToLower(b.Customer), strings.ToLower(b.Domain)
	if b.RunID == uuid.Nil {
		b.RunID = uuid.New()
	}
	r := &run{Batch: b, seed: maphash.MakeSeed(), names: upn.NewNames(), namesakes: newNamesakes(), claims: newClaims(), lanes: newLanes(), seen: map[string]*census{}, began: time.Now()}
	r.report.run = r
	r.keepToPause()
	r.stage = newStage(staged * b.InFlight)
	if b.Input != nil {
		r.later = b.namesLater()
		r.grow(b.Input.Lines())
		for _, c := range b.Input.Mapping().Columns {
			if c.Field == roster.UserPrincipalName {
				r.column = c.Header
			}
		}
	}
	r.intake, r.end = context.WithCancelCause(ctx)
	landing, cut := context.WithCancel(ctx)
	r.landing = landing
	go r.stopping(cut)
	return r, func() {
		cut()
		r.end(nil)
	}
}

// grow makes room for as many people. What is not used costs no memory where the
// system gives out pages as they are touched; elsewhere a file of empty lines must not
// cost more than this many.
func (r *run) grow(people int) {
	const most = 16 << 20
	people = min(people, most)
	var names sync.WaitGroup
	names.Go(func() { r.names.Grow(people) })
	r.marks.grow(people)
	names.Wait()
}

// stopping ends the intake at Batch.Stop and cuts off what hangs after that. It
// returns when the run is over.
func (r *run) stopping(cut func()) {
	select {
	case <-r.Stop:
	case <-r.landing.Done():
		return
	}
	r.end(ErrStopped)
	select {
	case <-time.After(landingTime):
		cut()
	case <-r.landing.Done():
	}
}

// online reports whether the service may be asked.
func (r *run) online() bool { return r.Directory != nil }

// ended returns why the run takes no more rows: nil while it does.
func (r *run) ended() error {
	if r.intake.Err() == nil {
		return nil
	}
	switch cause := context.Cause(r.intake); cause {
	case context.Canceled, context.DeadlineExceeded:
		return ErrStopped
	default:
		return cause
	}
}

// finish completes the report.
func (r *run) finish() *Report {
	r.report.Took = time.Since(r.began)
	r.report.Created = int(r.createdNow.Load())
	r.report.Requests = int(r.requests.Load())
	r.report.Refused = int(r.throttled.Load())
	for _, l := range r.customers() {
		lane := Lane{Customer: l.name, Tenant: l.tenant, InFull: l.inFull, Domain: l.domainFor(&roster.Person{}, r.Domain), Err: l.closed()}
		if l.before != nil {
			lane.Seen = l.before.domains
		}
		if l.gate != nil {
			lane.Rate = l.gate.Snapshot().Found
		}
		r.report.Lanes = append(r.report.Lanes, lane)
	}
	return &r.report
}

// customers are the lanes of the customers there are, each once, in the order of the
// input: they were opened in that in which the workers came upon them.
func (r *run) customers() []*lane {
	lanes := slices.DeleteFunc(slices.Clone(r.lanes.ordered[nobody+1:]), func(l *lane) bool { return l.same != nil })
	slices.SortStableFunc(lanes, func(a, b *lane) int { return cmp.Compare(a.first, b.first) })
	return lanes
}

// safely runs f and makes a panic the run's error, so that the ledger is closed
// in order.
func (r *run) safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Debug("bug", zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
			err = r.broken(&bugError{p, r.RunID})
		}
	}()
	return f()
}

// rest waits, unless the run ends before.
func (r *run) rest(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.intake.Done():
		return r.ended()
	}
}

// strict returns an error if the batch is strict and the input is not clean.
func (r *run) strict() error {
	if !r.Strict {
		return nil
	}
	for _, c := range r.Input.Mapping().Columns {
		if !c.Known {
			hint := "remove --strict, remove the column, or name its field with --map"
			if c.Like != "" {
				hint = fmt.Sprintf("did you mean %q? Name its field with --map %q", c.Like, c.Header+"="+c.Like)
			}
			return &InputError{fmt.Sprintf("the input has a column %q that muster does not know, and --strict is set", c.Header), hint}
		}
	}
	bad := 0
	for m := range r.marks.all() {
		if m.fate == invalid || m.fate == sameKey || m.fate == sameName || m.fate == unnameable || m.fate == nameTaken || m.fate == namesake {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return &InputError{fmt.Sprintf("%d of %d rows are invalid, and --strict is set: nothing was sent", bad, r.marks.len),
		"mend the rows that the results file names, or run without --strict"}
}

// jitter is what is random in the wait before an attempt: another for each
// person, and the same whenever a simulation is replayed.
func jitter(who string, attempt int) func() float64 {
	return func() float64 {
		return float64(xxhash.Sum64String(who+strconv.Itoa(attempt))>>11) / (1 << 53)
	}
}
