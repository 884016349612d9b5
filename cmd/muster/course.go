package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"muster/pkg/ledger"
	"muster/pkg/results"
)

// course is how a run went over time, as its ledgers remember.
type course struct {
	ledgers     []string
	rehearsal   bool
	first, last time.Time
	attempts    int
	bySecond    map[int64]*second
}

type second struct {
	results.Second
	latency time.Duration // the sum
	n       int           // of how many
}

// courseOf reads the ledgers that lie beside the results files, as far as there
// are any.
func courseOf(paths []string) (*course, error) {
	c := &course{bySecond: map[int64]*second{}}
	for _, path := range paths {
		beside := ledgerBeside(path)
		if beside == "" || !exists(beside) {
			continue
		}
		if err := c.read(beside); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// ledgerBeside is the ledger of a results file that kept its usual name:
// staff.results.0-of-4.csv has staff.ledger.0-of-4.jsonl.
func ledgerBeside(path string) string {
	m := regexp.MustCompile(`^(.+)\.results(\.\d+-of-\d+)?$`).FindStringSubmatch(strings.TrimSuffix(path, filepath.Ext(path)))
	if m == nil {
		return ""
	}
	return m[1] + ".ledger" + m[2] + ".jsonl"
}

func (c *course) read(path string) error {
	service, err := serviceOf(path)
	if err != nil {
		return err
	}
	l, err := ledger.Open(path, ledger.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer l.Close() // it was only read
	c.ledgers = append(c.ledgers, filepath.Base(path))
	c.rehearsal = c.rehearsal || service == simulated
	for e, err := range l.Entries() {
		if err != nil {
			return err
		}
		if o := e.Outcome; !o.At.IsZero() && o.Attempts > 0 {
			c.add(o)
		}
	}
	return nil
}

func (c *course) add(o ledger.Outcome) {
	if c.first.IsZero() || o.At.Before(c.first) {
		c.first = o.At
	}
	if o.At.After(c.last) {
		c.last = o.At
	}
	c.attempts += o.Attempts
	s := c.bySecond[o.At.Unix()]
	if s == nil {
		s = &second{Second: results.Second{At: time.Unix(o.At.Unix(), 0)}}
		c.bySecond[o.At.Unix()] = s
	}
	switch o.Status {
	case ledger.Created, ledger.Deleting, ledger.Deleted:
		s.Created++
	case ledger.Failed:
		s.Failed++
	}
	if o.LatencyMS > 0 {
		s.latency += time.Duration(o.LatencyMS) * time.Millisecond
		s.n++
	}
}

func (c *course) seconds() []results.Second {
	var list []results.Second
	for _, s := range c.bySecond {
		if s.n > 0 {
			s.Latency = s.latency / time.Duration(s.n)
		}
		list = append(list, s.Second)
	}
	return list
}

func (c *course) facts() []results.Fact {
	var facts []results.Fact
	add := func(name, value string) { facts = append(facts, results.Fact{Name: name, Value: value}) }
	if c.rehearsal {
		add("Rehearsal", "against the emulator: nobody was created")
	}
	if !c.first.IsZero() {
		add("First answer", c.first.Local().Format(time.DateTime))
		add("Last answer", c.last.Local().Format(time.DateTime))
		add("Requests for rows", results.Thousands(c.attempts))
	}
	if len(c.ledgers) > 0 {
		add("Ledger", strings.Join(c.ledgers, ", "))
	}
	return facts
}
