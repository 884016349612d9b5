package roster

import (
	"fmt"
	"slices"
	"strings"
)

// mapper decides what the columns of one file mean.
type mapper struct {
	labels  []label
	sheet   sheet
	table   map[string]alias
	columns []Column
	fields  []field  // by column
	weights []weight // by column
	told    []bool   // by column: Options.Map decided
	notes   []string
}

// mapColumns finds a field for each column. First is the first data row, {} if
// there is none.
func mapColumns(header, first []string, forced map[string]string) (*mapper, error) {
	m := &mapper{table: aliases()}
	for _, cell := range header {
		m.labels = append(m.labels, readLabel(cell))
	}
	if err := m.refuseDoubled(); err != nil {
		return nil, err
	}
	m.sheet = tellSheet(m.labels)
	m.columns = make([]Column, len(m.labels))
	m.fields = make([]field, len(m.labels))
	m.weights = make([]weight, len(m.labels))
	m.told = make([]bool, len(m.labels))
	for i, l := range m.labels {
		m.columns[i].Header = l.header
		m.fields[i], m.weights[i] = m.meaning(l)
	}
	if m.sheet.name == "" && m.byPosition(first) {
		m.takePositions()
	}
	if err := m.force(forced); err != nil {
		return nil, err
	}
	if err := m.settleNames(); err != nil {
		return nil, err
	}
	if err := m.settleDoubles(); err != nil {
		return nil, err
	}
	m.describe(first)
	return m, m.requireName()
}

func (m *mapper) refuseDoubled() error {
	seen := map[string]label{}
	for _, l := range m.labels {
		if l.folded == "" {
			continue
		}
		if before, ok := seen[l.folded]; ok {
			return &Error{
				Message: fmt.Sprintf("two columns have one header: %q and %q", m.shown(before), m.shown(l)),
				Hint:    "rename or remove one of them",
			}
		}
		seen[l.folded] = l
	}
	return nil
}

// meaning looks a header up, first in the template's own rules.
func (m *mapper) meaning(l label) (field, weight) {
	if f, ok := m.sheet.override(l.folded); ok {
		return f, exact
	}
	if strings.EqualFold(l.header, "Status [READ ONLY]") { // of Google, cut to a few columns
		return statusNow, exact
	}
	if a, ok := m.table[l.folded]; ok {
		return a.field, a.weight
	}
	return none, usual
}

// settleNames gives words such as "Name" and "Nome" the meaning that the columns
// beside them leave, and asks where they leave two.
func (m *mapper) settleNames() error {
	given, surname := slices.Index(m.fields, firstName), slices.Index(m.fields, lastName)
	for i, l := range m.labels {
		surnameWord := slices.Contains(surnameOrFull(), l.folded)
		if m.fields[i] != none || m.told[i] || !surnameWord && !slices.Contains(givenOrFull(), l.folded) {
			continue
		}
		m.fields[i], m.weights[i] = displayName, rather
		switch {
		case surnameWord && surname < 0 && given >= 0:
			if !slices.Contains(surnameLanguages(), m.labels[given].folded) {
				return &Error{
					Message: fmt.Sprintf("%q may be the last name or the whole name", l.header),
					Hint:    fmt.Sprintf("which is it? Say --map %q or --map %q", l.header+"="+LastName, l.header+"="+DisplayName),
				}
			}
			m.fields[i] = lastName
		case !surnameWord && given < 0 && surname >= 0,
			l.folded == "nom" && given < 0 && surname >= 0 && slices.Contains(catalanSurnames(), m.labels[surname].folded):
			m.fields[i] = firstName
		}
	}
	return nil
}

func (m *mapper) takePositions() {
	for i, f := range positions() {
		m.fields[i], m.weights[i] = f, exact
	}
	for i := range m.columns {
		m.columns[i].Known = true
	}
	m.sheet = sheet{name: microsoft365}
	m.notes = append(m.notes, fmt.Sprintf("The sheet has the shape of the Microsoft 365 admin centre's in another language, so the first four columns are taken for user name, first name, last name and display name: %s.", quotedList(m.headers()[:4])))
}

func (m *mapper) headers() []string {
	headers := make([]string, len(m.labels))
	for i, l := range m.labels {
		headers[i] = l.header
	}
	return headers
}

// force applies Options.Map.
func (m *mapper) force(forced map[string]string) error {
	takenBy := map[field]string{}
	for _, header := range sortedKeys(forced) {
		column := slices.IndexFunc(m.labels, func(l label) bool {
			return l.header == tidy(header) || l.folded != "" && l.folded == readLabel(header).folded
		})
		if column < 0 {
			return &Error{
				Message: fmt.Sprintf("--map names the column %q, which the file does not have", header),
				Hint:    m.sayHeaders(),
			}
		}
		f, err := forcedField(header, forced[header])
		if err != nil {
			return err
		}
		if before, ok := takenBy[f]; ok && f != none {
			return &Error{Message: fmt.Sprintf("--map gives the field %s both to %q and to %q", f, before, header), Hint: "keep one"}
		}
		takenBy[f] = header
		if f != none {
			m.release(f, header)
		} else {
			m.columns[column].Note = "left aside by --map"
			m.columns[column].Known = true
		}
		m.fields[column], m.weights[column], m.told[column] = f, exact, true
	}
	return nil
}

// forcedField finds the field that Options.Map names.
func forcedField(header, name string) (field, error) {
	if name == "-" {
		return none, nil
	}
	f := fieldOf(name)
	if f == none {
		names := fieldNames()
		return none, &Error{
			Message: fmt.Sprintf("--map gives the column %q to %q, which is no field", header, name),
			Hint:    "the fields are " + strings.Join(names[:publicFields], ", ") + "; - leaves a column aside",
		}
	}
	return f, nil
}

// release takes a field from the columns that had it without being told to.
func (m *mapper) release(f field, winner string) {
	for i := range m.fields {
		if m.fields[i] == f {
			m.leave(i, fmt.Sprintf("%q is read instead", winner))
		}
	}
}

func (m *mapper) leave(column int, note string) {
	m.fields[column] = none
	m.columns[column].Note = note
	m.columns[column].Known = true
}

// settleDoubles leaves one column for each field: the surer one, so the user
// principal name itself before a user name or an e-mail address, and these before
// a mail nickname. Where two are equally sure, only the person who made the sheet
// can say.
func (m *mapper) settleDoubles() error {
	for f := range fieldCount {
		best := -1
		for i := range m.fields {
			if m.fields[i] != f {
				continue
			}
			if best < 0 {
				best = i
				continue
			}
			if m.weights[i] == m.weights[best] {
				return m.ask(f, best, i)
			}
			loser := i
			if m.weights[i] < m.weights[best] {
				loser, best = best, i
			}
			m.leave(loser, fmt.Sprintf("%q is read instead", m.labels[best].header))
			if f == firstName || f == lastName {
				m.columns[loser].Like = f.String()
			}
		}
	}
	return nil
}

func (m *mapper) ask(f field, a, b int) error {
	e := &Error{
		Message: fmt.Sprintf("both %q and %q may be the %s", m.labels[a].header, m.labels[b].header, f.title()),
		Hint:    fmt.Sprintf("which is it? Say --map %q or --map %q", m.labels[a].header+"="+f.String(), m.labels[b].header+"="+f.String()),
	}
	if f == firstName || f == lastName {
		e.Hint += "; if each has a part of it, join the two columns"
	}
	return e
}

// describe fills in the columns for Mapping. A column without a header is empty if the
// first row has nothing in it.
func (m *mapper) describe(first []string) {
	for i, l := range m.labels {
		c := &m.columns[i]
		c.Field = m.fields[i].String()
		if c.Field != "" {
			c.Known = true
			continue
		}
		c.Known = c.Known || isRejectsColumn(l.folded) || m.sheet.knows(l.folded)
		switch {
		case c.Note != "":
		case isRejectsColumn(l.folded):
			c.Note = "it is what muster wrote into the rejects file"
		case isSurnamePrefix(l.folded):
			c.Known, c.Like = true, LastName
			c.Note = fmt.Sprintf("it belongs before the last name: join the two columns, or say --map %q to do without it", l.header+"=-")
		case isCountry(l.folded):
			c.Note = fmt.Sprintf("it belongs to the address; if it is where the services are used, say --map %q", l.header+"="+UsageLocation)
		case l.header == "" && (i >= len(first) || tidy(first[i]) == ""):
			c.Known, c.Note = true, "an empty column"
		case c.Known:
			c.Note = "Partner Center's user has no place for that"
		default:
			c.Like = m.resembling(l.folded)
		}
	}
}

func isCountry(folded string) bool {
	switch folded {
	case "country", "countryorregion", "countryregion", "land", "landregion", "pays", "paysouregion", "pais", "paisoregion", "paese", "kraj":
		return true
	}
	return false
}

// requireName refuses a file without any column for a name.
func (m *mapper) requireName() error {
	for _, f := range []field{firstName, lastName, displayName} {
		if slices.Contains(m.fields, f) {
			return nil
		}
	}
	e := &Error{
		Message: "no column is known to hold a name; " + m.sayHeaders(),
		Hint:    `there must be a column "firstName", "lastName" or "displayName": rename one, or say --map "HEADER=displayName"`,
	}
	var named []string
	for _, l := range m.labels {
		if l.header != "" {
			named = append(named, l.header)
		}
	}
	first := m.labels[0].header
	switch {
	case strings.HasPrefix(first, "{"):
		e.Hint = "if the file is JSON Lines, say --format jsonl"
	case len(m.labels) == 1 && strings.ContainsAny(first, ",;|"):
		e.Hint = "each line seems to stand between double quotes as a whole: remove these"
	case len(named) == 1:
		e.Hint = "if this line is a title or a remark, remove it: the headers must come first; else " + e.Hint
	case slices.ContainsFunc(m.labels, func(l label) bool { return strings.Contains(l.header, "@") }):
		e.Message = "the first line holds data, not headers"
		e.Hint = `add a line of headers above it, such as "firstName,lastName,userPrincipalName"`
	case !slices.ContainsFunc(m.labels, m.isKnown):
		e.Hint = "if this line holds data, add a line of headers above it; else " + e.Hint
	}
	return e
}
