// Package provision carries a batch of people from their file to their results:
// it reads and checks every row, gives each person a name, sends what is missing
// and records what became of it.
//
//	report, err := provision.Validate(ctx, batch, write) // asks nobody
//	report, err := provision.Plan(ctx, batch)            // reads the tenants
//	report, err := provision.Apply(ctx, batch)           // writes them
//	report, err := provision.Undo(ctx, batch)            // deletes what the ledger created
//
// # The passes
//
// The input is read three times, and between the passes only a few bytes a row
// are kept (see mark). The first pass, the survey, checks and names everybody,
// so that nothing is sent from a file whose end is broken and no name depends
// on the order of answers. The second sends, once for each customer. The third
// writes the results, in input order, from what the ledger says by then. Where
// names depend on later rows, the survey reads the input twice. Validate sends
// nothing, and writes the results as the survey reads for the last time.
//
// # Customers
//
// Everything that happens to one customer's people happens in its lane: one
// listing of the tenant before the first create, one gate that paces every
// request, and one listing at the end for all rows that are in doubt. Lanes run
// side by side, and a lane that is refused fails its own rows only.
package provision

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/secret"
	"muster/pkg/upn"
)

// Batch is what a run works on and how. Input and Template are always required;
// what the others are required for stands with them.
type Batch struct {
	Input *roster.File

	// Customer is that of rows without their own: a tenant GUID or a domain.
	Customer string
	// Domain is for generated names of rows without their own; "" means that of
	// the customer's company profile, which Validate cannot ask for.
	Domain   string
	Template upn.Template
	// Locale says how names are romanised; see [upn.Parts]. The word "auto" takes
	// each row's usage location.
	Locale      string
	OnDuplicate OnDuplicate
	OnExists    OnExists
	// Strict refuses the whole input if a row is invalid or a column unknown.
	Strict bool
	Shard  Shard

	// Directory and Pacer are required by everything but Validate.
	Directory Directory
	Pacer     *pace.Pacer
	// Ledger is required by Apply and Undo. Plan and Validate may have none, or one
	// that was opened for reading only.
	Ledger *ledger.Ledger
	// Siblings are the other ledgers for this input, for reading only: those of the
	// other shards, and of runs that had another number of them. Names that they gave
	// out are not given out again, and whom they know is not created again.
	Siblings []*ledger.Ledger
	// OpenCredentials opens the credentials file. Apply requires it, and calls it
	// at most once, before anything is sent, if some row brings no password. Undo
	// calls it, if it is not nil, at the end, to drop those of users who are not there.
	OpenCredentials func() (*credentials.File, error)

	// MaxAttempts is how often one request is tried that fails without being
	// throttled; 0 means 6.
	MaxAttempts int
	// MaxFailures ends the run when so many rows have failed; 0 means never.
	MaxFailures int
	// InFlight is how many requests may be on their way at a time; 0 means 16.
	// The Pacer enforces it; a lane keeps some more rows at hand.
	InFlight int

	// Stop ends the run when it is closed: no more rows are taken, and what is on
	// its way may land for 20 seconds. A nil Stop never does. The context of a call
	// ends it at once.
	Stop <-chan struct{}

	Log     *zap.Logger // required
	Watcher Watcher     // nil: nobody watches
	RunID   uuid.UUID   // stands in the ledger; zero: drawn
	Program string      // with its version, for the ledger
	Service string      // whom Directory speaks to, for the ledger
	Source  string      // what the input is called, for the ledger
}

// Directory is what a run needs of the Partner Center. [*partner.Client] is one.
type Directory interface {
	// Customers, and their users.
	Customer(ctx context.Context, tenant string) (partner.Customer, error)
	CustomerByDomain(ctx context.Context, domain string) (partner.Customer, error)
	Users(ctx context.Context, tenant string, state partner.State, page partner.Page) ([]partner.User, partner.Page, error)

	// What changes a user.
	CreateUser(ctx context.Context, tenant string, call partner.Call, u partner.NewUser) (partner.User, error)
	ResetPassword(ctx context.Context, tenant, id string, p secret.Text, forceChange bool) error
	DeleteUser(ctx context.Context, tenant, id string) error
}

// OnDuplicate says what to do when two people of the file want one generated
// name.
type OnDuplicate string

// The choices of an OnDuplicate.
const (
	NumberDuplicate OnDuplicate = "number" // jane.doe, jane.doe2
	RejectDuplicate OnDuplicate = "reject" // the later row is invalid
)

// OnExists says what to do when the tenant has the name, and this ledger did not
// create it.
type OnExists string

// The choices of an OnExists.
const (
	SkipExisting   OnExists = "skip"   // the row ends as exists
	NumberExisting OnExists = "number" // a generated name gets the next number
	FailExisting   OnExists = "fail"   // the row fails
)

// Watcher is told what happens while it happens. Its methods are called by many
// goroutines at once and must be quick.
type Watcher interface {
	// Survey is called once the rows are checked: so many are to be sent.
	Survey(rows, toSend int)
	// Attempt is called after each request.
	Attempt(Attempt)
	// Settled is called when a row has got its outcome.
	Settled(customer string, s results.Status)
}

// Attempt is one request, as a [Watcher] sees it.
type Attempt struct {
	Op        string // "create", "list", …
	Customer  string
	Kind      partner.Kind // 0: it succeeded
	Latency   time.Duration
	Throttled bool
}
