package roster

import "strings"

// sheet is a well-known template.
type sheet struct {
	name      string
	bracketed bool   // its headers carry property names in brackets
	verbatim  bool   // its headers are told from people's own by their spelling
	needs     string // the headers that tell it from others; "|" between alternatives
	columns   string // all of its headers, as published
	fields    string // HEADER=FIELD where the aliases would go wrong; "-": not read
}

// sheets are the templates of the tools that people come from. Where their headers
// are published: Partner Center "Import multiple users to a customer account";
// "Add several users at the same time to Microsoft 365"; Entra "Bulk create users"
// and "Download a list of users"; CIPP's bulk-add page; Google Workspace Admin
// Help "Add or update multiple users from a CSV file"; Okta "How to Import Users
// From a CSV File"; JumpCloud's New-JCImportTemplate.
func sheets() []sheet {
	return []sheet{
		{
			name:    "Partner Center user upload",
			needs:   "display name, email|email address, status update",
			columns: "First name, Last name, Display name, Email, Email address, Status update",
		},
		{
			name:  microsoft365,
			needs: "user name, display name, office number, country or region",
			columns: `User Name, First Name, Last Name, Display Name, Job Title, Department, Office Number, Office Phone, Mobile Phone, Fax,
				Alternate email address, Address, City, State or Province, ZIP or Postal Code, Country or Region`,
			fields: "alternate email address=-",
		},
		entraSheet(),
		{
			name:  "Entra user export",
			needs: "userPrincipalName, displayName, userType, objectId|id",
			columns: `userPrincipalName, displayName, surname, mail, givenName, objectId, userType, jobTitle, department, accountEnabled, usageLocation,
				streetAddress, state, country, physicalDeliveryOfficeName, city, postalCode, telephoneNumber, mobile, id, companyName,
				authenticationPhoneNumber, authenticationAlternativePhoneNumber, authenticationEmail, alternateEmailAddress, ageGroup,
				consentProvidedForMinor, legalAgeGroupClassification, creationType, directorySynced, invitationState, identityIssuer, createdDateTime`,
		},
		{
			name:  "CIPP bulk add",
			needs: "givenName, surName, mailNickName, domain",
			columns: `givenName, surName, displayName, mailNickName, domain, JobTitle, streetAddress, PostalCode, City, State, Department,
				MobilePhone, businessPhones, password`,
		},
		{
			name:  "Google Workspace",
			needs: "first name, last name, email address, org unit path",
			columns: `First Name, Last Name, Email Address, Password, Password Hash Function, Org Unit Path, New Primary Email, Recovery Email,
				Home Secondary Email, Work Secondary Email, Recovery Phone, Work Phone, Home Phone, Mobile Phone, Work Address, Home Address,
				Employee ID, Employee Type, Employee Title, Manager Email, Department, Cost Center, Building ID, Floor Name, Floor Section,
				Change Password at Next Sign-In, New Status, Advanced Protection Program enrollment, Status, Last Sign In, Email Usage, Storage Used`,
			fields: "employee id=-, new status=accountStatus, status=statusNow",
		},
		{
			name:  "Okta",
			needs: "login, first name, last name, email",
			columns: `login, firstName, lastName, middleName, honorificPrefix, honorificSuffix, email, title, displayName, nickName, profileUrl, secondEmail,
				mobilePhone, primaryPhone, streetAddress, city, state, zipCode, countryCode, postalAddress, preferredLanguage, locale, timezone,
				userType, employeeNumber, costCenter, organization, division, department, managerId, manager`,
			fields: "email=-, employee number=-, user type=-",
		},
		{
			name:     "JumpCloud",
			verbatim: true,
			needs:    "FirstName, LastName, Username, Password, Email",
			columns: `FirstName, LastName, Username, Password, Email, MiddleName, displayName, jobTitle, employeeType, employeeIdentifier, department,
				costCenter, company, location, alternateEmail, recoveryEmail, manager, managedAppleId, state, externally_managed,
				work_streetAddress, work_poBox, work_locality, work_region, work_city, work_state, work_postalCode, work_country,
				home_streetAddress, home_poBox, home_locality, home_region, home_city, home_state, home_postalCode, home_country,
				mobile_number, home_number, work_number, work_mobile_number, work_fax_number`,
			fields: "user name=otherUserName, location=-",
		},
	}
}

// entraSheet is the one sheet whose headers carry property names.
func entraSheet() sheet {
	return sheet{
		name:      "Entra bulk create",
		bracketed: true,
		needs:     "displayName, userPrincipalName, passwordProfile",
		columns: `displayName, userPrincipalName, passwordProfile, blockSignIn, givenName, surname, jobTitle, department, usageLocation,
				streetAddress, state, country, physicalDeliveryOfficeName, city, postalCode, telephoneNumber, mobile`,
	}
}

const microsoft365 = "Microsoft 365 admin centre"

// tellSheet finds the template whose own headers are all there.
func tellSheet(labels []label) sheet {
	has := map[string]bool{}
	bracketed := false
	for _, l := range labels {
		has[l.folded] = true
		has[verbatimMark+l.header] = true
		bracketed = bracketed || l.property
	}
	for _, s := range sheets() {
		if (bracketed || !s.bracketed) && s.isAmong(has) {
			return s
		}
	}
	return sheet{}
}

// verbatimMark begins no folded header.
const verbatimMark = "="

// isAmong reports whether the headers are all there that the sheet needs.
func (s sheet) isAmong(has map[string]bool) bool {
	for need := range strings.SplitSeq(s.needs, ",") {
		found := false
		for header := range strings.SplitSeq(need, "|") {
			if s.verbatim {
				found = found || has[verbatimMark+strings.TrimSpace(header)]
			} else {
				found = found || has[foldHeader(header)]
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// knows reports whether the header is one of the sheet's.
func (s sheet) knows(folded string) bool {
	for c := range strings.SplitSeq(s.columns, ",") {
		if s.columns != "" && foldHeader(c) == folded {
			return true
		}
	}
	return false
}

// override returns what the sheet says of a header, false if nothing.
func (s sheet) override(folded string) (field, bool) {
	if s.fields == "" {
		return none, false
	}
	for pair := range strings.SplitSeq(s.fields, ",") {
		header, name, _ := strings.Cut(pair, "=")
		if foldHeader(header) == folded {
			return fieldOf(name), true
		}
	}
	return none, false
}

// positions are the columns of the Microsoft 365 sheet that muster reads. The
// page allows its headings to be translated as long as the order holds; the sheet
// had 14 columns once, then 15, and has 16 now.
func positions() [4]field {
	return [4]field{userPrincipalName, firstName, lastName, displayName}
}

// byPosition reports whether a sheet whose headers are not those of the Microsoft
// 365 sheet is that sheet in some language: it has as many columns, what is
// understood of the first four stands at its place, none of the others is
// understood as something else that a person has, and the first person's first
// cell is a complete user name, as that sheet demands.
func (m *mapper) byPosition(first []string) bool {
	n := len(m.labels)
	for n > 0 && isRejectsColumn(m.labels[n-1].folded) {
		n--
	}
	if n < 14 || n > 16 || len(first) == 0 || !strings.Contains(first[0], "@") || strings.Contains(m.labels[0].header, "@") {
		return false
	}
	understood, names := 0, positions()
	for i, want := range names {
		if m.fields[i] == want {
			understood++
		} else if m.fields[i] != none {
			return false
		}
	}
	for i, f := range m.fields[4:n] {
		if f != none || understood == len(names) && m.resembling(m.labels[4+i].folded) != "" {
			return false // a sheet that people made themselves
		}
	}
	return true
}
