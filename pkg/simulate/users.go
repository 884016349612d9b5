package simulate

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// userInput is a user in a request. Names match without regard to case; null
// and absent mean "not supplied"; unknown members are ignored.
type userInput struct {
	UserPrincipalName *string
	FirstName         *string
	LastName          *string
	DisplayName       *string
	UsageLocation     *string
	ImmutableID       *string
	PhoneNumber       *string
	State             *string
	PasswordProfile   *struct {
		Password            *string
		ForceChangePassword bool
	}
}

// wireUser is a user in an answer, in the member order of captured ones.
type wireUser struct {
	UsageLocation     string        `json:"usageLocation,omitempty"`
	ID                string        `json:"id"`
	UserPrincipalName string        `json:"userPrincipalName"`
	FirstName         string        `json:"firstName,omitempty"`
	LastName          string        `json:"lastName,omitempty"`
	DisplayName       string        `json:"displayName"`
	ImmutableID       string        `json:"immutableId,omitempty"`
	PhoneNumber       string        `json:"phoneNumber,omitempty"`
	PasswordProfile   *wirePassword `json:"passwordProfile,omitempty"`
	UserDomainType    string        `json:"userDomainType"`
	State             string        `json:"state"`
	SoftDeletionTime  string        `json:"softDeletionTime,omitempty"`
	Links             links         `json:"links"`
	Attributes        attributes    `json:"attributes"`
}

type wirePassword struct {
	Password            string `json:"password"`
	ForceChangePassword bool   `json:"forceChangePassword"`
}

// shownUser is a record as a body. It is encoded when it is sent, so that
// answers kept for replay are small.
type shownUser struct {
	record       *record
	customer     string
	withPassword bool
	reset        bool // forceChangePassword shows as false, as in the documented answer to a reset
}

// MarshalJSON implements [json.Marshaler].
func (u shownUser) MarshalJSON() ([]byte, error) { return encode(u.wire()), nil }

func (u shownUser) wire() wireUser {
	r := u.record
	id := r.id.String()
	w := wireUser{
		UsageLocation: r.usageLocation, ID: id, UserPrincipalName: r.upn, FirstName: r.firstName, LastName: r.lastName,
		DisplayName: r.displayName, ImmutableID: r.immutableID, PhoneNumber: r.phone,
		UserDomainType: "none", State: "active",
		Links: links{Self: link("/customers/" + u.customer + "/users/" + id)}, Attributes: attributes{ObjectType: "CustomerUser"},
	}
	if u.withPassword {
		w.PasswordProfile = &wirePassword{r.password, r.forceChange && !u.reset}
	}
	if !r.deleted.IsZero() {
		w.State, w.SoftDeletionTime = "inactive", r.deleted.UTC().Format(time.RFC3339)
	}
	return w
}

// once carries a write out, or repeats the answer it had the first time.
func (s *Service) once(c *call, write func(*call, time.Time) answer) answer {
	if c.badInput != nil {
		return refuse(&apiError{http.StatusBadRequest, 800002, "The request input is invalid: the body is no JSON object of the expected form.", nil, sourceGateway})
	}
	d := c.customer.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	repeats := s.scenario.Repeats
	if repeats.Ignore {
		return write(c, now)
	}
	key := writeKey{c.Op, uuid.MustParse(c.RequestID)}
	if first, known := d.answers[key]; known && (repeats.For == 0 || now.Sub(first.at) < repeats.For) {
		c.Replayed = true
		return first.answer
	}
	a := write(c, now)
	d.answers[key] = settled{a, now}
	return a
}

func (s *Service) createUser(c *call, now time.Time) answer {
	in := c.input
	broken := c.customer.checkNew(in)
	if len(broken) > 0 {
		return refuse(invalid(broken))
	}
	d := c.customer.directory
	if d.taken(value(in.UserPrincipalName), uuid.Nil) {
		return refuse(s.duplicate(value(in.UserPrincipalName)))
	}
	r := &record{request: uuid.MustParse(c.RequestID), created: now}
	r.apply(in)
	d.add(r)
	c.Committed = true
	return answer{status: s.createStatus(), body: shownUser{record: r, customer: c.customer.ID, withPassword: true}}
}

func (s *Service) createStatus() int {
	if s.scenario.Dialect.CreateStatus != 0 {
		return s.scenario.Dialect.CreateStatus
	}
	return http.StatusCreated
}

// updateUser serves changes, password resets and restores, also all in one.
func (s *Service) updateUser(c *call, now time.Time) answer {
	if status := s.scenario.Dialect.ResetPathStatus; c.Op == ResetPassword && status != 0 {
		return refuse(&apiError{status, 1000, "The resource was not found.", nil, sourceGateway})
	}
	old, refusal := s.findUser(c, now)
	if refusal != nil {
		return refuse(refusal)
	}
	in := c.input
	restore := in.State != nil && strings.EqualFold(*in.State, "active")
	if !old.deleted.IsZero() && !restore {
		return refuse(s.missingUser(c))
	}
	if broken := c.customer.checkChange(in, c.Op, old.upn); len(broken) > 0 {
		return refuse(invalid(broken))
	}
	changed := *old
	changed.apply(in)
	if restore {
		changed.deleted = time.Time{}
	}
	d := c.customer.directory
	if d.taken(changed.upn, old.id) {
		return refuse(s.duplicate(changed.upn))
	}
	d.replace(old, &changed)
	c.Committed = true
	reset := in.PasswordProfile != nil
	return answer{status: http.StatusOK, body: shownUser{&changed, c.customer.ID, reset, reset}}
}

// deleteUser deletes softly.
func (s *Service) deleteUser(c *call, now time.Time) answer {
	old, refusal := s.findUser(c, now)
	if refusal != nil {
		return refuse(refusal)
	}
	if !old.deleted.IsZero() {
		return refuse(s.missingUser(c))
	}
	deleted := *old
	deleted.deleted = now
	c.customer.directory.replace(old, &deleted)
	c.Committed = true
	return answer{status: http.StatusNoContent}
}

func (s *Service) getUser(c *call) answer {
	d := c.customer.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	r, refusal := s.findUser(c, now)
	if refusal != nil {
		return refuse(refusal)
	}
	if !r.deleted.IsZero() || now.Sub(r.created) < s.scenario.ReadLag {
		return refuse(s.missingUser(c))
	}
	return answer{status: http.StatusOK, body: shownUser{record: r, customer: c.customer.ID}}
}

// findUser returns the user of the path, active or deleted.
func (s *Service) findUser(c *call, now time.Time) (*record, *apiError) {
	id, ok := guid(c.place.user)
	if !ok {
		return nil, badArgument("The user id is not a valid GUID.")
	}
	r, known := c.customer.directory.find(id, now)
	if !known {
		return nil, s.missingUser(c)
	}
	return r, nil
}

func (s *Service) missingUser(c *call) *apiError {
	return s.scenario.Dialect.MissingUser.or(http.StatusNotFound, 60002).
		error("The user '"+c.place.user+"' could not be found.", "UserNotFoundException : "+c.place.user)
}

func (s *Service) duplicate(upn string) *apiError {
	return s.scenario.Dialect.Duplicate.or(http.StatusConflict, 3000).
		error("Another object with the same value for property 'userPrincipalName' already exists.",
			"UserAlreadyExistsException : ObjectConflict : "+upn)
}

// apply takes over what the input supplies.
func (r *record) apply(in userInput) {
	for _, f := range []struct {
		to   *string
		from *string
	}{
		{&r.upn, in.UserPrincipalName}, {&r.displayName, in.DisplayName},
		{&r.firstName, in.FirstName}, {&r.lastName, in.LastName},
		{&r.usageLocation, in.UsageLocation}, {&r.immutableID, in.ImmutableID}, {&r.phone, in.PhoneNumber},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if p := in.PasswordProfile; p != nil {
		r.password, r.forceChange = value(p.Password), p.ForceChangePassword
	}
}

// invalid is the answer to a body that breaks rules.
func invalid(broken []violation) *apiError {
	e := &apiError{http.StatusBadRequest, 3000, "", nil, sourceDirectory}
	for _, v := range broken {
		e.data = append(e.data, v.class+" : "+v.property+" : "+v.message)
	}
	e.description = fmt.Sprintf("The property '%s' isn't valid: %s", broken[0].property, broken[0].message)
	return e
}

func badArgument(description string) *apiError {
	return &apiError{http.StatusBadRequest, 2000, description, nil, sourceGateway}
}

// value is the string or, if there is none, the empty one.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// guid parses the plain form of a GUID only.
func guid(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && len(s) == 36
}
