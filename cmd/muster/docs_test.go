package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/pkg/ledger"
	"muster/pkg/provision"
	"muster/pkg/results"
)

const root = "../.."

// readme returns README.md.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// table returns the rows of README's only table with that header.
func table(t *testing.T, header string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(readme(t), "\n"+header+"\n")
	if !found || strings.Contains(rest, "\n"+header+"\n") {
		t.Fatalf("README has no table, or more than one, with the header %s", header)
	}
	var rows [][]string
	for i, line := range strings.Split(rest, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if i == 0 {
			continue // the line of dashes
		}
		line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
		var cells []string
		for cell := range strings.SplitSeq(line, "|") {
			cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
		}
		rows = append(rows, cells)
	}
	return rows
}

// firstCells are the first cells of rows, without their backticks.
func firstCells(rows [][]string) []string {
	var cells []string
	for _, r := range rows {
		cells = append(cells, strings.Trim(r[0], "`"))
	}
	return cells
}

func diff(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("%s: README has %q, the code has not", what, s)
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("%s: the code has %q, README has not", what, s)
		}
	}
}

func TestReadmeFlags(t *testing.T) {
	t.Parallel()
	var want []string
	seen := map[string]bool{}
	for _, s := range settings() {
		if seen[s.name] { // template's --format is told by its help
			continue
		}
		seen[s.name] = true
		want = append(want, flagRow(s))
	}
	var got []string
	for _, r := range table(t, "| flag | meaning | default |") {
		got = append(got, strings.Join(r, " | "))
	}
	diff(t, "flags", got, want)
	if !slices.Equal(got, want) && !t.Failed() {
		t.Errorf("README has the flags in another order than settings()")
	}
}

// flagRow is what README says of a setting: its help, where what stands in
// parentheses behind "default:" has a column of its own.
func flagRow(s setting) string {
	meaning, otherwise, described := strings.Cut(strings.TrimSuffix(s.help, ")"), " (default: ")
	switch value := defaultOf(s.name); {
	case described:
	case value != "" && value != "0" && value != "0s" && value != "false":
		meaning, otherwise = s.help, "`"+value+"`"
	default:
		meaning = s.help
	}
	return fmt.Sprintf("`%s` | %s | %s", strings.TrimSpace("--"+s.name+" "+s.arg), meaning, otherwise)
}

// defaultOf is the value of a flag that nobody gives. A flag that several commands
// have has one default, but for template's --format.
func defaultOf(name string) string {
	value := ""
	for _, c := range (&program{}).root().Commands() {
		if f := c.Flags().Lookup(name); f != nil && (value == "" || c.Name() != "template") {
			value = f.DefValue
		}
	}
	return value
}

func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	var got []string
	for _, cell := range firstCells(table(t, "| command | what it does | touches |")) {
		for command := range strings.SplitSeq(cell, ",") {
			got = append(got, strings.TrimPrefix(strings.Trim(strings.TrimSpace(command), "`"), "muster "))
		}
	}
	want := []string{"completion SHELL", "help"}
	for _, c := range (&program{}).root().Commands() {
		want = append(want, c.Use)
	}
	diff(t, "commands", got, want)
}

func TestReadmeExitCodes(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, r := range table(t, "| code | meaning | what a scheduler should do |") {
		got = append(got, r[0])
	}
	for _, c := range exitCodes(t) {
		want = append(want, strconv.Itoa(c))
	}
	diff(t, "exit codes", got, want)
}

// exitCodes are the constants whose names begin with exit.
func exitCodes(t *testing.T) []int {
	t.Helper()
	names := map[string]int{"exitDone": exitDone, "exitUsage": exitUsage, "exitBug": exitBug,
		"exitUnfinished": exitUnfinished, "exitRefused": exitRefused, "exitInterrupted": exitInterrupted}
	found := map[string]bool{}
	for _, file := range goFiles(t, ".") {
		for name := range parse(t, file, 0).Scope.Objects {
			if _, isCode := names[name]; isCode {
				found[name] = true
			} else if strings.HasPrefix(name, "exit") && name != "exitCode" {
				t.Errorf("%s is not in the list above: put it there if it is an exit code, else give it another name", name)
			}
		}
	}
	if len(found) != len(names) {
		t.Fatalf("of the exit codes %v only %v are declared", names, found)
	}
	var codes []int
	for _, code := range names {
		codes = append(codes, code)
	}
	return codes
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	cause := errors.New("some cause")
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{usage("--rate is wrong"), 1},
		{early(cause), 1},
		{&provision.InputError{Message: "no domain"}, 1},
		{fmt.Errorf("staff.ledger.jsonl: %w", ledger.ErrInUse), 1},
		{cause, 2},
		{errors.Join(cause, fs.ErrPermission), 2},
		{errRows, 3},
		{fmt.Errorf("%w: 3 rows", provision.ErrGaveUp), 3},
		{&provision.RefusedError{Err: cause}, 4},
		{errors.Join(&provision.RefusedError{Err: cause}, cause), 4},
		{&provision.UnreachableError{Err: cause}, 5},
		{fmt.Errorf("%w: 3 rows are in doubt", provision.ErrStopped), 5},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

func TestReadmeResults(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.results.csv")
	if _, err := results.Write(path, func(func(results.Row, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	header, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.TrimSpace(strings.TrimPrefix(string(header), "\ufeff"))
	if !strings.Contains(readme(t), "\n`"+line+"`\n") {
		t.Errorf("README has no line with the columns `%s`", line)
	}
	var names []string
	for i := range reflect.TypeFor[results.Row]().NumField() {
		if name := reflect.TypeFor[results.Row]().Field(i).Tag.Get("json"); name != "-" {
			names = append(names, name)
		}
	}
	if got := strings.Join(names, ","); got != line {
		t.Errorf("JSON Lines have the names %s, CSV %s", got, line)
	}
	var want []string
	for _, s := range results.Statuses() {
		want = append(want, string(s))
	}
	diff(t, "statuses", firstCells(table(t, "| status | meaning |")), want)
}

// TestRooms holds the imports of the packages against README's table.
func TestRooms(t *testing.T) {
	t.Parallel()
	rooms := map[string][]string{}
	for _, r := range table(t, "| room | its one sentence | may import of ours |") {
		var may []string
		if r[2] != "–" {
			may = strings.Split(r[2], ", ")
		}
		rooms[strings.Trim(r[0], "`")] = may
	}
	imports := importsOfRooms(t)
	for room, have := range imports {
		may, known := rooms[room]
		switch {
		case !known:
			t.Errorf("README's table of rooms lacks %s", room)
		case slices.Equal(may, []string{"all"}):
		default:
			diff(t, room+" imports", may, have)
		}
	}
	for room := range rooms {
		if _, there := imports[room]; !there {
			t.Errorf("README names the room %s, and there is none", room)
		}
	}
}

// importsOfRooms finds what the packages import of ours. Internal packages belong
// to their room; tests may import what they like, but the emulator and the client
// must not even know each other there.
func importsOfRooms(t *testing.T) map[string][]string {
	imports := map[string][]string{}
	for _, top := range []string{"cmd", "pkg"} {
		for _, file := range goFiles(t, filepath.Join(root, top)) {
			path, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.SplitN(filepath.ToSlash(path), "/", 3)
			room := parts[0] + "/" + parts[1]
			list := imports[room]
			for _, i := range parse(t, file, parser.ImportsOnly).Imports {
				of, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), "muster/pkg/")
				of, _, _ = strings.Cut(of, "/")
				if ours && "pkg/"+of != room && !slices.Contains(list, of) {
					list = append(list, of)
				}
			}
			imports[room] = list
		}
	}
	return imports
}

// goFiles are the files under a folder that are no tests.
func goFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d Go files, error %v", dir, len(files), err)
	}
	return files
}

func parse(t *testing.T, path string, mode parser.Mode) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestReadmeCommandLines runs what README shows: every line of its code blocks
// that calls muster and needs no network. Of the others the flags are checked.
func TestReadmeCommandLines(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "samples"), os.DirFS(filepath.Join(root, "samples"))); err != nil {
		t.Fatal(err)
	}
	text := readme(t)
	t.Chdir(dir)
	for _, name := range []string{"staff.csv", "staff.jsonl"} { // as the first real run calls it
		copyFile(t, filepath.Join("samples", "staff", name), name)
	}
	play(t, "muster apply staff.csv --simulate") // its output is shown, and its results are used
	lines := commandLines(text)
	if len(lines) < 5 {
		t.Fatalf("README has only %d command lines that call muster: %q", len(lines), lines)
	}
	for _, line := range lines {
		play(t, line)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// commandLines are the lines of a text's code blocks that begin with muster.
func commandLines(text string) []string {
	var lines []string
	blocks := regexp.MustCompile("(?ms)^ *```[a-z]*\n(.*?)^ *```").FindAllStringSubmatch(text, -1)
	for _, b := range blocks {
		for line := range strings.SplitSeq(strings.ReplaceAll(b[1], "\\\n", " "), "\n") {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " # ")
			line = strings.TrimPrefix(line, "./")
			if strings.HasPrefix(line, "muster ") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

// play runs a command line with its pipes and its redirection.
func play(t *testing.T, line string) {
	t.Helper()
	line, to, redirected := strings.Cut(line, " > ")
	var in []byte
	for call := range strings.SplitSeq(line, " | ") {
		args := strings.Fields(call)[1:]
		if !offline(args) {
			args = append(args, "--help") // after the flags were parsed
		}
		var out, complaints bytes.Buffer
		if code := run(t.Context(), args, bytes.NewReader(in), &out, &complaints); code != exitDone {
			t.Errorf("README's `%s` exits with %d:\n%s%s", line, code, out.String(), complaints.String())
			return
		}
		in = out.Bytes()
	}
	if redirected {
		if err := os.WriteFile(strings.TrimSpace(to), in, 0o600); err != nil {
			t.Error(err)
		}
	}
}

// offline reports whether a command needs neither a network nor an end from
// outside.
func offline(args []string) bool {
	return slices.Contains([]string{"validate", "template", "version", "help", "completion", "report"}, args[0]) || slices.Contains(args, "--simulate")
}
