package main

import (
	"math/rand/v2"
	"os"
	"strings"

	"go.uber.org/zap"

	"muster/pkg/pace"
	"muster/pkg/partner"
	"muster/pkg/secret"
	"muster/pkg/signin"
	"muster/pkg/simulate"
)

// client makes the Partner Center client: for the emulator in the process where
// that is asked for, else for the real service.
//
// customers are those of the emulator.
func (p *program) client(log *zap.Logger, customers []simulate.Customer) (*partner.Client, error) {
	o := &p.options
	c := partner.Config{BaseURL: o.apiURL, Concurrency: o.concurrency, Timeout: o.requestTimeout}
	source := signin.Config{}
	if o.simulate {
		transport := p.emulator(customers).Transport()
		c.BaseURL, c.Transport = partner.DefaultBaseURL, transport
		source = signin.Config{Tenant: "simulated", ClientID: "simulated", RefreshToken: secret.New("simulated"), Transport: transport}
	} else {
		var err error
		if source, err = p.signIn(log); err != nil {
			return nil, err
		}
	}
	tokens, err := signin.New(source)
	if err != nil {
		return nil, early(err)
	}
	c.Tokens = tokens
	client, err := partner.New(c)
	return client, early(err)
}

// signIn collects the settings of the sign-in. Secrets come from the environment
// or from files, never from flags, which every process listing shows.
func (p *program) signIn(log *zap.Logger) (signin.Config, error) {
	o := &p.options
	c := signin.Config{
		AuthURL: o.authURL, APIURL: o.apiURL, Tenant: o.tenant, ClientID: o.clientID,
		RefreshToken: secret.New(p.getenv("MUSTER_REFRESH_TOKEN")), RefreshTokenFile: o.refreshTokenFile,
		Warn: func(s string) { log.Warn(s) },
	}
	switch o.tokenVersion {
	case "v1":
		c.V1 = true
	case "v2":
	default:
		return c, usage("--token-version %q is none of v1, v2", o.tokenVersion)
	}
	var err error
	if c.ClientSecret, err = p.secret("MUSTER_CLIENT_SECRET", "client-secret-file", o.clientSecretFile); err != nil {
		return c, err
	}
	c.AccessToken, err = p.secret("MUSTER_ACCESS_TOKEN", "access-token-file", o.accessTokenFile)
	return c, err
}

// secret reads a secret from the file that a flag names, else from a variable.
func (p *program) secret(variable, flag, file string) (secret.Text, error) {
	if file == "" {
		return secret.New(p.getenv(variable)), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return secret.Text{}, usage("--%s: %v", flag, err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return secret.Text{}, usage("--%s: the file %s is empty", flag, file)
	}
	return secret.New(text), nil
}

// pacer makes the pacer of a run. A shard keeps to its part of the rate.
func (p *program) pacer(start float64, of int) *pace.Pacer {
	o := &p.options
	return pace.New(pace.Limits{Rate: o.rate / float64(max(of, 1)), InFlight: o.concurrency, Start: start, Seed: rand.Uint64()})
}

// emulator makes a Partner Center in memory, as the settings want it.
func (p *program) emulator(customers []simulate.Customer) *simulate.Service {
	o := &p.options
	sc := simulate.Scenario{Seed: o.simulateSeed, Customers: customers, KeepRequests: -1}
	sc.Latency = simulate.Latency{Min: o.simulateLatency, Max: o.simulateLatency}
	if o.simulateRate > 0 {
		sc.Quotas = []simulate.Quota{{Rate: o.simulateRate, Burst: max(1, int(o.simulateRate/4)), PerCustomer: true}}
	}
	if o.simulateFaults > 0 {
		share := o.simulateFaults / 5
		sc.Chances.Of = map[simulate.Mishap]float64{simulate.LostRequest: share, simulate.LostAnswer: share,
			simulate.FailBefore: share, simulate.FailAfter: share, simulate.Truncated: share}
	}
	return simulate.New(sc)
}
