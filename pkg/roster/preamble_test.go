package roster

import (
	"strings"
	"testing"
)

// TestOddLineEnds holds that no file is taken for a header without rows because its
// lines end with what is a line end to Unicode only.
func TestOddLineEnds(t *testing.T) {
	for _, end := range []string{"\u0085", "\u2028", "\u2029"} {
		for _, last := range []string{"", "\n"} {
			_, err := openText(t, "people.csv", "firstName,lastName"+end+"Ann,Lee"+end+last, Options{})
			if err == nil || !strings.Contains(err.Error(), "line 1: the lines of this file end with U+") {
				t.Errorf("%q: got %v, want a refusal", end+last, err)
			}
		}
		rows := rowsOf(t, "first"+end+"name,last name\nAnn,Lee\n", Options{})
		if len(rows) != 1 || rows[0].Person.DisplayName != "Ann Lee" {
			t.Errorf("%q in a header with rows: got %+v", end, rows)
		}
	}
}
