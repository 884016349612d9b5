package provision

import (
	"errors"
	"fmt"
	"time"
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
	Err error
	For time.Duration // how long it has been tried
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the service cannot be reached (tried for %v): %v", e.For.Round(time.Second), e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// InputError says that the input or a setting does not allow the run. Nothing
// was sent.
type InputError struct {
	Message string
	Hint    string
}

func (e *InputError) Error() string { return e.Message }

// bugError is a panic of a goroutine that this package started.
type bugError struct {
	value any
	stack []byte
}

func (e *bugError) Error() string { return fmt.Sprintf("bug: %v\n%s", e.value, e.stack) }
