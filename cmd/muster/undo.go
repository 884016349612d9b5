package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/provision"
	"muster/pkg/results"
)

func (p *program) undoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo LEDGER",
		Short: "Delete exactly the users which a ledger created",
		Long: `undo lists the users that the runs of a ledger created, asks, and deletes them.
Users who existed before are never touched. It may be stopped and run again.
Deleted users can be restored for 30 days.`,
		Example: `  muster undo staff.ledger.jsonl --tenant partner.onmicrosoft.com \
      --client-id 00000000-0000-0000-0000-000000000000 --refresh-token-file token
  muster undo staff.ledger.jsonl --yes`,
		Args:              args("LEDGER", 1, 1),
		ValidArgsFunction: filesEnding("jsonl"),
		RunE:              func(c *cobra.Command, a []string) error { return p.undo(c, a[0]) },
	}
	p.options.bind(c, onUndo|onSignIn|onService|onLogs|onOutput)
	return c
}

// undoSummary is the document of undo: command, version, exit_code, error, hint
// as in head; run, the id on every line of its log; ledger; deleted, the users
// who were deleted or found deleted; absent, whose creation was in doubt and who
// are not there; failed[] (user_principal_name, user_id, customer_id, error,
// hint); seconds, requests, refused as in [summary]; next (why, command).
type undoSummary struct {
	head
	Run    string `json:"run"`
	Ledger string `json:"ledger"`
	provision.Undone
	Seconds  float64 `json:"seconds"`
	Requests int     `json:"requests"`
	Refused  int     `json:"refused"`
	Next     next    `json:"next"`
}

func newUndoSummary() *undoSummary {
	return &undoSummary{Undone: provision.Undone{Failed: []provision.UndoFailure{}}}
}

func (p *program) undo(c *cobra.Command, path string) (err error) {
	p.startLog(&p.options)
	run := uuid.New()
	s := newUndoSummary()
	s.head, s.Run, s.Ledger = *p.doc.top(), run.String(), path
	p.doc = s
	p.logRun(run)
	if f := p.options.metricsFile; f != "" && whole(f) == whole(path) {
		return usage("--metrics-file %s is also the ledger", f)
	}
	p.tally = newTally()
	p.measure(path, "")
	l, err := p.openCreated(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	entries, err := provision.ToUndo(l)
	if err != nil {
		return early(err)
	}
	b := provision.Batch{Ledger: l, RunID: run, Source: path}
	if len(entries) > 0 { // else there may be passwords that an undo left when it was killed
		if b.Directory, err = p.client(nil); err != nil {
			return err
		}
		if err := p.confirm(entries); err != nil {
			return err
		}
	}
	undone, err := p.remove(c.Context(), b, entries)
	if p.leaving() {
		return err
	}
	return p.concludeUndo(s, undone, err)
}

// remove deletes the users, as the settings say. Of the batch it needs the directory,
// the ledger and where that lies, and the run's id.
func (p *program) remove(ctx context.Context, b provision.Batch, entries []ledger.Entry) (provision.Undone, error) {
	p.log.Info("run begins", zap.String("command", "undo"), zap.String("ledger", b.Source), zap.String("service", p.service()), zap.Int("users", len(entries)))
	pacer := pace.New(p.options.limits(1, rand.Uint64()))
	p.tally.Survey(len(entries), len(entries))
	defer p.watch(deleting, pacer.Snapshot)()
	b.OpenCredentials = p.credentialsOf(b.Source)
	b.Pacer, b.Stop, b.Log, b.Watcher = pacer, p.stop, p.log, p.tally
	b.MaxAttempts, b.InFlight = p.options.maxAttempts, p.options.concurrency
	b.Program, b.Service = p.signature(), p.service()
	return provision.Undo(ctx, b, entries)
}

// credentialsOf opens the credentials file of the runs that a ledger records: that
// of the settings, else the one that has the ledger's own name. It is nil where
// there is none to be changed, as where it is encrypted.
func (p *program) credentialsOf(path string) func() (*credentials.File, error) {
	file := p.options.credentials
	if folder, name := filepath.Split(path); file == "" {
		base, rest, ok := strings.Cut(name, ".ledger.")
		if !ok {
			return nil
		}
		file = folder + base + ".credentials." + strings.TrimSuffix(rest, "jsonl") + "csv"
	}
	if !exists(file) {
		return nil
	}
	return func() (*credentials.File, error) { return credentials.Open(file, nil) }
}

// ledgersName is for whoever named something else.
const ledgersName = "apply names its ledger at the end, such as staff.ledger.jsonl"

// openCreated opens the ledger to be undone, if it is one of this service.
func (p *program) openCreated(path string) (*ledger.Ledger, error) {
	if !exists(path) {
		return nil, hinted(ledgersName, "there is no ledger %s", path)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, hinted(ledgersName, "%s is a folder", path)
	}
	was, err := serviceOf(path)
	switch {
	case err != nil:
		return nil, err
	case was == simulated:
		return nil, hinted("the file can simply be removed", "%s is the ledger of a rehearsal: it created nobody, so there is nothing to undo", path)
	case was != "" && was != p.service():
		return nil, hinted("name that service with --api-url", "the ledger %s records what was done at %s, and this undo would go to %s", path, spoken(was), spoken(p.service()))
	}
	l, err := ledger.Open(path, ledger.Options{})
	return l, early(err)
}

// confirm lists the users and asks whether to delete them: on standard output,
// unless that is for a program.
func (p *program) confirm(entries []ledger.Entry) error {
	if p.options.yes {
		return nil
	}
	if !isTerminal(p.stdin) {
		return hinted("add --yes, or run it at a terminal to see whom", "undo would delete %s and cannot ask, since there is no terminal", results.Count(len(entries), "user"))
	}
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "userPrincipalName\tuser id\tcustomer")
	for _, e := range entries {
		id := e.Outcome.UserID
		if e.Status == ledger.Doubtful {
			id = "in doubt: deleted only if it is there"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", oneLine(e.UPN()), id, e.Intent.Tenant)
	}
	_ = t.Flush() // to memory
	fmt.Fprintf(&b, "Delete %s? They can be restored for 30 days. Type yes to delete: ", those(len(entries)))
	out := p.stdout
	if p.options.output == "json" {
		out = p.stderr
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return early(err)
	}
	answer, err := bufio.NewReader(p.input()).ReadString('\n')
	if errors.Is(err, provision.ErrStopped) {
		return fmt.Errorf("nothing was deleted: %w", err)
	}
	if strings.TrimSpace(answer) != "yes" {
		return usage("nothing was deleted")
	}
	return nil
}

func those(n int) string {
	if n == 1 {
		return "this user"
	}
	return "these " + results.Count(n, "user")
}

func (p *program) concludeUndo(s *undoSummary, undone provision.Undone, failed error) error {
	if undone.Failed != nil {
		s.Undone = undone
	} else {
		s.Undone.Deleted, s.Undone.Absent = undone.Deleted, undone.Absent
	}
	n := p.tally.now()
	s.Seconds, s.Requests, s.Refused = undone.Took.Seconds(), n.sent, n.refused
	if failed == nil && len(undone.Failed) > 0 {
		failed = errRows
	}
	s.fail(failed)
	if s.ExitCode != exitDone {
		s.Next = next{"the same command goes on with those who are left", p.line("undo", s.Ledger, nil)}
	}
	p.log.Info("run ends", zap.Int("exit_code", s.ExitCode), zap.Int("deleted", s.Deleted), zap.Int("failed", len(s.Undone.Failed)),
		zap.Float64("seconds", s.Seconds), zap.Int("requests", s.Requests), zap.Int("refused", s.Refused), zap.String("error", s.Error))
	return errors.Join(failed, p.tellUndone(s))
}

// tellUndone prints the summary of an undo.
func (p *program) tellUndone(s *undoSummary) error {
	p.told, p.advised = true, s.Next.Command != ""
	if p.options.output == "json" {
		return unlessGone(writeJSON(p.stdout, s))
	}
	var b bytes.Buffer
	if s.Deleted+s.Absent+len(s.Undone.Failed) == 0 && s.ExitCode == exitDone {
		b.WriteString("nothing to undo: this ledger has created nobody who is still there\n")
	} else {
		fmt.Fprintf(&b, "%s deleted; they can be restored for 30 days\n", results.Count(s.Deleted, "user"))
	}
	if s.Absent > 0 {
		results.Wrap(&b, results.Count(s.Absent, "user")+" in doubt: not there. Should the service have been late, the same command deletes them", "", 100)
	}
	for _, f := range s.Undone.Failed {
		results.Wrap(&b, fmt.Sprintf("not deleted: %s (%s): %s", f.UPN, f.UserID, f.Error), "", 100)
		results.Wrap(&b, "hint: "+f.Hint, "  ", 100)
	}
	if s.Requests > 0 {
		fmt.Fprintf(&b, "%s in %s; %s refused as too many\n", results.Count(s.Requests, "request"), took(s.Seconds), results.Thousands(s.Refused))
	}
	if s.Next.Command != "" {
		fmt.Fprintf(&b, "\nNext: %s:\n  %s\n", s.Next.Why, s.Next.Command)
	}
	_, err := p.stdout.Write(b.Bytes())
	return unlessGone(err)
}
