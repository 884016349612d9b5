package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"go.uber.org/zap"

	"muster/pkg/pace"
	"muster/pkg/results"
)

const (
	barEvery   = 200 * time.Millisecond // often enough to look alive
	plainEvery = 30 * time.Second       // seldom enough for a log
	rateOver   = 30 * time.Second       // what "a second" is taken over
)

// progress shows, now and then, how far a run is.
type progress struct {
	verb  string               // what is done to rows, such as "creating"
	tally *tally               // the numbers
	pace  func() pace.Snapshot // of the run; nil: unknown
	began time.Time
	past  []sample // of the last rateOver
}

// sample is how much was done at a time.
type sample struct {
	at   time.Time
	done int
}

// watch shows the progress of a run until the returned function is called, in
// the form that the settings ask for.
func (p *program) watch(verb string, snapshot func() pace.Snapshot) (finish func()) {
	g := &progress{verb: verb, tally: p.tally, pace: snapshot, began: time.Now()}
	form := p.options.progress
	if form == "auto" {
		form = "plain"
		if isTerminal(p.stderr.out) && p.getenv("TERM") != "dumb" {
			form = "bar"
		}
	}
	switch form {
	case "bar":
		show := func() { p.stderr.status(g.bar(width(p.stderr.out) - 1)) }
		show()
		stop := repeat(barEvery, show)
		return func() { stop(); p.stderr.status("") }
	case "plain":
		return repeat(plainEvery, func() {
			line, fields := g.line()
			p.say(line, fields...)
		})
	}
	return func() {}
}

// repeat calls f again and again until the returned function is called, which
// waits for the last call. That function may be called twice.
func repeat(every time.Duration, f func()) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				f()
			case <-end:
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(end)
		<-ended
	})
}

// bar is the status line, at most so many columns wide.
func (g *progress) bar(columns int) string {
	c := g.tally.now()
	if !c.surveyed {
		return cut(fmt.Sprintf("%s reading and checking the input, %v%s", spinner(g.began), since(g.began), requests(c)), columns)
	}
	if c.toSend == 0 || g.verb == comparing {
		return cut(fmt.Sprintf("%s %s, %v%s", spinner(g.began), g.verb, since(g.began), requests(c)), columns)
	}
	text := strings.Join(g.parts(c), ", ")
	room := columns - utf8.RuneCountInString(text) - len(g.verb) - len(" 100% [] ")
	if room < 10 {
		return cut(g.verb+" "+text, columns)
	}
	bar := progressbar.NewOptions(c.toSend, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(min(room-1, 40)),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false), progressbar.OptionSetDescription(g.verb),
		progressbar.OptionSetTheme(progressbar.ThemeASCII))
	_ = bar.Set(min(c.done, c.toSend)) // it writes nowhere
	return cut(strings.TrimSpace(bar.String())+" "+text, columns)
}

// parts are the numbers in words, the most important first.
func (g *progress) parts(c counts) []string {
	parts := []string{fmt.Sprintf("%s of %s", results.Thousands(c.done), results.Thousands(c.toSend))}
	for _, s := range []results.Status{results.Created, deleted, results.Exists, results.Failed} {
		if n := c.settled[s]; n > 0 || s == results.Failed {
			parts = append(parts, fmt.Sprintf("%s %s", results.Thousands(n), s))
		}
	}
	rate := g.rate(c.done)
	parts = append(parts, fmt.Sprintf("%.1f/s", rate), fmt.Sprintf("%d%% refused", share(c.refused, c.sent)))
	if until := g.paused(); until > time.Second {
		return append(parts, fmt.Sprintf("the service asked to wait %v", until.Round(time.Second)))
	}
	return append(parts, left(c.toSend-c.done, rate))
}

// line is the same for a log or a file.
func (g *progress) line() (string, []zap.Field) {
	c := g.tally.now()
	switch {
	case !c.surveyed:
		return fmt.Sprintf("reading and checking the input for %v%s", since(g.began), requests(c)), nil
	case c.toSend == 0 || g.verb == comparing:
		return fmt.Sprintf("%s for %v%s", g.verb, since(g.began), requests(c)), nil
	}
	return g.verb + ": " + strings.Join(g.parts(c), ", "), []zap.Field{
		zap.Int("done", c.done), zap.Int("of", c.toSend), zap.Int("created", c.settled[results.Created]),
		zap.Int("failed", c.settled[results.Failed]), zap.Int("requests", c.sent), zap.Int("refused", c.refused)}
}

// deleted is the word under which an undo settles its users.
const deleted results.Status = "deleted"

// rate is how many rows a second were done lately.
func (g *progress) rate(done int) float64 {
	now := time.Now()
	if g.past == nil {
		g.past = []sample{{g.began, 0}}
	}
	if last := g.past[len(g.past)-1]; now.Sub(last.at) >= time.Second {
		g.past = append(g.past, sample{now, done})
	}
	for len(g.past) > 1 && now.Sub(g.past[1].at) > rateOver {
		g.past = g.past[1:]
	}
	took := now.Sub(g.past[0].at).Seconds()
	if took < 0.1 {
		return 0
	}
	return float64(done-g.past[0].done) / took
}

// paused is how long the service has asked us to wait from now on.
func (g *progress) paused() time.Duration {
	if g.pace == nil {
		return 0
	}
	return time.Until(g.pace().PausedUntil)
}

func left(n int, rate float64) string {
	if rate <= 0 {
		return "time left unknown"
	}
	d := time.Duration(float64(n) / rate * float64(time.Second))
	if d > 365*24*time.Hour {
		return "time left unknown"
	}
	return roughly(d) + " left"
}

// roughly writes a time in at most two units: 45s, 3m5s, 2h10m.
func roughly(d time.Duration) string {
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}

func since(t time.Time) string { return roughly(time.Since(t)) }

func requests(c counts) string {
	if c.sent == 0 {
		return ""
	}
	return ", " + results.Count(c.sent, "request")
}

func share(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return (part*100 + whole/2) / whole
}

func spinner(began time.Time) string {
	return string(`|/-\`[int(time.Since(began)/barEvery)%4])
}

// cut shortens a line to so many columns. A console of Windows goes to the next
// line when the last column is used.
func cut(s string, columns int) string {
	if runtime.GOOS == "windows" {
		columns--
	}
	if n := utf8.RuneCountInString(s); n > columns {
		return string([]rune(s)[:max(columns, 0)])
	}
	return s
}
