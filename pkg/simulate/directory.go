package simulate

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// restorable is how long a deleted user can be restored: "Restore a deleted
// user for a customer" in the Partner Center documentation.
const restorable = 30 * 24 * time.Hour

// record is one state of a user. It never changes: an update puts a new record
// in its place, so that an answer kept for replay stays what it was.
type record struct {
	id, request         uuid.UUID
	upn                 string
	firstName, lastName string
	displayName         string
	usageLocation       string
	immutableID, phone  string
	password            string
	forceChange         bool
	created             time.Time
	deleted             time.Time // zero = active
}

// directory holds the users of a customer.
type directory struct {
	mu      sync.Mutex
	seed    uint64
	records []*record            // in order of creation
	byID    map[uuid.UUID]int32  // place in records
	active  map[string]int32     // the same, by user principal name in lower case
	answers map[writeKey]settled // to writes, by MS-RequestId
}

// writeKey names a write so that a repeat is known for one.
type writeKey struct {
	op      Op
	request uuid.UUID
}

// settled is the answer to a write.
type settled struct {
	answer answer
	at     time.Time
}

func newDirectory(seed uint64) *directory {
	return &directory{
		seed:    seed,
		byID:    make(map[uuid.UUID]int32),
		active:  make(map[string]int32),
		answers: make(map[writeKey]settled),
	}
}

// add stores a new user, whose name must be free, under a new id if it has none.
func (d *directory) add(r *record) {
	name := strings.ToLower(r.upn)
	if r.id == uuid.Nil {
		r.id = d.newID(name)
	}
	place := int32(len(d.records))
	d.records = append(d.records, r)
	d.byID[r.id] = place
	if r.deleted.IsZero() {
		d.active[name] = place
	}
}

// newID makes the id of a user from its name and from how many had it before,
// so that it does not depend on the order of concurrent creates.
func (d *directory) newID(name string) uuid.UUID {
	for n := uint64(0); ; n++ {
		text := binary.BigEndian.AppendUint64(nil, d.seed)
		text = binary.BigEndian.AppendUint64(text, n)
		sum := sha256.Sum256(append(text, name...))
		id := asVersion4(uuid.UUID(sum[:16]))
		if _, taken := d.byID[id]; !taken {
			return id
		}
	}
}

// find returns a user that is not purged.
func (d *directory) find(id uuid.UUID, now time.Time) (*record, bool) {
	place, known := d.byID[id]
	if !known || d.records[place].purged(now) {
		return nil, false
	}
	return d.records[place], true
}

// taken reports whether an active user other than id has the name.
func (d *directory) taken(upn string, id uuid.UUID) bool {
	place, known := d.active[strings.ToLower(upn)]
	return known && d.records[place].id != id
}

// replace puts a new state in the place of an old one.
func (d *directory) replace(old, new *record) {
	place := d.byID[old.id]
	d.records[place] = new
	if old.deleted.IsZero() {
		delete(d.active, strings.ToLower(old.upn))
	}
	if new.deleted.IsZero() {
		d.active[strings.ToLower(new.upn)] = place
	}
}

// page returns at most size users from the given place on that are listed now,
// and the place of the next one, or -1 if there is none. Size 0 means all.
func (d *directory) page(from, size int, deleted bool, now time.Time, lag time.Duration) (found []*record, next int) {
	for place := max(from, 0); place < len(d.records); place++ {
		r := d.records[place]
		if r.deleted.IsZero() == deleted || r.purged(now) || now.Sub(r.created) < lag {
			continue
		}
		if size > 0 && len(found) == size {
			return found, place
		}
		found = append(found, r)
	}
	return found, -1
}

func (r *record) purged(now time.Time) bool {
	return !r.deleted.IsZero() && now.Sub(r.deleted) >= restorable
}

// Users returns the users of a customer, by tenant GUID, deleted ones
// included, in order of creation. Purged ones are gone.
func (s *Service) Users(tenant string) []User {
	c := s.byID[strings.ToLower(tenant)]
	if c == nil {
		return nil
	}
	d := c.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	users := make([]User, 0, len(d.records))
	now := time.Now()
	for _, r := range d.records {
		if !r.purged(now) {
			users = append(users, r.user())
		}
	}
	return users
}

func (r *record) user() User {
	u := User{
		ID: r.id.String(), UserPrincipalName: r.upn, FirstName: r.firstName, LastName: r.lastName,
		DisplayName: r.displayName, UsageLocation: r.usageLocation, ImmutableID: r.immutableID, PhoneNumber: r.phone,
		Password: r.password, ForceChangePassword: r.forceChange, Created: r.created, Deleted: r.deleted,
	}
	if r.request != uuid.Nil {
		u.RequestID = r.request.String()
	}
	return u
}

// newRecord is the opposite of user. An id that is no GUID counts as none.
func newRecord(u User) *record {
	id, _ := uuid.Parse(u.ID)
	request, _ := uuid.Parse(u.RequestID)
	return &record{
		id: id, request: request, upn: u.UserPrincipalName, firstName: u.FirstName, lastName: u.LastName,
		displayName: u.DisplayName, usageLocation: u.UsageLocation, immutableID: u.ImmutableID, phone: u.PhoneNumber,
		password: u.Password, forceChange: u.ForceChangePassword, created: u.Created, deleted: u.Deleted,
	}
}
