// Package typo finds the word that a mistyped one was meant to be.
//
//	if w := typo.Nearest("fistname", fields, 2); w != "" {
//		hint = "did you mean " + w + "?"
//	}
package typo

// Nearest returns the known word that differs least from the given one, the first
// of them where several do, or "" where each differs by more than most letters or
// has none in common with it. Capitals are other letters.
func Nearest(given string, known []string, most int) string {
	best, letters := "", []rune(given)
	for _, word := range known {
		w := []rune(word)
		// The difference in length comes first: it is cheap, and a given word may be as
		// long as a cell.
		if apart := len(letters) - len(w); apart > most || -apart > most {
			continue
		}
		if d := distance(letters, w); d <= most && d < max(len(letters), len(w)) {
			best, most = word, d-1
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with their
// neighbour to get from a to b (the restricted Damerau-Levenshtein distance).
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			best := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				best = min(best, rows[i-2][j-2]+1)
			}
			rows[i][j] = best
		}
	}
	return rows[len(a)][len(b)]
}
