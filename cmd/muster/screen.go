package main

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is standard error with, at a terminal, a status line below everything
// else. It is safe for concurrent use.
type screen struct {
	out io.Writer

	mu    sync.Mutex
	shown string // the status line; "" for none
}

// Write writes whole lines above the status line.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == "" {
		return s.out.Write(b)
	}
	// One write, so that other programs at this terminal come between lines only.
	if _, err := io.WriteString(s.out, blank(s.shown)+string(b)+s.shown); err != nil {
		return 0, err
	}
	return len(b), nil
}

// status replaces the status line; "" takes it away.
func (s *screen) status(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == line {
		return
	}
	pad := max(0, utf8.RuneCountInString(s.shown)-utf8.RuneCountInString(line))
	text := "\r" + line + strings.Repeat(" ", pad) + strings.Repeat("\b", pad)
	if line == "" {
		text = blank(s.shown)
	}
	_, _ = io.WriteString(s.out, text) // a lost terminal is no reason to stop
	s.shown = line
}

// blank overwrites a line. It does without escape sequences, which not every
// console of Windows knows.
func blank(line string) string {
	return "\r" + strings.Repeat(" ", utf8.RuneCountInString(line)) + "\r"
}

// width is that of the terminal; where there is none a line may be long.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 200
}

// isTerminal reports whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
