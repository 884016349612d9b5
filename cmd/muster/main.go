// Command muster puts people into a Microsoft cloud customer's directory, through
// the Partner Center API: a file of people in, a user in the tenant for each of
// them, a result for every row.
//
//	muster validate staff.csv --domain contoso.onmicrosoft.com
//	muster apply staff.csv --simulate
//
// See README.md for everything else.
package main

import (
	"context"
	"io"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program, so that tests can call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	p := newProgram(os.Environ(), stdin, stdout, stderr)
	defer func() {
		if bug := recover(); bug != nil {
			code = p.exit(bugOf(bug))
		}
	}()
	ctx, release := p.catchSignals(ctx)
	defer release()
	root := p.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(p.stderr)
	return p.exit(root.ExecuteContext(ctx))
}
