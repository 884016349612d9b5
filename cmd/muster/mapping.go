package main

import (
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
	var taken, ignored []string
	for _, c := range m.Columns {
		switch {
		case c.Field != "" && !strings.EqualFold(c.Header, c.Field):
			taken = append(taken, c.Header+" as "+c.Field)
		case c.Field != "":
			taken = append(taken, c.Field)
		default:
			ignored = append(ignored, ignoredColumn(c))
		}
	}
	text := "read as " + what
	if len(taken) > 0 {
		text += "; columns: " + strings.Join(taken, ", ")
	}
	p.say(text)
	if len(ignored) > 0 {
		p.say("ignored columns: " + strings.Join(ignored, ", "))
	}
	for _, n := range m.Notes {
		p.say(n)
	}
}

func ignoredColumn(c roster.Column) string {
	switch {
	case c.Like != "":
		return fmt.Sprintf("%s (did you mean %s? then: --map %s)", c.Header, c.Like, quoted(c.Header+"="+c.Like))
	case c.Note != "":
		return fmt.Sprintf("%s (%s)", c.Header, c.Note)
	}
	return c.Header
}
