package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"muster/pkg/credentials"
	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/provision"
)

// A ledger of a rehearsal says of people that they were created who exist
// nowhere. So each ledger records the service it was written for, and a run with
// another one does not trust it.

// signature is what the ledger records of the program.
func (p *program) signature() string { return "muster " + version() }

// oldMark stands before the service at the end of a signature in ledgers of the
// first versions, which had no place of its own for it.
const oldMark = " at "

// errFound ends the reading of a ledger.
var errFound = errors.New("found")

// serviceOf returns the service that the ledger at path was written for: that of
// the first run that says. It is "" where there is no ledger, or none that says.
// Damage is for [ledger.Open] to tell of.
func serviceOf(path string) (string, error) {
	service := ""
	j, err := durable.OpenJournal(path, durable.Options{ReadOnly: true}, func(e durable.Entry) error {
		var line struct{ Type, Program, Service string }
		if err := json.Unmarshal(e.Record, &line); err != nil {
			return err
		}
		if line.Type != "run" {
			return nil
		}
		if service = line.Service; service == "" {
			_, service, _ = strings.Cut(line.Program, oldMark)
		}
		if service == "" {
			return nil
		}
		return errFound
	})
	var damage *durable.DamageError
	switch {
	case errors.Is(err, errFound), errors.Is(err, fs.ErrNotExist), errors.As(err, &damage):
		return service, nil
	case err != nil:
		return "", early(err)
	}
	return service, j.Close()
}

// ledgerFits sees to it that the run does not trust a ledger of another service.
// A rehearsal's is set aside, so that a real run begins anew; usable is false
// where readOnly forbids that. Any other one refuses the run.
func (j *work) ledgerFits(readOnly bool) (usable bool, err error) {
	was, err := serviceOf(j.files.ledger)
	now := j.service()
	switch {
	case err != nil:
		return false, err
	case was == "" || was == now:
		return true, nil
	case was == simulated && readOnly:
		j.say(fmt.Sprintf("the ledger %s is that of a rehearsal and is left aside", j.files.ledger))
		return false, nil
	case was == simulated:
		return true, j.setAside()
	case now == simulated:
		return false, hinted("rehearse with files of their own: "+j.elsewhere(),
			"the ledger %s records what was done at %s, and a rehearsal must not mix with that", j.files.ledger, spoken(was))
	}
	return false, hinted("name another ledger with --ledger, or the same service with --api-url",
		"the ledger %s records what was done at %s, and this run would go to %s", j.files.ledger, spoken(was), spoken(now))
}

func spoken(service string) string {
	switch service {
	case simulated:
		return "the emulator"
	case local:
		return "a service on this machine"
	}
	return service
}

// setAside renames the files of a rehearsal.
func (j *work) setAside() error {
	l, err := ledger.Open(j.files.ledger, ledger.Options{}) // nobody else may be at it
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		return early(err)
	}
	// The ledger is the last, so that a run that is killed here begins anew.
	paths, err := credentials.Files(j.files.credentials)
	if err != nil {
		return early(err)
	}
	moved := []string{}
	for _, path := range append(paths, j.files.ledger) {
		to := rehearsed(path)
		if err := os.Rename(path, to); err != nil {
			return &earlyError{fmt.Errorf("the files of a rehearsal cannot be set aside: %w", err)}
		}
		moved = append(moved, path+" is now "+to)
	}
	j.say("the last run was a rehearsal; its files are set aside, and this run begins anew: " + strings.Join(moved, ", "))
	return nil
}

// rehearsed is the name of a rehearsal's file: staff.rehearsal.ledger.jsonl.
func rehearsed(path string) string {
	folder, name := filepath.Split(path)
	for _, part := range []string{".ledger", ".credentials", ".results", ".rejects"} {
		if i := strings.LastIndex(name, part+"."); i >= 0 {
			return folder + name[:i] + ".rehearsal" + name[i:]
		}
	}
	ext := filepath.Ext(name)
	return folder + strings.TrimSuffix(name, ext) + ".rehearsal" + ext
}

// elsewhere is the command of a rehearsal that keeps away from the real files.
func (j *work) elsewhere() string {
	f := j.filesFor(j.input, provision.Shard{}) // --shard numbers them
	with := []string{"--ledger", rehearsed(f.ledger), "--results", rehearsed(f.results), "--rejects", rehearsed(f.rejects)}
	if j.command.Name() == "apply" {
		with = append(with, "--credentials", rehearsed(f.credentials))
	}
	return j.line(j.command.Name(), j.input, []string{"ledger", "results", "rejects", "credentials"}, with...)
}
