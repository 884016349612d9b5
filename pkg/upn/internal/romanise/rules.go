package romanise

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Language is a two-letter language code (ISO 639-1) whose rules are known here;
// empty means that there is nothing special to know.
type Language string

// Rules are the spelling rules for one person's name. The zero Rules go by the
// letters alone.
type Rules struct {
	hint     Language // what the locale says
	cyrillic Language // by whose rules Cyrillic letters are read
	arabic   Language // whose names are looked for first in Arabic letters; "" for Arabic
	japanese bool     // Chinese characters have Japanese readings
}

// FamilyFirst reports whether the language writes the family name before the
// given name even in its own Latin letters (Hungarian, Vietnamese).
func (r Rules) FamilyFirst() bool { return r.hint == "hu" || r.hint == "vi" }

// languages lists what a locale may name: the language, then the countries (ISO
// 3166-1) where its rules are taken. "–" rules nothing but is a known language.
const languages = `
de DE AT CH LI LU
da DK GL FO
nb NO
sv SE
fi FI AX
sr RS ME
hr HR BA
ru RU
uk UA
be BY
bg BG
mk MK
kk KZ
ky KG
uz UZ
tg TJ
mn MN
ja JP
zh CN TW HK MO SG
ko KR KP
hu HU
vi VN
az AZ
dz BT
fa IR
ur PK
ps AF
`

// others are the languages that need no rule of their own.
const others = " en fr es it pt nl pl cs sk sl ro tr el is et lv lt ga mt sq ca eu gl ka hy ar he hi bn ta te th id ms my bo "

// aliases are further names of the languages above.
const aliases = " no=nb nn=nb bs=hr me=sr "

// Locale returns the language whose rules a locale asks for: a language ("de",
// "de-AT", "sr-Cyrl") or a country ("DE"). Two capitals are a country, two small
// letters a language, or a country where no language has that code ("dk"). known
// is false for what is neither; every two capitals pass as a country.
func Locale(locale string) (l Language, known bool) {
	if locale == "" {
		return "", true
	}
	code, region, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	if len(code) != 2 || !isLetters(code) {
		return "", false
	}
	if code[0] < 'a' && code[1] < 'a' {
		return ofCountry(code), true
	}
	code = strings.ToLower(code)
	if at := strings.Index(aliases, " "+code+"="); at >= 0 {
		code = aliases[at+4 : at+6]
	}
	switch {
	case strings.Contains(languages, "\n"+code+" "):
		return Language(code), true
	case strings.Contains(others, " "+code+" "):
		return "", true
	case region == "" && ofCountry(strings.ToUpper(code)) != "":
		return ofCountry(strings.ToUpper(code)), true
	}
	return "", false
}

// ofCountry returns the language whose rules hold in a country.
func ofCountry(code string) Language {
	at := strings.Index(languages, " "+code)
	if at < 0 {
		return ""
	}
	line := languages[strings.LastIndexByte(languages[:at], '\n')+1:]
	return Language(line[:2])
}

func isLetters(s string) bool {
	for _, c := range s {
		if (c|0x20) < 'a' || (c|0x20) > 'z' {
			return false
		}
	}
	return true
}

// Tell finds the rules for a person: by the letters of all parts of the name
// together, since one telling letter anywhere settles the language, and by the
// locale where the letters leave it open. An unknown locale counts as none.
func Tell(locale string, texts ...string) Rules {
	var rules Rules
	rules.hint, _ = Locale(locale)
	var seen telling
	cyrillic, eastern := false, false
	arabic, before := 0, rune(0)
	for _, text := range texts {
		for _, r := range text {
			switch {
			case r < 0x400:
			case r < 0x530:
				cyrillic = true
				seen |= tells(lowerCyrillic(r))
			case r >= 0x600 && r < 0x700:
				arabic = max(arabic, tellsArabic(before, r))
				before = r
			case r >= 0x2e80 && (r < 0xac00 || r > 0xd7a3): // but Hangul
				eastern = true
			}
		}
	}
	if cyrillic {
		rules.cyrillic = tellCyrillic(seen, rules.hint, texts)
	}
	rules.arabic = arabicLanguage(arabic, rules.hint)
	rules.japanese = eastern && (rules.hint == "ja" || rules.hint != "zh" && tellJapanese(texts))
	return rules
}

// telling is a set of kinds of Cyrillic letters that only some languages have, or
// that are frequent in some.
type telling uint16

const (
	shortU      telling = 1 << iota // ў: Belarusian and Uzbek
	turkic                          // қ ғ ҳ
	kazakh                          // ұ ә һ
	tajik                           // ҷ ӣ ӯ
	serbian                         // ђ ћ
	macedonian                      // ѓ ќ ѕ
	southSlavic                     // ј љ њ џ: Serbian and Macedonian
	ukrainian                       // ґ є ї
	dottedI                         // і
	yery                            // ы э ё
	signs                           // ь ъ
)

// lowerCyrillic is unicode.ToLower, which searches a table for each letter.
func lowerCyrillic(r rune) rune {
	switch {
	case r >= 'а' && r <= 'я':
		return r
	case r >= 'А' && r <= 'Я':
		return r + 'а' - 'А'
	}
	return unicode.ToLower(r)
}

func tells(r rune) telling {
	switch r {
	case 'ў':
		return shortU
	case 'қ', 'ғ', 'ҳ':
		return turkic
	case 'ұ', 'ә', 'һ':
		return kazakh
	case 'ҷ', 'ӣ', 'ӯ':
		return tajik
	case 'ђ', 'ћ':
		return serbian
	case 'ѓ', 'ќ', 'ѕ':
		return macedonian
	case 'ј', 'љ', 'њ', 'џ':
		return southSlavic
	case 'ґ', 'є', 'ї':
		return ukrainian
	case 'і':
		return dottedI
	case 'ы', 'э', 'ё':
		return yery
	case 'ь', 'ъ':
		return signs
	}
	return 0
}

// tellCyrillic finds the language of Cyrillic letters: first by letters that only
// one language has, then by the locale, then by what is frequent in only one. Else it
// is Russian.
func tellCyrillic(seen telling, hint Language, texts []string) Language {
	has := func(t telling) bool { return seen&t != 0 }
	switch {
	case has(shortU) && (has(turkic) || hint == "uz"):
		return "uz"
	case has(tajik):
		return "tg"
	case has(shortU):
		return "be"
	case has(serbian):
		return "sr"
	case has(macedonian):
		return "mk"
	case has(southSlavic) && hint != "mk":
		return "sr"
	case has(ukrainian):
		return "uk"
	case hint == "hr":
		return "sr"
	case cyrillicOf[hint] != nil:
		return hint
	}
	switch {
	case has(kazakh), has(turkic) && has(dottedI):
		return "kk"
	case has(dottedI) && has(yery):
		return "be"
	case has(dottedI):
		return "uk"
	case !has(signs):
		return "ru"
	}
	text := strings.ToLower(strings.Join(texts, " "))
	switch {
	case strings.Contains(text, "ськ"), strings.Contains(text, "цьк"): // Russian has ск and цк
		return "uk"
	case hasVowelSign(text):
		return "bg"
	}
	return "ru"
}

// hasVowelSign reports whether ъ stands for a vowel, as it does in Bulgarian
// only: in Russian it stands before е, ё, ю and я and nowhere else.
func hasVowelSign(text string) bool {
	_, after, found := strings.Cut(text, "ъ")
	r, _ := utf8.DecodeRuneInString(after)
	return found && r != utf8.RuneError && !strings.ContainsRune("еёюя ", r)
}

// tellJapanese reports whether Chinese characters are Japanese: a part of the name
// has kana, is a well-known Japanese family name, or, at four characters and more, starts
// with one. (A Chinese name has two or three.)
func tellJapanese(texts []string) bool {
	for _, text := range texts {
		for _, r := range text {
			if scriptOf(r) == kana {
				return true
			}
		}
		for w := range strings.FieldsSeq(text) {
			if w[0] < utf8.RuneSelf {
				continue
			}
			letters := []rune(w)
			if len(letters) > 1 && (tellingFamily(w) != "" || len(letters) > 3 && len(splitKanji(letters, tellingFamily)) > 1) {
				return true
			}
		}
	}
	return false
}
