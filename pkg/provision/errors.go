package provision

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"muster/pkg/pace"
	"muster/pkg/partner"
)

// The ends of a run that is not finished. An error of [Apply], [Plan] or [Undo]
// that is none of these came before anything was sent, or is a fault of the
// machine, such as a full disk.
var (
	// ErrStopped: Batch.Stop was closed, or the context ended.
	ErrStopped = errors.New("stopped before the end")
	// ErrGaveUp: Batch.MaxFailures rows have failed.
	ErrGaveUp = errors.New("gave up: too many rows have failed")
)

// RefusedError says that the service refuses the run, so that nothing more would
// succeed: the sign-in, a permission, every customer.
type RefusedError struct {
	Err  error
	Hint string // what to do
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// UnreachableError says that the service does not answer, or only ever refuses
// for the moment. A later run goes on.
type UnreachableError struct {
	Customer string // who alone is concerned; "": all are
	Err      error
	For      time.Duration // how long it has been tried, or nobody has had an answer, if that is longer
}

func (e *UnreachableError) Error() string {
	if stalled := (*pace.StalledError)(nil); errors.As(e.Err, &stalled) {
		return stalled.Error() // it answers, and says when to come again
	}
	tried := e.For.Round(time.Second)
	if e.Customer != "" {
		return fmt.Sprintf("the service gives no answer for customer %s (tried for %v): %v", e.Customer, tried, e.Err)
	}
	return fmt.Sprintf("the service cannot be reached (tried for %v): %v", tried, e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// InputError says that the input or a setting does not allow the run. Nothing
// was sent.
type InputError struct {
	Message string
	Hint    string
}

func (e *InputError) Error() string { return e.Message }

// bugError is a panic of a goroutine that this package started. Where it happened
// is in the log, at level debug.
type bugError struct {
	value any
	run   uuid.UUID
}

func (e *bugError) Error() string {
	return fmt.Sprintf("this is a fault of muster itself (run %s): %v", e.run, e.value)
}

// isEnd reports whether an error is one of the ends of a run, or of a lane.
func isEnd(err error) bool {
	var refused *RefusedError
	var unreachable *UnreachableError
	return errors.Is(err, ErrStopped) || errors.Is(err, ErrGaveUp) || errors.As(err, &refused) || errors.As(err, &unreachable)
}

// faultIn returns what of err, perhaps several errors in one, is no end of a run.
func faultIn(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []error
		for _, e := range all.Unwrap() {
			faults = append(faults, faultIn(e))
		}
		return errors.Join(faults...)
	}
	if isEnd(err) {
		return nil
	}
	return err
}

// verdict is the error of a run that is over, of which err came to light last. What
// the rows tell depends on it.
func (r *run) verdict(err error) error {
	r.faulty.Lock()
	defer r.faulty.Unlock()
	fault := faultIn(err)
	if r.fault != nil && !errors.Is(fault, r.fault) {
		fault = errors.Join(r.fault, fault)
	}
	if fault != nil {
		return fault
	}
	if ended := r.ended(); ended != nil {
		return ended
	}
	err = verdictOf(r.lanes.ordered[nobody+1:])
	r.hopeless = errors.As(err, new(*RefusedError))
	return err
}

// verdictOf is the error of a run that served all customers as far as it could:
// an [*UnreachableError] where one kept it waiting for ever, a [*RefusedError]
// where every customer refused everything, so that nobody could be served.
func verdictOf(lanes []*lane) error {
	var first error
	served := false
	for _, l := range lanes {
		if l.same != nil {
			continue
		}
		switch err := l.closed(); {
		case err == nil:
			served = true
		case isEnd(err):
			return err
		case first == nil:
			first = err
		}
	}
	if first == nil || served {
		return nil
	}
	refused := &RefusedError{Err: first}
	var e *partner.Error
	if errors.As(first, &e) {
		refused.Hint = e.Advice()
	}
	return refused
}
