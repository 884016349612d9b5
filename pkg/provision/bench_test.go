package provision

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/roster"
	"muster/pkg/secret"
	"muster/pkg/signin"
	"muster/pkg/simulate"
	"muster/pkg/upn"
)

// BenchmarkGroupCommit creates people sixteen at a time at a service that takes
// 5 ms for an answer, with the ledger durable and with its syncs left out, and
// reports the ratio of their rates (creates/s durable, ratio) and how many syncs
// a second the ledger made. The input brings the passwords, so that no other
// file is synced. Both runs of a pair share the machine's mood.
func BenchmarkGroupCommit(b *testing.B) {
	const people = 3000
	var durably, loosely time.Duration
	var syncs int64
	for b.Loop() {
		d, n := applyOnce(b, people, false)
		durably, syncs = durably+d, syncs+n
		d, _ = applyOnce(b, people, true)
		loosely += d
	}
	b.ReportMetric(float64(b.N*people)/durably.Seconds(), "creates/s")
	b.ReportMetric(loosely.Seconds()/durably.Seconds(), "ratio")
	b.ReportMetric(float64(syncs)/durably.Seconds(), "syncs/s")
	b.ReportMetric(0, "ns/op")
}

// applyOnce applies n people and returns how long that took and how many syncs
// it cost.
func applyOnce(b *testing.B, n int, noSync bool) (time.Duration, int64) {
	w := newWorld(b, simulate.Scenario{Latency: simulate.Latency{Min: 5 * time.Millisecond, Max: 5 * time.Millisecond}, KeepRequests: -1})
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("E%05d,Ann,Lee%d,US,,Own-%06d-pass,", i, i, i)
	}
	w.input(rows...)
	file, err := roster.Open(w.path("staff.csv"), roster.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	var syncs atomic.Int64
	l, err := ledger.Open(w.path("staff.ledger.jsonl"), ledger.Options{Journal: durable.Options{NoSync: noSync, Hook: func(op string) error {
		if op == "sync" {
			syncs.Add(1)
		}
		return nil
	}}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	// As if an earlier run had found that the service takes any rate: to find that
	// out takes longer than the whole run.
	if err := l.KeepRate(simulate.DefaultDomain, 1e6); err != nil {
		b.Fatal(err)
	}
	template, err := upn.ParseTemplate("{first}.{last}")
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	_, err = Apply(b.Context(), Batch{Input: file, Customer: simulate.DefaultDomain, Template: template, Ledger: l, Log: zap.NewNop(),
		Directory: direct(b, w.service), Pacer: pace.New(pace.Limits{InFlight: 16, Seed: 1}), InFlight: 16,
		OpenCredentials: func() (*credentials.File, error) { return credentials.Open(w.path("staff.credentials.csv"), nil) }})
	took := time.Since(began)
	if err != nil {
		b.Fatal(err)
	}
	if made := w.service.Counts().Created; made != n {
		b.Fatalf("%d users created, want %d", made, n)
	}
	return took, syncs.Load()
}

// direct is a client without a network.
func direct(b *testing.B, service *simulate.Service) *partner.Client {
	tokens, err := signin.New(signin.Config{Tenant: "partner.onmicrosoft.com", ClientID: "client",
		RefreshToken: secret.New("refresh"), Transport: service.Transport()})
	if err != nil {
		b.Fatal(err)
	}
	client, err := partner.New(partner.Config{Tokens: tokens, Concurrency: 16, Transport: service.Transport()})
	if err != nil {
		b.Fatal(err)
	}
	return client
}
