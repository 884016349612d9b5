package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"muster/pkg/provision"
)

// files are the names of what a run writes.
type files struct {
	results, rejects, credentials, ledger string
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
	return fmt.Sprintf("%s.%d-of-%d%s", strings.TrimSuffix(path, ext), s.Index, s.Of, ext)
}

// shardOf reads --shard, or what an indexed Job sets.
func (p *program) shardOf() (provision.Shard, error) {
	text := p.options.shard
	if index, of := p.getenv("JOB_COMPLETION_INDEX"), p.getenv("MUSTER_SHARDS"); text == "" && of != "" {
		if index == "" {
			return provision.Shard{}, usage("MUSTER_SHARDS is set and JOB_COMPLETION_INDEX is not: outside an indexed Job use --shard I/N")
		}
		text = index + "/" + of
	}
	if text == "" {
		return provision.Shard{}, nil
	}
	i, n, ok := strings.Cut(text, "/")
	index, err1 := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || of < 1 || index < 0 || index >= of {
		return provision.Shard{}, usage("the shard %q is not I/N with 0 <= I < N, such as 0/4", text)
	}
	return provision.Shard{Index: index, Of: of}, nil
}

// siblings are the ledgers of the other shards, as far as they exist.
func siblings(ledger string, s provision.Shard) []string {
	if s.Of < 2 {
		return nil
	}
	mine := fmt.Sprintf(".%d-of-%d", s.Index, s.Of)
	ext := filepath.Ext(ledger)
	base := strings.TrimSuffix(strings.TrimSuffix(ledger, ext), mine)
	var paths []string
	for i := range s.Of {
		if i != s.Index {
			paths = append(paths, sharded(base+ext, provision.Shard{Index: i, Of: s.Of}))
		}
	}
	return paths
}
