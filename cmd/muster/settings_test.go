package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// settled parses args for a command that has every setting of apply, and returns
// the options.
func settled(t *testing.T, env []string, args ...string) (*options, error) {
	t.Helper()
	p := newProgram(env, strings.NewReader(""), io.Discard, io.Discard)
	c := &cobra.Command{Use: "apply", SilenceErrors: true, SilenceUsage: true, RunE: func(c *cobra.Command, _ []string) error { return p.resolve(c) }}
	c.SetFlagErrorFunc(flagError)
	p.options.bind(c, onInput|onTenant|onApply|onSignIn|onService|onLogs|onOutput)
	c.SetArgs(args)
	return &p.options, c.Execute()
}

func TestFlagBeatsVariableBeatsDefault(t *testing.T) {
	t.Parallel()
	env := []string{"MUSTER_CONCURRENCY=3", "MUSTER_RATE=2.5", "MUSTER_STRICT=TRUE", "MUSTER_REQUEST_TIMEOUT= 2m ",
		"MUSTER_ON_EXISTS=Number", "MUSTER_MAX_ATTEMPTS=", "MUSTER_MAP=a=firstName,b=lastName\nc=domain", "MUSTER_CUSTOMER=x.example"}
	o, err := settled(t, env, "--concurrency", "5", "--customer", "y.example")
	if err != nil {
		t.Fatal(err)
	}
	if o.concurrency != 5 || o.customer != "y.example" {
		t.Errorf("flags: got %d and %q, want 5 and y.example", o.concurrency, o.customer)
	}
	if o.rate != 2.5 || !o.strict || o.requestTimeout != 2*time.Minute || o.onExists != "number" {
		t.Errorf("variables: got %v, %v, %v, %q", o.rate, o.strict, o.requestTimeout, o.onExists)
	}
	if want := []string{"a=firstName", "b=lastName", "c=domain"}; !slices.Equal(o.columns, want) {
		t.Errorf("a list: got %q, want %q", o.columns, want)
	}
	if o.maxAttempts != 6 || o.upn != "{first}.{last}" || o.output != "text" || o.logLevel != "auto" {
		t.Errorf("defaults: got %d, %q, %q, %q", o.maxAttempts, o.upn, o.output, o.logLevel)
	}
}

// A command must not get the default that another command has for the same field.
func TestDefaultsAreTheCommands(t *testing.T) {
	t.Parallel()
	p := newProgram(nil, strings.NewReader(""), io.Discard, io.Discard)
	root := p.root()
	root.SetArgs([]string{"version"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if p.options.format != "" {
		t.Errorf("a command without --format set it to %q", p.options.format)
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ env, args, want string }{
		{"", "--concurency=3", `no flag --concurency; did you mean --concurrency?`},
		{"", "--zebra", "has no flag --zebra"},
		{"", "--rate", "--rate needs a value, as in --rate N"},
		{"", "--rate=-1", `--rate "-1": it must be a number from 0`},
		{"", "--rate=NaN", "it must be a number"},
		{"", "--rate=+Inf", "it must be a number"},
		{"", "--concurrency=0", "it must be a whole number, 1 or more"},
		{"", "--concurrency=99999999999", "it must be a whole number"},
		{"", "--request-timeout=0s", "a time with its unit"},
		{"", "--request-timeout=30", "a time with its unit"},
		{"", "--on-exists=skp", `one of skip, number, fail; did you mean "skip"?`},
		{"", "--simulate-faults=1.5", "from 0 to 1"},
		{"", "--shard=4/4", "I/N with 0 <= I < N"},
		{"", "--shard=0/2000000000", "N <= 10000"},
		{"", "--map=Kürzel", "HEADER=FIELD"},
		{"", "--map==x", "HEADER=FIELD"},
		{"", "--customer=contoso", "tenant GUID or one of its domains"},
		{"", "--domain=jane@contoso.com", "a domain, such as"},
		{"", "--domain=ä.de", `--domain "ä.de": it must be a domain`},
		{"", "--domain=-x.com", "a domain, such as"},
		{"", "--domain=127.0.0.1", "a domain, such as"},
		{"", "--domain=" + strings.Repeat("a", 45) + ".com", "a domain, such as"},
		{"", "--customer=ä.de", "one of its domains"},
		{"", "--usage-location=xx", `--usage-location "xx": it is no country`},
		{"MUSTER_USAGE_LOCATION=xx", "", "MUSTER_USAGE_LOCATION"},
		{"", "--upn={frist}", "frist"},
		{"", "--api-url=http://example.com", "--api-url"},
		{"MUSTER_CONCURRENCY=many", "", `MUSTER_CONCURRENCY="many" is no value for --concurrency`},
		{"MUSTER_STRICT=maybe", "", "MUSTER_STRICT"},
		{"MUSTER_MAP=a=domain,b", "", "MUSTER_MAP"},
	} {
		_, err := settled(t, []string{c.env}, strings.Fields(c.args)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.env, c.args, err, c.want)
		}
		if code := exitCode(err); code != exitUsage {
			t.Errorf("%s %s: got exit code %d, want %d", c.env, c.args, code, exitUsage)
		}
		if hintOf(err) == "" {
			t.Errorf("%s %s: no hint", c.env, c.args)
		}
	}
}

func TestSettingsTable(t *testing.T) {
	t.Parallel()
	for _, s := range settings() {
		if !slices.Contains(groups(), s.group) || s.help == "" || s.on == 0 {
			t.Errorf("--%s: no group, help or command", s.name)
		}
		if strings.Contains(s.help, "`") {
			t.Errorf("--%s: the help has a backtick, which pflag takes for the name of the value", s.name)
		}
		v := s.kind(&options{}, &s)
		if _, isList := v.(*listValue); isList {
			continue
		}
		if err := v.Set(v.String()); err != nil {
			t.Errorf("--%s: its default %q is no value: %v", s.name, v.String(), err)
		}
	}
}

func TestVariableWithATypingError(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	p := newProgram([]string{"MUSTER_CONCURENCY=3", "MUSTER_PORT=tcp://10.0.0.1:80", "MUSTER_RATE=1", "MUSTER_\u200bRATE=1", "MUSTER_SHARDS=4", "HOME=/"}, strings.NewReader(""), io.Discard, &said)
	p.doubtVariables()
	if got, want := said.String(), "muster: the variable \"MUSTER_CONCURENCY\" is no setting of muster; did you mean MUSTER_CONCURRENCY?\nmuster: the variable \"MUSTER_\\u200bRATE\" is no setting of muster; did you mean MUSTER_RATE?\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDashInsteadOfHyphens(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "validate"}
	for _, dash := range []string{"–", "—"} {
		err := args("INPUT", 1, 1)(c, []string{"staff.csv", dash + "domain", "contoso.com"})
		if err == nil || !strings.Contains(err.Error(), dash+`domain" is no flag: it begins with a dash`) || hintOf(err) == "" {
			t.Errorf("got %v, hint %q", err, hintOf(err))
		}
	}
	if err := args("INPUT", 1, 1)(c, []string{"– staff.csv"}); err != nil {
		t.Errorf("a file whose name begins with a dash: got %v", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"skip", "number", "fail"}
	for given, want := range map[string]string{"skp": "skip", "SKIP!": "skip", "nubmer": "number", "numbers": "number", "fial": "fail", "x": "", "": "", "zebra": ""} {
		if got := nearest(given, words); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}

func TestNoPasswordOfAURLIsRepeated(t *testing.T) {
	for given, want := range map[string]string{
		"http://user:pw@example.com": "http://…@example.com",
		"https://example.com":        "https://example.com",
		"someone@example.com":        "someone@example.com",
	} {
		if got := withoutPassword(given); got != want {
			t.Errorf("withoutPassword(%q) = %q, want %q", given, got, want)
		}
	}
}
