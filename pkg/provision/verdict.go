package provision

import (
	"time"

	"muster/pkg/partner"
)

// step is what to do after an answer to a create.
type step uint8

const (
	succeeded  step = iota
	again           // at once: the gate makes it wait
	later           // after a pause
	lookUp          // find out whether the user exists
	refuseRow       // the row has failed
	refuseLane      // all rows of the customer have
	leaveRow        // the run has ended
)

// next decides what to do after an attempt, and counts it.
//
// The rule behind it: a request that may have been carried out is repeated with
// its own MS-RequestId or looked up, and never taken for refused, since the
// refusal may be the answer to our own success. Only what the service refused at
// once, before anything was in doubt, has failed.
func (r *run) next(j *job, e *partner.Error) step {
	switch {
	case e == nil:
		j.lane.pardon()
		return succeeded
	case e.Kind == partner.Throttled:
		return again
	case transient(e.Kind), e.WantsFreshToken():
		return r.retry(j, e)
	case e.ConcernsCustomer() && j.lane.succeeded.Load() != 0 && !j.lane.forbid():
		return r.retry(j, e) // it served this customer before
	case e.Kind == partner.Conflict || j.doubtful:
		return lookUp
	case e.ConcernsCustomer():
		return refuseLane
	case e.Kind == partner.Forbidden && j.lane.forbid():
		return refuseLane
	}
	return refuseRow
}

// retry decides after an attempt without an answer. A row whose attempts ran out
// is looked up if it may exist.
func (r *run) retry(j *job, e *partner.Error) step {
	if r.ended() != nil {
		return leaveRow
	}
	if since, gone := r.gone(); gone {
		_ = r.silent(j.lane, e, since)
		return leaveRow
	}
	if j.failures++; j.failures < r.MaxAttempts {
		return later
	}
	if r.ranOut(j, e) {
		return leaveRow
	}
	if j.doubtful {
		return lookUp
	}
	if r.unheardSince(j.began) {
		_ = r.silent(j.lane, e, j.began)
		return leaveRow
	}
	return refuseRow
}

// forbiddenAtMost is how many refusals in a row, without a success, are taken for
// the customer's where the code says neither that nor the row's, or where it does but
// the customer was served before.
const forbiddenAtMost = 3

// forbid counts a refusal and reports whether it is one too many.
func (l *lane) forbid() bool { return l.forbidden.Add(1) >= forbiddenAtMost }

// pardon notes a success, which forgets the refusals and the rows without answers.
func (l *lane) pardon() {
	l.succeeded.Store(time.Now().UnixNano())
	l.forbidden.Store(0)
	l.ranOut.Store(0)
}
