package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// kind makes the flag's value, for one command.
type kind = func(*options, *setting) pflag.Value

// value is a flag's value: text that is parsed into a field of the options. Making one
// does not set the field, since several commands may have flags for one field, with
// different defaults; [program.resolve] sets the default of the command that is called.
type value[T any] struct {
	to      *T
	parse   func(string) (T, error)
	written string // what it was last set to, at first the default
}

func (v *value[T]) String() string { return v.written }

// Type implements [pflag.Value]; see [named].
func (v *value[T]) Type() string { return "value" }

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err == nil {
		*v.to, v.written = parsed, s
	}
	return err
}

// text is a value that may be anything that the checks let pass. An empty one is
// as good as none.
func text(of func(*options) *string, otherwise string, checks ...func(string) error) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[string]{to: of(o), written: otherwise, parse: func(s string) (string, error) {
			if s == "" { // no check builds its tables for what is not set
				return "", nil
			}
			for _, check := range checks {
				if err := check(s); err != nil {
					return "", err
				}
			}
			return s, nil
		}}
	}
}

// choice is one of the words in the setting's arg.
func choice(of func(*options) *string, otherwise string) kind {
	return func(o *options, s *setting) pflag.Value {
		return &value[string]{to: of(o), written: otherwise, parse: func(given string) (string, error) {
			words := strings.Split(s.arg, "|")
			for _, w := range words {
				if strings.EqualFold(w, given) {
					return w, nil
				}
			}
			return "", fmt.Errorf("it must be one of %s%s", strings.Join(words, ", "), didYouMean(given, words))
		}}
	}
}

func toggle(of func(*options) *bool) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[bool]{to: of(o), written: "false", parse: func(s string) (bool, error) {
			b, err := strconv.ParseBool(strings.ToLower(s))
			if err != nil {
				err = fmt.Errorf("it must be true or false")
			}
			return b, err
		}}
	}
}

// count is a whole number that is not below least.
func count(of func(*options) *int, otherwise, least int) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[int]{to: of(o), written: strconv.Itoa(otherwise), parse: func(s string) (int, error) {
			n, err := strconv.Atoi(s)
			if err != nil || n < least || n > math.MaxInt32 {
				return 0, fmt.Errorf("it must be a whole number, %d or more", least)
			}
			return n, nil
		}}
	}
}

// number is one from least to most.
func number(of func(*options) *float64, least, most float64) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[float64]{to: of(o), written: "0", parse: func(s string) (float64, error) {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil || !(n >= least && n <= most) {
				return 0, fmt.Errorf("it must be a number from %.0f to %.0f", least, most)
			}
			return n, nil
		}}
	}
}

func seed(of func(*options) *uint64, otherwise uint64) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[uint64]{to: of(o), written: strconv.FormatUint(otherwise, 10), parse: func(s string) (uint64, error) {
			n, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				err = fmt.Errorf("it must be a whole number, 0 or more")
			}
			return n, err
		}}
	}
}

// duration is a time that is not below least. A bare number would leave the unit
// open, so that it is refused.
func duration(of func(*options) *time.Duration, otherwise, least time.Duration) kind {
	return func(o *options, _ *setting) pflag.Value {
		return &value[time.Duration]{to: of(o), written: cmp.Or(strings.TrimPrefix(otherwise.String(), "0s"), "0"), parse: func(s string) (time.Duration, error) {
			d, err := time.ParseDuration(s)
			if err != nil || d < least {
				return 0, fmt.Errorf("it must be a time with its unit, such as 30s or 2m, and at least %v", least)
			}
			return d, nil
		}}
	}
}

// listValue is a flag that may be given several times.
type listValue struct {
	to    *[]string
	check func(string) error // of one value; nil: anything goes
}

func list(of func(*options) *[]string, check func(string) error) kind {
	return func(o *options, _ *setting) pflag.Value { return &listValue{of(o), check} }
}

func (l *listValue) String() string {
	if l.to == nil {
		return ""
	}
	return strings.Join(*l.to, ",")
}

func (l *listValue) Type() string { return "value" }

func (l *listValue) Set(s string) error {
	if s == "" {
		return nil
	}
	if l.check != nil {
		if err := l.check(s); err != nil {
			return err
		}
	}
	*l.to = append(*l.to, s)
	return nil
}

// named shows the setting's argument in help, where pflag shows the type.
type named struct {
	pflag.Value
	arg string
}

// Type implements [pflag.Value]. Help shows nothing for a "bool".
func (n named) Type() string { return cmp.Or(n.arg, "bool") }

// listOf returns the list behind a flag, or nil.
func listOf(f *pflag.Flag) *listValue {
	if n, ok := f.Value.(named); ok {
		l, _ := n.Value.(*listValue)
		return l
	}
	return nil
}

// bind gives a command the flags of its groups.
func (o *options) bind(c *cobra.Command, groups int) {
	c.Flags().SortFlags = false
	for _, s := range settings() {
		if s.on&groups == 0 {
			continue
		}
		s.bind(c.Flags(), o)
		if err := c.RegisterFlagCompletionFunc(s.name, s.complete()); err != nil {
			panic(err) // two settings of one name on one command
		}
	}
}

// bind adds the setting's flag.
func (s *setting) bind(flags *pflag.FlagSet, o *options) {
	f := flags.VarPF(named{s.kind(o, s), s.arg}, s.name, "", s.help)
	if s.arg == "" {
		f.NoOptDefVal = "true"
	}
	f.Annotations = map[string][]string{groupKey: {s.group}}
}

// groupKey is where a flag keeps the group that help shows it in.
const groupKey = "group"

// complete says how a shell completes the flag's value.
func (s *setting) complete() cobra.CompletionFunc {
	switch {
	case s.arg == "FILE":
		return nil // the shell's own way with files
	case strings.Contains(s.arg, "|"):
		return cobra.FixedCompletions(strings.Split(s.arg, "|"), cobra.ShellCompDirectiveNoFileComp)
	}
	return cobra.NoFileCompletions
}

// environment is the name of the variable that stands for a flag.
func environment(flag string) string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// resolve sets the flags that were not given, from their variables or else to
// their defaults. An empty variable is as good as none.
func (p *program) resolve(c *cobra.Command) error {
	var failed error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || failed != nil || f.Name == "help" {
			return
		}
		name := environment(f.Name)
		given := strings.TrimSpace(p.getenv(name))
		if given == "" {
			failed = f.Value.Set(f.DefValue)
			return
		}
		values := []string{given}
		if listOf(f) != nil {
			values = strings.FieldsFunc(given, func(r rune) bool { return r == ',' || r == '\n' })
		}
		for _, v := range values {
			if err := f.Value.Set(strings.TrimSpace(v)); err != nil {
				failed = hinted(cmp.Or(hintIn(err), helpOf(c)), "%s=%q is no value for --%s: %v", name, withoutPassword(given), f.Name, err)
				return
			}
		}
	})
	return failed
}

// refuseHalfRehearsal refuses a flag of a rehearsal where --simulate is missing: whoever
// gave it thinks that nobody will be created. A variable may be there for `muster
// simulate`, and is no such sign.
func (p *program) refuseHalfRehearsal(c *cobra.Command) (err error) {
	if c.Flags().Lookup("simulate") == nil || p.options.simulate {
		return nil
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, "simulate-") {
			err = hinted("for a rehearsal give --simulate too; for a real run leave it out", "--%s is for a rehearsal, and --simulate is missing", f.Name)
		}
	})
	return err
}

// withoutPassword cuts a user and a password out of what may be a URL.
func withoutPassword(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
		return scheme + "://…" + rest[i:]
	}
	return s
}

func helpOf(c *cobra.Command) string {
	return fmt.Sprintf("`%s --help` lists what there is", c.CommandPath())
}

// hintIn is the hint of a check that has one of its own.
func hintIn(err error) string {
	if own := (*usageError)(nil); errors.As(err, &own) {
		return own.hint
	}
	return ""
}

// flagError words what pflag says of a flag.
func flagError(c *cobra.Command, err error) error {
	help := helpOf(c)
	switch err := err.(type) {
	case *pflag.NotExistError:
		name := err.GetSpecifiedName()
		if letters := err.GetSpecifiedShortnames(); letters != "" {
			return hinted(help, "there is no flag -%s: flags have long names, such as --customer", letters)
		}
		meant := ""
		if like := nearest(name, flagNames(c)); like != "" {
			meant = "; did you mean --" + like + "?"
		}
		return hinted(help, "%s has no flag --%s%s", c.CommandPath(), name, meant)
	case *pflag.ValueRequiredError:
		return hinted(help, "--%s needs a value, as in --%s %s", err.GetFlag().Name, err.GetFlag().Name, err.GetFlag().Value.Type())
	case *pflag.InvalidValueError:
		return hinted(cmp.Or(hintIn(err), help), "--%s %q: %v", err.GetFlag().Name, withoutPassword(err.GetValue()), err.Unwrap())
	}
	return hinted(help, "%v", err)
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
