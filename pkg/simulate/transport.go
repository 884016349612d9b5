package simulate

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport returns a transport that hands requests to the service without a
// network, whatever their host. It needs no time of its own, starts no
// goroutine, and honours the request's context: when that ends, RoundTrip returns
// its error at once, although the service may have carried the request out.
// Dropped connections are io.ErrUnexpectedEOF.
func (s *Service) Transport() http.RoundTripper { return transport{s} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	body, err := takeBody(r)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	received := r.Clone(ctx)
	received.Body = io.NopCloser(bytes.NewReader(body))
	received.ContentLength = int64(len(body))
	received.RequestURI = r.URL.RequestURI()
	if received.Host == "" {
		received.Host = r.URL.Host
	}
	rec := &recorder{header: make(http.Header)}
	whole := t.serve(rec, received)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if rec.status == 0 && !whole {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.response(r, whole), nil
}

// takeBody reads the request's body to its end and closes it, as transports must.
func takeBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	return body, errors.Join(err, r.Body.Close())
}

// serve runs the handler and reports whether it finished, rather than dropped
// the connection.
func (t transport) serve(w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	t.handler.ServeHTTP(w, r)
	return true
}

// recorder collects an answer.
type recorder struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, canonical(r.header)
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// canonical spells header names as a client of net/http gets to see them.
func canonical(h http.Header) http.Header {
	c := make(http.Header, len(h))
	for name, values := range h {
		c[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
	}
	return c
}

func (r *recorder) response(request *http.Request, whole bool) *http.Response {
	r.WriteHeader(http.StatusOK)
	length, err := strconv.ParseInt(r.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	body := io.Reader(&r.body)
	if request.Method == http.MethodHead {
		body = http.NoBody
	}
	if !whole {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{
		Status:     strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode: r.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        r.sent,
		Body:          io.NopCloser(body),
		ContentLength: length,
		Request:       request,
	}
}

// broken is a connection dropped before the end of a body.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
