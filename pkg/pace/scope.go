package pace

import (
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

const (
	// MaxRetryAfter is the longest wait that is sat out. A service that asks for
	// more stalls the scope: see [StalledError].
	MaxRetryAfter = 15 * time.Minute

	// firstFew requests of a run follow each other without a wait between an answer and
	// the next: a run looks for the customer and the users there before it creates any.
	firstFew = 4

	maxJitter    = 10 * time.Millisecond
	believed     = 3                // refused rounds in a row up to which a stated wait is taken at its word
	giveUpRounds = 12               // refused rounds in a row after which a scope is stalled,
	giveUpAfter  = time.Minute      // if they have lasted for this long
	leastGrowing = time.Second      // the least growing wait where Retry-After is given: it holds if longer
	statedWait   = 8 * time.Second  // and the longest one
	unstatedWait = 60 * time.Second // the same where it is missing
	seesFor      = 5 * time.Second  // how long the one attempt that goes to see is waited for
)

// A scope is what a refusal holds for: the whole run, or one customer. It keeps
// the pause and the pace. The pacer's lock guards it.
type scope struct {
	name    string
	epoch   time.Time
	jitter  *rand.Rand
	learner learner
	bucket  *rate.Limiter
	ceiling float64 // attempts a second; 0: none
	hint    float64 // the same, for now

	paused  bool
	until   time.Time // end of the last pause
	resumed time.Time // when attempts went on after it
	sent    time.Time // when the last attempt was let go
	rounds  int       // pauses since the last success
	failing time.Time // when the first of those rounds was refused
	stalled *StalledError

	inFlight                  int
	requests, refused, pauses int64
	pausedFor                 time.Duration
}

func newScope(name string, epoch time.Time, start float64, jitter *rand.Rand) *scope {
	now := time.Now()
	return &scope{
		name: name, epoch: epoch, jitter: jitter,
		learner: newLearner(start, now.Sub(epoch).Seconds()),
		bucket:  rate.NewLimiter(firstSpeed, 1),
		resumed: now,
	}
}

func (s *scope) clock(t time.Time) float64 { return t.Sub(s.epoch).Seconds() }

// ready returns when an attempt may start as far as this scope goes: now, or
// the earliest time worth asking again; never, if only an answer can help.
func (s *scope) ready(now time.Time) (at time.Time, ok bool) {
	if s.paused {
		if now.Before(s.until) {
			return s.until, true
		}
		s.resume(now)
	}
	if until := s.sent.Add(seesFor); s.seeing() && now.Before(until) {
		return until, true
	}
	r := s.learner.rate(s.clock(now))
	if s.ceiling > 0 {
		r = min(r, s.ceiling)
	}
	if s.hint > 0 {
		r = min(r, s.hint)
	}
	if rate.Limit(r) != s.bucket.Limit() {
		s.bucket.SetLimitAt(now, rate.Limit(r))
		s.bucket.SetBurstAt(now, max(1, int(r/100)))
	}
	missing := 1 - s.bucket.TokensAt(now)
	if missing < 1e-6 {
		return now, true
	}
	if s.requests < firstFew && s.inFlight == 0 && s.refused == 0 && s.learner.seeking() {
		s.learner.held = s.clock(now)
		return now, true
	}
	return now.Add(time.Duration(missing/r*float64(time.Second)) + time.Microsecond), true
}

// seeing reports whether an attempt went to see whether the service still refuses: after
// two rounds of refusals they go one at a time. Those from before the pause say nothing.
func (s *scope) seeing() bool {
	return s.rounds > 1 && s.inFlight > 0 && !s.sent.Before(s.resumed)
}

// resume ends a pause. No tokens were saved up meanwhile.
func (s *scope) resume(now time.Time) {
	s.paused, s.resumed = false, now
	s.learner.resume(s.clock(now))
	if saved := int(s.bucket.TokensAt(now)); saved > 0 {
		s.bucket.ReserveN(now, saved)
	}
}

func (s *scope) admit(now time.Time) {
	s.bucket.ReserveN(now, 1)
	s.learner.sent(s.clock(now))
	s.inFlight++
	s.requests++
	s.sent = now
}

func (s *scope) accept(start, now time.Time) {
	s.rounds = 0
	s.learner.accept(s.clock(start), s.clock(now))
}

// pausing reports whether the scope has been told to wait.
func (s *scope) pausing(now time.Time) bool { return s.paused && now.Before(s.until) }

// lift ends a pause that was not meant for this scope.
func (s *scope) lift(now time.Time) {
	if s.pausing(now) {
		s.pausedFor -= s.until.Sub(now)
		s.until = now
	}
	s.rounds, s.stalled = 0, nil
}

// prolong starts a pause, or makes it longer.
func (s *scope) prolong(now, until time.Time) {
	switch {
	case !s.paused:
		s.paused, s.until = true, until
		s.pauses++
		s.pausedFor += until.Sub(now)
	case until.After(s.until):
		s.pausedFor += until.Sub(later(s.until, now))
		s.until = until
	}
}

// pause stops the scope for as long as the service asks. One event, one round:
// refusals of what was on the wire when it began can only make it longer.
func (s *scope) pause(start, now time.Time, a Answer) {
	if !s.paused && !start.Before(s.resumed) {
		s.rounds++
		if s.rounds == 1 {
			s.failing = now
		}
	}
	wait := max(s.wait(now, a), time.Millisecond) + time.Duration(s.jitter.Int64N(int64(maxJitter)))
	s.prolong(now, now.Add(wait))
	s.stall(now, wait)
}

// wait returns how long to pause: what was asked for, and more if the last
// pauses did not help. One or two that did not may be chance. Then it is a quarter of
// the time for which everything has been refused, so that no more is lost at the end
// of a longer trouble than a quarter of it.
func (s *scope) wait(now time.Time, a Answer) time.Duration {
	if !a.HasRetryAfter || a.RetryAfter < 0 {
		return min(time.Second<<min(max(s.rounds-1, 0), 10), unstatedWait)
	}
	if s.rounds > believed {
		return max(a.RetryAfter, min(max(now.Sub(s.failing)/4, leastGrowing), statedWait))
	}
	return a.RetryAfter
}

func (s *scope) stall(now time.Time, wait time.Duration) {
	switch {
	case wait > MaxRetryAfter+maxJitter:
		s.stalled = &StalledError{Gate: s.name, Until: s.until}
	case s.rounds >= giveUpRounds && now.Sub(s.failing) >= giveUpAfter:
		s.stalled = &StalledError{Gate: s.name, Until: s.until, Rounds: s.rounds, Waited: now.Sub(s.failing)}
	}
}

func (s *scope) snapshot() Snapshot {
	speed := s.learner.speed
	if s.ceiling > 0 {
		speed = min(speed, s.ceiling)
	}
	return Snapshot{
		Name: s.name, Rate: speed, Found: s.learner.found(),
		Requests: s.requests, Refused: s.refused,
		Pauses: s.pauses, Paused: s.pausedFor, PausedUntil: s.until, InFlight: s.inFlight,
	}
}
