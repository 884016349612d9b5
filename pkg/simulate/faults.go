package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

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
	Late                // Fault.Status (0 = 504) at once; carried out Fault.After (0 = 5 s) later, unseen
	Unauthorized        // 401 / 400; nothing carried out
	ExpireToken         // the same, and the token stays refused
	mishaps             // their number
)

// Fault is what befalls one request. Its zero value is nothing.
type Fault struct {
	Mishap     Mishap
	Status     int           // see the mishaps; 429 has the throttling body
	Code       int           // of the error that FailBefore and FailAfter answer with; 0 = what such a status usually says
	RetryAfter string        // header of FailBefore, FailAfter and Late, verbatim; "" = none
	Before     time.Duration // extra wait before the service decides
	After      time.Duration // extra wait between its decision and the answer; see also Late
}

// Chances makes API requests go wrong at random.
type Chances struct {
	Of       map[Mishap]float64 // probability of each, 0 to 1; their sum should not exceed 1
	Statuses []int              // FailBefore and FailAfter draw from these; none: 500, 502, 503, 504
	Ops      []Op               // which operations; none: all
}

// drawFault asks the script, then the dice.
func (s *Service) drawFault(c *call) Fault {
	if s.scenario.Fault != nil {
		if f := s.scenario.Fault(c.Request); f != (Fault{}) {
			return f
		}
	}
	chances := s.scenario.Chances
	if len(chances.Of) == 0 || c.Op == Token || c.Op == DeviceCode {
		return Fault{}
	}
	if len(chances.Ops) > 0 && !slices.Contains(chances.Ops, c.Op) {
		return Fault{}
	}
	roll := c.random.Float64()
	for m := NoMishap + 1; m < mishaps; m++ {
		if roll -= chances.Of[m]; roll < 0 {
			return Fault{Mishap: m, Status: chances.status(m, c)}
		}
	}
	return Fault{}
}

func (ch Chances) status(m Mishap, c *call) int {
	if m != FailBefore && m != FailAfter {
		return 0
	}
	statuses := ch.Statuses
	if len(statuses) == 0 {
		statuses = []int{500, 502, 503, 504}
	}
	return statuses[c.random.IntN(len(statuses))]
}

// failBefore returns the answer of a mishap that keeps the service from
// carrying the request out.
func failBefore(c *call) (answer, bool) {
	switch c.fault.Mishap {
	case FailBefore:
		return c.fault.failure(http.StatusInternalServerError), true
	case HTMLPage:
		status, contentType, text := c.fault.page()
		return answer{status: status, body: raw{contentType, text}}, status/100 != 2
	}
	return answer{}, false
}

// answerLate gives up on a request in the client's eyes only: the service
// carries it out when the client may long have looked whether it did.
func (s *Service) answerLate(w http.ResponseWriter, c *call) {
	after := c.fault.After
	if after == 0 {
		after = 5 * time.Second
	}
	s.send(w, c, c.fault.failure(http.StatusGatewayTimeout))
	time.AfterFunc(after, func() {
		s.decide(c)
		s.log.add(c.Request)
	})
}

// failure is the body that belongs to the fault's status.
func (f Fault) failure(status int) answer {
	if f.Status != 0 {
		status = f.Status
	}
	var a answer
	switch {
	case f.Code != 0:
		a = refuse(&apiError{status, f.Code, "The request is refused.", nil, sourceDirectory})
	case status == http.StatusTooManyRequests:
		a = throttled(status, "Rate limit is exceeded.")
	case status == http.StatusInternalServerError:
		a = refuse(&apiError{status, 800003, "An unexpected error occurred in the service's back end.", nil, sourceDirectory})
	default: // gateways answer in plain words, if at all
		a = answer{status: status, body: raw{"text/plain", []byte(http.StatusText(status))}}
	}
	if f.RetryAfter != "" {
		a.header = http.Header{"Retry-After": {f.RetryAfter}}
	}
	return a
}

// page is what a gateway shows to browsers.
func (f Fault) page() (status int, contentType string, body []byte) {
	status = f.Status
	if status == 0 {
		status = http.StatusBadGateway
	}
	text := fmt.Sprintf("<!DOCTYPE html>\r\n<html><head><title>%d - %s</title></head>\r\n"+
		"<body><h2>Our services aren&#39;t available right now</h2></body></html>\r\n", status, http.StatusText(status))
	return status, "text/html", []byte(text)
}
