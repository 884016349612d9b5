package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Quota limits requests. Rate and Burst make a bucket, Limit and Period a
// window, fixed or sliding; a quota with neither limits nothing.
type Quota struct {
	// PerCustomer counts each customer by itself (those requests that are
	// about one); otherwise the partner's requests are counted together.
	PerCustomer bool
	Customer    string // with PerCustomer: only this tenant GUID; "" = each
	Ops         []Op   // which operations count; none: all but sign-in

	Rate  float64 // tokens a second
	Burst int     // size of the bucket, full at the first request; 0 = 1
	// Strict refuses every request until the Retry-After of the first refusal
	// has passed, which extends nothing; otherwise tokens serve whoever comes.
	// They refill meanwhile in both.
	Strict bool

	Limit   int           // requests in a window
	Period  time.Duration // of windows, counted from the first request
	Sliding bool          // the window is the last Period, at any time

	Steps []Step // the quota over time, ascending

	RetryAfter   RetryAfter
	Status       int  // 0 = 429; 503 is the other one seen
	CountRefused bool // refused requests use quota too; a bucket goes down to -Burst
}

// Step changes a quota some time after the first request that it counted.
type Step struct {
	After time.Duration
	Rate  float64 // of a bucket
	Limit int     // of a window
}

// RetryAfter says how a refusal names the time to wait. Its zero value is whole
// seconds, rounded up: until the bucket has a token again, or the window ends.
type RetryAfter struct {
	Min, Max time.Duration // if Max > 0: random from Min to Max instead, whole seconds unless Fractions
	Form     Form
	Literal  string // if not empty: this, whatever it means
}

// Form is the notation of a Retry-After header.
type Form uint8

// The notations.
const (
	Seconds   Form = iota // 57, as documented
	Fractions             // 1.250
	Date                  // an HTTP date, rounded up to the second
	Missing               // no header, but the message names the seconds
)

// quotas are the quotas of a service with what is used of them.
type quotas struct {
	mu  sync.Mutex
	all []*quota
}

type quota struct {
	Quota
	start  time.Time         // first request counted
	meters map[string]*meter // by customer, or one under ""
}

// meter is the use of a quota in one scope.
type meter struct {
	quota     *quota
	level     float64     // tokens in the bucket
	filled    time.Time   // when level was right
	window    int64       // number of the window
	used      int         // requests in it
	recent    []time.Time // requests in the last Period, where it slides
	blocked   time.Time   // a strict bucket refuses until then
	quietFrom time.Time   // a Retry-After was written then
	quietTo   time.Time   // and has passed then
}

// refusal is a request that a quota turned away.
type refusal struct {
	quotas *quotas
	meter  *meter
	wait   time.Duration // stated from the moment the answer is written; 0 = nothing stated
	until  time.Time     // stated as a date; zero = none
}

func newQuotas(described []Quota) *quotas {
	qs := &quotas{}
	for _, q := range described {
		if q.Rate > 0 || q.Period > 0 {
			q.Burst = max(q.Burst, 1)
			q.Customer = strings.ToLower(q.Customer)
			qs.all = append(qs.all, &quota{Quota: q, meters: make(map[string]*meter)})
		}
	}
	return qs
}

// admit counts a request, or refuses it.
func (qs *quotas) admit(c *call, now time.Time) (answer, bool) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	meters := qs.meters(c, now)
	var full *meter
	for _, m := range meters {
		if !m.open(now) {
			full = m
			break
		}
	}
	for _, m := range meters {
		if full == nil || m.quota.CountRefused {
			m.use(now)
		}
	}
	if full == nil {
		return answer{}, false
	}
	c.Throttled = true
	return qs.refuse(c, full, now), true
}

// early reports whether the request left its client although it had been told
// to wait. A request that arrives at the very moment in which the refusal is
// written was on its way.
func (qs *quotas) early(c *call) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.all {
		if m := q.meters[q.scope(c)]; m != nil && q.concerns(c) && c.Time.After(m.quietFrom) && c.Time.Before(m.quietTo) {
			return true
		}
	}
	return false
}

// written notes that the client now knows how long to wait.
func (r *refusal) written(now time.Time) {
	if r == nil || r.wait <= 0 && r.until.IsZero() {
		return
	}
	r.quotas.mu.Lock()
	defer r.quotas.mu.Unlock()
	until, m := r.until, r.meter
	if until.IsZero() {
		until = now.Add(r.wait)
	}
	if now.After(m.quietTo) {
		m.quietFrom = now
	}
	if until.After(m.quietTo) {
		m.quietTo = until
	}
}

// meters returns those of the quotas that concern the request.
func (qs *quotas) meters(c *call, now time.Time) []*meter {
	var meters []*meter
	for _, q := range qs.all {
		if !q.concerns(c) {
			continue
		}
		if q.start.IsZero() {
			q.start = now
		}
		m := q.meters[q.scope(c)]
		if m == nil {
			m = &meter{quota: q, level: float64(q.Burst), filled: now}
			q.meters[q.scope(c)] = m
		}
		meters = append(meters, m)
	}
	return meters
}

func (q *quota) concerns(c *call) bool {
	if q.PerCustomer && (c.Tenant == "" || q.Customer != "" && q.Customer != c.Tenant) {
		return false
	}
	if len(q.Ops) > 0 {
		return slices.Contains(q.Ops, c.Op)
	}
	return c.Op != Token && c.Op != DeviceCode
}

func (q *quota) scope(c *call) string {
	if q.PerCustomer {
		return c.Tenant
	}
	return ""
}

// limits returns rate and limit as the steps have them now.
func (q *quota) limits(now time.Time) (rate float64, limit int) {
	rate, limit = q.Rate, q.Limit
	for _, step := range q.Steps {
		if now.Sub(q.start) >= step.After {
			rate, limit = step.Rate, step.Limit
		}
	}
	return rate, limit
}

// open brings the meter up to now and reports whether it has room.
func (m *meter) open(now time.Time) bool {
	const rounding = 1e-9 // of a token
	q := m.quota
	rate, limit := q.limits(now)
	if q.Sliding {
		for len(m.recent) > 0 && now.Sub(m.recent[0]) >= q.Period {
			m.recent = m.recent[1:]
		}
		return len(m.recent) < limit
	}
	if q.Period > 0 {
		if w := int64(now.Sub(q.start) / q.Period); w != m.window {
			m.window, m.used = w, 0
		}
		return m.used < limit
	}
	m.level = min(float64(q.Burst), m.level+rate*now.Sub(m.filled).Seconds())
	m.filled = now
	return m.level >= 1-rounding && !now.Before(m.blocked)
}

func (m *meter) use(now time.Time) {
	if m.quota.Sliding {
		m.recent = append(m.recent, now)
	}
	m.used++
	m.level = max(m.level-1, -float64(m.quota.Burst))
}

// room returns how long it takes until there is room again.
func (m *meter) room(now time.Time) time.Duration {
	const outage = time.Minute // what a rate of zero is said to last
	q := m.quota
	rate, limit := q.limits(now)
	switch {
	case q.Sliding && limit > 0:
		return q.Period - now.Sub(m.recent[len(m.recent)-limit])
	case q.Period > 0:
		return q.Period - now.Sub(q.start)%q.Period
	}
	if rate <= 0 {
		return outage
	}
	return time.Duration((1 - m.level) / rate * float64(time.Second))
}

// refuse makes the answer of a full meter.
func (qs *quotas) refuse(c *call, m *meter, now time.Time) answer {
	q := m.quota
	form := q.RetryAfter
	wait := m.room(now)
	blocked := q.Strict && now.Before(m.blocked)
	if blocked {
		wait = m.blocked.Sub(now)
	} else if form.Max > 0 {
		wait = form.draw(c)
	}
	c.refusal = &refusal{quotas: qs, meter: m}
	wait = form.round(wait)
	header := form.header(wait, now, c.refusal)
	if q.Strict && !blocked {
		m.blocked = now.Add(wait)
	}
	status := http.StatusTooManyRequests
	if q.Status != 0 {
		status = q.Status
	}
	a := throttled(status, fmt.Sprintf("Rate limit is exceeded. Try again in %d seconds.", int64(ceil(wait, time.Second)/time.Second)))
	if header != "" {
		a.header = http.Header{"Retry-After": {header}}
	}
	return a
}

func (ra RetryAfter) draw(c *call) time.Duration {
	unit := time.Second
	if ra.Form == Fractions {
		unit = time.Millisecond
	}
	low, high := int64(ra.Min/unit), int64(ra.Max/unit)
	return time.Duration(low+c.random.Int64N(max(high-low, 0)+1)) * unit
}

// round brings a wait to what the form can say, upwards.
func (ra RetryAfter) round(wait time.Duration) time.Duration {
	if ra.Form == Fractions {
		return ceil(wait, time.Millisecond)
	}
	return max(ceil(wait, time.Second), time.Second)
}

// header spells the wait and notes in the refusal what the client is told.
func (ra RetryAfter) header(wait time.Duration, now time.Time, r *refusal) string {
	switch {
	case ra.Literal != "":
		return ra.Literal
	case ra.Form == Missing:
		return ""
	case ra.Form == Date:
		r.until = now.Add(wait + time.Second - 1).Truncate(time.Second)
		return r.until.UTC().Format(http.TimeFormat)
	case ra.Form == Fractions:
		r.wait = wait
		return strconv.FormatFloat(wait.Seconds(), 'f', 3, 64)
	default:
		r.wait = wait
		return strconv.FormatInt(int64(wait/time.Second), 10)
	}
}

func ceil(d, unit time.Duration) time.Duration { return (d + unit - 1) / unit * unit }

// throttled is the body that quotas answer with, in the words and spaces of
// "API throttling guidance" in the Partner Center documentation.
func throttled(status int, message string) answer {
	text := fmt.Sprintf(`{ "statusCode": %d, "message": %q }`, status, message)
	return answer{status: status, body: raw{"application/json", []byte(text)}}
}
