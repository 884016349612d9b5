package partner

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Customer is a customer of the partner.
type Customer struct {
	ID     string // the tenant GUID, which the other methods take
	Domain string // of the company profile, for new users; usually *.onmicrosoft.com
	Name   string
	// CustomDomains are the tenant's verified domains, where the service tells
	// them: it does not in a search, nor without delegated access.
	CustomDomains []string
	// Relationship is the service's word, such as "reseller" or "none".
	Relationship string
	// AllowDelegatedAccess speaks of the older delegated administration (DAP)
	// only. Under granular delegation (GDAP) it proves nothing: warn, go on.
	AllowDelegatedAccess Tristate
	// MFA says whether the service saw multi-factor authentication in the
	// token; only [Client.Customer] asks for it.
	MFA   Tristate
	Trace Trace
}

// customerAnswer is a customer as it is read. Members that serve people only
// are read as they come.
type customerAnswer struct {
	ID             string `json:"id"`
	CompanyProfile struct {
		TenantID    string `json:"tenantId"`
		Domain      string `json:"domain"`
		CompanyName string `json:"companyName"`
	} `json:"companyProfile"`
	CustomDomains json.RawMessage `json:"customDomains"`
	Relationship  json.RawMessage `json:"relationshipToPartner"`
	Delegated     json.RawMessage `json:"allowDelegatedAccess"`
}

func (a *customerAnswer) customer() Customer {
	c := Customer{
		ID:                   cmp.Or(a.ID, a.CompanyProfile.TenantID),
		Domain:               strings.ToLower(a.CompanyProfile.Domain),
		Name:                 a.CompanyProfile.CompanyName,
		Relationship:         scalar(a.Relationship),
		AllowDelegatedAccess: tristate(scalar(a.Delegated)),
	}
	if json.Unmarshal(a.CustomDomains, &c.CustomDomains) != nil {
		c.CustomDomains = nil
	}
	return c
}

func tristate(text string) Tristate {
	switch strings.ToLower(text) {
	case "true":
		return Yes
	case "false":
		return No
	}
	return Unknown
}

// Customer reads a customer. It also asks whether the service saw multi-factor
// authentication in the token (the header ValidateMfa), which the service may
// leave unanswered.
func (c *Client) Customer(ctx context.Context, tenant string) (Customer, error) {
	tenant = plainGUID(tenant)
	r := request{
		op: opCustomer, method: http.MethodGet, path: []string{"customers", tenant},
		header: map[string]string{"ValidateMfa": "true"},
	}
	found, err := c.do(ctx, r)
	if err != nil {
		return Customer{}, err
	}
	var read customerAnswer
	if json.Unmarshal(found.body, &read) != nil {
		return Customer{}, r.unreadable(found)
	}
	customer := read.customer()
	if !isID(customer.ID) {
		return Customer{}, r.garbled(found, "the answer has no customer id")
	}
	if !strings.EqualFold(customer.ID, tenant) && !strings.EqualFold(read.CompanyProfile.TenantID, tenant) {
		return Customer{}, r.garbled(found, "the answer speaks of another customer")
	}
	customer.MFA = tristate(found.header.Get("isMfaCompliant"))
	customer.Trace = found.trace
	return customer, nil
}

// maxSearchPages bounds a search: a whole domain is searched for, so that even
// a second page of 500 is unheard of.
const maxSearchPages = 20

// CustomerByDomain finds the customer with a domain, whatever its case. The
// service searches the domains of company profiles, by their beginning; a
// custom domain that is not the profile's cannot be searched for, and finding it
// would take a read of every customer, so it is [NotFound].
//
// It is one exchange, and one more for each further page of 500 customers whose
// domains begin alike. The customer found has what a search tells: no custom
// domains, no word on delegated access.
func (c *Client) CustomerByDomain(ctx context.Context, domain string) (Customer, error) {
	filter, err := json.Marshal(struct{ Field, Value, Operator string }{"Domain", domain, "starts_with"})
	if err != nil || domain == "" {
		return Customer{}, &Error{Op: opFind, Kind: BadInput, Description: "there is no domain to search for"}
	}
	r := request{op: opFind, method: http.MethodGet, path: []string{"customers"}, query: pageQuery(string(filter))}
	var match *Customer
	page := Page{}
	for range maxSearchPages {
		if page != (Page{}) {
			if failure := r.waitForTurn(ctx, nil); failure != nil {
				return Customer{}, failure
			}
		}
		var found collection[customerAnswer]
		found, page, err = list[customerAnswer](ctx, c, r, page)
		if err != nil {
			return Customer{}, err
		}
		for _, item := range found.Items {
			customer := item.customer()
			if !customer.has(domain) || !isID(customer.ID) {
				continue
			}
			if match != nil && !strings.EqualFold(match.ID, customer.ID) {
				return Customer{}, r.garbled(found.answer, "the service names two customers with this domain")
			}
			customer.Trace = found.answer.trace
			match = &customer
		}
		if page == (Page{}) {
			break
		}
	}
	if match == nil && page != (Page{}) {
		return Customer{}, &Error{Op: opFind, Kind: Garbled, Description: "the service names ever more customers whose domains begin with " + domain}
	}
	if match == nil {
		return Customer{}, &Error{Op: opFind, Kind: NotFound, Description: "this partner has no customer with the domain " + domain}
	}
	return *match, nil
}

func (c *Customer) has(domain string) bool {
	is := func(d string) bool { return strings.EqualFold(d, domain) }
	return is(c.Domain) || slices.ContainsFunc(c.CustomDomains, is)
}
