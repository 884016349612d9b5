package main

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"muster/pkg/simulate"
)

// emulator makes a Partner Center in memory, as the settings want it.
func (p *program) emulator(customers []simulate.Customer) *simulate.Service {
	o := &p.options
	sc := simulate.Scenario{Seed: o.simulateSeed, Customers: customers, KeepRequests: -1}
	sc.Latency = simulate.Latency{Min: o.simulateLatency, Max: o.simulateLatency}
	if o.simulateRate > 0 {
		sc.Quotas = []simulate.Quota{{Rate: o.simulateRate, Burst: max(1, int(o.simulateRate/4)), PerCustomer: true}}
	}
	if o.simulateFaults > 0 {
		share := o.simulateFaults / 5
		sc.Chances.Of = map[simulate.Mishap]float64{simulate.LostRequest: share, simulate.LostAnswer: share,
			simulate.FailBefore: share, simulate.FailAfter: share, simulate.Truncated: share}
	}
	return simulate.New(sc)
}

// rehearsalDomains bounds how many names of an input the emulator is told of.
const rehearsalDomains = 10_000

// rehearsal gives the emulator the customers and domains that the input names,
// each of them verified and empty: a rehearsal is about the people of the file,
// and cannot know what the real tenants hold.
func (j *work) rehearsal() ([]simulate.Customer, error) {
	if j.batch.Customer == "" {
		j.batch.Customer = simulate.DefaultDomain
	}
	names, domains := map[string]bool{}, map[string]bool{}
	if j.batch.Domain != "" {
		domains[strings.ToLower(j.batch.Domain)] = true
	}
	for row, err := range j.batch.Input.Rows() {
		if err != nil {
			return nil, early(err)
		}
		name := row.Person.CustomerID
		if name == "" {
			name = strings.ToLower(j.batch.Customer)
		}
		names[name] = true
		if row.Person.Domain != "" {
			domains[row.Person.Domain] = true
		}
		if _, domain, ok := strings.Cut(row.Person.UserPrincipalName, "@"); ok {
			domains[strings.ToLower(domain)] = true
		}
		if len(names)+len(domains) > rehearsalDomains {
			break
		}
	}
	return emulated(slices.Sorted(maps.Keys(names)), slices.Sorted(maps.Keys(domains))), nil
}

// emulated makes customers that each have all of the domains.
func emulated(names, domains []string) []simulate.Customer {
	var customers []simulate.Customer
	for i, name := range names {
		c := simulate.Customer{Domain: name, CustomDomains: domains}
		if _, err := uuid.Parse(name); err == nil {
			c.ID, c.Domain = name, fmt.Sprintf("customer%d.onmicrosoft.com", i+1)
		}
		customers = append(customers, c)
	}
	return customers
}

func (p *program) simulateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a Partner Center emulator on a local port",
		Long: `simulate serves an emulated Partner Center, with its sign-in, on a loopback address,
until it is stopped. Any client and any refresh token may sign in. What is created
lives in memory only.`,
		Example: `  muster simulate
  muster simulate --listen 127.0.0.1:0 --simulate-customer school.example --simulate-rate 10 --simulate-faults 0.05`,
		Args:              args("ADDRESS", 0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.serveEmulator(c) },
	}
	p.options.bind(c, onSimulate)
	return c
}

func (p *program) serveEmulator(c *cobra.Command) error {
	listener, err := net.Listen("tcp", p.options.listen)
	if err != nil {
		return &earlyError{fmt.Errorf("--listen %s: %w (another port may be free: --listen 127.0.0.1:0 finds one)", p.options.listen, err)}
	}
	domains := p.options.simulateCustomers
	if len(domains) == 0 {
		domains = []string{simulate.DefaultDomain, "fabrikam.onmicrosoft.com"}
	}
	server := &http.Server{Handler: p.emulator(emulated(domains, nil)), ReadHeaderTimeout: 10 * time.Second}
	if err := p.invite(listener.Addr(), domains); err != nil {
		return err
	}
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

// invite tells how to use the served emulator.
func (p *program) invite(at net.Addr, domains []string) error {
	_, err := fmt.Fprintf(p.stdout, `listening on http://%[1]s
customers: %[3]s
In another terminal:
  MUSTER_REFRESH_TOKEN=any muster apply staff.csv --customer %[2]s \
      --api-url http://%[1]s --auth-url http://%[1]s --tenant any --client-id any
Control-C ends it, and what was created is gone.
`, at, domains[0], strings.Join(domains, ", "))
	return err
}
