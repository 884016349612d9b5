package main

import (
	"time"

	"muster/pkg/pace"
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
}

// The commands that have a setting.
const (
	onInput    = 1 << iota // validate, plan, apply
	onTenant               // plan, apply
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

// The groups in which help shows the flags.
const (
	groupPeople    = "People and names"
	groupFiles     = "Files"
	groupSending   = "Sending"
	groupSignIn    = "Sign-in"
	groupRehearsal = "Rehearsal"
	groupOutput    = "What is shown"
)

// groups are in the order of help.
func groups() []string {
	return []string{groupPeople, groupFiles, groupSending, groupSignIn, groupRehearsal, groupOutput}
}

// setting is one flag. Its name also gives the environment's: some-name is
// MUSTER_SOME_NAME.
type setting struct {
	name  string
	arg   string // what stands for the value in help; "" for a switch
	group string
	help  string
	on    int
	kind  kind
}

// settings is the one table from which flags, environment names, defaults, help,
// completion and README's table are made. Where arg has the form a|b|c these are
// the only values.
func settings() []setting {
	var all []setting
	for _, part := range [][]setting{peopleSettings(), fileSettings(), sendingSettings(), signInSettings(), rehearsalSettings(), outputSettings()} {
		all = append(all, part...)
	}
	return all
}

func peopleSettings() []setting {
	g := groupPeople
	return []setting{
		{"customer", "ID", g, "the customer: its tenant GUID or its domain; a row's own customerId wins", onInput, text(func(o *options) *string { return &o.customer }, "", customerName)},
		{"domain", "NAME", g, "the domain for generated UPNs; a row's own domain wins (default: that of the customer's company profile; validate needs it unless every row brings its own)", onInput, text(func(o *options) *string { return &o.domain }, "", domainName)},
		{"upn", "TEMPLATE", g, "how to make a UPN's local part, from {first}, {last}, {display}, {immutableId}, {guid}, each also cut as in {first:1}", onInput, text(func(o *options) *string { return &o.upn }, "{first}.{last}", template)},
		{"upn-locale", "LOCALE", g, "whose spelling rules romanise names: a language (de: ä becomes ae), a country (UA), or auto for each row's usage location (default: none, ä becomes a)", onInput, text(func(o *options) *string { return &o.upnLocale }, "", locale)},
		{"on-duplicate", "number|reject", g, "two people in the file want one generated name", onInput, choice(func(o *options) *string { return &o.onDuplicate }, "number")},
		{"on-exists", "skip|number|fail", g, "the tenant has that UPN, and this ledger did not create it", onTenant, choice(func(o *options) *string { return &o.onExists }, "skip")},
		{"usage-location", "CC", g, "for rows without one: an ISO 3166-1 code or a country's English name", onInput, text(func(o *options) *string { return &o.usageLocation }, "", country)},
		{"strict", "", g, "send nothing if any row is invalid or any column is unknown", onInput, toggle(func(o *options) *bool { return &o.strict })},
		{"yes", "", g, "delete without asking", onUndo, toggle(func(o *options) *bool { return &o.yes })},
	}
}

func fileSettings() []setting {
	g := groupFiles
	return []setting{
		{"format", "auto|csv|jsonl", g, "of the input", onInput, choice(func(o *options) *string { return &o.format }, "auto")},
		{"format", "auto|csv|jsonl", g, "of the starter file; auto is csv", onTemplate, choice(func(o *options) *string { return &o.format }, "auto")},
		{"map", "HEADER=FIELD", g, "names an unusual column; repeatable", onInput, list(func(o *options) *[]string { return &o.columns }, columnPair)},
		{"results", "FILE", g, "one result for each row, .csv or .jsonl by its ending (default: INPUT with its ending replaced by .results.csv)", onInput, text(func(o *options) *string { return &o.results }, "")},
		{"rejects", "FILE", g, "rows that ended invalid or failed, with error and hint; a valid input once fixed (default: ….rejects.csv, only if there are any)", onInput, text(func(o *options) *string { return &o.rejects }, "")},
		{"credentials", "FILE", g, "UPN and initial password of each created user (default: ….credentials.csv, only if passwords were generated)", onApply | onUndo, text(func(o *options) *string { return &o.credentials }, "")},
		{"age-recipient", "KEY", g, "encrypt the credentials file to this age or SSH public key; repeatable", onApply, list(func(o *options) *[]string { return &o.ageRecipients }, nil)},
		{"ledger", "FILE", g, "the durable record that makes apply safe to repeat (default: ….ledger.jsonl)", onInput, text(func(o *options) *string { return &o.ledger }, "")},
		{"merged", "FILE", g, "join the results, in input order, into this file", onReport, text(func(o *options) *string { return &o.merged }, "")},
		{"html", "FILE", g, "draw the results as a page for the browser", onReport, text(func(o *options) *string { return &o.html }, "")},
	}
}

func sendingSettings() []setting {
	g := groupSending
	return []setting{
		{"rate", "N", g, "never more than N requests a second, in all (default: none: adapt)", onService, number(func(o *options) *float64 { return &o.rate }, 0, 1e6)},
		{"concurrency", "N", g, "requests in flight at most", onService, count(func(o *options) *int { return &o.concurrency }, 16, 1)},
		{"max-attempts", "N", g, "tries of one request that fails without saying \"throttled\"", onService, count(func(o *options) *int { return &o.maxAttempts }, 6, 1)},
		{"request-timeout", "D", g, "one HTTP exchange", onService, duration(func(o *options) *time.Duration { return &o.requestTimeout }, 60*time.Second, time.Millisecond)},
		{"max-failures", "N", g, "give up when N rows have failed (default: never)", onApply, count(func(o *options) *int { return &o.maxFailures }, 0, 0)},
		{"shard", "I/N", g, "send only the people of shard I, from 0 to N-1, and keep to 1/N of --rate; MUSTER_SHARDS=N is enough where JOB_COMPLETION_INDEX is set", onTenant, text(func(o *options) *string { return &o.shard }, "", shardPair)},
	}
}

func signInSettings() []setting {
	g := groupSignIn
	return []setting{
		{"tenant", "ID", g, "the partner's own tenant: its GUID or a domain", onSignIn, text(func(o *options) *string { return &o.tenant }, "")},
		{"client-id", "GUID", g, "the application registered in that tenant", onSignIn, text(func(o *options) *string { return &o.clientID }, "")},
		{"client-secret-file", "FILE", g, "holds the application's secret (or MUSTER_CLIENT_SECRET)", onSignIn, text(func(o *options) *string { return &o.clientSecretFile }, "")},
		{"refresh-token-file", "FILE", g, "holds the refresh token and gets its successors (or MUSTER_REFRESH_TOKEN)", onSignIn, text(func(o *options) *string { return &o.refreshTokenFile }, "")},
		{"access-token-file", "FILE", g, "holds an access token to be used as it is (or MUSTER_ACCESS_TOKEN)", onService, text(func(o *options) *string { return &o.accessTokenFile }, "")},
		{"token-version", "v1|v2", g, "of the token endpoint; use the one that the refresh token came from", onService, choice(func(o *options) *string { return &o.tokenVersion }, "v2")},
		{"api-url", "URL", g, "Partner Center's base URL; plain http only on loopback (default: the global cloud's)", onService | onSignIn, text(func(o *options) *string { return &o.apiURL }, "", baseURL)},
		{"auth-url", "URL", g, "the token authority's base URL; plain http only on loopback (default: the global cloud's)", onSignIn, text(func(o *options) *string { return &o.authURL }, "", baseURL)},
	}
}

func rehearsalSettings() []setting {
	g := groupRehearsal
	return []setting{
		{"simulate", "", g, "run against an emulator inside the process: no network, no credentials", onTenant, toggle(func(o *options) *bool { return &o.simulate })},
		{"listen", "ADDRESS", g, "where to listen; loopback only", onSimulate, text(func(o *options) *string { return &o.listen }, "127.0.0.1:8080", loopback)},
		{"simulate-customer", "DOMAIN", g, "a customer of the emulator; repeatable (default: contoso.onmicrosoft.com and fabrikam.onmicrosoft.com)", onSimulate, list(func(o *options) *[]string { return &o.simulateCustomers }, domainName)},
		{"simulate-rate", "N", g, "the emulator's quota, in requests a second for each customer (default: none)", onSimulate | onTenant, number(func(o *options) *float64 { return &o.simulateRate }, 0, 1e6)},
		{"simulate-latency", "D", g, "how long the emulator takes for an answer", onSimulate | onTenant, duration(func(o *options) *time.Duration { return &o.simulateLatency }, 0, 0)},
		{"simulate-faults", "P", g, "the emulator's share of requests, from 0 to 1, that go wrong: lost answers, 500s, truncated bodies", onSimulate | onTenant, number(func(o *options) *float64 { return &o.simulateFaults }, 0, 1)},
		{"simulate-seed", "N", g, "decides which ones", onSimulate | onTenant, seed(func(o *options) *uint64 { return &o.simulateSeed }, 1)},
	}
}

func outputSettings() []setting {
	g := groupOutput
	return []setting{
		{"log-format", "auto|json|console", g, "logs, on standard error (auto: console on a terminal, else JSON)", onLogs, choice(func(o *options) *string { return &o.logFormat }, "auto")},
		{"log-level", "auto|debug|info|warn|error", g, "the least that is logged (auto: warn on a terminal, else info)", onLogs, choice(func(o *options) *string { return &o.logLevel }, "auto")},
		{"progress", "auto|bar|plain|none", g, "progress, on standard error (auto: a bar on a terminal, else a line now and then)", onService, choice(func(o *options) *string { return &o.progress }, "auto")},
		{"output", "text|json", g, "the closing summary, on standard output", onOutput, choice(func(o *options) *string { return &o.output }, "text")},
		{"metrics-file", "FILE", g, "a Prometheus text file, for a textfile collector", onService, text(func(o *options) *string { return &o.metricsFile }, "")},
	}
}

// limits are those of a run. A shard keeps to its part of the rate. What earlier
// runs found is the customers', and their lanes start with it.
func (o *options) limits(of int, seed uint64) pace.Limits {
	return pace.Limits{Rate: o.rate / float64(max(of, 1)), InFlight: o.concurrency, Seed: seed}
}
