package results

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
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
	Wrap(b, fmt.Sprintf("%s, %s", title, RowList(c.Rows, c.FirstRows, c.FirstLines)), "", width)
	for _, text := range numbered(c.Error) {
		Wrap(b, text, "  ", width)
	}
	for _, text := range numbered(c.Hint) {
		Wrap(b, "hint: "+text, "  ", width)
	}
}

// numbered takes texts apart that were joined as "(1) …; (2) …". A text that was
// not is returned as the only one, "" as none.
func numbered(text string) (parts []string) {
	if strings.HasPrefix(text, "(1") {
		for at := laterNumber.FindStringIndex(text); at != nil; at = laterNumber.FindStringIndex(text) {
			parts = append(parts, text[:at[0]])
			text = text[at[0]+len("; "):]
		}
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts
}

// laterNumber is where the second and every later part of such a text begins:
// "; (2) ", "; (3, 5) ".
var laterNumber = regexp.MustCompile(`; \([0-9, ]+\) `)

// RowList names rows of which the first ones are known by number and perhaps by
// line: "row 4 (line 5)", "3 rows (4, 8, 15; lines 5, 9, 16)", "7 rows (1, 2, 3, 4,
// 5 …)".
func RowList(rows int, first, lines []int) string {
	if rows == 1 {
		text := "row " + strconv.Itoa(first[0])
		if len(lines) > 0 {
			text += fmt.Sprintf(" (line %d)", lines[0])
		}
		return text
	}
	text := numbers(first, rows)
	if len(lines) > 0 {
		text += "; lines " + numbers(lines, rows)
	}
	return fmt.Sprintf("%s (%s)", Count(rows, "row"), text)
}

// numbers is such as "3, 8, 15 …".
func numbers(list []int, of int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	text := strings.Join(words, ", ")
	if of > len(list) {
		text += " …"
	}
	return text
}

// Wrap writes text in lines of at most width columns, each behind indent. A word
// that is longer than a line keeps its own. Control characters become spaces, so that
// no text of a service steers a terminal.
func Wrap(b *bytes.Buffer, text, indent string, width int) {
	used := 0
	for _, word := range strings.Fields(oneLine(text)) {
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
