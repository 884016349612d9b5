package partner

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// page answers a request for a page of a list; token is that of the request.
type pages map[string]string

// serveList answers by the request's continuation token.
func serveList(t testing.TB, answers pages) *fake {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.Header.Get("MS-ContinuationToken")]
		if !ok || strings.HasPrefix(body, "4") {
			write(w, 400, `{"code":`+strings.TrimPrefix(body, "4")+`}`)
			return
		}
		write(w, 200, bom+body)
	})
}

func items(names ...string) string {
	var list []string
	for _, name := range names {
		state := ""
		if bare, ok := strings.CutPrefix(name, "-"); ok {
			name, state = bare, `,"state":"inactive"`
		}
		list = append(list, `{"id":"`+name+`","userPrincipalName":"`+name+`@x"`+state+`}`)
	}
	return `"items":[` + strings.Join(list, ",") + `]`
}

// readAll reads a whole list, and at most 400 pages of it.
func readAll(t testing.TB, c *Client, state State) (names []string, pages int, err error) {
	page := Page{}
	for pages = 1; pages <= 400; pages++ {
		users, next, err := c.Users(t.Context(), tenant, state, page)
		if err != nil {
			return names, pages, err
		}
		for _, u := range users {
			names = append(names, strings.TrimSuffix(u.UserPrincipalName, "@x"))
		}
		if page = next; page == (Page{}) {
			return names, pages, nil
		}
	}
	t.Fatal("the list does not end")
	return nil, 0, nil
}

func TestUsers(t *testing.T) {
	const users = "/customers/" + tenant + "/users"
	link := func(uri string, headers ...string) string {
		var list []string
		for i := 0; i+1 < len(headers); i += 2 {
			list = append(list, `{"key":"`+headers[i]+`","value":"`+headers[i+1]+`"}`)
		}
		return `,"links":{"next":{"uri":"` + uri + `","method":"GET","headers":[` + strings.Join(list, ",") + `]}}`
	}
	const key = "MS-ContinuationToken"
	for _, test := range []struct {
		name    string
		answers pages
		state   State
		want    string // names; "!" and a kind for an error
		last    string // the last request's query
	}{
		{"one page", pages{"": `{"totalCount":2,` + items("a", "b") + `}`}, Active, "a b", "size=500"},
		{"empty", pages{"": `{"totalCount":0,"items":[]}`}, Active, "", "size=500"},
		{"a count as text", pages{"": `{"totalCount":"2",` + items("a", "b") + `}`}, Active, "a b", "size=500"},
		{"empty without items", pages{"": `{"totalCount":0}`}, Active, "", "size=500"},
		{"deleted", pages{"": `{` + items("-a", "b", "-c") + `}`}, Inactive, "a c",
			"size=500&filter=%7B%22Field%22%3A%22UserState%22%2C%22Value%22%3A%22Inactive%22%2C%22Operator%22%3A%22equals%22%7D"},
		{"others left out", pages{"": `{` + items("-a", "b", "") + `}`}, Active, "b ", "size=500"},
		{"odd members", pages{"": `{"items":[{"id":7,"userPrincipalName":"a@x","state":1,"displayName":{"x":[]}},{"UserPrincipalName":"b@x","FIRSTNAME":true,"state":"inactive"},` +
			`{"id":"c","userPrincipalName":"c@x","firstName":5}]}`}, Active, "a c", "size=500"},
		{"odd users", pages{"": `{"items":[null,"x",[1],{"id":"d","userPrincipalName":null},{"id":"e","userPrincipalName":5},7,{},{"userPrincipalName":"f@x"}]}`}, Active,
			"       f", "size=500"}, // each may have any name
		{"items that are none", pages{"": `{"items":{"id":"a"}}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"a token that is none", pages{"": `{` + items("a") + `,"continuationToken":5}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"by link and header", pages{
			"":     `{` + items("a") + link(users+"?size=500&seekOperation=Next", key, "A=/,") + `,"continuationToken":"other"}`,
			"A=/,": `{` + items("b") + `}`,
		}, Active, "a b", "size=500&seekOperation=Next"},
		{"by link with /v1, host and slash", pages{
			"":  `{` + items("a") + link("https://elsewhere.example.com/v1"+strings.ToUpper(users)+"/?seekOperation=Next", "ms-continuationtoken", "A") + `}`,
			"A": `{` + items("b") + `}`,
		}, Active, "a b", "seekOperation=Next"},
		{"by token", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{` + items("b") + `,"continuationToken":""}`}, Active, "a b", "seekOperation=Next"},
		{"by token, link without headers", pages{
			"": `{` + items("a") + link(users+"?x=1") + `,"continuationToken":"A"}`, "A": `{` + items("b") + `}`,
		}, Active, "a b", "seekOperation=Next"},
		{"end by 2000", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": "42000"}, Active, "a", "seekOperation=Next"},
		{"2000 at once", pages{"": "42000"}, Active, "!" + fmt.Sprint(BadInput), "size=500"},
		{"other refusal later", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": "43000"}, Active, "!" + fmt.Sprint(BadInput), "seekOperation=Next"},
		{"same token again", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{` + items("b") + `,"continuationToken":"A"}`}, Active, "!" + fmt.Sprint(Garbled), "seekOperation=Next"},
		{"circle of three", pages{
			"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{` + items("b") + `,"continuationToken":"B"}`,
			"B": `{` + items("c") + `,"continuationToken":"C"}`, "C": `{` + items("d") + `,"continuationToken":"A"}`,
		}, Active, "!" + fmt.Sprint(Garbled), "seekOperation=Next"},
		{"link to itself", pages{"": `{` + items("a") + link(users+"?size=500") + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"link to another customer", pages{"": `{` + items("a") + link("/v1/customers/11111111-2222-4333-8444-555555555555/users", key, "A") + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"link upwards", pages{"": `{` + items("a") + link("/v1"+users+"/../../x/users", key, "A") + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"link that is none", pages{"": `{` + items("a") + link("%zz", key, "A") + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"header that splits", pages{"": `{` + items("a") + link(users, key, `A\r\nX: 1`) + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"token that splits", pages{"": `{` + items("a") + `,"continuationToken":"A\r\nX: 1"}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"no list", pages{"": `{}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"a count without items", pages{"": `{"totalCount":3}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"a count without items later", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{"totalCount":0}`}, Active, "!" + fmt.Sprint(Garbled), "seekOperation=Next"},
		{"a count without items, and more", pages{"": `{"totalCount":0,"continuationToken":"A"}`, "A": `{` + items("b") + `}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"no items later", pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{"totalCount":0,"items":[]}`}, Active, "a", "seekOperation=Next"},
		{"a user", pages{"": annAnswer}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"nothing", pages{"": ``}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"a page", pages{"": `<html>`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
		{"too long", pages{"": `{"items":[],"x":"` + strings.Repeat("x", maxPage) + `"}`}, Active, "!" + fmt.Sprint(Garbled), "size=500"},
	} {
		server := serveList(t, test.answers)
		names, _, err := readAll(t, client(t, server.URL), test.state)
		got := strings.Join(names, " ")
		if err != nil {
			got = "!" + failure(t, err).Kind.String()
		}
		if got != test.want {
			t.Errorf("%s: %q (%v), want %q", test.name, got, err, test.want)
		}
		requests := server.seen()
		if last := requests[len(requests)-1]; last.URL.RawQuery != test.last || !strings.EqualFold(last.URL.Path, "/v1"+users) {
			t.Errorf("%s: the last request was for %s, want the query %s", test.name, last.RequestURI, test.last)
		}
	}
}

func TestUsersWithoutEnd(t *testing.T) {
	count := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		count++
		write(w, 200, fmt.Sprintf(`{"items":[],"continuationToken":"%d"}`, count))
	})
	_, pages, err := readAll(t, client(t, server.URL), Active)
	if failure(t, err).Kind != Garbled || pages > maxEmptyPages+1 {
		t.Errorf("%v after %d pages, want an error after %d empty ones", err, pages, maxEmptyPages)
	}
}

func TestUsersPageAgain(t *testing.T) {
	server := serveList(t, pages{"": `{` + items("a") + `,"continuationToken":"A"}`, "A": `{` + items("b") + `,"continuationToken":"B"}`})
	c := client(t, server.URL)
	_, page, err := c.Users(t.Context(), tenant, Active, Page{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		users, next, err := c.Users(t.Context(), tenant, Active, page)
		if err != nil || len(users) != 1 || users[0].ID != "b" || next == (Page{}) {
			t.Errorf("the same page again: %v, %v, %v, want b", users, next, err)
		}
	}
}

// TestLinkHeaders lets a link choose headers that are none of its business.
func TestLinkHeaders(t *testing.T) {
	body := `{"items":[{"id":"1","userPrincipalName":"a@x"}],"links":{"next":{"uri":"customers/` + tenant + `/users?f={\"a\":\"b c\"}","headers":[` +
		`{"key":"Authorization","value":"Basic x"},{"key":"Host","value":"evil"},{"key":"Idempotency-Key","value":"1"},{"key":"Content-Length","value":"9"},` +
		`{"key":"MS-RequestId","value":"1"},{"key":"MS-CorrelationId","value":"1"},{"key":"MS-CV","value":"cv"},{"key":"MS-ContinuationToken","value":"A"}]}}}`
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("MS-ContinuationToken") == "" {
			write(w, 200, body)
			return
		}
		write(w, 200, `{"items":[]}`)
	})
	if _, _, err := readAll(t, client(t, server.URL), Active); err != nil {
		t.Fatal(err)
	}
	got := server.seen()[1]
	if got.URL.RawQuery != "f=%7B%22a%22:%22b%20c%22%7D" || got.Header.Get("MS-CV") != "cv" {
		t.Errorf("the query is %s, MS-CV %q", got.URL.RawQuery, got.Header.Get("MS-CV"))
	}
	if got.Header.Get("Authorization") != "Bearer bearer-token-1" || got.Header.Get("Idempotency-Key") != "" || got.Host == "evil" || len(got.Header.Get("MS-RequestId")) != 36 {
		t.Errorf("the link chose headers: %v, host %s", got.Header, got.Host)
	}
}

func FuzzFollowed(f *testing.F) {
	c := client(f, "https://host/base")
	list := usersOf(tenant)
	for _, seed := range []string{
		"/customers/" + tenant + "/users?size=1", "https://evil/base/v1/customers/" + tenant + "/users", "//evil/x", "?a=b c", "/v1/", "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		query, err := c.followed(uri, list)
		if err != nil {
			return
		}
		u := c.url(list, query)
		if parsed, err := url.Parse(u.String()); err != nil || parsed.Host != "host" || strings.ContainsAny(query, " \r\n#") {
			t.Fatalf("followed(%q) leads to %q, %v", uri, u, err)
		}
	})
}
