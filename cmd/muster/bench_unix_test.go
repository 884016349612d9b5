//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/pkg/simulate"
)

// BenchmarkApplyOverHTTP runs `muster apply` of 20,000 rows, ledger and all, against
// `muster simulate` in another process without latency or quota, and a bare net/http
// loop that sends as many creates to the same service, in turn. It prints the CPU
// time for 10,000 creates and the creates a second, both as ratios to the bare loop.
func BenchmarkApplyOverHTTP(b *testing.B) {
	const rows = 20_000
	binary := filepath.Join(b.TempDir(), "muster")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var mine, bare spent
	for b.Loop() {
		service := startEmulator(b, binary)
		mine.add(applyOnce(b, binary, service, rows))
		bare.add(bareLoop(b, service, rows))
	}
	n := float64(b.N) * rows
	b.ReportMetric(mine.cpu.Seconds()/n*10_000, "cpu-s/10k")
	b.ReportMetric(mine.cpu.Seconds()/bare.cpu.Seconds(), "x-bare-cpu")
	b.ReportMetric(n/mine.wall.Seconds(), "creates/s")
	b.ReportMetric(bare.wall.Seconds()/mine.wall.Seconds(), "x-bare-speed")
}

// spent is what some work took.
type spent struct{ cpu, wall time.Duration }

func (u *spent) add(v spent) { u.cpu, u.wall = u.cpu+v.cpu, u.wall+v.wall }

// startEmulator starts `muster simulate` and returns its address.
func startEmulator(b *testing.B, binary string) string {
	b.Helper()
	c := exec.Command(binary, "simulate", "--listen", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		b.Fatalf("the emulator said %q, %v", line, err)
	}
	go io.Copy(io.Discard, out)
	return "http://" + address
}

// applyOnce runs `muster apply` and returns what its process used.
func applyOnce(b *testing.B, binary, service string, rows int) spent {
	b.Helper()
	input := filepath.Join(b.TempDir(), "staff.csv")
	var content bytes.Buffer
	fmt.Fprintln(&content, "firstName,lastName,usageLocation,immutableId")
	for i := range rows {
		fmt.Fprintf(&content, "Ann%d,Lee,US,E%d\n", i, i)
	}
	if err := os.WriteFile(input, content.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	c := exec.Command(binary, "apply", input, "--customer", simulate.DefaultDomain, "--concurrency", "32", "--progress", "none", "--output", "json")
	c.Env = append(os.Environ(), "MUSTER_API_URL="+service, "MUSTER_AUTH_URL="+service, "MUSTER_TENANT=any", "MUSTER_CLIENT_ID=any", "MUSTER_REFRESH_TOKEN=any")
	began := time.Now()
	out, err := c.Output()
	took := time.Since(began)
	var summary struct{ Created int }
	if jsonErr := json.Unmarshal(out, &summary); err != nil || jsonErr != nil || summary.Created != rows {
		b.Fatalf("%v, %v: %d of %d created", err, jsonErr, summary.Created, rows)
	}
	return spent{c.ProcessState.UserTime() + c.ProcessState.SystemTime(), took}
}

// bareLoop sends creates with net/http and 32 goroutines, encodes and decodes
// bodies as one would, and does nothing else.
func bareLoop(b *testing.B, service string, rows int) spent {
	b.Helper()
	answer, err := http.PostForm(service+"/any/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"any"}, "client_id": {"any"}, "scope": {"https://api.partnercenter.microsoft.com/.default"}})
	if err != nil {
		b.Fatal(err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.AccessToken == "" {
		b.Fatalf("no token: %v", err)
	}
	answer.Body.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	began, before := time.Now(), cpuTime(b)
	var wg sync.WaitGroup
	next := make(chan int, 64)
	for range 32 {
		wg.Go(func() {
			for i := range next {
				if err := bareCreate(client, service, token.AccessToken, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	wg.Wait()
	return spent{cpuTime(b) - before, time.Since(began)}
}

func bareCreate(client *http.Client, service, token string, i int) error {
	type profile struct {
		Password string `json:"password"`
	}
	type user struct {
		ID                string  `json:"id,omitempty"`
		UserPrincipalName string  `json:"userPrincipalName"`
		DisplayName       string  `json:"displayName"`
		UsageLocation     string  `json:"usageLocation"`
		PasswordProfile   profile `json:"passwordProfile"`
	}
	body, err := json.Marshal(user{UserPrincipalName: fmt.Sprintf("bare%d@%s", i, simulate.DefaultDomain), DisplayName: "Bare", UsageLocation: "US", PasswordProfile: profile{"Vq7!sampleX"}})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, service+"/v1/customers/"+simulate.DefaultCustomerID+"/users", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var created user
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &created); err != nil || created.ID == "" {
		return fmt.Errorf("create %d: %v, %.200s", i, err, text)
	}
	return nil
}

// cpuTime is what this process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
