package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
)

// closing is the summary of a run. Its JSON form is what --output json prints.
type closing struct {
	results.Summary
	ExitCode int              `json:"exit_code"`
	Error    string           `json:"error"` // why the run ended before its end; "" if it did not
	Hint     string           `json:"hint"`
	Seconds  float64          `json:"seconds"`
	Requests int              `json:"requests"` // sent, refused ones included
	Refused  int              `json:"refused"`  // with 429, or 503 and Retry-After
	Lanes    []closingLane    `json:"lanes"`
	Warnings []closingWarning `json:"warnings"` // the first 1,000
	Warned   int              `json:"warned"`   // how many there were
	Files    closingFiles     `json:"files"`
	Next     string           `json:"next"` // the command to run next; "" if there is none
}

type closingLane struct {
	Customer  string  `json:"customer"` // as the input names it
	TenantID  string  `json:"customer_id"`
	Domain    string  `json:"domain"`
	PerSecond float64 `json:"rate"` // requests a second that the service was found to take; 0: unknown
	Error     string  `json:"error"`
}

type closingWarning struct {
	Row     int    `json:"row"`
	Line    int    `json:"line"`
	Code    string `json:"code"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// closingFiles are the files that were written; "" for one that was not.
type closingFiles struct {
	Results     string `json:"results"`
	Rejects     string `json:"rejects"`
	Credentials string `json:"credentials"`
	Ledger      string `json:"ledger"`
}

// conclude writes the files of a run and its summary. The error is that of the
// run, or else that some rows did not end well.
func (p *program) conclude(j *work, report *provision.Report, failed error) error {
	if j.watch != nil {
		j.watch.finish()
	}
	if report == nil || p.leaving() {
		return failed
	}
	c := closing{Seconds: report.Took.Seconds(), Requests: report.Requests, Refused: report.Refused, Warned: report.Warned}
	err := p.write(j, report, &c)
	if err != nil {
		return errors.Join(failed, err)
	}
	if failed == nil {
		failed = rowsError(c.Counts)
	}
	c.ExitCode = exitCode(failed)
	if failed != nil && !errors.Is(failed, errRows) {
		c.Error, c.Hint = failed.Error(), hintOf(failed)
	}
	for _, l := range report.Lanes {
		lane := closingLane{Customer: l.Customer, TenantID: l.Tenant, Domain: l.Domain, PerSecond: l.Rate}
		if l.Err != nil {
			lane.Error = l.Err.Error()
		}
		c.Lanes = append(c.Lanes, lane)
	}
	for _, w := range report.Warnings {
		c.Warnings = append(c.Warnings, closingWarning{w.Row, w.Line, w.Code, w.Column, w.Value, w.Message, w.Hint})
	}
	c.Next = p.next(j, c)
	if err := p.print(c); err != nil {
		return errors.Join(failed, err)
	}
	return failed
}

// leaving reports whether the second signal came: then nothing more is written.
func (p *program) leaving() bool { return p.ctx.Err() != nil }

// rowsError is the error of a run that came to its end, by what became of the
// rows.
func rowsError(c results.Counts) error {
	switch {
	case c.Invalid+c.Failed > 0:
		return errRows
	case c.Pending > 0:
		return fmt.Errorf("%w: %d rows are in doubt", provision.ErrStopped, c.Pending)
	}
	return nil
}

// write writes the results and, where there are any, the rejects.
func (p *program) write(j *work, report *provision.Report, c *closing) (err error) {
	if c.Summary, err = results.Write(j.files.results, report.Rows()); err != nil {
		return fmt.Errorf("cannot write the results: %w", err)
	}
	c.Files.Results = j.files.results
	m := j.batch.Input.Mapping()
	delimiter := ','
	if m.Delimiter != "" {
		delimiter = rune(m.Delimiter[0])
	}
	n, err := results.WriteRejects(j.files.rejects, j.batch.Input.Header(), delimiter, report.Rejects())
	if err != nil {
		return fmt.Errorf("cannot write the rejects: %w", err)
	}
	if n > 0 {
		c.Files.Rejects = j.files.rejects
	}
	if j.handed != "" && c.Created > 0 {
		c.Files.Credentials = j.handed
	}
	if j.ledger != nil && j.batch.OpenCredentials != nil {
		c.Files.Ledger = j.files.ledger
	}
	return nil
}

// next is the command to run next.
func (p *program) next(j *work, c closing) string {
	switch {
	case c.ExitCode == exitInterrupted || c.ExitCode == exitBug:
		return "run the same command again: it goes on where this one ended"
	case c.Files.Rejects != "":
		return fmt.Sprintf("mend the rows in %s, then: muster %s %s", c.Files.Rejects, j.command, quoted(c.Files.Rejects))
	case c.ExitCode == exitDone && c.Planned > 0:
		return fmt.Sprintf("muster apply %s", quoted(j.input))
	}
	return ""
}

func quoted(path string) string {
	if strings.ContainsAny(path, " '\"$&()") {
		return `"` + path + `"`
	}
	return path
}

// print prints the summary on standard output.
func (p *program) print(c closing) error {
	if p.options.output == "json" {
		e := json.NewEncoder(p.stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(c)
	}
	if err := c.Summary.WriteText(p.stdout, p.width()); err != nil {
		return err
	}
	var b strings.Builder
	for i, w := range c.Warnings {
		if i == shownWarnings {
			fmt.Fprintf(&b, "warning: and %d more (all with --output json)\n", c.Warned-shownWarnings)
			break
		}
		fmt.Fprintf(&b, "warning: row %d (line %d): %s\n", w.Row, w.Line, sentence(w.Column, w.Message, w.Hint))
	}
	for _, l := range c.Lanes {
		if l.Error != "" {
			fmt.Fprintf(&b, "customer %s: %s\n", l.Customer, l.Error)
		} else if l.PerSecond > 0 {
			fmt.Fprintf(&b, "customer %s: the service took %.3g requests a second\n", l.Customer, l.PerSecond)
		}
	}
	if c.Requests > 0 {
		fmt.Fprintf(&b, "%d requests in %v, %d of them refused as too many\n", c.Requests, time.Duration(c.Seconds*float64(time.Second)).Round(10*time.Millisecond), c.Refused)
	}
	for _, f := range []struct{ what, path string }{{"results", c.Files.Results}, {"rejects", c.Files.Rejects}, {"credentials", c.Files.Credentials}, {"ledger", c.Files.Ledger}} {
		if f.path != "" {
			fmt.Fprintf(&b, "%-12s %s\n", f.what+":", f.path)
		}
	}
	if c.Next != "" {
		fmt.Fprintf(&b, "next:        %s\n", c.Next)
	}
	_, err := p.stdout.Write([]byte(b.String()))
	return err
}

// shownWarnings is how many warnings the text form shows.
const shownWarnings = 10

func sentence(column, message, hint string) string {
	if column != "" {
		message = column + ": " + message
	}
	if hint != "" {
		message += " (" + hint + ")"
	}
	return message
}

// sayMapping tells once, on standard error, what the input was understood to be.
func (p *program) sayMapping(m roster.Mapping) {
	var b strings.Builder
	what := strings.TrimSpace(m.Encoding + " " + m.Compression)
	fmt.Fprintf(&b, "muster: read as %s, %s", m.Format, what)
	if m.Template != "" {
		fmt.Fprintf(&b, ", %s", m.Template)
	}
	var taken, ignored []string
	for _, c := range m.Columns {
		switch {
		case c.Field != "" && strings.EqualFold(c.Field, c.Header):
			taken = append(taken, c.Header)
		case c.Field != "":
			taken = append(taken, fmt.Sprintf("%s as %s", c.Header, c.Field))
		case c.Like != "":
			ignored = append(ignored, fmt.Sprintf("%s (did you mean %s? then: --map %q)", c.Header, c.Like, c.Header+"="+c.Like))
		case c.Note != "":
			ignored = append(ignored, fmt.Sprintf("%s (%s)", c.Header, c.Note))
		default:
			ignored = append(ignored, c.Header)
		}
	}
	if len(taken) > 0 {
		fmt.Fprintf(&b, "; columns: %s", strings.Join(taken, ", "))
	}
	if len(ignored) > 0 {
		fmt.Fprintf(&b, "\nmuster: ignored columns: %s", strings.Join(ignored, ", "))
	}
	for _, n := range m.Notes {
		fmt.Fprintf(&b, "\nmuster: %s", n)
	}
	fmt.Fprintln(p.stderr, b.String())
}
