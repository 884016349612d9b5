package partner

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// pageSize is the number of items asked for in a page, the most that
// Microsoft's own clients ask for.
const pageSize = 500

// Page is a place in a list; zero is its beginning, and its end.
type Page struct{ at *place }

// place is where a page after the first begins. It is never written to, so that
// a page can be asked for again.
type place struct {
	query  string            // of the request
	header map[string]string // of the request
	pages  int               // read so far
	empty  int               // of which the last ones without any item
	mark   string            // the key of an earlier place
	limit  int               // where in pages the next mark is set
}

// key tells one place from another.
func (p *place) key() string { return p.query + "\n" + p.header[continuation] }

const continuation = "MS-ContinuationToken"

// maxEmptyPages bounds how long an endless list without items is read.
const maxEmptyPages = 100

// collection is a page of a list as it is read. totalCount is the number of
// items in the page, not in the list.
type collection[T any] struct {
	Items      []T             `json:"items"`
	TotalCount json.RawMessage `json:"totalCount"` // a number, or one as text
	Token      string          `json:"continuationToken"`
	Links      struct {
		Next struct {
			URI     string       `json:"uri"`
			Headers []linkHeader `json:"headers"`
		} `json:"next"`
	} `json:"links"`
	answer answer
}

type linkHeader struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Users reads one page of a customer's users in the state, and returns where
// the next one begins; zero means that there is none. One page is one exchange.
// An answer that cannot be read whole is an error, never an empty page, since
// callers take what is not in the list for free.
//
// Users in another state than the one asked for are left out; a page may thus be
// empty before the end. Of a user whose members are of odd types there is what can be
// read. One without a name may have any: where there is such a user, the list is no
// proof that a name is free.
func (c *Client) Users(ctx context.Context, tenant string, state State, page Page) ([]User, Page, error) {
	r := request{op: opList, method: http.MethodGet, path: usersOf(tenant), query: pageQuery("")}
	if state == Inactive {
		// Without a filter the service lists active users only
		// (learn.microsoft.com/partner-center/developer/view-a-deleted-user).
		r.query = pageQuery(`{"Field":"UserState","Value":"Inactive","Operator":"equals"}`)
	}
	found, next, err := list[listed](ctx, c, r, page)
	if err != nil {
		return nil, Page{}, err
	}
	users := make([]User, 0, len(found.Items))
	for i := range found.Items {
		if u := found.Items[i].user(); u.State == state {
			users = append(users, u)
		}
	}
	return users, next, nil
}

func pageQuery(filter string) string {
	query := "size=" + strconv.Itoa(pageSize)
	if filter != "" {
		query += "&filter=" + url.QueryEscape(filter)
	}
	return query
}

// list reads the page of a list at a place. r is the request for the first one.
func list[T any](ctx context.Context, c *Client, r request, page Page) (collection[T], Page, error) {
	var read collection[T]
	r.limit = maxPage
	if page.at != nil {
		r.query, r.header = page.at.query, page.at.header
	}
	found, err := c.do(ctx, r)
	if page.at != nil && isPastEnd(err) {
		return read, Page{}, nil
	}
	if err != nil {
		return read, Page{}, err
	}
	if json.Unmarshal(found.body, &read) != nil {
		return read, Page{}, r.unreadable(found)
	}
	read.answer = found
	next, err := read.next(c, r)
	if err == nil {
		next, err = next.after(page, len(read.Items))
	}
	if err != nil {
		return read, Page{}, r.garbled(found, err.Error())
	}
	// Only a list of one page, which says that it is empty, may leave out its items: a
	// page that was promised and has none of them would hide a part of the list.
	empty := page == (Page{}) && next == (Page{}) && strings.Trim(string(read.TotalCount), `"`) == "0"
	if read.Items == nil && !empty {
		return read, Page{}, r.garbled(found, "the answer has no items of a list")
	}
	return read, next, nil
}

// isPastEnd reports whether the service says by an error that there are no more
// pages: 400 with code 2000. Microsoft's own bulk migration tool reads it so.
// It counts only in answer to a continuation, since on a first page the same
// code refuses the request.
func isPastEnd(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code == "2000"
}

// next returns where the following page begins.
//
// The service tells it in two ways: as a link with headers to be sent along, or
// as a bare token, for which Microsoft's SDK sends neither size nor filter
// again. The link counts unless it lacks its headers while there is a token.
func (col *collection[T]) next(c *Client, r request) (Page, error) {
	link := col.Links.Next
	header, err := linkHeaders(link.Headers)
	switch {
	case err != nil:
		return Page{}, err
	case link.URI != "" && (len(header) > 0 || col.Token == ""):
		query, err := c.followed(link.URI, r.path)
		return Page{&place{query: query, header: header}}, err
	case col.Token != "":
		header, err := linkHeaders([]linkHeader{{continuation, col.Token}})
		return Page{&place{query: "seekOperation=Next", header: header}}, err
	}
	return Page{}, nil
}

// linkHeaders takes over the headers of a link: those of the service's own that
// do not concern the exchange. An answer must not choose the credentials or the
// framing of a request.
func linkHeaders(given []linkHeader) (map[string]string, error) {
	header := map[string]string{}
	for _, h := range given {
		name := http.CanonicalHeaderKey(h.Key)
		switch {
		case strings.EqualFold(h.Key, continuation):
			name = continuation
		case !strings.HasPrefix(name, "Ms-") || name == "Ms-Requestid" || name == "Ms-Correlationid":
			continue
		}
		isControl := func(r rune) bool { return r < ' ' || r == 0x7f }
		if len(h.Value) > 16<<10 || len(header) == 8 || strings.ContainsFunc(h.Key+h.Value, isControl) {
			return nil, errors.New("the link to the next page has headers that cannot be sent")
		}
		header[name] = h.Value
	}
	return header, nil
}

// followed returns the query of a link, which is followed on the own host only,
// and only to the same list: a link elsewhere would bring other users or carry
// the token away. "/v1" may be missing from it, and host and base path too.
func (c *Client) followed(uri string, list []string) (query string, err error) {
	link, err := url.Parse(uri)
	if err != nil {
		return "", errors.New("the link to the next page cannot be read")
	}
	path := "/" + strings.Trim(link.Path, "/")
	if base := c.base.Path; base != "" && len(path) > len(base) && strings.EqualFold(path[:len(base)], base) {
		path = path[len(base):]
	}
	if len(path) > 4 && strings.EqualFold(path[:4], "/v1/") {
		path = path[3:]
	}
	if !strings.EqualFold(path, "/"+strings.Join(list, "/")) {
		return "", errors.New("the link to the next page leads to something else")
	}
	return encodeQuery(link.RawQuery), nil
}

// encodeQuery encodes what may not stand in a request line, such as the braces
// of a filter that the service left as they are, and nothing else.
func encodeQuery(query string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// after keeps count, and notices a list without an end: one in which a place
// comes back, or in which page after page is empty. Of the places before only
// one is kept, at ever longer distances, which finds a circle of any length
// (Brent's algorithm).
func (p Page) after(last Page, items int) (Page, error) {
	if p.at == nil {
		return p, nil
	}
	before := &place{limit: 1}
	if last.at != nil {
		before = last.at
	}
	p.at.pages, p.at.mark, p.at.limit = before.pages+1, before.mark, before.limit
	if items == 0 {
		p.at.empty = before.empty + 1
	}
	switch key := p.at.key(); {
	case key == p.at.mark || p.at.empty > maxEmptyPages:
		return Page{}, errors.New("the list has no end: its pages come back or stay empty")
	case p.at.pages >= p.at.limit:
		p.at.mark, p.at.limit = key, 2*p.at.limit
	}
	return p, nil
}
