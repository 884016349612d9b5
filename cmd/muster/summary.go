package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/roster"
)

// document is what --output json prints: one JSON object, also when the command
// fails at once. Its arrays are never null.
type document interface{ top() *head }

// head is the beginning of every document.
type head struct {
	Command  string `json:"command"`
	Version  string `json:"version"`
	ExitCode int    `json:"exit_code"`
	// Error is why the command ended before its end, "" if it did not. That rows
	// are invalid or failed is no such error; exit_code says it.
	Error string `json:"error"`
	Hint  string `json:"hint"` // what to do about the error
}

func (h *head) top() *head { return h }

// fail notes how the command ended; err may be nil.
func (h *head) fail(err error) {
	h.ExitCode = exitCode(err)
	if err != nil && !errors.Is(err, errRows) {
		h.Error, h.Hint = strings.Join(linesOf(err), "; "), hintOf(err)
	}
}

// summary is the document of validate, plan and apply:
//
//	command, version, exit_code, error, hint    see head
//	run               the id on every line of the run's log and in the ledger
//	rehearsal         whether the service was the emulator
//	rows, created, exists, planned, invalid, failed, pending    numbers of rows
//	last_row          the highest row number
//	customers[]       customer_id, and the same numbers for that customer
//	causes[]          status, error_code, error, hint, rows, first_rows[], first_lines[]: why rows did not end well; most rows first
//	other_causes      rows with a cause beyond the first 1,000
//	created_now       how many of the created were so in this run, and not in an earlier one
//	warnings[]        code, column, message, hint, rows, first_rows[], first_lines[]: of rows that are not invalid; rows is 0 for a column
//	warned            how many warnings there were, those beyond the first 1,000 are in no entry
//	seconds, requests, refused    the time, the requests sent, and how many of them were refused as too many
//	lanes[]           customer (as the input names it), customer_id, domain, rate, error: rate is the
//	                  requests a second that the service was found to take, 0 if unknown
//	input             what the file was taken for: see inputFacts; null where it was not read
//	preflight         of plan: what was found out about the sign-in and the customers; else null
//	files             results, rejects, credentials, ledger, metrics: paths of what was written, else "";
//	                  edited_rejects: where rejects went that somebody had changed
//	next              why, command: what to do next; "" if nothing is left to do
type summary struct {
	head
	Run       string `json:"run"`
	Rehearsal bool   `json:"rehearsal"`
	results.Summary
	CreatedNow int          `json:"created_now"`
	Warnings   []warnings   `json:"warnings"`
	Warned     int          `json:"warned"`
	Seconds    float64      `json:"seconds"`
	Requests   int          `json:"requests"`
	Refused    int          `json:"refused"`
	Lanes      []laneFacts  `json:"lanes"`
	Input      *inputFacts  `json:"input"`
	Preflight  *preflight   `json:"preflight"`
	Files      summaryFiles `json:"files"`
	Next       next         `json:"next"`

	few []results.Row // all rows, where they are few
}

// warnings are those with one code and column.
type warnings struct {
	Code      string `json:"code"`
	Column    string `json:"column"`
	Message   string `json:"message"` // of the first such row
	Hint      string `json:"hint"`
	Rows      int    `json:"rows"`
	FirstRows []int  `json:"first_rows"`
	// FirstLines are where these start in the input.
	FirstLines []int `json:"first_lines"`
	last       int   // the row that was counted last: one row may have several such warnings
}

type laneFacts struct {
	Customer   string  `json:"customer"`
	CustomerID string  `json:"customer_id"`
	Domain     string  `json:"domain"`
	Rate       float64 `json:"rate"`
	Error      string  `json:"error"`
}

// inputFacts say what the input was taken for.
type inputFacts struct {
	Path        string        `json:"path"`
	Format      string        `json:"format"` // csv or jsonl
	Compression string        `json:"compression"`
	Encoding    string        `json:"encoding"`
	Delimiter   string        `json:"delimiter"`
	Template    string        `json:"template"` // the name of the known sheet
	Columns     []columnFacts `json:"columns"`
	Notes       []string      `json:"notes"`
	Cleaned     int           `json:"cleaned"`  // cells that needed cleaning
	Examples    int           `json:"examples"` // example rows that were skipped
	Blank       int           `json:"blank"`    // empty rows that were skipped
}

type columnFacts struct {
	Header string `json:"header"`
	Field  string `json:"field"` // "" for a column that is ignored
	Known  bool   `json:"known"`
	Note   string `json:"note"`
	Like   string `json:"like"` // the field that an unknown header resembles
}

// summaryFiles are the files that were written; "" for one that was not.
type summaryFiles struct {
	Results     string `json:"results"`
	Rejects     string `json:"rejects"`
	Edited      string `json:"edited_rejects"` // those of an earlier run that somebody changed, set aside
	Credentials string `json:"credentials"`
	Ledger      string `json:"ledger"`
	Metrics     string `json:"metrics"`
}

// next is what to do next.
type next struct {
	Why     string `json:"why"`
	Command string `json:"command"` // complete, to be copied; "" where there is none
}

func newSummary() *summary {
	return &summary{Summary: results.Summary{Customers: []results.CustomerCounts{}, Causes: []results.Cause{}},
		Warnings: []warnings{}, Lanes: []laneFacts{}}
}

// fill takes over what the run came to.
func (s *summary) fill(r *provision.Report) {
	s.Seconds, s.Requests, s.Refused, s.Warned = r.Took.Seconds(), r.Requests, r.Refused, r.Warned
	s.CreatedNow = r.Created
	for _, l := range r.Lanes {
		lane := laneFacts{Customer: l.Customer, CustomerID: l.Tenant, Domain: l.Domain, Rate: l.Rate}
		if l.Err != nil {
			lane.Error = l.Err.Error()
		}
		s.Lanes = append(s.Lanes, lane)
	}
	s.Warnings = grouped(r.Warnings)
}

// settled reports whether every row has its user, about whom nothing is open, such as
// a password, or is invalid. A run that was stopped, or did not reach the service, then
// had nothing left to do.
func (s *summary) settled() bool {
	isOpen := func(c results.Cause) bool { return c.Status != results.Invalid && c.Status != results.Exists }
	return s.Created+s.Exists+s.Invalid == s.Rows && s.OtherCauses == 0 && !slices.ContainsFunc(s.Causes, isOpen)
}

// firstRows is how many rows a group of warnings names.
const firstRows = 5

// grouped joins the warnings that say the same of different rows. Their order is
// that of the rows.
func grouped(all []provision.Warning) []warnings {
	type group struct{ code, column string }
	places := map[group]int{}
	list := []warnings{}
	for _, w := range all {
		g := group{w.Code, w.Column}
		i, ok := places[g]
		if !ok {
			i = len(list)
			places[g] = i
			list = append(list, warnings{Code: w.Code, Column: w.Column, Message: w.Message, Hint: w.Hint, FirstRows: []int{}, FirstLines: []int{}})
		}
		if list[i].last == w.Row {
			continue
		}
		list[i].last = w.Row
		list[i].Rows++
		if n := len(list[i].FirstRows); n < firstRows {
			list[i].FirstRows, list[i].FirstLines = append(list[i].FirstRows, w.Row), append(list[i].FirstLines, w.Line)
		}
	}
	return list
}

// warnOfColumns puts before the warnings of rows that a column is not read although
// it seems to hold something of a person: the run may be right in every row, and
// the people wrong all the same.
func (s *summary) warnOfColumns(columns []roster.Column) {
	list := []warnings{}
	for _, c := range columns {
		if c.Field != "" || c.Like == "" {
			continue
		}
		hint := c.Note
		if hint == "" {
			hint = fmt.Sprintf("if it is, say --map %s; if not, rename it or say --map %s", quoted(c.Header+"="+c.Like), quoted(c.Header+"=-"))
		}
		list = append(list, warnings{Code: "ignored_column", Column: c.Header, Message: "nothing is read from this column, and it may belong to " + c.Like, Hint: hint,
			FirstRows: []int{}, FirstLines: []int{}})
	}
	s.Warnings, s.Warned = append(list, s.Warnings...), s.Warned+len(list)
}

// inputOf describes the input.
func inputOf(path string, m roster.Mapping) *inputFacts {
	f := &inputFacts{Path: path, Format: m.Format, Compression: m.Compression, Encoding: m.Encoding, Delimiter: m.Delimiter, Template: m.Template,
		Columns: []columnFacts{}, Notes: append([]string{}, m.Notes...), Cleaned: m.Cleaned, Examples: m.Examples, Blank: m.Blank}
	for _, c := range m.Columns {
		f.Columns = append(f.Columns, columnFacts{Header: c.Header, Field: c.Field, Known: c.Known, Note: c.Note, Like: c.Like})
	}
	return f
}

// writeJSON writes a document.
func writeJSON(w io.Writer, d any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}
