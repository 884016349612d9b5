package partner

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"muster/pkg/jsonobject"
	"muster/pkg/secret"
)

// NewUser is a user to be created. UserPrincipalName, DisplayName and Password
// are required by the service; empty fields are not sent.
type NewUser struct {
	UserPrincipalName string
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string // ISO 3166-1 alpha-2
	ImmutableID       string
	Password          secret.Text
	// ForceChangePassword makes the user choose a password at the first sign-in.
	ForceChangePassword bool
}

// Changes are the fields of a user to be changed; empty ones stay as they are.
type Changes struct {
	UserPrincipalName string
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string // ISO 3166-1 alpha-2
}

// User is a user as the service describes it. The password that the service
// echoes is never read.
type User struct {
	ID                string // the object id; empty only in a list, where the service leaves it out
	UserPrincipalName string // for a deleted user, the one it had; empty only where it cannot be read
	DisplayName       string
	FirstName         string
	LastName          string
	UsageLocation     string
	ImmutableID       string
	State             State
	// SoftDeletionTime is when the user was deleted, which leaves 30 days to
	// restore it; zero for an active user and where the service does not say.
	SoftDeletionTime time.Time
	// Trace is that of the exchange; it is empty in the users of a list.
	Trace Trace
}

// State tells a user from a deleted one.
type State string

// The states of a user.
const (
	Active   State = "active"
	Inactive State = "inactive" // deleted, for 30 days
)

// CreateUser creates a user. It succeeds with any 2xx answer that holds the new
// user's id: Microsoft documents both 200 and 201. An answer without an id, or
// with another user's name, is [Garbled].
func (c *Client) CreateUser(ctx context.Context, tenant string, call Call, u NewUser) (User, error) {
	r := request{
		op: opCreate, method: http.MethodPost, path: usersOf(tenant), call: call, hidden: u.Password,
		body: userBody{
			UsageLocation:     u.UsageLocation,
			UserPrincipalName: u.UserPrincipalName,
			FirstName:         u.FirstName,
			LastName:          u.LastName,
			DisplayName:       u.DisplayName,
			ImmutableID:       u.ImmutableID,
			Password:          u.Password.Reveal(),
			ForceChange:       u.ForceChangePassword,
		}.encode(),
	}
	found, err := c.do(ctx, r)
	if err != nil {
		return User{}, err
	}
	user, err := r.userIn(found)
	if err != nil {
		return User{}, err
	}
	if name := user.UserPrincipalName; name != "" && !strings.EqualFold(name, u.UserPrincipalName) {
		return User{}, r.garbled(found, "the answer speaks of another user")
	}
	return user, nil
}

// User reads one user. One that is deleted or never was is [NotFound].
func (c *Client) User(ctx context.Context, tenant, id string) (User, error) {
	r := request{op: opGet, method: http.MethodGet, path: append(usersOf(tenant), id)}
	found, err := c.do(ctx, r)
	if err != nil {
		return User{}, err
	}
	user, err := r.userIn(found)
	if err == nil && !strings.EqualFold(user.ID, id) {
		return User{}, r.garbled(found, "the answer speaks of another user")
	}
	return user, err
}

// UpdateUser changes the fields that are set in ch.
func (c *Client) UpdateUser(ctx context.Context, tenant, id string, ch Changes) error {
	return c.change(ctx, request{
		op: opUpdate, method: http.MethodPatch, path: append(usersOf(tenant), id),
		body: userBody{
			UsageLocation:     ch.UsageLocation,
			UserPrincipalName: ch.UserPrincipalName,
			FirstName:         ch.FirstName,
			LastName:          ch.LastName,
			DisplayName:       ch.DisplayName,
		}.encode(),
	})
}

// The paths of a password reset.
const (
	resetUnknown int32 = iota
	resetSuffix        // PATCH …/users/{id}/resetpassword
	resetPlain         // PATCH …/users/{id}
)

// ResetPassword sets a user's password.
//
// Microsoft's current page has a path of its own for it,
// …/users/{id}/resetpassword; the pages of 2021 and the SDKs send a plain update.
// The client tries the new path first. If it is not there, it sends the update,
// a second exchange, and remembers for its further calls which of the two
// worked. A 404 with a code for a missing user or customer speaks of that and
// not of the path.
func (c *Client) ResetPassword(ctx context.Context, tenant, id string, p secret.Text, forceChange bool) error {
	user := append(usersOf(tenant), id)
	r := request{
		op: opReset, method: http.MethodPatch, path: append(user, "resetpassword"), hidden: p,
		body: userBody{Password: p.Reveal(), ForceChange: forceChange}.encode(),
	}
	known := c.reset.Load()
	if known != resetPlain {
		err := c.change(ctx, r)
		if err == nil {
			c.reset.CompareAndSwap(resetUnknown, resetSuffix)
		}
		if known == resetSuffix || !pathIsMissing(err) {
			return err
		}
	}
	r.path = user
	if known != resetPlain {
		if failure := r.waitForTurn(ctx, nil); failure != nil {
			return failure
		}
	}
	err := c.change(ctx, r)
	if err == nil {
		c.reset.CompareAndSwap(resetUnknown, resetPlain)
	}
	return err
}

// pathIsMissing reports whether the service does not know the path, as opposed
// to what the path names.
func pathIsMissing(err error) bool {
	e, ok := err.(*Error)
	if !ok || e.Status != http.StatusNotFound && e.Status != http.StatusMethodNotAllowed {
		return false
	}
	return e.Code != "60002" && e.Code != "60003" && e.Code != "3000"
}

// DeleteUser deletes a user, who can be restored for 30 days. A user who is not
// there is [NotFound]: for most callers a success.
func (c *Client) DeleteUser(ctx context.Context, tenant, id string) error {
	return c.change(ctx, request{op: opDelete, method: http.MethodDelete, path: append(usersOf(tenant), id)})
}

// RestoreUser brings a user back who was deleted in the last 30 days.
func (c *Client) RestoreUser(ctx context.Context, tenant, id string) error {
	return c.change(ctx, request{
		op: opRestore, method: http.MethodPatch, path: append(usersOf(tenant), id),
		body: userBody{State: Active}.encode(),
	})
}

// change carries out an operation whose answer tells nothing but its success:
// nothing, or a JSON object that is no fault. What it says of the user is not
// to be trusted (Microsoft's own sample contradicts its request).
func (c *Client) change(ctx context.Context, r request) error {
	found, err := c.do(ctx, r)
	if err != nil || len(strings.TrimSpace(string(found.body))) == 0 {
		return err
	}
	var object struct {
		Code        json.RawMessage `json:"code"`
		Description json.RawMessage `json:"description"`
	}
	if json.Unmarshal(found.body, &object) != nil {
		return r.unreadable(found)
	}
	if object.Code != nil || object.Description != nil {
		return r.garbled(found, "the answer is a success that describes a fault")
	}
	// To a DELETE there is no body. An empty object may be what a broken answer to another
	// request left on the connection, and is no proof that the user is gone.
	if r.method == http.MethodDelete && jsonobject.Walk(found.body, func(_, _ []byte) bool { return false }) {
		return r.garbled(found, "the answer is an empty object")
	}
	return nil
}

// userIn reads the user in an answer; it must have an id.
func (r *request) userIn(found answer) (User, error) {
	var read userAnswer
	if read.decode(found.body) != nil {
		return User{}, r.unreadable(found)
	}
	if !isID(read.ID) || strings.Contains(read.ID, r.hidden.Reveal()) && !r.hidden.Empty() {
		return User{}, r.garbled(found, "the answer has no user id")
	}
	user := read.user()
	user.Trace = found.trace
	return user, nil
}

// unreadable is the error of a success whose body is not what it should be.
func (r *request) unreadable(found answer) *Error {
	why := "the answer is not the JSON it should be"
	switch {
	case len(found.body) == 0:
		why = "the answer is empty"
	case isHTML(found.body):
		why = "the answer is an HTML page"
	}
	return r.garbled(found, why)
}

// isID reports whether an id can be one: the service uses GUIDs, and what is
// long or has spaces or control characters would spoil a path or a file.
func isID(id string) bool {
	return id != "" && len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// usersOf returns the path of a customer's users. A GUID is sent plain, without
// the braces that it may have been given with.
func usersOf(tenant string) []string {
	path := make([]string, 0, 5)
	return append(path, "customers", plainGUID(tenant), "users")
}

func plainGUID(tenant string) string {
	id, err := uuid.Parse(tenant)
	switch {
	case err != nil:
		return tenant
	case len(tenant) == len(uuid.Nil.String()):
		return strings.ToLower(tenant)
	}
	return id.String()
}
