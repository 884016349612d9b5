package roster

import (
	"fmt"
	"slices"
	"sort"
	"strings"
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
	like, nearest := "", 3
	if len(folded) < 8 {
		nearest = 2
	}
	for _, name := range sortedKeys(m.table) {
		if len(name) < 4 || slices.Contains(m.fields, m.table[name].field) {
			continue
		}
		if d := distance(folded, name); d < nearest {
			like, nearest = m.table[name].field.String(), d
		}
	}
	return like
}

// distance is the number of letters to insert, delete, replace or swap with their
// neighbour to get from a to b (the restricted Damerau-Levenshtein distance).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if d := len(s) - len(t); d > 2 || d < -2 {
		return 3
	}
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			best := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				best = min(best, rows[i-2][j-2]+1)
			}
			rows[i][j] = best
		}
	}
	return rows[len(s)][len(t)]
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
