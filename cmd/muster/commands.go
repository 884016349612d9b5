package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/ledger"
	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/simulate"
	"muster/pkg/upn"
)

func (p *program) validateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate INPUT",
		Short: "Read and check a file of people, and name them; ask nobody",
		Long: "validate reads the whole input, checks every row, generates the userPrincipalNames and writes a\n" +
			"results file with the status planned or invalid for each row. It needs no network and no sign-in.\n" +
			"INPUT is a path, or - for standard input.",
		Example: "  muster validate staff.csv --domain contoso.onmicrosoft.com\n  muster template | muster validate - --domain contoso.onmicrosoft.com",
		Args:    args("INPUT", 1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			return p.onInput(c.Name(), a[0], func(j *work) error {
				report, err := provision.Validate(c.Context(), j.batch)
				return p.conclude(j, report, err)
			})
		},
	}
	p.options.bind(c, onInput|onLogs|onOutput)
	return c
}

func (p *program) planCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plan INPUT",
		Short: "Show what apply would do, without doing it",
		Long: "plan does what validate does, signs in, and compares the names with the users that the customer's\n" +
			"tenant has. It reads the tenant and changes nothing. The names are those that apply will use.",
		Example: "  muster plan staff.csv --customer contoso.onmicrosoft.com\n  muster plan staff.csv --simulate",
		Args:    args("INPUT", 1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			return p.onInput(c.Name(), a[0], func(j *work) error {
				if err := p.online(j, true); err != nil {
					return err
				}
				report, err := provision.Plan(c.Context(), j.batch)
				return errors.Join(p.conclude(j, report, err), j.close())
			})
		},
	}
	p.options.bind(c, onInput|onTenant|onSignIn|onService|onLogs|onOutput)
	return c
}

func (p *program) applyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply INPUT",
		Short: "Create who is missing, and record everything",
		Long: "apply creates a user for every row of the input that has none yet, and writes a results file with one\n" +
			"row for each. It asks nothing. It may be stopped at any instant and run again: the ledger knows who was\n" +
			"created, and nobody is created twice.",
		Example: "  muster apply staff.csv --simulate\n  muster apply staff.csv --customer contoso.onmicrosoft.com --tenant partner.onmicrosoft.com \\\n" +
			"      --client-id 00000000-0000-0000-0000-000000000000 --refresh-token-file token",
		Args: args("INPUT", 1, 1),
		RunE: func(c *cobra.Command, a []string) error {
			return p.onInput(c.Name(), a[0], func(j *work) error {
				if err := p.online(j, false); err != nil {
					return err
				}
				report, err := provision.Apply(c.Context(), j.batch)
				return errors.Join(p.conclude(j, report, err), j.close())
			})
		},
	}
	p.options.bind(c, onInput|onTenant|onSend|onApply|onSignIn|onService|onLogs|onOutput)
	return c
}

// work is one run of validate, plan or apply.
type work struct {
	command, input string
	shard          provision.Shard
	files          files
	batch          provision.Batch
	ledger         *ledger.Ledger
	log            *zap.Logger
	watch          *watcher
	handed         string // the credentials file that was opened
}

// onInput opens the input and collects the settings that need no service.
func (p *program) onInput(command, input string, do func(*work) error) error {
	o := &p.options
	log, err := p.logger()
	if err != nil {
		return err
	}
	shard, err := p.shardOf()
	if err != nil {
		return err
	}
	j := &work{command: command, input: input, shard: shard, files: p.filesFor(input, shard), log: log}
	if err := errors.Join(results.CheckPath(j.files.results), results.CheckRejectsPath(j.files.rejects)); err != nil {
		return early(err)
	}
	if j.batch, err = p.batch(j); err != nil {
		return err
	}
	columns, err := columnMap(o.columns)
	if err != nil {
		return err
	}
	file, err := roster.Open(input, roster.Options{Format: o.format, Map: columns, UsageLocation: o.usageLocation, Stdin: p.stdin})
	if err != nil {
		return early(err)
	}
	defer file.Close()
	j.batch.Input = file
	if o.output == "text" {
		p.sayMapping(file.Mapping())
	}
	return do(j)
}

// online connects the run with the service and its ledger.
func (p *program) online(j *work, readOnly bool) error {
	o := &p.options
	var customers []simulate.Customer
	if o.simulate {
		if o.customer == "" {
			o.customer = simulate.DefaultDomain
			j.batch.Customer = o.customer
		}
		var err error
		if customers, err = p.rehearsal(j.batch.Input); err != nil {
			return err
		}
	}
	client, err := p.client(j.log, customers)
	if err != nil {
		return err
	}
	if err := p.openLedger(j, readOnly); err != nil {
		return err
	}
	j.batch.Directory = client
	j.batch.Pacer = p.pacer(j.ledger.Rate(""), j.shard.Of)
	j.watch = p.watcher()
	j.batch.Watcher = j.watch
	j.batch.OpenCredentials = func() (*credentials.File, error) {
		f, err := credentials.Open(j.files.credentials, o.ageRecipients)
		if err == nil {
			j.handed = f.Path()
		}
		return f, early(err)
	}
	return nil
}

// batch collects the settings that say what is to be done with the input.
func (p *program) batch(j *work) (provision.Batch, error) {
	o := &p.options
	b := provision.Batch{
		Customer: o.customer, Domain: o.domain, Locale: o.upnLocale,
		OnDuplicate: provision.OnDuplicate(o.onDuplicate), OnExists: provision.OnExists(o.onExists), Strict: o.strict, Shard: j.shard,
		MaxAttempts: o.maxAttempts, MaxFailures: o.maxFailures, InFlight: o.concurrency,
		Stop: p.stop, RunID: uuid.New(), Program: "muster " + version(), Source: j.input,
	}
	j.log = j.log.With(zap.Stringer("run", b.RunID))
	b.Log = j.log
	var err error
	if b.Template, err = upn.ParseTemplate(o.upn); err != nil {
		return b, usage("--upn: %v", err)
	}
	return b, errors.Join(oneOf("on-duplicate", o.onDuplicate, "number", "reject"), oneOf("on-exists", o.onExists, "", "skip", "number", "fail"),
		oneOf("format", o.format, "auto", "csv", "jsonl"), oneOf("output", o.output, "text", "json"), atLeast("concurrency", o.concurrency, 0),
		atLeast("max-attempts", o.maxAttempts, 0), atLeast("max-failures", o.maxFailures, 0))
}

// oneOf checks a setting that has a few values. A command without the setting
// leaves it empty.
func oneOf(flag, value string, values ...string) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return usage("--%s %q is none of %s", flag, value, strings.Trim(strings.Join(values, ", "), ", "))
}

func atLeast(flag string, value, least int) error {
	if value >= least {
		return nil
	}
	return usage("--%s %d is too small: the least is %d", flag, value, least)
}

// columnMap reads the values of --map.
func columnMap(pairs []string) (map[string]string, error) {
	columns := map[string]string{}
	for _, pair := range pairs {
		i := strings.LastIndex(pair, "=") // a header may have one, a field has none
		if i < 1 || i == len(pair)-1 {
			return nil, usage("--map %q is not HEADER=FIELD, such as \"Kürzel=userPrincipalName\"", pair)
		}
		columns[pair[:i]] = pair[i+1:]
	}
	return columns, nil
}

// openLedger opens the ledger of the input and, for reading, those of the other
// shards.
func (p *program) openLedger(j *work, readOnly bool) error {
	l, err := ledger.Open(j.files.ledger, ledger.Options{ReadOnly: readOnly})
	if err != nil {
		return early(err)
	}
	j.ledger, j.batch.Ledger = l, l
	for _, path := range siblings(j.files.ledger, j.shard) {
		s, err := ledger.Open(path, ledger.Options{ReadOnly: true})
		if err != nil {
			return early(errors.Join(err, j.close()))
		}
		j.batch.Siblings = append(j.batch.Siblings, s)
	}
	return nil
}

// close ends the use of the ledgers. It may be called twice.
func (j *work) close() error {
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
