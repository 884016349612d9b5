package romanise

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppend(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"Jane", "jane"},
		{"  Jane\t Doe ", "jane doe"},
		{"- Jane -", "jane"},
		{"Jean - Pierre", "jean-pierre"},
		{"Jean\u2013Pierre", "jean-pierre"},
		{"Éric -- Ümit", "eric-umit"},
		{"O'Neil D`Arc", "oneil darc"},
		{"J.R.R. Tolkien", "j r r tolkien"},
		{"Robert (Bob) Smith", "robert smith"},
		{"(Bob)", "bob"},
		{"[x] (y) Ж", "zh"},
		{"a/b", "a b"},
		{"٣ Ali", "3 ali"},
		{"Henry Ⅷ", "henry viii"},
		{"\u202eJa\u200bne\u202c", "jane"},
		{"e\u0301\u0323\u0302x", "ex"},
		{"\u0301x", "x"},
		{"Анна-Мария", "anna-mariia"},
		{"שרה־לאה", "sara-leah"},
		{"マリア・ロペス", "maria ropesu"},
		{"សុខ កាច កាឆ", "sok kach kach"}, // an aspirate ends a syllable without its breath
		{strings.Repeat("é", 300), strings.Repeat("e", 256)},
	} {
		got, _, err := Append([]byte("x-"), test.text, Whole, Tell("", test.text))
		if err != nil || string(got) != "x-"+test.want {
			t.Errorf("%q: got %q, %v, want %q behind x-", test.text, got, err, test.want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	got, doubts, err := Append([]byte("x"), "ゆうこ 鷹觜", Whole, Tell("", "ゆうこ 鷹觜"))
	var unreadable *Unreadable
	if !errors.As(err, &unreadable) || string(got) != "x" || doubts != nil || unreadable.Word != "鷹觜" {
		t.Errorf("got %q, %v, %v, want an *Unreadable about 鷹觜 and dst as it was", got, doubts, err)
	}
}

// TestLanguageOfCyrillicNames has one name in Cyrillic letters for each way in which its language is told.
func TestLanguageOfCyrillicNames(t *testing.T) {
	for _, test := range []struct {
		locale string
		name   string
		want   Language
	}{
		{"", "Анна Иванова", "ru"},
		{"US", "Анна Иванова", "ru"},
		{"UA", "Анна Иванова", "uk"},
		{"bg", "Анна Иванова", "bg"},
		{"HR", "Анна Иванова", "sr"},
		{"RU", "Андрій Гаєв", "uk"},
		{"", "Андрій", "uk"},
		{"", "Ольга Ковальська", "uk"},
		{"", "Вінцэнт", "be"},
		{"BY", "Андрій", "be"},
		{"RU", "Яўген", "be"},
		{"", "Ўткир Қодиров", "uz"},
		{"UZ", "Ўткир", "uz"},
		{"", "Ҷамшед", "tg"},
		{"", "Ђорђе", "sr"},
		{"", "Љубица", "sr"},
		{"MK", "Љубица", "mk"},
		{"RS", "Ѓорѓи", "mk"},
		{"", "Әсел", "kk"},
		{"", "Қайрат Бекімов", "kk"},
		{"", "Димитър", "bg"},
		{"", "Подъячев", "ru"},
		{"", "ДИМИТЪР", "bg"},
	} {
		if got := Tell(test.locale, test.name).cyrillic; got != test.want {
			t.Errorf("%q %s: got %q, want %q", test.locale, test.name, got, test.want)
		}
	}
}

// TestLanguageOfArabicNames has one name in Arabic letters for each way in which its language is told.
func TestLanguageOfArabicNames(t *testing.T) {
	for _, test := range []struct {
		locale string
		name   string
		want   Language
	}{
		{"", "محمد حسن", ""},
		{"EG", "محمد حسن", ""},
		{"IR", "محمد حسن", "fa"},
		{"PK", "محمد حسن", "ur"},
		{"AF", "محمد حسن", "ps"},
		{"", "پرویز", "fa"},
		{"PK", "پرویز", "ur"},
		{"IR", "بھٹو", "ur"},
		{"", "ځدراڼ", "ps"},
		{"IR", "نێچیرڤان", "ckb"},
		{"", "گۈلنار", "ug"},
		{"", "ئىلھام", "ug"},
		{"", "عيسى", ""},
	} {
		if got := Tell(test.locale, "x", test.name).arabic; got != test.want {
			t.Errorf("%q %s: got %q, want %q", test.locale, test.name, got, test.want)
		}
	}
}

// TestLetterShortcuts holds that the quick ways of folding and reading single letters
// give what the general ones give.
func TestLetterShortcuts(t *testing.T) {
	for r := rune(0x400); r < 0x530; r++ {
		if got, want := lowerCyrillic(r), unicode.ToLower(r); got != want {
			t.Errorf("%c in lower case: got %c, want %c", r, got, want)
		}
	}
	for r := range rune(0x3000) {
		name := string(r) + "а"
		letters := []rune(strings.ToLower(name))
		want := ""
		if s := onlyScript(letters); (s == greek || s == cyrillic) && transposed(letters, latin) != nil {
			want = name
		}
		if got := Masked(name, "Doe"); got != want && !isLatin(name) {
			t.Errorf("%U and а beside a Latin name: got %q, want %q", r, got, want)
		}
		if plain, ok := appendPlain(nil, string(r), ""); ok && r < utf8.RuneSelf {
			words, _ := split(string(r))
			slow := ""
			for _, w := range words {
				slow += string(w.letters)
			}
			if string(plain) != slow {
				t.Errorf("%q: got %q, want %q", r, plain, slow)
			}
		}
	}
}

func TestSplitFamily(t *testing.T) {
	for _, test := range []struct {
		locale, text  string
		family, given string
		ok            bool
	}{
		{"", "홍길동", "홍", "길동", true},
		{"", "남궁민", "남궁", "민", true},
		{"", "남궁", "남", "궁", true},
		{"", "홍", "", "", false},
		{"", "王明", "王", "明", true},
		{"", "欧阳娜娜", "欧阳", "娜娜", true},
		{"", "王", "", "", false},
		{"", "一二三四五", "", "", false},
		{"JP", "佐々木健太", "佐々木", "健太", true},
		{"", "山田太郎", "山田", "太郎", true},
		{"JP", "鷹觜太郎", "", "", false},
		{"", "Jane", "", "", false},
		{"", "王Jane", "", "", false},
		{"", "", "", "", false},
	} {
		family, given, ok := SplitFamily(test.text, Tell(test.locale, test.text))
		if family != test.family || given != test.given || ok != test.ok {
			t.Errorf("%s: got %q, %q, %v, want %q, %q, %v", test.text, family, given, ok, test.family, test.given, test.ok)
		}
	}
}

// TestEveryLetter holds that no letter of a script with rules is lost without a word:
// each comes out as at least one Latin letter, or is in the list.
func TestEveryLetter(t *testing.T) {
	// Soft signs, clicks and glottal stops, the palochka, a sign that doubles what
	// follows, and two Armenian signs of dialects.
	silent := "ьǀǁǂǃɂӏっッՙՠ"
	for _, block := range [][2]rune{{'À', 'ɏ'}, {'Ḁ', 'ỹ'}, {'Α', 'ώ'}, {'Ѐ', 'џ'}, {'Ґ', 'ӹ'}, {'Ա', 'ֆ'}, {'א', 'ת'}, {'ა', 'ჰ'}, {'क', 'ह'}, {'ก', 'ฮ'}, {'ཀ', 'ཪ'}, {'က', '၏'}, {'ނ', 'ޗ'}, {'ߊ', 'ߪ'}, {'ᬅ', 'ᬳ'}, {'ᮃ', 'ᮠ'}, {'ᱚ', 'ᱷ'}, {'ⴰ', 'ⵧ'}, {'ꦄ', 'ꦲ'}, {'ꯀ', 'ꯢ'}, {'𞤀', '𞥃'}, {'ぁ', 'ゖ'}, {'ァ', 'ヺ'}, {'가', '힣'}, {'一', '龥'}} {
		lost := 0
		for r := block[0]; r <= block[1]; r++ {
			if !unicode.IsLetter(r) || strings.ContainsRune(silent, r) || strings.ContainsRune(silent, unicode.ToLower(r)) {
				continue
			}
			got, _, err := Append(nil, string(r), Given, Rules{}) // an error is not silent
			if len(got) == 0 && err == nil {
				lost++
				if lost < 20 {
					t.Errorf("%U %c is lost", r, r)
				}
			}
		}
	}
}

// TestNamesFile holds the list of names to its form.
func TestNamesFile(t *testing.T) {
	kinds := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(namesFile), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 3 || cells[1] == "" || cells[2] == "" || strings.Trim(cells[2], "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("line %d: got %q, want kind, name and spelling", i+1, cells)
			continue
		}
		kinds[cells[0]]++
		if strings.Contains(" ar fa ur ps ", cells[0]) && bareArabic([]rune(cells[1])) != cells[1] {
			t.Errorf("line %d: %s would never be found, want %s", i+1, cells[1], bareArabic([]rune(cells[1])))
		}
	}
	for _, kind := range []string{"ar", "fa", "ur", "ps", "ckb", "he", "indic", "ko-family", "zh-family", "ja-family", "ja-family-too", "ja-given"} {
		if kinds[kind] < 50 || len(knownNames(kind)) != kinds[kind] {
			t.Errorf("%s: %d lines, %d names, want 50 or more and no name twice", kind, kinds[kind], len(knownNames(kind)))
		}
	}
}

// A letter for which there is no Latin one is told, also in a word that has others.
func TestNoLetterVanishes(t *testing.T) {
	for _, word := range []string{"Ӄонстанԑин", "محمۮد", "ॳमर", "Ϸαῦλος", "Jaꜩque"} {
		var unreadable *Unreadable
		if got, _, err := Append(nil, word, Whole, Rules{}); !errors.As(err, &unreadable) {
			t.Errorf("%s: got %q, %v, want an *Unreadable", word, got, err)
		}
	}
	if got, _, err := Append(nil, "Caꞌxon", Whole, Rules{}); string(got) != "caxon" || err != nil {
		t.Errorf("got %q, %v, want caxon: the saltillo goes as the apostrophe does", got, err)
	}
}
