// Package results holds what became of each person of an input file: one [Row]
// a person, in input order, as CSV or JSON Lines. It writes such files whole,
// reads them back, joins those of several shards, sums them up, writes the
// rejected rows for mending and draws a page for the browser.
//
//	sum, err := results.Write("staff.results.csv", rows)
//	_ = sum.WriteText(os.Stdout, 80)
//
//	var tally results.Tally
//	for row, err := range results.Read("staff.results.csv") { …; tally.Add(row) }
//
// What a run writes here holds no passwords, but for the rejects file, which
// repeats the rows of the input as they were.
package results

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Status says how a row ended.
type Status string

// The statuses there are. A status that is none of these is an error in a file
// that is read, and counts as nothing in a [Tally].
const (
	Created Status = "created" // the ledger of this run created the user, now or in an earlier run
	Exists  Status = "exists"  // the name was there before, made by somebody else
	Invalid Status = "invalid" // the row breaks a rule; nothing was sent
	Failed  Status = "failed"  // the service refused it, or the attempts ran out
	Pending Status = "pending" // not attempted, or in doubt, when the run stopped
	Planned Status = "planned" // would be created; from commands that only look
)

// Statuses lists every status in the order in which people are told of them.
func Statuses() []Status {
	return []Status{Created, Exists, Planned, Invalid, Failed, Pending}
}

// Row is what became of one person. Its JSON names are the columns of a results
// file. A text is written as one line: control characters and line breaks in it
// become spaces, and bytes that are no UTF-8 become U+FFFD.
type Row struct {
	N                 int       `json:"row"` // 1-based data row of the input; a header is not counted
	Status            Status    `json:"status"`
	UserPrincipalName string    `json:"user_principal_name"`
	UserID            string    `json:"user_id"` // set where Status is Created
	DisplayName       string    `json:"display_name"`
	ErrorCode         string    `json:"error_code"` // a stable word
	Error             string    `json:"error"`      // for people
	Hint              string    `json:"hint"`       // what to do about it
	Attempts          int       `json:"attempts"`   // requests sent for this row
	CustomerID        string    `json:"customer_id"`
	RequestID         string    `json:"request_id"`
	CorrelationID     string    `json:"correlation_id"`
	CreatedAt         time.Time `json:"created_at"` // written in UTC to the second; zero is written as ""
	Line              int       `json:"-"`          // where it starts in the input, 1-based; it is not written, and 0 after reading
}

// columns are the names of the columns of a results file, in their order.
var columns = [...]string{
	"row", "status", "user_principal_name", "user_id", "display_name", "error_code", "error", "hint",
	"attempts", "customer_id", "request_id", "correlation_id", "created_at",
}

// fileMode is for files that name people.
const fileMode = 0o600

// CheckPath reports whether path can be that of a results file: its ending
// chooses the format, .csv, or .jsonl or .ndjson for JSON Lines. A run asks
// before it sends anything.
func CheckPath(path string) error {
	_, err := formatOf(path)
	return err
}

type format int

const (
	csvFormat format = iota
	jsonFormat
)

func formatOf(path string) (format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return csvFormat, nil
	case ".jsonl", ".ndjson":
		return jsonFormat, nil
	}
	return 0, fmt.Errorf("results file %q: the ending chooses the format; use .csv or .jsonl, as in --results staff.results.csv", path)
}
