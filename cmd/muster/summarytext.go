package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"muster/pkg/results"
)

// shownWarnings and shownLanes bound what a person is told at the end; --output
// json has the rest.
const (
	shownWarnings = 10
	shownLanes    = 20
)

// writeText writes the summary for people.
func (s *summary) writeText(w io.Writer, width int, colours bool) error {
	var b bytes.Buffer
	s.writeRows(&b, width, colours)
	if err := s.named().WriteText(&b, textWidth(width)); err != nil {
		return err
	}
	s.writeExists(&b, textWidth(width))
	s.writeWarnings(&b, textWidth(width))
	s.writePreflight(&b, textWidth(width))
	b.WriteByte('\n')
	s.writeSpeed(&b)
	s.writeFiles(&b)
	if s.Next != (next{}) {
		b.WriteByte('\n')
		results.Wrap(&b, "Next: "+s.Next.Why+punctuation(s.Next), "", textWidth(width))
		if s.Next.Command != "" {
			fmt.Fprintf(&b, "  %s\n", s.Next.Command)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// named is the sum with the customers as the input names them.
func (s *summary) named() results.Summary {
	sum := s.Summary
	sum.Customers = slices.Clone(sum.Customers)
	for i := range sum.Customers {
		for _, l := range s.Lanes {
			if c := &sum.Customers[i]; l.CustomerID == c.CustomerID && l.Customer != l.CustomerID {
				c.CustomerID = l.Customer + " " + l.CustomerID
			}
		}
	}
	slices.SortFunc(sum.Customers, func(a, b results.CustomerCounts) int { return strings.Compare(a.CustomerID, b.CustomerID) })
	return sum
}

// textWidth is that of sentences: long lines are hard to read.
func textWidth(width int) int { return min(width, 100) }

func punctuation(n next) string {
	if n.Command == "" {
		return "."
	}
	return ":"
}

// writeRows shows the rows one by one, where they are few. The last column has
// the id of a user, or else the code of the error, whose text stands with the
// causes below: more would not fit a terminal.
func (s *summary) writeRows(b *bytes.Buffer, width int, colours bool) {
	if len(s.few) == 0 {
		return
	}
	var plain bytes.Buffer
	t := tabwriter.NewWriter(&plain, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "row\tstatus\tuserPrincipalName\t%s\n", lastColumn(s.few))
	for _, r := range s.few {
		fmt.Fprintf(t, "%3d\t%s\t%s\t%s\n", r.N, r.Status, cmp.Or(oneLine(r.UserPrincipalName), "-"), cmp.Or(r.UserID, oneLine(r.ErrorCode), oneLine(r.Error)))
	}
	_ = t.Flush() // to memory
	for i, text := range strings.Split(strings.TrimRight(plain.String(), "\n"), "\n") {
		text = shorten(strings.TrimRight(text, " "), width)
		if colours && i > 0 {
			text = coloured(text, s.few[i-1].Status)
		}
		b.WriteString(text + "\n")
	}
	b.WriteByte('\n')
}

// lastColumn is the header of the last column.
func lastColumn(rows []results.Row) string {
	ids := slices.ContainsFunc(rows, func(r results.Row) bool { return r.UserID != "" })
	errors := slices.ContainsFunc(rows, func(r results.Row) bool { return r.UserID == "" && r.Error != "" })
	switch {
	case ids && errors:
		return "user id, or error"
	case ids:
		return "user id"
	case errors:
		return "error"
	}
	return ""
}

// coloured paints the status in a line of the table.
func coloured(line string, s results.Status) string {
	code := map[results.Status]string{results.Created: "32", results.Planned: "36", results.Invalid: "31", results.Failed: "31",
		results.Exists: "33", results.Pending: "33"}[s]
	return strings.Replace(line, string(s), "\x1b["+code+"m"+string(s)+"\x1b[0m", 1)
}

// colours reports whether standard output is a terminal that wants them
// (https://no-color.org). The console of Windows would have to be asked first.
func (p *program) colours() bool {
	_, isFile := p.stdout.(*os.File)
	return isFile && isTerminal(p.stdout) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb" && runtime.GOOS != "windows"
}

// writeExists says what it means that users exist: the exit code says nothing of
// it, and a namesake of somebody new looks the same.
func (s *summary) writeExists(b *bytes.Buffer, width int) {
	if s.Exists == 0 {
		return
	}
	fmt.Fprintf(b, "\nexists: %s\n", results.Count(s.Exists, "row"))
	results.Wrap(b, "the tenant has a user of that name whom this ledger did not create", "  ", width)
	where := ""
	if s.Files.Results != "" {
		where = " in " + s.Files.Results
	}
	results.Wrap(b, "hint: see who they are"+where+": the same people, or only of the same name? For the latter, --on-exists number, or another userPrincipalName where the row gives one", "  ", width)
}

func (s *summary) writeWarnings(b *bytes.Buffer, width int) {
	for i, w := range s.Warnings {
		if i == shownWarnings {
			fmt.Fprintf(b, "\nand %s, all with --output json\n", results.Count(len(s.Warnings)-i, "more kind of warning"))
			break
		}
		where := "in the header"
		if w.Rows > 0 {
			where = results.RowList(w.Rows, w.FirstRows, w.FirstLines)
		}
		fmt.Fprintf(b, "\nwarning: %s, %s\n", w.Code, where)
		text := w.Message
		if w.Column != "" {
			text = w.Column + ": " + text
		}
		results.Wrap(b, text, "  ", width)
		if w.Hint != "" {
			results.Wrap(b, "hint: "+w.Hint, "  ", width)
		}
	}
}

func (s *summary) writePreflight(b *bytes.Buffer, width int) {
	f := s.Preflight
	if f == nil || f.Token == nil && len(f.Customers)+len(f.Doubts) == 0 {
		return
	}
	b.WriteString("\nbefore an apply:\n")
	if t := f.Token; t != nil {
		text := "the token proves multi-factor authentication"
		if !t.MFA {
			text = "the token proves no multi-factor authentication"
		}
		if !t.Expires.IsZero() {
			text += ", and is good until " + t.Expires.Local().Format(time.TimeOnly)
		}
		results.Wrap(b, text+" (for "+t.Audience+")", "  ", width)
	}
	for i, c := range f.Customers {
		if i == shownLanes {
			fmt.Fprintf(b, "  and %s\n", results.Count(len(f.Customers)-i, "more customer"))
			break
		}
		results.Wrap(b, fmt.Sprintf("customer %s is %s (%s), with the domains %s", c.Customer, c.Name, c.CustomerID, strings.Join(c.Domains, ", ")), "  ", width)
	}
	for _, d := range f.Doubts {
		results.Wrap(b, "look at this: "+d, "  ", width)
	}
}

func (s *summary) writeSpeed(b *bytes.Buffer) {
	if earlier := s.Created - s.CreatedNow; earlier > 0 && s.Command == "apply" {
		fmt.Fprintf(b, "created in this run: %s; in earlier ones: %s\n", results.Thousands(s.CreatedNow), results.Thousands(earlier))
	}
	for i, l := range s.Lanes {
		if i == shownLanes {
			fmt.Fprintf(b, "and %s\n", results.Count(len(s.Lanes)-i, "more customer"))
			break
		}
		if l.Rate > 0 && s.Refused > 0 {
			fmt.Fprintf(b, "customer %s: the service took %.3g requests a second\n", l.Customer, l.Rate)
		}
	}
	if s.Requests > 0 {
		fmt.Fprintf(b, "%s in %s; %s refused as too many\n", results.Count(s.Requests, "request"), took(s.Seconds), results.Thousands(s.Refused))
	}
}

func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return roughly(d)
}

func (s *summary) writeFiles(b *bytes.Buffer) {
	passwords, ledger := "initial passwords: hand them out, then delete it", "keep it: it makes the same command safe to repeat"
	if s.Rehearsal {
		passwords, ledger = "of the rehearsal", "of the rehearsal: a real run sets it aside"
	}
	line := func(what, path, note string) {
		if path != "" {
			fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("%-12s %s  %s", what, path, note), " "))
		}
	}
	line("results", s.Files.Results, "")
	if s.ExitCode == exitRefused {
		line("rejects", s.Files.Rejects, "(the rows that were not created)")
	} else {
		line("rejects", s.Files.Rejects, "(the rows to mend)")
	}
	line("kept", s.Files.Edited, "(the rejects that lay there: somebody seems to have changed them)")
	if strings.HasSuffix(s.Files.Credentials, ".age") {
		line("credentials", s.Files.Credentials, "(to open it: age -d -i KEYFILE "+quoted(s.Files.Credentials)+")")
	} else {
		line("credentials", s.Files.Credentials, "("+passwords+")")
	}
	line("ledger", s.Files.Ledger, "("+ledger+")")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// shorten cuts a line to so many columns and says so.
func shorten(s string, columns int) string {
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}
