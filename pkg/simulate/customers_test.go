package simulate

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

const (
	forbiddenID = "1a111111-2222-4333-8444-555566667777"
	unrelatedID = "21111111-2222-4333-8444-555566667777"
)

func several() Scenario {
	return Scenario{Customers: []Customer{
		{CustomDomains: []string{"contoso.com"}, FederatedDomains: []string{"fed.contoso.com"}},
		{Domain: "fabrikam.onmicrosoft.com", CompanyName: "Fabrikam & Söhne", Relationship: "advisor", NoDelegatedAccess: true},
		{ID: strings.ToUpper(forbiddenID), Domain: "contoso2.onmicrosoft.com", Forbidden: 900308},
		{ID: unrelatedID, Domain: "contoso3.onmicrosoft.com", Forbidden: 20002},
	}}
}

func TestCustomers(t *testing.T) {
	s := newTester(several())
	const id = DefaultCustomerID
	self := func(path string) string {
		return `"links":{"self":{"uri":"` + path + `","method":"GET","headers":[]}},"attributes":{`
	}
	profile := self("/customers/"+id+"/profiles/company") + `"objectType":"CustomerCompanyProfile"}}`
	want := bom + `{"id":"` + id + `","commerceId":"` + id + `","companyProfile":{"tenantId":"` + id + `","domain":"contoso.onmicrosoft.com","companyName":"contoso",` +
		`"email":"admin@contoso.onmicrosoft.com",` + profile + `,"billingProfile":{"companyName":"contoso","culture":"en-US","language":"en",` +
		self("/customers/"+id+"/profiles/billing") + `"etag":"\"-1234567890\"","objectType":"CustomerBillingProfile"}},"relationshipToPartner":"reseller","allowDelegatedAccess":true,` +
		`"customDomains":["contoso.onmicrosoft.com","contoso.com","fed.contoso.com"],` + self("/customers/"+id) + `"objectType":"Customer"}}`
	check(t, "get", s.do("GET", "/customers/"+id, "").body, want)
	check(t, "profile", s.do("GET", "/customers/"+id+"/profiles/company", "").body,
		bom+`{"tenantId":"`+id+`","domain":"contoso.onmicrosoft.com","companyName":"contoso","email":"admin@contoso.onmicrosoft.com",`+profile)

	second := s.Customers()[1].ID
	check(t, "an id is made up", len(second), 36)
	got := s.do("GET", "/customers/"+second, "").body
	for _, part := range []string{`"companyName":"Fabrikam & Söhne"`, `"relationshipToPartner":"advisor","allowDelegatedAccess":false,"links"`} {
		check(t, part, strings.Contains(got, part), true)
	}
	check(t, "HEAD taken", s.do("HEAD", "/domains/CONTOSO.com", "").status, 200)
	check(t, "HEAD free", s.do("HEAD", "/domains/contoso.org", "").status, 404)
}

func TestRefusedCustomers(t *testing.T) {
	for path, want := range map[string]string{
		"/customers/" + forbiddenID:                                    "200",
		"/customers/" + forbiddenID + "/users":                         "403 900308",
		"/customers/" + unrelatedID:                                    "403 20002",
		"/customers/" + unrelatedID + "/users":                         "403 20002",
		"/customers/31111111-2222-4333-8444-555566667777":              "404 60003",
		"/customers/contoso.onmicrosoft.com":                           "400 900118",
		"/customers/{" + DefaultCustomerID + "}/users":                 "400 900118",
		users + "/nobody":                                              "400 2000",
		users + "/31111111-2222-4333-8444-555566667777":                "404 60002",
		users + "/31111111-2222-4333-8444-555566667777/directoryroles": "404 1000",
		"/orders": "404 1000",
	} {
		got := newTester(several()).do("GET", path, "")
		if have := fmt.Sprint(got.status, code(got.body)); have != want {
			t.Errorf("%s: got %s, want %s", path, have, want)
		}
	}
	s := newTester(Scenario{Dialect: Dialect{BadCustomer: Refusal{400, 2000}, MissingUser: Refusal{400, 3000}, ResetPathStatus: 405}})
	check(t, "switched bad customer", code(s.do("GET", "/customers/x", "").body), " 2000")
	missing := s.do("GET", users+"/"+forbiddenID, "")
	check(t, "switched missing user", fmt.Sprint(missing.status, code(missing.body)), "400 3000")
	check(t, "no reset path", s.do("PATCH", users+"/"+forbiddenID+"/resetpassword", `{}`).status, 405)
	check(t, "method", s.do("PUT", users, "").header.Get("Allow"), "GET, POST")
}

// code returns the code of an error body after a space, or nothing.
func code(body string) string {
	_, rest, found := strings.Cut(body, `{"code":`)
	if !found {
		return ""
	}
	number, _, _ := strings.Cut(rest, ",")
	return " " + number
}

func TestCustomerSearch(t *testing.T) {
	s := newTester(several())
	search := func(filter string) reply {
		return s.do("GET", "/customers?size=40&filter="+url.QueryEscape(filter), "")
	}
	for filter, want := range map[string]string{ // domains found
		`{"Field":"Domain","Value":"CONT","Operator":"starts_with"}`:                     "contoso.onmicrosoft.com contoso2.onmicrosoft.com",
		`{"field":"domain","value":"contoso.onmicrosoft.com","operator":"starts_with"}`:  "contoso.onmicrosoft.com",
		`{"Field":"Domain","Value":"contoso.onmicrosoft.com.","Operator":"starts_with"}`: "",
		`{"Field":"CompanyName","Value":"fabrikam & SÖ","Operator":"starts_with"}`:       "fabrikam.onmicrosoft.com",
	} {
		got := search(filter)
		if have := strings.Join(between(got.body, `"domain":"`, `"`), " "); got.status != 200 || have != want {
			t.Errorf("%s: got %d %s, want %s", filter, got.status, have, want)
		}
	}
	for _, filter := range []string{`{"Field":"Domain","Value":"c","Operator":"equals"}`, `{"Field":"Id","Value":"c","Operator":"starts_with"}`, `{`} {
		got := search(filter)
		check(t, filter, fmt.Sprint(got.status, code(got.body)), "400 2000")
	}
	listed := s.do("GET", "/customers?size=1", "").body
	check(t, "lists leave delegated access out", strings.Contains(listed, "allowDelegatedAccess") || strings.Contains(listed, "customDomains"), false)
	check(t, "a page", strings.HasPrefix(listed, bom+`{"totalCount":1,`), true)
	token := between(listed, `"continuationToken":"`, `"`)[0]
	next := s.do("GET", "/customers?size=500&seekOperation=next", "", "MS-ContinuationToken: "+token).body
	check(t, "the rest", strings.Join(between(next, `"domain":"`, `"`), " "), "fabrikam.onmicrosoft.com contoso2.onmicrosoft.com")
}

// between returns all that stands between two marks.
func between(text, before, after string) []string {
	var found []string
	for {
		_, rest, ok := strings.Cut(text, before)
		if !ok {
			return found
		}
		value, rest, _ := strings.Cut(rest, after)
		found, text = append(found, value), rest
	}
}
