package results

import (
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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

func encode(w io.Writer, form format, rows iter.Seq2[Row, error], tally *Tally) error {
	var line []byte
	if form == csvFormat {
		line = append(line, strings.Join(columns[:], ",")...)
		line = append(line, '\n')
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		tally.add(&row)
		if form == csvFormat {
			line = appendCSV(line, &row)
		} else {
			line = appendJSON(line, &row)
		}
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	_, err := w.Write(line) // the header, where there are no rows
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
	if first := s[0] | 0x20; (first < 'a' || first > 'z') && (first < '0' || first > '9') {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' {
			return false
		}
	}
	return s[len(s)-1] != ' '
}

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
