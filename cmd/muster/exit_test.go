package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/partner"
	"muster/pkg/provision"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	var noSpace error = syscall.ENOSPC
	if runtime.GOOS == "windows" {
		noSpace = syscall.Errno(112)
	}
	full := &os.PathError{Op: "write", Path: "staff.ledger.jsonl", Err: noSpace}
	locked := &os.PathError{Op: "open", Path: "staff.ledger.jsonl", Err: os.ErrPermission}
	for _, c := range []struct {
		err  error
		want int
		hint string // a part of it
	}{
		{nil, 0, ""},
		{errRows, 3, ""},
		{usage("x"), 1, ""},
		{hinted("do this", "x"), 1, "do this"},
		{early(full), 2, "make room"},
		{early(locked), 1, "permission"},
		{&provision.InputError{Message: "x", Hint: "mend it"}, 1, "mend it"},
		{fmt.Errorf("staff.ledger.jsonl: %w", ledger.ErrInUse), 1, "--ledger"},
		{&durable.DamageError{Path: "l", Line: 3}, 1, "backup"},
		{&provision.RefusedError{Err: errors.New("x"), Hint: "sign in"}, 4, "sign in"},
		{&provision.RefusedError{Err: &partner.Error{Kind: partner.Forbidden, Status: 403}}, 4, ""},
		{&provision.UnreachableError{Err: errors.New("x")}, 5, "same command"},
		{&provision.UnreachableError{Err: &partner.Error{Kind: partner.Garbled}}, 5, "no proxy answers in its place, then run the same command"},
		{provision.ErrStopped, 5, "same command"},
		{provision.ErrGaveUp, 3, "causes"},
		{errors.Join(provision.ErrStopped, full), 5, "same command"},
		{full, 2, "make room"},
		{errors.New("index out of range"), 2, "a bug in muster"},
		{newProgram(nil, nil, nil, nil).bugOf("boom"), 2, "a bug in muster"},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: got exit code %d, want %d", c.err, got, c.want)
		}
		if got := hintOf(c.err); !strings.Contains(got, c.hint) {
			t.Errorf("%v: got hint %q, want %q", c.err, got, c.hint)
		}
	}
}

// Whatever goes wrong, a program that asked for JSON gets one document.
func TestErrorsAsJSON(t *testing.T) {
	for _, args := range [][]string{
		{"validate", "nosuch.csv", "--output", "json"},
		{"apply", "nosuch.csv", "--output", "json", "--simulate"},
		{"undo", "nosuch.jsonl", "--output", "json"},
		{"report", "nosuch.csv", "--output", "json"},
	} {
		t.Chdir(t.TempDir())
		var out, said bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &out, &said)
		var got struct {
			Command, Error, Hint string
			ExitCode             int `json:"exit_code"`
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v in %s", args, err, &out)
		}
		if got.Command != args[0] || got.ExitCode != code || code != exitUsage || !strings.Contains(got.Error, "nosuch") {
			t.Errorf("%q: got %+v and exit code %d", args, got, code)
		}
		if !strings.Contains(said.String(), "muster: ") {
			t.Errorf("%q: standard error has %q", args, &said)
		}
	}
}

// The document of a call that is wrong has all the names of any other.
func TestWrongUsageAsJSON(t *testing.T) {
	for _, c := range []struct {
		args []string
		rate string // MUSTER_RATE
		like document
	}{
		{[]string{"validate", "in.csv", "--output", "json", "--nosuch"}, "", newSummary()},
		{[]string{"validate", "in.csv", "--nosuch", "--output=JSON"}, "", newSummary()},
		{[]string{"validate", "--output", "json"}, "", newSummary()},
		{[]string{"plan", "in.csv", "--output", "json", "--on-exists", "never"}, "", newSummary()},
		{[]string{"apply", "in.csv", "--output", "json", "--simulate"}, "nosuch", newSummary()},
		{[]string{"apply", "in.csv", "--output", "json", "--shard", "4/4"}, "", newSummary()},
		{[]string{"undo", "--output", "json", "in.jsonl", "--nosuch"}, "", newUndoSummary()},
		{[]string{"report", "--output", "json"}, "", newReportSummary()},
	} {
		t.Chdir(t.TempDir())
		t.Setenv("MUSTER_RATE", c.rate)
		var out, said bytes.Buffer
		if code := run(t.Context(), c.args, strings.NewReader(""), &out, &said); code != exitUsage {
			t.Errorf("%q: got exit code %d", c.args, code)
		}
		var got, want map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v in %s", c.args, err, &out)
		}
		like, err := json.Marshal(c.like)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(like, &want); err != nil {
			t.Fatal(err)
		}
		want["command"], want["version"], want["exit_code"] = c.args[0], version(), float64(exitUsage)
		want["error"], want["hint"] = got["error"], got["hint"]
		if got["error"] == "" || got["hint"] == "" || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got  %v\nwant %v", c.args, got, want)
		}
	}
}

func TestMessagesAreLines(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	p := newProgram(nil, strings.NewReader(""), nil, &said)
	p.exit(errors.Join(errors.New("one"), hinted("do three", "two"), errors.New("one")))
	if got, want := said.String(), "muster: one\nmuster: two\nhint: do three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
