package results

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // for the parts of the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// maxPageRows bounds the rows that a page lists, since a browser holds them all.
// Beyond it the page keeps to those that did not end well.
const maxPageRows = 200_000

// Report is what a page shows.
type Report struct {
	Title     string                // such as the name of the input
	Generated time.Time             // zero leaves it out
	Facts     []Fact                // further facts of the run, in the order they are shown
	Series    []Second              // in any order; empty: taken from the creation times of the rows
	Rows      iter.Seq2[Row, error] // ranged over twice; see [Read] and [Merge]
}

// Fact is something to know about a run, such as "Rate found" and "38 a second".
type Fact struct{ Name, Value string }

// Second is what happened in one second of a run.
type Second struct {
	At      time.Time
	Created int           // users
	Refused int           // requests that the service turned away as too many
	Failed  int           // requests that failed otherwise
	Latency time.Duration // mean time to an answer; 0 is unknown
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// HTML writes a page about a run for a browser: one file that loads nothing and
// says so in its content security policy. It shows the counts, the course of the
// run, the causes and a table of the rows to search and filter. Every value is
// escaped. An error of the rows ends the writing, so write to a file by
// durable.Replace.
func HTML(w io.Writer, in Report) error {
	v, err := viewOf(in)
	if err != nil {
		return err
	}
	page, err := template.New("page").Funcs(template.FuncMap{"thousands": Thousands, "customer": customerName}).Parse(pageHTML)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	if err := page.Execute(b, v); err != nil {
		return err
	}
	if err := writeData(b, in.Rows, v); err != nil {
		return err
	}
	if _, err := b.WriteString("<script>" + pageJS + "</script>\n</body>\n</html>\n"); err != nil {
		return err
	}
	return b.Flush()
}

// view is what the template shows.
type view struct {
	Summary
	Title, Generated, Headline string
	Facts                      []Fact
	Tiles                      []tile
	Charts                     []chart
	OnlyTroubled               bool // the table leaves out rows that ended well
	Listed                     int  // rows in the table
	Policy                     string
	Style                      template.CSS
}

// tile is a status that some rows have.
type tile struct {
	Status  Status
	Rows    int
	X, Wide string // its part of the bar of all rows, in percent
}

func viewOf(in Report) (*view, error) {
	var tally Tally
	derived := map[int64]int{}
	for r, err := range in.Rows {
		if err != nil {
			return nil, err
		}
		tally.Add(r)
		if r.Status == Created && !r.CreatedAt.IsZero() && len(in.Series) == 0 {
			derived[r.CreatedAt.Unix()]++
		}
	}
	series := in.Series
	for at, n := range derived {
		series = append(series, Second{At: time.Unix(at, 0), Created: n})
	}
	v := &view{
		Summary: tally.Summary(), Title: in.Title, Facts: in.Facts, Charts: charts(series),
		Style:  template.CSS(pageCSS), // ours, not a value of the run
		Policy: "default-src 'none'; script-src " + hashOf(pageJS) + "; style-src " + hashOf(pageCSS) + "; base-uri 'none'; form-action 'none'",
	}
	if v.Title == "" {
		v.Title = "Results"
	}
	v.Headline = headline(v.Counts)
	if !in.Generated.IsZero() {
		v.Generated = in.Generated.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	v.Tiles = tiles(v.Counts)
	v.OnlyTroubled = v.Rows > maxPageRows
	v.Listed = v.Rows
	if v.OnlyTroubled {
		v.Listed = min(v.Rows-v.Created-v.Exists-v.Planned, maxPageRows)
	}
	return v, nil
}

func tiles(c Counts) (list []tile) {
	x := 0.0
	for _, s := range Statuses() {
		if n := c.Of(s); n > 0 {
			wide := 100 * float64(n) / float64(c.Rows)
			list = append(list, tile{s, n, fixed(x), fixed(wide)})
			x += wide
		}
	}
	return list
}

func fixed(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// writeData writes the rows of the table as JSON in a script element that is not
// run. appendString escapes what would end that element.
func writeData(b *bufio.Writer, rows iter.Seq2[Row, error], v *view) error {
	fmt.Fprintf(b, "<script type=\"application/json\" id=\"data\">{\"columns\":[\"%s\"],\"rows\":[", strings.Join(columns[:], `","`))
	var line []byte
	listed := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		if listed == v.Listed {
			break
		}
		if v.OnlyTroubled && (r.Status == Created || r.Status == Exists || r.Status == Planned) {
			continue
		}
		line = line[:0]
		if listed > 0 {
			line = append(line, ',', '\n')
		}
		if _, err := b.Write(appendArray(line, r)); err != nil {
			return err
		}
		listed++
	}
	_, err := b.WriteString("]}</script>\n")
	return err
}

// appendArray adds the row's values in the order of the columns.
func appendArray(b []byte, r Row) []byte {
	b = strconv.AppendInt(append(b, '['), int64(r.N), 10)
	for _, s := range [...]string{string(r.Status), r.UserPrincipalName, r.UserID, r.DisplayName, r.ErrorCode, r.Error, r.Hint} {
		b = appendString(append(b, ','), s)
	}
	b = strconv.AppendInt(append(b, ','), int64(r.Attempts), 10)
	for _, s := range [...]string{r.CustomerID, r.RequestID, r.CorrelationID} {
		b = appendString(append(b, ','), s)
	}
	b = appendTime(append(b, ',', '"'), r.CreatedAt)
	return append(b, '"', ']')
}
