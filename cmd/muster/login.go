package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"muster/pkg/provision"
	"muster/pkg/signin"
)

func (p *program) loginCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "login",
		Short: "Sign in with a device code and store the refresh token",
		Long: `login prints a code and an address. Open the address in any browser, on any device,
type the code and sign in with the partner's service account and its second factor.
The refresh token is stored with mode 0600; every run renews it.`,
		Example: `  muster login --tenant partner.onmicrosoft.com --client-id 00000000-0000-0000-0000-000000000000 \
      --refresh-token-file token`,
		Args:              args("", 0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.login(c) },
	}
	p.options.bind(c, onSignIn|onLogs)
	return c
}

func (p *program) login(c *cobra.Command) error {
	p.startLog(&p.options)
	file := p.options.refreshTokenFile
	if file == "" {
		return hinted("as in --refresh-token-file token", "login needs --refresh-token-file: where the refresh token is to be stored")
	}
	if err := writable(file); err != nil {
		return &earlyError{fmt.Errorf("--refresh-token-file: %w", err)}
	}
	config, err := p.signIn()
	if err != nil {
		return err
	}
	login, err := signin.NewDeviceLogin(config)
	if err != nil {
		return early(err)
	}
	ctx, cancel := p.untilStopped(c.Context())
	defer cancel()
	err = login.Run(ctx, func(message string) { fmt.Fprintln(p.stdout, message) })
	if ctx.Err() != nil {
		return fmt.Errorf("nobody has signed in: %w", provision.ErrStopped)
	}
	if err != nil && !unreached(err) && !diskFull(err) {
		return &provision.RefusedError{Err: err, Hint: hintOf(err)}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "signed in; the refresh token is in %s\nNext, a look at a customer:\n  muster plan staff.csv --customer DOMAIN --tenant %s --client-id %s --refresh-token-file %s\n",
		file, quoted(p.options.tenant), quoted(p.options.clientID), quoted(file))
	return err
}
