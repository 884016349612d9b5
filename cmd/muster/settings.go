package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// options are the settings of all commands. A command uses those that its flags
// name; the table below says which these are.
type options struct {
	customer, domain, upn, upnLocale      string
	onDuplicate, onExists                 string
	usageLocation, format                 string
	columns                               []string
	strict                                bool
	results, rejects, credentials, ledger string
	ageRecipients                         []string
	rate                                  float64
	concurrency, maxAttempts, maxFailures int
	requestTimeout                        time.Duration
	shard                                 string
	tenant, clientID                      string
	clientSecretFile                      string
	refreshTokenFile, accessTokenFile     string
	tokenVersion                          string
	apiURL, authURL                       string
	simulate                              bool
	logFormat, logLevel, progress, output string
	metricsFile                           string
	yes                                   bool
	merged, html                          string
	listen                                string
	simulateCustomers                     []string
	simulateRate, simulateFaults          float64
	simulateLatency                       time.Duration
	simulateSeed                          uint64
	templateFormat                        string
}

// The commands that have a setting.
const (
	onInput    = 1 << iota // validate, plan, apply
	onTenant               // plan, apply
	onSend                 // apply, undo
	onApply                // apply
	onUndo                 // undo
	onSignIn               // plan, apply, undo, login
	onReport               // report
	onSimulate             // simulate
	onTemplate             // template
	onLogs                 // whatever may write a log
	onOutput               // whatever ends with a summary
	onService              // plan, apply, undo: whatever talks to Partner Center
)

// setting is one flag. Its name also gives the environment's: some-name is
// MUSTER_SOME_NAME.
type setting struct {
	name string
	arg  string // what stands for the value in help; "" for a switch
	help string
	on   int
	bind func(*pflag.FlagSet, *options, *setting)
}

// settings is the one table from which flags, environment names, help and
// README's table are made.
func settings() []setting {
	return []setting{
		{"customer", "ID", "the customer: its tenant GUID or its domain; a row's own customerId wins", onInput, text(func(o *options) *string { return &o.customer }, "")},
		{"domain", "NAME", "the domain for generated UPNs; a row's own domain wins (default: that of the customer's company profile; validate needs it unless every row brings its own)", onInput, text(func(o *options) *string { return &o.domain }, "")},
		{"upn", "TEMPLATE", "how to make a UPN's local part, from {first}, {last}, {display}, {immutableId}, {guid}, each also cut as in {first:1}", onInput, text(func(o *options) *string { return &o.upn }, "{first}.{last}")},
		{"upn-locale", "LOCALE", "whose spelling rules romanise names: a language (de: ä becomes ae), a country (UA), or auto for each row's usage location (default: none, ä becomes a)", onInput, text(func(o *options) *string { return &o.upnLocale }, "")},
		{"on-duplicate", "number|reject", "two people in the file want one generated name", onInput, text(func(o *options) *string { return &o.onDuplicate }, "number")},
		{"on-exists", "skip|number|fail", "the tenant has that UPN, and this ledger did not create it", onTenant, text(func(o *options) *string { return &o.onExists }, "skip")},
		{"usage-location", "CC", "for rows without one: an ISO 3166-1 code or a country's English name", onInput, text(func(o *options) *string { return &o.usageLocation }, "")},
		{"format", "auto|csv|jsonl", "of the input", onInput, text(func(o *options) *string { return &o.format }, "auto")},
		{"map", "HEADER=FIELD", "names an unusual column; repeatable", onInput, list(func(o *options) *[]string { return &o.columns })},
		{"strict", "", "send nothing if any row is invalid or any column is unknown", onInput, toggle(func(o *options) *bool { return &o.strict })},
		{"results", "FILE", "one result for each row, .csv or .jsonl by its ending (default: INPUT with its ending replaced by .results.csv)", onInput, text(func(o *options) *string { return &o.results }, "")},
		{"rejects", "FILE", "rows that ended invalid or failed, with error and hint; a valid input once fixed (default: ….rejects.csv, only if there are any)", onInput, text(func(o *options) *string { return &o.rejects }, "")},
		{"credentials", "FILE", "UPN and initial password of each created user (default: ….credentials.csv, only if passwords were generated)", onApply, text(func(o *options) *string { return &o.credentials }, "")},
		{"age-recipient", "KEY", "encrypt the credentials file to this age or SSH public key; repeatable", onApply, list(func(o *options) *[]string { return &o.ageRecipients })},
		{"ledger", "FILE", "the durable record that makes apply safe to repeat (default: ….ledger.jsonl)", onTenant, text(func(o *options) *string { return &o.ledger }, "")},
		{"rate", "N", "never more than N requests a second, in all (default: none: adapt)", onService, number(func(o *options) *float64 { return &o.rate })},
		{"concurrency", "N", "requests in flight at most", onService, count(func(o *options) *int { return &o.concurrency }, 16)},
		{"max-attempts", "N", "tries of one request that fails without saying \"throttled\"", onService, count(func(o *options) *int { return &o.maxAttempts }, 6)},
		{"request-timeout", "D", "one HTTP exchange", onService, duration(func(o *options) *time.Duration { return &o.requestTimeout }, 60*time.Second)},
		{"max-failures", "N", "give up when N rows have failed (default: never)", onApply, count(func(o *options) *int { return &o.maxFailures }, 0)},
		{"shard", "I/N", "send only this shard's people, and keep to 1/N of --rate; MUSTER_SHARDS=N is enough where JOB_COMPLETION_INDEX is set", onTenant, text(func(o *options) *string { return &o.shard }, "")},
		{"simulate", "", "run against an emulator inside the process: no network, no credentials", onTenant, toggle(func(o *options) *bool { return &o.simulate })},
		{"tenant", "ID", "the partner's own tenant: its GUID or a domain", onSignIn, text(func(o *options) *string { return &o.tenant }, "")},
		{"client-id", "GUID", "the application registered in that tenant", onSignIn, text(func(o *options) *string { return &o.clientID }, "")},
		{"client-secret-file", "FILE", "holds the application's secret (or MUSTER_CLIENT_SECRET)", onSignIn, text(func(o *options) *string { return &o.clientSecretFile }, "")},
		{"refresh-token-file", "FILE", "holds the refresh token and gets its successors (or MUSTER_REFRESH_TOKEN)", onSignIn, text(func(o *options) *string { return &o.refreshTokenFile }, "")},
		{"access-token-file", "FILE", "holds an access token to be used as it is (or MUSTER_ACCESS_TOKEN)", onService, text(func(o *options) *string { return &o.accessTokenFile }, "")},
		{"token-version", "v1|v2", "of the token endpoint; use the one that the refresh token came from", onService, text(func(o *options) *string { return &o.tokenVersion }, "v2")},
		{"api-url", "URL", "Partner Center's base URL; plain http only on loopback (default: the global cloud's)", onService | onSignIn, text(func(o *options) *string { return &o.apiURL }, "")},
		{"auth-url", "URL", "the token authority's base URL; plain http only on loopback (default: the global cloud's)", onSignIn, text(func(o *options) *string { return &o.authURL }, "")},
		{"yes", "", "delete without asking", onUndo, toggle(func(o *options) *bool { return &o.yes })},
		{"merged", "FILE", "join the results, in input order, into this file", onReport, text(func(o *options) *string { return &o.merged }, "")},
		{"html", "FILE", "draw the results as a page for the browser", onReport, text(func(o *options) *string { return &o.html }, "")},
		{"listen", "ADDRESS", "where to listen; loopback only", onSimulate, text(func(o *options) *string { return &o.listen }, "127.0.0.1:8080")},
		{"simulate-customer", "DOMAIN", "a customer of the emulator; repeatable (default: contoso.onmicrosoft.com and fabrikam.onmicrosoft.com)", onSimulate, list(func(o *options) *[]string { return &o.simulateCustomers })},
		{"simulate-rate", "N", "the emulator's quota, in requests a second for each customer (default: none)", onSimulate | onTenant, number(func(o *options) *float64 { return &o.simulateRate })},
		{"simulate-latency", "D", "how long the emulator takes for an answer", onSimulate | onTenant, duration(func(o *options) *time.Duration { return &o.simulateLatency }, 0)},
		{"simulate-faults", "P", "the emulator's share of requests, from 0 to 1, that go wrong: lost answers, 500s, truncated bodies", onSimulate | onTenant, number(func(o *options) *float64 { return &o.simulateFaults })},
		{"simulate-seed", "N", "decides which ones", onSimulate | onTenant, seed(func(o *options) *uint64 { return &o.simulateSeed })},
		{"format", "csv|jsonl", "of the starter file", onTemplate, text(func(o *options) *string { return &o.format }, "csv")},
		{"log-format", "auto|json|console", "logs, on standard error (auto: console on a terminal, else JSON)", onLogs, text(func(o *options) *string { return &o.logFormat }, "auto")},
		{"log-level", "LEVEL", "debug, info, warn or error", onLogs, text(func(o *options) *string { return &o.logLevel }, "warn")},
		{"progress", "auto|bar|plain|none", "progress, on standard error (auto: a bar on a terminal, else a line now and then)", onService, text(func(o *options) *string { return &o.progress }, "auto")},
		{"output", "text|json", "the closing summary, on standard output", onOutput, text(func(o *options) *string { return &o.output }, "text")},
		{"metrics-file", "FILE", "a Prometheus text file, for a textfile collector", onService, text(func(o *options) *string { return &o.metricsFile }, "")},
	}
}

// bind gives a command the flags of its groups.
func (o *options) bind(c *cobra.Command, groups int) {
	for _, s := range settings() {
		if s.on&groups != 0 {
			s.bind(c.Flags(), o, &s)
		}
	}
}

// environment is the name of the variable that stands for a flag.
func environment(flag string) string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets the flags that were not given from their variables.
func (p *program) fromEnvironment(c *cobra.Command) error {
	var failed error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := environment(f.Name)
		value := p.getenv(name)
		if f.Changed || value == "" || failed != nil {
			return
		}
		values := []string{value}
		if f.Value.Type() == listType {
			values = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' })
		}
		for _, v := range values {
			if err := f.Value.Set(strings.TrimSpace(v)); err != nil {
				failed = usage("%s=%q is no value for --%s: %v", name, value, f.Name, err)
				return
			}
		}
		f.Changed = true
	})
	return failed
}

type binder = func(*pflag.FlagSet, *options, *setting)

// helpText is the flag's help with the name of its argument in pflag's quotes.
func (s *setting) helpText() string {
	if s.arg == "" {
		return s.help
	}
	return fmt.Sprintf("%s `%s`", s.help, s.arg)
}

func text(of func(*options) *string, otherwise string) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) {
		f.StringVar(of(o), s.name, otherwise, s.helpText())
	}
}

func toggle(of func(*options) *bool) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) { f.BoolVar(of(o), s.name, false, s.helpText()) }
}

func count(of func(*options) *int, otherwise int) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) {
		f.IntVar(of(o), s.name, otherwise, s.helpText())
	}
}

func number(of func(*options) *float64) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) { f.Float64Var(of(o), s.name, 0, s.helpText()) }
}

func seed(of func(*options) *uint64) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) { f.Uint64Var(of(o), s.name, 1, s.helpText()) }
}

func duration(of func(*options) *time.Duration, otherwise time.Duration) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) {
		f.DurationVar(of(o), s.name, otherwise, s.helpText())
	}
}

// list is a flag that may be given several times. In its variable the values are
// separated by commas or line feeds.
func list(of func(*options) *[]string) binder {
	return func(f *pflag.FlagSet, o *options, s *setting) {
		f.Var(&listValue{to: of(o)}, s.name, s.helpText())
	}
}

const listType = "list"

type listValue struct{ to *[]string }

func (l *listValue) String() string {
	if l.to == nil {
		return ""
	}
	return strings.Join(*l.to, ",")
}

func (l *listValue) Type() string { return listType }

func (l *listValue) Set(s string) error {
	if s != "" {
		*l.to = append(*l.to, s)
	}
	return nil
}
