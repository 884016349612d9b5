package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/pkg/ledger"
	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/signin"
	"muster/pkg/simulate"
)

func (p *program) undoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo LEDGER",
		Short: "Delete exactly the users which a ledger created",
		Long: "undo lists the users that the runs of a ledger created, asks, and deletes them. Users who existed\n" +
			"before are never touched. It may be stopped and run again. Deleted users can be restored for 30 days.",
		Example: "  muster undo staff.ledger.jsonl --tenant partner.onmicrosoft.com --client-id … --refresh-token-file token",
		Args:    args("LEDGER", 1, 1),
		RunE:    func(c *cobra.Command, a []string) error { return p.undo(c, a[0]) },
	}
	p.options.bind(c, onSend|onUndo|onSignIn|onService|onLogs|onOutput)
	return c
}

func (p *program) undo(c *cobra.Command, path string) (err error) {
	log, err := p.logger()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return early(err)
	}
	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		return early(err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	entries, err := provision.ToUndo(l)
	if err != nil {
		return early(err)
	}
	if len(entries) == 0 {
		fmt.Fprintln(p.stdout, "nothing to undo: this ledger has created nobody who is still there")
		return nil
	}
	client, err := p.client(log, nil)
	if err != nil {
		return err
	}
	if err := p.confirm(entries); err != nil {
		return err
	}
	watch := p.watcher()
	undone, err := provision.Undo(c.Context(), provision.Batch{
		Directory: client, Pacer: p.pacer(l.Rate(""), 1), Ledger: l, Stop: p.stop, Log: log, Watcher: watch,
		MaxAttempts: p.options.maxAttempts, InFlight: p.options.concurrency, Program: "muster " + version(), Source: path,
	}, entries)
	watch.finish()
	if err == nil && len(undone.Failed) > 0 {
		err = errRows
	}
	return errors.Join(err, p.printUndone(undone))
}

// confirm lists the users and asks whether to delete them.
func (p *program) confirm(entries []ledger.Entry) error {
	if p.options.yes {
		return nil
	}
	in, ok := p.stdin.(*os.File)
	if !ok || !isTerminal(in) {
		return usage("undo would delete %d users and cannot ask, since there is no terminal: add --yes", len(entries))
	}
	for _, e := range entries {
		note := ""
		if e.Status == ledger.Doubtful {
			note = "  (in doubt: deleted only if it is there)"
		}
		fmt.Fprintf(p.stdout, "%s  %s%s\n", e.UPN(), e.Outcome.UserID, note)
	}
	fmt.Fprintf(p.stdout, "Delete these %d users? They can be restored for 30 days. Type yes: ", len(entries))
	answer, _ := bufio.NewReader(p.stdin).ReadString('\n')
	if strings.TrimSpace(answer) != "yes" {
		return usage("nothing was deleted")
	}
	return nil
}

func (p *program) printUndone(u provision.Undone) error {
	if p.options.output == "json" {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(u)
	}
	_, err := fmt.Fprintf(p.stdout, "%d users deleted, %d were never created, %d could not be deleted\n", u.Deleted, u.Absent, len(u.Failed))
	for _, f := range u.Failed {
		fmt.Fprintf(p.stdout, "failed: %s (%s): %s. %s\n", f.UPN, f.UserID, f.Error, f.Hint)
	}
	return err
}

func (p *program) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "report RESULTS…",
		Short:   "Summarise result files, join them, draw them",
		Long:    "report sums up one or more results files, also those of several shards.",
		Example: "  muster report staff.results.csv\n  muster report staff.results.*-of-4.csv --merged staff.results.csv",
		Args:    args("RESULTS", 1, 10_000),
		RunE:    func(_ *cobra.Command, a []string) error { return p.report(a) },
	}
	p.options.bind(c, onReport|onOutput)
	return c
}

func (p *program) report(paths []string) error {
	rows := results.Merge(paths...)
	var summary results.Summary
	if p.options.merged != "" {
		s, err := results.Write(p.options.merged, rows)
		if err != nil {
			return early(err)
		}
		summary = s
	} else {
		s, err := sum(rows)
		if err != nil {
			return early(err)
		}
		summary = s
	}
	if p.options.output == "json" {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(summary)
	}
	return summary.WriteText(p.stdout, p.width())
}

func sum(rows iter.Seq2[results.Row, error]) (results.Summary, error) {
	var t results.Tally
	for r, err := range rows {
		if err != nil {
			return results.Summary{}, err
		}
		t.Add(r)
	}
	return t.Summary(), nil
}

func (p *program) simulateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a Partner Center emulator on a local port",
		Long: "simulate serves an emulated Partner Center, with its sign-in, on a loopback address, until it is\n" +
			"stopped. Any client and any refresh token may sign in. What is created lives in memory only.",
		Example: "  muster simulate --listen 127.0.0.1:8080\n  MUSTER_REFRESH_TOKEN=any muster apply staff.csv --customer contoso.onmicrosoft.com \\\n" +
			"      --api-url http://127.0.0.1:8080 --auth-url http://127.0.0.1:8080 --tenant any --client-id any",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.serveEmulator(c) },
	}
	p.options.bind(c, onSimulate)
	return c
}

func (p *program) serveEmulator(c *cobra.Command) error {
	host, _, err := net.SplitHostPort(p.options.listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("--listen %q is no loopback address with a port, such as 127.0.0.1:8080: the emulator asks nobody for a password", p.options.listen)
	}
	listener, err := net.Listen("tcp", p.options.listen)
	if err != nil {
		return early(err)
	}
	server := &http.Server{Handler: p.emulator(p.simulated()), ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(p.stdout, "listening on http://%s\n", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case <-p.stop:
		return server.Close()
	case <-c.Context().Done():
		return server.Close()
	case err := <-failed:
		return err
	}
}

// simulated are the customers of the served emulator.
func (p *program) simulated() []simulate.Customer {
	domains := p.options.simulateCustomers
	if len(domains) == 0 {
		domains = []string{simulate.DefaultDomain, "fabrikam.onmicrosoft.com"}
	}
	var customers []simulate.Customer
	for _, d := range domains {
		customers = append(customers, simulate.Customer{Domain: d})
	}
	return customers
}

func (p *program) loginCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "login",
		Short:   "Sign in with a device code and store the refresh token",
		Long:    "login prints a code and an address. Open the address in any browser, type the code and sign in with\nthe partner's service account and its second factor. The refresh token is stored with mode 0600.",
		Example: "  muster login --tenant partner.onmicrosoft.com --client-id 00000000-0000-0000-0000-000000000000 --refresh-token-file token",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if p.options.refreshTokenFile == "" {
				return usage("login needs --refresh-token-file: where the refresh token is to be stored")
			}
			log, err := p.logger()
			if err != nil {
				return err
			}
			config, err := p.signIn(log)
			if err != nil {
				return err
			}
			err = signin.DeviceLogin(c.Context(), config, func(message string) { fmt.Fprintln(p.stdout, message) })
			if err != nil {
				return &provision.RefusedError{Err: err, Hint: hintOf(err)}
			}
			fmt.Fprintf(p.stdout, "signed in; the refresh token is in %s\n", p.options.refreshTokenFile)
			return nil
		},
	}
	p.options.bind(c, onSignIn|onLogs)
	return c
}

func (p *program) templateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "template",
		Short:   "Print a starter input file",
		Example: "  muster template > staff.csv\n  muster template | muster validate - --domain contoso.onmicrosoft.com",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("format", p.options.format, "csv", "jsonl"); err != nil {
				return err
			}
			_, err := p.stdout.Write(roster.Template(p.options.format))
			return err
		},
	}
	p.options.bind(c, onTemplate)
	return c
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, "muster", version())
			return err
		},
	}
}

// version is that of the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
