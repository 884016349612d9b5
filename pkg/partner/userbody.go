package partner

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"muster/pkg/jsonobject"
)

// userBody is a user as it is sent. Empty fields are not. It holds the password in
// the clear: never print it.
type userBody struct {
	UsageLocation     string
	UserPrincipalName string
	FirstName         string
	LastName          string
	DisplayName       string
	ImmutableID       string
	Password          string
	ForceChange       bool // sent with a password only
	State             State
}

// encode returns the body, its members in the order of Microsoft's samples. The
// caller, net/http, keeps it for longer than the call that it is made for, so
// there is a new one for every request.
func (u userBody) encode() []byte {
	b := append(make([]byte, 0, 512), '{')
	b = appendSome(b, "usageLocation", u.UsageLocation)
	b = appendSome(b, "userPrincipalName", u.UserPrincipalName)
	b = appendSome(b, "firstName", u.FirstName)
	b = appendSome(b, "lastName", u.LastName)
	b = appendSome(b, "displayName", u.DisplayName)
	b = appendSome(b, "immutableId", u.ImmutableID)
	if u.Password != "" {
		b = append(jsonobject.AppendName(b, "passwordProfile"), '{')
		b = jsonobject.AppendMember(b, "password", u.Password)
		b = append(strconv.AppendBool(jsonobject.AppendName(b, "forceChangePassword"), u.ForceChange), '}')
	}
	b = appendSome(b, "state", string(u.State))
	return append(jsonobject.AppendName(b, "attributes"), `{"objectType":"CustomerUser"}}`...)
}

func appendSome(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return jsonobject.AppendMember(b, name, text)
}

// userAnswer is a user as it is read.
type userAnswer struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName"`
	FirstName         string `json:"firstName"`
	LastName          string `json:"lastName"`
	UsageLocation     string `json:"usageLocation"`
	ImmutableID       string `json:"immutableId"`
	State             string `json:"state"`
	SoftDeletionTime  string `json:"softDeletionTime"`
}

// decode reads an answer. One that is a whole object with an id and a name proves
// what it says, and is not looked at for mistakes elsewhere, which would take most
// of the time of reading it. Of any other, encoding/json says what is amiss.
func (a *userAnswer) decode(body []byte) error {
	if jsonobject.Walk(body, a.set) && a.ID != "" && a.UserPrincipalName != "" {
		return nil
	}
	*a = userAnswer{}
	return json.Unmarshal(body, a)
}

// listed is a user in a list.
type listed struct{ userAnswer }

// UnmarshalJSON leaves out what is not of the type that it should be, so that one odd
// user costs no list: of an item that is no object nothing is left.
func (u *listed) UnmarshalJSON(item []byte) error {
	_ = u.decode(item)
	return nil
}

// set takes one member; see [jsonobject.Walk].
func (a *userAnswer) set(name, value []byte) bool {
	var into *string
	switch string(name) {
	case "id":
		into = &a.ID
	case "userPrincipalName":
		into = &a.UserPrincipalName
	case "displayName":
		into = &a.DisplayName
	case "firstName":
		into = &a.FirstName
	case "lastName":
		into = &a.LastName
	case "usageLocation":
		into = &a.UsageLocation
	case "immutableId":
		into = &a.ImmutableID
	case "state":
		into = &a.State
	case "softDeletionTime":
		into = &a.SoftDeletionTime
	default:
		return true
	}
	text, ok := jsonobject.Text(value)
	*into = text
	return ok || string(value) == "null"
}

func (a *userAnswer) user() User {
	u := User{
		ID:                a.ID,
		UserPrincipalName: a.UserPrincipalName,
		DisplayName:       a.DisplayName,
		FirstName:         a.FirstName,
		LastName:          a.LastName,
		UsageLocation:     a.UsageLocation,
		ImmutableID:       a.ImmutableID,
		State:             State(strings.ToLower(a.State)),
	}
	if a.SoftDeletionTime != "" {
		u.SoftDeletionTime, _ = time.Parse(time.RFC3339, a.SoftDeletionTime) // zero where it is none
	}
	if u.State == "" && a.SoftDeletionTime != "" {
		u.State = Inactive
	} else if u.State == "" {
		u.State = Active
	}
	return u
}
