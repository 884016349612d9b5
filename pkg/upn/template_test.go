package upn

import (
	"errors"
	"strings"
	"testing"
)

var jane = Parts{First: "Jane", Last: "Doe", Display: "Jane B. Doe", ImmutableID: "E-0042", Identity: "id:E-0042"}

func TestTemplate(t *testing.T) {
	long := strings.Repeat("x", 80)
	for _, test := range []struct {
		template string
		parts    Parts
		want     string
	}{
		{"{first}.{last}", jane, "jane.doe"},
		{"{first:1}{last}", jane, "jdoe"},
		{"{FIRST:1}.{Last:2}", jane, "j.do"},
		{"{last:3}{first:3}", jane, "doejan"},
		{"{display}", jane, "jane.b.doe"},
		{"{immutableId}", jane, "e-0042"},
		{"{immutableId:3}", jane, "e-0"},
		{"{guid:8}", jane, "dbf66293"},
		{"{guid}", jane, "dbf662939a9c5dbd835e229a47657e2d"}, // as Python's uuid.uuid5 has it
		{"X_{first}-ext", jane, "x_jane-ext"},
		{"{first}{last}{first}{last}{first}{last}{first}{last}{first}", jane, "janedoejanedoejanedoejanedoejane"},

		// Missing parts take their separator with them.
		{"{first}.{last}", Parts{First: "Madonna"}, "madonna"},
		{"{first}.{last}", Parts{Last: "Sukarno"}, "sukarno"},
		{"{first}.{last}-{immutableId}", Parts{First: "Jane", ImmutableID: "7"}, "jane.7"},
		{"{first}_{last}", Parts{First: "Jane", Last: "🙂"}, "jane"},
		{"ext-{first}.{last}", Parts{Last: "Doe"}, "ext-doe"},

		// Ids keep what is legal.
		{"{immutableId}", Parts{First: "J", ImmutableID: "Zm9v+/b..YXI=="}, "zm9vb.yxi"},
		{"{immutableId}", Parts{First: "J", ImmutableID: "--12__3--"}, "12_3"},

		// Only a display name.
		{"{first}.{last}", Parts{Display: "Jane Doe"}, "jane.doe"},
		{"{first}.{last}", Parts{Display: "Doe, Jane"}, "jane.doe"},
		{"{first}.{last}", Parts{Display: "Cher"}, "cher"},
		{"{first}.{last}", Parts{First: "-", Last: " ", Display: "Jane Doe"}, "jane.doe"},
		{"{first:1}{last}", Parts{Display: "Ludwig van Beethoven"}, "lvanbeethoven"},
		{"{first}.{last}", Parts{Display: "Jane Doe (External)"}, "jane.doe"},
		{"{first}.{last}", Parts{Display: "Martin Luther King, Jr."}, "martinluther.kingjr"},
		{"{first}.{last}", Parts{Display: "Martin King Jr."}, "martin.kingjr"},
		{"{first}.{last}", Parts{Display: "Nagy Péter", Locale: "HU"}, "peter.nagy"},
		{"{first}.{last}", Parts{Display: "Nguyễn Văn An", Locale: "VN"}, "vanan.nguyen"},
		{"{first}.{last}", Parts{Display: "홍길동"}, "gildong.hong"},
		{"{first}.{last}", Parts{Display: "남궁민"}, "min.namgung"},
		{"{first}.{last}", Parts{Display: "王小明"}, "xiaoming.wang"},
		{"{first}.{last}", Parts{Display: "欧阳娜"}, "na.ouyang"},
		{"{first}.{last}", Parts{Display: "山田 太郎"}, "taro.yamada"},
		{"{first}.{last}", Parts{Display: "山田太郎"}, "taro.yamada"},

		// Long names: every placeholder is cut to one length.
		{"{first}.{last}", Parts{First: long, Last: "Doe"}, strings.Repeat("x", 53) + ".doe"},
		{"{first}.{last}", Parts{First: long, Last: long}, strings.Repeat("x", 28) + "." + strings.Repeat("x", 28)},
		{"{first}", Parts{First: strings.Repeat("x", 56) + "-yz"}, strings.Repeat("x", 56)},
	} {
		got, err := mustParse(t, test.template).Local(test.parts)
		if err != nil || got.Text != test.want {
			t.Errorf("%s of %+v: got %q, %v, want %q", test.template, test.parts, got.Text, err, test.want)
		}
	}
}

func TestParseTemplateFaults(t *testing.T) {
	for _, test := range []struct{ template, position, cause, hint string }{
		{"", "character 1:", "no placeholder", "{first}, {last}, {display}, {immutableId}, {guid}"},
		{"admin", "character 1:", "everybody", "{first}"},
		{"{fist}.{last}", "character 1:", "no placeholder {fist}", "did you mean {first}?"},
		{"{fast}", "character 1:", "no placeholder {fast}", "did you mean {last}?"},
		{"{first}.{imutableid}", "character 9:", "no placeholder {imutableid}", "did you mean {immutableId}?"},
		{"{first}.{surname}", "character 9:", "no placeholder {surname}", "did you mean {last}?"},
		{"{first}.{Last Name}", "character 9:", "no placeholder {Last Name}", "did you mean {last}?"},
		{"{first}.{colour}", "character 9:", "no placeholder {colour}", "the placeholders are {first}"},
		{"{}", "character 1:", "no placeholder {}", "the placeholders are"},
		{"{first}.{last", "character 9:", "no }", "{first}"},
		{"{first.{last}", "character 1:", "no }", "{first}"},
		{"{first}}", "character 8:", "no {", "{first}"},
		{"{first:0}", "character 1:", `"0" is no number`, "from 1 to 64"},
		{"{first:x}", "character 1:", `"x" is no number`, "{first:1}"},
		{"{first:65}", "character 1:", `"65"`, "from 1 to 64"},
		{"{first}@contoso.com", "character 8:", "before the @", "domain is added"},
		{"{first} {last}", "character 8:", "a space cannot stand", "a-z 0-9"},
		{"é{first}", "character 1:", "é cannot stand", "a-z 0-9"},
		{"{first}\r{last}", "character 8:", "U+000D cannot stand", "a-z 0-9"},
		{"{first}é{last}", "character 8:", "é cannot stand", "a-z 0-9"},
		{"{first}'s", "character 8:", "' cannot stand", "a-z 0-9"},
		{".{first}", "character 1:", "start or end", "remove the ."},
		{"{first}-", "character 8:", "start or end", "remove the -"},
		{"{first}..{last}", "character 9:", "two separators", "keep one"},
		{"{first}.-{last}", "character 9:", "two separators", "keep one"},
		{"{first}" + strings.Repeat("x", 57), "character 1:", "58 characters", "shorten"},
		{strings.Repeat("{first:1}", 58), "character 1:", "58 characters", "fewer"},
	} {
		_, err := ParseTemplate(test.template)
		var fault Fault
		if !errors.As(err, &fault) {
			t.Errorf("%q: got %v, want a Fault", test.template, err)
			continue
		}
		if fault.Code != "bad_template" || !strings.Contains(fault.Message, test.position) || !strings.Contains(fault.Message, test.cause) || !strings.Contains(fault.Hint, test.hint) {
			t.Errorf("%q: got %+v, want %s %s / %s", test.template, fault, test.position, test.cause, test.hint)
		}
	}
}

func TestGUIDIsStable(t *testing.T) {
	template := mustParse(t, "{guid}")
	seen := map[string]string{}
	for _, identity := range []string{"id:1", "id:2", "upn:jane@contoso.com", "name:a\x1fb\x1f"} {
		first, err := template.Local(Parts{First: "A", Identity: identity})
		if err != nil || len(first.Text) != 32 || strings.Trim(first.Text, "0123456789abcdef") != "" {
			t.Fatalf("%q: got %q, %v, want 32 hexadecimal digits", identity, first.Text, err)
		}
		if again, _ := template.Local(Parts{Last: "B", Identity: identity}); again.Text != first.Text {
			t.Errorf("%q: got %q, then %q", identity, first.Text, again.Text)
		}
		if other, found := seen[first.Text]; found {
			t.Errorf("%q and %q have one id", identity, other)
		}
		seen[first.Text] = identity
	}
}

func TestNameless(t *testing.T) {
	for _, test := range []struct {
		template string
		parts    Parts
		code     string
		says     string
	}{
		{"{first}.{last}", Parts{}, "nameless", "{first}, {last}"},
		{"{first}.{last}", Parts{First: "🙂", Last: "\u200f"}, "nameless", "{first}, {last}"},
		{"x{immutableId}", Parts{First: "Jane"}, "nameless", "{immutableId}"},
		{"{immutableId}", Parts{First: "Jane", ImmutableID: "+/="}, "nameless", "{immutableId}"},
		{"{guid}", Parts{First: "Jane"}, "nameless", "{guid}"},
		{"{first}.{last}", Parts{First: "裕子", Last: "山田"}, "unreadable_name", "裕子"},
		{"{first}.{last}", Parts{First: "𓀀𓀁", Last: "Smith"}, "unreadable_name", "𓀀"},
		{"{first}.{last}", Parts{First: "Anna 𐐔", Last: "Smith"}, "unreadable_name", "𐐼"},
		{"{first}.{last}", Parts{First: "\u1031\u1021\u102c\u1004\u1039", Last: "Smith"}, "unreadable_name", "Zawgyi"},
		{"{first}.{last}", Parts{First: "\u101e\u102d\u1014\u1039\u1038\u1031\u1007\u102c\u1039", Last: "Smith"}, "unreadable_name", "Zawgyi"},
		{"{first}.{last}", Parts{First: "\u107b\u1019\u1004\u1039", Last: "Smith"}, "unreadable_name", "no Latin letters"},
		{"{first}.{last}", Parts{First: "ၸၢႆး", Last: "Smith"}, "unreadable_name", "no Latin letters"},
		{"{first}.{last}", Parts{First: "ܫܠܡ", Last: "Smith"}, "unreadable_name", "consonants"},
		{"{first}.{last}", Parts{First: "ꜽ", Last: "Smith"}, "unreadable_name", "ꜽ"},
		{"{first}.{last}", Parts{First: "ゆうこ", Last: "鷹觜"}, "unreadable_name", "鷹觜"},
	} {
		got, err := mustParse(t, test.template).Local(test.parts)
		var fault Fault
		if !errors.As(err, &fault) || fault.Code != test.code || !strings.Contains(fault.Message, test.says) || fault.Hint == "" {
			t.Errorf("%s of %+v: got %+v, %v, want %s about %s", test.template, test.parts, got, err, test.code, test.says)
		}
	}
}

func TestWarnings(t *testing.T) {
	template := mustParse(t, "{first}.{last}")
	for _, test := range []struct {
		parts Parts
		codes string
		says  string
	}{
		{Parts{First: "Zoë", Last: "Müller"}, "", ""},
		{Parts{First: "Юлия", Last: "Щербакова"}, "", ""},
		{Parts{First: "Γιώργος", Last: "Παππάς"}, "", ""},
		{Parts{First: "지훈", Last: "김"}, "", ""},
		{Parts{First: "さくら", Last: "たなか"}, "", ""},
		{Parts{First: "राहुल", Last: "शर्मा"}, "", ""},
		{Parts{First: "عبد الله", Last: "الأحمد"}, "arabic_vowels arabic_vowels", `"عبدالله" was written as "abdullah"`},
		{Parts{First: "דוד", Last: "כהן"}, "hebrew_vowels hebrew_vowels", `"david"`},
		{Parts{First: "สมชาย", Last: "ใจดี"}, "thai_spelling thai_spelling", `"somchai"`},
		{Parts{First: "小明", Last: "王"}, "han_mandarin han_mandarin", `"xiaoming"`},
		{Parts{First: "太郎", Last: "山田"}, "kanji_reading kanji_reading", `"taro"`},
		{Parts{First: "ராஜேஷ்", Last: "Kumar"}, "indic_spelling", `"rajesh"`},
		{Parts{First: "အောင်", Last: "Smith"}, "burmese_spelling", `"aung"`},
		{Parts{First: "བསྟན་འཛིན་", Last: "Smith"}, "tibetan_spelling", `"tenzin"`},
		{Parts{First: "አበበ", Last: "B"}, "rough_script", `"abebe"`},
		{Parts{First: "Аnna", Last: "Smith"}, "look_alike", `"аnna" was written as "anna"`},
		{Parts{First: "Anna", Last: "Соре"}, "look_alike", `"Соре"`},
		{Parts{First: "Жоanna", Last: "Smith"}, "mixed_scripts", `"zhoanna"`},
		{Parts{First: "Jane 🙂", Last: "Doe"}, "dropped", "🙂"},
		{Parts{Display: "Ana Maria Lopez"}, "display_split", `first name "Ana Maria" and last name "Lopez"`},
		{Parts{Display: "Ana Lopez"}, "", ""},
		{Parts{First: strings.Repeat("x", 40), Last: strings.Repeat("y", 40)}, "shortened", "57"},
	} {
		got, err := template.Local(test.parts)
		if err != nil {
			t.Errorf("%+v: %v", test.parts, err)
		}
		var codes, messages []string
		for _, w := range got.Warnings {
			codes, messages = append(codes, w.Code), append(messages, w.Message)
		}
		if strings.Join(codes, " ") != test.codes || !strings.Contains(strings.Join(messages, "\n"), test.says) {
			t.Errorf("%+v: got %v %q, want %s %s", test.parts, codes, messages, test.codes, test.says)
		}
	}
}

func TestCheckLocale(t *testing.T) {
	for _, locale := range []string{"", "de", "DE", "de-AT", "de_CH", "sr-Cyrl", "dk", "uk", "UA", "US", "nn", "no", "en"} {
		if err := CheckLocale(locale); err != nil {
			t.Errorf("%q: got %v, want none", locale, err)
		}
	}
	for _, locale := range []string{"german", "d", "xx", "12", "deu", "-", "D1"} {
		var fault Fault
		if err := CheckLocale(locale); !errors.As(err, &fault) || fault.Code != "bad_locale" {
			t.Errorf("%q: got %v, want a Fault", locale, err)
		}
	}
}
