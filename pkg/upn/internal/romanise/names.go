package romanise

import (
	_ "embed"
	"strings"
	"sync"
)

// names.tsv lists names that letters alone do not tell: kind, name, Latin spelling.
//
//go:embed names.tsv
var namesFile string

// allNames reads the list at its first use, for most files need none of it.
var allNames = sync.OnceValue(func() map[string]map[string]string {
	kinds := map[string]map[string]string{}
	for line := range strings.Lines(namesFile) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		if len(cells) != 3 {
			continue // a comment
		}
		if kinds[cells[0]] == nil {
			kinds[cells[0]] = map[string]string{}
		}
		kinds[cells[0]][cells[1]] = cells[2]
	}
	return kinds
})

// knownNames returns the names of a kind: see the head of names.tsv.
func knownNames(kind string) map[string]string { return allNames()[kind] }
