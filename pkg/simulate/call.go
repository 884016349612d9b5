package simulate

import (
	"encoding/json"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// bodyLimit bounds what is read of a request.
const bodyLimit = 1 << 20

// call is a request on its way through the service.
type call struct {
	Request
	http     *http.Request
	query    url.Values // names in lower case
	form     url.Values // of sign-in requests
	place    place
	input    userInput // of requests with a user in the body
	badInput error
	bearer   string
	customer *customer
	random   *rand.Rand
	latency  time.Duration
	fault    Fault
	refusal  *refusal // by a quota; nil = none
}

// place is where a path leads.
type place struct {
	tenant, user, domain string
	versioned            bool   // a v2.0 sign-in endpoint
	allow                string // methods there, if not the one asked for
}

// routes are the paths served, in lower case, and what each method does there.
var routes = []struct {
	path string
	ops  map[string]Op
}{
	{"v1/customers", map[string]Op{"GET": ListCustomers}},
	{"v1/customers/{tenant}", map[string]Op{"GET": GetCustomer}},
	{"v1/customers/{tenant}/profiles/company", map[string]Op{"GET": CompanyProfile}},
	{"v1/customers/{tenant}/users", map[string]Op{"GET": ListUsers, "POST": CreateUser}},
	{"v1/customers/{tenant}/users/{user}", map[string]Op{"GET": GetUser, "PATCH": UpdateUser, "DELETE": DeleteUser}},
	{"v1/customers/{tenant}/users/{user}/resetpassword", map[string]Op{"PATCH": ResetPassword}},
	{"v1/domains/{domain}", map[string]Op{"HEAD": HeadDomain}},
	{"{partner}/oauth2/token", map[string]Op{"POST": Token}},
	{"{partner}/oauth2/v2.0/token", map[string]Op{"POST": Token}},
	{"{partner}/oauth2/v2.0/devicecode", map[string]Op{"POST": DeviceCode}},
}

// receive reads a request and draws its fate.
func (s *Service) receive(r *http.Request) *call {
	c := &call{http: r}
	c.Time = time.Now()
	c.Method, c.Path = r.Method, r.URL.Path
	c.Op, c.place = route(r.Method, r.URL.Path)
	c.Tenant = c.place.tenant
	c.query = lowerNames(r.URL.Query())
	c.readBody()
	c.bearer = bearer(r.Header.Get("Authorization"))

	c.N, c.Attempt = s.log.arrive(c.fingerprint(0))
	c.random = rand.New(rand.NewPCG(s.scenario.Seed, c.fingerprint(c.Attempt)))
	c.RequestID = c.headerID("MS-RequestId")
	c.CorrelationID = c.headerID("MS-CorrelationId")
	c.latency = s.scenario.Latency.draw(c.random)
	c.fault = s.drawFault(c)
	c.Mishap = c.fault.Mishap
	c.Early = s.quotas.early(c)
	return c
}

// route finds the operation of a path, which may differ in case and end in a slash.
func route(method, path string) (Op, place) {
	segments := strings.Split(strings.Trim(strings.ToLower(path), "/"), "/")
	for _, candidate := range routes {
		p, matches := match(strings.Split(candidate.path, "/"), segments)
		if !matches {
			continue
		}
		op, known := candidate.ops[method]
		if !known {
			p.allow = strings.Join(slices.Sorted(maps.Keys(candidate.ops)), ", ")
		}
		return op, p
	}
	return NoOp, place{}
}

func match(pattern, segments []string) (place, bool) {
	var p place
	if len(pattern) != len(segments) {
		return p, false
	}
	for i, want := range pattern {
		switch want {
		case "{tenant}":
			p.tenant = segments[i]
		case "{user}":
			p.user = segments[i]
		case "{domain}":
			p.domain = segments[i]
		case "{partner}":
			p.tenant = "" // the partner's: no customer
		case segments[i]:
			p.versioned = p.versioned || want == "v2.0"
		default:
			return place{}, false
		}
	}
	return p, true
}

func (c *call) readBody() {
	text, err := io.ReadAll(io.LimitReader(c.http.Body, bodyLimit))
	switch c.Op {
	case CreateUser, UpdateUser, ResetPassword:
		if err == nil {
			err = json.Unmarshal(text, &c.input)
		}
		c.badInput = err
		c.UPN = value(c.input.UserPrincipalName)
	case Token, DeviceCode:
		c.form, _ = url.ParseQuery(string(text)) // a bad form lacks its fields, and is refused for it
	}
}

// fingerprint identifies what the request is, so that its fate does not
// depend on which of several concurrent requests came first.
func (c *call) fingerprint(attempt int) uint64 {
	h := fnv.New64a()
	for _, part := range []string{c.Method, c.Path, strings.ToLower(c.UPN), c.query.Get("seekoperation")} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write([]byte{byte(attempt), byte(attempt >> 8), byte(attempt >> 16), byte(attempt >> 24)})
	return h.Sum64()
}

// headerID returns a GUID header, or a new GUID where it is missing or none.
func (c *call) headerID(name string) string {
	if id, err := uuid.Parse(c.http.Header.Get(name)); err == nil {
		return id.String()
	}
	return randomID(c.random).String()
}

func randomID(r *rand.Rand) uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return asVersion4(id)
}

// asVersion4 marks 16 bytes as a random GUID.
func asVersion4(id uuid.UUID) uuid.UUID {
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func bearer(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func lowerNames(values url.Values) url.Values {
	lower := make(url.Values, len(values))
	for name, v := range values {
		lower[strings.ToLower(name)] = v
	}
	return lower
}

// draw picks a random time between the bounds.
func (l Latency) draw(r *rand.Rand) time.Duration {
	if l.Max <= l.Min {
		return l.Min
	}
	return l.Min + time.Duration(r.Int64N(int64(l.Max-l.Min)+1))
}
