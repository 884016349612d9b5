package simulate

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Page sizes: what a request without one gets, and what is the most.
const (
	usualPage   = 200
	largestPage = 500
)

// listing says what part of a collection is asked for. All of it is in the
// continuation token, since the official SDK repeats neither size nor filter
// when it asks for the next page.
type listing struct {
	from    int // place in the collection
	size    int // 0 = all
	deleted bool
	resumed bool // by a token
}

// collection is a page of something.
type collection struct {
	TotalCount        int        `json:"totalCount"` // of this page
	Items             any        `json:"items"`
	ContinuationToken string     `json:"continuationToken,omitempty"`
	Links             links      `json:"links"`
	Attributes        attributes `json:"attributes"`
}

// filter is the filter parameter of lists.
type filter struct{ Field, Value, Operator string }

func (s *Service) listUsers(c *call) answer {
	l, refusal := c.listing()
	if refusal != nil {
		return refuse(refusal)
	}
	if f, given, refusal := c.filter(); refusal != nil {
		return refuse(refusal)
	} else if given {
		if l.deleted, refusal = f.deletedUsers(); refusal != nil {
			return refuse(refusal)
		}
	}
	d := c.customer.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	found, next := d.page(l.from, l.size, l.deleted, time.Now(), s.scenario.ListLag)
	if s.scenario.Dialect.PagingEndsInError {
		if len(found) == 0 && l.resumed {
			return refuse(badArgument("There are no more records."))
		}
		if next < 0 {
			next = len(d.records)
		}
	}
	items := make([]shownUser, len(found))
	for i, r := range found {
		items[i] = shownUser{record: r, customer: c.customer.ID}
	}
	return page(c, "/customers/"+c.customer.ID+"/users", l, items, next)
}

func (s *Service) listCustomers(c *call) answer {
	l, refusal := c.listing()
	if refusal != nil {
		return refuse(refusal)
	}
	f, _, refusal := c.filter()
	if refusal == nil {
		refusal = f.searchesCustomers()
	}
	if refusal != nil {
		return refuse(refusal)
	}
	items, next := []wireCustomer{}, -1
	for i := l.from; i < len(s.customers); i++ {
		one := s.customers[i]
		if one.Forbidden == 20002 || !f.matches(one) {
			continue
		}
		if l.size > 0 && len(items) == l.size {
			next = i
			break
		}
		items = append(items, one.listed())
	}
	return page(c, "/customers", l, items, next)
}

// page wraps items. Next is the place of the item after them, negative if there is none.
func page[T any](c *call, path string, l listing, items []T, next int) answer {
	query := c.http.URL.RawQuery
	self := path
	if query != "" {
		self += "?" + query
	}
	b := collection{
		TotalCount: len(items), Items: items,
		Links: links{Self: link(self)}, Attributes: attributes{ObjectType: "Collection"},
	}
	if next >= 0 {
		l.from = next
		b.ContinuationToken = l.token()
		uri := path + "?size=" + strconv.Itoa(l.size)
		if f := c.query.Get("filter"); f != "" {
			uri += "&filter=" + url.QueryEscape(f)
		}
		b.Links.Next = link(uri+"&seekOperation=Next", wireHeader{"MS-ContinuationToken", b.ContinuationToken})
	}
	return answer{status: http.StatusOK, body: b}
}

// listing reads the paging parameters.
func (c *call) listing() (listing, *apiError) {
	l := listing{size: usualPage}
	token := c.http.Header.Get("MS-ContinuationToken")
	seek := strings.ToLower(c.query.Get("seekoperation"))
	switch {
	case seek != "" && seek != "next" && seek != "first":
		return l, badArgument("The seek operation is not supported.")
	case token != "" && seek != "first":
		var ok bool
		if l, ok = parseToken(token); !ok {
			return l, badArgument("The continuation token is not valid.")
		}
	case seek == "next":
		return l, badArgument("A continuation token is required.")
	}
	if size := c.query.Get("size"); size != "" {
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 {
			return l, badArgument("The size is not valid.")
		}
		l.size = min(n, largestPage)
	}
	return l, nil
}

// tokenKind is the first byte of tokens; the next says whether deleted users are listed.
const tokenKind = 1

func (l listing) token() string {
	b := []byte{tokenKind, 0}
	if l.deleted {
		b[1] = 1
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(l.size))
	b = binary.LittleEndian.AppendUint32(b, uint32(l.from))
	return base64.StdEncoding.EncodeToString(b)
}

func parseToken(token string) (listing, bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) != 10 || b[0] != tokenKind || b[1] > 1 {
		return listing{}, false
	}
	return listing{
		size:    int(binary.LittleEndian.Uint32(b[2:])),
		from:    int(binary.LittleEndian.Uint32(b[6:])),
		deleted: b[1] == 1,
		resumed: true,
	}, true
}

func (c *call) filter() (f filter, given bool, refusal *apiError) {
	text := c.query.Get("filter")
	if text == "" {
		return f, false, nil
	}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return f, true, badArgument("The filter is not valid.")
	}
	return f, true, nil
}

// deletedUsers reads the filter of users: state active or inactive.
func (f filter) deletedUsers() (bool, *apiError) {
	known := strings.EqualFold(f.Field, "UserState") || strings.EqualFold(f.Field, "UserStatus")
	inactive := strings.EqualFold(f.Value, "Inactive")
	if !known || !strings.EqualFold(f.Operator, "equals") || !inactive && !strings.EqualFold(f.Value, "Active") {
		return false, badArgument("The filter is not supported.")
	}
	return inactive, nil
}

// searchesCustomers refuses what cannot be searched for.
func (f filter) searchesCustomers() *apiError {
	known := strings.EqualFold(f.Field, "Domain") || strings.EqualFold(f.Field, "CompanyName")
	if f == (filter{}) || known && strings.EqualFold(f.Operator, "starts_with") {
		return nil
	}
	return badArgument("The filter is not supported.")
}

func (f filter) matches(c *customer) bool {
	text := c.Domain
	if strings.EqualFold(f.Field, "CompanyName") {
		text = c.CompanyName
	}
	return len(text) >= len(f.Value) && strings.EqualFold(text[:len(f.Value)], f.Value)
}
