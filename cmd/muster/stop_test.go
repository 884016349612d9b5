//go:build !windows

package main

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// silent is a service that takes connections and says nothing. The channel gets
// one element for each of them.
func silent(t *testing.T) (url string, connected chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connected = make(chan struct{}, 100)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			connected <- struct{}{}
		}
	}()
	return "http://" + listener.Addr().String(), connected
}

// hangingSignIn: a run that waits for a token of a service that hangs ends at one
// signal, whichever it is, and long before the sign-in would be given up.
func (s *shop) hangingSignIn() {
	s.people(5)
	for _, sent := range []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(sent) {
			continue // the tests were started by nohup
		}
		var connected chan struct{}
		s.url, connected = silent(s.t)
		c := s.apply()
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			s.t.Fatal(err)
		}
		<-connected
		if err := c.Process.Signal(sent); err != nil {
			s.t.Fatal(err)
		}
		kill := time.AfterFunc(15*time.Second, func() { _ = c.Process.Kill() })
		if code := codeOf(c.Wait()); code != exitInterrupted || !strings.Contains(out.String(), "goes on where this one ended") {
			s.t.Errorf("%v: exit code %d, and it says\n%s", sent, code, &out)
		}
		kill.Stop()
		if created, pending := s.results(5); created != 0 || pending != 5 {
			s.t.Errorf("%v: %d created, %d pending, want all pending", sent, created, pending)
		}
	}
}

// secondSignal: a program that hangs where it cannot be interrupted, such as in
// the reading of a pipe, leaves at the second signal, and says how to go on.
func (s *shop) secondSignal() {
	input := filepath.Join(s.dir, "staff.csv")
	if err := syscall.Mkfifo(input, 0o600); err != nil {
		s.t.Skip("no pipes here:", err)
	}
	old := filepath.Join(s.dir, "staff.results.csv")
	if err := os.WriteFile(old, []byte("of an earlier run"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.url = "http://127.0.0.1:1"
	c := s.apply()
	said, err := c.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = c.Process.Kill() })
	defer kill.Stop()
	pipe, err := os.OpenFile(input, os.O_WRONLY, 0) // returns when muster reads
	if err != nil {
		s.t.Fatal(err)
	}
	defer pipe.Close()
	_ = c.Process.Signal(syscall.SIGTERM)
	var out strings.Builder
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if out.WriteString(lines.Text() + "\n"); strings.Contains(lines.Text(), "stopping: ") {
			_ = c.Process.Signal(syscall.SIGTERM)
		}
	}
	if code := codeOf(c.Wait()); code != exitInterrupted || !strings.Contains(out.String(), "run the same command again") {
		s.t.Errorf("exit code %d, and it says\n%s", code, &out)
	}
	if after, err := os.ReadFile(old); err != nil || string(after) != "of an earlier run" {
		s.t.Errorf("the results of an earlier run are now %q, %v", after, err)
	}
}
