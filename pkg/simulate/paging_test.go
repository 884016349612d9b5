package simulate

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// crowd is a customer with n users, every third of them deleted.
func crowd(n int) Scenario {
	var c Customer
	for i := range n {
		u := User{UserPrincipalName: fmt.Sprintf("u%04d@contoso.onmicrosoft.com", i)}
		if i%3 == 2 {
			u.Deleted = time.Now()
		}
		c.Users = append(c.Users, u)
	}
	return Scenario{Customers: []Customer{c}}
}

func names(body string) []string { return between(body, `"userPrincipalName":"`, `@`) }

func TestPageSizes(t *testing.T) {
	s := newTester(crowd(900)) // 600 active
	for query, want := range map[string]int{
		"": 200, "?size=500": 500, "?SIZE=25": 25, "?size=501": 500, "?size=0": 600, "?size=1&sortField=DisplayName&sortDirection=Ascending": 1,
	} {
		got := s.do("GET", users+query, "")
		check(t, query, len(names(got.body)), want)
		check(t, query+" total is of the page", strings.HasPrefix(got.body, fmt.Sprintf(bom+`{"totalCount":%d,`, want)), true)
		check(t, query+" next", strings.Contains(got.body, `"next"`), want < 600)
	}
	for _, query := range []string{
		"?size=-1", "?size=x", "?seekOperation=Previous", "?seekOperation=Next", "?filter=x",
		"?filter=" + url.QueryEscape(`{"Field":"UserState","Value":"Gone","Operator":"equals"}`),
		"?filter=" + url.QueryEscape(`{"Field":"UserState","Value":"Inactive","Operator":"not_equals"}`),
		"?filter=" + url.QueryEscape(`{"Field":"DisplayName","Value":"Inactive","Operator":"equals"}`),
	} {
		got := s.do("GET", users+query, "")
		check(t, query, fmt.Sprint(got.status, code(got.body)), "400 2000")
	}
	check(t, "bad token", s.do("GET", users+"?seekOperation=Next", "", "MS-ContinuationToken: AQAAAA==").status, 400)
}

// TestPagingBothWays follows the next link, and the form of the official SDK,
// which repeats neither size nor filter.
func TestPagingBothWays(t *testing.T) {
	inactive := "?size=7&filter=" + url.QueryEscape(`{"Field":"UserStatus","Value":"inactive","Operator":"EQUALS"}`)
	for name, next := range map[string]func(body, token string) string{
		"link": func(body, _ string) string {
			link := between(body, `"next":{"uri":"`, `"`)[0]
			return strings.ReplaceAll(link, `\u0026`, "&")
		},
		"bare": func(string, string) string { return users + "?seekOperation=Next" },
	} {
		s := newTester(crowd(100))
		seen := make(map[string]bool)
		path, header := users+inactive, "X: y"
		for range 100 {
			got := s.do("GET", path, "", header)
			for _, n := range names(got.body) {
				check(t, name+": "+n+" twice", seen[n], false)
				seen[n] = true
			}
			tokens := between(got.body, `"continuationToken":"`, `"`)
			if len(tokens) == 0 {
				break
			}
			check(t, name+": header of the link", strings.Contains(got.body, `"headers":[{"key":"MS-ContinuationToken","value":"`+tokens[0]+`"}]`), true)
			path, header = next(got.body, tokens[0]), "MS-ContinuationToken: "+tokens[0]
		}
		check(t, name+": users", len(seen), 33)
	}
}

func TestPagingSurvivesChanges(t *testing.T) {
	s := newTester(Scenario{})
	var ids []string
	for i := range 6 {
		ids = append(ids, s.create(t, fmt.Sprintf("u%d@contoso.onmicrosoft.com", i)))
	}
	first := s.do("GET", users+"?size=3", "")
	s.do("DELETE", users+"/"+ids[1], "")
	s.do("DELETE", users+"/"+ids[3], "")
	s.create(t, "u6@contoso.onmicrosoft.com")
	rest := s.do("GET", users+"?seekOperation=Next&size=500", "", "MS-ContinuationToken: "+between(first.body, `"continuationToken":"`, `"`)[0])
	check(t, "rest", strings.Join(names(rest.body), " "), "u4 u5 u6")
}

func TestPagingEndsInError(t *testing.T) {
	s := newTester(Scenario{Dialect: Dialect{PagingEndsInError: true}})
	check(t, "an empty directory", s.do("GET", users, "").status, 200)
	s.create(t, "a@contoso.onmicrosoft.com")
	first := s.do("GET", users, "")
	check(t, "first", len(names(first.body)), 1)
	past := s.do("GET", users+"?seekOperation=Next", "", "MS-ContinuationToken: "+between(first.body, `"continuationToken":"`, `"`)[0])
	check(t, "past the end", fmt.Sprint(past.status, code(past.body)), "400 2000")
}
