package main

import (
	"cmp"
	"fmt"
	"strings"

	"muster/pkg/roster"
)

// sayMapping tells once what the input was understood to be.
func (p *program) sayMapping(m roster.Mapping) {
	what := m.Format
	if m.Template != "" {
		what = m.Template + " (" + m.Format + ")"
	}
	for _, more := range []string{m.Encoding, m.Compression} {
		if more != "" {
			what += ", " + more
		}
	}
	var taken []string
	for _, c := range m.Columns {
		switch {
		case c.Field != "" && !strings.EqualFold(c.Header, c.Field):
			taken = append(taken, c.Header+" as "+c.Field)
		case c.Field != "":
			taken = append(taken, c.Field)
		}
	}
	text := "read as " + what
	if len(taken) > 0 {
		text += "; columns: " + strings.Join(taken, ", ")
	}
	p.say(text)
	if ignored := ignoredColumns(m.Columns); ignored != "" {
		p.say("ignored columns: " + ignored)
	}
	for _, n := range m.Notes {
		p.say(n)
	}
}

// ignoredColumns lists the columns that nothing is read from. Those with the same
// note share it.
func ignoredColumns(columns []roster.Column) string {
	var notes []string // in order of appearance
	headers := map[string][]string{}
	for _, c := range columns {
		if c.Field != "" {
			continue
		}
		note := c.Note
		if c.Like != "" && note == "" {
			note = fmt.Sprintf("did you mean %s? then: --map %s", c.Like, quoted(c.Header+"="+c.Like))
		}
		if headers[note] == nil {
			notes = append(notes, note)
		}
		headers[note] = append(headers[note], cmp.Or(c.Header, "(one without a header)"))
	}
	groups := make([]string, len(notes))
	for i, note := range notes {
		groups[i] = strings.Join(headers[note], ", ")
		if note != "" {
			groups[i] += " (" + note + ")"
		}
	}
	return strings.Join(groups, "; ")
}
