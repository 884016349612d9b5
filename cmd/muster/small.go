package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"muster/pkg/provision"
	"muster/pkg/roster"
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
	p.startLog()
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
	ctx, cancel := p.untilStopped(c.Context())
	defer cancel()
	err = signin.DeviceLogin(ctx, config, func(message string) { fmt.Fprintln(p.stdout, message) })
	if ctx.Err() != nil {
		return fmt.Errorf("nobody has signed in: %w", provision.ErrStopped)
	}
	if err != nil {
		return &provision.RefusedError{Err: err, Hint: hintOf(err)}
	}
	_, err = fmt.Fprintf(p.stdout, "signed in; the refresh token is in %s\nNext, a look at a customer:\n  muster plan staff.csv --customer DOMAIN --tenant %s --client-id %s --refresh-token-file %s\n",
		file, quoted(p.options.tenant), quoted(p.options.clientID), quoted(file))
	return err
}

func (p *program) templateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "template",
		Short: "Print a starter input file",
		Long: `template prints a file with every column that muster knows and two people, to begin
with. The columns that you do not need can go.`,
		Example: `  muster template > staff.csv
  muster template --format jsonl > staff.jsonl
  muster template | muster validate - --domain contoso.onmicrosoft.com`,
		Args:              args("", 0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			format := p.options.format
			if format == "auto" {
				format = "csv"
			}
			_, err := p.stdout.Write(roster.Template(format))
			return err
		},
	}
	p.options.bind(c, onTemplate)
	return c
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version",
		Args:              args("", 0, 0),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "muster %s\n%s", version(), built())
			return err
		},
	}
}

// release and commit are those of a release that is built where there is no
// repository to take them from: -ldflags "-X main.release=v1.2.3 -X main.commit=…".
// The linker sets them, nobody else.
var release, commit string

// version is that of the release or of the repository.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(release, "unknown")
	}
	return cmp.Or(release, info.Main.Version, "unknown")
}

// built says from what the program was built.
func built() string {
	facts := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			facts[s.Key] = s.Value
		}
	}
	text := ""
	if id := cmp.Or(commit, facts["vcs.revision"]); id != "" {
		text = "commit " + id
		if facts["vcs.modified"] == "true" {
			text += ", with changes"
		}
		text += "\n"
	}
	return text + fmt.Sprintf("built with %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
