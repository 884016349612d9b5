package jobs

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	shards = 4
	people = 400
)

// TestIndexedJob runs what an Indexed Job runs, four processes with the variables
// that Kubernetes sets, and compares their results, joined, with those of one
// run of the same file.
func TestIndexedJob(t *testing.T) {
	t.Parallel()
	want, dir := outcomes(t, t.TempDir(), 1), t.TempDir()
	if len(want) != people {
		t.Fatalf("one run has %d results, want %d", len(want), people)
	}
	for row, outcome := range want {
		if !strings.HasPrefix(outcome, "created ") {
			t.Errorf("row %s of one run: %s", row, outcome)
		}
	}
	got := outcomes(t, dir, shards)
	if !maps.Equal(got, want) {
		for row, upn := range want {
			if got[row] != upn {
				t.Errorf("row %s: sharded %q, in one run %q", row, got[row], upn)
			}
		}
		t.Errorf("%d results sharded, %d in one run", len(got), len(want))
	}
	for i := range shards {
		if n := len(table(t, filepath.Join(dir, fmt.Sprintf("staff.results.%d-of-%d.csv", i, shards)))); n < people/shards/2 {
			t.Errorf("shard %d had %d people: they are not spread", i, n)
		}
	}
}

// outcomes serves an empty emulator, runs n shards in a folder and returns
// "status upn" of each row.
func outcomes(t *testing.T, dir string, n int) map[string]string {
	t.Helper()
	input := filepath.Join(dir, "staff.csv")
	if err := os.WriteFile(input, []byte(staff()), 0o600); err != nil {
		t.Fatal(err)
	}
	address := emulator(t)
	env := clean("MUSTER_API_URL="+address, "MUSTER_AUTH_URL="+address, "MUSTER_CUSTOMER=contoso.onmicrosoft.com",
		"MUSTER_TENANT=any", "MUSTER_CLIENT_ID=any", "MUSTER_REFRESH_TOKEN=any")
	var all sync.WaitGroup
	for i := range n {
		c := exec.Command(binary(t), "apply", input)
		c.Env = slices.Clone(env)
		if n > 1 {
			c.Env = append(c.Env, fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i), fmt.Sprintf("MUSTER_SHARDS=%d", n))
		}
		all.Go(func() {
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("shard %d of %d: %v\n%s", i, n, err, out)
			}
		})
	}
	all.Wait()
	results := filepath.Join(dir, "staff.results.csv")
	if n > 1 {
		args := []string{"report", "--merged", results}
		for i := range n {
			args = append(args, filepath.Join(dir, fmt.Sprintf("staff.results.%d-of-%d.csv", i, n)))
		}
		if out, err := exec.Command(binary(t), args...).CombinedOutput(); err != nil {
			t.Fatalf("report --merged: %v\n%s", err, out)
		}
	}
	found := map[string]string{}
	for _, row := range table(t, results) {
		found[row[0]] = row[1] + " " + row[2]
	}
	return found
}

// staff is a file in which most people share their name with some others, so
// that the shards have to agree on the numbers.
func staff() string {
	var b strings.Builder
	b.WriteString("First name,Last name,Usage location,Employee ID\n")
	for i := range people {
		fmt.Fprintf(&b, "%s,%s,US,%d\n", []string{"Jane", "Zoë", "Łukasz"}[i%3], []string{"Doe", "Müller", "Wójcik", "O'Neill", "Smith"}[i%5], 1000+i)
	}
	return b.String()
}

// table returns the rows of a results file.
func table(t *testing.T, path string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rows[1:]
}

// emulator serves a Partner Center in a process of its own until the test ends.
func emulator(t *testing.T) (address string) {
	t.Helper()
	c := exec.Command(binary(t), "simulate", "--listen", "127.0.0.1:0")
	c.Env = clean()
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = c.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text()); address != "" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return address
		}
	}
	t.Fatalf("muster simulate says no address: %s", said.String())
	return ""
}
