package pace_test

import (
	"time"

	"muster/pkg/simulate"
)

const ms = time.Millisecond

var usual = simulate.Latency{Min: 100 * ms, Max: 200 * ms}

// lenient is a bucket that serves whoever comes when it has a token; refusals
// state a random wait of from to to seconds.
func lenient(rate float64, burst, from, to int) simulate.Quota {
	return simulate.Quota{Rate: rate, Burst: burst, RetryAfter: simulate.RetryAfter{Min: time.Duration(from) * time.Second, Max: time.Duration(to) * time.Second}}
}

// strict is the same, but refuses everything until that wait has passed.
func strict(rate float64, burst, from, to int) simulate.Quota {
	q := lenient(rate, burst, from, to)
	q.Strict = true
	return q
}

func window(limit int, period time.Duration) simulate.Quota {
	return simulate.Quota{Limit: limit, Period: period}
}

func sliding(limit int, period time.Duration) simulate.Quota {
	return simulate.Quota{Limit: limit, Period: period, Sliding: true}
}

// changing is a quota with steps: a number of seconds and the rate from then on.
func changing(q simulate.Quota, steps ...[2]float64) simulate.Quota {
	for _, s := range steps {
		q.Steps = append(q.Steps, simulate.Step{After: time.Duration(s[0] * float64(time.Second)), Rate: s[1]})
	}
	return q
}

// each gives every customer that quota for itself.
func each(q simulate.Quota) simulate.Quota {
	q.PerCustomer = true
	return q
}

// of is the quota of one customer.
func of(customer int, q simulate.Quota) simulate.Quota {
	q.PerCustomer, q.Customer = true, tenant(customer)
	return q
}

// total returns the requests a second that all customers together may make, as
// somebody would configure it who knew the quotas.
func (s scenario) total() (rate float64) {
	for _, q := range s.service.Quotas {
		one := q.Rate
		if q.Period > 0 {
			one = float64(q.Limit) / q.Period.Seconds()
		}
		if q.PerCustomer && q.Customer == "" {
			one *= float64(len(s.jobs))
		}
		rate += one
	}
	return rate
}

// jobs are so many rows for each of so many customers.
func jobs(rows, customers int) []job {
	js := make([]job, customers)
	for c := range js {
		js[c].rows = rows
	}
	return js
}

// service describes a scenario of one or more quotas.
func service(name string, js []job, inFlight int, latency simulate.Latency, quotas ...simulate.Quota) scenario {
	return scenario{name: name, jobs: js, inFlight: inFlight, service: simulate.Scenario{Quotas: quotas, Latency: latency}}
}

// table holds the services of the pacing table, for jobs of n rows.
func table(n int) []scenario {
	one := jobs(n, 1)
	return []scenario{
		service("lenient 200/s burst 50", one, 128, usual, lenient(200, 50, 1, 5)),
		service("strict 200/s burst 50", one, 128, usual, strict(200, 50, 1, 5)),
		service("halves at 100 s, back at 300 s", one, 128, usual, changing(lenient(200, 50, 1, 5), [2]float64{100, 100}, [2]float64{300, 200})),
		service("window 12,000 a minute", one, 128, usual, window(12000, time.Minute)),
		service("lenient, Retry-After 57", one, 128, usual, lenient(200, 50, 57, 57)),
		service("lenient, latency 20-400 ms", one, 128, simulate.Latency{Min: 20 * ms, Max: 400 * ms}, lenient(200, 50, 1, 5)),
		service("two customers, 150/s and 50/s", []job{{rows: n * 3 / 4}, {rows: n / 4}}, 128, usual, of(0, lenient(150, 40, 1, 5)), of(1, lenient(50, 10, 1, 5))),
	}
}

// late is the same, with customers who begin one after the other.
func late(rows, customers int, every time.Duration) []job {
	js := jobs(rows, customers)
	for c := range js {
		js[c].after = time.Duration(c) * every
	}
	return js
}

// uneven is 50 to 350 rows a customer.
func uneven(customers int) []job {
	js := jobs(0, customers)
	for c := range js {
		js[c].rows = 50 + 100*(c%4)
	}
	return js
}

// many holds services with many customers.
func many() []scenario {
	return []scenario{
		service("6 x 150, 20/s each", jobs(150, 6), 64, usual, each(lenient(20, 5, 1, 1))),
		service("6 x 150, 20/s each, 16 in flight", jobs(150, 6), 16, usual, each(lenient(20, 5, 1, 1))),
		service("6 x 150, shared 60/s, 16 in flight", jobs(150, 6), 16, usual, lenient(60, 30, 1, 1)),
		service("6 x 150, 20/s each, strict", jobs(150, 6), 64, usual, each(strict(20, 20, 1, 5))),
		service("6 x 1000, 20/s each", jobs(1000, 6), 64, usual, each(lenient(20, 20, 1, 5))),
		service("6 x 150, shared 60/s", jobs(150, 6), 64, usual, lenient(60, 30, 1, 1)),
		service("6 x 150, shared 60/s strict", jobs(150, 6), 64, usual, strict(60, 30, 1, 5)),
		service("6 x 1000, shared 60/s", jobs(1000, 6), 64, usual, lenient(60, 15, 1, 5)),
		service("2 x 1000, 150/s and 50/s", jobs(1000, 2), 64, usual, of(0, lenient(150, 40, 1, 5)), of(1, lenient(50, 10, 1, 5))),
		service("2 x 300, 20/s and none", jobs(300, 2), 32, usual, of(1, lenient(20, 5, 1, 5))),
		service("2 x 50, 20/s each", jobs(50, 2), 16, usual, each(lenient(20, 5, 1, 1))),
		service("2 x 2000, shared 100/s", jobs(2000, 2), 64, usual, lenient(100, 25, 1, 5)),
		service("50 x 50, 5/s each", jobs(50, 50), 64, usual, each(lenient(5, 5, 1, 5))),
		service("50 x 50, shared 60/s", jobs(50, 50), 64, usual, lenient(60, 15, 1, 5)),
		service("50 x 50, shared 60/s strict", jobs(50, 50), 64, usual, strict(60, 15, 1, 5)),
		service("50 x 200, 20/s each", jobs(200, 50), 256, usual, each(lenient(20, 10, 1, 5))),
		service("12 x 50-350, 20/s each", uneven(12), 64, usual, each(lenient(20, 10, 1, 5))),
		service("12 x 50-350, shared 60/s", uneven(12), 64, usual, lenient(60, 15, 1, 5)),
		service("12 x 100, one a second, 20/s each", late(100, 12, time.Second), 64, usual, each(lenient(20, 10, 1, 5))),
		service("12 x 100, one a second, shared 60/s", late(100, 12, time.Second), 64, usual, lenient(60, 15, 1, 5)),
		service("6 x 500, 10/s each, shared 40/s", jobs(500, 6), 64, usual, each(lenient(10, 5, 1, 5)), lenient(40, 20, 1, 5)),
		service("6 x 150, 500 a minute shared", jobs(150, 6), 32, usual, window(500, time.Minute)),
		service("6 x 150, no quota", jobs(150, 6), 32, usual),
	}
}

// strangers are services that no constant of the pacer was tuned on.
func strangers() []scenario {
	noisy := simulate.Latency{Min: 20 * ms, Max: 400 * ms}
	slow := simulate.Latency{Min: 300 * ms, Max: 900 * ms}
	return []scenario{
		service("60/s burst 120, noisy", jobs(18000, 1), 64, noisy, lenient(60, 120, 2, 8)),
		service("the same, strict", jobs(18000, 1), 64, noisy, strict(60, 120, 2, 8)),
		service("40/s burst 10, slow", jobs(12000, 1), 128, slow, lenient(40, 10, 1, 10)),
		service("the same, strict", jobs(12000, 1), 128, slow, strict(40, 10, 1, 10)),
		service("15/s burst 3, Retry-After 5", jobs(3000, 1), 16, usual, lenient(15, 3, 5, 5)),
		service("350/s burst 35, Retry-After 10", jobs(70000, 1), 128, usual, lenient(350, 35, 10, 10)),
		service("700/s burst 200", jobs(200000, 1), 256, usual, lenient(700, 200, 1, 3)),
		service("the same, strict", jobs(200000, 1), 256, usual, strict(700, 200, 1, 3)),
		service("2,000/s burst 400", jobs(200000, 1), 512, usual, lenient(2000, 400, 1, 2)),
		service("300, then 150, then 220/s", jobs(50000, 1), 128, usual, changing(lenient(300, 60, 1, 2), [2]float64{60, 150}, [2]float64{180, 220})),
		service("window 3,000 in 30 s", jobs(15500, 1), 64, usual, window(3000, 30*time.Second)),
		service("window 300 a minute", jobs(1600, 1), 16, usual, window(300, time.Minute)),
	}
}
