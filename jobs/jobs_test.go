// Package jobs holds what schedulers read: Kubernetes manifests, a crontab, a
// systemd service, alert rules, an image. Its tests compare these with the
// program and with README, and run what can be run here.
package jobs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// muster builds the program once and returns its path.
var muster = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "muster-jobs-*")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "muster")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, "../cmd/muster").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := muster(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// binary is the program that the tests run.
func binary(t *testing.T) string {
	t.Helper()
	path, err := muster()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// tool finds a program that not every machine has.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here", name)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// clean is the environment without settings of muster.
func clean(more ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "MUSTER_") && !strings.HasPrefix(e, "JOB_COMPLETION_INDEX=") {
			env = append(env, e)
		}
	}
	return append(env, more...)
}

// flags are those of the commands that were asked for their help, by command.
var flags sync.Map

// settingsOf returns the flags of a command, read from its help.
func settingsOf(t *testing.T, command string) map[string]bool {
	t.Helper()
	if known, ok := flags.Load(command); ok {
		return known.(map[string]bool)
	}
	c := exec.Command(binary(t), command, "--help")
	c.Env = clean()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("muster %s --help: %v\n%s", command, err, out)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z-]+)`).FindAllStringSubmatch(string(out), -1) {
		found[m[1]] = true
	}
	if len(found) < 3 {
		t.Fatalf("muster %s --help names %d flags:\n%s", command, len(found), out)
	}
	flags.Store(command, found)
	return found
}

// checkSetting wants name to be a variable that the command reads.
func checkSetting(t *testing.T, name, command string) {
	t.Helper()
	switch name {
	case "MUSTER_CLIENT_SECRET", "MUSTER_REFRESH_TOKEN", "MUSTER_ACCESS_TOKEN", "MUSTER_SHARDS":
		return // variables without a flag
	}
	flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "MUSTER_"), "_", "-"))
	if !strings.HasPrefix(name, "MUSTER_") || !settingsOf(t, command)[flag] {
		t.Errorf("the variable %s is no setting of muster %s", name, command)
	}
}

// exitCodes returns the codes that README tells a scheduler to run again, and
// those for which it is to tell a person.
func exitCodes(t *testing.T) (again, person []int) {
	t.Helper()
	_, table, ok := strings.Cut(read(t, "../README.md"), "\n## Exit codes\n")
	if !ok {
		t.Fatal("README has no section on exit codes")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	for _, m := range regexp.MustCompile(`(?m)^\| (\d) \|.*\| ([^|]+) \|$`).FindAllStringSubmatch(table, -1) {
		code := int(m[1][0] - '0')
		switch {
		case strings.Contains(m[2], "run again"):
			again = append(again, code)
		case strings.Contains(m[2], "tell a person"):
			person = append(person, code)
		}
	}
	if len(again)+len(person) != 5 {
		t.Fatalf("README's table of exit codes gives %v to run again and %v for a person", again, person)
	}
	return again, person
}
