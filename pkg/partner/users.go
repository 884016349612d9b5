package partner

import (
	"context"
	"errors"

	"muster/pkg/secret"
)

var errBuilding = errors.New("partner: being built")

// Page is a place in a list of users; zero is its beginning.
type Page struct{ path string }

// New checks the settings; nothing is sent.
func New(Config) (*Client, error) { return nil, errBuilding }

// CreateUser creates a user.
func (c *Client) CreateUser(ctx context.Context, tenant string, call Call, u NewUser) (User, error) {
	return User{}, errBuilding
}

// User reads one user.
func (c *Client) User(ctx context.Context, tenant, id string) (User, error) {
	return User{}, errBuilding
}

// Users reads one page of the users in a state.
func (c *Client) Users(ctx context.Context, tenant string, state State, page Page) ([]User, Page, error) {
	return nil, Page{}, errBuilding
}

// UpdateUser changes a user.
func (c *Client) UpdateUser(ctx context.Context, tenant, id string, ch Changes) error {
	return errBuilding
}

// ResetPassword sets a user's password.
func (c *Client) ResetPassword(ctx context.Context, tenant, id string, p secret.Text, forceChange bool) error {
	return errBuilding
}

// DeleteUser deletes a user, who can be restored for 30 days.
func (c *Client) DeleteUser(ctx context.Context, tenant, id string) error { return errBuilding }

// RestoreUser brings a deleted user back.
func (c *Client) RestoreUser(ctx context.Context, tenant, id string) error { return errBuilding }

// Customer reads a customer.
func (c *Client) Customer(ctx context.Context, tenant string) (Customer, error) {
	return Customer{}, errBuilding
}

// CustomerByDomain finds a customer.
func (c *Client) CustomerByDomain(ctx context.Context, domain string) (Customer, error) {
	return Customer{}, errBuilding
}

// Doubtful reports whether the operation may have been carried out.
func (e *Error) Doubtful() bool { return false }

// ConcernsCustomer reports whether no call for the same customer would succeed.
func (e *Error) ConcernsCustomer() bool { return false }

// ConcernsRun reports whether no call for any customer would succeed.
func (e *Error) ConcernsRun() bool { return false }

// Advice says in one sentence what to do, or nothing.
func (e *Error) Advice() string { return "" }
