package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// showUsage prints what follows a command's description in its help.
func showUsage(c *cobra.Command) error {
	var b strings.Builder
	use := c.UseLine()
	if c.HasAvailableSubCommands() {
		use = c.CommandPath() + " COMMAND [flags]"
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", use)
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nCommands:\n")
		for _, s := range inOrder(c.Commands()) {
			if s.IsAvailableCommand() || s.Name() == "help" {
				fmt.Fprintf(&b, "  %-11s %s\n", s.Name(), s.Short)
			}
		}
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	writeFlags(&b, c.LocalFlags(), min(width(c.OutOrStdout()), 120))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n`%s COMMAND --help` says more of a command.\n", c.CommandPath())
	} else if hasSettings(c.LocalFlags()) {
		fmt.Fprintf(&b, "\nEvery flag --some-name can be given as the variable MUSTER_SOME_NAME too; the flag wins.\n")
	}
	_, err := c.OutOrStderr().Write([]byte(b.String()))
	return err
}

// inOrder sorts the commands as they are needed, one after the other.
func inOrder(commands []*cobra.Command) []*cobra.Command {
	order := []string{"template", "validate", "login", "plan", "apply", "report", "undo", "simulate"}
	place := func(c *cobra.Command) int {
		if i := slices.Index(order, c.Name()); i >= 0 {
			return i
		}
		return len(order)
	}
	sorted := slices.Clone(commands)
	slices.SortStableFunc(sorted, func(a, b *cobra.Command) int { return place(a) - place(b) })
	return sorted
}

// writeFlags lists the flags by their groups, those without one last.
func writeFlags(b *strings.Builder, flags *pflag.FlagSet, width int) {
	for _, group := range append(groups(), "") {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		flags.VisitAll(func(f *pflag.Flag) {
			if strings.Join(f.Annotations[groupKey], "") == group {
				set.AddFlag(f)
			}
		})
		if !set.HasAvailableFlags() {
			continue
		}
		title := group
		if group == "" {
			title = "Others"
		}
		fmt.Fprintf(b, "\n%s:\n%s", title, set.FlagUsagesWrapped(width))
	}
}

// hasSettings reports whether some flag has its variable.
func hasSettings(flags *pflag.FlagSet) (has bool) {
	flags.VisitAll(func(f *pflag.Flag) { has = has || f.Annotations[groupKey] != nil })
	return has
}
