package main

import (
	"os"
	"strings"

	"muster/pkg/partner"
	"muster/pkg/secret"
	"muster/pkg/signin"
	"muster/pkg/simulate"
	"muster/pkg/wire"
)

// The services that are no real ones.
const (
	simulated = "simulated" // the emulator in this process
	local     = "loopback"  // something on this machine, such as `muster simulate`, on whatever port
)

// service names the service that a run works with: [simulated], [local], or the
// API's host.
func (p *program) service() string {
	if p.options.simulate {
		return simulated
	}
	base := p.options.apiURL
	if base == "" {
		base = partner.DefaultBaseURL
	}
	u, err := wire.Base(base)
	if err != nil {
		return "" // the client refuses it
	}
	if wire.Loopback(u) {
		return local
	}
	return strings.ToLower(u.Host)
}

// client makes the Partner Center client: for the emulator in the process where
// that is asked for, else for the real service. customers are those of the
// emulator.
func (p *program) client(customers []simulate.Customer) (*partner.Client, error) {
	o := &p.options
	c := partner.Config{BaseURL: o.apiURL, Concurrency: o.concurrency, Timeout: o.requestTimeout}
	source := signin.Config{}
	if o.simulate {
		transport := p.emulator(customers).Transport()
		c.BaseURL, c.Transport = partner.DefaultBaseURL, transport
		source = signin.Config{Tenant: simulated, ClientID: simulated, RefreshToken: secret.New(simulated), Transport: transport}
	} else {
		var err error
		if source, err = p.signIn(); err != nil {
			return nil, err
		}
	}
	tokens, err := signin.New(source)
	if err != nil {
		return nil, early(err)
	}
	p.tokens, c.Tokens = tokens, tokens
	client, err := partner.New(c)
	return client, early(err)
}

// signIn collects the settings of the sign-in. Secrets come from the environment
// or from files, never from flags, which every process listing shows.
func (p *program) signIn() (c signin.Config, err error) {
	o := &p.options
	c = signin.Config{
		AuthURL: o.authURL, APIURL: o.apiURL, Tenant: o.tenant, ClientID: o.clientID, V1: o.tokenVersion == "v1",
		RefreshToken: secret.New(p.getenv("MUSTER_REFRESH_TOKEN")), RefreshTokenFile: o.refreshTokenFile,
		Warn: func(s string) { p.log.Warn(s) }, Stop: p.stop,
	}
	if c.ClientSecret, err = p.secret("MUSTER_CLIENT_SECRET", "client-secret-file", o.clientSecretFile); err != nil {
		return c, err
	}
	if c.AccessToken, err = p.secret("MUSTER_ACCESS_TOKEN", "access-token-file", o.accessTokenFile); err != nil {
		return c, err
	}
	return c, p.completeSignIn(c)
}

// completeSignIn names all that is missing at once.
func (p *program) completeSignIn(c signin.Config) error {
	if !c.AccessToken.Empty() && p.command.Name() != "login" {
		return nil
	}
	var missing []string
	if c.Tenant == "" {
		missing = append(missing, "the partner's tenant (--tenant)")
	}
	if c.ClientID == "" {
		missing = append(missing, "the application's id (--client-id)")
	}
	if c.RefreshToken.Empty() && c.RefreshTokenFile == "" {
		missing = append(missing, "the refresh token (--refresh-token-file, which `muster login` writes)")
	}
	if len(missing) == 0 {
		return nil
	}
	hint := "README says where they come from, under \"The first real run\""
	if p.command.Flags().Lookup("simulate") != nil {
		hint += "; for a rehearsal without any of it, --simulate"
	}
	return hinted(hint, "the sign-in is not complete: %s missing", enumerated(missing))
}

// enumerated is such as "a and b are" or "a is".
func enumerated(things []string) string {
	last := len(things) - 1
	if last == 0 {
		return things[0] + " is"
	}
	return strings.Join(things[:last], ", ") + " and " + things[last] + " are"
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
		return secret.Text{}, hinted("write it into that file, or name the one that holds it", "--%s: the file %s is empty", flag, file)
	}
	return secret.New(text), nil
}
