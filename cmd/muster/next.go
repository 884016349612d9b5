package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"muster/pkg/provision"
	"muster/pkg/results"
)

// next finds out what to do next.
func (j *work) next() next {
	s, command := j.sum, j.command.Name()
	again := j.line(command, j.input, nil)
	switch {
	case s.ExitCode == exitInterrupted, s.ExitCode == exitBug:
		return next{"the same command goes on where this one ended, and creates nobody twice", again}
	case s.ExitCode == exitRefused, s.Error != "":
		return next{"put that right, and the same command goes on", again}
	case s.Files.Rejects != "" && s.Invalid == 0 && blameless(s.Causes):
		return next{"the rows are not to blame: the same command tries them again", again}
	case s.Files.Rejects != "":
		return j.mend(again)
	case command == "validate" && s.Planned > 0 && j.batch.Ledger != nil: // a rehearsal would refuse it
		return next{"a look at the tenant", j.line("plan", j.input, nil)}
	case command == "validate" && s.Planned > 0:
		return next{"a rehearsal, which needs no network and no sign-in", j.line("apply", j.input, nil, "--simulate")}
	case command == "plan" && s.Planned > 0:
		return next{"to create them", j.line("apply", j.input, nil)}
	case command == "apply" && j.shard.Of > 1:
		return j.join()
	case command == "apply" && s.Rehearsal:
		return j.forReal()
	}
	return next{}
}

// blameless reports whether rows failed only because the service gave no answer:
// then the hint of every cause is to try again.
func blameless(causes []results.Cause) bool {
	for _, c := range causes {
		if c.Status == results.Failed && !strings.Contains(c.Hint, "run the same command again") {
			return false
		}
	}
	return len(causes) > 0
}

// join is what follows when all shards have ended. Only whoever started them knows
// when.
func (j *work) join() next {
	whole := j.filesFor(j.input, provision.Shard{}).results
	words := []string{"muster", "report"}
	for i := range j.shard.Of {
		words = append(words, quoted(sharded(whole, provision.Shard{Index: i, Of: j.shard.Of})))
	}
	return next{"when all shards have ended, join their results", strings.Join(append(words, "--merged", quoted(whole)), " ")}
}

// mend says how to go on from rejects. They are an input of their own, with the
// same ledger, so that no name is given out twice; for a part of a sharded run,
// whose ledger is one of several, and where nothing was sent anyway, mending the
// input itself is simpler.
func (j *work) mend(again string) next {
	rejects := j.sum.Files.Rejects
	if j.input == "-" || j.command.Name() == "apply" && j.shard.Of < 2 {
		why := "mend the rows in " + rejects + " (their last two columns say what is wrong), then run"
		var with []string
		if j.sum.Files.Ledger != "" {
			with = []string{"--ledger", j.sum.Files.Ledger}
		}
		return next{why, j.line(j.command.Name(), rejects, []string{"ledger", "results", "rejects", "credentials", "format", "shard"}, with...)}
	}
	return next{"mend the rows in " + j.input + " (" + rejects + " has copies of them that say what is wrong), then run", again}
}

// forReal is what follows a rehearsal.
func (j *work) forReal() next {
	simulation := []string{"simulate", "simulate-rate", "simulate-latency", "simulate-faults", "simulate-seed"}
	if !j.command.Flags().Changed("customer") {
		return next{"that was a rehearsal: nobody was created. For the real tenant leave --simulate out and name the customer and the sign-in (`muster plan --help`)", ""}
	}
	return next{"that was a rehearsal: nobody was created. A look at the real tenant", j.line("plan", j.input, append(simulation, "credentials", "age-recipient", "max-failures"))}
}

// line is a command line with the flags of this one, but for those to be left
// out, and others. What came from the environment stays there.
func (p *program) line(command, input string, leaveOut []string, with ...string) string {
	words := []string{"muster", command, quoted(input)}
	p.command.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Changed || slices.Contains(leaveOut, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if l := listOf(f); l != nil {
			values = *l.to
		}
		for _, v := range values {
			words = append(words, "--"+f.Name)
			if f.NoOptDefVal == "" {
				words = append(words, quoted(v))
			} else if v != f.NoOptDefVal {
				words[len(words)-1] += "=" + v
			}
		}
	})
	for _, w := range with {
		words = append(words, quoted(w))
	}
	return strings.Join(words, " ")
}
