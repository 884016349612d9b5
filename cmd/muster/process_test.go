//go:build !windows

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muster/pkg/results"
	"muster/pkg/simulate"
)

// shop is the real program, an emulator that it serves, and a folder.
type shop struct {
	t      *testing.T
	binary string
	dir    string
	url    string // of the emulator
}

// TestProcesses runs the real binary against an emulator in another process.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary := filepath.Join(t.TempDir(), "muster")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, test := range map[string]func(*shop){
		"killed at random": (*shop).killed, "three at once": (*shop).threeAtOnce,
		"a signal": (*shop).signalled, "a full disk": (*shop).fullDisk,
		"the sign-in hangs": (*shop).hangingSignIn, "a second signal": (*shop).secondSignal,
		"more than was announced": (*shop).longAnswer,
	} {
		t.Run(name, func(t *testing.T) { test(&shop{t: t, binary: binary, dir: t.TempDir()}) })
	}
}

// killed is kill -9 at any moment, again and again.
func (s *shop) killed() {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	s.serve("--simulate-latency=5ms", "--simulate-faults=0.03", fmt.Sprintf("--simulate-seed=%d", seed))
	s.people(300)
	lives := 0
	for ; lives < 12; lives++ {
		c := s.apply()
		if err := c.Start(); err != nil {
			s.t.Fatal(err)
		}
		time.AfterFunc(time.Duration(30+random.IntN(300))*time.Millisecond, func() { _ = c.Process.Kill() })
		if err := c.Wait(); err == nil {
			break
		}
	}
	for tries := 0; ; tries++ { // a lost answer may leave somebody in doubt
		out, code := s.run(s.apply())
		if code == exitDone {
			break
		}
		if code != exitInterrupted || tries > 5 {
			s.t.Fatalf("seed %d: exit code %d after %d kills\n%s", seed, code, lives, out)
		}
	}
	s.t.Logf("seed %d, %d lives", seed, lives)
	s.check(300)
}

// threeAtOnce have one ledger: one works, the others say that it is in use.
func (s *shop) threeAtOnce() {
	s.serve("--simulate-latency=100ms")
	s.people(60)
	codes := map[int]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			out, code := s.run(s.apply())
			mu.Lock()
			defer mu.Unlock()
			if codes[code]++; code == exitUsage && !strings.Contains(out, "another muster is working with this ledger") {
				s.t.Errorf("the loser says\n%s", out)
			}
		})
	}
	group.Wait()
	if codes[exitDone] != 1 || codes[exitUsage] != 2 {
		s.t.Errorf("exit codes %v, want one 0 and two 1", codes)
	}
	s.check(60)
}

// signalled is SIGTERM in the middle, then the same command again.
func (s *shop) signalled() {
	s.serve("--simulate-latency=20ms")
	s.people(400)
	c := s.apply()
	ledger := filepath.Join(s.dir, "staff.ledger.jsonl")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for { // until something was created
			if b, _ := os.ReadFile(ledger); bytes.Contains(b, []byte(`"created"`)) {
				_ = c.Process.Signal(syscall.SIGTERM)
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	err := c.Wait()
	<-stopped
	if code := codeOf(err); code != exitInterrupted || !strings.Contains(out.String(), "goes on where this one ended") {
		s.t.Errorf("exit code %d, and it says\n%s", code, out.String())
	}
	if created, pending := s.results(400); created == 0 || pending == 0 {
		s.t.Errorf("%d created and %d pending after the signal, want some of both", created, pending)
	}
	if out, code := s.run(s.apply()); code != exitDone {
		s.t.Fatalf("exit code %d of the second run\n%s", code, out)
	}
	s.check(400)
}

// fullDisk is a limit on the size of files, which fails the ledger's writes in
// the middle of a line as a full disk does.
func (s *shop) fullDisk() {
	s.serve()
	s.people(300)
	limited := s.apply()
	limited.Args = append([]string{"sh", "-c", `ulimit -f 60; exec "$0" "$@"`}, limited.Args...)
	limited.Path = "/bin/sh"
	out, code := s.run(limited)
	if code != exitBug || !strings.Contains(out, "staff.ledger.jsonl") {
		s.t.Errorf("exit code %d, and it says\n%s", code, out)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "staff.results.csv")); err == nil {
		s.results(300) // if there are results they are whole
	}
	if out, code := s.run(s.apply()); code != exitDone {
		s.t.Fatalf("exit code %d of the second run\n%s", code, out)
	}
	s.check(300)
}

// longAnswer is an answer that goes on after its Content-Length, as a broken gateway
// makes it. What net/http has to say of that quotes the rest, where the password is.
func (s *shop) longAnswer() {
	s.serve()
	s.people(1)
	emulator, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(emulator)
	var broken atomic.Bool
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/users") || broken.Swap(true) {
			proxy.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			s.t.Error(err)
			return
		}
		defer c.Close()
		_, _ = fmt.Fprintf(c, "HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n%s", answer.Body)
	}))
	s.t.Cleanup(gateway.Close)
	s.url = gateway.URL
	out, code := s.run(s.apply())
	if code != exitDone || strings.Contains(out, "Unsolicited") || strings.Contains(out, "forceChangePassword") {
		s.t.Errorf("exit code %d, and it says\n%s", code, out)
	}
	s.check(1)
}

// serve starts the emulator, which ends with the test.
func (s *shop) serve(args ...string) {
	s.t.Helper()
	c := exec.Command(s.binary, append([]string{"simulate", "--listen=127.0.0.1:0"}, args...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			s.url = strings.Fields(address)[0]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	s.t.Fatal("the emulator does not say where it listens")
}

// people writes the input: namesakes throughout.
func (s *shop) people(n int) {
	var b strings.Builder
	b.WriteString("immutableId,firstName,lastName\n")
	for i := range n {
		fmt.Fprintf(&b, "E%d,Ann,Lee%c\n", i, 'a'+i%26)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "staff.csv"), []byte(b.String()), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) apply() *exec.Cmd {
	c := exec.Command(s.binary, "apply", "staff.csv", "--customer", simulate.DefaultDomain, "--api-url", s.url, "--auth-url", s.url,
		"--tenant", "partner.onmicrosoft.com", "--client-id", "client", "--progress=none")
	c.Dir = s.dir
	c.Env = append(os.Environ(), "MUSTER_REFRESH_TOKEN=first-refresh-token")
	return c
}

func (s *shop) run(c *exec.Cmd) (string, int) {
	out, err := c.CombinedOutput()
	return string(out), codeOf(err)
}

// codeOf is the exit code of a process; -1 if it was killed.
func codeOf(err error) int {
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		return ended.ExitCode()
	case err != nil:
		return -1
	}
	return 0
}

// results counts the rows of the results file, which must be n.
func (s *shop) results(n int) (created, pending int) {
	s.t.Helper()
	rows := 0
	for r, err := range results.Read(filepath.Join(s.dir, "staff.results.csv")) {
		if err != nil {
			s.t.Fatal(err)
		}
		switch rows++; r.Status {
		case results.Created:
			created++
		case results.Pending:
			pending++
		}
	}
	if rows != n || created+pending != n {
		s.t.Errorf("%d result rows, %d created and %d pending, want %d", rows, created, pending, n)
	}
	return created, pending
}

// check holds the results and the credentials against the tenant.
func (s *shop) check(n int) {
	s.t.Helper()
	users := s.users()
	if len(users) != n {
		s.t.Errorf("%d users in the tenant, want %d", len(users), n)
	}
	i := 0
	for r, err := range results.Read(filepath.Join(s.dir, "staff.results.csv")) {
		if err != nil {
			s.t.Fatal(err)
		}
		u := users[r.UserPrincipalName]
		if r.Status != results.Created || u.ID != r.UserID || u.ImmutableID != fmt.Sprintf("E%d", i) {
			s.t.Errorf("row %d: %s %s %s, and the tenant has %+v", r.N, r.Status, r.UserPrincipalName, r.UserID, u)
		}
		i++
	}
	if i != n {
		s.t.Errorf("%d result rows, want %d", i, n)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "staff.credentials.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ",")
		if _, ok := users[name]; !ok {
			s.t.Errorf("the credentials name %s, who does not exist or has two", name)
		}
		delete(users, name)
	}
	if len(lines) != n {
		s.t.Errorf("%d people have credentials, want %d", len(lines), n)
	}
}

type listed struct{ ID, UserPrincipalName, ImmutableID string }

// users asks the emulator for the tenant's users.
func (s *shop) users() map[string]listed {
	s.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"any"}, "client_id": {"client"},
		"scope": {"https://api.partnercenter.microsoft.com/.default"}}
	var token struct {
		Text string `json:"access_token"`
	}
	s.ask(&token, func() (*http.Response, error) {
		return http.PostForm(s.url+"/partner.onmicrosoft.com/oauth2/v2.0/token", form)
	})
	users := map[string]listed{}
	path, next := "/customers/"+simulate.DefaultCustomerID+"/users?size=500", http.Header{}
	for path != "" {
		request, err := http.NewRequest(http.MethodGet, s.url+"/v1"+path, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		request.Header = next
		request.Header.Set("Authorization", "Bearer "+token.Text)
		var page struct {
			Items []listed
			Links struct {
				Next struct {
					URI     string
					Headers []struct{ Key, Value string }
				}
			}
		}
		s.ask(&page, func() (*http.Response, error) { return http.DefaultClient.Do(request) })
		for _, u := range page.Items {
			if _, ok := users[u.UserPrincipalName]; ok {
				s.t.Errorf("%s is listed twice", u.UserPrincipalName)
			}
			users[u.UserPrincipalName] = u
		}
		path, next = page.Links.Next.URI, http.Header{}
		for _, h := range page.Links.Next.Headers {
			next.Set(h.Key, h.Value)
		}
	}
	return users
}

// ask sends a request until it is answered as it should be: the emulator's faults
// befall the test's own questions too.
func (s *shop) ask(into any, send func() (*http.Response, error)) {
	s.t.Helper()
	var err error
	for range 10 {
		var answer *http.Response
		if answer, err = send(); err == nil {
			err = decode(answer, into)
		}
		if err == nil {
			return
		}
	}
	s.t.Fatal(err)
}

func decode(answer *http.Response, into any) error {
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\ufeff")), into); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %v: %.200s", answer.Status, err, b)
	}
	return nil
}
