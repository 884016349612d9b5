package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// work is one run of validate, plan or apply.
type work struct {
	*program
	input   string
	shard   provision.Shard
	files   files
	batch   provision.Batch
	ledger  *ledger.Ledger
	sum     *summary
	handed  string              // the credentials file that was opened
	domains map[string][]string // of the planned names, by customer; for plan
	finish  func()              // ends the progress
}

// onInput opens the input and collects the settings that need no service.
func (p *program) onInput(input string, do func(*work) error) error {
	p.startLog(&p.options)
	shard, err := p.shardOf()
	if err != nil {
		return err
	}
	j := &work{program: p, input: input, shard: shard, files: p.filesFor(input, shard), sum: newSummary(), finish: func() {}}
	p.doc, j.sum.head = j.sum, *p.doc.top()
	j.sum.Rehearsal = p.options.simulate
	if err := p.checkFiles(input, j.files); err != nil {
		return err
	}
	if j.batch, err = j.settings(); err != nil {
		return err
	}
	p.tally = newTally()
	p.measure(input, shardName(shard)) // whose warnings have the run's id too
	file, err := p.open(input)
	if err != nil {
		return err
	}
	defer file.Close()
	j.batch.Input = file
	j.sum.Input = inputOf(input, file.Mapping())
	if p.options.output == "text" {
		p.sayMapping(file.Mapping())
	}
	service := zap.String("service", p.service())
	if p.command.Name() == "validate" {
		service = zap.Skip() // it asks nobody
	}
	p.log.Info("run begins", zap.String("command", p.command.Name()), zap.String("input", input), service, zap.String("version", version()))
	return do(j)
}

// open opens the input.
func (p *program) open(input string) (*roster.File, error) {
	columns, err := columnsOf(p.options.columns)
	if err != nil {
		return nil, err
	}
	file, err := roster.Open(input, roster.Options{Format: p.options.format, Map: columns, UsageLocation: p.options.usageLocation, Stdin: p.input()})
	if err != nil && p.stopped() {
		return nil, provision.ErrStopped
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hinted("`muster template > staff.csv` makes one to begin with", "there is no file %s", input)
	}
	return file, early(err)
}

// settings collects what is to be done with the input.
func (j *work) settings() (provision.Batch, error) {
	o := &j.options
	b := provision.Batch{
		Customer: o.customer, Domain: o.domain, Locale: o.upnLocale,
		OnDuplicate: provision.OnDuplicate(o.onDuplicate), OnExists: provision.OnExists(o.onExists), Strict: o.strict, Shard: j.shard,
		MaxAttempts: o.maxAttempts, MaxFailures: o.maxFailures, InFlight: o.concurrency,
		Stop: j.stop, RunID: uuid.New(), Program: j.signature(), Service: j.service(), Source: j.input,
	}
	j.sum.Run = b.RunID.String()
	j.logRun(b.RunID)
	b.Log = j.log
	var err error
	if b.Template, err = upn.ParseTemplate(o.upn); err != nil {
		return b, hinted("leave --upn out for {first}.{last}", "--upn %q: %v", o.upn, err)
	}
	return b, nil
}

// online connects the run with the service and its ledger. readOnly is for a run
// that changes nothing.
func (j *work) online(verb string, readOnly bool) error {
	client, err := j.connect()
	if err != nil {
		return err
	}
	if err := j.openLedger(readOnly); err != nil {
		return err
	}
	pacer := pace.New(j.options.limits(j.shard.Of, rand.Uint64()))
	j.batch.Directory, j.batch.Pacer, j.batch.Watcher = client, pacer, j.tally
	j.finish = j.watch(verb, pacer.Snapshot)
	j.batch.OpenCredentials = func() (*credentials.File, error) {
		f, err := credentials.Open(j.files.credentials, j.options.ageRecipients)
		if err == nil {
			j.handed = f.Path()
		}
		return f, early(err)
	}
	return nil
}

// connect makes the client.
func (j *work) connect() (*partner.Client, error) {
	if !j.options.simulate {
		return j.client(nil)
	}
	customers, err := j.rehearsal()
	if err != nil {
		return nil, err
	}
	return j.client(customers)
}

// openLedger opens the ledger of the input and, for reading, those beside it that
// know people of the same input.
func (j *work) openLedger(readOnly bool) error {
	usable, err := j.ledgerFits(readOnly)
	if err != nil || !usable {
		return err
	}
	l, err := ledger.Open(j.files.ledger, ledger.Options{ReadOnly: readOnly})
	if err != nil {
		return early(err)
	}
	j.ledger, j.batch.Ledger = l, l
	if err := j.claim(readOnly); err != nil {
		return err
	}
	paths, err := siblings(j.files.ledger)
	if err != nil {
		return early(errors.Join(err, j.close()))
	}
	for _, path := range paths {
		if was, err := serviceOf(path); err == nil && was != "" && was != j.service() {
			continue // a rehearsal's, which that shard will set aside
		}
		s, err := ledger.Open(path, ledger.Options{ReadOnly: true})
		if err != nil {
			return early(errors.Join(err, j.close()))
		}
		j.batch.Siblings = append(j.batch.Siblings, s)
	}
	return nil
}

// readLedger opens the ledger for a validation, if there is one of a real tenant, so
// that people who were created are told with their ids.
func (j *work) readLedger() error {
	was, err := serviceOf(j.files.ledger)
	if err != nil || was == simulated || !exists(j.files.ledger) {
		return err
	}
	l, err := ledger.Open(j.files.ledger, ledger.Options{ReadOnly: true})
	if err != nil {
		return early(err)
	}
	j.ledger, j.batch.Ledger = l, l
	return nil
}

// claim records the service in a new ledger, before anything else is.
func (j *work) claim(readOnly bool) error {
	was, err := serviceOf(j.files.ledger)
	if err != nil || was != "" || readOnly {
		return err
	}
	return early(j.ledger.Begin(ledger.Run{ID: j.batch.RunID, Program: j.batch.Program, Service: j.batch.Service, Command: "open", Input: j.input, At: time.Now()}))
}

// close ends the use of the ledgers and of the terminal. It may be called twice.
func (j *work) close() error {
	j.finish()
	if j.ledger == nil {
		return nil
	}
	err := j.ledger.Close()
	for _, s := range j.batch.Siblings {
		err = errors.Join(err, s.Close())
	}
	j.ledger = nil
	return err
}

// conclude writes the files of a run and its summary. The error is that of the
// run, or else that some rows did not end well.
func (j *work) conclude(report *provision.Report, failed error) error {
	j.finish()
	if report == nil || j.leaving() {
		return j.unread(failed)
	}
	s := j.sum
	s.fill(report)
	if s.Files.Results == "" {
		if err := j.writeResults(report.Rows()); err != nil {
			return j.unwritten(failed, err)
		}
	}
	if err := j.writeRejects(report); err != nil {
		return j.unwritten(failed, err)
	}
	j.nameFiles()
	if s.Preflight != nil {
		s.Preflight.doubtDomains(j.domains)
	}
	switch {
	case failed == nil:
		failed = rowsError(s.Counts)
	case exitCode(failed) == exitInterrupted && s.settled():
		j.say("every row has its user or is invalid, so nothing is left to do; and yet: " + strings.Join(linesOf(failed), "; "))
		failed = rowsError(s.Counts)
	}
	mapping := j.batch.Input.Mapping()
	s.Input = inputOf(j.input, mapping)
	s.warnOfColumns(mapping.Columns)
	s.fail(failed)
	j.counts = s.Counts
	s.Next = j.next()
	j.log.Info("run ends", zap.Int("exit_code", s.ExitCode), zap.Int("rows", s.Rows), zap.Int("created", s.Created), zap.Int("exists", s.Exists),
		zap.Int("invalid", s.Invalid), zap.Int("failed", s.Failed), zap.Int("pending", s.Pending), zap.Int("planned", s.Planned),
		zap.Float64("seconds", s.Seconds), zap.Int("requests", s.Requests), zap.Int("refused", s.Refused), zap.String("error", s.Error))
	j.told, j.advised = true, s.Next.Command != ""
	return errors.Join(failed, j.tell())
}

// unwritten is the error of a run whose results cannot be written. It outweighs
// what else is to be said of the run: whoever is told to mend some rows would not
// look for a full disk.
func (j *work) unwritten(failed, err error) error {
	switch {
	case j.leaving():
		return provision.ErrStopped
	case failed != nil:
		return fmt.Errorf("%w\n%v", err, failed)
	}
	return err
}

// unread is the error of a run that sent nothing because the file cannot be read
// to its end.
func (j *work) unread(err error) error {
	if j.leaving() || errors.Is(err, provision.ErrStopped) {
		return provision.ErrStopped
	}
	if bad := (*roster.Error)(nil); errors.As(err, &bad) {
		return early(err)
	}
	return err
}

// tell prints the summary on standard output.
func (j *work) tell() error {
	if j.options.output == "json" {
		return unlessGone(writeJSON(j.stdout, j.sum))
	}
	return unlessGone(j.sum.writeText(j.stdout, width(j.stdout), j.colours()))
}

// unlessGone drops the error of writing to somebody who does not read on, such as
// `head`.
func unlessGone(err error) error {
	if readerGone(err) {
		return nil
	}
	return err
}

// rowsError is the error of a run that came to its end, by what became of the
// rows.
func rowsError(c results.Counts) error {
	switch {
	case c.Invalid+c.Failed > 0:
		return errRows
	case c.Pending > 0:
		return fmt.Errorf("%w: of %s it is not known yet what became of them", provision.ErrStopped, results.Count(c.Pending, "row"))
	}
	return nil
}

// writeResults writes the results and sums them up.
func (j *work) writeResults(rows iter.Seq2[results.Row, error]) error {
	sum, err := results.Write(j.files.results, j.noting(rows))
	if err != nil {
		return fmt.Errorf("cannot write the results: %w", err)
	}
	j.sum.Summary, j.sum.Files.Results = sum, j.files.results
	return nil
}

// nameFiles names the other files that the run has written.
func (j *work) nameFiles() {
	s := j.sum
	s.Files.Metrics = j.options.metricsFile
	if j.handed != "" && exists(j.handed) {
		s.Files.Credentials = j.handed
	}
	if j.ledger != nil && j.command.Name() != "validate" && exists(j.files.ledger) {
		s.Files.Ledger = j.files.ledger
	}
}

// fewRows is how many rows the summary shows one by one.
const fewRows = 25

// plannedDomains bounds the domains of planned users that a preflight looks at.
const plannedDomains = 100

// noting passes the rows on and keeps what the summary shows of them.
func (j *work) noting(rows iter.Seq2[results.Row, error]) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		type place struct{ customer, domain string }
		seen, total := map[place]bool{}, 0
		j.sum.few, j.domains = nil, map[string][]string{}
		for r, err := range rows {
			if j.leaving() || j.idle.Load() && j.stopped() {
				yield(r, provision.ErrStopped)
				return
			}
			if total++; total <= fewRows {
				j.sum.few = append(j.sum.few, r)
			}
			if j.sum.Preflight != nil && r.Status == results.Planned && len(seen) < plannedDomains {
				_, domain, _ := strings.Cut(r.UserPrincipalName, "@")
				if at := (place{r.CustomerID, domain}); !seen[at] {
					seen[at] = true
					j.domains[r.CustomerID] = append(j.domains[r.CustomerID], domain)
				}
			}
			if !yield(r, err) {
				return
			}
		}
		if total > fewRows {
			j.sum.few = nil
		}
	}
}

// inputCommand makes one of the commands that take an INPUT.
func (p *program) inputCommand(c *cobra.Command, groups int, run func(*cobra.Command, *work) error) *cobra.Command {
	c.Args = args("INPUT", 1, 1)
	c.ValidArgsFunction = filesEnding("csv", "tsv", "txt", "jsonl", "ndjson", "gz", "zst")
	c.RunE = func(c *cobra.Command, a []string) error {
		return p.onInput(a[0], func(j *work) (err error) {
			defer func() { err = errors.Join(err, j.close()) }()
			return run(c, j)
		})
	}
	p.options.bind(c, onInput|onLogs|onOutput|groups)
	return c
}
