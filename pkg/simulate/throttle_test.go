package simulate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// list asks for something cheap and returns the status.
func (s *tester) list() int { return s.do("GET", users, "").status }

func TestThrottlingAnswersAsDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Limit: 1, Period: time.Minute}}})
		check(t, "first", s.list(), 200)
		time.Sleep(3 * time.Second)
		got := s.do("GET", users, "")
		check(t, "status", got.status, 429)
		check(t, "body", got.body, `{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }`)
		check(t, "length", len(got.body), 84) // of the documented sample
		check(t, "Retry-After", got.header.Get("Retry-After"), "57")
		check(t, "type", got.header.Get("Content-Type"), "application/json")
	})
}

func TestLenientBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Rate: 2, Burst: 3, RetryAfter: RetryAfter{Min: 5 * time.Second, Max: 5 * time.Second}}}})
		for range 3 {
			check(t, "burst", s.list(), 200)
		}
		got := s.do("GET", users, "")
		check(t, "empty", fmt.Sprint(got.status, " ", got.header.Get("Retry-After")), "429 5")
		time.Sleep(500 * time.Millisecond)
		check(t, "refilled meanwhile", s.list(), 200)
		check(t, "by one", s.list(), 429)
		time.Sleep(time.Minute)
		for range 3 {
			check(t, "full again", s.list(), 200)
		}
		check(t, "no more than full", s.list(), 429)
	})
}

func TestStrictBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Rate: 10, Strict: true, RetryAfter: RetryAfter{Min: 4 * time.Second, Max: 4 * time.Second}}}})
		check(t, "first", s.list(), 200)
		check(t, "second", s.list(), 429)
		time.Sleep(3500 * time.Millisecond)
		got := s.do("GET", users, "")
		check(t, "inside", fmt.Sprint(got.status, " ", got.header.Get("Retry-After")), "429 1")
		time.Sleep(500 * time.Millisecond)
		check(t, "after the first wait", s.list(), 200)
		check(t, "early", s.Counts().Early, 2) // the last had been told to wait until 4.5 s
		check(t, "throttled", s.Counts().Throttled, 2)
	})
}

func TestFixedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Limit: 2, Period: time.Minute}}})
		time.Sleep(42 * time.Second) // windows count from the first request, not from New
		for range 3 {
			check(t, "in the first window", []int{s.list(), s.list()}[0], []int{200, 429, 429}[s.Counts().Requests/3])
			time.Sleep(20*time.Second - time.Nanosecond)
		}
		time.Sleep(3 * time.Nanosecond)
		check(t, "in the next", s.list(), 200)
	})
}

func TestSlidingWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Limit: 2, Period: time.Minute, Sliding: true}}})
		start := time.Now()
		for _, ask := range []struct {
			at   time.Duration
			want string // status and Retry-After
		}{{0, "200 "}, {30, "200 "}, {45, "429 15"}, {60, "200 "}, {61, "429 29"}, {90, "200 "}, {91, "429 29"}} {
			time.Sleep(time.Until(start.Add(ask.at * time.Second)))
			r := s.do("GET", users, "")
			check(t, fmt.Sprint("after ", int(ask.at), " s"), fmt.Sprint(r.status, " ", r.header.Get("Retry-After")), ask.want)
		}
	})
}

func TestQuotaFollowsItsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Rate: 200, Steps: []Step{{After: 10 * time.Second, Rate: 100}, {After: 20 * time.Second, Rate: 200}}}}})
		var served [3]int
		for i := range 3 {
			for range 1000 { // 100 a second would be 1,000 in ten
				if s.list() == 200 {
					served[i]++
				}
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(5 * time.Second)
		}
		check(t, "served", served, [3]int{1000, 500, 1000})
	})
}

func TestQuotaPerCustomer(t *testing.T) {
	const other = "11111111-2222-4333-8444-555566667777"
	ask := func(s *tester, customer, path string) int { return s.do("GET", "/customers/"+customer+path, "").status }
	customers := []Customer{{}, {ID: other, Domain: "other.onmicrosoft.com"}}
	window := Quota{PerCustomer: true, Limit: 1, Period: time.Hour, Ops: []Op{ListUsers}}

	s := newTester(Scenario{Customers: customers, Quotas: []Quota{window}})
	check(t, "first", ask(s, DefaultCustomerID, "/users"), 200)
	check(t, "second", ask(s, DefaultCustomerID, "/users"), 429)
	check(t, "another operation", ask(s, DefaultCustomerID, ""), 200)
	check(t, "another customer", ask(s, other, "/users"), 200)

	s = newTester(Scenario{Customers: customers, Quotas: []Quota{{PerCustomer: true, Limit: 1, Period: time.Hour}}})
	for range 3 {
		check(t, "about no customer", s.do("GET", "/customers", "").status, 200)
	}

	window.Customer = strings.ToUpper(other)
	s = newTester(Scenario{Customers: customers, Quotas: []Quota{window, {Limit: 3, Period: time.Hour}}})
	check(t, "of another", []int{ask(s, DefaultCustomerID, "/users"), ask(s, DefaultCustomerID, "/users")}[1], 200)
	check(t, "own", []int{ask(s, other, "/users"), ask(s, other, "/users")}[1], 429)
	check(t, "the partner's too", ask(s, DefaultCustomerID, "/users"), 429)
}

func TestRefusedRequestsMayCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			counts bool
			want   int
		}{{false, 200}, {true, 429}} {
			s := newTester(Scenario{Quotas: []Quota{{Rate: 1, Burst: 2, CountRefused: tt.counts}}})
			for range 5 {
				s.list()
			}
			time.Sleep(time.Second)
			check(t, fmt.Sprint("counting ", tt.counts), s.list(), tt.want)
			time.Sleep(3 * time.Second) // the level is at -2 at the lowest
			check(t, "in the end", s.list(), 200)
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	for name, tt := range map[string]struct {
		form RetryAfter
		want string
		tell string // seconds in the message
	}{
		"seconds":   {RetryAfter{}, "8", "8"},
		"range":     {RetryAfter{Min: 30 * time.Second, Max: 30 * time.Second}, "30", "30"},
		"fractions": {RetryAfter{Form: Fractions}, "7.250", "8"},
		"date":      {RetryAfter{Form: Date}, "Sat, 01 Jan 2000 00:00:11 GMT", "8"},
		"missing":   {RetryAfter{Form: Missing}, "", "8"},
		"absurd":    {RetryAfter{Literal: "-soon"}, "-soon", "8"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newTester(Scenario{Quotas: []Quota{{Limit: 1, Period: 10 * time.Second, RetryAfter: tt.form, Status: 503}}})
			s.list()
			time.Sleep(2750 * time.Millisecond)
			got := s.do("GET", users, "")
			check(t, name, fmt.Sprint(got.status, " ", got.header.Get("Retry-After")), "503 "+tt.want)
			_, present := got.header["Retry-After"]
			check(t, name+": there at all", present, tt.want != "")
			check(t, name+": message", strings.Contains(got.body, "Try again in "+tt.tell+" seconds."), true)
		})
	}
}

func TestRandomRetryAfterStaysInRange(t *testing.T) {
	s := newTester(Scenario{Seed: 3, Quotas: []Quota{{Limit: 1, Period: time.Hour, RetryAfter: RetryAfter{Min: time.Second, Max: 3 * time.Second}}}})
	seen := make(map[string]int)
	for range 100 {
		seen[s.do("GET", users, "").header.Get("Retry-After")]++
	}
	check(t, "kinds", len(seen), 4)
	check(t, "none, 1, 2, 3", seen[""] == 1 && seen["1"] > 20 && seen["2"] > 20 && seen["3"] > 20, true)
}

// TestEarlyRequests: with a latency of 100 ms a refusal is decided at 50 ms and
// written at 100 ms. Who set out until then could not know.
func TestEarlyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Latency: Latency{Min: 100 * time.Millisecond}, Quotas: []Quota{{Limit: 1, Period: time.Hour, RetryAfter: RetryAfter{Min: 2 * time.Second, Max: 2 * time.Second}}}})
		s.list()
		start := time.Now()
		for _, after := range []time.Duration{0, 60, 100, 101, 500, 2099, 2260} { // milliseconds
			go func() {
				time.Sleep(after * time.Millisecond)
				s.list()
			}()
		}
		time.Sleep(5 * time.Second)
		var early []time.Duration
		for _, r := range s.Requests() {
			if r.Early {
				early = append(early, r.Time.Sub(start)/time.Millisecond)
			}
		}
		// The request of 60 ms was told at 160 ms to wait until 2160 ms, so that of
		// 500 ms at 600 ms until 2600 ms.
		check(t, "early", fmt.Sprint(early), fmt.Sprint([]time.Duration{101, 500, 2099, 2260}))
		time.Sleep(time.Minute)
		s.list()
		check(t, "later", s.Counts().Early, 4)
	})
}

// TestEarlyWhileAnyWaitLasts: a second, shorter wait neither ends nor restarts
// the first one.
func TestEarlyWhileAnyWaitLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Limit: 1, Period: 10 * time.Second}}})
		s.list()
		s.list() // wait 10 s
		time.Sleep(time.Second)
		meter := s.quotas.all[0].meters[""]
		from := meter.quietFrom
		(&refusal{quotas: s.quotas, meter: meter, wait: time.Second}).written(time.Now())
		check(t, "from", meter.quietFrom, from)
		time.Sleep(8 * time.Second)
		s.list()
		check(t, "early", s.Counts().Early, 1)
	})
}

func TestEarlyByDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Quotas: []Quota{{Limit: 1, Period: time.Minute, RetryAfter: RetryAfter{Form: Date}}}})
		s.list()
		time.Sleep(59500 * time.Millisecond)
		until, err := http.ParseTime(s.do("GET", users, "").header.Get("Retry-After"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(until))
		check(t, "on time", s.list(), 200)
		check(t, "early", s.Counts().Early, 0)
	})
}

func TestSignInUsesNoQuota(t *testing.T) {
	s := newTester(Scenario{Quotas: []Quota{{Limit: 1, Period: time.Hour}}})
	s.list()
	for range 3 {
		check(t, "token", s.signInAt("/t/oauth2/v2.0/token", refreshV2).status, 200)
	}
}
