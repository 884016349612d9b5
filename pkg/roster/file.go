package roster

import "iter"

// File is an open file of people.
type File struct{}

// Open finds out what the file is and reads its header. See the package's
// comment for what it accepts. Path "-" is Options.Stdin; what can be read only
// once is kept in a temporary file until Close.
func Open(path string, o Options) (*File, error) { return nil, nil }

// Rows ranges over the file's rows in order, as often as wanted.
func (f *File) Rows() iter.Seq2[Row, error] { return Map(f, func(r Row) Row { return r }) }

// Map calls work for each row, on all cores and in no order, and yields what it
// returned in the order of the file.
func Map[T any](f *File, work func(Row) T) iter.Seq2[T, error] { return nil }

// Header returns the input's own columns; for JSON Lines the field names.
func (f *File) Header() []string { return nil }

// Mapping returns what the file was taken for.
func (f *File) Mapping() Mapping { return Mapping{} }

// Has reports whether some column feeds the field; true for JSON Lines.
func (f *File) Has(field string) bool { return false }

// Close ends the use of the file.
func (f *File) Close() error { return nil }

// Cells returns the row as read, parallel to File.Header.
func (r Row) Cells() []string { return nil }

// Identity is the person's part of the key that the ledger remembers.
func (p Person) Identity() string { return "" }

// Template returns a starter file in the format "csv" or "jsonl".
func Template(format string) []byte { return nil }
