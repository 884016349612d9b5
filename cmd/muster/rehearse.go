package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"muster/pkg/roster"
	"muster/pkg/simulate"
)

// rehearsalDomains bounds how many domains of an input the emulator is told of.
const rehearsalDomains = 10_000

// rehearsal gives the emulator the customers and domains that the input names,
// each of them verified and empty: a rehearsal is about the people of the file,
// and cannot know what the real tenants hold.
func (p *program) rehearsal(file *roster.File) ([]simulate.Customer, error) {
	o := &p.options
	names, domains := map[string]bool{}, map[string]bool{}
	if o.domain != "" {
		domains[strings.ToLower(o.domain)] = true
	}
	for row, err := range file.Rows() {
		if err != nil {
			return nil, early(err)
		}
		name := row.Person.CustomerID
		if name == "" {
			name = strings.ToLower(o.customer)
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
	var customers []simulate.Customer
	for _, name := range sorted(names) {
		c := simulate.Customer{Domain: name, CustomDomains: sorted(domains)}
		if _, err := uuid.Parse(name); err == nil {
			c.ID, c.Domain = name, fmt.Sprintf("customer%d.onmicrosoft.com", len(customers)+1)
		}
		customers = append(customers, c)
	}
	return customers, nil
}

func sorted(set map[string]bool) []string {
	var list []string
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
