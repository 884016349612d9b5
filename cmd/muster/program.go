package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"muster/pkg/results"
	"muster/pkg/signin"
	"muster/pkg/typo"
)

// program is one call of muster.
type program struct {
	call    // what it is told
	signals // what it hears meanwhile
	console // what it says meanwhile
	state   // how far it is
	closing // what it says at its end
}

// call is what one call of muster is told. Nothing of it changes once the settings
// are known.
type call struct {
	stdin   io.Reader
	stdout  io.Writer
	env     []string
	options options
	command *cobra.Command // the one that was called; nil before its settings are known
}

// state is what is known of the run so far; zero where the command has none.
type state struct {
	running atomic.Bool    // it is under way, and the console is settled
	idle    atomic.Bool    // nothing is on its way, so that there is nothing to bring to its end
	run     string         // its id
	tokens  *signin.Source // of the client
	tally   *tally         // where something is sent
	counts  results.Counts // of the rows, once they are known
	metrics *metrics       // where somebody wants them
}

// closing is what a command says at its end.
type closing struct {
	doc     document // what --output json prints
	told    bool     // it was printed, or the text instead
	advised bool     // and it names the next command
}

func newProgram(env []string, stdin io.Reader, stdout, stderr io.Writer) *program {
	return &program{
		call:    call{stdin: stdin, stdout: stdout, env: env},
		signals: signals{ctx: context.Background()},
		console: console{stderr: &screen{out: stderr}},
		closing: closing{doc: &head{}},
	}
}

// getenv returns an environment variable, "" where there is none.
func (c *call) getenv(name string) string {
	for i := len(c.env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(c.env[i], "="); k == name {
			return v
		}
	}
	return ""
}

// sayStopping tells a person that the first signal was heard.
func (p *program) sayStopping() {
	switch {
	case p.idle.Load():
		p.say("stopping")
	case p.running.Load():
		p.say("stopping: no more rows are taken, and what is on its way may land, for 20 seconds at most (once more to leave at once)")
	}
}

// input is standard input, whose reading ends at the first signal.
func (p *program) input() io.Reader { return &interruptible{p.stdin, p.stop} }

// root is the command tree.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Put people into a Microsoft cloud customer's directory",
		Long: `muster takes a file of people (CSV or JSON Lines) and creates a user for each of
them in a Microsoft cloud customer's directory, through the Partner Center API.
It may be stopped at any instant and run again: nobody is created twice, and
every row gets a result.`,
		Example: `  muster template > staff.csv
  muster validate staff.csv --domain contoso.onmicrosoft.com
  muster apply staff.csv --simulate
  muster plan staff.csv --customer contoso.onmicrosoft.com
  muster apply staff.csv --customer contoso.onmicrosoft.com`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			p.command = c
			*p.doc.top() = head{Command: c.Name(), Version: version()}
			p.doubtVariables()
			if err := p.resolve(c); err != nil {
				return err
			}
			return p.refuseHalfRehearsal(c)
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(showUsage)
	root.AddCommand(p.validateCommand(), p.planCommand(), p.applyCommand(), p.undoCommand(), p.reportCommand(),
		p.simulateCommand(), p.loginCommand(), p.templateCommand(), p.versionCommand())
	return root
}

// strictly makes cobra's own commands refuse words that mean nothing to them: by
// default they answer with help, and with success.
func strictly(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			show := c.Run
			c.Run = nil
			c.RunE = func(c *cobra.Command, words []string) error {
				if _, rest, err := root.Find(words); err != nil || len(rest) > 0 {
					return knownCommand(root, append(rest, words...)[:1])
				}
				show(c, words)
				return nil
			}
		case "completion":
			shells := []string{}
			for _, shell := range c.Commands() {
				shells = append(shells, shell.Name())
				shell.Args = args("", 0, 0)
			}
			c.Args, c.Use = cobra.ArbitraryArgs, "completion SHELL"
			c.RunE = func(_ *cobra.Command, words []string) error {
				known := "there are " + strings.Join(shells, ", ")
				if len(words) == 0 {
					return hinted(known, "SHELL is missing")
				}
				return hinted(known, "there is no completion for %q", words[0])
			}
		}
	}
}

// knownCommand is for words that are no command.
func knownCommand(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	c.SuggestionsMinimumDistance = 2
	meant := ""
	if s := c.SuggestionsFor(words[0]); len(s) > 0 {
		meant = "; did you mean " + strings.Join(s, " or ") + "?"
	}
	return hinted("`muster help` lists the commands", "muster has no command %q%s", words[0], meant)
}

// doubtVariables names variables that look like settings and are none: a typing
// error there would otherwise go unnoticed.
func (p *program) doubtVariables() {
	known := []string{"MUSTER_CLIENT_SECRET", "MUSTER_REFRESH_TOKEN", "MUSTER_ACCESS_TOKEN", "MUSTER_SHARDS"}
	for _, s := range settings() {
		known = append(known, environment(s.name))
	}
	lower := make([]string, len(known))
	for i, k := range known {
		lower[i] = strings.ToLower(k)
	}
	for _, e := range p.env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "MUSTER_") || slices.Contains(known, name) {
			continue
		}
		if meant := variableLike(strings.ToLower(name), lower); meant != "" {
			p.say(fmt.Sprintf("the variable %q is no setting of muster; did you mean %s?", name, strings.ToUpper(meant)))
		}
	}
}

// variableLike returns the setting's variable that another one differs from by two
// letters at most, or by words at its end; "" if there is none. Kubernetes makes
// variables such as MUSTER_PORT for a service of that name, so that only these are
// worth a word.
func variableLike(name string, known []string) (like string) {
	if like = typo.Nearest(name, known, 2); like != "" {
		return like
	}
	like = ""
	for _, k := range known {
		if strings.HasPrefix(name, k+"_") && len(k) > len(like) {
			like = k
		}
	}
	return like
}

// args checks the number of a command's arguments.
func args(name string, least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		help := "`" + c.CommandPath() + " --help` shows how it is called"
		pasted := slices.IndexFunc(a, func(s string) bool { return strings.HasPrefix(s, "–") || strings.HasPrefix(s, "—") })
		switch {
		case pasted >= 0 && len(a) > most:
			return hinted("type two hyphens in front of it: mail and word processors make one long dash of them", "%q is no flag: it begins with a dash", a[pasted])
		case len(a) < least:
			return hinted(help, "%s is missing", name)
		case len(a) > most && most == 0:
			return hinted(help, "%s takes no arguments, and there is %q", c.CommandPath(), a[0])
		case len(a) > most:
			return hinted("quote a name with blanks in it", "one %s is expected, and there are %d: %s", name, len(a), strings.Join(a, ", "))
		case slices.Contains(a, ""):
			return hinted("name a file; if a script put a variable there, it is not set", "%s is empty", name)
		}
		return nil
	}
}
