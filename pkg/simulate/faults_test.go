package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// script meets the first create with f and leaves the rest alone.
func script(f Fault) func(Request) Fault {
	return func(r Request) Fault {
		if r.Op == CreateUser && r.Attempt == 1 {
			return f
		}
		return Fault{}
	}
}

// faultTable is what a client sees of each mishap, and whether the user is there.
var faultTable = map[string]struct {
	fault   Fault
	status  int    // 0 = no answer
	body    string // start
	broken  bool   // the body does not end well
	carried bool
}{
	"nothing":      {Fault{}, 201, bom + `{"usageLocation":"US"`, false, true},
	"lost request": {Fault{Mishap: LostRequest}, 0, "", false, false},
	"lost answer":  {Fault{Mishap: LostAnswer}, 0, "", false, true},
	"500 before":   {Fault{Mishap: FailBefore}, 500, `{"code":800003,"description":"An unexpected error occurred in the service&#39;s back end.","data":[],"source":"PartnerFD"}`, false, false},
	"503 before":   {Fault{Mishap: FailBefore, Status: 503, RetryAfter: "7"}, 503, "Service Unavailable", false, false},
	"429 before":   {Fault{Mishap: FailBefore, Status: 429}, 429, `{ "statusCode": 429, "message": "Rate limit is exceeded." }`, false, false},
	"500 after":    {Fault{Mishap: FailAfter}, 500, `{"code":800003,`, false, true},
	"504 after":    {Fault{Mishap: FailAfter, Status: 504}, 504, "Gateway Timeout", false, true},
	"truncated":    {Fault{Mishap: Truncated}, 201, bom + `{"usageLocation":"US"`, true, true},
	"garbage":      {Fault{Mishap: Garbage}, 201, "{\"id\":\"\x00\xff", false, true},
	"empty":        {Fault{Mishap: Empty}, 201, "", false, true},
	"page":         {Fault{Mishap: HTMLPage}, 502, "<!DOCTYPE html>", false, false},
	"good page":    {Fault{Mishap: HTMLPage, Status: 200}, 200, "<!DOCTYPE html>", false, true},
	"unauthorized": {Fault{Mishap: Unauthorized}, 401, `{"code":400,`, false, false},
	"expired":      {Fault{Mishap: ExpireToken}, 401, `{"code":400,`, false, false},
}

func TestFaults(t *testing.T) {
	for name, tt := range faultTable {
		s := newTester(Scenario{Fault: script(tt.fault)})
		overHTTP := newTester(Scenario{Fault: script(tt.fault)})
		server := httptest.NewServer(overHTTP)
		overHTTP.client = &http.Client{Transport: redirect{server}}
		for where, s := range map[string]*tester{"in process": s, "over HTTP": overHTTP} {
			got := s.do("POST", users, ann, "MS-RequestId: "+requestID)
			title := name + " " + where
			check(t, title+": status", got.status, tt.status)
			check(t, title+": no end", got.err != nil, tt.broken || tt.status == 0)
			check(t, title+": body "+got.body, strings.HasPrefix(got.body, tt.body), true)
			check(t, title+": Retry-After", got.header.Get("Retry-After"), tt.fault.RetryAfter)
			if tt.body == "" {
				check(t, title+": body", got.body, "")
			}
			check(t, title+": carried out", len(s.Users(DefaultCustomerID)) == 1, tt.carried)
			if tt.fault.Mishap == ExpireToken {
				check(t, title+": stays so", s.list(), 401)
				continue
			}
			again := s.do("POST", users, ann, "MS-RequestId: "+requestID)
			check(t, title+": repeat", fmt.Sprint(again.status, len(s.Users(DefaultCustomerID))), "201 1")
			check(t, title+": replayed", s.Counts().Replayed == 1, tt.carried)
		}
		server.Close()
	}
}

// redirect sends everything to a test server.
type redirect struct{ server *httptest.Server }

func (t redirect) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(t.server.URL, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func TestErrorsOfDroppedConnections(t *testing.T) {
	for mishap, where := range map[Mishap]string{LostAnswer: "exchange", Truncated: "body"} {
		s := newTester(Scenario{Fault: script(Fault{Mishap: mishap})})
		got := s.do("POST", users, ann)
		check(t, where, errors.Is(got.err, io.ErrUnexpectedEOF), true)
		check(t, where+": dropped", s.Counts().Dropped, 1)
	}
}

func TestHangsEndWithTheClient(t *testing.T) {
	for mishap, carried := range map[Mishap]int{HangBefore: 0, HangAfter: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newTester(Scenario{Fault: script(Fault{Mishap: mishap})})
			s.client.Timeout = 60 * time.Second
			start := time.Now()
			got := s.do("POST", users, ann)
			var timeout interface{ Timeout() bool }
			check(t, "timeout", errors.As(got.err, &timeout) && timeout.Timeout(), true)
			check(t, "after", time.Since(start), 60*time.Second)
			check(t, "carried out", len(s.Users(DefaultCustomerID)), carried)
		})
	}
}

// TestSlowAnswers: a client with a timeout of 3 s cannot call back what is on
// its way, but its waiting is over.
func TestSlowAnswers(t *testing.T) {
	for name, fault := range map[string]Fault{"before": {Before: 5 * time.Second}, "after": {After: 5 * time.Second}} {
		for timeout, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, 0: 5100 * time.Millisecond} {
			synctest.Test(t, func(t *testing.T) {
				s := newTester(Scenario{Fault: script(fault), Latency: Latency{Min: 100 * time.Millisecond}})
				s.client.Timeout = timeout
				start := time.Now()
				got := s.do("POST", users, ann)
				check(t, name+": gave up", errors.Is(got.err, context.DeadlineExceeded), timeout > 0)
				check(t, name+": took", time.Since(start), want)
				check(t, name+": carried out", len(s.Users(DefaultCustomerID)), 1)
			})
		}
	}
}

func TestLateRequestsAreCarriedOutUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Fault: script(Fault{Mishap: Late, After: 10 * time.Second})})
		check(t, "answer", s.do("POST", users, ann, "MS-RequestId: "+requestID).status, 504)
		time.Sleep(10*time.Second - 1)
		check(t, "before", len(s.Users(DefaultCustomerID)), 0)
		time.Sleep(2 * time.Nanosecond)
		check(t, "after", len(s.Users(DefaultCustomerID)), 1)
		check(t, "remembered", s.Requests()[0].Committed, true)
		check(t, "repeat", s.do("POST", users, ann, "MS-RequestId: "+requestID).status, 201)
		check(t, "users", s.Counts().Created, 1)
	})
}

func TestLatencyRange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Latency: Latency{Min: 20 * time.Millisecond, Max: 400 * time.Millisecond}})
		var least, most time.Duration = time.Hour, 0
		for range 200 {
			start := time.Now()
			s.list()
			took := time.Since(start)
			least, most = min(least, took), max(most, took)
		}
		check(t, "range", least >= 20*time.Millisecond && least < 40*time.Millisecond && most > 380*time.Millisecond && most <= 400*time.Millisecond, true)
	})
}

// TestChances draws the same fate for the same requests, in whatever order
// they come, and about as often as asked for.
func TestChances(t *testing.T) {
	chances := Chances{Of: map[Mishap]float64{LostAnswer: 0.25, FailBefore: 0.25}, Ops: []Op{CreateUser}}
	fates := func(seed uint64, step int) map[string]string {
		s := newTester(Scenario{Seed: seed, Chances: chances})
		for i := range 400 {
			s.do("POST", users, person(fmt.Sprintf("u%d@contoso.onmicrosoft.com", i*step%401)))
			check(t, "reads", s.list(), 200)
		}
		fates := make(map[string]string)
		for _, r := range s.Requests() {
			if r.Op == CreateUser {
				fates[r.UPN] = fmt.Sprint(r.Mishap, r.Status)
			}
		}
		return fates
	}
	first, shuffled, other := fates(7, 1), fates(7, 3), fates(8, 1)
	count, same := make(map[string]int), 0
	for upn, fate := range first {
		if again, both := shuffled[upn]; both && again != fate {
			t.Errorf("%s: %s, then %s", upn, fate, again)
		}
		count[fate[:1]]++
		if other[upn] == fate {
			same++
		}
	}
	if n := count[fmt.Sprint(uint8(LostAnswer))]; n < 70 || n > 130 {
		t.Errorf("lost answers: %d of 400", n)
	}
	if n := count[fmt.Sprint(uint8(FailBefore))]; n < 70 || n > 130 {
		t.Errorf("failures: %d of 400", n)
	}
	check(t, "another seed is another fate", same < 300, true)
}

func TestQuotasStandBeforeMishaps(t *testing.T) {
	s := newTester(Scenario{
		Quotas: []Quota{{Limit: 1, Period: time.Hour}},
		Fault:  func(Request) Fault { return Fault{Mishap: FailAfter} },
	})
	check(t, "within", s.list(), 500)
	check(t, "beyond", s.list(), 429)
}
