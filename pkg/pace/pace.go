// Package pace decides when an attempt may start, and how fast a run goes.
//
// The service publishes no limit, and limits change; so a [Pacer] learns the
// quota from the refusals, stays just under it and follows it when it moves.
// There are two kinds of scope: the whole run and, under it, one [Gate] for
// each customer. Every attempt passes both:
//
//	pacer := pace.New(pace.Limits{InFlight: 16})
//	gate := pacer.Gate(customerID, rateFoundLastTime)
//	defer gate.Close()
//
//	pass, err := gate.Enter(ctx) // waits for its turn, holding nothing
//	if err != nil {
//		return err // ctx is done, or the service only refuses: *StalledError
//	}
//	answer := send()
//	pass.Leave(pace.Answer{Throttled: answer.Status == 429, RetryAfter: wait, HasRetryAfter: true})
//
// Once a scope has been told to wait, nothing leaves it before that time has
// passed; only what was on the wire already can still be refused.
package pace

import (
	"fmt"
	"time"
)

// Limits are the bounds of a run. The zero value has none but one request in
// flight.
type Limits struct {
	// Rate is a ceiling for the whole run, in requests a second: no second,
	// wherever it begins, sees more (a ceiling below one is kept on average).
	// 0: none.
	Rate float64
	// InFlight is the number of requests that may be out at one time, in all;
	// less than 1 counts as 1.
	InFlight int
	// Seed makes the small jitter after a pause repeatable.
	Seed uint64
}

// Answer is what became of an attempt, as far as pacing goes. The zero value is
// an answer of the service that was no refusal.
type Answer struct {
	// Throttled: the service refused because we are too fast (429, or 503 with
	// Retry-After).
	Throttled bool
	// RetryAfter is the wait that the service asked for, if HasRetryAfter.
	RetryAfter    time.Duration
	HasRetryAfter bool
	// Failed: there was no proper answer (5xx, connection lost), so it tells
	// nothing about the quota.
	Failed bool
}

// Snapshot is the state of a gate, or of the whole run, at one moment.
type Snapshot struct {
	Name        string        // of the gate; empty for the run
	Rate        float64       // requests a second allowed now
	Found       float64       // the quota that refusals have shown, in requests a second: start the next run with it; 0: none showed
	Requests    int64         // attempts that entered
	Refused     int64         // of them: throttled
	Pauses      int64         // times that the scope was told to wait
	Paused      time.Duration // total length of the pauses, the present one included in full
	PausedUntil time.Time     // end of the last pause, past or to come; zero: there was none
	InFlight    int           // attempts that have entered and not left
	Waiting     int           // attempts that wait to enter
}

// StalledError is what [Gate.Enter] returns when waiting has become pointless:
// the service asks for a wait longer than [MaxRetryAfter], or it has refused
// every attempt of many rounds. Running again later goes on.
type StalledError struct {
	Gate   string        // the customer; empty: the whole run
	Until  time.Time     // when the service may be asked again
	Rounds int           // refused rounds in a row; 0: a single wait that was too long
	Waited time.Duration // time since the first of them
}

func (e *StalledError) Error() string {
	who := "the service"
	if e.Gate != "" {
		who = "the service, for customer " + e.Gate + ","
	}
	if e.Rounds == 0 {
		return fmt.Sprintf("%s asks to wait until %s; run the same command again then", who, e.Until.Format(time.RFC3339))
	}
	return fmt.Sprintf("%s has refused every request for %s (%d rounds of waiting as long as it asked); run the same command again later, not before %s",
		who, e.Waited.Round(time.Second), e.Rounds, e.Until.Format(time.RFC3339))
}
