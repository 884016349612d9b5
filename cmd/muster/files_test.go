package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"muster/pkg/provision"
)

func TestFileNames(t *testing.T) {
	t.Parallel()
	p := newProgram(nil, nil, io.Discard, io.Discard)
	for _, c := range []struct {
		input string
		shard provision.Shard
		want  files
	}{
		{"staff.csv", provision.Shard{}, files{"staff.results.csv", "staff.rejects.csv", "staff.credentials.csv", "staff.ledger.jsonl", ""}},
		{"in/staff.jsonl.gz", provision.Shard{}, files{"in/staff.results.csv", "in/staff.rejects.csv", "in/staff.credentials.csv", "in/staff.ledger.jsonl", ""}},
		{"-", provision.Shard{}, files{"stdin.results.csv", "stdin.rejects.csv", "stdin.credentials.csv", "stdin.ledger.jsonl", ""}},
		{"people", provision.Shard{Index: 2, Of: 4}, files{"people.results.2-of-4.csv", "people.rejects.2-of-4.csv", "people.credentials.2-of-4.csv", "people.ledger.2-of-4.jsonl", ""}},
		{"staff.csv", provision.Shard{Index: 0, Of: 1}, files{"staff.results.csv", "staff.rejects.csv", "staff.credentials.csv", "staff.ledger.jsonl", ""}},
	} {
		if got := p.filesFor(c.input, c.shard); got != c.want {
			t.Errorf("%s %v: got %+v, want %+v", c.input, c.shard, got, c.want)
		}
	}
	p.options.results, p.options.ageRecipients = "out.jsonl", []string{"age1"}
	if got := p.filesFor("staff.csv", provision.Shard{Index: 1, Of: 2}); got.results != "out.1-of-2.jsonl" || got.credentials != "staff.credentials.csv.1-of-2.age" {
		t.Errorf("got %+v", got)
	}
}

func TestShards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag string
		env  []string
		want string // "" for everybody
	}{
		{"", nil, ""}, {"0/4", nil, "0-of-4"}, {"3/4", nil, "3-of-4"},
		{"", []string{"MUSTER_SHARDS=4", "JOB_COMPLETION_INDEX=2"}, "2-of-4"},
		{"1/2", []string{"MUSTER_SHARDS=4", "JOB_COMPLETION_INDEX=2"}, "1-of-2"},
		{"", []string{"JOB_COMPLETION_INDEX=2"}, ""},
	} {
		p := newProgram(c.env, nil, io.Discard, io.Discard)
		p.options.shard = c.flag
		got, err := p.shardOf()
		if err != nil || shardName(got) != c.want {
			t.Errorf("%q %q: got %v %v, want %s", c.flag, c.env, got, err, c.want)
		}
	}
	for _, env := range [][]string{{"MUSTER_SHARDS=4"}, {"MUSTER_SHARDS=4", "JOB_COMPLETION_INDEX=4"}, {"MUSTER_SHARDS=x", "JOB_COMPLETION_INDEX=1"}} {
		if _, err := newProgram(env, nil, io.Discard, io.Discard).shardOf(); err == nil || !strings.Contains(err.Error(), "MUSTER_SHARDS") || hintOf(err) == "" {
			t.Errorf("%q: got %v, hint %q", env, err, hintOf(err))
		}
	}
	for _, bad := range []string{"4/4", "-1/4", "1", "a/b", "1/0", "/", "1/2/3"} {
		if s, err := parseShard(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, s)
		}
	}
}

// A ledger's siblings are those of the same input, in how many parts it ever was sent.
func TestSiblings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + string(filepath.Separator)
	all := []string{"l.0-of-2.1-of-3.jsonl", "l.0-of-3.jsonl", "l.1-of-3.jsonl", "l.jsonl"}
	for _, name := range append([]string{"l.1-of-3.csv", "l.1-of-3.jsonl.lock", "l.x.jsonl", "l1-of-3.jsonl", "k.jsonl"}, all...) {
		if err := os.WriteFile(dir+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, own := range all {
		want := slices.Delete(slices.Clone(all), i, i+1)
		for j := range want {
			want[j] = dir + want[j]
		}
		if got, err := siblings(dir + own); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q %v, want %q", own, got, err, want)
		}
	}
}

func TestFilesMustDiffer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("staff.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := files{results: at("r.csv"), rejects: at("j.csv"), credentials: at("c.csv"), ledger: at("l.jsonl")}
	for _, c := range []struct {
		change func(*files)
		want   string // "" for none
	}{
		{func(*files) {}, ""},
		{func(f *files) { f.results = at("staff.csv") }, "also the input"},
		{func(f *files) { f.rejects = dir + "/./staff.csv" }, "also the input"},
		{func(f *files) { f.rejects = at("r.csv") }, "also --results"},
		{func(f *files) { f.credentials = at("r.csv") }, "also --results"},
		{func(f *files) { f.ledger = dir }, "is a folder"},
		{func(f *files) { f.results = at("no/r.csv") }, "does not exist"},
		{func(f *files) { f.results = at("r.xlsx") }, ".csv or .jsonl"},
		{func(f *files) { f.metrics = at("staff.csv") }, "also the input"},
		{func(f *files) { f.metrics = at("m.prom") }, ""},
	} {
		p := newProgram(nil, nil, io.Discard, io.Discard)
		p.command = &cobra.Command{Use: "apply"}
		f := good
		c.change(&f)
		err := p.checkFiles(at("staff.csv"), f)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != exitUsage) {
			t.Errorf("%+v: got %v, want %q", f, err, c.want)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the checks left %v behind (%v)", left, err)
	}
}

func TestLedgerBeside(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"staff.results.csv": "staff.ledger.jsonl", "x/staff.results.jsonl": "x/staff.ledger.jsonl",
		"staff.results.0-of-4.csv": "staff.ledger.0-of-4.jsonl", "out.csv": "", "results.csv": "",
	} {
		if got := ledgerBeside(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
