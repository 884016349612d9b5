package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// peopleCSV makes a file like those of real staff lists: a few letters beyond
// ASCII, a quoted cell in every third row.
func peopleCSV(rows int) []byte {
	first := []string{"Jane", "Björn", "Anna", "Oliver", "Ζωή", "Chloé", "Liam", "Emma", "Noah", "Mia", "Иван", "Lena", "Paul"}
	last := []string{"Doe", "Hansson", "Miller", "O'Brien", "van der Berg", "Smith", "Jones"}
	department := []string{"Sales", "\"Research, Development\"", "Human Resources"}
	var b bytes.Buffer
	b.WriteString("firstName,lastName,displayName,usageLocation,department,immutableId\n")
	for i := range rows {
		f, l := first[i%len(first)], last[i%len(last)]
		fmt.Fprintf(&b, "%s,%s,%s %s %d,DE,%s,A%08d\n", f, l, f, l, i, department[i%len(department)], i)
	}
	return b.Bytes()
}

// bareLoop is the yardstick: encoding/csv and nothing else.
func bareLoop(b *testing.B, path string) time.Duration {
	start := time.Now()
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	r := csv.NewReader(bufio.NewReaderSize(file, 256<<10))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return time.Since(start)
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRows reads and checks a file; "ratio" is its time by that of a bare
// encoding/csv loop over the same file in the same run.
func BenchmarkRows(b *testing.B) {
	const rows = 200_000
	path := filepath.Join(b.TempDir(), "people.csv")
	if err := os.WriteFile(path, peopleCSV(rows), 0o600); err != nil {
		b.Fatal(err)
	}
	var bare, ours time.Duration
	b.ReportAllocs()
	for b.Loop() {
		bare += bareLoop(b, path)
		start := time.Now()
		f, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for row, err := range f.Rows() {
			if err != nil || len(row.Problems) > 0 {
				b.Fatal(err, row.Problems)
			}
			n++
		}
		f.Close()
		ours += time.Since(start)
		if n != rows {
			b.Fatalf("got %d rows, want %d", n, rows)
		}
	}
	b.ReportMetric(float64(ours)/float64(bare), "ratio")
	b.ReportMetric(float64(rows)*float64(b.N)/ours.Seconds(), "rows/s")
}
