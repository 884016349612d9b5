package upn

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheck(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	domain48 := x(40) + ".contoso"
	for _, test := range []struct {
		upn   string
		codes string
	}{
		{"jane.doe@contoso.com", ""},
		{"JANE@contoso.com", ""},
		{"0@contoso.com", ""},
		{"a'.-_!#^~z@contoso.com", ""},
		{"o'brien@contoso.com", ""},
		{"jane-@contoso.com", ""},
		{"_jane@contoso.com", ""},
		{"'jane@contoso.com", ""},
		{"", "upn_empty"},
		{"jane.doe", "no_at"},
		{"@contoso.com", "local_empty"},
		{"jane@", "domain_empty"},
		{"@", "local_empty domain_empty"},
		{"jane@doe@contoso.com", "two_ats"},

		// Lengths, each at its limit and one above.
		{x(64) + "@contoso.com", ""},
		{x(65) + "@contoso.com", "local_too_long"},
		{"jane@" + domain48, ""},
		{"jane@" + domain48 + "x", "domain_too_long"},
		{x(64) + "@" + domain48, ""}, // 113 in all
		{x(65) + "@" + domain48, "upn_too_long local_too_long"},
		{x(60) + "@" + domain48 + x(5), "upn_too_long domain_too_long"},

		// Dots and hyphens.
		{".jane@contoso.com", "leading_dot"},
		{"jane.@contoso.com", "trailing_dot"},
		{"jane..doe@contoso.com", "double_dot"},
		{"-jane@contoso.com", "leading_hyphen"},
		{".@contoso.com", "leading_dot trailing_dot"},

		// Characters.
		{"zoë@contoso.com", "accented_letter"},
		{"zoe\u0308@contoso.com", "accented_letter"},
		{"анна@contoso.com", "accented_letter"},
		{"jane doe@contoso.com", "bad_character"},
		{"jane+doe@contoso.com", "bad_character"},
		{"jane\u200bdoe@contoso.com", "bad_character"},
		{"jane\u00a0doe@contoso.com", "bad_character"},
		{"jane’s@contoso.com", "bad_character"},
		{"jané doe@contoso.com", "accented_letter bad_character"},
		{"jane\xffdoe@contoso.com", "bad_character"},

		// The domain.
		{"jane@contoso", "domain_incomplete"},
		{"jane@contoso..com", "domain_label"},
		{"jane@.contoso.com", "domain_label"},
		{"jane@contoso.com.", "domain_label"},
		{"jane@-contoso.com", "domain_label"},
		{"jane@contoso-.com", "domain_label"},
		{"jane@127.0.0.1", "domain_label"},
		{"jane@contoso_1.com", "domain_character"},
		{"jane@müller.de", "domain_character"},
		{"jane@contoso .com", "domain_character"},
		{"jane@xn--mller-kva.de", ""},
		{"jane@CONTOSO.onmicrosoft.com", ""},
	} {
		var codes []string
		for _, f := range Check(test.upn) {
			codes = append(codes, f.Code)
			if f.Message == "" || f.Hint == "" {
				t.Errorf("%q: %s has no message or no hint", test.upn, f.Code)
			}
		}
		if got := strings.Join(codes, " "); got != test.codes {
			t.Errorf("%q: got %q, want %q", test.upn, got, test.codes)
		}
	}
}

func TestCheckSaysWhat(t *testing.T) {
	for _, test := range []struct {
		upn  string
		want Fault
	}{
		{"zoë.müller@contoso.com", Fault{"accented_letter", `"zoë.müller" has letters other than A-Z: ë ü`, "use letters without accents, such as zoe.muller"}},
		{"e\u0301@contoso.com", Fault{"accented_letter", "\"e\u0301\" has letters other than A-Z: U+0301", "use letters without accents, such as e"}},
		{"a b c@contoso.com", Fault{"bad_character", `"a b c" has characters that are not allowed: a space`, "use only A-Z a-z 0-9 ' . - _ ! # ^ ~ before the @"}},
		{strings.Repeat("x", 70) + "@contoso.com", Fault{"local_too_long", "the part before the @ has 70 characters, the limit is 64", "shorten it by 6"}},
	} {
		if got := Check(test.upn); !reflect.DeepEqual(got, []Fault{test.want}) {
			t.Errorf("%q: got %+v, want %+v", test.upn, got, test.want)
		}
	}
}

func TestCheckDomain(t *testing.T) {
	if got := CheckDomain("contoso.onmicrosoft.com"); got != nil {
		t.Errorf("got %v, want none", got)
	}
	if got := CheckDomain(strings.Repeat("x", 41) + ".contoso"); len(got) != 1 || got[0].Code != "domain_too_long" {
		t.Errorf("49 characters: got %v, want domain_too_long", got)
	}
}

// FuzzCheck holds that what passes obeys the rules, stated here once more.
func FuzzCheck(f *testing.F) {
	f.Add("jane.doe@contoso.com")
	f.Add("zoë@contoso.com")
	f.Add("a@b@c")
	f.Fuzz(func(t *testing.T, upn string) {
		faults := Check(upn)
		for _, fault := range faults {
			if fault.Code == "" || fault.Message == "" || fault.Hint == "" {
				t.Fatalf("%q: %+v", upn, fault)
			}
		}
		local, domain, _ := strings.Cut(upn, "@")
		legal := strings.Trim(local, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.-_!#^~") == "" &&
			local != "" && len(local) <= 64 && len(domain) <= 48 && len(upn) <= 113 && strings.Count(upn, "@") == 1 &&
			!strings.HasSuffix(local, ".") && !strings.HasPrefix(local, ".") && !strings.HasPrefix(local, "-") && !strings.Contains(local, "..")
		if len(faults) == 0 && (!legal || utf8.RuneCountInString(upn) != len(upn)) {
			t.Fatalf("%q passes", upn)
		}
		if legal && len(faults) > 0 && CheckDomain(domain) == nil {
			t.Fatalf("%q is refused: %v", upn, faults)
		}
	})
}
