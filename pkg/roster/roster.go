// Package roster reads a file of people and checks every row of it. It tells a
// bad row from a bad file: a bad row is a [Row] with Problems, and the rows
// after it are read as usual; a bad file is an error, from [Open] or out of the
// range, and nothing in such a file should be acted upon.
//
//	people, err := roster.Open("staff.csv", roster.Options{})
//	if err != nil {
//		return err
//	}
//	defer people.Close()
//	for row, err := range people.Rows() {
//		if err != nil {
//			return err // the file is bad
//		}
//		if len(row.Problems) > 0 {
//			continue // this row is bad
//		}
//		fmt.Println(row.N, row.Person.DisplayName)
//	}
//
// A file may be CSV or JSON Lines, compressed with gzip or zstd, in UTF-8,
// UTF-16 or Windows-1252. It can be ranged over as often as needed and gives the
// same rows every time; memory does not grow with the file.
package roster

import (
	"io"

	"muster/pkg/secret"
)

// The fields a column can feed, by the names that JSON Lines and Options.Map
// use for them.
const (
	UserPrincipalName   = "userPrincipalName"
	FirstName           = "firstName"
	LastName            = "lastName"
	DisplayName         = "displayName"
	UsageLocation       = "usageLocation"
	ImmutableID         = "immutableId"
	Password            = "password"
	ForceChangePassword = "forceChangePassword"
	CustomerID          = "customerId"
	Domain              = "domain"
)

// Options say how to read a file. The zero value finds everything out from the
// file itself.
type Options struct {
	// Format is "csv", "jsonl", or "auto" (also ""): by the file's ending,
	// and where that says nothing, by its first character.
	Format string
	// Map names columns that muster would not know: header to field, such as
	// "Kürzel" to "userPrincipalName". It wins over what the header would be
	// taken for. The field "-" leaves the column aside.
	Map map[string]string
	// UsageLocation is for rows that bring none: a code of ISO 3166-1 alpha-2
	// or a country's name. "" leaves them without one.
	UsageLocation string
	// Stdin is what the path "-" reads; nil means os.Stdin.
	Stdin io.Reader
	// TempDir is where input that can be read only once is kept until Close,
	// readable by its owner only; "" means os.TempDir().
	TempDir string
	// MaxLine is the longest record in bytes of UTF-8, its line end included;
	// 0 means 1 MiB. It bounds what an unclosed quote can swallow.
	MaxLine int
}

// Person is one checked person. Its cells are trimmed and in Unicode's form NFC.
type Person struct {
	// UserPrincipalName is as given, "" where it is to be generated. Without
	// an "@" it is a local part that still needs its domain.
	UserPrincipalName string
	// FirstName and LastName may be "".
	FirstName, LastName string
	// DisplayName is as given, else first and last name.
	DisplayName string
	// UsageLocation is an upper-case code of ISO 3166-1 alpha-2, "" if there
	// is none; Options.UsageLocation is already applied.
	UsageLocation string
	// ImmutableID is "" for people who exist in the cloud only.
	ImmutableID string
	// Password is empty where one is to be generated.
	Password secret.Text
	// ForceChangePassword is true unless the row says otherwise.
	ForceChangePassword bool
	// CustomerID (a tenant's GUID or one of its domains) and Domain are lower
	// case; "" means those of the run.
	CustomerID, Domain string
}

// Row is one person as the file has them.
type Row struct {
	// N is the 1-based data row: the header, example rows and rows without any
	// value are not counted.
	N int
	// Line is where the row starts, 1-based, as an editor counts lines.
	Line   int
	Person Person
	// Problems are the rules the row breaks, all of them: it is invalid if
	// there is any.
	Problems []Problem
	// Warnings are worth saying and do not make the row invalid.
	Warnings []Problem

	// Where the record is, for Cells. Behind a pointer, so that printing a row
	// does not print its password.
	batch      *batch
	start, end uint32 // in its text
}

// Problem is one thing wrong with one row.
type Problem struct {
	Code    string // a stable word such as "missing_name"
	Column  string // the header as in the file; "" where the whole row is meant
	Field   string // the field that the column feeds; "" as above
	Value   string // the cell after cleaning; never a password
	Message string // what is wrong
	Hint    string // what to do about it
}

// Mapping says what a file was understood to be.
type Mapping struct {
	Format      string // "csv" or "jsonl"
	Compression string // "gzip", "zstd" or ""
	Encoding    string // "UTF-8", "UTF-16LE", "UTF-16BE" or "Windows-1252"
	Delimiter   string // of CSV: "," ";" "\t" or "|"
	Template    string // the name of the known sheet, "" for any other
	Columns     []Column
	Notes       []string // what else was assumed, one sentence each
	// Of the last whole pass, 0 before it:
	Cleaned  int // cells that needed cleaning
	Examples int // rows skipped because their first cell begins with "Example:"
	Blank    int // rows skipped because no cell has a value
}

// Column is what one column was taken for.
type Column struct {
	Header string // as in the file
	Field  string // "" if nothing is read from it
	Known  bool   // whether muster knows the column; unknown ones may be typing errors
	Note   string // why it is not read, "" if there is nothing to say
	Like   string // the field that a header which is not read resembles or belongs to, "" if none
}
