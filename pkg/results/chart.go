package results

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The size of a picture and of its margins, in its own units.
const (
	chartWidth  = 900
	chartHeight = 220
	marginLeft  = 52
	marginRight = 12
	marginTop   = 12
	marginDown  = 26
	maxBuckets  = 150
	maxStep     = 40 // of one bucket, so that a run of two seconds is no two walls
	xTicks      = 6
)

// chart is a picture of a run over time. Its numbers are coordinates, as texts,
// so that the template only places them.
type chart struct {
	Title, Text string // Text says in words what the picture shows
	Legend      []legend
	Bars        []bar
	Line        string // points of a line, "" for none
	Dots        []dot
	X, Y        []tick
}

type legend struct{ Class, Name string }

// bar is the stack of one time.
type bar struct {
	Tip   string
	Parts []part
}

type part struct{ Class, X, Y, Wide, High string }

type dot struct{ X, Y, Tip string }

type tick struct{ At, Label string }

// bucket is what happened in some seconds that are drawn together.
type bucket struct {
	created, refused, failed int
	latency                  float64 // seconds, summed over answers
	answers                  int     // with a known latency
}

// charts draws what there is: nothing where there is no series.
func charts(series []Second) []chart {
	if len(series) == 0 {
		return nil
	}
	t := timelineOf(series)
	list := []chart{t.throughput()}
	if t.hasLatency() {
		list = append(list, t.latency())
	}
	return list
}

// timeline is a series in buckets of equal width.
type timeline struct {
	start, width int64 // Unix seconds, seconds
	buckets      []bucket
}

func timelineOf(series []Second) timeline {
	first, last := series[0].At.Unix(), series[0].At.Unix()
	for _, s := range series {
		first, last = min(first, s.At.Unix()), max(last, s.At.Unix())
	}
	t := timeline{width: niceSeconds(float64(last-first+1) / maxBuckets)}
	t.start = first - ((first%t.width)+t.width)%t.width
	t.buckets = make([]bucket, (last-t.start)/t.width+1)
	for _, s := range series {
		b := &t.buckets[(s.At.Unix()-t.start)/t.width]
		b.created += s.Created
		b.refused += s.Refused
		b.failed += s.Failed
		if n := max(s.Created+s.Refused+s.Failed, 1); s.Latency > 0 {
			b.latency += s.Latency.Seconds() * float64(n)
			b.answers += n
		}
	}
	return t
}

// niceSeconds is a width of at least the given seconds that a clock face knows.
func niceSeconds(least float64) int64 {
	for _, w := range [...]int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200} {
		if float64(w) >= least {
			return w
		}
	}
	const day = 86400
	return day * int64(math.Ceil(least/day))
}

func (t timeline) hasLatency() bool {
	for _, b := range t.buckets {
		if b.answers > 0 {
			return true
		}
	}
	return false
}

// kinds are what a bar is made of, from the bottom up.
var kinds = [...]struct {
	class, name string
	of          func(bucket) int
}{
	{"created", "created", func(b bucket) int { return b.created }},
	{"refused", "refused as too many", func(b bucket) int { return b.refused }},
	{"failed", "failed", func(b bucket) int { return b.failed }},
}

func (t timeline) throughput() chart {
	var all bucket
	top := 0.0
	for _, b := range t.buckets {
		top = max(top, t.perSecond(b.created+b.refused+b.failed))
		all.created, all.refused, all.failed = all.created+b.created, all.refused+b.refused, all.failed+b.failed
	}
	s := scale(top)
	c := chart{Title: "Users created a second", X: t.ticks(), Y: s.ticks("")}
	if all.refused+all.failed > 0 {
		c.Title = "Requests a second"
	}
	c.Text = fmt.Sprintf("%s to %s UTC: %s; at most %s a second over %s.",
		t.clock(0), t.clock(len(t.buckets)), inWords(all), short(top), seconds(t.width))
	for _, k := range kinds {
		if k.of(all) > 0 {
			c.Legend = append(c.Legend, legend{k.class, k.name})
		}
	}
	for i, b := range t.buckets {
		if b.created+b.refused+b.failed > 0 {
			c.Bars = append(c.Bars, t.stack(i, s))
		}
	}
	return c
}

// stack is the bar of bucket i.
func (t timeline) stack(i int, s axis) bar {
	b := t.buckets[i]
	one := bar{Tip: fmt.Sprintf("%s: %s in %s", t.clock(i), inWords(b), seconds(t.width))}
	base := 0.0
	for _, k := range kinds {
		if n := k.of(b); n > 0 {
			y := s.y(base + t.perSecond(n))
			one.Parts = append(one.Parts, part{
				Class: k.class, X: fixed(marginLeft + t.step()*float64(i)), Y: fixed(y),
				Wide: fixed(t.step() * 0.9), High: fixed(s.y(base) - y),
			})
			base += t.perSecond(n)
		}
	}
	return one
}

// inWords is such as "12 created, 3 failed".
func inWords(b bucket) string {
	var list []string
	for _, k := range kinds {
		if n := k.of(b); n > 0 {
			list = append(list, Thousands(n)+" "+k.name)
		}
	}
	if len(list) == 0 {
		return "nothing created"
	}
	return strings.Join(list, ", ")
}

func (t timeline) perSecond(n int) float64 { return float64(n) / float64(t.width) }

func (t timeline) latency() chart {
	top, sum, answers := 0.0, 0.0, 0
	mean := func(b bucket) float64 { return 1000 * b.latency / float64(b.answers) }
	for _, b := range t.buckets {
		if b.answers > 0 {
			top = max(top, mean(b))
			sum, answers = sum+b.latency, answers+b.answers
		}
	}
	s := scale(top)
	c := chart{Title: "Time to an answer", X: t.ticks(), Y: s.ticks(" ms")}
	c.Text = fmt.Sprintf("%s ms on average, at most %s ms over %s.", short(1000*sum/float64(answers)), short(top), seconds(t.width))
	var points []string
	step := t.step()
	for i, b := range t.buckets {
		if b.answers == 0 {
			continue
		}
		d := dot{fixed(marginLeft + step*(float64(i)+0.5)), fixed(s.y(mean(b))), fmt.Sprintf("%s: %s ms", t.clock(i), short(mean(b)))}
		c.Dots = append(c.Dots, d)
		points = append(points, d.X+","+d.Y)
	}
	c.Line = strings.Join(points, " ")
	return c
}

// step is the width of a bucket in the picture.
func (t timeline) step() float64 {
	return min(maxStep, float64(chartWidth-marginLeft-marginRight)/float64(len(t.buckets)))
}

func (t timeline) ticks() (list []tick) {
	// A label is about as wide as 80 units.
	every := max((len(t.buckets)+xTicks-1)/xTicks, int(math.Ceil(80/t.step())))
	for i := 0; i < len(t.buckets); i += every {
		list = append(list, tick{fixed(marginLeft + t.step()*float64(i)), t.clock(i)})
	}
	return list
}

// clock is the time, in UTC, at which bucket i starts.
func (t timeline) clock(i int) string {
	at := time.Unix(t.start+int64(i)*t.width, 0).UTC()
	if int64(len(t.buckets))*t.width > 86400 {
		return at.Format("01-02 15:04")
	}
	return at.Format("15:04:05")
}

// axis is the value at the top of a picture.
type axis float64

// scale returns an axis that ends at a round value, at least top.
func scale(top float64) axis {
	if top <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(top)))
	for _, f := range [...]float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if f*power >= top {
			return axis(f * power)
		}
	}
	return axis(10 * power)
}

func (a axis) y(value float64) float64 {
	return chartHeight - marginDown - value/float64(a)*(chartHeight-marginDown-marginTop)
}

func (a axis) ticks(unit string) (list []tick) {
	for _, part := range [...]float64{0, 0.5, 1} {
		value := float64(a) * part
		list = append(list, tick{fixed(a.y(value)), short(value) + unit})
	}
	return list
}

// short is a number with three digits at most that matter.
func short(f float64) string {
	if f >= 100 {
		return Thousands(int(math.Round(f)))
	}
	return strconv.FormatFloat(math.Round(f*100)/100, 'g', 3, 64)
}

// seconds is such as "one second" or "5 minutes".
func seconds(n int64) string {
	switch {
	case n == 1:
		return "one second"
	case n < 60 || n%60 != 0:
		return fmt.Sprintf("%d seconds", n)
	case n == 60:
		return "one minute"
	}
	return fmt.Sprintf("%d minutes", n/60)
}
