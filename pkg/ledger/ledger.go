// Package ledger remembers what a run intended and what became of it, so that no
// person is created twice and none is forgotten, whenever a run ends.
//
//	l, err := ledger.Open("staff.ledger.jsonl", ledger.Options{})
//	err = l.Intend(ledger.Intent{Key: key, Request: id, UPN: upn, …})  // durable
//	user, err := client.CreateUser(…)                                  // sent
//	err = l.Settle(ledger.Outcome{Key: key, Status: ledger.Created, …}) // durable
//
// # What a crash leaves behind
//
// A create goes through the steps below. A crash (kill -9, a power cut) may come
// between any two of them.
//
//	step                  a crash after it leaves             the next run
//	1 intent written      perhaps a torn last line            cuts it off; the person is new
//	2 intent synced       an intent without an outcome        sends the same request, with the same MS-RequestId, and
//	                                                          sets a new password afterwards
//	3 password synced     the same, and a line of the         sends the same request with the same password
//	                      credentials file
//	4 request sent        the same; the user exists or not    the same: the service replays its answer, or answers with
//	                                                          a conflict, and then the user is looked up
//	5 answer received     the same; the user exists           as after 4
//	6 outcome written     perhaps a torn last line            cuts it off; as after 4
//	7 outcome synced      the outcome                         sends nothing; the result row is made from the outcome
//	8 results renamed     everything                          the same
//
// Step 3 is of the plain credentials file. An encrypted one cannot be read back
// or added to: there the password waits in memory until the file is written as a
// whole, which the ledger notes (see [Ledger.Hand]), and a user who was created
// by a run that died before that gets a new password from the next.
//
// An intent is written only for a userPrincipalName that the tenant did not have
// when it was listed just before. So a user who is found under that name later,
// and bears the names of the intent, is the one that the intent created.
//
// A refusal is unconfirmed until the tenant was listed after it: see [Ledger.Confirm].
//
// An undo goes the same way: intent to delete, DELETE, outcome [Deleted]; a
// DELETE that finds nobody is as good as one that deletes.
//
// The ledger holds names and ids, and no secret.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"muster/pkg/durable"
)

// schemaVersion is that of the ledger's schema, in its first line.
const schemaVersion = 1

// Key is what the ledger knows a person by: a hash of the customer and of the
// person's own part, since these can be of any length.
type Key [16]byte

// KeyOf returns the key of a person in a customer's tenant. Tenant is the
// customer's GUID, so that one who is named by its domain today and by its GUID
// tomorrow stays the same.
func KeyOf(tenant, identity string) Key {
	var buf [192]byte // on the stack: there is a key for every row of every pass
	text := append(append(append(buf[:0], tenant...), 0), identity...)
	sum := sha256.Sum256(text)
	return Key(sum[:16])
}

// AppendText appends the key in hexadecimal.
func (k Key) AppendText(b []byte) ([]byte, error) { return hex.AppendEncode(b, k[:]), nil }

// MarshalText returns the key in hexadecimal.
func (k Key) MarshalText() ([]byte, error) { return k.AppendText(nil) }

// UnmarshalText reads what MarshalText wrote.
func (k *Key) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(k) {
		return fmt.Errorf("key %q is not 32 hexadecimal digits", text)
	}
	_, err := hex.Decode(k[:], text)
	return err
}

// Status is what became of a person.
type Status string

// The statuses. The first four end an [Intent]; Unknown is the state of somebody
// whom the ledger never met, and Doubtful of an intent without an outcome.
const (
	Created   Status = "created"   // this ledger created the user
	Exists    Status = "exists"    // the tenant had the name before
	Failed    Status = "failed"    // the service refused it, or the attempts ran out
	Withdrawn Status = "withdrawn" // the request was never sent
	Deleting  Status = "deleting"  // an undo has begun
	Deleted   Status = "deleted"   // an undo has ended
	Unknown   Status = ""
	Doubtful  Status = "doubtful"
)

// Intent says that a request is about to be sent.
type Intent struct {
	Key         Key       `json:"key"`
	Request     uuid.UUID `json:"request_id"` // its MS-RequestId, on every attempt
	Tenant      string    `json:"customer_id"`
	UPN         string    `json:"user_principal_name"`
	FirstName   string    `json:"first_name,omitempty"`
	LastName    string    `json:"last_name,omitempty"`
	DisplayName string    `json:"display_name"`
	// These and the names are what the request says, so that it says the same
	// whenever it is repeated.
	UsageLocation       string `json:"usage_location,omitempty"`
	ImmutableID         string `json:"immutable_id,omitempty"`
	ForceChangePassword bool   `json:"force_change_password,omitempty"`
	// Held says that the user, once there is one, may have a password that is in
	// no file: because it waits in memory, or because a run repeated the request
	// of one before it whose password it did not know. [Ledger.Hand] ends that.
	Held bool      `json:"password_held,omitempty"`
	At   time.Time `json:"at"`
}

// Outcome says what became of an intent.
type Outcome struct {
	Key         Key       `json:"key"`
	Request     uuid.UUID `json:"request_id,omitzero"` // that of the intent; zero where nothing was sent, and in ledgers of old
	Tenant      string    `json:"customer_id"`
	UPN         string    `json:"user_principal_name"`
	Status      Status    `json:"status"`
	Doubt       bool      `json:"doubt,omitempty"`       // failed, and yet the user may exist
	Refused     bool      `json:"refused,omitempty"`     // the last answer was a definite one, not the lack of one
	Unconfirmed bool      `json:"unconfirmed,omitempty"` // refused, and the tenant's users were not listed since; see [Ledger.Confirm]
	UserID      string    `json:"user_id,omitempty"`
	Code        string    `json:"error_code,omitempty"`
	Error       string    `json:"error,omitempty"`
	Hint        string    `json:"hint,omitempty"`
	Attempts    int       `json:"attempts,omitempty"`
	Correlation string    `json:"correlation_id,omitempty"` // of the last attempt
	LatencyMS   int64     `json:"latency_ms,omitempty"`     // of the last attempt
	At          time.Time `json:"at"`
}

// state is what is kept in memory of a person.
type state struct {
	intent, outcome durable.Place // 0, where the first line stands: none
	status          Status
	held            bool // the password is in no file yet
	unconfirmed     bool // see Outcome
}

// Ledger is the record of all runs for one input. It is safe for concurrent use.
type Ledger struct {
	journal *durable.Journal // nil where a file to be read does not exist
	lock    *durable.Lock

	mu     sync.Mutex
	state  map[Key]state
	rates  map[string]float64
	paused time.Time
	known  map[string]Customer // by the name that the input has
}

// Options are the settings of [Open].
type Options struct {
	// ReadOnly looks at a ledger, which need not exist, without locking or
	// mending it.
	ReadOnly bool
	// Journal is handed on to the journal underneath.
	Journal durable.Options
}

// ErrInUse is the error of [Open] for a ledger that another process holds.
var ErrInUse = errors.New("another muster is working with this ledger")

// Open opens the ledger at path for this process alone and creates it if need
// be. Errors: [ErrInUse]; a [durable.DamageError] where the file was changed.
func Open(path string, o Options) (*Ledger, error) {
	l := &Ledger{state: map[Key]state{}, rates: map[string]float64{}, known: map[string]Customer{}}
	if o.ReadOnly {
		return l, l.read(path, o.Journal)
	}
	lock, err := durable.Acquire(lockPath(path))
	if errors.Is(err, durable.ErrHeld) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	if err != nil {
		return nil, err
	}
	l.lock = lock
	if l.journal, err = durable.OpenJournal(path, o.Journal, l.replay); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Ledger) read(path string, o durable.Options) error {
	o.ReadOnly = true
	j, err := durable.OpenJournal(path, o, l.replay)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l.journal = j
	return err
}

// lockPath is beside the file itself, also where path is a link to it, so that
// two names of one ledger have one lock.
func lockPath(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return path + ".lock"
}

// begin writes the first line of a new ledger.
func (l *Ledger) begin() error {
	if _, err := l.journal.Read(0); err == nil {
		return nil
	}
	return l.append(header{Type: typeLedger, Version: schemaVersion, At: time.Now()})
}

// Close writes what is left and frees the ledger.
func (l *Ledger) Close() error {
	var errs []error
	if l.journal != nil {
		errs = append(errs, l.journal.Close())
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Release())
	}
	return errors.Join(errs...)
}

// Len returns the number of people whom the ledger knows.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.state)
}

// Status returns what the ledger knows of a person.
func (l *Ledger) Status(k Key) Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state[k].status
}

// Lost reports whether a person's user may have a password that is in no file:
// see [Intent].
func (l *Ledger) Lost(k Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state[k].held
}

// Find returns what the ledger knows of a person; the entry of somebody it does
// not know has the status Unknown.
func (l *Ledger) Find(k Key) (Entry, error) {
	l.mu.Lock()
	s, ok := l.state[k]
	l.mu.Unlock()
	if !ok {
		return Entry{}, nil
	}
	return l.entry(s)
}

// Told is [Ledger.Find] for whoever tells what became of a person: where the
// outcome says all of that, the intent stays zero. It exists for speed, since it
// reads one line of the ledger and not two.
func (l *Ledger) Told(k Key) (Entry, error) {
	l.mu.Lock()
	s := l.state[k]
	l.mu.Unlock()
	e := Entry{Status: s.status, Lost: s.held}
	if err := l.load(s.outcome, &e.Outcome, e.Outcome.set); err != nil {
		return e, err
	}
	if e.Status != Doubtful && e.Outcome.Request != uuid.Nil {
		return e, nil
	}
	return e, l.load(s.intent, &e.Intent, e.Intent.set)
}

// Intent returns the last intent for a person; zero where nothing was ever sent.
func (l *Ledger) Intent(k Key) (i Intent, err error) {
	l.mu.Lock()
	s := l.state[k]
	l.mu.Unlock()
	return i, l.load(s.intent, &i, i.set)
}

func (l *Ledger) entry(s state) (Entry, error) {
	e := Entry{Status: s.status, Lost: s.held, Unconfirmed: s.unconfirmed}
	if err := l.load(s.intent, &e.Intent, e.Intent.set); err != nil {
		return e, err
	}
	return e, l.load(s.outcome, &e.Outcome, e.Outcome.set)
}

func (l *Ledger) load(p durable.Place, into any, set func(name, value []byte) bool) error {
	if p == 0 {
		return nil
	}
	record, err := l.journal.Read(p)
	if err != nil {
		return err
	}
	return decode(record, into, set)
}

// Entries ranges over everybody the ledger knows, in no order.
func (l *Ledger) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		l.mu.Lock()
		all := make([]state, 0, len(l.state))
		for _, s := range l.state {
			all = append(all, s)
		}
		l.mu.Unlock()
		for _, s := range all {
			if !yield(l.entry(s)) {
				return
			}
		}
	}
}

// Intend makes intents durable, which share one sync. Their requests may leave when
// it has returned without an error.
func (l *Ledger) Intend(all ...Intent) error {
	lines, places := make([][]byte, len(all)), make([]durable.Place, len(all))
	text := make([]byte, 0, lineRoom*len(all))
	for i := range all {
		start := len(text)
		text = all[i].appendTo(text)
		lines[i] = text[start:]
	}
	if err := l.journal.AppendAll(lines, places); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, intent := range all {
		l.state[intent.Key] = state{intent: places[i], status: Doubtful, held: intent.Held}
	}
	return nil
}

// Settle makes an outcome durable. It may be counted when Settle has returned
// without an error. A person whose name the tenant had before has an outcome and
// no intent.
func (l *Ledger) Settle(o Outcome) error {
	place, err := l.journal.Append(o.appendTo(make([]byte, 0, lineRoom)))
	if err == nil {
		l.count(o.Key, func(s *state) { s.settle(o.Status, o.Doubt, o.Unconfirmed, place) })
	}
	return err
}

func (s *state) settle(status Status, doubt, unconfirmed bool, p durable.Place) {
	s.outcome, s.status, s.unconfirmed = p, status, unconfirmed
	if doubt {
		s.status = Doubtful
	}
}

// Undo records that the user of this person is about to be deleted. An [Outcome]
// with the status [Deleted] ends it.
func (l *Ledger) Undo(k Key) error {
	if err := l.append(undo{Type: typeUndo, Key: k, At: time.Now()}); err != nil {
		return err
	}
	l.count(k, (*state).undo)
	return nil
}

func (s *state) undo() { s.status, s.unconfirmed = Deleting, false }
