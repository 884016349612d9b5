package provision

import (
	"encoding/binary"
	"fmt"
	"strings"

	"muster/pkg/ledger"
	"muster/pkg/roster"
)

// basis says what a person's key is made of. Keys of different bases never
// agree, so a file in which a column of ids or of userPrincipalNames comes or goes
// between two runs looks like a file of new people who all bear known names.
type basis uint8

const (
	byID basis = iota
	byUPN
	byNames
	bases int = iota
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
func basisIn(i *ledger.Intent) basis {
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

// brief is half of a key, which is enough to tell people apart where a mistake only
// costs a question.
func brief(k ledger.Key) uint64 { return binary.LittleEndian.Uint64(k[:]) }

// namesakes are the people whom earlier runs created, or perhaps did.
type namesakes struct {
	// names are those of each person with an immutableId or a given
	// userPrincipalName: the brief of the nameKey, by that of the key.
	names map[uint64]uint64
	// free says how many people of some names no row of the input is by its key, and
	// by what these are known. Its key is the brief of the nameKey.
	free map[uint64][bases]uint32
}

func newNamesakes() namesakes {
	return namesakes{map[uint64]uint64{}, map[uint64][bases]uint32{}}
}

func (n namesakes) add(i *ledger.Intent) {
	names, b := brief(nameKey(i.Tenant, i.FirstName, i.LastName, i.DisplayName)), basisIn(i)
	count := n.free[names]
	count[b]++
	n.free[names] = count
	if b != byNames {
		n.names[brief(i.Key)] = names
	}
}

// claim takes out a person whom a row of the input is.
func (n namesakes) claim(names uint64, b basis) {
	if count := n.free[names]; count[b] > 0 {
		count[b]--
		n.free[names] = count
	}
}

// meets reports whether a person who is new to the ledger may be one of those who are
// free: bears the names, and lacks, or has besides, what that one is known by. Two
// people who both have an id are two; two userPrincipalNames may be an old one and a
// new one.
func (n namesakes) meets(j *judged) bool {
	if len(n.free) == 0 {
		return false
	}
	p := &j.source.Person
	count := n.free[brief(nameKey(j.lane.key(), p.FirstName, p.LastName, p.DisplayName))]
	if basisOf(p) == byID {
		count[byID] = 0
	}
	return count != [bases]uint32{}
}

// recognise finds out by which names the ledger knows the person of a row, and warns
// where these are somebody else's.
func (r *run) recognise(j *judged) error {
	p := &j.source.Person
	if basisOf(p) == byNames {
		j.names = brief(j.key)
		return nil
	}
	var known bool
	j.names, known = r.namesakes.names[brief(j.key)]
	if !known || j.names == brief(nameKey(j.lane.key(), p.FirstName, p.LastName, p.DisplayName)) {
		return nil
	}
	for _, l := range append([]*ledger.Ledger{r.Ledger}, r.Siblings...) {
		i, err := l.Intent(j.key)
		if err != nil {
			return err
		}
		if i.DisplayName != "" && otherNames(p, &i) {
			j.warnings = append(j.warnings, renamed(p, &i))
		}
	}
	return nil
}

// otherNames reports whether a row has neither the first nor the last name that was
// sent for its person, nor the display name where it has only that. Who marries
// keeps one of them.
func otherNames(p *roster.Person, i *ledger.Intent) bool {
	same := func(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
	return !same(p.FirstName, i.FirstName) && !same(p.LastName, i.LastName) &&
		!same(p.FirstName, i.LastName) && !same(p.LastName, i.FirstName) && !same(p.DisplayName, i.DisplayName)
}

// renamed is the warning about a row whose person has other names in the ledger.
func renamed(p *roster.Person, i *ledger.Intent) roster.Problem {
	own := "a userPrincipalName"
	if basisOf(p) == byID {
		own = "an immutableId"
	}
	return roster.Problem{Code: "other_names",
		Message: fmt.Sprintf("the row is about %q, and an earlier run created the user for %q, who %s: either that was given to somebody else, or the person was renamed, and muster changes nobody's name",
			p.DisplayName, i.DisplayName, basisOf(p).shared()),
		Hint: "if it is somebody else, give the row " + own + " of its own, and a user is created; if the person was renamed, rename the user in the portal"}
}

// maybeKnown is what there is to say of a row that meets a namesake. To create that
// person might be to create the other one again, so it is left to whoever made the file
// to say who is who. A row that brings a name of its own says so much: it is sent, and
// this is a warning.
func maybeKnown(sent bool) roster.Problem {
	then, other := "perhaps this one is", "give the row a userPrincipalName of its own"
	if sent {
		then, other = "if this one is, it gets a second user", "there is nothing to do"
	}
	return roster.Problem{Code: "known_otherwise",
		Message: "an earlier run created a person of these names, with another immutableId or userPrincipalName than this row has, and no row of the input is that person: " + then,
		Hint:    "if it is the same person, write the row as it was in that run; if it is somebody else, " + other}
}
