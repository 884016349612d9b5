package upn

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// benchmarkLocal names people one after the other, and reports ns/name.
func benchmarkLocal(b *testing.B, people []Parts) {
	template := mustParse(b, "{first}.{last}")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := template.Local(people[i%len(people)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLocalASCII(b *testing.B) {
	benchmarkLocal(b, []Parts{{First: "Jane", Last: "Doe", Locale: "DE"}, {First: "Mary Ann", Last: "O'Brien"}, {First: "Jean-Pierre", Last: "Dubois"}, {First: "CHARLOTTE", Last: "Montgomery"}})
}

// corpusPeople are the people of the test corpus whose names are in letters from a to b.
func corpusPeople(from, to rune) []Parts {
	var people []Parts
	for line := range strings.Lines(corpus) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) >= 4 && strings.ContainsFunc(cells[1], func(r rune) bool { return from <= r && r <= to }) {
			people = append(people, Parts{First: cells[1], Last: cells[2], Locale: cells[0]})
		}
	}
	return people
}

func BenchmarkLocalLatin(b *testing.B)    { benchmarkLocal(b, corpusPeople(0xc0, 0x24f)) }
func BenchmarkLocalCyrillic(b *testing.B) { benchmarkLocal(b, corpusPeople(0x400, 0x4ff)) }
func BenchmarkLocalHan(b *testing.B)      { benchmarkLocal(b, corpusPeople(0x4e00, 0x9fff)) }
func BenchmarkLocalArabic(b *testing.B)   { benchmarkLocal(b, corpusPeople(0x600, 0x6ff)) }

// BenchmarkLocalMixed has a file's usual mixture: 85 in 100 names in ASCII, 10 in
// accented Latin letters, 5 in other scripts.
func BenchmarkLocalMixed(b *testing.B) {
	latin, rest := corpusPeople(0xc0, 0x24f), corpusPeople(0x370, 0xffff)
	people := make([]Parts, 1000)
	for i := range people {
		switch {
		case i%20 == 0:
			people[i] = rest[i*7%len(rest)]
		case i%10 == 1:
			people[i] = latin[i*7%len(latin)]
		default:
			people[i] = Parts{First: "Jane", Last: "Doe" + strconv.Itoa(i)}
		}
	}
	benchmarkLocal(b, people)
}

// BenchmarkNext names a million people of whom 35 in 100 want a name that is
// taken, and reports the memory that the set then holds.
func BenchmarkNext(b *testing.B) {
	const people = 1_000_000
	locals := make([]string, people)
	for i := range locals {
		locals[i] = "first" + strconv.FormatUint(uint64(i)*2654435761%650_000, 10) + ".last"
	}
	for b.Loop() {
		s := NewNames()
		for _, local := range locals {
			next(s, local+"@contoso.onmicrosoft.com", nil)
		}
		slots := 0
		for i := range s.segments {
			slots += cap(s.segments[i].slots)
		}
		b.ReportMetric(12*float64(slots)/people, "bytes/name")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/people, "ns/name")
}

// BenchmarkMap is what BenchmarkNext is measured against: the same with a map of strings.
func BenchmarkMap(b *testing.B) {
	const people = 1_000_000
	locals := make([]string, people)
	for i := range locals {
		locals[i] = "first" + strconv.FormatUint(uint64(i)*2654435761%650_000, 10) + ".last"
	}
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		taken, numbers := map[string]bool{}, map[string]int{}
		for _, local := range locals {
			full := local + "@contoso.onmicrosoft.com"
			for taken[full] {
				numbers[local]++
				full = Number(local, numbers[local]+1) + "@contoso.onmicrosoft.com"
			}
			taken[full] = true
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/people, "bytes/name")
		runtime.KeepAlive(taken)
		runtime.KeepAlive(numbers)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/people, "ns/name")
}
