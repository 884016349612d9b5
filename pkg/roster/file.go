package roster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"muster/pkg/formula"
	"muster/pkg/secret"
)

const defaultMaxLine = 1 << 20

// File is an open file of people. Its methods may be used by several goroutines.
type File struct {
	path    string
	source  *source
	text    text
	maxLine int

	shape     csvShape // of CSV
	isJSON    bool
	isRejects bool   // muster wrote the file: its rejects of an earlier run
	start     int64  // where the data begin in the decoded text
	line      int    // the line there
	rawHead   []byte // the header record, of CSV
	header    []string
	fields    []field          // by column, of CSV
	members   map[string]field // by folded member name, of JSON Lines
	fed       [fieldCount]bool
	columns   [fieldCount]string // the header that feeds a field
	location  string             // Options.UsageLocation as a code

	mu      sync.Mutex
	mapping Mapping
	others  []string // of JSON Lines: see otherMembers
}

// Open finds out what a file is and reads its header; the package's comment says
// what is accepted. Path "-" is Options.Stdin. An error is an [*Error] where the
// file is to blame. The file must be closed.
func Open(path string, o Options) (*File, error) {
	source, err := openSource(path, o)
	if err != nil {
		return nil, withPath(err, path)
	}
	f := &File{path: path, source: source, maxLine: o.MaxLine}
	if f.maxLine <= 0 {
		f.maxLine = defaultMaxLine
	}
	if err := f.understand(o); err != nil {
		return nil, errors.Join(withPath(err, path), source.close())
	}
	return f, nil
}

// withPath completes an error with the path.
func withPath(err error, path string) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Path == "" {
		e.Path = path
		if path == "-" {
			e.Path = "standard input"
		}
	}
	return err
}

// understand finds out everything that the passes rely on.
func (f *File) understand(o Options) error {
	var err error
	if o.UsageLocation != "" {
		var hint string
		if f.location, hint = countryCode(tidy(o.UsageLocation)); f.location == "" {
			return &Error{Message: fmt.Sprintf("the usage location %q for rows without one is no country", o.UsageLocation), Hint: hint}
		}
	}
	if f.text, err = surveyText(f.source, f.maxLine); err != nil {
		return err
	}
	f.mapping = Mapping{Compression: f.source.compression, Encoding: f.text.encoding}
	head, err := f.head()
	if err != nil {
		return err
	}
	if f.isJSON, err = isJSONLines(o.Format, f.path, head); err != nil {
		return err
	}
	if f.isJSON {
		return f.understandJSON(o, head)
	}
	return f.understandCSV(o, head)
}

// head returns the start of the text, enough for the longest header and some rows.
// It is never blank.
func (f *File) head() ([]byte, error) {
	in, err := f.source.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head := make([]byte, f.maxLine+batchSize)
	n, err := io.ReadFull(f.text.decoded(in), head)
	head = head[:n]
	ended := err == io.EOF || err == io.ErrUnexpectedEOF
	switch blank := len(bytes.TrimSpace(head)) == 0; {
	case err != nil && !ended:
		return nil, err
	case blank && ended:
		return nil, &Error{Message: "the file is empty", Hint: "muster template prints one to start with"}
	case blank:
		return nil, &Error{Message: fmt.Sprintf("the first %d bytes of the file are blank", n), Hint: "remove the empty lines above the header"}
	case ended:
		head = append(head, '\n')
	}
	return head, nil
}

// isJSONLines decides the format: as told, by the file's ending, by its first
// character. An ending that the first line belies is not obeyed silently.
func isJSONLines(format, path string, head []byte) (bool, error) {
	switch strings.ToLower(format) {
	case "jsonl":
		return true, nil
	case "csv":
		return false, nil
	case "", "auto":
	default:
		return false, &Error{Message: fmt.Sprintf("the format %q is not known", format), Hint: "say auto, csv or jsonl"}
	}
	name := strings.ToLower(path)
	switch ending := filepath.Ext(name); ending {
	case ".gz", ".zst":
		name = strings.TrimSuffix(name, ending)
	}
	switch filepath.Ext(name) {
	case ".jsonl", ".ndjson", ".json":
		return true, nil
	case ".csv", ".tsv", ".tab":
		if line := firstLineOf(head); line[0] == '{' && json.Valid(line) {
			return false, &Error{Line: 1, Message: "this is JSON Lines, although the file's name says CSV", Hint: "say --format jsonl, or rename the file"}
		}
		return false, nil
	}
	first := bytes.TrimSpace(head)[0]
	return first == '{' || first == '[', nil
}

func firstLineOf(head []byte) []byte {
	first, _, _ := bytes.Cut(bytes.TrimSpace(head), []byte{'\n'})
	return bytes.TrimSpace(first)
}

// readsAsCSV reports whether text begins with headers of CSV that name people.
func readsAsCSV(head []byte, maxLine int) bool {
	p := preamble{text: head, line: 1}
	if p.read(maxLine) != nil {
		return false
	}
	_, err := mapColumns(p.header, p.first, nil)
	return err == nil
}

// wrappedList finds the list in an answer of Microsoft Graph, Partner Center or the like,
// behind members that are no lists, on one line or on several.
var wrappedList = regexp.MustCompile(`^\{(?:\s*"[^"]*"\s*:\s*(?:"[^"]*"|[^][{}",]*)\s*,)*\s*"(value|items|users|data|results)"\s*:\s*\[\s*(?:\{|$)`)

// understandJSON refuses JSON that is not line by line, and prepares the names.
func (f *File) understandJSON(o Options, head []byte) error {
	first, wrapped := firstLineOf(head), wrappedList.FindSubmatch(bytes.TrimSpace(head))
	switch {
	case first[0] != '{' && readsAsCSV(head, f.maxLine):
		return &Error{Line: 1, Message: "this is CSV, not JSON Lines", Hint: "say --format csv, or rename the file"}
	case first[0] == '[':
		return &Error{Message: "the file is one JSON list, not JSON Lines", Hint: "write one object a line: jq -c '.[]' FILE does so"}
	case wrapped != nil:
		list := wrapped[1]
		return &Error{Message: fmt.Sprintf("the file is one JSON object with the people in its list %q, not JSON Lines", list), Hint: fmt.Sprintf("write one object a line: jq -c '.%s[]' FILE does so", list)}
	case string(first) == "{":
		return &Error{Message: "the file spreads JSON objects over several lines", Hint: "write one object a line: jq -c . FILE does so"}
	}
	f.mapping.Format = "jsonl"
	f.line = 1
	f.members = map[string]field{}
	for i, name := range fieldNames() {
		f.members[foldHeader(name)] = field(i)
		f.columns[i] = name
		f.fed[i] = true
	}
	for _, header := range sortedKeys(o.Map) {
		to, err := forcedField(header, o.Map[header])
		if err != nil {
			return err
		}
		f.members[foldHeader(header)] = to
	}
	names := fieldNames()
	f.header = names[:publicFields]
	return nil
}

// understandCSV finds the delimiter and the header, and maps the columns.
func (f *File) understandCSV(o Options, head []byte) error {
	p := preamble{text: head, line: 1}
	if err := p.read(f.maxLine); err != nil {
		return err
	}
	m, err := mapColumns(p.header, p.first, o.Map)
	if err != nil {
		if e := (*Error)(nil); errors.As(err, &e) {
			e.Line = p.headerLine
		}
		return err
	}
	f.shape = csvShape{comma: p.comma, columns: len(m.fields)}
	f.start, f.line, f.rawHead = int64(p.end), p.line, p.record
	f.header, f.fields = m.headers(), m.fields
	f.isRejects = isRejects(f.header)
	for i, to := range m.fields {
		if to != none {
			f.fed[to], f.columns[to] = true, f.header[i]
		}
	}
	f.mapping.Format, f.mapping.Delimiter = "csv", string(rune(p.comma))
	f.mapping.Template, f.mapping.Columns = m.sheet.name, m.columns
	f.mapping.Notes = append(p.notes, m.notes...)
	if f.text.bom > 0 && f.text.encoding == ansiName {
		f.mapping.Notes = append(f.mapping.Notes, "The file begins with the mark of UTF-8 but is not: it is read as Windows-1252.")
	}
	if !f.fed[usageLocation] && f.location == "" {
		f.mapping.Notes = append(f.mapping.Notes, "No column gives a usage location, without which no licence can be assigned later; --usage-location sets one for all.")
	}
	return nil
}

// Header returns the input's own columns, cleaned. For JSON Lines these are the
// contract's field names, and after a whole pass also the other members' names.
func (f *File) Header() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Concat(f.header, f.others)
}

// Mapping returns what the file was taken for. Its counts, and the unknown members
// of JSON Lines, are those of the last whole pass.
func (f *File) Mapping() Mapping {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.mapping
	m.Columns, m.Notes = slices.Clone(m.Columns), slices.Clone(m.Notes)
	return m
}

// Lines returns the number of line ends in the file, which has as many rows at most; 0
// where it is not known, as of a file with the line ends of the classic Mac.
func (f *File) Lines() int { return f.text.lines }

// Has reports whether a column feeds the field, one of the constants of this
// package. JSON Lines may bring every field.
func (f *File) Has(name string) bool {
	to := fieldOf(name)
	return to != none && f.fed[to]
}

func (f *File) columnOf(to field) string { return f.columns[to] }

// Close ends the use of the file and removes its temporary copy, if there is one.
func (f *File) Close() error { return f.source.close() }

// Cells returns the row as it stands in the file, parallel to File.Header: cells
// that are missing are empty, surplus ones come after the others. They are
// uncleaned, and one of them may be a password. What a rejects file has before
// formulas is taken away. A line of JSON that could not be read as it stands comes
// after the others as a whole, so that a row made of what it did give has too many
// cells until somebody has mended it.
func (r Row) Cells() []string {
	f := r.batch.file
	if f.isJSON {
		cells := f.memberCells([]byte(r.record()))
		if _, fault := newJSONReader(f.members).read(r.record(), false); fault != nil {
			cells = append(cells, fmt.Sprintf("line %d: %s", r.Line, strings.TrimSpace(r.record())))
		}
		return cells
	}
	cells, err := parseCells(r.record(), f.shape.comma, false)
	if err != nil { // what can be had of a faulty row
		cells, _ = parseCells(strings.TrimRight(r.record(), "\r\n"), f.shape.comma, true)
	}
	if f.isRejects {
		for i, c := range cells {
			cells[i] = formula.Fuse(c)
		}
	}
	for len(cells) < len(f.header) {
		cells = append(cells, "")
	}
	return cells
}

func (r Row) record() string { return r.batch.text[r.start:r.end] }

// Clone returns the person without the text around it in the file, which a kept
// row holds in memory.
func (p *Person) Clone() Person {
	c := *p
	for _, s := range []*string{&c.UserPrincipalName, &c.FirstName, &c.LastName, &c.DisplayName, &c.UsageLocation, &c.ImmutableID, &c.CustomerID, &c.Domain} {
		*s = strings.Clone(*s)
	}
	c.Password = secret.New(strings.Clone(p.Password.Reveal()))
	return c
}

// Identity is the person's part of the key that the ledger remembers: the
// immutable id, else the given user principal name, else the names. Writing that
// means the same gives the same identity: it is composed (NFC), of one width (１ is 1)
// and, but for the immutable id, case-folded and with the keyboard's apostrophe and hyphen.
func (p *Person) Identity() string { return string(p.AppendIdentity(nil)) }

// AppendIdentity appends the Identity to dst.
func (p *Person) AppendIdentity(dst []byte) []byte {
	switch {
	case p.ImmutableID != "":
		return append(append(dst, "id:"...), oneWidth(p.ImmutableID)...)
	case p.UserPrincipalName != "":
		return append(append(dst, "upn:"...), folded(p.UserPrincipalName)...)
	}
	return append(append(dst, "name:"...), folded(p.FirstName+"\x1f"+p.LastName+"\x1f"+p.DisplayName)...)
}

func folded(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(cases.Fold().String(typed.Replace(oneWidth(s))))
}

// typed writes the apostrophes and hyphens of word processors as keyboards do: O'Neill
// gets another one whenever the name went through one of these.
var typed = strings.NewReplacer("\u2018", "'", "\u2019", "'", "\u2010", "-", "\u2011", "-", "\u2013", "-")

// oneWidth writes the full-width and half-width characters of East Asian input methods
// as the usual ones. They are all in the block that starts at U+FF00.
func oneWidth(s string) string {
	if strings.IndexByte(s, "\uff00"[0]) < 0 {
		return s
	}
	return norm.NFC.String(width.Fold.String(s))
}
