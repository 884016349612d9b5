package partner

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muster/pkg/wire"
)

// BenchmarkCreateUser measures a create against a bare exchange with net/http
// over the same server, client and server in one process.
func BenchmarkCreateUser(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(201)
		_, _ = io.WriteString(w, bom+annAnswer)
	}))
	defer server.Close()
	b.Run("client", func(b *testing.B) {
		c := client(b, server.URL, func(c *Config) { c.Tokens, c.Transport = fixedToken(strings.Repeat("t", 2000)), wire.Transport(1) })
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.CreateUser(b.Context(), tenant, Call{}, ann()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		c := &http.Client{Transport: wire.Transport(1)}
		b.ReportAllocs()
		for b.Loop() {
			request, err := http.NewRequest("POST", server.URL+"/v1/customers/x/users", strings.NewReader(annAnswer))
			if err != nil {
				b.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 2000))
			response, err := c.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
}
