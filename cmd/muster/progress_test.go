package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"muster/pkg/pace"
	"muster/pkg/provision"
	"muster/pkg/results"
)

func TestBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var paused time.Time
		g := &progress{verb: creating, tally: newTally(), began: time.Now(), pace: func() pace.Snapshot { return pace.Snapshot{PausedUntil: paused} }}
		time.Sleep(2 * time.Second)
		if got, want := g.bar(120), "- reading and checking the input, 2s"; !strings.Contains(got, want[2:]) {
			t.Errorf("at first: got %q, want %q", got, want)
		}
		g.tally.Survey(1200, 1000)
		for range 100 {
			g.tally.Attempt(provision.Attempt{})
			g.tally.Settled("c", results.Created)
		}
		g.tally.Settled("c", results.Failed)
		for range 9 {
			g.tally.Attempt(provision.Attempt{Throttled: true})
		}
		g.bar(120)
		time.Sleep(8 * time.Second)
		const numbers = "101 of 1,000, 100 created, 1 failed, 10.1/s, 8% refused, 1m29s left"
		got := g.bar(120)
		if !strings.HasPrefix(got, "creating  10% [") || !strings.HasSuffix(got, "] "+numbers) {
			t.Errorf("got %q, want … %q", got, numbers)
		}
		paused = time.Now().Add(42 * time.Second)
		if got, want := g.bar(200), "the service asked to wait 42s"; !strings.Contains(got, want) {
			t.Errorf("paused: got %q, want %q", got, want)
		}
		for columns := range 130 {
			if got := g.bar(columns); len(got) > columns {
				t.Fatalf("%d columns: got %d: %q", columns, len(got), got)
			}
		}
	})
}

// The rate is that of the last half minute, not of the whole run.
func TestRateIsRecent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &progress{began: time.Now()}
		done := 0
		for range 600 {
			time.Sleep(time.Second)
			done += 100
			g.rate(done)
		}
		for range 60 {
			time.Sleep(time.Second)
			done++
			g.rate(done)
		}
		if got := g.rate(done); got < 0.9 || got > 1.1 {
			t.Errorf("got %.2f a second, want 1", got)
		}
	})
}

func TestPlainProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		p := newProgram(nil, nil, io.Discard, &said)
		p.log, p.tally, p.options.progress = zap.NewNop(), newTally(), "auto"
		finish := p.watch(creating, nil)
		p.tally.Survey(10, 10)
		p.tally.Settled("c", results.Created)
		time.Sleep(65 * time.Second)
		finish()
		finish()
		time.Sleep(time.Hour)
		if got := strings.Count(said.String(), "\n"); got != 2 {
			t.Errorf("in 65 seconds: got %d lines, want 2: %s", got, &said)
		}
		if want := "muster: creating: 1 of 10, 1 created, 0 failed, 0.0/s, 0% refused"; !strings.HasPrefix(said.String(), want) {
			t.Errorf("got %q, want %q", &said, want)
		}
	})
}

func TestScreen(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{out: &out}
	s.status("12345")
	s.Write([]byte("line\n"))
	s.status("1")
	s.status("")
	s.Write([]byte("end\n"))
	const blank5 = "\r     \r"
	want := "\r12345" + blank5 + "line\n12345" + "\r1    \b\b\b\b" + "\r \r" + "end\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRoughly(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0s", 45 * time.Second: "45s", 185 * time.Second: "3m5s", 2*time.Hour + 10*time.Minute: "2h10m", 3 * time.Hour: "3h0m",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
