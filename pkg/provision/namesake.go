package provision

import (
	"muster/pkg/ledger"
	"muster/pkg/roster"
)

// basis says what a person's key is made of. Keys of different bases never
// agree, so a file in which people get an immutableId between two runs, or lose
// it, looks like a file of new people who all bear known names.
type basis uint8

const (
	byID basis = 1 << iota
	byUPN
	byNames
)

func basisOf(p *roster.Person) basis {
	switch {
	case p.ImmutableID != "":
		return byID
	case p.UserPrincipalName != "":
		return byUPN
	}
	return byNames
}

// shared says in words what two rows of one key have in common.
func (b basis) shared() string {
	switch b {
	case byID:
		return "has the same immutableId"
	case byUPN:
		return "has the same userPrincipalName"
	}
	return "has the same names"
}

// basisIn is the basis of the key that the ledger has for a person.
func basisIn(e *ledger.Entry) basis {
	i := &e.Intent
	id := roster.Person{ImmutableID: i.ImmutableID}
	switch i.Key {
	case ledger.KeyOf(i.Tenant, id.Identity()):
		return byID
	case nameKey(i.Tenant, i.FirstName, i.LastName, i.DisplayName):
		return byNames
	}
	return byUPN
}

// nameKey is the key that a person would have who is known by names only.
func nameKey(tenant, first, last, display string) ledger.Key {
	p := roster.Person{FirstName: first, LastName: last, DisplayName: display}
	return ledger.KeyOf(tenant, p.Identity())
}

// namesakes are the people of the ledger by their names: on what bases it knows
// people of these names.
//
// Only ids that come or go are looked at. Somebody who has a userPrincipalName in
// one run and none in the next is rare, and people of one name who are told apart
// by it are not.
type namesakes map[ledger.Key]basis

func (n namesakes) add(e *ledger.Entry) {
	if i := &e.Intent; i.DisplayName != "" {
		n[nameKey(i.Tenant, i.FirstName, i.LastName, i.DisplayName)] |= basisIn(e)
	}
}

// meets reports whether a person who is new to the ledger bears the names of
// somebody whom it knows with an id, and has none, or the other way round. To create that person might be to
// create the other one again; so it is left to whoever made the file to say who
// is who.
func (n namesakes) meets(j *judged) bool {
	if len(n) == 0 {
		return false
	}
	p := &j.source.Person
	known := n[nameKey(j.lane.key(), p.FirstName, p.LastName, p.DisplayName)]
	switch basisOf(p) {
	case byID:
		return known == byNames
	case byNames:
		return known == byID
	}
	return false
}
