package provision

import (
	"strings"

	"muster/pkg/ledger"
	"muster/pkg/roster"
)

// aliases are the people who are in the ledger under another key than their rows
// have, and yet are the same: they bear the names and the userPrincipalName. So it is
// when the names that muster generated are copied from its results into the input.
type aliases struct {
	byName map[uint64]ledger.Key // people of the ledger, by nameHash; nil until somebody asks
	keys   map[uint64]ledger.Key // in the ledger, by the hash of the row's own key; see run.hash
	rows   map[ledger.Key]uint32 // which row it is, by the key in the ledger
}

// keyIn is the key by which the ledger knows the person of a surveyed row.
func (r *run) keyIn(l *lane, identity string, m *mark) ledger.Key {
	if key, ok := r.aliases.keys[m.hash]; ok {
		return key
	}
	return r.keyOf(l, identity)
}

// alias finds the person of the ledger who has the userPrincipalName that a row
// gives, and makes the row's key that one's, if it is the same person and no row
// before is.
func (r *run) alias(j *judged) (bool, error) {
	if r.Ledger == nil || !j.mine {
		return false, nil
	}
	if err := r.indexNames(); err != nil {
		return false, err
	}
	key, ok := r.aliases.byName[nameHash(j.given)]
	if !ok || r.aliases.rows[key] != 0 {
		return false, nil
	}
	i, err := r.Ledger.Intent(key)
	if err != nil {
		return false, err
	}
	p := &j.source.Person
	names := nameKey(j.lane.key(), p.FirstName, p.LastName, p.DisplayName)
	known := roster.Person{ImmutableID: i.ImmutableID, FirstName: p.FirstName, LastName: p.LastName, DisplayName: p.DisplayName}
	switch {
	case i.DisplayName == "" && key != names, // of somebody who existed only the names' key tells the names
		i.DisplayName != "" && nameKey(i.Tenant, i.FirstName, i.LastName, i.DisplayName) != names,
		i.ImmutableID != "" && p.ImmutableID != "" && i.ImmutableID != p.ImmutableID:
		return false, nil
	}
	for _, given := range []string{"", j.given, j.given[:strings.Index(j.given, "@")]} {
		if known.UserPrincipalName = given; r.marks.find(r.hash(j.lane.key(), known.Identity())) {
			return false, nil // an earlier row is that person by its own key
		}
	}
	r.aliases.keys[j.hash], r.aliases.rows[key] = key, uint32(j.source.N)
	j.key = key
	if i.DisplayName != "" {
		r.namesakes.claim(brief(names), basisIn(&i))
	}
	return true, nil
}

// indexNames reads whom the ledger gave which name, when that is first asked for.
func (r *run) indexNames() error {
	if r.aliases.byName != nil {
		return nil
	}
	r.aliases = aliases{map[uint64]ledger.Key{}, map[uint64]ledger.Key{}, map[ledger.Key]uint32{}}
	for e, err := range r.Ledger.Entries() {
		if err != nil {
			return err
		}
		if r.keeps(e.Status) {
			r.aliases.byName[nameHash(e.UPN())] = e.Key()
		}
	}
	return nil
}
