package simulate

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestRulesOfNewUsers(t *testing.T) {
	c := newCustomer(Customer{
		Domain: "contoso.onmicrosoft.com", CustomDomains: []string{"Contoso.com", strings.Repeat("d", 44) + ".com", strings.Repeat("d", 45) + ".com"},
		FederatedDomains: []string{"fed.contoso.com"},
	}, true, 0)
	const fine = `"displayName":"Ann","passwordProfile":{"password":"Vq7!sample"}`
	name := func(upn string) string { return `{` + fine + `,"userPrincipalName":"` + upn + `"}` }
	with := func(more string) string {
		return `{"userPrincipalName":"ann@contoso.com",` + fine + `,` + more + `}`
	}
	password := func(p string) string {
		return `{"userPrincipalName":"ann.lee@contoso.com","displayName":"Ann","passwordProfile":{"password":"` + p + `"}}`
	}
	long := func(n int) string { return strings.Repeat("a", n) }

	for body, want := range map[string]string{ // class and property of what is broken
		`{}`: missing + " userPrincipalName, " + missing + " displayName, " + missing + " passwordProfile",

		name("a'.-_!#^~Z9@contoso.com"): "",
		name("ann@CONTOSO.COM"):         "",
		name("ann"):                     badSyntax + " userPrincipalName",
		name("@contoso.com"):            badSyntax + " userPrincipalName",
		name("ann@"):                    badSyntax + " userPrincipalName",
		name("a@b@contoso.com"):         badSyntax + " userPrincipalName",
		name(long(64) + "@contoso.com"): "",
		name(long(65) + "@contoso.com"): badLength + " userPrincipalName",
		name(long(64) + "@" + strings.Repeat("d", 44) + ".com"): "", // 113
		name("a@" + strings.Repeat("d", 45) + ".com"):           badLength + " userPrincipalName",
		name("ännchen@contoso.com"):                             badSyntax + " userPrincipalName",
		name("a b@contoso.com"):                                 badSyntax + " userPrincipalName",
		name("ann.@contoso.com"):                                badSyntax + " userPrincipalName",
		name(".ann@contoso.com"):                                badSyntax + " userPrincipalName",
		name("-ann@contoso.com"):                                badSyntax + " userPrincipalName",
		name("a..b@contoso.com"):                                badSyntax + " userPrincipalName",
		name("ann@fabrikam.com"):                                noDomain + " userPrincipalName",
		name("ann@www.contoso.com"):                             noDomain + " userPrincipalName",
		name("ann@fed.contoso.com"):                             badDomain + " userPrincipalName",

		with(`"displayName":"` + strings.Repeat("é", 256) + `"`): "",
		with(`"displayName":"` + strings.Repeat("é", 257) + `"`): badLength + " displayName",
		with(`"displayName":""`):                                 missing + " displayName",
		with(`"firstName":"` + long(64) + `"`):                   "",
		with(`"firstName":"` + long(65) + `"`):                   badLength + " firstName",
		with(`"lastName":"` + long(65) + `"`):                    badLength + " lastName",
		with(`"usageLocation":"GB"`):                             "",
		with(`"usageLocation":null`):                             "",
		with(`"usageLocation":"UK"`):                             badSyntax + " usageLocation",
		with(`"usageLocation":"gb"`):                             badSyntax + " usageLocation",
		with(`"usageLocation":"D A"`):                            badSyntax + " usageLocation",
		with(`"usageLocation":"D "`):                             badSyntax + " usageLocation",
		with(`"usageLocation":""`):                               badSyntax + " usageLocation",
		with(`"immutableId":"12-ab+/="`):                         "",
		with(`"immutableId":"a_b"`):                              badSyntax + " immutableId",
		with(`"immutableId":"a$b"`):                              badSyntax + " immutableId",

		password("Abcdef1"):           badLength + " passwordProfile",
		password("Abcdefg1"):          "",
		password(long(254) + "B1"):    "",
		password(long(255) + "B1"):    badLength + " passwordProfile",
		password("testPassword"):      weakPassword + " passwordProfile", // of Microsoft's samples
		password("abcdefg1!"):         "",
		password("ABCDEFG1 "):         "",
		password("Pässword1"):         badPassword + " passwordProfile",
		password("xx-ANN.LEE-7"):      namePassword + " passwordProfile",
		password(""):                  missing + " passwordProfile",
		password(`Aa1|\\\"` + "`;<>"): "",
	} {
		var in userInput
		if err := json.Unmarshal([]byte(body), &in); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		var got []string
		for _, v := range c.checkNew(in) {
			got = append(got, v.class+" "+v.property)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s:\n got %q\nwant %q", body, got, want)
		}
	}
}

func TestRulesOfChanges(t *testing.T) {
	s := newTester(Scenario{Customers: []Customer{{FederatedDomains: []string{"fed.com"}}}})
	one := users + "/" + s.create(t, "ann@contoso.onmicrosoft.com")
	s.create(t, "taken@contoso.onmicrosoft.com")
	for body, want := range map[string]int{
		`{}`:                                  200,
		`{"displayName":null}`:                200,
		`{"displayName":""}`:                  400,
		`{"firstName":""}`:                    200,
		`{"state":"active"}`:                  200,
		`{"state":"inactive"}`:                400,
		`{"userPrincipalName":""}`:            400,
		`{"userPrincipalName":"ann@fed.com"}`: 400,
		`{"userPrincipalName":"Taken@contoso.onmicrosoft.com"}`: 409,
		`{"userPrincipalName":"ANN@contoso.onmicrosoft.com"}`:   200,
		`{"passwordProfile":{"password":"xxxANN7!"}}`:           400,
		`{"passwordProfile":{}}`:                                400,
		`{"passwordProfile":`:                                   400,
	} {
		if got := s.do("PATCH", one, body); got.status != want {
			t.Errorf("%s: got %d %s, want %d", body, got.status, got.body, want)
		}
	}
	check(t, "reset without password", s.do("PATCH", one+"/resetpassword", `{}`).status, 400)
}

func TestRefusalNamesEveryBrokenRule(t *testing.T) {
	s := newTester(Scenario{})
	got := s.do("POST", users, `{"userPrincipalName":"ann@fabrikam.com","displayName":"Ann","passwordProfile":{"password":"weak"}}`)
	var fault struct {
		Code        int
		Description string
		Data        []string
	}
	if err := json.Unmarshal([]byte(got.body), &fault); err != nil {
		t.Fatal(err)
	}
	check(t, "code", fault.Code, 3000)
	check(t, "rules", len(fault.Data), 3)
	check(t, "description", fault.Description, "The property &#39;userPrincipalName&#39; isn&#39;t valid: the domain portion is not a verified domain of this organization.")
}

func TestCountries(t *testing.T) {
	codes := strings.Fields(countries)
	check(t, "number", len(codes), 249)
	check(t, "sorted", slices.IsSorted(codes), true)
	for _, code := range codes {
		check(t, code, isCountry(code), true)
	}
}
