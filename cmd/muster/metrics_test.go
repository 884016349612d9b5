package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"muster/pkg/partner"
	"muster/pkg/provision"
	"muster/pkg/results"
)

// measured are the metrics of a small run.
func measured(t *testing.T) *metrics {
	m := &metrics{path: filepath.Join(t.TempDir(), "muster.prom"), labels: `command="apply",input=` + label("a \"b\"\\\nc.csv"),
		tally: newTally(), began: time.Now(), last: time.Now(), log: zap.NewNop(), stop: func() {}}
	m.tally.Survey(3, 2)
	for _, d := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 70 * time.Millisecond, 2 * time.Minute} {
		m.tally.Attempt(provision.Attempt{Op: "create user", Latency: d})
	}
	m.tally.Attempt(provision.Attempt{Op: "create user", Kind: partner.Throttled, Throttled: true, Latency: time.Second})
	m.tally.Settled("c", results.Created)
	return m
}

// samples parses the text format as far as it is used.
func samples(t *testing.T, text string) map[string]float64 {
	t.Helper()
	found, typed := map[string]float64{}, map[string]bool{}
	line := regexp.MustCompile(`^([a-z_]+)\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\} (\S+)$`)
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		if f := strings.Fields(l); strings.HasPrefix(l, "# TYPE ") {
			if typed[f[2]] {
				t.Errorf("the family %s comes twice", f[2])
			}
			typed[f[2]] = true
		}
		if strings.HasPrefix(l, "#") {
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("no sample: %s", l)
		}
		family := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(m[1], "")
		if !typed[m[1]] && !typed[family] {
			t.Errorf("%s has no type before it", m[1])
		}
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Replace(strings.TrimSuffix(l, " "+m[2]), `command="apply",input="a \"b\"\\\nc.csv"`, "", 1)
		if _, twice := found[name]; twice {
			t.Errorf("the sample %s comes twice", name)
		}
		found[name] = v
	}
	return found
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	got := samples(t, measured(t).text(nil))
	const h, create = "muster_request_duration_seconds", `{,operation="create_user"`
	for name, want := range map[string]float64{
		`muster_rows{,status="created"}`:                           1,
		`muster_rows{,status="failed"}`:                            0,
		`muster_requests_total` + create + `,outcome="ok"}`:        4,
		`muster_requests_total` + create + `,outcome="throttled"}`: 1,
		`muster_refused_total{}`:                                   1,
		h + `_bucket` + create + `,le="0.05"}`:                     2, // bounds belong to their bucket
		h + `_bucket` + create + `,le="0.1"}`:                      3,
		h + `_bucket` + create + `,le="60"}`:                       4,
		h + `_bucket` + create + `,le="+Inf"}`:                     5,
		h + `_count` + create + `}`:                                5,
		h + `_sum` + create + `}`:                                  121.121,
		`muster_running{}`:                                         1,
		`muster_last_success_timestamp_seconds{}`:                  0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s: got %v, want %v", name, v, want)
		}
	}
	if _, ok := got["muster_exit_code{}"]; ok {
		t.Error("a run that has not ended has an exit code")
	}
}

func TestMetricsKeepTheLastSuccess(t *testing.T) {
	t.Parallel()
	m := measured(t)
	m.finish(exitDone, results.Counts{Rows: 3, Created: 3})
	first := lastSuccess(m.path)
	if age := time.Since(time.UnixMilli(int64(first * 1000))); age < 0 || age > time.Minute {
		t.Fatalf("the success was %v ago", age)
	}
	again := measured(t)
	again.path, again.success = m.path, lastSuccess(m.path)
	again.finish(exitRefused, results.Counts{})
	text, err := os.ReadFile(m.path)
	if err != nil {
		t.Fatal(err)
	}
	got := samples(t, string(text))
	if got["muster_last_success_timestamp_seconds{}"] != first || got["muster_exit_code{}"] != exitRefused || got["muster_running{}"] != 0 {
		t.Errorf("after a failure: got %v", got)
	}
	if info, err := os.Stat(m.path); err != nil || info.Mode().Perm()&0o444 != 0o444 {
		t.Errorf("a collector must be able to read it: %v %v", info.Mode(), err)
	}
}

// TestMetricsIntoAPipe has no earlier success to find there, and takes nothing out of it.
func TestMetricsIntoAPipe(t *testing.T) {
	t.Parallel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	path := fmt.Sprintf("/dev/fd/%d", out.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("this system has no /dev/fd")
	}
	fmt.Fprintln(in, `muster_last_success_timestamp_seconds{command="apply"} 5`)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if got := lastSuccess(path); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}

// TestPromtool asks Prometheus itself (Debian's package prometheus).
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool here")
	}
	m := measured(t)
	for _, text := range []string{m.text(nil), m.text(&ending{exitUnfinished, results.Counts{Rows: 3, Created: 2, Failed: 1}})} {
		c := exec.Command(promtool, "check", "metrics")
		c.Stdin = strings.NewReader(text)
		var said bytes.Buffer
		c.Stdout, c.Stderr = &said, &said
		if err := c.Run(); err != nil || said.Len() > 0 {
			t.Error(fmt.Errorf("%w: %s in %s", err, &said, text))
		}
	}
}
