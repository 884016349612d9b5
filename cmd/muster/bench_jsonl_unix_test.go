//go:build unix

package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// BenchmarkValidateJSONLines is BenchmarkValidate for a million rows of JSON Lines,
// in turn with a loop that gives each line to encoding/json.
func BenchmarkValidateJSONLines(b *testing.B) {
	const rows = 1_000_000
	binary := build(b)
	input := asJSONLines(b, crowd(b, rows))
	bareJSON(b, input) // warms the page cache
	var mine, bare spent
	for b.Loop() {
		bare.add(bareJSON(b, input))
		mine.add(validateOnce(b, binary, input, rows))
	}
	b.ReportMetric(mine.wall.Seconds()/bare.wall.Seconds(), "x-bare-json")
	b.ReportMetric(mine.cpu.Seconds()/bare.cpu.Seconds(), "x-bare-json-cpu")
	b.ReportMetric(float64(b.N*rows)/mine.wall.Seconds(), "rows/s")
	b.ReportMetric(mine.peakMiB, "peak-MiB")
	b.ReportMetric(0, "ns/op")
}

// wireRow is a row of a crowd as JSON.
type wireRow struct {
	FirstName     string `json:"firstName"`
	LastName      string `json:"lastName"`
	DisplayName   string `json:"displayName"`
	UsageLocation string `json:"usageLocation"`
	Department    string `json:"department"`
	ImmutableID   string `json:"immutableId"`
}

// asJSONLines writes a crowd as JSON Lines.
func asJSONLines(b *testing.B, path string) string {
	b.Helper()
	in, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	path = strings.TrimSuffix(path, ".csv") + ".jsonl"
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	lines, rows := json.NewEncoder(w), csv.NewReader(bufio.NewReader(in))
	rows.ReuseRecord = true
	for n := 0; ; n++ {
		r, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			if err := errors.Join(w.Flush(), out.Close()); err != nil {
				b.Fatal(err)
			}
			return path
		case err != nil:
			b.Fatal(err)
		case n > 0: // below the header
			if err := lines.Encode(wireRow{r[0], r[1], r[2], r[3], r[4], r[5]}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// bareJSON reads a file as encoding/json does, line by line.
func bareJSON(b *testing.B, path string) spent {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	began, before := time.Now(), cpuTime(b)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r wireRow
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			b.Fatal(err)
		}
	}
	if lines.Err() != nil {
		b.Fatal(lines.Err())
	}
	return spent{cpu: cpuTime(b) - before, wall: time.Since(began)}
}
