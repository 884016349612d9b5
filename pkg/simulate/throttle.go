package simulate

import "time"

// Quota limits requests. Rate and Burst make a bucket, Limit and Period a fixed
// window; a quota with neither limits nothing.
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

	Limit  int           // requests in a window
	Period time.Duration // of windows, counted from the first request

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
