package provision

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/roster"
	"muster/pkg/secret"
	"muster/pkg/upn"
)

// job is one person on the way to a user.
type job struct {
	row       int
	mark      mark
	lane      *lane
	person    roster.Person
	intent    ledger.Intent
	staged    bool        // has a place on the stage
	resumed   bool        // a request of an earlier run may have made the user
	unwritten bool        // the ledger lacks the intent as it is now
	password  secret.Text // what the request carries
	certain   bool        // no request with another one was sent

	began       time.Time     // of the first attempt
	tried       time.Time     // of the last one
	latency     time.Duration // of the last one
	attempts    int           // requests sent
	failures    int           // of them: neither answered nor throttled
	sent        bool          // one of them may have reached the service
	doubtful    bool          // one of them may have been carried out, for all that the answers say
	rejected    bool          // counted as failed
	correlation string        // of the last one
	last        *partner.Error
}

// begin gives a job, of which only the row is known, its intent: that of an
// earlier run where there is one, else a new one.
func (r *run) begin(j *job) error {
	if j.mark.fate == resume {
		e, err := r.Ledger.Find(j.intent.Key)
		if err != nil {
			return r.broken(err)
		}
		j.resume(e)
		return nil
	}
	name, err := r.nameOf(&judged{source: &roster.Row{Person: j.person}, lane: j.lane}, j.mark.number)
	if err != nil {
		return err
	}
	j.intent.Tenant, j.intent.UPN = j.lane.tenant, name
	j.renew()
	return nil
}

// resume takes up the request of an earlier run. Where that one got a definite
// refusal, and only the person's being there already was in doubt, the request
// is a new one: the service may answer a repeated one with the old refusal for
// ever, whatever was mended in the row since. The name stays the same, so that
// there can be one such user at most.
func (j *job) resume(e ledger.Entry) {
	j.intent, j.resumed, j.doubtful = e.Intent, true, true
	j.attempts = e.Outcome.Attempts
	definite := e.Outcome.Refused || e.Outcome.Unconfirmed
	if definite && e.Status == ledger.Doubtful && !j.lane.before.has(e.Intent.UPN) {
		j.renew()
	}
}

// renew makes the intent a new one, to send what the row says now.
func (j *job) renew() {
	i, p := &j.intent, &j.person
	i.Request, i.At = uuid.New(), time.Now()
	i.FirstName, i.LastName, i.DisplayName = p.FirstName, p.LastName, p.DisplayName
	i.UsageLocation, i.ImmutableID, i.ForceChangePassword = p.UsageLocation, p.ImmutableID, p.ForceChangePassword
	j.unwritten = true
}

// nameOf is the userPrincipalName that the survey gave: the row's own, or the
// generated one with its number.
func (r *run) nameOf(j *judged, number uint32) (string, error) {
	p := &j.source.Person
	domain := j.lane.domainFor(p, r.Domain)
	if p.UserPrincipalName != "" {
		return complete(p.UserPrincipalName, domain), nil
	}
	wish := j.wish
	if wish == "" { // the row was read again
		var buf [128]byte
		text, _, err := r.appendWish(buf[:0], p, p.Identity(), domain)
		if err != nil {
			return "", err
		}
		wish = string(text)
	}
	return upn.Number(wish, int(number)), nil
}

// prepare makes the intents and the passwords of some jobs durable, in this order:
// so every password in the credentials file is that of somebody whom the ledger
// knows.
func (r *run) prepare(all []*job) error {
	var intents []ledger.Intent
	var lacking []*job
	for _, j := range all {
		old, found := r.earlier[strings.ToLower(j.intent.UPN)]
		found = found && j.resumed && !j.unwritten
		j.certain = !j.resumed || found && !j.intent.Held
		if !j.intent.Held && (r.holds() || !j.certain) {
			j.intent.Held, j.unwritten = true, true
		}
		if j.unwritten {
			intents = append(intents, j.intent)
		}
		if found {
			j.password = old
		} else {
			lacking = append(lacking, j)
		}
	}
	if err := r.Ledger.Intend(intents...); err != nil {
		return r.broken(err)
	}
	return r.makePasswords(lacking...)
}

// create sends the request until it is settled, or has to be looked up.
func (r *run) create(ctx context.Context, j *job) error {
	for {
		var user partner.User
		refused, err := r.once(ctx, j.lane, "create user", func(ctx context.Context) (err error) {
			j.attempts++
			if j.tried = time.Now(); j.began.IsZero() {
				j.began = j.tried
			}
			user, err = r.Directory.CreateUser(ctx, j.lane.tenant, partner.Call{RequestID: j.intent.Request, CorrelationID: uuid.New()}, j.newUser())
			j.latency = time.Since(j.tried)
			j.sent = j.sent || reached(err)
			return err
		})
		r.unstage(j)
		if err != nil {
			return r.leave(j)
		}
		j.note(refused, user.Trace)
		switch r.next(j, refused) {
		case succeeded:
			if r.claims.take(user.ID) {
				return r.created(ctx, j, user.ID)
			}
			j.note(disputed(user), user.Trace)
			j.lane.doubts.add(j)
			return nil
		case again:
			continue
		case lookUp:
			j.lane.doubts.add(j)
			return nil
		case refuseRow:
			return r.reject(j, refused)
		case refuseLane:
			j.lane.close(refused)
			return r.deny(j, refused)
		case leaveRow:
			return r.leave(j)
		}
		if r.pause(j, refused) != nil {
			return r.leave(j)
		}
	}
}

// reached reports whether a request may have reached the service, whatever became
// of it there.
func reached(err error) bool {
	var e *partner.Error
	return !errors.As(err, &e) || e.Repeated || e.Kind != partner.NotSent && e.Kind != partner.SignIn
}

// pause waits before the next attempt, unless the run or the lane ends before.
func (r *run) pause(j *job, refused *partner.Error) error {
	wait := pace.Backoff(j.failures, jitter(string(j.intent.Key[:]), j.failures))
	r.Log.Info("trying again", zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.String("customer", j.lane.tenant),
		zap.Stringer("request_id", j.intent.Request), zap.String("correlation_id", j.correlation),
		zap.Int("attempt", j.attempts), zap.Duration("wait", wait), zap.Error(refused))
	if err := r.rest(wait); err != nil {
		return err
	}
	return r.awaitAnswers(j.lane)
}

// note keeps what the result will say of the last attempt.
func (j *job) note(e *partner.Error, t partner.Trace) {
	j.last = e
	if e != nil {
		t = e.Trace
		j.doubtful = j.doubtful || e.Doubtful()
	}
	j.correlation = t.CorrelationID
}

func (j *job) newUser() partner.NewUser {
	return partner.NewUser{
		UserPrincipalName:   j.intent.UPN,
		DisplayName:         j.intent.DisplayName,
		FirstName:           j.intent.FirstName,
		LastName:            j.intent.LastName,
		UsageLocation:       j.intent.UsageLocation,
		ImmutableID:         j.intent.ImmutableID,
		Password:            j.password,
		ForceChangePassword: j.intent.ForceChangePassword,
	}
}

// outcome begins the outcome of the job.
func (j *job) outcome(s ledger.Status) ledger.Outcome {
	o := ledger.Outcome{Key: j.intent.Key, Tenant: j.lane.tenant, UPN: j.intent.UPN, Status: s,
		Attempts: j.attempts, Correlation: j.correlation, LatencyMS: j.latency.Milliseconds(), At: time.Now()}
	if j.attempts > 0 {
		o.Request = j.intent.Request
	}
	return o
}

// created records a user that this ledger created, once it has the password that
// the credentials file names.
func (r *run) created(ctx context.Context, j *job, id string) error {
	o := j.outcome(ledger.Created)
	o.UserID = id
	known := true
	if !j.certain {
		if err := r.hold(j); err != nil {
			return err
		}
		lost, err := r.reset(ctx, j, id)
		if err != nil {
			return nil // the run has ended; the person stays in doubt, and the next run resets it
		}
		if lost != nil {
			known = false
			passwordUnknown(&o, lost)
		}
	}
	if log := r.Log.Check(zap.DebugLevel, "created"); log != nil { // nobody makes its fields for nothing
		log.Write(zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.String("customer", j.lane.tenant),
			zap.String("user_id", id), zap.Stringer("request_id", j.intent.Request), zap.String("correlation_id", j.correlation), zap.Int("attempt", j.attempts))
	}
	if err := r.record(o); err != nil {
		return err
	}
	r.createdNow.Add(1)
	if !known {
		return nil // the next run tries again
	}
	return r.handOver(j.intent.Key)
}

// reject records that the service does not want this row. The next listing, of this
// run or of another, tells whether it exists all the same: Partner Center's pages do
// not name the answer to a name that is taken, and the directory underneath gives 400
// (github.com/microsoftgraph/microsoft-graph-docs/issues/1508); and something on the
// way may answer in the service's place after the request was carried out.
func (r *run) reject(j *job, e *partner.Error) error {
	r.Log.Warn("refused", zap.Int("row", j.row), zap.String("upn", j.intent.UPN), zap.String("customer", j.lane.tenant),
		zap.Stringer("request_id", j.intent.Request), zap.String("correlation_id", j.correlation), zap.Error(e))
	j.rejected = true
	return r.await(j, r.failed(j.refused(e)))
}

// deny ends a job whose refusal closed the lane: it counts for nothing, since it says
// nothing of the row. As after [run.reject] the listing has the last word.
func (r *run) deny(j *job, e *partner.Error) error {
	return r.await(j, r.record(j.refused(e)))
}

// refused is the outcome of a job that was refused.
func (j *job) refused(e *partner.Error) ledger.Outcome {
	o := j.outcome(ledger.Failed)
	refusal(&o, e)
	o.Unconfirmed = j.sent
	return o
}

// await has a job that was refused wait for the listing, once that is recorded, if
// anything may have reached the service: recorded is the error of doing so.
func (r *run) await(j *job, recorded error) error {
	if !j.sent {
		return r.forgetPassword(j, recorded)
	}
	if recorded == nil {
		j.lane.refused.add(j)
	}
	return recorded
}

// leave ends a job whose run or lane has ended. Where nothing can have reached the
// service the intent is withdrawn, so that nobody has to wonder. Else it stays in
// doubt, whatever the answers said: behind a 429 or a 401 there may be a user all the
// same, whom the next run must not take for somebody else's.
func (r *run) leave(j *job) error {
	if j.doubtful || j.sent {
		return nil
	}
	return r.withdraw(j)
}

func (r *run) withdraw(j *job) error {
	if err := r.Ledger.Settle(j.outcome(ledger.Withdrawn)); err != nil {
		return r.broken(err)
	}
	return r.forgetPassword(j, nil)
}

// codeOf is the stable word for an answer: Partner Center's code where it gave
// one, else HTTP's status, else what happened.
func codeOf(e *partner.Error) string {
	switch {
	case e.Code != "":
		return e.Code
	case e.Status != 0:
		return "http_" + strconv.Itoa(e.Status)
	}
	return e.Kind.String()
}
