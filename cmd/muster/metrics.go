package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"muster/pkg/durable"
	"muster/pkg/results"
)

// metricsEvery is how often the file is written during a run; collectors read
// about as often.
const metricsEvery = 15 * time.Second

// metrics writes the numbers of a run as a Prometheus text file, for the
// textfile collector of the node exporter. It holds no personal data, and
// whoever collects metrics is somebody else, so that its mode is 0644.
//
// Every sample has the labels command and input (the name of the file without
// its folder; in a sharded run also shard), so that the files of several jobs
// can lie in one folder.
type metrics struct {
	path    string
	labels  string
	tally   *tally
	began   time.Time
	last    time.Time // when the file was last written
	sent    int       // how many requests had been sent by then
	success float64   // when a run last ended with exit code 0, Unix seconds; 0: never
	log     *zap.Logger
	stop    func()
}

// measure writes the metrics file now and then until [metrics.finish], if the
// settings name one.
func (p *program) measure(input, shard string) {
	if p.options.metricsFile == "" {
		return
	}
	m := &metrics{path: p.options.metricsFile, tally: p.tally, began: time.Now(), last: time.Now(), log: p.log}
	m.labels = fmt.Sprintf("command=%s,input=%s", label(p.command.Name()), label(filepath.Base(input)))
	if shard != "" {
		m.labels += ",shard=" + label(shard)
	}
	m.success = lastSuccess(m.path)
	m.stop = repeat(metricsEvery, func() { m.write(nil) })
	p.metrics = m
}

// label writes a label's value.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "?")) + `"`
}

// lastSuccess finds the time in the file of an earlier run, since a run that
// fails must not make it forgotten. It is 0 where there is none. A pipe or a device is
// only written to: reading it might never end.
func lastSuccess(path string) float64 {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return 0
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`(?m)^muster_last_success_timestamp_seconds\{.*\} (\S+)$`).FindSubmatch(b)
	if found == nil {
		return 0
	}
	t, _ := strconv.ParseFloat(string(found[1]), 64) // 0 for what is no number
	return t
}

// finish writes the file of a run that has ended.
func (m *metrics) finish(code int, c results.Counts) {
	m.stop()
	if code == exitDone {
		m.success = float64(time.Now().UnixMilli()) / 1000
	}
	m.write(&ending{code, c})
}

// ending is how a run ended.
type ending struct {
	code   int
	counts results.Counts // zero where the rows were never known
}

// write writes the file; end is nil during the run. That it cannot be written is no
// reason to stop anything.
func (m *metrics) write(end *ending) {
	err := durable.Replace(m.path, 0o644, func(w io.Writer) error {
		_, err := io.WriteString(w, m.text(end))
		return err
	})
	if err != nil {
		m.log.Warn("the metrics file cannot be written", zap.Error(err))
	}
}

// text is the file, in the text format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
func (m *metrics) text(end *ending) string {
	var b strings.Builder
	n := m.tally.now()
	m.family(&b, "muster_rows", "gauge", "Rows of the input by status: settled so far, or all at the end of a run.")
	for _, s := range results.Statuses() {
		rows := n.settled[s]
		if end != nil && end.counts.Rows > 0 {
			rows = end.counts.Of(s)
		}
		m.sample(&b, "muster_rows", fmt.Sprintf("status=%q", s), float64(rows))
	}
	m.family(&b, "muster_requests_total", "counter", "Requests sent in this run, by operation and outcome.")
	for _, r := range slices.SortedFunc(maps.Keys(n.requests), func(a, b request) int {
		return cmp.Or(strings.Compare(a.op, b.op), strings.Compare(a.outcome, b.outcome))
	}) {
		m.sample(&b, "muster_requests_total", fmt.Sprintf("operation=%q,outcome=%q", word(r.op), r.outcome), float64(n.requests[r]))
	}
	m.one(&b, "muster_refused_total", "counter", "Requests of this run that the service refused as too many.", float64(n.refused))
	m.histograms(&b, n)
	m.one(&b, "muster_rate_requests_per_second", "gauge", "Requests a second, lately, or in the whole run at its end.", m.rate(n.sent, end != nil))
	m.one(&b, "muster_run_duration_seconds", "gauge", "Time since the run began, or its whole time at its end.", time.Since(m.began).Seconds())
	m.one(&b, "muster_last_success_timestamp_seconds", "gauge", "When a run last ended with exit code 0, in Unix time; 0 for never.", m.success)
	running := 1.0
	if end != nil {
		running = 0
		m.one(&b, "muster_exit_code", "gauge", "Exit code of the run that ended last.", float64(end.code))
	}
	m.one(&b, "muster_running", "gauge", "1 while a run is under way.", running)
	return b.String()
}

// rate is how many requests a second were sent since the last writing, or whole:
// since the run began.
func (m *metrics) rate(sent int, whole bool) float64 {
	since, before := m.last, m.sent
	if whole {
		since, before = m.began, 0
	}
	m.last, m.sent = time.Now(), sent
	if took := m.last.Sub(since).Seconds(); took > 0 {
		return float64(sent-before) / took
	}
	return 0
}

func (m *metrics) histograms(b *strings.Builder, n counts) {
	const name = "muster_request_duration_seconds"
	m.family(b, name, "histogram", "Time from sending a request to the end of its answer, by operation.")
	for _, op := range slices.Sorted(maps.Keys(n.latency)) {
		h, operation, sum := n.latency[op], fmt.Sprintf("operation=%q", word(op)), 0
		for i, bound := range bounds {
			sum += h.buckets[i]
			m.sample(b, name+"_bucket", fmt.Sprintf("%s,le=\"%g\"", operation, bound), float64(sum))
		}
		m.sample(b, name+"_bucket", operation+`,le="+Inf"`, float64(h.n))
		m.sample(b, name+"_sum", operation, h.sum.Seconds())
		m.sample(b, name+"_count", operation, float64(h.n))
	}
}

func (m *metrics) family(b *strings.Builder, name, kind, help string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (m *metrics) sample(b *strings.Builder, name, more string, value float64) {
	if more != "" {
		more = "," + more
	}
	fmt.Fprintf(b, "%s{%s%s} %s\n", name, m.labels, more, strconv.FormatFloat(value, 'f', -1, 64))
}

func (m *metrics) one(b *strings.Builder, name, kind, help string, value float64) {
	m.family(b, name, kind, help)
	m.sample(b, name, "", value)
}

// word makes one word of an operation: create_user.
func word(op string) string { return strings.ReplaceAll(op, " ", "_") }
