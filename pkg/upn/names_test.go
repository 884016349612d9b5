package upn

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
)

func TestNumber(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		local string
		n     int
		want  string
	}{
		{"jane.doe", 0, "jane.doe"},
		{"jane.doe", 1, "jane.doe"},
		{"jane.doe", 2, "jane.doe2"},
		{"jane.doe@contoso.com", 1, "jane.doe@contoso.com"},
		{"k100@contoso.com", 12, "k100-12@contoso.com"},
		{"jane.doe", 100000, "jane.doe100000"},
		{"k100", 2, "k100-2"},
		{"k100", 12, "k100-12"},
		{"k100-2", 2, "k100-2-2"},
		{x(57), 999999, x(57) + "999999"},
		{x(56) + "7", 999999, x(56) + "7-999999"},
		{x(63), 2, x(63) + "2"},
		{x(64), 2, x(63) + "2"},
		{x(64), 10, x(62) + "10"},
		{x(62) + ".y", 2, x(62) + "2"},
		{x(62) + "7y", 2, x(62) + "-2"},
		{x(61) + ".7y", 2, x(61) + "-2"},
	} {
		got := Number(test.local, test.n)
		if got != test.want || len(got) > maxLocal {
			t.Errorf("Number(%q, %d): got %q, want %q", test.local, test.n, got, test.want)
		}
	}
}

// next is Next for a wish whose hash nobody has found out before.
func next(s *Names, wish string, taken func(string) bool) int {
	return s.Next(wish, HashOf(wish), taken)
}

func TestNames(t *testing.T) {
	s := NewNames()
	if s.Has("jane.doe@contoso.com") {
		t.Error("an empty set has a name")
	}
	if !s.Reserve("Jane.Doe@Contoso.com") || s.Reserve("jane.doe@contoso.COM") || !s.Has("JANE.DOE@CONTOSO.COM") {
		t.Error("case matters, want that it does not")
	}
	for _, test := range []struct {
		local, domain string
		want          int
	}{
		{"jane.doe", "contoso.com", 2},
		{"jane.doe", "contoso.com", 3},
		{"Jane.Doe", "contoso.com", 4},
		{"jane.doe", "fabrikam.com", 1},
		{"jane.doe2", "contoso.com", 2}, // jane.doe2 is taken: jane.doe2-2
		{"jane.doe", "contoso.com", 5},
	} {
		if got := next(s, test.local+"@"+test.domain, nil); got != test.want {
			t.Errorf("Next(%q, %q): got %d, want %d", test.local, test.domain, got, test.want)
		}
	}
	for _, name := range []string{"jane.doe2@contoso.com", "jane.doe5@contoso.com", "jane.doe2-2@contoso.com", "jane.doe@fabrikam.com"} {
		if !s.Has(name) {
			t.Errorf("%s is free, want taken", name)
		}
	}
	if s.Has("jane.doe6@contoso.com") {
		t.Error("jane.doe6@contoso.com is taken, want free")
	}
}

// TestHashFoldsCase holds that each byte at each place has the hash of its lower case,
// which is xxHash64 unless the name ends in a number.
func TestHashFoldsCase(t *testing.T) {
	for at := range 19 {
		for c := range 256 {
			name := []byte("zoe.o@contoso.com\x80\xff")
			name[at] = byte(c)
			folded := bytes.Clone(name)
			if 'A' <= c && c <= 'Z' {
				folded[at] = byte(c) + 'a' - 'A'
			}
			want := xxhash.Sum64(folded)
			if at == 4 && '2' <= c && c <= '9' {
				want = numbered(xxhash.Sum64String("zoe.@contoso.com\x80\xff"), uint64(c-'0'))
			}
			if got := uint64(HashOf(string(name))); got != want {
				t.Errorf("%q: got %x, want %x", name, got, want)
			}
		}
	}
}

// TestHashOfNumber compares with the hash of the name that is written out.
func TestHashOfNumber(t *testing.T) {
	long := strings.Repeat("x", 70)
	for _, local := range []string{"jane.doe", "k100", "k1", "k0", "k007", "k-", "k1-", "k1-2", "k1-2-3", "k1-02", "-", "", "12", "1-2-", "Ünal", long[:52], long[:53], long[:54], long[:63], long[:64], long[:62] + ".y"} {
		for _, domain := range []string{"@contoso.com", "@"} {
			for _, n := range []int{2, 9, 10, 99, 1 << 20, math.MaxUint32} {
				wish := local + domain
				if got, want := hashOfNumber(wish, HashOf(wish), n), uint64(HashOf(Number(wish, n))); got != want {
					t.Errorf("number %d of %q: got %x, want %x, the hash of %q", n, wish, got, want, Number(wish, n))
				}
			}
		}
	}
}

func TestNextAsksWhoeverKnowsMore(t *testing.T) {
	s := NewNames()
	asked := 0
	taken := func(upn string) bool {
		asked++
		return upn == "jane.doe@contoso.com" || upn == "jane.doe2@contoso.com"
	}
	for want := 3; want < 6; want++ {
		if got := next(s, "jane.doe@contoso.com", taken); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	if asked != 3+2+2 {
		t.Errorf("asked %d times, want 7: the first number and those not tried before", asked)
	}
}

// TestNumbersOfLongNames has names that differ only in what a number cuts off.
func TestNumbersOfLongNames(t *testing.T) {
	s := NewNames()
	seen := map[string]bool{}
	for _, end := range []string{"a", "b", "c.", "d-"} {
		for range 30 {
			local := strings.Repeat("x", 63) + end
			local = local[:64]
			name := Number(local, next(s, local+"@contoso.com", nil))
			if seen[name] || len(name) > maxLocal {
				t.Fatalf("%q was given out twice, or is too long", name)
			}
			seen[name] = true
		}
	}
}

// TestHundredThousandOfOneName also bounds the work: each asks twice.
func TestHundredThousandOfOneName(t *testing.T) {
	s := NewNames()
	asked := 0
	count := func(string) bool { asked++; return false }
	const people = 100_000
	for want := 1; want <= people; want++ {
		if got := next(s, "jane.doe@contoso.com", count); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	}
	if asked > 2*people {
		t.Errorf("asked %d times for %d people, want at most twice each", asked, people)
	}
}

// TestNamesAgainstMap compares with a plain map through many growths, and looks at
// the memory in use.
func TestNamesAgainstMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := NewNames()
	oracle := map[string]bool{}
	for i := range 200_000 {
		local := fmt.Sprintf("user%c", 'a'+rune(random.IntN(26))) + strings.Repeat("y", random.IntN(40))
		if random.IntN(2) == 0 {
			name := fmt.Sprintf("%s%d@contoso.com", local, random.IntN(2000))
			if got, want := s.Reserve(name), !oracle[name]; got != want {
				t.Fatalf("step %d: Reserve(%q): got %v, want %v", i, name, got, want)
			}
			oracle[name] = true
			continue
		}
		name := Number(local, next(s, local+"@contoso.com", nil)) + "@contoso.com"
		if oracle[name] {
			t.Fatalf("step %d: %q was given out twice", i, name)
		}
		oracle[name] = true
	}
	for name := range oracle {
		if !s.Has(name) {
			t.Fatalf("%q is lost", name)
		}
	}
	slots := 0
	for i := range s.segments {
		slots += len(s.segments[i].slots)
	}
	if perName := 12 * float64(slots) / float64(len(oracle)); perName > 30.5 {
		t.Errorf("%.1f bytes a name, want at most 30.5", perName)
	}
}

// TestGrow: there is room for as many names as were announced, and those that were
// there before stay.
func TestGrow(t *testing.T) {
	const before, n = 3000, 100_000
	s := NewNames()
	name := func(i int) string { return fmt.Sprintf("user%d@contoso.com", i) }
	for i := range before {
		s.Reserve(name(i))
	}
	s.Grow(n)
	s.Grow(before) // no more than there is
	slots := func() (n int) {
		for i := range s.segments {
			n += len(s.segments[i].slots)
		}
		return n
	}
	room := slots()
	for i := range n {
		if got, want := s.Reserve(name(i)), i >= before; got != want {
			t.Fatalf("Reserve(%q): got %v, want %v", name(i), got, want)
		}
	}
	if got := slots(); got != room || room > n*8/5 {
		t.Errorf("%d slots after Grow(%d), and %d when all were used, want the same, and at most %d", room, n, got, n*8/5)
	}
}

// FuzzNames reads its input as a series of requests and compares with a map.
func FuzzNames(f *testing.F) {
	f.Add("a a a b a2 a2 A !a3 a")
	f.Add("x9 x9 x9-2 !x9-3 x9")
	f.Fuzz(func(t *testing.T, requests string) {
		s := NewNames()
		oracle := map[string]bool{}
		for _, word := range strings.Fields(requests) {
			if given, found := strings.CutPrefix(word, "!"); found {
				name := lowerASCII(given) + "@d"
				if got, want := s.Reserve(given+"@D"), !oracle[name]; got != want {
					t.Fatalf("Reserve(%q): got %v, want %v", name, got, want)
				}
				oracle[name] = true
				continue
			}
			name := lowerASCII(Number(word, next(s, word+"@d", nil))) + "@d"
			if oracle[name] {
				t.Fatalf("%q was given out twice", name)
			}
			oracle[name] = true
		}
	})
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}
