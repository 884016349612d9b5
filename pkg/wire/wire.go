// Package wire holds what every conversation with one of Microsoft's services
// needs, whichever it is: it says where a token may travel, makes the
// connections, reads answers within bounds, passes on for how long a service asks to
// be left alone, and turns what it wrote into text that may be shown.
//
//	base, err := wire.Base("https://api.partnercenter.microsoft.com")
//	transport := wire.Transport(16)
//	body, err := wire.Body(response, 1<<20)
//	text := wire.Plain(fault.Description, 500, password, token)
package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Base parses the base URL of a service to which secrets are sent. It must be
// https, or http on loopback, with nothing but host, port and path; a slash at
// its end is dropped.
func Base(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The text of err repeats the URL, which may hold a password.
		return nil, errors.New("it is not a URL; give one such as https://host")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%q may have only scheme, host, port and path", u.Redacted())
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%q names no host; give a URL such as https://host", raw)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && Loopback(u):
	case u.Scheme == "http":
		return nil, fmt.Errorf("%q would send secrets in the clear; use https (http is for loopback only)", raw)
	default:
		return nil, fmt.Errorf("%q must begin with https://", raw)
	}
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// Loopback reports whether the URL's host is localhost or a loopback address.
func Loopback(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// Transport returns a transport that keeps conns connections to one host warm;
// conns below 1 means 1.
//
// It speaks HTTP/1.1 only: one warm connection for each call in flight costs
// less CPU through net/http than streams of HTTP/2 do. It takes a proxy from
// the environment. No secret reaches a proxy in the clear: [Base] lets through
// plain http on loopback only, and [http.ProxyFromEnvironment] sends no request
// for localhost or a loopback address to a proxy.
func Transport(conns int) *http.Transport {
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		MaxIdleConnsPerHost:    max(conns, 1),
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// A request with an access token of 2 to 3 KiB leaves in one write.
		WriteBufferSize: 8 << 10,
		Protocols:       http1,
	}
}
