package simulate

import "time"

// Mishap is a way in which a request goes wrong.
type Mishap uint8

// The mishaps. "Carried out" means that the directory changes as if all went
// well, provided that the request passes sign-in, quotas and rules.
const (
	NoMishap     Mishap = iota
	LostRequest         // connection dropped; nothing carried out, no quota used
	LostAnswer          // carried out, then connection dropped
	FailBefore          // Fault.Status (0 = 500); nothing carried out
	FailAfter           // carried out, then Fault.Status (0 = 500)
	Truncated           // carried out; connection dropped in the middle of the answer
	Garbage             // carried out; the right status with a body that is no JSON
	Empty               // carried out; the right status without a body
	HTMLPage            // Fault.Status (0 = 502) with an HTML page; carried out if the status is 2xx
	HangBefore          // no answer until the client gives up; nothing carried out
	HangAfter           // carried out, then no answer until the client gives up
	Unauthorized        // 401 / 400; nothing carried out
	ExpireToken         // the same, and the token stays refused
	mishaps             // their number
)

// Fault is what befalls one request. Its zero value is nothing.
type Fault struct {
	Mishap     Mishap
	Status     int           // see the mishaps; 429 has the throttling body
	RetryAfter string        // header of FailBefore and FailAfter, verbatim; "" = none
	Before     time.Duration // extra wait before the service decides
	After      time.Duration // extra wait between its decision and the answer
}

// Chances makes API requests go wrong at random.
type Chances struct {
	Of       map[Mishap]float64 // probability of each, 0 to 1; their sum should not exceed 1
	Statuses []int              // FailBefore and FailAfter draw from these; none: 500, 502, 503, 504
	Ops      []Op               // which operations; none: all
}
