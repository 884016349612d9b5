package results

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// browser is a headless Chromium with one page, driven over a pair of pipes by
// the protocol of https://chromedevtools.github.io/devtools-protocol/.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	id      int
	urls    []string // what the page asked for
	faults  []string // what the browser complained of
}

// message is an answer or an event.
type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// startBrowser skips the test where there is no Chromium.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" || runtime.GOOS == "windows" {
		t.Skip("there is no Chromium here; Debian's package chromium has it")
	}
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--window-size=1280,1000", "--hide-scrollbars", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser} // are 3 and 4 over there
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = toBrowser.Close(), fromBrowser.Close()
	b := &browser{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil, nil)
		_ = cmd.Wait()
		_, _ = in.Close(), out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// call sends a command and reads until its answer has come.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.id++
	command := map[string]any{"id": b.id, "method": method, "params": params}
	if params == nil {
		command["params"] = struct{}{}
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		m := b.next()
		if m.ID != b.id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// next reads a message and notes what it tells about the page.
func (b *browser) next() (m message) {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	if err != nil {
		b.t.Fatal("the browser went away:", err)
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	switch m.Method {
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		_ = json.Unmarshal(m.Params, &p)
		b.urls = append(b.urls, p.Request.URL)
	case "Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Runtime.consoleAPICalled":
		b.faults = append(b.faults, string(m.Params))
	}
	return m
}

// open shows the page of a report, in the given color scheme.
func (b *browser) open(in Report, scheme string) (address string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := HTML(f, in); err != nil {
		b.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.urls, b.faults = nil, nil
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	address = (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	b.call("Page.navigate", map[string]any{"url": address}, nil)
	for b.next().Method != "Page.loadEventFired" {
	}
	return address
}

// eval runs an async function body in the page and decodes what it returns.
func (b *browser) eval(body string, result any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	const frame = "const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));\n"
	b.call("Runtime.evaluate", map[string]any{"expression": "(async () => {" + frame + body + "})()", "awaitPromise": true, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s\nfails in the page: %s", body, answer.ExceptionDetails)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result.Value, result); err != nil {
			b.t.Fatalf("%s\nreturns %s: %v", body, answer.Result.Value, err)
		}
	}
}

// shoot keeps a picture of the page for people to look at, where
// MUSTER_SCREENSHOTS names a folder.
func (b *browser) shoot(name string, high int) {
	clip := map[string]any{"x": 0, "y": 0, "width": 1280, "height": high, "scale": 1}
	b.keep(name, "Page.captureScreenshot", map[string]any{"format": "png", "clip": clip, "captureBeyondViewport": true})
}

// print does the same with the page as it is printed.
func (b *browser) print(name string) {
	b.keep(name, "Page.printToPDF", map[string]any{"printBackground": true})
}

func (b *browser) keep(name, method string, params map[string]any) {
	dir := os.Getenv("MUSTER_SCREENSHOTS")
	if dir == "" {
		return
	}
	var made struct{ Data []byte } // base64, as encoding/json has it
	b.call(method, params, &made)
	if err := os.WriteFile(filepath.Join(dir, name), made.Data, 0o600); err != nil {
		b.t.Error(err)
	}
}
