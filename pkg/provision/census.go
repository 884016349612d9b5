package provision

import (
	"context"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/google/uuid"

	"muster/pkg/partner"
)

// census is who was in a tenant when it was listed: the ids of its users by a
// hash of their userPrincipalName, some forty bytes a user. Two names of one hash
// are taken for one, which among ten million happens three times in a million
// listings.
type census struct {
	ids      map[uint64]uuid.UUID
	domains  []string // of the names, the first of them
	nameless []string // the ids of users whose names cannot be read: they may have any
	unknown  int      // users of whom not even the id can be read
}

func nameHash(upn string) uint64 { return xxhash.Sum64String(strings.ToLower(upn)) }

// has reports whether somebody had the name. A nil census knows of nobody.
func (c *census) has(upn string) bool {
	if c == nil {
		return false
	}
	_, ok := c.ids[nameHash(upn)]
	return ok
}

// whole reports whether nobody has a name who is not counted under it. Those without
// one who were there before have another; a nil before knows of nobody.
func (c *census) whole(before *census) bool {
	if before == nil {
		before = &census{}
	}
	return c.unknown <= before.unknown && !slices.ContainsFunc(c.nameless, func(id string) bool { return !before.has(id) })
}

// id returns the id of the user with the name; "" if there is none, or if its id
// is no GUID.
func (c *census) id(upn string) string {
	id, ok := c.ids[nameHash(upn)]
	if !ok || id == uuid.Nil {
		return ""
	}
	return id.String()
}

// maxDomains bounds the domains that a census keeps; a tenant has seldom as many
// verified ones.
const maxDomains = 1000

// meet counts a user. Somebody without a name is known by the id.
func (c *census) meet(u partner.User) {
	id, _ := uuid.Parse(u.ID) // an id that is none is not worth an error here
	switch {
	case u.UserPrincipalName == "" && u.ID == "":
		c.unknown++
		return
	case u.UserPrincipalName == "":
		c.ids[nameHash(u.ID)] = id
		c.nameless = append(c.nameless, u.ID)
		return
	}
	c.ids[nameHash(u.UserPrincipalName)] = id
	_, domain, _ := strings.Cut(strings.ToLower(u.UserPrincipalName), "@")
	if !slices.Contains(c.domains, domain) && len(c.domains) < maxDomains {
		c.domains = append(c.domains, domain)
	}
}

// list reads all users of a tenant in one state. Each page is one paced request.
// wanted is called with every user, if it is not nil.
func (r *run) list(l *lane, state partner.State, wanted func(partner.User)) (*census, error) {
	c := &census{ids: map[uint64]uuid.UUID{}}
	var page partner.Page
	for {
		var users []partner.User
		var next partner.Page
		err := r.ask(l, "list users", func(ctx context.Context) (err error) {
			users, next, err = r.Directory.Users(ctx, l.tenant, state, page)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			c.meet(u)
			if wanted != nil {
				wanted(u)
			}
		}
		if next == (partner.Page{}) {
			return c, nil
		}
		page = next
	}
}
