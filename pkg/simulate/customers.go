package simulate

import (
	"crypto/sha256"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// customer is a customer with its directory.
type customer struct {
	Customer
	domains   map[string]bool // verified ones in lower case; true = federated
	directory *directory
}

func newCustomer(described Customer, first bool, seed uint64) *customer {
	c := &customer{Customer: described, domains: make(map[string]bool)}
	c.Users = nil
	if c.Domain == "" {
		c.Domain = DefaultDomain
	}
	c.ID = strings.ToLower(c.ID)
	switch {
	case c.ID != "":
	case first:
		c.ID = DefaultCustomerID
	default:
		sum := sha256.Sum256([]byte("customer " + strings.ToLower(c.Domain)))
		c.ID = asVersion4(uuid.UUID(sum[:16])).String()
	}
	if c.CompanyName == "" {
		c.CompanyName, _, _ = strings.Cut(c.Domain, ".")
	}
	if c.Relationship == "" {
		c.Relationship = "reseller"
	}
	for _, d := range append([]string{c.Domain}, c.CustomDomains...) {
		c.domains[strings.ToLower(d)] = false
	}
	for _, d := range c.FederatedDomains {
		c.domains[strings.ToLower(d)] = true
	}
	c.directory = newDirectory(seed)
	for _, u := range described.Users {
		c.directory.add(newRecord(u))
	}
	return c
}

// Customers returns the customers with the defaults filled in, without their
// users.
func (s *Service) Customers() []Customer {
	all := make([]Customer, len(s.customers))
	for i, c := range s.customers {
		all[i] = c.Customer
	}
	return all
}

// resolve finds the customer of the path, and refuses it if the partner may
// not do there what it asks for.
func (s *Service) resolve(c *call) *apiError {
	if _, ok := guid(c.Tenant); !ok {
		return s.scenario.Dialect.BadCustomer.or(http.StatusBadRequest, 900118).error("The customer id is not valid.")
	}
	found := s.byID[c.Tenant]
	if found == nil {
		return Refusal{http.StatusNotFound, 60003}.error("The tenant '" + c.Tenant + "' could not be found.")
	}
	c.customer = found
	aboutUsers := c.Op != GetCustomer && c.Op != CompanyProfile
	switch {
	case found.Forbidden == 20002:
		return Refusal{http.StatusForbidden, 20002}.error("The partner doesn't have a commerce relationship with the customer.")
	case found.Forbidden != 0 && aboutUsers:
		return Refusal{http.StatusForbidden, found.Forbidden}.error("The partner user doesn't have sufficient privileges to perform the operation.")
	}
	return nil
}

// links, attributes and linked resources are alike in all answers.
type links struct {
	Self *wireLink `json:"self,omitempty"`
	Next *wireLink `json:"next,omitempty"`
}

type wireLink struct {
	URI     string       `json:"uri"`
	Method  string       `json:"method"`
	Headers []wireHeader `json:"headers"`
}

type wireHeader struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type attributes struct {
	Etag       string `json:"etag,omitempty"`
	ObjectType string `json:"objectType"`
}

func link(uri string, headers ...wireHeader) *wireLink {
	if headers == nil {
		headers = []wireHeader{}
	}
	return &wireLink{uri, http.MethodGet, headers}
}

type wireCustomer struct {
	ID                    string       `json:"id"`
	CommerceID            string       `json:"commerceId,omitempty"`
	CompanyProfile        wireProfile  `json:"companyProfile"`
	BillingProfile        *wireBilling `json:"billingProfile,omitempty"`
	RelationshipToPartner string       `json:"relationshipToPartner"`
	AllowDelegatedAccess  *bool        `json:"allowDelegatedAccess,omitempty"`
	CustomDomains         []string     `json:"customDomains,omitempty"`
	Links                 links        `json:"links"`
	Attributes            attributes   `json:"attributes"`
}

type wireProfile struct {
	TenantID    string     `json:"tenantId"`
	Domain      string     `json:"domain"`
	CompanyName string     `json:"companyName"`
	Email       string     `json:"email,omitempty"`
	Links       links      `json:"links"`
	Attributes  attributes `json:"attributes"`
}

type wireBilling struct {
	CompanyName string     `json:"companyName"`
	Culture     string     `json:"culture"`
	Language    string     `json:"language"`
	Links       links      `json:"links"`
	Attributes  attributes `json:"attributes"`
}

func (c *customer) profile() wireProfile {
	p := wireProfile{
		TenantID: c.ID, Domain: c.Domain, CompanyName: c.CompanyName,
		Links:      links{Self: link("/customers/" + c.ID + "/profiles/company")},
		Attributes: attributes{ObjectType: "CustomerCompanyProfile"},
	}
	if !c.NoDelegatedAccess {
		p.Email = "admin@" + c.Domain
	}
	return p
}

// listed is the customer as lists show it: the delegated access and what it
// gives to see are missing there.
func (c *customer) listed() wireCustomer {
	w := wireCustomer{
		ID: c.ID, CompanyProfile: c.profile(), RelationshipToPartner: c.Relationship,
		Links:      links{Self: link("/customers/" + c.ID)},
		Attributes: attributes{ObjectType: "Customer"},
	}
	w.CompanyProfile.Email = ""
	return w
}

func (c *customer) whole() wireCustomer {
	w := c.listed()
	w.CommerceID = c.ID
	w.CompanyProfile = c.profile()
	w.BillingProfile = &wireBilling{
		CompanyName: c.CompanyName, Culture: "en-US", Language: "en",
		Links:      links{Self: link("/customers/" + c.ID + "/profiles/billing")},
		Attributes: attributes{Etag: `"-1234567890"`, ObjectType: "CustomerBillingProfile"},
	}
	delegated := !c.NoDelegatedAccess
	w.AllowDelegatedAccess = &delegated
	if delegated {
		w.CustomDomains = append(append([]string{c.Domain}, c.CustomDomains...), c.FederatedDomains...)
	}
	return w
}

// headDomain tells whether any customer has the domain.
func (s *Service) headDomain(c *call) answer {
	for _, one := range s.customers {
		if _, has := one.domains[c.place.domain]; has {
			return answer{status: http.StatusOK}
		}
	}
	return answer{status: http.StatusNotFound}
}
