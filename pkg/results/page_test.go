package results

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hostile are texts that break out of careless pages.
var hostile = []string{
	"</script><script>window.broken=1</script>", "<img src=x onerror='window.broken=2'>", "<!--<script>", `"><b>`, "' onclick='window.broken=3",
	"{{.}}", `\u003c/script>`, "\u2028", "&lt;b&gt;", "javascript:window.broken=4",
}

func hostileReport() Report {
	var rows []Row
	for i, s := range hostile {
		rows = append(rows, Row{N: i + 1, Status: Failed, UserPrincipalName: s, UserID: s, DisplayName: s, ErrorCode: s, Error: s, Hint: s, CustomerID: s, RequestID: s, CorrelationID: s})
	}
	return Report{Title: hostile[0], Facts: []Fact{{hostile[1], hostile[0]}}, Rows: each(rows...)}
}

func staffReport(n int) Report {
	in := Report{Title: "staff.csv", Generated: noon.Add(time.Hour), Rows: staff(n),
		Facts: []Fact{{"Rate found", "38 a second"}, {"Duration", "21 m 12 s"}, {"Results", "staff.results.csv"}, {"Ledger", "staff.ledger.jsonl"}}}
	for i := range n / 40 {
		s := Second{At: noon.Add(time.Duration(i) * time.Second), Created: 38 + int(4*math.Sin(float64(i)/20)),
			Latency: time.Duration(180+40*math.Sin(float64(i)/33)) * time.Millisecond}
		if i%37 < 4 {
			s.Refused, s.Created = 20, 15
		}
		if i%50 == 0 {
			s.Failed = 3
		}
		in.Series = append(in.Series, s)
	}
	return in
}

func staff(n int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := 1; i <= n; i++ {
			r := Row{N: i, Status: Created, UserPrincipalName: fmt.Sprintf("jane.doe%d@contoso.onmicrosoft.com", i),
				UserID: fmt.Sprintf("4b10bf41-ee3c-43d8-9a4a-%012x", i), DisplayName: fmt.Sprintf("Jané Doe %d", i), Attempts: 1,
				CustomerID: []string{"contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com"}[i%3%2], RequestID: fmt.Sprintf("7e8f2d1c-11d6-4b3e-b53a-%012x", i),
				CorrelationID: fmt.Sprintf("d6aa0c9f-6b51-4e6a-9e0c-%012x", i), CreatedAt: noon.Add(time.Duration(i/40) * time.Second)}
			switch {
			case i%50 == 0:
				r = Row{N: i, Status: Failed, DisplayName: r.DisplayName, CustomerID: r.CustomerID, Attempts: 1, ErrorCode: "3000",
					Error: fmt.Sprintf("the service says that the user \"jane.doe%d\" already exists", i), Hint: "look whether the person has an account"}
			case i%61 == 0:
				r = Row{N: i, Status: Invalid, DisplayName: r.DisplayName, CustomerID: r.CustomerID,
					Error: "usageLocation \"Narnia\" is no country", Hint: "write a two-letter code such as DE"}
			case i%97 == 0:
				r.Status = Exists
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func page(t *testing.T, in Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageLoadsNothing(t *testing.T) {
	html := page(t, staffReport(200))
	for _, bad := range []string{"http://", "https://", "src=", "href=", "url(", "@import", " style=", " onclick=", "<link", "eval("} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(html, "default-src &#39;none&#39;") {
		t.Error("the page has no content security policy")
	}
}

func TestPageEscapes(t *testing.T) {
	html := page(t, hostileReport())
	if n := strings.Count(html, "<script"); n != 2 {
		t.Errorf("the page has %d script elements, want the data and the program", n)
	}
	if n := strings.Count(html, "</script"); n != 2 {
		t.Errorf("script elements end %d times, want 2", n)
	}
	if strings.Contains(html, "<img") || strings.Contains(html, "<!--") || strings.Contains(html, "\u2028") {
		t.Error("a value stands in the page as it is")
	}
}

func TestPageErrors(t *testing.T) {
	boom := errors.New("boom")
	if err := HTML(new(bytes.Buffer), Report{Rows: failing(boom, awkward...)}); !errors.Is(err, boom) {
		t.Errorf("HTML() = %v, want %v", err, boom)
	}
	for room := 0; room < 40_000; room += 4096 {
		if err := HTML(&limited{room}, staffReport(300)); err == nil {
			t.Errorf("HTML() with room for %d bytes gave no error", room)
		}
	}
	if html := page(t, Report{Rows: each[Row]()}); !strings.Contains(html, "0 rows") {
		t.Error("the page of no rows does not say so")
	}
}

// A page beyond the bound lists those that need somebody's attention.
func TestPageOfTooManyRows(t *testing.T) {
	const n = maxPageRows + 1
	html := page(t, Report{Rows: staff(n)})
	if rows := strings.Count(html, "\",\"3000\",\""); rows != n/50 {
		t.Errorf("the page lists %d failed rows, want %d", rows, n/50)
	}
	if strings.Contains(html, "\"created\",\"jane") || !strings.Contains(html, "too many rows for one page") {
		t.Error("the page lists created rows too, or does not say that it leaves them out")
	}
}

func TestCharts(t *testing.T) {
	if got := charts(nil); got != nil {
		t.Errorf("charts(nil) = %+v, want none", got)
	}
	sec := func(at int, s Second) Second { s.At = noon.Add(time.Duration(at) * time.Second); return s }
	for _, c := range []struct {
		name   string
		series []Second
		want   []string // the texts of the pictures
		bars   int
	}{
		{"one second", []Second{sec(0, Second{Created: 7})},
			[]string{"12:00:00 to 12:00:01 UTC: 7 created; at most 7 a second over one second."}, 1},
		{"with all", []Second{sec(9, Second{Created: 10, Refused: 2, Latency: 100 * time.Millisecond}), sec(0, Second{Created: 4, Failed: 4, Latency: 200 * time.Millisecond})},
			[]string{"12:00:00 to 12:00:10 UTC: 14 created, 2 refused as too many, 4 failed; at most 12 a second over one second.",
				"140 ms on average, at most 200 ms over one second."}, 2},
		{"doubled seconds", []Second{sec(0, Second{Created: 1}), sec(0, Second{Created: 1})},
			[]string{"12:00:00 to 12:00:01 UTC: 2 created; at most 2 a second over one second."}, 1},
		{"three days", []Second{sec(0, Second{Created: 1800}), sec(3*86400, Second{Created: 900})},
			[]string{"03-01 12:00 to 03-04 12:30 UTC: 2,700 created; at most 1 a second over 30 minutes."}, 2},
		{"all of history", []Second{{At: time.Time{}, Created: 1}, {At: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), Created: 1}}, nil, 2},
		{"nothing", []Second{sec(0, Second{})}, []string{"12:00:00 to 12:00:01 UTC: nothing created; at most 0 a second over one second."}, 0},
	} {
		got := charts(c.series)
		for i, want := range c.want {
			if i >= len(got) || got[i].Text != want {
				t.Errorf("%s: charts are %+v, want picture %d to say %q", c.name, got, i, want)
			}
		}
		if len(got[0].Bars) != c.bars || len(got[0].X) > xTicks {
			t.Errorf("%s: %d bars and %d times, want %d bars and at most %d times", c.name, len(got[0].Bars), len(got[0].X), c.bars, xTicks)
		}
		for _, b := range got[0].Bars {
			for _, p := range b.Parts {
				if !regexp.MustCompile(`^\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\.\d\d$`).MatchString(p.X + " " + p.Y + " " + p.Wide + " " + p.High) {
					t.Errorf("%s: a bar stands at %+v", c.name, p)
				}
			}
		}
	}
}

// The busy machine of a test gets four times the half second that a page of
// 50,000 rows may take to its first paint and for a search.
const patience = 2000

func TestPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	t.Run("many rows", func(t *testing.T) { testManyRows(t, b) })
	t.Run("hostile values", func(t *testing.T) { testHostileValues(t, b) })
	t.Run("dark, details, print", func(t *testing.T) { testSmallPage(t, b) })
	t.Run("narrow", func(t *testing.T) { testNarrowPage(t, b) })
}

func testManyRows(t *testing.T, b *browser) {
	const n = 50_000
	address := b.open(staffReport(n), "light")
	var first struct{ Paint, Drawn float64 }
	b.eval(`await frame();
		const paint = performance.getEntriesByType('paint').find((p) => p.name === 'first-contentful-paint');
		return { paint: paint ? paint.startTime : -1, drawn: document.querySelectorAll('#rows tbody tr').length }`, &first)
	t.Logf("first paint after %.0f ms", first.Paint)
	if first.Paint < 0 || first.Paint > patience || first.Drawn > 100 {
		t.Errorf("first paint after %.0f ms with %.0f rows, want at most %d ms with those in sight", first.Paint, first.Drawn, patience)
	}
	b.shoot("light.png", 1750)
	for _, c := range []struct{ search, count, first string }{
		{"JANE.doe4999@", "1 of 50,000 rows", "4,999"},
		{"7e8f2d1c-11d6-4b3e-b53a-00000000c34f", "1 of 50,000 rows", "49,999"},
		{"Fabrikam NARNIA", "268 of 50,000 rows", "61"},
		{"no such person", "0 of 50,000 rows", ""},
		{"", "50,000 of 50,000 rows", "1"},
	} {
		var got struct {
			Took         float64
			Count, First string
		}
		b.eval(fmt.Sprintf(`const field = document.getElementById('search'), count = document.getElementById('count');
			const start = performance.now();
			const changed = new Promise((done) => new MutationObserver(done).observe(count, { childList: true }));
			field.value = %q;
			field.dispatchEvent(new Event('input'));
			await changed;
			await frame();
			return { took: performance.now() - start, count: count.textContent, first: document.querySelector('#rows tbody button')?.textContent ?? '' }`, c.search), &got)
		t.Logf("search for %q: %.0f ms", c.search, got.Took)
		if got.Count != c.count || got.First != c.first || got.Took > patience {
			t.Errorf("search for %q gives %q from row %q after %.0f ms, want %q from row %q", c.search, got.Count, got.First, got.Took, c.count, c.first)
		}
	}
	testScrolling(t, b, n)
	if len(b.faults) > 0 || len(b.urls) != 1 || b.urls[0] != address {
		t.Errorf("the page asked for %q and the browser complained of %q, want the page alone and nothing", b.urls, b.faults)
	}
}

func testScrolling(t *testing.T, b *browser, n int) {
	for _, share := range []float64{0.5, 1, 0.25} {
		var got struct{ Drawn, Above, Below, First, Last float64 }
		b.eval(fmt.Sprintf(`const w = document.getElementById('window');
			w.scrollTop = w.scrollHeight * %v;
			await frame(); await frame();
			const rows = [...document.querySelectorAll('#rows tbody tr:not(.gap)')], box = w.getBoundingClientRect();
			const number = (tr) => Number(tr.cells[0].textContent.replaceAll(',', ''));
			return { drawn: rows.length, above: rows[0].getBoundingClientRect().top - box.top, below: rows.at(-1).getBoundingClientRect().bottom - box.bottom,
				first: number(rows[0]), last: number(rows.at(-1)) }`, share), &got)
		if got.Drawn > 100 || got.Above > 40 || got.Below < -2 || got.Last-got.First+1 != got.Drawn {
			t.Errorf("scrolled to %v: %+v, want the rows in sight and some more, in order", share, got)
		}
		if want := share * float64(n); math.Abs(got.First-want) > 100 {
			t.Errorf("scrolled to %v: row %v is first, want about %v", share, got.First, want)
		}
	}
}

func testHostileValues(t *testing.T, b *browser) {
	b.open(hostileReport(), "light")
	var got struct {
		Broken   any
		Elements int
		Names    []string
		Detail   string
	}
	b.eval(`for (const button of document.querySelectorAll('button.show')) button.click();
		document.getElementById('search').value = '';
		document.getElementById('search').form.dispatchEvent(new Event('change'));
		const names = [...document.querySelectorAll('#rows tbody tr:not(.gap)')].map((tr) => tr.cells[3].textContent);
		document.querySelector('#rows tbody button').click();
		return { broken: window.broken ?? null, elements: document.querySelectorAll('img, b, script:not(#data)').length, names, detail: document.querySelector('#detail dd').textContent }`, &got)
	if got.Broken != nil || got.Elements != 1 || got.Detail != "1" {
		t.Errorf("a value was run or became an element: %+v", got)
	}
	want := make([]string, len(hostile))
	for i, s := range hostile {
		want[i] = oneLine(s)
	}
	if strings.Join(got.Names, "|") != strings.Join(want, "|") {
		t.Errorf("the table shows %q, want %q", got.Names, want)
	}
	if len(b.faults) > 0 || len(b.urls) != 1 {
		t.Errorf("the page asked for %q and the browser complained of %q, want the page alone and nothing", b.urls, b.faults)
	}
}

// testNarrowPage holds that the charts can be read on a telephone, where the page as
// a whole does not move sideways.
func testNarrowPage(t *testing.T, b *browser) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 380, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	defer b.call("Emulation.clearDeviceMetricsOverride", nil, nil)
	b.open(staffReport(400), "light")
	var got struct{ Page, Letter float64 }
	b.eval(`return { page: document.documentElement.scrollWidth, letter: document.querySelector('.chart .axis').getBoundingClientRect().height }`, &got)
	if got.Page > 380 || got.Letter < 12 {
		t.Errorf("on 380 pixels the page is %v wide and the text of a chart %v high, want at most 380 and at least 12", got.Page, got.Letter)
	}
}

func testSmallPage(t *testing.T, b *browser) {
	b.open(staffReport(400), "dark")
	var dark struct{ Page, Text string }
	b.eval(`const s = getComputedStyle(document.documentElement); return { page: s.backgroundColor, text: s.color }`, &dark)
	if dark.Page != "rgb(16, 20, 27)" || dark.Text != "rgb(230, 234, 241)" {
		t.Errorf("in the dark scheme the colors are %+v", dark)
	}
	b.shoot("dark.png", 1750)
	var cause struct {
		Count, Search string
		Rows          []string
	}
	b.eval(`[...document.querySelectorAll('button.show')].find((s) => s.dataset.status === 'invalid').click();
		return { count: document.getElementById('count').textContent, search: document.getElementById('search').value,
			rows: [...document.querySelectorAll('#rows tbody button')].map((e) => e.textContent) }`, &cause)
	if cause.Count != "6 of 400 rows" || cause.Search != "usageLocation is no country" || strings.Join(cause.Rows, " ") != "61 122 183 244 305 366" {
		t.Errorf("the rows of a cause are %+v", cause)
	}
	var detail string
	b.eval(`document.querySelector('#rows tbody button').click(); return document.getElementById('detail').innerText`, &detail)
	for _, want := range []string{"Row 61", "Narnia", "two-letter code", "customer id"} {
		if !strings.Contains(detail, want) {
			t.Errorf("the details %q lack %q", detail, want)
		}
	}
	b.shoot("detail.png", 1750)
	var printed int
	b.eval(`document.getElementById('detail').close();
		document.getElementById('search').value = '';
		for (const c of document.querySelectorAll('input[name=status]')) c.checked = true;
		document.getElementById('search').form.dispatchEvent(new Event('change'));
		dispatchEvent(new Event('beforeprint'));
		const n = document.querySelectorAll('#rows tbody button').length;
		dispatchEvent(new Event('afterprint'));
		return n`, &printed)
	if printed != 400 {
		t.Errorf("on paper there are %d rows, want 400", printed)
	}
	b.print("print.pdf")
	if len(b.faults) > 0 {
		t.Errorf("the browser complained of %q", b.faults)
	}
}
