package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/secret"
	"muster/pkg/signin"
)

// preflight is what a plan finds out beside the rows: whatever would keep an
// apply from succeeding.
type preflight struct {
	Token     *tokenFacts     `json:"token"` // null where it cannot be read
	Customers []customerFacts `json:"customers"`
	Doubts    []string        `json:"doubts"` // what to look at before an apply, one sentence each
}

// tokenFacts are what the access token says of itself.
type tokenFacts struct {
	Audience string    `json:"audience"`
	TenantID string    `json:"tenant_id"`
	MFA      bool      `json:"mfa"`
	AppOnly  bool      `json:"app_only"`
	Expires  time.Time `json:"expires"`
}

// customerFacts are what the service tells of a customer.
type customerFacts struct {
	Customer   string   `json:"customer"`
	CustomerID string   `json:"customer_id"`
	Name       string   `json:"name"`
	Domains    []string `json:"domains"` // verified, as far as the service tells
	Delegated  string   `json:"delegated_access"`
	MFA        string   `json:"mfa_seen"` // by the service, in the token

	seen []string // domains that the tenant's users have
}

// preflightCustomers bounds the customers of whom a plan tells what the service does.
const preflightCustomers = 50

// lookAhead finds out what a plan tells beside the rows. What cannot be found out
// is left out: the plan itself tells of a service that refuses.
func (j *work) lookAhead(ctx context.Context, report *provision.Report) *preflight {
	ctx, cancel := j.untilStopped(ctx)
	defer cancel()
	f := &preflight{Customers: []customerFacts{}, Doubts: []string{}}
	f.token(ctx, j.tokens)
	for _, l := range report.Lanes[:min(len(report.Lanes), preflightCustomers)] {
		c := l.InFull
		if c == nil || l.Err != nil {
			continue
		}
		f.Customers = append(f.Customers, customerFacts{Customer: l.Customer, CustomerID: l.Tenant, Name: c.Name,
			Domains: append([]string{c.Domain}, without(c.CustomDomains, c.Domain)...), Delegated: tristate(c.AllowDelegatedAccess), MFA: tristate(c.MFA), seen: l.Seen})
		f.doubt(l.Customer, c)
	}
	return f
}

// token looks at the access token of the run.
func (f *preflight) token(ctx context.Context, tokens *signin.Source) {
	token, err := tokens.Token(ctx, secret.Text{})
	if err != nil {
		return
	}
	facts, ok := signin.TokenFacts(token)
	if !ok {
		return
	}
	f.Token = &tokenFacts{Audience: facts.Audience, TenantID: facts.Tenant, MFA: facts.MFA, AppOnly: facts.AppOnly, Expires: facts.Expires}
	if facts.AppOnly {
		f.Doubts = append(f.Doubts, "the token is that of an application alone, and Partner Center creates users only for a person (App+User): sign in with `muster login`")
	} else if !facts.MFA {
		f.Doubts = append(f.Doubts, "the token carries no proof of multi-factor authentication, which Partner Center demands: sign in with `muster login` and the second factor")
	}
}

// doubt names what may be wrong with a customer.
func (f *preflight) doubt(name string, c *partner.Customer) {
	if c.AllowDelegatedAccess == partner.No {
		f.Doubts = append(f.Doubts, fmt.Sprintf("customer %s: the older delegated administration (DAP) is off; that is as it should be if a granular one (GDAP) lets you create users", name))
	}
	if c.MFA == partner.No {
		f.Doubts = append(f.Doubts, fmt.Sprintf("customer %s: the service saw no multi-factor authentication in the token", name))
	}
}

// doubtDomains names the domains of planned names that a customer does not seem to
// have: neither does the service name them, nor do users of the tenant have them.
func (f *preflight) doubtDomains(planned map[string][]string) {
	for _, c := range f.Customers {
		for _, d := range planned[c.CustomerID] {
			same := func(have string) bool { return strings.EqualFold(have, d) }
			if slices.ContainsFunc(c.Domains, same) || slices.ContainsFunc(c.seen, same) {
				continue
			}
			doubt := fmt.Sprintf("customer %s: %s is none of its verified domains (%s), so its users cannot be created", c.Customer, d, strings.Join(c.Domains, ", "))
			if len(c.Domains) < 2 { // a customer may keep its custom domains to itself
				doubt = fmt.Sprintf("customer %s: perhaps %s is none of its verified domains, and then its users cannot be created: the service tells only of %s, and no user of the tenant has it", c.Customer, d, c.Domains[0])
			}
			f.Doubts = append(f.Doubts, doubt)
		}
	}
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(have string) bool { return strings.EqualFold(have, s) })
}

func tristate(t partner.Tristate) string {
	switch t {
	case partner.Yes:
		return "yes"
	case partner.No:
		return "no"
	}
	return "unknown"
}
