package upn

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

var someTemplates = []string{"{first}.{last}", "{first:1}{last}", "{last:3}_{first:3}", "{display}", "{immutableId}", "{guid:9}-{first}"}

// checkLocal holds what was made against every promise of Local.
func checkPromises(t *testing.T, source string, p Parts) {
	t.Helper()
	template := mustParse(t, source)
	got, err := template.Local(p)
	if again, againErr := template.Local(p); !reflect.DeepEqual(again, got) || !reflect.DeepEqual(againErr, err) {
		t.Fatalf("%s of %+q: got %v, %v, then %v, %v", source, p, got, err, again, againErr)
	}
	if err != nil {
		if fault, ok := err.(Fault); !ok || fault.Hint == "" || got.Text != "" {
			t.Fatalf("%s of %+q: got %q, %#v, want a Fault with a hint", source, p, got.Text, err)
		}
		return
	}
	for _, n := range []int{1, 2, 77, 999_999} {
		if faults := Check(Number(got.Text, n) + "@" + strings.Repeat("d", 44) + ".com"); faults != nil {
			t.Fatalf("%s of %+q: %q with number %d: %v", source, p, got.Text, n, faults)
		}
	}
	if len(got.Text) > maxBase || strings.Trim(got.Text, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" || isSeparator(got.Text[0]) || isSeparator(got.Text[len(got.Text)-1]) {
		t.Fatalf("%s of %+q: got %q", source, p, got.Text)
	}
	for _, w := range got.Warnings {
		if w.Code == "" || w.Message == "" || !utf8.ValidString(w.Message) {
			t.Fatalf("%s of %+q: warning %+v", source, p, w)
		}
	}
	if again, err := mustParse(t, "{first}").Local(Parts{First: got.Text, Locale: p.Locale}); err != nil ||
		again.Text != strings.ReplaceAll(strings.ReplaceAll(got.Text, ".", ""), "_", "") {
		t.Fatalf("%s of %+q: %q romanised again is %q, %v", source, p, got.Text, again.Text, err)
	}
}

// TestLocalOfAnything makes names of random letters from all of Unicode, many of
// them from the scripts that have tables.
func TestLocalOfAnything(t *testing.T) {
	const seed = 20
	random := rand.New(rand.NewPCG(seed, seed))
	blocks := [][2]rune{{0x20, 0x7f}, {0xa0, 0x24f}, {0x300, 0x36f}, {0x370, 0x3ff}, {0x400, 0x52f}, {0x530, 0x6ff}, {0x900, 0xdff}, {0xe00, 0xe7f}, {0xf00, 0x109f},
		{0x10a0, 0x10ff}, {0x1e00, 0x206f}, {0x3040, 0x30ff}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xd800, 0xffff}, {0x1f300, 0x1f6ff}, {0x20000, 0x2ffff}, {0, 0x10ffff}}
	text := func() string {
		var b strings.Builder
		block := blocks[random.IntN(len(blocks))]
		for range random.IntN(12) {
			if random.IntN(4) == 0 {
				block = blocks[random.IntN(len(blocks))]
			}
			b.WriteRune(block[0] + random.Int32N(block[1]-block[0]+1))
		}
		return b.String()
	}
	locales := []string{"", "DE", "da", "UA", "BY", "RS", "MK", "BG", "MN", "UZ", "JP", "CN", "HU", "zz"}
	for i := range 20_000 {
		p := Parts{First: text(), Last: text(), Display: text(), ImmutableID: text(), Identity: "id", Locale: locales[random.IntN(len(locales))]}
		if i%3 == 0 {
			p.First, p.Last = "", ""
		}
		checkPromises(t, someTemplates[random.IntN(len(someTemplates))], p)
		if t.Failed() {
			t.Fatalf("seed %d, name %d", seed, i)
		}
	}
}

// TestHugeNames bounds the work: only the first 256 characters of a text count.
func TestHugeNames(t *testing.T) {
	for _, unit := range []string{"x", "é", "e\u0301", "字", "ก", "🙂", "(", "a-", "ス", "ъ", "\u200f"} {
		huge := strings.Repeat(unit, 1<<20/len(unit))
		checkPromises(t, "{first}.{last}", Parts{First: huge, Last: huge})
		checkPromises(t, "{first}.{last}", Parts{Display: huge})
	}
}

// TestSimpleNames holds that the short way says what the long one says, and that it
// is taken where it can be.
func TestSimpleNames(t *testing.T) {
	names := []string{"", "Jane", "DOE", "o2", "7", "Jean-Paul", "O'Neil", "Van Der", "Zoë", "Ж", "A_b", "A.", " a", "x\xff", strings.Repeat("Ab", 28), strings.Repeat("ab", 600)}
	for _, text := range []string{"{first}.{last}", "{last}{first:1}", "{first:3}-{last:2}x", "{last}", "u.{first}", "{first}.{display}", "{last}{guid:3}"} {
		template := mustParse(t, text)
		for _, first := range names {
			for _, last := range names {
				p := Parts{First: first, Last: last, Display: "Ж", Locale: "UA", Identity: "x"}
				got, ok := template.appendSimple([]byte("x"), &p)
				if !ok {
					continue
				}
				want, warnings, err := template.appendAny([]byte("x"), p)
				if string(got) != string(want) || warnings != nil || err != nil {
					t.Errorf("%s of %q, %q: got %s, want %s, %v, %v", text, first, last, got, want, warnings, err)
				}
			}
		}
	}
	if got, ok := mustParse(t, "{first:1}{last}").appendSimple(nil, &Parts{First: "Jane", Last: "DOE7"}); string(got) != "jdoe7" || !ok {
		t.Errorf("got %s, %v, want jdoe7", got, ok)
	}
}

func FuzzLocal(f *testing.F) {
	f.Add("{first}.{last}", "Zoë", "O'Brien", "", "")
	f.Add("{first:1}{last}", "Юлия", "Щербакова", "", "UA")
	f.Add("{display}", "", "", "محمد 山田 สมชาย 홍길동", "JP")
	f.Add("{immutableId}_{guid:4}", "", "", "(a) [b] {c}", "de")
	f.Fuzz(func(t *testing.T, template, first, last, display, locale string) {
		if _, err := ParseTemplate(template); err != nil {
			template = "{first}.{last}"
		}
		p := Parts{First: first, Last: last, Display: display, ImmutableID: last + first, Identity: display, Locale: locale}
		checkPromises(t, template, p)
		if got, ok := mustParse(t, template).appendSimple(nil, &p); ok {
			if want, warnings, err := mustParse(t, template).appendAny(nil, p); string(got) != string(want) || len(warnings) > 0 || err != nil {
				t.Errorf("%s of %+v: got %s, want %s, %v, %v", template, p, got, want, warnings, err)
			}
		}
	})
}
