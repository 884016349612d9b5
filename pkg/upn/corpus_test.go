package upn

import (
	_ "embed"
	"strings"
	"testing"
)

//go:embed testdata/names.tsv
var corpus string

// TestCorpus holds real names against what a standard or a passport makes of them,
// and reports how many differ. Differences that are known and explained in the
// file pass; they fail once they are gone, so that the file stays true.
func TestCorpus(t *testing.T) {
	template := mustParse(t, "{first}.{last}")
	names, differ := 0, 0
	languages := map[string]int{}
	language := ""
	for i, line := range strings.Split(strings.TrimSpace(corpus), "\n") {
		if title, found := strings.CutPrefix(line, "## "); found {
			language = title
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 4 && len(cells) != 6 {
			t.Fatalf("line %d has %d cells, want 4 or 6", i+4, len(cells))
		}
		names++
		languages[language]++
		want, known := cells[3], cells[3]
		if len(cells) == 6 {
			known = cells[4]
			if known == want || cells[5] == "" {
				t.Errorf("%s %s: listed as different without a difference or a reason", cells[1], cells[2])
			}
		}
		local, err := template.Local(Parts{First: cells[1], Last: cells[2], Locale: cells[0]})
		if err != nil || local.Text != known {
			t.Errorf("%s: %s %s %s: got %q, %v, want %q", strings.Split(language, "\t")[0], cells[0], cells[1], cells[2], local.Text, err, known)
		}
		if local.Text != want {
			differ++
		}
	}
	t.Logf("%d names, %d groups, %d differ from the expectation", names, len(languages), differ)
	if names < 300 || len(languages) < 40 {
		t.Errorf("%d names in %d groups, want at least 300 in 40", names, len(languages))
	}
}

func mustParse(t testing.TB, s string) Template {
	t.Helper()
	template, err := ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return template
}
