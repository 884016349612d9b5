package provision

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// crowd writes a file of n people in about 85 bytes a line: 15 % of the names are not
// ASCII, 36 % of the lines have a quoted cell, every third person shares a name with
// others, and the immutable ids are GUIDs in Base64, as directories have them.
func crowd(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "crowd.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(7, 7))
	plain := strings.Fields("Anna James Maria Robert Linda Michael Susan David Karen Thomas Nancy Paul Laura Mark Helen George")
	families := strings.Fields("Smith Johnson Garcia Miller Davis Lopez Wilson Anderson Taylor Moore Jackson Martin Lee Clark Lewis Hall")
	foreign := strings.Fields("Jürgen Łukasz Zoë Søren Đorđe Олег Иван Γιώργος Αλέξης 伟 小明 민수 محمد")
	fmt.Fprintln(w, "firstName,lastName,displayName,usageLocation,department,immutableId")
	for i := range n {
		first, last := plain[random.IntN(len(plain))], families[random.IntN(len(families))]
		if random.IntN(100) < 15 {
			first = foreign[random.IntN(len(foreign))]
		}
		if random.IntN(100) < 65 {
			last += families[random.IntN(len(families))] + strconv.Itoa(random.IntN(10_000))
		}
		department := "Human Resources"
		if random.IntN(100) < 36 {
			department = `"Sales, ""North"""`
		}
		var guid [16]byte
		binary.LittleEndian.PutUint64(guid[:], random.Uint64())
		binary.LittleEndian.PutUint64(guid[8:], uint64(i))
		fmt.Fprintf(w, "%s,%s,%s %s,US,%s,%s\n", first, last, first, last, department, base64.StdEncoding.EncodeToString(guid[:]))
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

// bareCSV reads the file as encoding/csv does at its quickest. It is the baseline
// of the input stage.
func bareCSV(tb testing.TB, path string) time.Duration {
	tb.Helper()
	began := time.Now()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 256<<10))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return time.Since(began)
		} else if err != nil {
			tb.Fatal(err)
		}
	}
}

// validateFile is what `muster validate` does with a file: read, check, name, write the
// results.
func validateFile(tb testing.TB, path string) (time.Duration, results.Summary) {
	tb.Helper()
	began := time.Now()
	file, err := roster.Open(path, roster.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		tb.Fatal(err)
	}
	var sum results.Summary
	batch := Batch{Input: file, Domain: "contoso.onmicrosoft.com", Template: template, Log: zap.NewNop()}
	_, err = Validate(tb.Context(), batch, func(rows iter.Seq2[results.Row, error]) (err error) {
		sum, err = results.Write(filepath.Join(tb.TempDir(), "crowd.results.csv"), rows)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return time.Since(began), sum
}

// BenchmarkValidate prints the time of a whole validation as a ratio to a bare
// encoding/csv loop over the same file, taken in turn, and the peak memory of the
// process.
func BenchmarkValidate(b *testing.B) {
	const rows = 1_000_000
	path := crowd(b, rows)
	bareCSV(b, path) // warms the page cache
	var bare, whole time.Duration
	for b.Loop() {
		bare += bareCSV(b, path)
		took, sum := validateFile(b, path)
		if sum.Planned != rows {
			b.Fatalf("%d of %d rows are planned", sum.Planned, rows)
		}
		whole += took
	}
	b.ReportMetric(whole.Seconds()/bare.Seconds(), "x-bare-csv")
	b.ReportMetric(float64(b.N)*rows/whole.Seconds(), "rows/s")
	b.ReportMetric(peakMiB(), "peak-MiB")
}

// peakMiB is the largest resident size of the process so far; 0 where the system
// does not tell.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), " kB"), 64)
	if err != nil {
		return 0
	}
	return kib / 1024
}
