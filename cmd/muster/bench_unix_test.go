//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/pkg/simulate"
)

// BenchmarkValidate runs `muster validate`, results file and all, over a million rows
// and then over ten million, each in turn with a bare encoding/csv loop over the same
// file, and prints times and CPU times as ratios to that loop, and the peak memory.
func BenchmarkValidate(b *testing.B) {
	binary := build(b)
	for _, rows := range []int{1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("%dM", rows/1_000_000), func(b *testing.B) {
			input := crowd(b, rows)
			bareCSV(b, input) // warms the page cache
			var mine, bare spent
			for b.Loop() {
				bare.add(bareCSV(b, input))
				mine.add(validateOnce(b, binary, input, rows))
			}
			b.ReportMetric(mine.wall.Seconds()/bare.wall.Seconds(), "x-bare-csv")
			b.ReportMetric(mine.cpu.Seconds()/bare.cpu.Seconds(), "x-bare-csv-cpu")
			b.ReportMetric(float64(b.N*rows)/mine.wall.Seconds(), "rows/s")
			b.ReportMetric(mine.peakMiB, "peak-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// crowd writes a file of n people in about 85 bytes a line: 15 % of the names are not
// ASCII, 36 % of the lines have a quoted cell, every third person shares a name.
func crowd(b *testing.B, n int) string {
	b.Helper()
	plain := strings.Fields("Anna James Maria Robert Linda Michael Susan David Karen Thomas Nancy Paul Laura Mark Helen George")
	families := strings.Fields("Smith Johnson Garcia Miller Davis Lopez Wilson Anderson Taylor Moore Jackson Martin Lee Clark Lewis Hall")
	foreign := strings.Fields("Jürgen Łukasz Zoë Søren Đorđe Олег Иван Γιώργος Αλέξης 伟 小明 민수 محمد")
	path := filepath.Join(b.TempDir(), "crowd.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	random := rand.New(rand.NewPCG(7, 7))
	fmt.Fprintln(w, "firstName,lastName,displayName,usageLocation,department,immutableId")
	for i := range n {
		first, last, department := plain[random.IntN(len(plain))], families[random.IntN(len(families))], "Human Resources"
		if random.IntN(100) < 15 {
			first = foreign[random.IntN(len(foreign))]
		}
		if random.IntN(100) < 65 {
			last += families[random.IntN(len(families))] + strconv.Itoa(random.IntN(10_000))
		}
		if random.IntN(100) < 36 {
			department = `"Sales, ""North"""`
		}
		fmt.Fprintf(w, "%s,%s,%s %s,US,%s,%016x%08x\n", first, last, first, last, department, random.Uint64(), i)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// bareCSV reads a file as encoding/csv does at its quickest.
func bareCSV(b *testing.B, path string) spent {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	began, before := time.Now(), cpuTime(b)
	r := csv.NewReader(bufio.NewReaderSize(f, 256<<10))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return spent{cpu: cpuTime(b) - before, wall: time.Since(began)}
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// validateOnce runs `muster validate` and returns what its process used.
func validateOnce(b *testing.B, binary, input string, rows int) spent {
	b.Helper()
	c := exec.Command(binary, "validate", input, "--domain", simulate.DefaultDomain, "--output", "json")
	used, planned := runMeasured(b, c, "planned")
	if planned != rows {
		b.Fatalf("%d of %d rows are planned", planned, rows)
	}
	return used
}

// runMeasured runs a command that prints its summary as JSON, and returns what it used and
// one of the summary's numbers.
func runMeasured(b *testing.B, c *exec.Cmd, number string) (spent, int) {
	b.Helper()
	began := time.Now()
	out, err := c.Output()
	took := time.Since(began)
	var summary map[string]any
	if jsonErr := json.Unmarshal(out, &summary); err != nil || jsonErr != nil {
		b.Fatalf("%v: %v, %v", c.Args, err, jsonErr)
	}
	used := c.ProcessState.SysUsage().(*syscall.Rusage)
	peak := float64(used.Maxrss) / (1 << 10)
	if runtime.GOOS == "darwin" {
		peak /= 1 << 10 // there it is in bytes
	}
	n, _ := summary[number].(float64)
	return spent{c.ProcessState.UserTime() + c.ProcessState.SystemTime(), took, peak}, int(n)
}

// build builds the program.
func build(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "muster")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// BenchmarkApplyOverHTTP runs `muster apply` of 20,000 rows, ledger and all, against
// `muster simulate` in another process without latency or quota, and a bare net/http
// loop that sends as many creates to the same service, in turn. It prints the CPU
// time for 10,000 creates and the creates a second, both as ratios to the bare loop.
// Where hey is on the PATH (go install github.com/rakyll/hey@latest) it takes its turn
// too: it can send one body only, which the service has from the second time on, and
// neither makes nor reads JSON.
func BenchmarkApplyOverHTTP(b *testing.B) {
	const rows = 20_000
	binary := build(b)
	hey, noHey := exec.LookPath("hey")
	var mine, bare, peer spent
	for b.Loop() {
		service := startEmulator(b, binary)
		mine.add(applyOnce(b, binary, service, rows))
		token := signIn(b, service)
		bare.add(bareLoop(b, service, token, rows))
		if noHey == nil {
			peer.add(heyOnce(b, hey, service, token, rows))
		}
	}
	n := float64(b.N) * rows
	b.ReportMetric(mine.cpu.Seconds()/n*10_000, "cpu-s/10k")
	b.ReportMetric(mine.cpu.Seconds()/bare.cpu.Seconds(), "x-bare-cpu")
	b.ReportMetric(n/mine.wall.Seconds(), "creates/s")
	b.ReportMetric(bare.wall.Seconds()/mine.wall.Seconds(), "x-bare-speed")
	if noHey == nil {
		b.ReportMetric(mine.cpu.Seconds()/peer.cpu.Seconds(), "x-hey-cpu")
	}
	b.ReportMetric(0, "ns/op")
}

// spent is what some work took.
type spent struct {
	cpu, wall time.Duration
	peakMiB   float64 // the largest resident size; 0: not measured
}

func (u *spent) add(v spent) {
	u.cpu, u.wall, u.peakMiB = u.cpu+v.cpu, u.wall+v.wall, max(u.peakMiB, v.peakMiB)
}

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
	used, created := runMeasured(b, c, "created")
	if created != rows {
		b.Fatalf("%d of %d rows are created", created, rows)
	}
	return used
}

// signIn gets an access token of the emulator.
func signIn(b *testing.B, service string) string {
	b.Helper()
	answer, err := http.PostForm(service+"/any/oauth2/v2.0/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"any"}, "client_id": {"any"}, "scope": {"https://api.partnercenter.microsoft.com/.default"}})
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.AccessToken == "" {
		b.Fatalf("no token: %v", err)
	}
	return token.AccessToken
}

// bareLoop sends creates with net/http and 32 goroutines, encodes and decodes
// bodies as one would, and does nothing else.
func bareLoop(b *testing.B, service, token string, rows int) spent {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	began, before := time.Now(), cpuTime(b)
	var wg sync.WaitGroup
	next := make(chan int, 64)
	for range 32 {
		wg.Go(func() {
			for i := range next {
				if err := bareCreate(client, service, token, i); err != nil {
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
	return spent{cpu: cpuTime(b) - before, wall: time.Since(began)}
}

// bareUser is a user as muster sends it, and what the loop reads of the answer.
type bareUser struct {
	ID                string `json:"id,omitempty"`
	UsageLocation     string `json:"usageLocation"`
	UserPrincipalName string `json:"userPrincipalName"`
	FirstName         string `json:"firstName"`
	LastName          string `json:"lastName"`
	DisplayName       string `json:"displayName"`
	ImmutableID       string `json:"immutableId"`
	PasswordProfile   struct {
		Password            string `json:"password"`
		ForceChangePassword bool   `json:"forceChangePassword"`
	} `json:"passwordProfile"`
	Attributes struct {
		ObjectType string `json:"objectType"`
	} `json:"attributes"`
}

func newBareUser(i int) bareUser {
	u := bareUser{UsageLocation: "US", UserPrincipalName: fmt.Sprintf("bare%d.lee@%s", i, simulate.DefaultDomain),
		FirstName: fmt.Sprint("Bare", i), LastName: "Lee", DisplayName: fmt.Sprintf("Bare%d Lee", i), ImmutableID: fmt.Sprint("B", i)}
	u.PasswordProfile.Password, u.PasswordProfile.ForceChangePassword = "Vq7-sampleXab#12", true
	u.Attributes.ObjectType = "CustomerUser"
	return u
}

func bareCreate(client *http.Client, service, token string, i int) error {
	body, err := json.Marshal(newBareUser(i))
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
	var created bareUser
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &created); err != nil || created.ID == "" {
		return fmt.Errorf("create %d: %v, %.200s", i, err, text)
	}
	return nil
}

// heyOnce has hey send as many creates, all the same, and returns what its process used.
func heyOnce(b *testing.B, hey, service, token string, rows int) spent {
	b.Helper()
	body, err := json.Marshal(newBareUser(-1))
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(hey, "-n", strconv.Itoa(rows), "-c", "32", "-m", http.MethodPost, "-T", "application/json",
		"-H", "Authorization: Bearer "+token, "-d", string(body), service+"/v1/customers/"+simulate.DefaultCustomerID+"/users")
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return spent{cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), wall: time.Since(began)}
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
