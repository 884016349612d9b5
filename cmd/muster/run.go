package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"muster/pkg/provision"
)

// The verbs of the progress.
const (
	creating  = "creating"
	comparing = "comparing with the tenant"
	deleting  = "deleting"
)

func (p *program) validateCommand() *cobra.Command {
	return p.inputCommand(&cobra.Command{
		Use:   "validate INPUT",
		Short: "Read and check a file of people, and name them; ask nobody",
		Long: `validate reads the whole input, checks every row, generates the userPrincipalNames
and writes a results file with the status planned or invalid for each row, or what
the ledger of an earlier apply knows of it. It needs no network and no sign-in.
INPUT is a path, or - for standard input.`,
		Example: `  muster validate staff.csv --domain contoso.onmicrosoft.com
  muster validate staff.csv --domain contoso.onmicrosoft.com --map Kürzel=immutableId --strict
  muster template | muster validate - --domain contoso.onmicrosoft.com`,
	}, 0, func(c *cobra.Command, j *work) error {
		if err := j.readLedger(); err != nil {
			return err
		}
		defer j.collectOften()()
		j.idle.Store(true)
		ctx, cancel := j.untilStopped(c.Context())
		defer cancel()
		return j.conclude(provision.Validate(ctx, j.batch, j.writeResults))
	})
}

// collectOften makes the garbage collector run when the heap has grown by a half,
// or by a fifth where the input is large or nobody knows, until the returned function
// is called; by default the heap doubles. What is kept of the rows holds no pointers
// and costs the collector nothing, so that a file of ten million rows takes half of
// the memory. GOGC in the environment wins.
func (j *work) collectOften() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	const large = 256 << 20 // some three million rows
	percent := 20
	if info, err := os.Stat(j.input); err == nil && info.Size() < large && j.sum.Input.Compression == "" {
		percent = 50
	}
	before := debug.SetGCPercent(percent)
	return func() { debug.SetGCPercent(before) }
}

// collectSeldom keeps the garbage collector from running before there are 32 MiB of
// garbage, until the returned function is called. By default it runs whenever the heap
// has doubled, which is often while the heap is small. The array counts as part of the
// heap, but takes up no memory, since nobody ever touches it. (Raising the percentage
// of debug.SetGCPercent instead would cost a lot of memory where the input is large.)
func collectSeldom() (restore func()) {
	room := make([]byte, 32<<20)
	return func() { runtime.KeepAlive(room) }
}

func (p *program) planCommand() *cobra.Command {
	return p.inputCommand(&cobra.Command{
		Use:   "plan INPUT",
		Short: "Show what apply would do, without doing it",
		Long: `plan does what validate does, signs in, and compares the names with the users that
the customer's tenant has. It reads the tenant and changes nothing. The names are
those that apply will use. It also looks at the sign-in and at the customers, and
tells what would keep apply from succeeding.`,
		Example: `  muster plan staff.csv --customer contoso.onmicrosoft.com --tenant partner.onmicrosoft.com \
      --client-id 00000000-0000-0000-0000-000000000000 --refresh-token-file token
  muster plan staff.csv --simulate`,
	}, onTenant|onSignIn|onService, func(c *cobra.Command, j *work) error {
		if err := j.online(comparing, true); err != nil {
			return err
		}
		report, err := provision.Plan(c.Context(), j.batch)
		if report != nil && !j.stopped() {
			j.sum.Preflight = j.lookAhead(c.Context(), report)
		}
		return j.conclude(report, err)
	})
}

func (p *program) applyCommand() *cobra.Command {
	return p.inputCommand(&cobra.Command{
		Use:   "apply INPUT",
		Short: "Create who is missing, and record everything",
		Long: `apply creates a user for every row of the input that has none yet, and writes a
results file with one row for each. It asks nothing. It may be stopped at any instant
and run again: the ledger knows who was created, and nobody is created twice.

Exit codes: 0 every row is created, was created before, or exists; 1 wrong usage,
settings or input, nothing was sent; 2 unexpected; 3 some rows are invalid or failed;
4 the service refuses us; 5 stopped before the end. After 2 and 5 run it again.`,
		Example: `  muster apply staff.csv --simulate
  muster apply staff.csv --customer contoso.onmicrosoft.com --tenant partner.onmicrosoft.com \
      --client-id 00000000-0000-0000-0000-000000000000 --refresh-token-file token
  muster apply staff.csv --customer contoso.onmicrosoft.com --age-recipient "$(cat desk.pub)"`,
	}, onTenant|onApply|onSignIn|onService, func(c *cobra.Command, j *work) error {
		defer collectSeldom()()
		if err := j.online(creating, false); err != nil {
			return err
		}
		return j.conclude(provision.Apply(c.Context(), j.batch))
	})
}
