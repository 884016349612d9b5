package results

import (
	"strings"

	"muster/pkg/formula"
)

// defuse keeps a spreadsheet from running a cell as a formula. The same is done
// after each semicolon, since a spreadsheet in a country where that is the list
// separator cuts a comma-separated line there. [fuse] undoes it.
func defuse(s string) string { return eachPart(s, formula.Defuse) }

func fuse(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	return eachPart(s, formula.Fuse)
}

func eachPart(s string, change func(string) string) string {
	if !strings.Contains(s, ";") {
		return change(s)
	}
	parts := strings.Split(s, ";")
	for i, p := range parts {
		parts[i] = change(p)
	}
	return strings.Join(parts, ";")
}
