package results

import (
	"cmp"
	"context"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"muster/pkg/durable"
)

// Write replaces the results file at path by rows and returns their sum. The
// ending of path chooses the format, see [CheckPath]. Whoever reads path sees the
// old file or the whole new one; where rows yields an error or the disk refuses,
// the old file stays and the error is returned.
func Write(path string, rows iter.Seq2[Row, error]) (Summary, error) {
	form, err := formatOf(path)
	if err != nil {
		return Summary{}, err
	}
	var tally Tally
	err = durable.Replace(path, fileMode, func(w io.Writer) error { return encode(w, form, rows, &tally) })
	if err != nil {
		return Summary{}, err
	}
	return tally.Summary(), nil
}

// encode writes the rows and sums them up. They are made on the caller's goroutine
// and written on another one, for speed: the one costs about as much as the other,
// and everything else of a validation is spread over all processors already.
func encode(w io.Writer, form format, rows iter.Seq2[Row, error], tally *Tally) error {
	writer, ctx := errgroup.WithContext(context.Background())
	sheaves, spare := make(chan []Row, sheavesAhead), make(chan []Row, 2*sheavesAhead)
	writer.Go(func() error {
		e := encoder{w: w, form: form, tally: tally}
		if err := e.header(); err != nil {
			return err
		}
		for sheaf := range sheaves {
			if err := e.rows(sheaf); err != nil {
				return err
			}
			spare <- sheaf[:0] // there is room for all there are
		}
		return nil
	})
	err := bind(ctx, rows, sheaves, spare)
	close(sheaves)
	return cmp.Or(writer.Wait(), err)
}

const (
	sheafSize    = 128 // rows that change hands at a time
	sheavesAhead = 2   // bounds how far the rows are ahead of what is written
)

// bind hands the rows over in sheaves, until one is an error or nobody wants them
// any more.
func bind(ctx context.Context, rows iter.Seq2[Row, error], sheaves chan<- []Row, spare <-chan []Row) error {
	var sheaf []Row
	send := func() bool {
		select {
		case sheaves <- sheaf:
		case <-ctx.Done():
			return false
		}
		select {
		case sheaf = <-spare:
		default:
			sheaf = make([]Row, 0, sheafSize)
		}
		return true
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if sheaf = append(sheaf, row); len(sheaf) >= sheafSize && !send() {
			return nil // whoever writes says why
		}
	}
	send()
	return nil
}

// encoder writes rows in one format.
type encoder struct {
	w     io.Writer
	form  format
	tally *Tally
	line  []byte
}

func (e *encoder) header() error {
	if e.form != csvFormat {
		return nil
	}
	_, err := io.WriteString(e.w, strings.Join(columns[:], ",")+"\n")
	return err
}

func (e *encoder) rows(rows []Row) error {
	e.line = e.line[:0]
	for i := range rows {
		e.tally.add(&rows[i])
		if e.form == csvFormat {
			e.line = appendCSV(e.line, &rows[i])
		} else {
			e.line = appendJSON(e.line, &rows[i])
		}
		e.line = append(e.line, '\n')
	}
	_, err := e.w.Write(e.line)
	return err
}

func appendCSV(b []byte, r *Row) []byte {
	b = strconv.AppendInt(b, int64(r.N), 10)
	for _, s := range [...]string{string(r.Status), r.UserPrincipalName, r.UserID, r.DisplayName, r.ErrorCode, r.Error, r.Hint} {
		b = appendText(append(b, ','), s)
	}
	b = strconv.AppendInt(append(b, ','), int64(r.Attempts), 10)
	for _, s := range [...]string{r.CustomerID, r.RequestID, r.CorrelationID} {
		b = appendText(append(b, ','), s)
	}
	return appendTime(append(b, ','), r.CreatedAt)
}

// appendText adds a text of ours or of a service as a cell.
func appendText(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	return appendCell(b, defuse(oneLine(s)), ',')
}

// isPlain reports whether a cell is certainly written as it stands. It exists for
// speed: it holds for nearly every cell, and asks everything in one go.
func isPlain(s string) bool {
	if s == "" {
		return true
	}
	if first := s[0] | 0x20; (first < 'a' || first > 'z') && (first < '0' || first > '9') && first < utf8.RuneSelf {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !plainBytes[c] {
			return c >= utf8.RuneSelf && isPlainBeyondASCII(s)
		}
	}
	return s[len(s)-1] != ' '
}

// isPlainBeyondASCII is isPlain for cells that have letters of the commonest scripts.
func isPlainBeyondASCII(s string) bool {
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf && plainBytes[r],
			r >= 0xc0 && r < 0x250, r >= 0x388 && r < 0x3cf, r >= 0x400 && r < 0x460, // Latin, Greek, Cyrillic
			r >= 0x620 && r < 0x64b, r >= 0x4e00 && r < 0xa000, r >= 0xac00 && r < 0xd7a4: // Arabic, Han, Hangul
		default:
			return false
		}
	}
	return s[len(s)-1] != ' '
}

// plainBytes is the set of the printable bytes of ASCII without " , and ;.
var plainBytes = func() (set [256]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = c != '"' && c != ',' && c != ';'
	}
	return set
}()

// appendCell adds a cell in quotes where RFC 4180 asks for them, and where a
// reader might trim it or take the line for an empty one.
func appendCell(b []byte, s string, delimiter rune) []byte {
	plain := !strings.ContainsAny(s, "\"\r\n") && !strings.ContainsRune(s, delimiter) &&
		!strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ")
	if plain {
		return append(b, s...)
	}
	b = append(b, '"')
	for {
		before, after, found := strings.Cut(s, `"`)
		b = append(b, before...)
		if !found {
			return append(b, '"')
		}
		b = append(b, `""`...)
		s = after
	}
}

func appendJSON(b []byte, r *Row) []byte {
	b = strconv.AppendInt(append(b, `{"row":`...), int64(r.N), 10)
	b = appendString(append(b, `,"status":`...), string(r.Status))
	b = appendString(append(b, `,"user_principal_name":`...), r.UserPrincipalName)
	b = appendString(append(b, `,"user_id":`...), r.UserID)
	b = appendString(append(b, `,"display_name":`...), r.DisplayName)
	b = appendString(append(b, `,"error_code":`...), r.ErrorCode)
	b = appendString(append(b, `,"error":`...), r.Error)
	b = appendString(append(b, `,"hint":`...), r.Hint)
	b = strconv.AppendInt(append(b, `,"attempts":`...), int64(r.Attempts), 10)
	b = appendString(append(b, `,"customer_id":`...), r.CustomerID)
	b = appendString(append(b, `,"request_id":`...), r.RequestID)
	b = appendString(append(b, `,"correlation_id":`...), r.CorrelationID)
	b = appendTime(append(b, `,"created_at":"`...), r.CreatedAt)
	return append(b, `"}`...)
}

// appendString adds s as a JSON string of one line. It escapes "<" too, so that
// the string can stand inside a script element of a page.
func appendString(b []byte, s string) []byte {
	s = oneLine(s)
	b = append(b, '"')
	for {
		i := strings.IndexAny(s, `"\<`)
		if i < 0 {
			b = append(b, s...)
			return append(b, '"')
		}
		b = append(b, s[:i]...)
		if s[i] == '<' {
			b = append(b, `\u003c`...)
		} else {
			b = append(b, '\\', s[i])
		}
		s = s[i+1:]
	}
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return t.UTC().AppendFormat(b, time.RFC3339)
}

// oneLine keeps a text to one line, so that a results file has a line a row and
// that no text of a service steers a terminal.
func oneLine(s string) string {
	if isOneLine(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if breaksLine(r) {
			return ' '
		}
		return r // and U+FFFD for a byte that is no UTF-8
	}, s)
}

func isOneLine(s string) bool {
	ascii := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(s) && strings.IndexFunc(s, breaksLine) < 0
}

// breaksLine holds for the control characters of both sets and for the line and
// paragraph separators.
func breaksLine(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}
