package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/pkg/credentials"
	"muster/pkg/provision"
	"muster/pkg/results"
)

// files are the names of what a run writes; "" for what the command does not.
type files struct {
	results, rejects, credentials, ledger, metrics string
}

// filesFor names the files of a run: as the settings say, else after the input.
func (p *program) filesFor(input string, shard provision.Shard) files {
	o := &p.options
	base := baseOf(input)
	name := func(given, ending string) string {
		if given == "" {
			given = base + ending
		}
		return sharded(given, shard)
	}
	credentials := ".credentials.csv"
	if len(o.ageRecipients) > 0 {
		credentials += ".age"
	}
	return files{
		results:     name(o.results, ".results.csv"),
		rejects:     name(o.rejects, ".rejects.csv"),
		credentials: name(o.credentials, credentials),
		ledger:      name(o.ledger, ".ledger.jsonl"),
		metrics:     o.metricsFile,
	}
}

// checkFiles refuses names of files that cannot all be right, before anything is
// opened: every output must be a file of its own that can be written.
func (p *program) checkFiles(input string, f files) error {
	if err := results.CheckPath(f.results); err != nil {
		return hinted("give it another ending", "%v", err)
	}
	if err := results.CheckRejectsPath(f.rejects); err != nil {
		return hinted("give it another ending", "%v", err)
	}
	if err := credentials.CheckRecipients(p.options.ageRecipients); err != nil {
		return hinted("`age-keygen -o desk.key` makes a pair of keys and prints the public one", "%v", err)
	}
	outputs := []struct{ flag, path string }{{"--ledger", f.ledger}, {"--results", f.results}, {"--rejects", f.rejects}}
	if p.command.Name() == "apply" {
		outputs = append(outputs, struct{ flag, path string }{"--credentials", f.credentials})
	}
	if f.metrics != "" {
		outputs = append(outputs, struct{ flag, path string }{"--metrics-file", f.metrics})
	}
	taken := map[string]string{}
	if input != "-" {
		taken[whole(input)] = "the input"
	}
	for _, o := range outputs {
		if other := taken[whole(o.path)]; other != "" {
			return hinted("give it a name of its own", "%s %s is also %s", o.flag, o.path, other)
		}
		taken[whole(o.path)] = o.flag
		if o.flag == "--ledger" && p.command.Name() == "validate" {
			continue // it is only read
		}
		if err := writable(o.path); err != nil {
			return &earlyError{fmt.Errorf("%s: %w", o.flag, err)}
		}
	}
	return nil
}

// whole is the one name of a file, links and letter case (on Windows) apart.
func whole(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	if runtime.GOOS == "windows" {
		path = strings.ToLower(path)
	}
	return path
}

// writable reports why a file could not be written later: it is a folder, or its
// folder takes no files.
func writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return hinted("name a file in it", "%s is a folder, and a file is needed", path)
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe is written to directly
	}
	folder := filepath.Dir(whole(path))
	probe, err := os.CreateTemp(folder, ".muster-*")
	switch {
	case errors.Is(err, fs.ErrNotExist) && !exists(folder):
		return hinted("make the folder first, or name another one", "the folder %s does not exist", folder)
	case err != nil:
		return fmt.Errorf("nothing can be written to the folder %s: %w", folder, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// exists reports whether there is something at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// filesEnding completes names of files with one of the endings.
func filesEnding(endings ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return endings, cobra.ShellCompDirectiveFilterFileExt
	}
}

// baseOf is the input without its ending, and without that of its compression.
// Standard input is called stdin.
func baseOf(input string) string {
	if input == "-" {
		return "stdin"
	}
	for _, packed := range []string{".gz", ".zst"} {
		if strings.EqualFold(filepath.Ext(input), packed) {
			input = input[:len(input)-len(packed)]
		}
	}
	return strings.TrimSuffix(input, filepath.Ext(input))
}

// sharded puts .I-of-N before the last ending.
func sharded(path string, s provision.Shard) string {
	if s.Of < 2 {
		return path
	}
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "." + shardName(s) + ext
}

// shardOf reads --shard, or what an indexed Job sets.
func (p *program) shardOf() (provision.Shard, error) {
	text, from := p.options.shard, "--shard"
	if of := p.getenv("MUSTER_SHARDS"); text == "" && of != "" {
		index := p.getenv("JOB_COMPLETION_INDEX")
		if index == "" {
			return provision.Shard{}, hinted("outside an indexed Job use --shard I/N", "MUSTER_SHARDS is set and JOB_COMPLETION_INDEX is not")
		}
		text, from = index+"/"+of, "JOB_COMPLETION_INDEX/MUSTER_SHARDS"
	}
	if text == "" {
		return provision.Shard{}, nil
	}
	s, err := parseShard(text)
	if err != nil {
		err = hinted("MUSTER_SHARDS must be the number of the Job's completions", "%s %q: %v", from, text, err)
	}
	return s, err
}

// maxShards is how many shards a run may have, and how many results files a report.
const maxShards = 10_000

// parseShard reads I/N.
func parseShard(text string) (provision.Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	index, err1 := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || of > maxShards || index < 0 || index >= of {
		return provision.Shard{}, fmt.Errorf("it must be I/N with 0 <= I < N <= %d, such as 0/4", maxShards)
	}
	return provision.Shard{Index: index, Of: of}, nil
}

// shardName is such as 0-of-4, "" where everybody is sent.
func shardName(s provision.Shard) string {
	if s.Of < 2 {
		return ""
	}
	return fmt.Sprintf("%d-of-%d", s.Index, s.Of)
}

// siblings are the ledgers beside this one that know people of the same input: those of
// the other shards, and those of runs with another number of shards, or with none.
func siblings(ledger string) ([]string, error) {
	folder, own := filepath.Split(ledger)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if e.Name() != own && unsharded(e.Name()) == unsharded(own) {
			paths = append(paths, folder+e.Name())
		}
	}
	return paths, nil
}

var shardMarks = regexp.MustCompile(`(\.\d+-of-\d+)+$`)

// unsharded is a name without what sharded put into it, however often.
func unsharded(name string) string {
	ext := filepath.Ext(name)
	return shardMarks.ReplaceAllString(strings.TrimSuffix(name, ext), "") + ext
}
