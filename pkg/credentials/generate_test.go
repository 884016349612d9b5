package credentials

import (
	"math"
	"strings"
	"testing"
)

// policySymbols are those of "Password policies and account restrictions in
// Microsoft Entra ID", written out anew so that the test does not share a mistake.
const policySymbols = "@#$%^&*-_!+=[]{}|\\:',.?/`~\"();<>"

func TestGenerateKeepsThePolicy(t *testing.T) {
	seen := map[string]bool{}
	for range 20_000 {
		p := Generate("Jane", "Doe").Reveal()
		var lower, upper, digit, symbol int
		for _, r := range p {
			switch {
			case r >= 'a' && r <= 'z':
				lower = 1
			case r >= 'A' && r <= 'Z':
				upper = 1
			case r >= '0' && r <= '9':
				digit = 1
			case strings.ContainsRune(policySymbols, r):
				symbol = 1
			default:
				t.Fatalf("%q: the service does not allow %q", p, r)
			}
		}
		if lower+upper+digit+symbol != 4 {
			t.Errorf("%q has %d of the four classes, want 4", p, lower+upper+digit+symbol)
		}
		if len(p) != 16 {
			t.Errorf("%q has %d characters, want 16", p, len(p))
		}
		if strings.ContainsAny(p, "0Oo1lI|") {
			t.Errorf("%q holds a character that looks like another", p)
		}
		if strings.ContainsAny(p[:1], "=+-@'\"") || strings.ContainsAny(p, ",;\"' \t`$\\!%&|<>()*?[]{}~^/") {
			t.Errorf("%q: a spreadsheet, CSV or shell would take something for its own", p)
		}
		if seen[p] {
			t.Errorf("%q came twice", p)
		}
		seen[p] = true
	}
}

// One at most of each group of characters that look alike can be in a password.
func TestGenerateAlphabet(t *testing.T) {
	for _, group := range []string{"0OoQ", "1lIi|!", "2Zz", "5Ss$", "6Gb", "8B&", "9gq", ".,;:'`", "-_~", "jJ"} {
		n := 0
		for _, r := range group {
			n += strings.Count(every, string(r))
		}
		if n > 1 {
			t.Errorf("%d characters of %q are in use, want 1 at most", n, group)
		}
	}
	for i, r := range every {
		if strings.IndexRune(every, r) != i {
			t.Errorf("%q stands twice in the alphabet, so that it is drawn twice as often", r)
		}
	}
}

// The middle characters of drawn texts are tested by chi squared: unbiased ones
// exceed the bound once in some million runs.
func TestDrawIsEven(t *testing.T) {
	const texts = 20_000
	counts := map[byte]float64{}
	for range texts {
		for _, b := range []byte(draw()) {
			counts[b]++
		}
	}
	want := float64(texts*Length) / float64(len(every))
	chi := 0.0
	for i := range len(every) {
		chi += (counts[every[i]] - want) * (counts[every[i]] - want) / want
	}
	freedom := float64(len(every) - 1)
	if bound := freedom + 6*math.Sqrt(2*freedom); chi > bound {
		t.Errorf("chi squared is %.0f, want at most %.0f: %v", chi, bound, counts)
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		password string
		avoid    []string
		want     bool
	}{
		{"Kad3-xNw7yTcFh4R", nil, true},
		{"Kad3-xNw7yTcFh4R", []string{"Xnw Smith"}, false},
		{"Kad3-xNw7yTcFh4R", []string{"jane.TCF@contoso.com"}, false},
		{"Kad3-xNw7yTcFh4R", []string{"Ka", "", "x", "ñ", "d3-x"}, true},
		{"Kad3-xNw7yTcFh4R", []string{"Ünal-Kad"}, false},
		{"Kad3-xNw7yTcFh4R", []string{"D3-x@contoso.com"}, false},
		{"Kad3-xNw7yTcFh4R", []string{"w7@contoso.com"}, true},
		{"kad3-xnw7ytcfh4r", nil, false},
		{"KAD3-XNW7YTCFH4R", nil, false},
		{"Kada-xNwayTcFhaR", nil, false},
		{"Kad3axNw7yTcFh4R", nil, false},
		{"-Kad3xNw7yTcFh4R", nil, false},
		{"3-KadxNw7yTcFh4R", nil, false},
		{"Kad3-xNw7yTcFh4:", nil, false},
	} {
		if got := allowed(c.password, nameParts(c.avoid)); got != c.want {
			t.Errorf("allowed(%q, %q) = %v, want %v", c.password, c.avoid, got, c.want)
		}
	}
}

func TestGenerateAvoidsNames(t *testing.T) {
	// Every triple that starts with "a" is a name here, so that a careless
	// generator meets one soon.
	var avoid []string
	for _, b := range letters {
		for _, c := range letters {
			avoid = append(avoid, "a"+string(b)+string(c))
		}
	}
	parts := nameParts(avoid)
	for range 200 {
		p := strings.ToLower(Generate(avoid...).Reveal())
		for _, part := range parts {
			if strings.Contains(p, part) {
				t.Fatalf("Generate() = %q, which holds %q", p, part)
			}
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		Generate("Jane", "Doe", "jane.doe@contoso.onmicrosoft.com")
	}
}
