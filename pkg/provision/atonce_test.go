package provision

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/zap"

	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// mixedCrowd is a crowd of n people to which rows that end in other ways were added.
func mixedCrowd(t *testing.T, n int) string {
	path := crowd(t, n)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for at := len(lines) - 1; at > 1; at -= 97 {
		lines = slices.Insert(lines, at,
			lines[at/2],                   // the same person again
			",,,US,Sales,\n",              // nobody
			"Ann,Lee,Ann Lee,XX,Sales,\n", // no such country
			"🙂,🙂,🙂,US,Sales,"+strconv.Itoa(at)+"\n", // cannot be named
			"Ann,Lee,,US,\"Sales,\nNorth\",\n",      // over two lines
		)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// validated returns the rows that a validation hands on, and those that its report
// reads again afterwards.
func validated(t *testing.T, path string) (atOnce, again []results.Row) {
	file, err := roster.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		t.Fatal(err)
	}
	collect := func(into *[]results.Row) func(iter.Seq2[results.Row, error]) error {
		return func(rows iter.Seq2[results.Row, error]) error {
			for row, err := range rows {
				if err != nil {
					return err
				}
				*into = append(*into, row)
			}
			return nil
		}
	}
	batch := Batch{Input: file, Domain: "contoso.onmicrosoft.com", Template: template, Log: zap.NewNop()}
	report, err := Validate(t.Context(), batch, collect(&atOnce))
	if err != nil {
		t.Fatal(err)
	}
	if err := collect(&again)(report.Rows()); err != nil {
		t.Fatal(err)
	}
	return atOnce, again
}

// The results that are made during the survey must be those that reading the input
// again gives, on one processor and on several.
func TestResultsAtOnce(t *testing.T) {
	t.Run("generated", func(t *testing.T) { resultsAtOnce(t, mixedCrowd(t, 5000)) })
	t.Run("given", func(t *testing.T) { resultsAtOnce(t, someNamed(t, mixedCrowd(t, 5000))) })
}

// someNamed gives every seventh person of a file a userPrincipalName, which now and
// then is one that somebody else gets generated, or is given too.
func someNamed(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		name := ""
		switch {
		case i == 0:
			name = "userPrincipalName"
		case strings.HasPrefix(line, "North"): // goes on from the line before
			continue
		case i%7 == 0:
			name = []string{"anna.smith", "ann.lee2", "n" + strconv.Itoa(i)}[i/7%3]
		}
		lines[i] = name + "," + line
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func resultsAtOnce(t *testing.T, path string) {
	processors := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(processors)
	want, again := validated(t, path)
	if len(want) < 5000 || !slices.Equal(want, again) {
		t.Fatalf("%d rows at once, %d rows again, and they differ", len(want), len(again))
	}
	seen := map[string]int{}
	for _, row := range want {
		seen[row.ErrorCode]++
	}
	for _, code := range []string{"", "duplicate_person", "missing_name", "unknown_location", "nameless"} {
		if seen[code] == 0 {
			t.Errorf("no row has the error code %q: %v", code, seen)
		}
	}
	for _, n := range []int{2, 5} {
		runtime.GOMAXPROCS(n)
		atOnce, again := validated(t, path)
		if !slices.Equal(atOnce, want) || !slices.Equal(again, want) {
			t.Errorf("with %d processors the results are others than with one", n)
		}
	}
}

// A file that turns out to be bad, and a context that ends, are the error, and not
// what the writer made of them.
func TestResultsAtOnceOfABadFile(t *testing.T) {
	path := crowd(t, 3000)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("Ann,\"Lee,never closed\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for name, stopped := range map[string]bool{"open quote": false, "stopped": true} {
		file, err := roster.Open(path, roster.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stopped {
			cancel()
		}
		out := filepath.Join(t.TempDir(), "crowd.results.csv")
		template, _ := upn.ParseTemplate("{first}.{last}")
		report, err := Validate(ctx, Batch{Input: file, Domain: "contoso.onmicrosoft.com", Template: template, Log: zap.NewNop()},
			func(rows iter.Seq2[results.Row, error]) error {
				_, err := results.Write(out, rows)
				if err == nil {
					t.Errorf("%s: the writer was told of nothing", name)
				}
				return errors.New("what the writer says")
			})
		bad := (*roster.Error)(nil)
		if report != nil || stopped != errors.Is(err, ErrStopped) || !stopped != errors.As(err, &bad) {
			t.Errorf("%s: got %v, %v", name, report, err)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: there are results", name)
		}
	}
}

// TestLanesInOrder holds that customers are told in the order of the input, whichever
// processor came upon them first.
func TestLanesInOrder(t *testing.T) {
	const customers = 200
	var rows strings.Builder
	rows.WriteString("firstName,lastName,customerId\n")
	for i := range 20_000 {
		fmt.Fprintf(&rows, "Ann,Lee%d,c%d.example.com\n", i, i*customers/20_000)
	}
	path := filepath.Join(t.TempDir(), "staff.csv")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	file, err := roster.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		t.Fatal(err)
	}
	report, err := Validate(t.Context(), Batch{Input: file, Domain: "example.com", Template: template, Log: zap.NewNop()},
		func(rows iter.Seq2[results.Row, error]) error {
			for range rows {
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range report.Lanes {
		if got, want := l.Customer, fmt.Sprintf("c%d.example.com", i); got != want {
			t.Fatalf("lane %d: got %s, want %s", i, got, want)
		}
	}
	if got := len(report.Lanes); got != customers {
		t.Errorf("got %d lanes, want %d", got, customers)
	}
}
