package typo

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"first", "last", "größe", "n"}
	for _, c := range []struct {
		given string
		most  int
		want  string
	}{
		{"first", 0, "first"},
		{"firt", 1, "first"},   // a letter too few
		{"lasts", 1, "last"},   // one too many
		{"lost", 1, "last"},    // another one
		{"alst", 1, "last"},    // two that changed places count once
		{"fast", 2, "last"},    // the nearest, not the first that is near
		{"grösse", 2, "größe"}, // letters, not bytes
		{"grosse", 2, ""},      // three letters differ
		{"Last", 0, ""},
		{"m", 2, ""}, // nothing in common
		{"", 2, ""},
		{"zebra", 2, ""},
	} {
		if got := Nearest(c.given, known, c.most); got != c.want {
			t.Errorf("Nearest(%q, most %d) = %q, want %q", c.given, c.most, got, c.want)
		}
	}
}
