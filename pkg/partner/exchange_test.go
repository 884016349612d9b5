package partner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/pkg/secret"
	"muster/pkg/wire"
)

func TestNewRefuses(t *testing.T) {
	for name, config := range map[string]Config{
		"no tokens":  {},
		"plain http": {Tokens: &tokens{}, BaseURL: "http://api.partnercenter.microsoft.com"},
		"no URL":     {Tokens: &tokens{}, BaseURL: "api"},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: New succeeds, want an error", name)
		}
	}
	for _, base := range []string{"", "https://host/", "https://host/v1", "https://host/v1/", "http://localhost:1"} {
		if _, err := New(Config{Tokens: &tokens{}, BaseURL: base}); err != nil {
			t.Errorf("New with %q: %v", base, err)
		}
	}
}

// rawServer accepts connections and hands each to a function.
func rawServer(t *testing.T, handle func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { defer conn.Close(); handle(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); conns.Wait() })
	return listener.Addr().String()
}

// TestSentOrNot tells requests that certainly did not reach the service from
// those that may have.
func TestSentOrNot(t *testing.T) {
	readAll := func(conn net.Conn) bool {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return false
		}
		_, err = io.Copy(io.Discard, request.Body)
		return err == nil
	}
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			if readAll(conn) {
				_, _ = io.WriteString(conn, text)
			}
		}
	}
	hangUp := rawServer(t, func(conn net.Conn) {})
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	for _, test := range []struct {
		name string
		url  string
		want Kind
	}{
		{"nobody listens", "http://" + refused.Addr().String(), NotSent},
		{"no TLS there", "https://" + hangUp, NotSent},
		{"hangs up after reading", "http://" + rawServer(t, func(c net.Conn) { readAll(c) }), Lost},
		{"half a header", "http://" + rawServer(t, answer("HTTP/1.1 201 Created\r\nContent-Le")), Lost},
		{"half a body", "http://" + rawServer(t, answer("HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n"+annAnswer)), Lost},
		{"half a chunk", "http://" + rawServer(t, answer("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"+annAnswer)), Lost},
		{"no HTTP", "http://" + rawServer(t, answer("SSH-2.0-OpenSSH_9.6\r\n")), Lost},
		{"huge header", "http://" + rawServer(t, answer("HTTP/1.1 201 Created\r\nX: "+strings.Repeat("x", 100<<10)+"\r\n\r\n")), Lost},
		{"half a refusal", "http://" + rawServer(t, answer("HTTP/1.1 409 Conflict\r\nContent-Length: 900\r\n\r\n{}")), Conflict},
		{"half a fault", "http://" + rawServer(t, answer("HTTP/1.1 500 Oops\r\nContent-Length: 900\r\n\r\n{}")), Unavailable},
	} {
		c := client(t, test.url, func(c *Config) { c.Transport = wire.Transport(1) })
		_, err := c.CreateUser(t.Context(), tenant, Call{}, ann())
		e := failure(t, err)
		if doubtful := test.want == Lost || test.want == Unavailable; e.Kind != test.want || e.Doubtful() != doubtful {
			t.Errorf("%s: %v (doubtful %v), want %v", test.name, err, e.Doubtful(), test.want)
		}
		if e.RequestID == "" || e.CorrelationID == "" {
			t.Errorf("%s: the error has no ids", test.name)
		}
	}
}

func TestCertificateIsChecked(t *testing.T) {
	server := httptest.NewUnstartedServer(reply(201, annAnswer))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := client(t, server.URL, func(c *Config) { c.Transport = wire.Transport(1) })
	_, err := c.CreateUser(t.Context(), tenant, Call{}, ann())
	if e := failure(t, err); e.Kind != NotSent {
		t.Errorf("a certificate nobody vouches for: %v, want not sent", err)
	}
}

func TestTransportsInTheProcess(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Kind
	}{
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, NotSent},
		{fmt.Errorf("wrapped: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), NotSent},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, Lost},
		{io.ErrUnexpectedEOF, Lost},
	} {
		c := client(t, "https://host", func(c *Config) {
			c.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, test.err })
		})
		_, err := c.CreateUser(t.Context(), tenant, Call{}, ann())
		if e := failure(t, err); e.Kind != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: %v, want %v", test.err, err, test.want)
		}
	}
}

// TestNothingIsSentTwice closes a kept connection just after the request on it
// was read: a repeat behind our back would create a second user.
func TestNothingIsSentTwice(t *testing.T) {
	var requests atomic.Int32
	address := rawServer(t, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for first := true; ; first = false {
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			requests.Add(1)
			if !first {
				return
			}
			fmt.Fprintf(conn, "HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s", len(annAnswer), annAnswer)
		}
	})
	c := client(t, "http://"+address)
	for i, do := range []func() error{
		func() error { _, err := c.CreateUser(t.Context(), tenant, Call{}, ann()); return err },
		func() error {
			return c.ResetPassword(t.Context(), tenant, userID, secret.New(password), true)
		},
		func() error { return c.DeleteUser(t.Context(), tenant, userID) },
	} {
		requests.Store(0)
		if _, err := c.CreateUser(t.Context(), tenant, Call{}, ann()); err != nil {
			t.Fatal(err)
		}
		if e := failure(t, do()); e.Kind != Lost {
			t.Errorf("operation %d: %v, want lost", i, e)
		}
		if got := requests.Load(); got != 2 {
			t.Errorf("operation %d: the service read %d requests, want 2", i, got)
		}
	}
}

// deadConn is a connection that takes no byte once it is dead.
type deadConn struct {
	net.Conn
	dead *atomic.Bool
}

func (c deadConn) Write(b []byte) (int, error) {
	if c.dead.Load() {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(b)
}

// TestDeadConnectionIsReplaced lets a kept connection refuse the first byte of
// the next request: nothing was sent, so net/http may dial and begin anew.
func TestDeadConnectionIsReplaced(t *testing.T) {
	server := serve(t, reply(201, annAnswer))
	var dials int
	var first atomic.Bool
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if dials++; dials == 1 {
			return deadConn{conn, &first}, err
		}
		return conn, err
	}}
	defer transport.CloseIdleConnections()
	c := client(t, server.URL, func(c *Config) { c.Transport = transport })
	for range 2 {
		if _, err := c.CreateUser(t.Context(), tenant, Call{}, ann()); err != nil {
			t.Fatal(err)
		}
		first.Store(true)
	}
	if got := len(server.seen()); got != 2 || dials != 2 {
		t.Errorf("%d requests on %d connections, want 2 on 2", got, dials)
	}
}

// TestConnectionsAreKept goes through answers of all sorts on one connection.
func TestConnectionsAreKept(t *testing.T) {
	var conns, count atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) % 5 {
		case 0:
			write(w, 201, bom+annAnswer)
		case 1:
			write(w, 409, `{"code":1,"description":"`+strings.Repeat("x", 20<<10)+`"}`)
		case 2:
			write(w, 502, "<html>"+strings.Repeat("x", 20<<10))
		case 3:
			write(w, 201, "")
		case 4:
			w.Header().Set("Location", "/elsewhere")
			write(w, 307, "moved")
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	transport := wire.Transport(1)
	defer transport.CloseIdleConnections()
	c := client(t, server.URL, func(c *Config) { c.Transport = transport })
	for range 20 {
		_, _ = c.CreateUser(t.Context(), tenant, Call{}, ann())
	}
	if got, requests := conns.Load(), count.Load(); got != 1 || requests != 20 {
		t.Errorf("%d connections for %d requests, want 1 for 20", got, requests)
	}
}

func TestCancelledBeforeAnythingIsSent(t *testing.T) {
	server := serve(t, reply(201, annAnswer))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client(t, server.URL, func(c *Config) { c.Tokens = fixedToken("t") }).CreateUser(ctx, tenant, Call{}, ann())
	if e := failure(t, err); e.Kind != NotSent || !errors.Is(err, context.Canceled) || len(server.seen()) != 0 {
		t.Errorf("%v with %d requests, want not sent, canceled and none", err, len(server.seen()))
	}
}

// TestStoppedWhileWaiting cancels, or lets time pass, at every stage of an
// exchange, over a connection in memory and in virtual time.
func TestStoppedWhileWaiting(t *testing.T) {
	const head = "HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n"
	for _, test := range []struct {
		name   string
		dials  bool
		reads  bool
		writes string
		want   Kind
	}{
		{"while dialling", false, false, "", NotSent},
		{"while writing", true, false, "", Lost},
		{"before the answer", true, true, "", Lost},
		{"within the answer", true, true, head + annAnswer[:10], Lost},
	} {
		for _, cancelled := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				transport := &http.Transport{DialContext: func(dial context.Context, _, _ string) (net.Conn, error) {
					if !test.dials {
						<-dial.Done()
						return nil, dial.Err()
					}
					near, far := net.Pipe()
					go func() {
						defer far.Close()
						if !test.reads {
							<-ctx.Done()
							return
						}
						request, err := http.ReadRequest(bufio.NewReader(far))
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, request.Body)
						_, _ = io.WriteString(far, test.writes)
						<-ctx.Done()
					}()
					return near, nil
				}}
				defer transport.CloseIdleConnections()
				if cancelled {
					time.AfterFunc(10*time.Second, cancel)
				}
				c := client(t, "http://localhost", func(c *Config) { c.Transport, c.Timeout = transport, 30*time.Second })
				start := time.Now()
				_, err := c.CreateUser(ctx, tenant, Call{}, ann())
				e := failure(t, err)
				want := 30 * time.Second
				if cancelled {
					want = 10 * time.Second
				}
				if e.Kind != test.want || time.Since(start) != want {
					t.Errorf("%s: %v after %v, want %v after %v", test.name, err, time.Since(start), test.want, want)
				}
				if errors.Is(err, context.Canceled) != cancelled || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: the error %v should be context.Canceled only if the caller cancelled (%v)", test.name, err, cancelled)
				}
				if !cancelled && !strings.Contains(err.Error(), "30s") {
					t.Errorf("%s: the error %q does not tell the time waited", test.name, err)
				}
				cancel()
			})
		}
	}
}
