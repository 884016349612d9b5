package simulate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// violation is a rule that a field breaks, with the exception class that the
// directory behind Partner Center has for it.
type violation struct{ property, class, message string }

// Exception classes of the directory.
const (
	missing      = "RequiredPropertyNotSetException"
	badLength    = "StringLengthValidationException"
	badSyntax    = "StringSyntaxValidationException"
	badDomain    = "PropertyDomainValidationException"
	noDomain     = "DomainNotFoundException"
	badPassword  = "InvalidPasswordException"
	weakPassword = "InvalidPasswordWeakException"
	namePassword = "InvalidPasswordContainMemberNameException"
)

// checkNew returns the rules that a user to be created breaks.
func (c *customer) checkNew(in userInput) []violation {
	var broken []violation
	if value(in.UserPrincipalName) == "" {
		broken = append(broken, violation{"userPrincipalName", missing, "a value is required."})
	}
	if value(in.DisplayName) == "" {
		broken = append(broken, violation{"displayName", missing, "a value is required."})
	}
	if in.PasswordProfile == nil || value(in.PasswordProfile.Password) == "" {
		broken = append(broken, violation{"passwordProfile", missing, "a password is required."})
	}
	return append(broken, c.checkSupplied(in, value(in.UserPrincipalName))...)
}

// checkChange returns the rules that a change of a user breaks.
func (c *customer) checkChange(in userInput, op Op, upn string) []violation {
	var broken []violation
	if in.UserPrincipalName != nil {
		upn = *in.UserPrincipalName
		if upn == "" {
			broken = append(broken, violation{"userPrincipalName", missing, "it cannot be cleared."})
		}
	}
	if in.DisplayName != nil && *in.DisplayName == "" {
		broken = append(broken, violation{"displayName", missing, "it cannot be cleared."})
	}
	if (op == ResetPassword || in.PasswordProfile != nil) && (in.PasswordProfile == nil || value(in.PasswordProfile.Password) == "") {
		broken = append(broken, violation{"passwordProfile", missing, "a password is required."})
	}
	if in.State != nil && !strings.EqualFold(*in.State, "active") {
		broken = append(broken, violation{"state", badSyntax, "only active can be set."})
	}
	return append(broken, c.checkSupplied(in, upn)...)
}

// checkSupplied checks what is there, whoever sends it. Limits are those of
// the Microsoft Graph user resource, counted in code points.
func (c *customer) checkSupplied(in userInput, upn string) []violation {
	var broken []violation
	if value(in.UserPrincipalName) != "" {
		broken = append(broken, c.checkName(*in.UserPrincipalName)...)
	}
	for _, f := range []struct {
		property string
		text     *string
		limit    int
	}{{"displayName", in.DisplayName, 256}, {"firstName", in.FirstName, 64}, {"lastName", in.LastName, 64}} {
		if utf8.RuneCountInString(value(f.text)) > f.limit {
			broken = append(broken, violation{f.property, badLength, fmt.Sprintf("at most %d characters are allowed.", f.limit)})
		}
	}
	if in.UsageLocation != nil && !isCountry(*in.UsageLocation) {
		broken = append(broken, violation{"usageLocation", badSyntax, "it is no ISO 3166-1 alpha-2 country code."})
	}
	if strings.ContainsAny(value(in.ImmutableID), "$_") {
		broken = append(broken, violation{"immutableId", badSyntax, "$ and _ are not allowed."})
	}
	if in.PasswordProfile != nil && value(in.PasswordProfile.Password) != "" {
		broken = append(broken, checkPassword(*in.PasswordProfile.Password, upn)...)
	}
	return broken
}

// checkName holds the rules of user principal names: lengths, characters and
// the last dot from "Password policies and account restrictions in Microsoft
// Entra ID". Leading dots and hyphens and double dots are not mentioned there;
// this service refuses them.
func (c *customer) checkName(upn string) []violation {
	const property = "userPrincipalName"
	local, domain, found := strings.Cut(upn, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") {
		return []violation{{property, badSyntax, "it must be a name, one @ and a domain."}}
	}
	var broken []violation
	if len(upn) > 113 || len(local) > 64 || len(domain) > 48 {
		broken = append(broken, violation{property, badLength, "at most 64 characters, @ and 48 characters are allowed."})
	}
	if strings.ContainsFunc(local, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("'.-_!#^~", r) }) {
		broken = append(broken, violation{property, badSyntax, "only A-Z a-z 0-9 ' . - _ ! # ^ ~ are allowed."})
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") || strings.HasPrefix(local, "-") {
		broken = append(broken, violation{property, badSyntax, "no dot may be at either end or beside another, and no hyphen at the start."})
	}
	switch federated, verified := c.domains[strings.ToLower(domain)]; {
	case !verified:
		broken = append(broken, violation{property, noDomain, "the domain portion is not a verified domain of this organization."})
	case federated:
		broken = append(broken, violation{property, badDomain, "the domain is federated."})
	}
	return broken
}

// checkPassword holds the password policy of "Password policies and account
// restrictions in Microsoft Entra ID": 8 to 256 characters from a list, three
// of four kinds. That it must not contain the user name (from three letters
// on) follows from the directory's exception class only.
func checkPassword(password, upn string) []violation {
	const property = "passwordProfile"
	var lower, upper, digit, symbol, other int
	for _, r := range password {
		switch {
		case 'a' <= r && r <= 'z':
			lower = 1
		case 'A' <= r && r <= 'Z':
			upper = 1
		case '0' <= r && r <= '9':
			digit = 1
		case ' ' <= r && r <= '~':
			symbol = 1
		default:
			other = 1
		}
	}
	var broken []violation
	if n := utf8.RuneCountInString(password); n < 8 || n > 256 {
		broken = append(broken, violation{property, badLength, "a password has 8 to 256 characters."})
	}
	if other > 0 {
		broken = append(broken, violation{property, badPassword, "a password has ASCII letters, digits and symbols only."})
	}
	if lower+upper+digit+symbol < 3 {
		broken = append(broken, violation{property, weakPassword, "a password needs three of lower case, upper case, digits and symbols."})
	}
	local, _, _ := strings.Cut(upn, "@")
	if len(local) >= 3 && strings.Contains(strings.ToLower(password), strings.ToLower(local)) {
		broken = append(broken, violation{property, namePassword, "a password must not contain the user name."})
	}
	return broken
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isCountry reports whether a code is one of ISO 3166-1 alpha-2, in upper case.
func isCountry(code string) bool {
	at := strings.Index(countries, code)
	return len(code) == 2 && at >= 0 && at%3 == 0
}

// countries is ISO 3166-1 alpha-2, one code every three bytes.
const countries = "" +
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO " +
	"FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE " +
	"JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO " +
	"MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW " +
	"PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM " +
	"TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "
