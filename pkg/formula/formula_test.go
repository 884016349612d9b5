package formula

import "testing"

// TestDefuse holds what is taken for a formula, and that undoing gives the cell back.
func TestDefuse(t *testing.T) {
	tests := []struct{ cell, want string }{
		{"", ""},
		{"Jane", "Jane"},
		{"'t Hooft", "'t Hooft"},
		{"=1+1", "'=1+1"},
		{"'=1+1", "''=1+1"},
		{"''-x", "'''-x"},
		{"@", "'@"},
		{" \u200b+1", "' \u200b+1"},
		{"－1", "'－1"},
		{"\t", "'\t"},
		{"\rx", "'\rx"},
		{"'\t", "''\t"},
		{" x", " x"},
		{"a=1", "a=1"},
	}
	for _, tt := range tests {
		got := Defuse(tt.cell)
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.cell, got, tt.want)
		}
		if back := Fuse(got); back != tt.cell {
			t.Errorf("%q: got %q back", tt.cell, back)
		}
	}
}
