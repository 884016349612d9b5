package roster

import (
	"fmt"
	"strings"
)

// maxDomain is the longest domain of a user principal name, in characters:
// "Password policies and account restrictions in Microsoft Entra ID".
const maxDomain = 48

// domain cleans and checks a domain name. It must be a DNS name in ASCII with at
// least two labels, since that is what a tenant's verified domains are.
func (c *checker) domain(f field, cell string) string {
	if cell == "" {
		return ""
	}
	s := strings.ToLower(c.text(f, cell))
	if s == "" {
		return ""
	}
	if fault := domainFault(s); fault != "" {
		c.problem(f, "bad_domain", s, fmt.Sprintf("the %s %s", f.title(), fault), `write it as in "contoso.onmicrosoft.com"`)
		if c.withholds(f, s) {
			return ""
		}
	}
	return s
}

// domainFault says what is wrong with a lower-case domain name, "" if nothing.
func domainFault(s string) string {
	if len(s) > maxDomain {
		return fmt.Sprintf("has %d characters, at most %d are allowed in a user principal name", len(s), maxDomain)
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return "has no dot in it"
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" && !strings.HasSuffix(s, ".") {
		return "ends with a number, as no domain does"
	}
	for _, l := range labels {
		if l == "" {
			return "has an empty part"
		}
		if l[0] == '-' || l[len(l)-1] == '-' {
			return "has a part that begins or ends with a hyphen"
		}
		for _, r := range l {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return fmt.Sprintf("holds %q; letters a to z, digits and hyphens are allowed", r)
			}
		}
	}
	return ""
}

// customer cleans and checks a customer, which is a tenant's GUID or one of its
// domains.
func (c *checker) customer(cell string) string {
	if cell == "" {
		return ""
	}
	s := strings.ToLower(c.text(customerID, cell))
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		s = strings.TrimSuffix(inner, "}")
	}
	if s != "" && !isGUID(s) && domainFault(s) != "" {
		c.problem(customerID, "bad_customer", s, "the customer is neither a tenant's GUID nor a domain",
			`write the tenant's GUID, or a domain as in "contoso.onmicrosoft.com"`)
		if c.withholds(customerID, s) {
			return ""
		}
	}
	return s
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// location cleans and checks a usage location: a code of ISO 3166-1 alpha-2, as
// usageLocation is ("user resource type", Microsoft Graph), or a country's name in
// English or another of the countryLanguages.
func (c *checker) location(cell string) string {
	if cell == "" {
		return c.file.location
	}
	if len(cell) == 2 && isCountryCode(cell) {
		return cell
	}
	s := c.text(usageLocation, cell)
	if s == "" {
		return c.file.location
	}
	code, hint := countryCode(s)
	if code == "" {
		c.problem(usageLocation, "unknown_location", s, c.quoted(usageLocation, s)+" is no country", hint)
	}
	return code
}

// CheckLocation checks a value of Options.UsageLocation: a code of ISO 3166-1 alpha-2
// or the name of a country. What it is not is an [*Error].
func CheckLocation(s string) error {
	if code, hint := countryCode(tidy(s)); code == "" {
		return &Error{Message: fmt.Sprintf("%q is no country", s), Hint: hint}
	}
	return nil
}

// countryCode finds the code; a hint says what to write where there is none.
func countryCode(s string) (code, hint string) {
	if len(s) == 2 && isASCII(s) {
		code = strings.ToUpper(s)
		switch {
		case isCountryCode(code):
			return code, ""
		case code == "UK":
			return "", "the code of the United Kingdom is GB"
		case code == "EL":
			return "", "the code of Greece is GR"
		}
		return "", "write a two-letter code of ISO 3166-1, such as DE, or the country's English name"
	}
	if code := countryByName(s); code != "" {
		return code, ""
	}
	if code := countryLocally(s); code != "" {
		return code, ""
	}
	return "", "write the two-letter code of ISO 3166-1, such as DE, or the country's English name"
}
