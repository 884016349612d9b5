package pace_test

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/simulate"
)

// A scenario is a service and what it is asked to do.
type scenario struct {
	name     string
	service  simulate.Scenario // its customers are made from jobs
	jobs     []job             // of one customer each
	inFlight int
	whims    float64 // share of requests refused for no reason
	whimWait string  // the Retry-After of such a refusal; "": none
}

// A job is what one customer wants.
type job struct {
	rows  int
	after time.Duration // when it begins
}

// A policy lets attempts of a customer go, one at a time for each caller. send
// makes the attempt. again is how often this row has been refused. It returns
// whether to give up the row for good.
type policy interface {
	attempt(customer, again int, send func() reply) (refused, lost bool)
}

// A reply is what became of a request.
type reply struct {
	refused bool
	failed  bool
	wait    time.Duration // that a refusal states, if stated
	stated  bool
}

// An outcome is what a run came to.
type outcome struct {
	ideal, actual time.Duration
	mean          float64 // of ideal ÷ actual time over the customers; a second is added to both
	requests      int
	refused, lost int
	early         int           // that reached the emulator inside a window that the client knew of
	stall         time.Duration // longest time without a request of a customer, beyond the stated waits
	finished      []time.Duration
	busiest       int       // most requests in one second
	found         []float64 // by customer: to remember
}

func (o outcome) efficiency() float64 { return o.ideal.Seconds() / o.actual.Seconds() }
func (o outcome) share() float64      { return float64(o.refused) / float64(max(o.requests, 1)) }

// A world runs one scenario against the emulator in virtual time.
type world struct {
	scenario scenario
	service  *simulate.Service
	token    string
	start    time.Time

	mu    sync.Mutex
	known []time.Duration // by customer: end of the windows the client knows of
	last  []time.Duration // by customer: last request
	times []time.Duration
	out   outcome
}

// run runs a scenario to its end. workers is how many rows of each customer are in
// hand at a time. Every run of a seed is the same: the emulator draws from the seed and
// the request alone, and the workers, who would else take the first rows in any order,
// begin a nanosecond after one another.
func run(t *testing.T, s scenario, seed uint64, workers int, newPolicy func() policy) outcome {
	t.Helper()
	n := len(s.jobs)
	w := &world{scenario: s, known: make([]time.Duration, n), last: make([]time.Duration, n)}
	w.out.finished = make([]time.Duration, n)
	synctest.Test(t, func(t *testing.T) {
		w.start = time.Now()
		w.service = simulate.New(s.emulated(seed))
		w.token = w.service.IssueToken()
		p := newPolicy()
		var wg sync.WaitGroup
		rows, begin := 0, time.Duration(0)
		for c, j := range s.jobs {
			todo := make(chan int, j.rows)
			for i := range j.rows {
				todo <- i
			}
			close(todo)
			rows += j.rows
			w.last[c] = j.after
			for range min(workers, j.rows) {
				begin++
				after := j.after + begin
				wg.Go(func() {
					time.Sleep(after)
					w.work(p, c, todo)
				})
			}
		}
		wg.Wait()
		if f, ok := p.(interface{ found() []float64 }); ok {
			w.out.found = f.found()
		}
		counts := w.service.Counts()
		w.out.lost, w.out.early = rows-counts.Created, counts.Early
	})
	w.sum()
	return w.out
}

func (w *world) sum() {
	ideals := w.scenario.ideal()
	for c, finished := range w.out.finished {
		after := w.scenario.jobs[c].after
		w.out.ideal = max(w.out.ideal, ideals[c])
		w.out.actual = max(w.out.actual, finished)
		w.out.mean += (ideals[c] - after + time.Second).Seconds() / (finished - after + time.Second).Seconds() / float64(len(w.out.finished))
	}
	for i, j := 0, 0; j < len(w.times); j++ {
		for w.times[j]-w.times[i] >= time.Second {
			i++
		}
		w.out.busiest = max(w.out.busiest, j-i+1)
	}
}

func (w *world) work(p policy, customer int, todo chan int) {
	for row := range todo {
		for again := 0; ; again++ {
			refused, lost := p.attempt(customer, again, func() reply { return w.exchange(customer, row) })
			if !refused || lost {
				break
			}
		}
		w.mu.Lock()
		w.out.finished[customer] = max(w.out.finished[customer], time.Since(w.start))
		w.mu.Unlock()
	}
}

// exchange carries one create to the emulator and its answer back.
func (w *world) exchange(customer, row int) reply {
	w.mu.Lock()
	now := time.Since(w.start)
	w.out.stall = max(w.out.stall, now-max(w.last[customer], w.known[customer]))
	w.last[customer] = now
	w.times = append(w.times, now)
	w.mu.Unlock()

	body := strings.NewReader(fmt.Sprintf(`{"userPrincipalName":"u%d@%s","displayName":"P","passwordProfile":{"password":"Vq7!sample"}}`, row, domain(customer)))
	request, err := http.NewRequest(http.MethodPost, "http://partner.test/v1/customers/"+tenant(customer)+"/users", body)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	answer, err := w.service.Transport().RoundTrip(request)
	if err != nil {
		return reply{failed: true}
	}
	_, _ = io.Copy(io.Discard, answer.Body)

	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.requests++
	switch {
	case answer.StatusCode == http.StatusTooManyRequests:
	case answer.StatusCode >= 500:
		return reply{failed: true}
	case answer.StatusCode == http.StatusCreated:
		return reply{}
	default:
		panic(answer.Status)
	}
	w.out.refused++
	r := reply{refused: true}
	r.wait, r.stated = retryAfter(answer.Header.Get("Retry-After"))
	for c := range w.known {
		if c == customer || w.scenario.shared() {
			w.known[c] = max(w.known[c], time.Since(w.start)+r.wait)
		}
	}
	return r
}

func retryAfter(header string) (wait time.Duration, stated bool) {
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		return time.Duration(seconds * float64(time.Second)), true
	}
	if date, err := http.ParseTime(header); err == nil {
		return time.Until(date), true
	}
	return 0, false
}

func tenant(customer int) string {
	return fmt.Sprintf("%08d-0000-4000-8000-000000000000", customer+1)
}
func domain(customer int) string { return fmt.Sprintf("c%d.example", customer) }

// shared reports whether all customers share one limit.
func (s scenario) shared() bool {
	for _, q := range s.service.Quotas {
		if q.PerCustomer {
			return false
		}
	}
	return true
}

func (s scenario) emulated(seed uint64) simulate.Scenario {
	e := s.service
	e.Seed, e.KeepRequests = seed, -1
	e.SignIn.AccessLife = 1000 * time.Hour
	for c := range s.jobs {
		e.Customers = append(e.Customers, simulate.Customer{ID: tenant(c), Domain: domain(c)})
	}
	if s.whims > 0 {
		e.Fault = func(r simulate.Request) simulate.Fault {
			h := fnv.New64a()
			_, _ = fmt.Fprint(h, r.UPN, r.Attempt)
			if rand.New(rand.NewPCG(seed, h.Sum64())).Float64() < s.whims {
				return simulate.Fault{Mishap: simulate.FailBefore, Status: http.StatusTooManyRequests, RetryAfter: s.whimWait}
			}
			return simulate.Fault{}
		}
	}
	return e
}
