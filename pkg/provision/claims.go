package provision

import (
	"sync"

	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/upn"
)

// claims are the ids of the users that this ledger created, some twenty bytes a
// user. A service that answers two creates with one id is wrong about one of the
// two at least, and an undo would go by that id.
type claims struct {
	mu  sync.Mutex
	ids *upn.Names // a set of hashes of texts, whatever these are
}

func newClaims() *claims { return &claims{ids: upn.NewNames()} }

// take reports whether the id was nobody's so far. The list of a tenant may leave
// ids out; there is nothing to be said against none.
func (c *claims) take(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return id == "" || c.ids.Reserve(id)
}

// disputed is the error of a create that was answered with the id of another user.
func disputed(u partner.User) *partner.Error {
	return &partner.Error{Op: "create user", Kind: partner.Garbled, Trace: u.Trace,
		Description: "the answer has the id of another user whom this ledger created", Data: []string{u.ID}}
}

// dispute settles a row of whose user even the list says that it has the id of
// another one: it stays in doubt, and the next run asks again.
func (r *run) dispute(j *job, u partner.User) error {
	o := j.outcome(ledger.Failed)
	refusal(&o, disputed(u))
	o.Doubt, o.Code = true, "disputed_id"
	o.Hint = "look at both users in the portal; run again when the service tells them apart"
	return r.failed(o)
}
