package partner

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"muster/pkg/wire"
)

// Thirty-two workers that send one create after the other have about a connection
// each over HTTP/1.1, and one for all over HTTP/2. It may be some more: net/http
// keeps a connection a moment after its answer was read, and dials anew for whoever
// asks in that moment.
func TestConnectionsOfManyWorkers(t *testing.T) {
	const workers = 32
	for _, test := range []struct {
		name   string
		proto  int // of HTTP
		serve  func(*httptest.Server)
		carry  func(*httptest.Server) http.RoundTripper
		atMost int32
	}{
		{"HTTP/1.1", 1, (*httptest.Server).Start, func(*httptest.Server) http.RoundTripper { return wire.Transport(workers) }, 4 * workers},
		{"HTTP/2", 2, func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
			func(s *httptest.Server) http.RoundTripper { return s.Client().Transport }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var conns, creates, others atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if creates.Add(1); r.ProtoMajor != test.proto {
					others.Add(1)
				}
				write(w, 201, bom+annAnswer)
			}))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					conns.Add(1)
				}
			}
			test.serve(server)
			defer server.Close()
			c := client(t, server.URL, func(c *Config) { c.Transport = test.carry(server) })
			if err := create(t.Context(), c); err != nil { // HTTP/2 is agreed upon before the crowd comes
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					for range 20 {
						if err := create(t.Context(), c); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			if got := conns.Load(); got > test.atMost || others.Load() > 0 {
				t.Errorf("%d connections for %d creates, want at most %d; %d were not sent as %s", got, creates.Load(), test.atMost, others.Load(), test.name)
			}
		})
	}
}

func create(ctx context.Context, c *Client) error {
	_, err := c.CreateUser(ctx, tenant, Call{}, ann())
	return err
}
