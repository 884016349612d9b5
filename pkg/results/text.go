package results

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxTextCauses and maxTextCustomers bound what a person is told at the end; the
// results file has the rest.
const (
	maxTextCauses    = 10
	maxTextCustomers = 30
)

// WriteText writes the sum for people, as plain text: how many rows ended in
// which way, the same by customer where there are several, and the causes with
// their first rows and what to do. Lines are wrapped at width columns; 0 means 80.
func (s Summary) WriteText(w io.Writer, width int) error {
	if width <= 0 {
		width = 80
	}
	var b bytes.Buffer
	b.WriteString(headline(s.Counts))
	b.WriteByte('\n')
	if len(s.Customers) > 1 {
		writeCustomers(&b, s)
	}
	for i, c := range s.Causes {
		if i == maxTextCauses {
			break
		}
		writeCause(&b, c, width)
	}
	if more := len(s.Causes) - maxTextCauses; more > 0 {
		fmt.Fprintf(&b, "\nand %s, which the results file names row by row\n", Count(more, "more cause"))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// headline is such as "3 rows: 2 created, 1 invalid".
func headline(c Counts) string {
	var parts []string
	for _, status := range Statuses() {
		if n := c.Of(status); n > 0 {
			parts = append(parts, Thousands(n)+" "+string(status))
		}
	}
	if len(parts) == 0 {
		return Count(c.Rows, "row")
	}
	return Count(c.Rows, "row") + ": " + strings.Join(parts, ", ")
}

func writeCustomers(b *bytes.Buffer, s Summary) {
	nameWidth := len("customer")
	shown := s.Customers[:min(len(s.Customers), maxTextCustomers)]
	for _, c := range shown {
		nameWidth = max(nameWidth, utf8.RuneCountInString(customerName(c.CustomerID)))
	}
	fmt.Fprintf(b, "\n%-*s", nameWidth, "customer")
	for _, status := range Statuses() {
		if s.Of(status) > 0 {
			fmt.Fprintf(b, "  %9s", status)
		}
	}
	for _, c := range shown {
		fmt.Fprintf(b, "\n%-*s", nameWidth, customerName(c.CustomerID))
		for _, status := range Statuses() {
			if s.Of(status) > 0 {
				fmt.Fprintf(b, "  %9s", Thousands(c.Of(status)))
			}
		}
	}
	b.WriteByte('\n')
	if more := len(s.Customers) - len(shown); more > 0 {
		fmt.Fprintf(b, "and %s\n", Count(more, "more customer"))
	}
}

func customerName(id string) string {
	if id == "" {
		return "(no customer)"
	}
	return oneLine(id)
}

func writeCause(b *bytes.Buffer, c Cause, width int) {
	b.WriteByte('\n')
	title := string(c.Status)
	if c.ErrorCode != "" {
		title += ": " + c.ErrorCode
	}
	Wrap(b, fmt.Sprintf("%s, %s", title, rowList(c)), "", width)
	Wrap(b, c.Error, "  ", width)
	if c.Hint != "" {
		Wrap(b, "hint: "+c.Hint, "  ", width)
	}
}

// rowList is such as "3 rows (4, 8, 15)", "7 rows (1, 2, 3, 4, 5 …)" or "row 4".
func rowList(c Cause) string {
	if c.Rows == 1 {
		return "row " + strconv.Itoa(c.FirstRows[0])
	}
	list := make([]string, len(c.FirstRows))
	for i, n := range c.FirstRows {
		list[i] = strconv.Itoa(n)
	}
	text := strings.Join(list, ", ")
	if c.Rows > len(list) {
		text += " …"
	}
	return fmt.Sprintf("%s (%s)", Count(c.Rows, "row"), text)
}

// Wrap writes text in lines of at most width columns, each behind indent. A word
// that is longer than a line keeps its own.
func Wrap(b *bytes.Buffer, text, indent string, width int) {
	used := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case used == 0:
			b.WriteString(indent)
			used = len(indent)
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	if used > 0 {
		b.WriteByte('\n')
	}
}

// Count is such as "1 row" or "1,203 rows".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Thousands(n) + " " + noun
}

// Thousands is such as "1,203".
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
