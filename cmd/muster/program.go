package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/signin"
)

// program is one call of muster.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            []string
	options        options
	stop           chan struct{}   // closed at the first signal
	ctx            context.Context // ends at the second
}

// getenv returns an environment variable, "" where there is none.
func (p *program) getenv(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(p.env[i], "="); k == name {
			return v
		}
	}
	return ""
}

// catchSignals makes the first SIGINT or SIGTERM close p.stop, and the second
// end the context.
func (p *program) catchSignals(ctx context.Context) (context.Context, func()) {
	p.stop = make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	p.ctx = ctx
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		close(p.stop)
		fmt.Fprintln(p.stderr, "muster: stopping: no more rows are taken, and what is on its way may land (once more to leave at once)")
		if _, ok := <-signals; ok {
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// The exit codes, as in README.
const (
	exitDone        = 0 // every row is created, was created before, or exists
	exitUsage       = 1 // wrong usage, settings or input, or the ledger is in use
	exitBug         = 2 // unexpected: a bug, a full disk
	exitUnfinished  = 3 // some rows are invalid or failed
	exitRefused     = 4 // the service refuses us
	exitInterrupted = 5 // stopped before the end
)

// errRows says that the run came to its end and some rows did not.
var errRows = errors.New("some rows are invalid or failed")

// usageError is a mistake of whoever called muster.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, a ...any) error { return &usageError{fmt.Sprintf(format, a...)} }

// exitCode turns an error into the program's exit code. Errors that are none of
// the known ones are found by where they came from: beforeSending wraps those of
// the time before anything was sent.
func exitCode(err error) int {
	var refused *provision.RefusedError
	var unreachable *provision.UnreachableError
	var input *provision.InputError
	var mistaken *usageError
	var early *earlyError
	var damage *durable.DamageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &unreachable), errors.Is(err, provision.ErrStopped):
		return exitInterrupted
	case errors.Is(err, errRows), errors.Is(err, provision.ErrGaveUp):
		return exitUnfinished
	case errors.As(err, &input), errors.As(err, &mistaken), errors.As(err, &early), errors.As(err, &damage), errors.Is(err, ledger.ErrInUse):
		return exitUsage
	}
	return exitBug
}

// earlyError is an error from before anything was sent: a file that cannot be
// read or written, a setting that does not fit.
type earlyError struct{ err error }

func (e *earlyError) Error() string { return e.err.Error() }
func (e *earlyError) Unwrap() error { return e.err }

func early(err error) error {
	if err == nil {
		return nil
	}
	return &earlyError{err}
}

// exit tells the person of an error and returns the exit code.
func (p *program) exit(err error) int {
	if err != nil && !errors.Is(err, errRows) {
		fmt.Fprintf(p.stderr, "muster: %v\n", err)
		if hint := hintOf(err); hint != "" {
			fmt.Fprintf(p.stderr, "muster: %s\n", hint)
		}
	}
	return exitCode(err)
}

// hintOf says what to do about an error.
func hintOf(err error) string {
	var refused *provision.RefusedError
	var input *provision.InputError
	var answer *partner.Error
	var sign *signin.Error
	switch {
	case errors.As(err, &refused) && refused.Hint != "":
		return refused.Hint
	case errors.As(err, &input):
		return input.Hint
	case errors.As(err, &sign):
		return sign.Advice()
	case errors.As(err, &answer):
		return answer.Advice()
	case errors.Is(err, ledger.ErrInUse):
		return "wait until that one has ended; if you mean another input, name another ledger with --ledger"
	}
	return ""
}

// root is the command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Put people into a Microsoft cloud customer's directory",
		Long: "muster takes a file of people (CSV or JSON Lines) and creates a user for each of them in a\n" +
			"Microsoft cloud customer's directory, through the Partner Center API. It may be stopped at any\n" +
			"instant and run again: nobody is created twice, and every row gets a result.",
		Example:       "  muster validate staff.csv --domain contoso.onmicrosoft.com\n  muster apply staff.csv --simulate\n  muster apply staff.csv --customer contoso.onmicrosoft.com",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return p.fromEnvironment(c)
		},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%v (see `%s --help`)", err, c.CommandPath())
	})
	root.AddCommand(p.validateCommand(), p.planCommand(), p.applyCommand(), p.undoCommand(), p.reportCommand(),
		p.simulateCommand(), p.loginCommand(), p.templateCommand(), p.versionCommand())
	return root
}

// width is that of the terminal, or 100 where there is none.
func (p *program) width() int {
	if f, ok := p.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
			return w
		}
	}
	return 100
}

// args checks the number of a command's arguments.
func args(name string, least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		switch {
		case len(a) < least:
			return usage("%s is missing (see `%s --help`)", name, c.CommandPath())
		case len(a) > most:
			return usage("one %s is expected, and there are %d arguments: quote names with blanks in them", name, len(a))
		}
		return nil
	}
}
