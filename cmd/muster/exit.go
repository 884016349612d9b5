package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/roster"
	"muster/pkg/signin"
)

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
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

func usage(format string, a ...any) error { return hinted("", format, a...) }

// hinted is a usage error with the next step.
func hinted(hint, format string, a ...any) error {
	return &usageError{fmt.Sprintf(format, a...), hint}
}

// earlyError is an error from before anything was sent: a file that cannot be
// read or written, a setting that does not fit. A full disk is neither, whenever
// it is met: see [diskFull].
type earlyError struct{ err error }

func (e *earlyError) Error() string { return e.err.Error() }
func (e *earlyError) Unwrap() error { return e.err }

func early(err error) error {
	if err == nil {
		return nil
	}
	return &earlyError{err}
}

// bugError is a panic. Where it happened is in the log, at level debug.
type bugError struct {
	value any
	run   string // "" where none was under way
}

// bugOf makes an error of what a panic left.
func (p *program) bugOf(value any) error {
	if p.running.Load() {
		p.log.Debug("bug", zap.Any("panic", value), zap.ByteString("stack", debug.Stack()))
	}
	return &bugError{value, p.run}
}

func (e *bugError) Error() string {
	run := ""
	if e.run != "" {
		run = " (run " + e.run + ")"
	}
	return fmt.Sprintf("this is a fault of muster itself%s: %v", run, e.value)
}

// exitCode turns an error into the program's exit code. What is none of the known
// errors is unexpected.
func exitCode(err error) int {
	var refused *provision.RefusedError
	var unreachable *provision.UnreachableError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &unreachable), unreached(err), errors.Is(err, provision.ErrStopped):
		return exitInterrupted
	case errors.Is(err, errRows), errors.Is(err, provision.ErrGaveUp):
		return exitUnfinished
	case isMistake(err):
		return exitUsage
	}
	return exitBug
}

// unreached reports whether a sign-in outside a run failed for the moment only, such as
// for want of a network.
func unreached(err error) bool {
	var sign *signin.Error
	return errors.As(err, &sign) && sign.Temporary()
}

// isMistake reports whether the call, its settings or its input are to blame, so
// that nothing was sent.
func isMistake(err error) bool {
	if diskFull(err) {
		return false
	}
	var input *provision.InputError
	var mistaken *usageError
	var early *earlyError
	var damage *durable.DamageError
	return errors.As(err, &input) || errors.As(err, &mistaken) || errors.As(err, &early) ||
		errors.As(err, &damage) || errors.Is(err, ledger.ErrInUse)
}

// exit tells the person of an error, if nobody has, writes the metrics and
// returns the exit code.
func (p *program) exit(err error) int {
	code := exitCode(err)
	p.stderr.status("")
	if err != nil && !errors.Is(err, errRows) {
		for _, line := range linesOf(err) {
			fmt.Fprintf(p.stderr, "muster: %s\n", line)
		}
		if hint := hintOf(err); hint != "" && !(p.advised && errors.Is(err, provision.ErrStopped)) {
			fmt.Fprintf(p.stderr, "hint: %s\n", hint)
		}
	}
	if err != nil && !p.told && p.options.output == "json" {
		p.doc.top().fail(err)
		if err := writeJSON(p.stdout, p.doc); err != nil {
			fmt.Fprintf(p.stderr, "muster: the summary cannot be written: %v\n", err)
		}
	}
	if p.metrics != nil {
		p.metrics.finish(code, p.counts)
	}
	return code
}

// shape is for a command that failed before it had made its document, such as for a
// flag that does not exist: where the summary was to be JSON, it makes an empty one.
func (p *program) shape(c *cobra.Command, args []string) {
	if _, early := p.doc.(*head); !early || c.Flags().Lookup("output") == nil || !p.wantsJSON(args) {
		return
	}
	p.options.output = "json"
	switch c.Name() {
	case "undo":
		p.doc = newUndoSummary()
	case "report":
		p.doc = newReportSummary()
	default:
		p.doc = newSummary()
	}
	*p.doc.top() = head{Command: c.Name(), Version: version()}
}

// wantsJSON reports whether the summary is to be JSON, also where the settings were
// not read to their end.
func (p *program) wantsJSON(args []string) bool {
	wanted := p.getenv(environment("output"))
	for i, a := range args {
		if given, ok := strings.CutPrefix(a, "--output="); ok {
			wanted = given
		} else if a == "--output" && i+1 < len(args) {
			wanted = args[i+1]
		}
	}
	return strings.EqualFold(strings.TrimSpace(wanted), "json")
}

// linesOf are the lines of an error, each of them once: when a disk is full, all
// who write there say so.
func linesOf(err error) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// hintOf says what to do about an error.
func hintOf(err error) string {
	var refused *provision.RefusedError
	var unreachable *provision.UnreachableError
	var input *provision.InputError
	var mistaken *usageError
	var answer *partner.Error
	var sign *signin.Error
	var damage *durable.DamageError
	var file *roster.Error
	switch {
	case errors.As(err, &mistaken):
		return mistaken.hint
	case errors.As(err, &file):
		return file.Hint
	case errors.As(err, &refused) && refused.Hint != "":
		return refused.Hint
	case errors.As(err, &unreachable) && errors.As(unreachable.Err, &answer):
		return answer.Advice() // which ends with running it again
	case errors.As(err, &unreachable), errors.Is(err, provision.ErrStopped):
		return "run the same command again: it goes on where this one ended"
	case errors.Is(err, provision.ErrGaveUp):
		return "see the causes above; once they are mended run the same command again, and failed rows are tried anew"
	case errors.As(err, &input):
		return input.Hint
	case errors.As(err, &sign):
		return sign.Advice()
	case errors.As(err, &answer):
		return answer.Advice()
	case errors.Is(err, ledger.ErrInUse):
		return "wait until that run has ended; if you mean another input, name another ledger with --ledger"
	case errors.As(err, &damage) && damage.Line == 1:
		return "nothing was sent; is this the ledger? It is what apply writes and names at its end, such as staff.ledger.jsonl; if it is, restore it from a backup"
	case errors.As(err, &damage):
		return "nothing was sent; restore the file from a backup, or start a new one with --ledger, whose run reports those created before as exists"
	}
	return machineHint(err)
}

// machineHint is for what nobody expected: trouble of the machine, or a bug.
func machineHint(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrPermission):
		return "give yourself the permission, or choose another place, and run the same command again: it is safe"
	case exitCode(err) == exitUsage && errors.As(err, &errno):
		return "mend that, or choose another place, and run the same command again: it is safe"
	case exitCode(err) != exitBug:
		return ""
	case diskFull(err):
		return "make room on the disk, and run the same command again: it is safe"
	case errors.As(err, &errno):
		return "that is this machine's trouble, not the service's: mend it and run the same command again: it is safe"
	}
	return "this is a bug in muster: please report it with the lines above, what `muster version` prints, and the log of --log-level debug; running the same command again is safe"
}
