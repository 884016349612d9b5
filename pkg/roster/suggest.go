package roster

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"muster/pkg/typo"
)

// manyColumns is more than a list of people has. In a file of so many no slips of the
// finger are looked for: each column is held against all headers that are usual.
const manyColumns = 1000

// resembling finds the field whose name or usual header is nearest to an unknown
// one, if it is near enough for a slip of the finger.
func (m *mapper) resembling(folded string) string {
	if len(m.labels) > manyColumns {
		return ""
	}
	most := 2
	if len(folded) < 8 {
		most = 1
	}
	names := slices.DeleteFunc(sortedKeys(m.table), func(name string) bool {
		return len(name) < 4 || slices.Contains(m.fields, m.table[name].field)
	})
	if like := typo.Nearest(folded, names, most); like != "" {
		return m.table[like].field.String()
	}
	return ""
}

func quotedList(items []string) string {
	const limit = 40
	var b strings.Builder
	for i, s := range items {
		if i == limit {
			fmt.Fprintf(&b, " and %d more", len(items)-limit)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", clip(s))
	}
	return b.String()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
