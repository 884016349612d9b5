package results

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds of what a [Tally] remembers, so that a file in which every row is wrong
// in its own way costs no more memory than others.
const (
	maxCauses    = 1000
	maxCustomers = 10_000
	firstRows    = 5
)

// Counts are numbers of rows, in all and by status.
type Counts struct {
	Rows    int `json:"rows"`
	Created int `json:"created"`
	Exists  int `json:"exists"`
	Planned int `json:"planned"`
	Invalid int `json:"invalid"`
	Failed  int `json:"failed"`
	Pending int `json:"pending"`
}

// Of returns the number of rows with status s, 0 for one that is unknown.
func (c *Counts) Of(s Status) int {
	if n := c.field(s); n != nil {
		return *n
	}
	return 0
}

func (c *Counts) field(s Status) *int {
	switch s {
	case Created:
		return &c.Created
	case Exists:
		return &c.Exists
	case Planned:
		return &c.Planned
	case Invalid:
		return &c.Invalid
	case Failed:
		return &c.Failed
	case Pending:
		return &c.Pending
	}
	return nil
}

func (c *Counts) add(s Status) {
	c.Rows++
	if n := c.field(s); n != nil {
		*n++
	}
}

// CustomerCounts are the counts of one customer.
type CustomerCounts struct {
	CustomerID string `json:"customer_id"` // as in the rows; "" where they name none
	Counts
}

// Cause is one reason why rows did not end as created. Rows have one cause if
// they have the same status, error code and error text, apart from quoted
// values, addresses and numbers in that text.
type Cause struct {
	Status    Status `json:"status"`
	ErrorCode string `json:"error_code"`
	Error     string `json:"error"`      // of the first such row
	Hint      string `json:"hint"`       // of the first such row
	Rows      int    `json:"rows"`       // how many there are
	FirstRows []int  `json:"first_rows"` // numbers of the first ones, at most 5
	// FirstLines are where these start in the input, empty where that is not known.
	FirstLines []int `json:"first_lines"`
}

// Summary is the sum of some rows. Its JSON form is that of its tags:
//
//	{"rows": 3, "created": 2, "exists": 0, "planned": 0, "invalid": 1, "failed": 0, "pending": 0,
//	 "last_row": 3,
//	 "customers": [{"customer_id": "…", "rows": 3, "created": 2, …}],
//	 "causes": [{"status": "invalid", "error_code": "…", "error": "…", "hint": "…", "rows": 1, "first_rows": [2], "first_lines": [3]}],
//	 "other_causes": 0}
type Summary struct {
	Counts
	// LastRow is the highest row number. Where it is above Rows, the rows of other
	// shards are missing.
	LastRow int `json:"last_row"`
	// Customers are in the order of their ids. Those beyond the first 10,000 share
	// an entry with the id "other customers".
	Customers []CustomerCounts `json:"customers"`
	// Causes begin with that of most rows.
	Causes []Cause `json:"causes"`
	// OtherCauses is the number of rows with a cause beyond the first 1,000.
	OtherCauses int `json:"other_causes"`
}

// Tally sums up rows one by one. Its zero value is ready for use. It is not safe
// for concurrent use.
type Tally struct {
	sum       Summary
	customers map[string]*Counts
	last      *Counts // of the customer of the row before
	lastID    string
	causes    map[causeKey]*Cause
}

type causeKey struct {
	status      Status
	code, error string
}

// Add counts a row.
func (t *Tally) Add(r Row) { t.add(&r) }

func (t *Tally) add(r *Row) {
	if t.customers == nil {
		t.customers = map[string]*Counts{}
		t.causes = map[causeKey]*Cause{}
	}
	t.sum.add(r.Status)
	t.sum.LastRow = max(t.sum.LastRow, r.N)
	t.customer(r.CustomerID).add(r.Status)
	if r.ErrorCode != "" || r.Error != "" {
		t.addCause(r)
	}
}

func (t *Tally) customer(id string) *Counts {
	if t.last != nil && t.lastID == id { // as for nearly every row
		return t.last
	}
	c := t.customers[id]
	if c == nil {
		if len(t.customers) >= maxCustomers {
			id = "other customers"
		}
		if c = t.customers[id]; c == nil {
			c = new(Counts)
			t.customers[strings.Clone(id)] = c
		}
	}
	t.last, t.lastID = c, strings.Clone(id)
	return c
}

func (t *Tally) addCause(r *Row) {
	key := causeKey{r.Status, r.ErrorCode, pattern(r.Error)}
	c := t.causes[key]
	if c == nil {
		if len(t.causes) >= maxCauses {
			t.sum.OtherCauses++
			return
		}
		c = &Cause{Status: r.Status, ErrorCode: oneLine(r.ErrorCode), Error: oneLine(r.Error), Hint: oneLine(r.Hint)}
		t.causes[key] = c
	}
	c.Rows++
	if len(c.FirstRows) < firstRows {
		c.FirstRows = append(c.FirstRows, r.N)
		if r.Line > 0 {
			c.FirstLines = append(c.FirstLines, r.Line)
		}
	}
}

// pattern is an error text without what differs from row to row: what stands in
// quotes, words with an @ or a digit.
func pattern(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 1 { // within quotes
			b.WriteByte('"')
			continue
		}
		for word := range strings.SplitSeq(part, " ") {
			if strings.ContainsAny(word, "@0123456789") {
				word = "#"
			}
			b.WriteString(word)
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Summary returns the sum of the rows added so far.
func (t *Tally) Summary() Summary {
	s := t.sum
	s.Customers = make([]CustomerCounts, 0, len(t.customers))
	for id, c := range t.customers {
		s.Customers = append(s.Customers, CustomerCounts{id, *c})
	}
	slices.SortFunc(s.Customers, func(a, b CustomerCounts) int { return strings.Compare(a.CustomerID, b.CustomerID) })
	s.Causes = make([]Cause, 0, len(t.causes))
	for _, c := range t.causes {
		c := *c
		c.FirstRows, c.FirstLines = slices.Clone(c.FirstRows), append([]int{}, c.FirstLines...)
		s.Causes = append(s.Causes, c)
	}
	slices.SortFunc(s.Causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), slices.Compare(a.FirstRows, b.FirstRows), strings.Compare(a.Error, b.Error))
	})
	return s
}
