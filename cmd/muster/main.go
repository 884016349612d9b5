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
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"muster/pkg/provision"
)

func main() {
	// What net/http has to say it says to this logger, such as the bytes that follow
	// an answer longer than its Content-Length: there may be a password in them.
	log.SetOutput(io.Discard)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program, so that tests can call it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := newProgram(os.Environ(), stdin, stdout, stderr)
	ctx, release := p.catchSignals(ctx, p.sayStopping)
	defer release()
	root := p.root()
	strictly(root)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(p.stderr)
	ended := make(chan int, 1)
	go func() {
		defer func() {
			if bug := recover(); bug != nil {
				ended <- p.exit(p.bugOf(bug))
			}
		}()
		c, err := root.ExecuteContextC(ctx)
		if err != nil {
			p.shape(c, args)
		}
		ended <- p.exit(err)
	}()
	select {
	case code := <-ended:
		return code
	case <-p.overdue:
		return leave(stderr)
	}
}

// leave ends a program that has not ended by itself after the second signal,
// because a disk, a pipe or a terminal hangs: perhaps the one that is to be
// written to here. The ledger is good at any instant, and no other file is ever
// half written under its own name.
func leave(stderr io.Writer) int {
	said := make(chan struct{})
	go func() {
		defer close(said)
		fmt.Fprintf(stderr, "muster: %v\nhint: %s\n", provision.ErrStopped, hintOf(provision.ErrStopped))
	}()
	select {
	case <-said:
	case <-time.After(time.Second):
	}
	return exitInterrupted
}
