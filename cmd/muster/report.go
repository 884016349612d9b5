package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"muster/pkg/durable"
	"muster/pkg/provision"
	"muster/pkg/results"
)

func (p *program) reportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report RESULTS…",
		Short: "Summarise result files, join them, draw them",
		Long: `report sums up one or more results files, also those of the shards of one run, which
it puts into the order of the input. It ends with 0 whatever became of the rows.
The page of --html needs no network; what it shows of the course of the run it
takes from the ledger beside the results (staff.results.csv: staff.ledger.jsonl).`,
		Example: `  muster report staff.results.csv --html staff.html
  muster report staff.results.*-of-4.csv --merged staff.results.csv`,
		Args:              args("RESULTS", 1, maxShards),
		ValidArgsFunction: filesEnding("csv", "jsonl", "ndjson"),
		RunE:              func(_ *cobra.Command, a []string) error { return p.report(a) },
	}
	p.options.bind(c, onReport|onOutput)
	return c
}

// reportSummary is the document of report: command, version, exit_code, error,
// hint as in head; rows, created, … customers, causes, other_causes as in
// [summary]; missing, the number of rows that are in none of the files although
// later ones are; results[], the files that were read; files, what was written
// (merged, html), "" where it was not.
type reportSummary struct {
	head
	results.Summary
	Missing int         `json:"missing"`
	Results []string    `json:"results"`
	Files   reportFiles `json:"files"`
}

type reportFiles struct {
	Merged string `json:"merged"`
	HTML   string `json:"html"`
}

func newReportSummary() *reportSummary {
	return &reportSummary{Summary: newSummary().Summary, Results: []string{}}
}

func (p *program) report(paths []string) (err error) {
	s := newReportSummary()
	s.head, s.Results = *p.doc.top(), paths
	p.doc = s
	if err := p.checkReport(paths); err != nil {
		return err
	}
	p.idle.Store(true)
	rows := p.untilSignal(results.Merge(paths...))
	if p.options.merged != "" {
		s.Summary, err = results.Write(p.options.merged, rows)
		s.Files.Merged = p.options.merged
	} else {
		s.Summary, err = sum(rows)
	}
	switch errno := syscall.Errno(0); {
	case errors.Is(err, provision.ErrStopped):
		return err
	case err != nil && !errors.As(err, &errno):
		return hinted(resultsName, "%v", err)
	case err != nil:
		return early(err)
	}
	s.Missing = max(0, s.LastRow-s.Rows)
	if p.options.html != "" {
		if err := p.draw(paths, rows); err != nil {
			return early(err)
		}
		s.Files.HTML = p.options.html
	}
	p.told = true
	if p.options.output == "json" {
		return writeJSON(p.stdout, s)
	}
	return p.tellReport(s)
}

// untilSignal passes rows on until the first signal: there is nothing to bring to its
// end, and no file is replaced by half of one.
func (p *program) untilSignal(rows iter.Seq2[results.Row, error]) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for r, err := range rows {
			if p.stopped() {
				yield(r, provision.ErrStopped)
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// resultsName is for whoever named something else.
const resultsName = "a results file is what validate, plan and apply write and name at their end, such as staff.results.csv"

// checkReport refuses results that are no files, and outputs that would destroy an
// input or each other.
func (p *program) checkReport(paths []string) error {
	taken := map[string]string{}
	for _, path := range paths {
		switch info, err := os.Stat(path); {
		case errors.Is(err, fs.ErrNotExist):
			return hinted(resultsName, "there is no results file %s", path)
		case err == nil && info.IsDir():
			return hinted(resultsName, "%s is a folder", path)
		}
		taken[whole(path)] = "one of the results to be read"
	}
	for _, o := range []struct{ flag, path string }{{"--merged", p.options.merged}, {"--html", p.options.html}} {
		if o.path == "" {
			continue
		}
		if other := taken[whole(o.path)]; other != "" {
			return hinted("give it a name of its own", "%s %s is also %s", o.flag, o.path, other)
		}
		taken[whole(o.path)] = o.flag
		if err := writable(o.path); err != nil {
			return &earlyError{fmt.Errorf("%s: %w", o.flag, err)}
		}
	}
	if p.options.merged == "" {
		return nil
	}
	if err := results.CheckPath(p.options.merged); err != nil {
		return hinted("give it another ending", "--merged: %v", err)
	}
	return nil
}

func sum(rows iter.Seq2[results.Row, error]) (results.Summary, error) {
	var t results.Tally
	for r, err := range rows {
		if err != nil {
			return results.Summary{}, err
		}
		t.Add(r)
	}
	return t.Summary(), nil
}

func (p *program) tellReport(s *reportSummary) error {
	var b bytes.Buffer
	if err := s.Summary.WriteText(&b, textWidth(width(p.stdout))); err != nil {
		return err
	}
	if s.Missing > 0 {
		fmt.Fprintf(&b, "\nwarning: %s missing, although row %s is there: are the files of all shards named?\n", isAre(s.Missing, "row"), results.Thousands(s.LastRow))
	}
	for _, f := range []struct{ what, path string }{{"merged", s.Files.Merged}, {"page", s.Files.HTML}} {
		if f.path != "" {
			fmt.Fprintf(&b, "\n%-12s %s", f.what, f.path)
		}
	}
	if s.Files != (reportFiles{}) {
		b.WriteByte('\n')
	}
	_, err := p.stdout.Write(b.Bytes())
	return err
}

func isAre(n int, noun string) string {
	if n == 1 {
		return results.Count(n, noun) + " is"
	}
	return results.Count(n, noun) + " are"
}

// draw writes the page. It names people, so that only its owner may read it.
func (p *program) draw(paths []string, rows iter.Seq2[results.Row, error]) error {
	course, err := courseOf(paths)
	if err != nil {
		return err
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	title := strings.Join(names[:min(len(names), 3)], ", ")
	if len(names) > 3 {
		title += fmt.Sprintf(" and %d more", len(names)-3)
	}
	page := results.Report{Title: title, Generated: time.Now(), Facts: course.facts(), Series: course.seconds(), Rows: rows}
	return durable.Replace(p.options.html, 0o600, func(w io.Writer) error { return results.HTML(w, page) })
}
