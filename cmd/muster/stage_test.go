package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/pkg/simulate"
)

// stage is what one script plays on: its emulator, and what muster has said so
// far.
type stage struct {
	service *simulate.Service
	counted simulate.Counts
	said    bytes.Buffer // arguments and output of every muster

	mu      sync.Mutex
	down    bool
	lose    int           // which create loses its answer
	creates int           // how many the emulator has had
	due     int           // when that many have come …
	reached chan struct{} // … this is closed
}

type stageKey struct{}

// on makes a command of a method that returns its complaint.
func on(f func(*stage, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command has no negation")
		}
		ts.Check(f(ts.Value(stageKey{}).(*stage), ts, args))
	}
}

var errArguments = errors.New("wrong number of arguments: see TestScripts")

func (s *stage) exits(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	err := ts.Exec(args[1], args[2:]...)
	fmt.Fprintf(&s.said, "%s\n%s%s", strings.Join(args[1:], " "), ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	return wantExit(args[0], err)
}

func wantExit(want string, err error) error {
	code := 0
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		code = ended.ExitCode()
	case err != nil:
		return err
	}
	if got := strconv.Itoa(code); got != want {
		return fmt.Errorf("muster exited with %s, want %s", got, want)
	}
	return nil
}

// emulator understands these names:
//
//	quota=N          requests a second for each customer
//	latency=D        of every answer
//	customers=A,B    domains; otherwise contoso.onmicrosoft.com and fabrikam.onmicrosoft.com
//	forbid=CODE      the last customer's requests are forbidden with that code
//	users=A,B        user principal names that the first customer has already
//	refresh=TEXT     the only refresh token that is good at the start
//	secret=TEXT      the client secret
//	refuse=CODE      every token request is refused with that AADSTS code
//	nomfa            tokens without the MFA claim
//	life=D           of access tokens
//	down             every API request fails with 503
//	lose=N           the Nth create is carried out and its answer lost
func (s *stage) emulator(ts *testscript.TestScript, args []string) error {
	sc := simulate.Scenario{Customers: []simulate.Customer{{Domain: simulate.DefaultDomain}, {Domain: "fabrikam.onmicrosoft.com"}}}
	s.creates, s.lose, s.down = 0, 0, false
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if err := s.set(&sc, name, value); err != nil {
			return err
		}
	}
	sc.Fault = s.fault
	sc.SignIn.Device.Interval = time.Second
	s.service = simulate.New(sc)
	server := httptest.NewServer(s.service)
	ts.Defer(server.Close)
	s.counted = s.service.Counts()
	point(ts, server.URL)
	return nil
}

func (s *stage) set(sc *simulate.Scenario, name, value string) (err error) {
	first, last := &sc.Customers[0], &sc.Customers[len(sc.Customers)-1]
	number := func() (n int) { n, err = strconv.Atoi(value); return n }
	length := func() (d time.Duration) { d, err = time.ParseDuration(value); return d }
	switch name {
	case "quota":
		n := number()
		sc.Quotas = []simulate.Quota{{Rate: float64(n), Burst: max(1, n/4), PerCustomer: true}}
	case "latency":
		sc.Latency.Min = length()
	case "customers":
		sc.Customers = nil
		for domain := range strings.SplitSeq(value, ",") {
			sc.Customers = append(sc.Customers, simulate.Customer{Domain: domain})
		}
	case "forbid":
		last.Forbidden = number()
	case "users":
		for upn := range strings.SplitSeq(value, ",") {
			first.Users = append(first.Users, simulate.User{UserPrincipalName: upn, DisplayName: "Somebody Else", Password: "Was-here-before-1"})
		}
	case "refresh":
		sc.SignIn.RefreshToken = value
	case "secret":
		sc.SignIn.ClientSecret = value
	case "refuse":
		code := number()
		sc.SignIn.Refuse = func(simulate.TokenRequest) simulate.SignInError { return simulate.SignInError{Code: code} }
	case "nomfa":
		sc.SignIn.NoMFA = true
	case "life":
		sc.SignIn.AccessLife = length()
	case "down":
		s.down = true
	case "lose":
		s.lose = number()
	default:
		err = fmt.Errorf("the emulator has no setting %q", name)
	}
	return err
}

// fault counts creates, and does what the settings say to requests.
func (s *stage) fault(r simulate.Request) simulate.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down && r.Op != simulate.Token:
		return simulate.Fault{Mishap: simulate.FailBefore, Status: 503}
	case r.Op != simulate.CreateUser:
		return simulate.Fault{}
	}
	if s.creates++; s.creates == s.due {
		close(s.reached)
	}
	if s.creates == s.lose {
		return simulate.Fault{Mishap: simulate.LostAnswer}
	}
	return simulate.Fault{}
}

// point makes muster's environment name a service.
func point(ts *testscript.TestScript, url string) {
	ts.Setenv("MUSTER_API_URL", url)
	ts.Setenv("MUSTER_AUTH_URL", url)
	ts.Setenv("MUSTER_TENANT", "partner.onmicrosoft.com")
	ts.Setenv("MUSTER_CLIENT_ID", "6a1f2b3c-0000-4000-8000-000000000001")
	ts.Setenv("MUSTER_CUSTOMER", simulate.DefaultDomain)
	if ts.Getenv("MUSTER_REFRESH_TOKEN") == "" {
		ts.Setenv("MUSTER_REFRESH_TOKEN", "any-refresh-token")
	}
}

// command makes a muster process that has the script's folder and environment.
// What it says on standard error is kept in said.
func (s *stage) command(ts *testscript.TestScript, args ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(program, args...)
	c.Args[0] = "muster" // which makes TestMain run muster
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "TMPDIR", "HOME", "SYSTEMROOT"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	for _, setting := range settings() {
		if value := ts.Getenv(environment(setting.name)); value != "" {
			c.Env = append(c.Env, environment(setting.name)+"="+value)
		}
	}
	c.Env = append(c.Env, "MUSTER_REFRESH_TOKEN="+ts.Getenv("MUSTER_REFRESH_TOKEN"))
	return c, nil
}

func (s *stage) serve(ts *testscript.TestScript, args []string) error {
	c, err := s.command(ts, append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...)...)
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ts.Defer(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("muster simulate did not say where it listens: %w", err)
	}
	_, url, _ := strings.Cut(strings.TrimSpace(line), "listening on ")
	point(ts, url)
	return nil
}

func (s *stage) interrupt(ts *testscript.TestScript, args []string) error {
	return s.stop(ts, os.Interrupt, args)
}

func (s *stage) slay(ts *testscript.TestScript, args []string) error {
	return s.stop(ts, os.Kill, slices.Insert(slices.Clone(args), min(1, len(args)), "-1"))
}

// stop runs muster and sends it a signal when the emulator has had so many creates.
func (s *stage) stop(ts *testscript.TestScript, signal os.Signal, args []string) error {
	if len(args) < 3 {
		return errArguments
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.due, s.reached = s.creates+n, make(chan struct{})
	s.mu.Unlock()
	c, err := s.command(ts, args[3:]...)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-s.reached:
		if err := c.Process.Signal(signal); err != nil {
			return err
		}
		err = <-ended
	case err = <-ended:
		return fmt.Errorf("muster ended (%v) before %d creates:\n%s", err, n, out.String())
	}
	fmt.Fprintf(&s.said, "%s\n%s", strings.Join(args[2:], " "), out.String())
	_, _ = io.Copy(ts.Stdout(), &out)
	return wantExit(args[1], err)
}

func (s *stage) mark(_ *testscript.TestScript, args []string) error {
	if len(args) != 0 {
		return errArguments
	}
	s.counted = s.service.Counts()
	return nil
}

func (s *stage) requests(_ *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errArguments
	}
	now := s.service.Counts()
	op := simulate.Op(args[0])
	got := now.ByOp[op] - s.counted.ByOp[op]
	if op == "all" {
		got = now.Requests - s.counted.Requests
	}
	least, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	if got < least || got > most {
		return fmt.Errorf("the emulator has had %d requests of %s, want %d to %d", got, op, least, most)
	}
	return nil
}

// users are the active users of a customer of the emulator, by user principal name.
func (s *stage) users(domain string) ([]simulate.User, error) {
	if s.service == nil {
		return nil, errors.New("there is no emulator yet")
	}
	for i, c := range s.service.Customers() {
		if c.Domain != domain && (domain != "" || i > 0) {
			continue
		}
		users := slices.DeleteFunc(s.service.Users(c.ID), func(u simulate.User) bool { return !u.Deleted.IsZero() })
		slices.SortFunc(users, func(a, b simulate.User) int { return strings.Compare(a.UserPrincipalName, b.UserPrincipalName) })
		return users, nil
	}
	return nil, fmt.Errorf("the emulator has no customer %q", domain)
}
