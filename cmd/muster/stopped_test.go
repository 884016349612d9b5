package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/pkg/provision"
	"muster/pkg/results"
)

// Who stops a validation gets no results, and keeps those of an earlier run; an apply
// still gives every row its result.
func TestStoppedAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, input string
		want        string // a part of the results
	}{
		{"validate --domain contoso.onmicrosoft.com", "firstName,lastName\nAnn,Lee\n", "of an earlier run"},
		{"validate --domain contoso.onmicrosoft.com", "firstName,lastName,userPrincipalName\nAnn,Lee,\n", "of an earlier run"},
		{"apply --simulate", "firstName,lastName\nAnn,Lee\n", "\n1,pending,"},
	} {
		dir := t.TempDir()
		input, results := filepath.Join(dir, "staff.csv"), filepath.Join(dir, "staff.results.csv")
		if err := errors.Join(os.WriteFile(input, []byte(c.input), 0o600), os.WriteFile(results, []byte("of an earlier run"), 0o600)); err != nil {
			t.Fatal(err)
		}
		p := newProgram(nil, strings.NewReader(""), io.Discard, io.Discard)
		p.stop = make(chan struct{})
		close(p.stop)
		root := p.root()
		root.SetArgs(append(strings.Fields(c.args), input))
		if err := root.ExecuteContext(t.Context()); exitCode(err) != exitInterrupted || !errors.Is(err, provision.ErrStopped) {
			t.Errorf("%s: got %v, want %v", c.args, err, provision.ErrStopped)
		}
		if got, err := os.ReadFile(results); err != nil || !strings.Contains(string(got), c.want) {
			t.Errorf("%s: the results are %q, %v, want %q", c.args, got, err, c.want)
		}
	}
}

// Who stops a report gets no files of it.
func TestStoppedReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read, merged, page := filepath.Join(dir, "staff.results.csv"), filepath.Join(dir, "merged.csv"), filepath.Join(dir, "page.html")
	if _, err := results.Write(read, func(yield func(results.Row, error) bool) { yield(results.Row{N: 1, Status: results.Created}, nil) }); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--merged", merged}, {"--html", page}, nil} {
		p := newProgram(nil, strings.NewReader(""), io.Discard, io.Discard)
		p.stop = make(chan struct{})
		close(p.stop)
		root := p.root()
		root.SetArgs(append([]string{"report", read}, args...))
		if err := root.ExecuteContext(t.Context()); exitCode(err) != exitInterrupted || exists(merged) || exists(page) {
			t.Errorf("%q: got %v, want %v and no file", args, err, provision.ErrStopped)
		}
	}
}
