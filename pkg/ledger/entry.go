package ledger

import "github.com/google/uuid"

// Entry is what the ledger knows of one person: the last intent and its outcome.
type Entry struct {
	Intent      Intent  // zero where nothing was ever sent for the person
	Outcome     Outcome // its Status is Unknown where there is none yet
	Status      Status  // what to make of both
	Lost        bool    // see [Ledger.Lost]
	Unconfirmed bool    // see [Ledger.Unconfirmed]
}

// Key is that of the person.
func (e Entry) Key() Key {
	if e.Outcome.Key != (Key{}) {
		return e.Outcome.Key
	}
	return e.Intent.Key
}

// Request is the MS-RequestId of the person's last request; zero where there was
// none.
func (e Entry) Request() uuid.UUID {
	if e.Outcome.Request != uuid.Nil {
		return e.Outcome.Request
	}
	return e.Intent.Request
}

// Tenant is the GUID of the person's customer.
func (e Entry) Tenant() string {
	if e.Outcome.Tenant != "" {
		return e.Outcome.Tenant
	}
	return e.Intent.Tenant
}

// UPN is the userPrincipalName that the person was given.
func (e Entry) UPN() string {
	if e.Outcome.UPN != "" {
		return e.Outcome.UPN
	}
	return e.Intent.UPN
}
