package partner

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// A watch bounds an exchange in time and sees whether its request can have reached
// the service. It serves one exchange after the other, for speed: to make the
// contexts anew for each, and to enter each in the caller's and strike it out again,
// took a twentieth of a run's CPU.
type watch struct {
	ends    <-chan struct{} // with the callers' contexts
	context context.Context // of the exchanges
	cancel  context.CancelFunc
	timer   *time.Timer // cancels

	// net/http may report the end of a write after it has returned the answer, and
	// so during the next exchange: written is then true too early, and what was not
	// sent counts as perhaps sent, never the other way round.
	asked, written atomic.Bool
}

// watch returns a watch for one exchange of a caller with this context. One that was
// left by another caller serves if the contexts of both end together.
func (c *Client) watch(ctx context.Context) *watch {
	select {
	case w := <-c.watches:
		if w.ends == ctx.Done() {
			w.asked.Store(false)
			w.timer.Reset(c.timeout)
			return w
		}
		w.cancel()
	default:
	}
	w := &watch{ends: ctx.Done()}
	// GetConn begins every attempt of net/http's own, of which there is a second one
	// only if the first wrote nothing (or the request is a GET).
	w.context, w.cancel = context.WithCancel(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { w.asked.Store(true); w.written.Store(false) },
		WroteHeaders: func() { w.written.Store(true) },
	}))
	w.timer = time.AfterFunc(c.timeout, w.cancel)
	return w
}

// leave ends the exchange: in order, or by cutting off what may be left of it.
func (c *Client) leave(w *watch, inOrder bool) {
	if w.timer.Stop() && inOrder {
		select {
		case c.watches <- w:
			return
		default:
		}
	}
	w.cancel()
}

// never reports whether the service certainly did not see the whole request.
// net/http reports headers as written when they are in its buffer, so before
// that at most a part of them is on the wire, which no server carries out. A
// transport that does not report is believed only when it says that it failed
// to dial.
func (w *watch) never(err error) bool {
	if w.asked.Load() {
		return !w.written.Load()
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
