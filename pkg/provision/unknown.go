package provision

import (
	"fmt"
	"strings"
	"time"

	"muster/pkg/ledger"
	"muster/pkg/partner"
)

// unknownUser is one whom the service says not to know, although the ledger has the id.
type unknownUser struct {
	entry ledger.Entry
	err   error // what it said
}

// doubt notes a user whom the service says not to know, where that is no proof.
func (u *undoing) doubt(e ledger.Entry, err error) error {
	u.handing.Lock()
	defer u.handing.Unlock()
	u.unknown = append(u.unknown, unknownUser{e, err})
	return nil
}

// lookAgain lists the tenant for those whom the service says not to know: a gateway may
// have answered in its place, and a directory learns of a new user with a delay. It
// returns those to be deleted once more: they are listed, or so new that the list may
// lack them. After [lag] that is over, counted from when the deleting began.
func (u *undoing) lookAgain(l *lane, began time.Time) ([]ledger.Entry, error) {
	unknown := u.unknown
	u.unknown = nil
	if len(unknown) == 0 {
		return nil, nil
	}
	listed := map[string]bool{} // by id
	for _, m := range unknown {
		listed[strings.ToLower(m.entry.Outcome.UserID)] = false
	}
	asked := time.Now()
	_, err := u.list(l, partner.Active, func(user partner.User) {
		id := strings.ToLower(user.ID)
		if _, wanted := listed[id]; wanted {
			listed[id] = true
		}
	})
	if err != nil { // the next undo finds out
		l.close(err)
	}
	var again []ledger.Entry
	for _, m := range unknown {
		there, late := listed[strings.ToLower(m.entry.Outcome.UserID)], asked.Sub(began) >= lag
		var failed error
		switch {
		case err != nil:
			failed = u.notDeleted(m.entry, err)
		case there && late:
			failed = u.stays(m.entry, fmt.Errorf("the list of users has this user, and yet: %w", m.err))
		case there, !late && asked.Sub(lastOf(m.entry)) < lag:
			again = append(again, m.entry)
		default:
			failed = u.deleted(outcomeOf(m.entry))
		}
		if failed != nil {
			return nil, failed
		}
	}
	return again, nil
}
