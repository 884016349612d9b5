package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"golang.org/x/term"

	"muster/pkg/provision"
	"muster/pkg/results"
	"muster/pkg/signin"
)

// program is one call of muster.
type program struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  *screen // everything on standard error goes through it, so that nothing garbles the bar
	env     []string
	options options
	stop    chan struct{}   // closed at the first signal
	ctx     context.Context // ends at the second
	overdue chan struct{}   // closed when that is some time ago

	log  *zap.Logger // nil before the settings are known
	json bool        // the log is JSON, so notices go there too

	running atomic.Bool    // a run is under way, and log and json are settled
	run     string         // its id
	idle    atomic.Bool    // nothing is on its way, so that there is nothing to bring to its end
	command *cobra.Command // the one that was called; nil before its settings are known
	doc     document       // what --output json prints at the end
	told    bool           // it was printed, or the text instead
	advised bool           // and it names the next command
	tokens  *signin.Source // of the client; nil where there is none
	tally   *tally         // nil where nothing is sent
	counts  results.Counts // of the rows, once they are known
	metrics *metrics       // nil where nobody wants them
}

func newProgram(env []string, stdin io.Reader, stdout, stderr io.Writer) *program {
	return &program{stdin: stdin, stdout: stdout, stderr: &screen{out: stderr}, env: env, ctx: context.Background(), doc: &head{}}
}

// getenv returns an environment variable, "" where there is none.
func (p *program) getenv(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if k, v, _ := strings.Cut(p.env[i], "="); k == name {
			return v
		}
	}
	return ""
}

// leavingTime is how long a command may take to end after the second signal.
const leavingTime = 2 * time.Second

// signalsToStop are SIGINT, SIGTERM, which is also what the closing of a console
// of Windows looks like, and SIGHUP, which comes when a terminal or its network
// is gone, except where nohup made the program ignore that.
func signalsToStop() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// catchSignals makes the first signal close p.stop, and the second end the
// context.
func (p *program) catchSignals(ctx context.Context) (context.Context, func()) {
	p.stop, p.overdue = make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	p.ctx = ctx
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, signalsToStop()...)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		close(p.stop)
		go p.sayStopping() // standard error may hang
		if _, ok := <-signals; ok {
			cancel()
			time.AfterFunc(leavingTime, func() { close(p.overdue) })
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
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

// untilStopped returns a context that ends at the first signal, for what there is
// no reason to bring to its end.
func (p *program) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-p.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// stopped reports whether the first signal came.
func (p *program) stopped() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// input is standard input, whose reading ends at the first signal.
func (p *program) input() io.Reader { return &interruptible{p.stdin, p.stop} }

type interruptible struct {
	in   io.Reader
	stop <-chan struct{}
}

// Read leaves a read that blocks behind when it is stopped.
func (r *interruptible) Read(b []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	buffer, read := make([]byte, len(b)), make(chan answer, 1)
	go func() {
		n, err := r.in.Read(buffer)
		read <- answer{n, err}
	}()
	select {
	case a := <-read:
		return copy(b, buffer[:a.n]), a.err
	case <-r.stop:
		return 0, provision.ErrStopped
	}
}

// leaving reports whether the second signal came: then nothing more is written.
func (p *program) leaving() bool { return p.ctx.Err() != nil }

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
			return p.resolve(c)
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
		rest, ours := strings.CutPrefix(name, "MUSTER_")
		if !ours || strings.Contains(strings.Join(known, " ")+" ", name+" ") {
			continue
		}
		// Kubernetes makes variables such as MUSTER_PORT for a service of that
		// name, so that only near misses are worth a word.
		if meant := nearest("muster_"+rest, lower); meant != "" && distance(strings.ToLower(name), meant) <= 2 {
			p.say("the variable " + name + " is no setting of muster; did you mean " + strings.ToUpper(meant) + "?")
		}
	}
}

// say tells a person something that is no error: on standard error, as a line of
// the log where that is JSON.
func (p *program) say(message string, fields ...zap.Field) {
	if p.json {
		p.log.Info(message, fields...)
		return
	}
	_, _ = p.stderr.Write([]byte("muster: " + message + "\n"))
}

// width is that of the terminal; where there is none a line may be long.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			return n
		}
	}
	return 200
}

// isTerminal reports whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// args checks the number of a command's arguments.
func args(name string, least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		help := "`" + c.CommandPath() + " --help` shows how it is called"
		switch {
		case len(a) < least:
			return hinted(help, "%s is missing", name)
		case len(a) > most && most == 0:
			return hinted(help, "%s takes no arguments, and there is %q", c.CommandPath(), a[0])
		case len(a) > most:
			return hinted("quote a name with blanks in it", "one %s is expected, and there are %d: %s", name, len(a), strings.Join(a, ", "))
		}
		return nil
	}
}
