package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"muster/pkg/provision"
	"muster/pkg/results"
)

// watcher shows progress on standard error.
type watcher struct {
	out   io.Writer
	every time.Duration // 0: never

	mu                   sync.Mutex
	toSend, done, failed int
	requests, refused    int
	began, shown         time.Time
}

// Progress lines come at most so often where there is no terminal.
const plainEvery = 30 * time.Second

func (p *program) watcher() *watcher {
	w := &watcher{out: p.stderr, began: time.Now(), shown: time.Now()}
	if p.options.progress != "none" {
		w.every = plainEvery
	}
	return w
}

// Survey implements [provision.Watcher].
func (w *watcher) Survey(_, toSend int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.toSend = toSend
}

// Attempt implements [provision.Watcher].
func (w *watcher) Attempt(a provision.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	if a.Throttled {
		w.refused++
	}
}

// Settled implements [provision.Watcher].
func (w *watcher) Settled(_ string, s results.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	if s == results.Failed {
		w.failed++
	}
	if w.every > 0 && time.Since(w.shown) >= w.every {
		w.show()
	}
}

func (w *watcher) show() {
	w.shown = time.Now()
	rate := float64(w.done) / time.Since(w.began).Seconds()
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(w.toSend-w.done) / rate * float64(time.Second)).Round(time.Second).String()
	}
	fmt.Fprintf(w.out, "muster: %d of %d done, %d failed, %.1f a second, %d of %d requests refused, about %s left\n",
		w.done, w.toSend, w.failed, rate, w.refused, w.requests, left)
}

func (w *watcher) finish() {}
