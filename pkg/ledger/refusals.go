package ledger

import (
	"slices"
	"time"
)

// A refusal is no proof that there is no user: whatever is between us and the service
// may have answered in its place, after the request was carried out. So a refusal is
// unconfirmed until the tenant's users have been listed.

// Unconfirmed returns the people whose requests were refused by the last word of
// whoever answered, and who may be in the tenant all the same: nobody has looked.
func (l *Ledger) Unconfirmed() []Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []Key
	for k, s := range l.state {
		if s.unconfirmed {
			keys = append(keys, k)
		}
	}
	return keys
}

// Confirm records that the tenant lists none of these people, so that what was
// refused stays refused.
func (l *Ledger) Confirm(keys []Key) error {
	for some := range slices.Chunk(keys, keysInLine) {
		if err := l.append(confirmed{Type: typeConfirmed, Keys: some, At: time.Now()}); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.confirm(keys)
	return nil
}

// keysInLine is how many people one line tells of at most.
const keysInLine = 10_000

func (l *Ledger) confirm(keys []Key) {
	for _, k := range keys {
		s := l.state[k]
		s.unconfirmed = false
		l.state[k] = s
	}
}

// Doubt makes what became of an unconfirmed person Doubtful, until the ledger is
// closed or has an outcome: the tenant lists the user, or cannot be asked.
func (l *Ledger) Doubt(k Key) {
	l.count(k, func(s *state) { s.status, s.unconfirmed = Doubtful, false })
}
