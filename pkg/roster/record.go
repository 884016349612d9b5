package roster

import "fmt"

// field is one thing that a column can say of a person. The first ones are the
// contract's, in its order; the others are read only to refuse what cannot be
// honoured.
type field int

const (
	none field = iota - 1
	userPrincipalName
	firstName
	lastName
	displayName
	usageLocation
	immutableID
	password
	forceChange
	customerID
	domain
	blockSignIn    // Entra: Yes means that the account is created disabled
	accountEnabled // Entra's export: False means the same
	accountStatus  // Google: "Suspended" means the same
	passwordHash   // Google: the password is hashed
	statusNow      // Google's download: what accountStatus is where that says nothing
	userType       // Entra's export: "Guest" is a person of another tenant
	otherUserName  // JumpCloud: the user name of people without an e-mail address
	fieldCount

	publicFields = blockSignIn
)

// fieldNames are what people call the fields in JSON Lines and in Options.Map.
// A function instead of a variable keeps the table constant.
func fieldNames() [fieldCount]string {
	return [fieldCount]string{
		UserPrincipalName, FirstName, LastName, DisplayName, UsageLocation, ImmutableID,
		Password, ForceChangePassword, CustomerID, Domain,
		"blockSignIn", "accountEnabled", "accountStatus", "passwordHashFunction", "statusNow", "userType", "otherUserName",
	}
}

func (f field) String() string {
	if f < 0 || f >= fieldCount {
		return ""
	}
	return fieldNames()[f]
}

// title is the field's name in a sentence.
func (f field) title() string {
	return [fieldCount]string{
		"user principal name", "first name", "last name", "display name", "usage location", "immutable id",
		"password", "force-change-password cell", "customer", "domain",
		"block-sign-in cell", "account-enabled cell", "account status", "password hash function", "status", "user type", "user name",
	}[f]
}

// fieldOf finds a field by its name, which need not be written exactly.
func fieldOf(name string) field {
	name = foldHeader(name)
	for i, n := range fieldNames() {
		if foldHeader(n) == name {
			return field(i)
		}
	}
	return none
}

// record holds one row's cells by field, before any cleaning. gocsv fills it by
// the tags, which are the names of the fields.
type record struct {
	UserPrincipalName string `csv:"userPrincipalName"`
	FirstName         string `csv:"firstName"`
	LastName          string `csv:"lastName"`
	DisplayName       string `csv:"displayName"`
	UsageLocation     string `csv:"usageLocation"`
	ImmutableID       string `csv:"immutableId"`
	Password          string `csv:"password"`
	ForceChange       string `csv:"forceChangePassword"`
	CustomerID        string `csv:"customerId"`
	Domain            string `csv:"domain"`
	BlockSignIn       string `csv:"blockSignIn"`
	AccountEnabled    string `csv:"accountEnabled"`
	AccountStatus     string `csv:"accountStatus"`
	PasswordHash      string `csv:"passwordHashFunction"`
	StatusNow         string `csv:"statusNow"`
	UserType          string `csv:"userType"`
	OtherUserName     string `csv:"otherUserName"`
}

// at returns the place of a field's cell.
func (r *record) at(f field) *string {
	switch f {
	case userPrincipalName:
		return &r.UserPrincipalName
	case firstName:
		return &r.FirstName
	case lastName:
		return &r.LastName
	case displayName:
		return &r.DisplayName
	case usageLocation:
		return &r.UsageLocation
	case immutableID:
		return &r.ImmutableID
	case password:
		return &r.Password
	case forceChange:
		return &r.ForceChange
	case customerID:
		return &r.CustomerID
	case domain:
		return &r.Domain
	case blockSignIn:
		return &r.BlockSignIn
	case accountEnabled:
		return &r.AccountEnabled
	case accountStatus:
		return &r.AccountStatus
	case passwordHash:
		return &r.PasswordHash
	case statusNow:
		return &r.StatusNow
	case userType:
		return &r.UserType
	case otherUserName:
		return &r.OtherUserName
	}
	panic(fmt.Sprintf("roster: no field %d", f))
}
