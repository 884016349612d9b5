package simulate

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCurl sends documented requests with a client that nobody here wrote. The
// script says after "#=" what the line before it must print.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl here")
	}
	script, err := os.ReadFile(filepath.Join("testdata", "curl.txt"))
	if err != nil {
		t.Fatal(err)
	}
	s := New(Scenario{Quotas: []Quota{{Limit: 13, Period: time.Hour}}})
	server := httptest.NewServer(s)
	defer server.Close()

	known := map[string]string{"HOST": server.URL, "CID": DefaultCustomerID, "TOKEN": "none", "UID": "none"}
	var printed string
	for i, line := range strings.Split(string(script), "\n") {
		for name, value := range known {
			line = strings.ReplaceAll(line, "$"+name, value)
		}
		want, isWant := strings.CutPrefix(line, "#= ")
		switch {
		case isWant && !strings.Contains(printed, strings.NewReplacer(`\r\n`, "\r\n", "<BOM>", bom).Replace(want)):
			t.Errorf("line %d:\n got %q\nwant %q", i+1, printed, want)
		case line == "" || strings.HasPrefix(line, "#"):
		default:
			out, err := exec.Command(curl, append([]string{"--silent", "--include", "--noproxy", "*"}, arguments(line)...)...).Output()
			if err != nil {
				t.Fatalf("line %d: curl %s: %v", i+1, line, err)
			}
			printed = string(out)
			if tokens := between(printed, `"access_token":"`, `"`); len(tokens) > 0 {
				known["TOKEN"] = tokens[0]
			}
			if people := s.Users(DefaultCustomerID); len(people) > 0 {
				known["UID"] = people[0].ID
			}
		}
	}
}

// arguments splits a line at blanks outside single quotes.
func arguments(line string) []string {
	var args []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
			continue
		}
		args = append(args, strings.Fields(part)...)
	}
	return args
}
