package main

import (
	"testing"
	"time"

	"muster/pkg/ledger"
)

func TestCourse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	c := &course{bySecond: map[int64]*second{}}
	for _, o := range []ledger.Outcome{
		{Status: ledger.Created, Attempts: 1, LatencyMS: 100, At: at.Add(900 * time.Millisecond)},
		{Status: ledger.Created, Attempts: 3, LatencyMS: 300, At: at},
		{Status: ledger.Failed, Attempts: 1, At: at.Add(100 * time.Millisecond)},
		{Status: ledger.Created, Attempts: 1, LatencyMS: 50, At: at.Add(5 * time.Second)},
	} {
		c.add(o)
	}
	got := map[int64]int{}
	for _, s := range c.seconds() {
		got[s.At.Unix()-at.Unix()] = s.Created
		if s.At.Equal(at) && (s.Failed != 1 || s.Latency != 200*time.Millisecond) {
			t.Errorf("the first second: got %+v", s)
		}
	}
	if len(got) != 2 || got[0] != 2 || got[5] != 1 {
		t.Errorf("users created by second: got %v", got)
	}
	if !c.first.Equal(at) || !c.last.Equal(at.Add(5*time.Second)) || c.attempts != 6 {
		t.Errorf("got %v to %v, %d attempts", c.first, c.last, c.attempts)
	}
}
