package partner

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const contoso = `{"id":"` + tenant + `","companyProfile":{"tenantId":"` + tenant + `","domain":"Contoso.onmicrosoft.com","companyName":"Contoso"},` +
	`"relationshipToPartner":"reseller"`

func TestCustomer(t *testing.T) {
	for _, test := range []struct {
		name, body, mfa string
		want            Customer
	}{
		{"all", contoso + `,"allowDelegatedAccess":true,"customDomains":["contoso.com","contoso.onmicrosoft.com"]}`, "True", Customer{
			CustomDomains: []string{"contoso.com", "contoso.onmicrosoft.com"}, Relationship: "reseller", AllowDelegatedAccess: Yes, MFA: Yes}},
		{"without delegation", contoso + `,"allowDelegatedAccess":false}`, "false", Customer{Relationship: "reseller", AllowDelegatedAccess: No, MFA: No}},
		{"silent", contoso + `}`, "", Customer{Relationship: "reseller"}},
		{"odd", contoso[:len(contoso)-len(`"reseller"`)] + `1,"allowDelegatedAccess":"true","customDomains":"x"}`, "maybe", Customer{Relationship: "1", AllowDelegatedAccess: Yes}},
	} {
		server := serve(t, reply(200, bom+test.body, "isMfaCompliant", test.mfa))
		got, err := client(t, server.URL).Customer(t.Context(), strings.ToUpper(tenant))
		test.want.ID, test.want.Domain, test.want.Name, test.want.Trace = tenant, "contoso.onmicrosoft.com", "Contoso", got.Trace
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v, want %+v", test.name, got, err, test.want)
		}
		request := server.seen()[0]
		if request.RequestURI != "/v1/customers/"+tenant || request.Header.Get("ValidateMfa") != "true" {
			t.Errorf("%s: sent %s with ValidateMfa %q", test.name, request.RequestURI, request.Header.Get("ValidateMfa"))
		}
	}
	for body, want := range map[string]Kind{
		`{"id":"11111111-2222-4333-8444-555555555555"}`: Garbled, `{}`: Garbled, ``: Garbled, `<html>`: Garbled,
	} {
		server := serve(t, reply(200, body))
		if _, err := client(t, server.URL).Customer(t.Context(), tenant); failure(t, err).Kind != want {
			t.Errorf("%q: %v, want %v", body, err, want)
		}
	}
}

func TestCustomerByDomain(t *testing.T) {
	other := `{"id":"other","companyProfile":{"domain":"contoso.onmicrosoft.com.example.net"}}`
	for _, test := range []struct {
		name     string
		pages    []string
		want     string // an id, or "!" and a kind
		requests int
	}{
		{"found", []string{`{"items":[` + other + `,` + contoso + `}]}`}, tenant, 1},
		{"found on the second page", []string{`{"items":[` + other + `],"continuationToken":"A"}`, `{"items":[` + contoso + `}]}`}, tenant, 2},
		{"twice the same", []string{`{"items":[` + contoso + `},` + contoso + `}]}`}, tenant, 1},
		{"by custom domain", []string{`{"items":[{"id":"7","companyProfile":{"domain":"x"},"customDomains":["CONTOSO.onmicrosoft.com"]}]}`}, "7", 1},
		{"only a longer one", []string{`{"items":[` + other + `]}`}, "!not found", 1},
		{"none", []string{`{"totalCount":0,"items":[]}`}, "!not found", 1},
		{"without an id", []string{`{"items":[{"companyProfile":{"domain":"contoso.onmicrosoft.com"}}]}`}, "!not found", 1},
		{"two", []string{`{"items":[` + contoso + `},{"id":"7","companyProfile":{"domain":"contoso.onmicrosoft.com"}}]}`}, "!" + Garbled.String(), 1},
		{"garbled", []string{`{}`}, "!" + Garbled.String(), 1},
	} {
		count := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			count++
			write(w, 200, bom+test.pages[count-1])
		})
		customer, err := client(t, server.URL).CustomerByDomain(t.Context(), "contoso.OnMicrosoft.com")
		got := customer.ID
		if err != nil {
			got = "!" + failure(t, err).Kind.String()
		}
		if got != test.want || count != test.requests {
			t.Errorf("%s: %q (%v) by %d requests, want %q by %d", test.name, got, err, count, test.want, test.requests)
		}
		if err != nil && !failure(t, err).ConcernsCustomer() && failure(t, err).Kind == NotFound {
			t.Errorf("%s: the error does not concern the customer", test.name)
		}
		wantQuery := "size=500&filter=%7B%22Field%22%3A%22Domain%22%2C%22Value%22%3A%22contoso.OnMicrosoft.com%22%2C%22Operator%22%3A%22starts_with%22%7D"
		if got := server.seen()[0]; got.URL.Path != "/v1/customers" || got.URL.RawQuery != wantQuery {
			t.Errorf("%s: asked for %s, want the query %s", test.name, got.RequestURI, wantQuery)
		}
	}
}

func TestCustomerByDomainIsBounded(t *testing.T) {
	count := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		count++
		write(w, 200, fmt.Sprintf(`{"items":[{"id":"x"}],"continuationToken":"%d"}`, count))
	})
	_, err := client(t, server.URL).CustomerByDomain(t.Context(), "contoso.com")
	if failure(t, err).Kind != Garbled || count != maxSearchPages {
		t.Errorf("%v after %d pages, want garbled after %d", err, count, maxSearchPages)
	}
	if _, err := client(t, server.URL).CustomerByDomain(t.Context(), ""); failure(t, err).Kind != BadInput {
		t.Errorf("no domain: %v, want bad input", err)
	}
}
