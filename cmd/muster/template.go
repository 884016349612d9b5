package main

import (
	"github.com/spf13/cobra"

	"muster/pkg/roster"
)

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
