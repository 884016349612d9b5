package jobs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestService lets systemd judge the service and its timer, which then name this
// test's program and user.
func TestService(t *testing.T) {
	t.Parallel()
	analyze, dir := tool(t, "systemd-analyze"), t.TempDir()
	service := strings.ReplaceAll(read(t, "systemd/muster.service"), "/usr/local/bin/muster", binary(t))
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "muster.service"), []byte(service), 0o600),
		os.WriteFile(filepath.Join(dir, "muster.timer"), []byte(read(t, "systemd/muster.timer")), 0o600)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(analyze, "verify", "./muster.service", "./muster.timer")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "muster.") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestServiceSettings compares the service with README and the program.
func TestServiceSettings(t *testing.T) {
	t.Parallel()
	service := read(t, "systemd/muster.service")
	value := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindStringSubmatch(service)
		if m == nil {
			t.Fatalf("muster.service has no %s", name)
		}
		return m[1]
	}
	var prevented []int
	for _, f := range strings.Fields(value("RestartPreventExitStatus")) {
		code, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		prevented = append(prevented, code)
	}
	if _, person := exitCodes(t); !slices.Equal(prevented, person) {
		t.Errorf("RestartPreventExitStatus %v, want %v", prevented, person)
	}
	if stop, err := strconv.Atoi(value("TimeoutStopSec")); err != nil || stop <= 60 {
		t.Errorf("TimeoutStopSec %d is not above the request timeout of 60 s (%v)", stop, err)
	}
	names := regexp.MustCompile(`(?m)^(?:Environment=|#)?(MUSTER_[A-Z_]+)=`)
	found := names.FindAllStringSubmatch(service+read(t, "systemd/muster.env"), -1)
	if len(found) < 8 {
		t.Errorf("only %d settings found", len(found))
	}
	for _, m := range found {
		checkSetting(t, m[1], "apply")
	}
}

// TestCrontab wants every line of the crontab to be one that cron takes, and to
// run the script that is beside it.
func TestCrontab(t *testing.T) {
	t.Parallel()
	entry := regexp.MustCompile(`^[0-5]?\d [01]?\d \* \* \* muster /usr/local/bin/muster-nightly /\S+ /\S+$`)
	setting := regexp.MustCompile(`^[A-Z_]+=\S+$`)
	entries := 0
	for i, line := range strings.Split(strings.TrimSpace(read(t, "cron/muster.crontab")), "\n") {
		switch {
		case strings.HasPrefix(line, "#"), setting.MatchString(line):
		case entry.MatchString(line):
			entries++
		default:
			t.Errorf("line %d: %q", i+1, line)
		}
	}
	if entries != 1 {
		t.Errorf("%d entries", entries)
	}
}

// TestNightly runs the script of the crontab with a muster that ends with the
// codes it is told.
func TestNightly(t *testing.T) {
	t.Parallel()
	sh := tool(t, "sh")
	again, person := exitCodes(t)
	type night struct {
		name  string
		codes []int // of one run after the other
		ends  int
		runs  int
		says  string // "" for nothing
	}
	nights := []night{{"good", []int{0}, 0, 1, ""}}
	for _, code := range again {
		nights = append(nights, night{"second run", []int{code, 0}, 0, 2, ""},
			night{"never ends", []int{code, code, code, code}, code, 3, "could not finish in 3 runs"})
	}
	for i, says := range []string{"Nothing was sent", "staff.rejects.csv", "sign in again"} {
		nights = append(nights, night{"person", []int{person[i], 0}, person[i], 1, says})
	}
	for _, n := range nights {
		t.Run(fmt.Sprintf("%s %v", n.name, n.codes), func(t *testing.T) {
			folder, bin := t.TempDir(), t.TempDir()
			fake := "#!/bin/sh\necho \"$MUSTER_CUSTOMER $*\" >>runs.txt\necho summary; echo log >&2\nexit $(echo " + strings.Trim(fmt.Sprint(n.codes), "[]") + " | cut -d' ' -f$(wc -l <runs.txt))\n"
			// A child that another test starts meanwhile would hold the script open for
			// writing, and so keep it from being run (golang.org/issue/22315).
			syscall.ForkLock.RLock()
			err := os.WriteFile(filepath.Join(bin, "muster"), []byte(fake), 0o700)
			syscall.ForkLock.RUnlock()
			if err != nil {
				t.Fatal(err)
			}
			settings, err := filepath.Abs("systemd/muster.env")
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command(sh, "cron/nightly.sh", folder, settings)
			c.Env = clean("TRIES=3", "PAUSE=0", "PATH="+bin+":"+os.Getenv("PATH"))
			out, err := c.CombinedOutput()
			if c.ProcessState == nil {
				t.Fatal(err)
			}
			if code := c.ProcessState.ExitCode(); code != n.ends {
				t.Errorf("exit code %d, want %d", code, n.ends)
			}
			if said := string(out); n.says == "" && said != "" || !strings.Contains(said, n.says) {
				t.Errorf("says %q, want %q in it", said, n.says)
			}
			if got, want := read(t, filepath.Join(folder, "runs.txt")), strings.Repeat("contoso.onmicrosoft.com apply staff.csv\n", n.runs); got != want {
				t.Errorf("runs %q, want %q", got, want)
			}
		})
	}
}

// TestAlertRules lets Prometheus judge the alert rules, and compares the names of the
// metrics in them with what a run writes.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	input, metrics := filepath.Join(dir, "staff.csv"), filepath.Join(dir, "muster.prom")
	if err := os.WriteFile(input, []byte(staff()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(binary(t), "apply", input, "--simulate", "--metrics-file", metrics)
	c.Env = clean()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	written := read(t, metrics)
	for _, m := range regexp.MustCompile(`\bmuster_[a-z_]+`).FindAllString(read(t, "prometheus/muster.rules.yml"), -1) {
		if !strings.Contains(written, "# TYPE "+m+" ") {
			t.Errorf("muster writes no metric %s", m)
		}
	}
	promtool := tool(t, "promtool")
	for _, args := range [][]string{{"check", "rules", "muster.rules.yml"}, {"test", "rules", "muster.rules.test.yml"}} {
		c := exec.Command(promtool, args...)
		c.Dir = "prometheus"
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	c = exec.Command(promtool, "check", "metrics")
	c.Stdin = strings.NewReader(written)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}
