package romanise

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// han appends a word in Chinese characters.
//
// In a Japanese name, which is one with kana, a well-known Japanese family name or a
// Japanese locale, only names in the list of frequent ones can be read; of any
// other, every guess would be wrong for most who bear it, so it is refused.
//
// Elsewhere the characters are read in Mandarin and written in Pinyin by GB/T
// 28039-2011 (ü is yu), family names with the reading they have as such. That is
// doubtful for a name from Hong Kong, Taiwan, Korea or Vietnam.
func (r *reader) han(dst []byte, letters []rune) ([]byte, error) {
	text := string(letters)
	if r.rules.japanese {
		return r.kanji(dst, letters)
	}
	start := len(dst)
	family := 0
	switch {
	case r.part == Family:
		if family = len(letters); knownNames("zh-family")[string(letters)] == "" {
			family = chineseFamily(letters) // the whole name may stand there
		}
	case r.part == Whole:
		family = chineseFamily(letters)
	}
	if known := knownNames("zh-family")[string(letters[:family])]; known != "" {
		dst = append(dst, known...)
		letters = letters[family:]
	}
	for _, l := range letters {
		reading := mandarin(l)
		if reading == "" {
			return dst, &Unreadable{text, "no reading is known of " + string(l), latinHint}
		}
		dst = append(dst, reading...)
	}
	r.doubt(Doubt{Code: "han_mandarin", Word: text, Result: string(dst[start:]), Reason: "Chinese characters were read in Mandarin; other readings differ"})
	return dst, nil
}

// kanji appends a name in Chinese characters that is a Japanese one.
func (r *reader) kanji(dst []byte, letters []rune) ([]byte, error) {
	text := string(letters)
	parts := []string{text}
	if known := japaneseFamily(text) + knownNames("ja-given")[text]; known == "" && r.part == Whole {
		parts = splitKanji(letters, japaneseFamily)
	}
	var reading strings.Builder
	for _, p := range parts {
		known := japaneseFamily(p)
		if known == "" || r.part == Given {
			if given := knownNames("ja-given")[p]; given != "" {
				known = given
			}
		}
		if known == "" {
			return dst, &Unreadable{text, "nobody but its owner knows how a Japanese name in kanji is read", "give the name in kana or Latin letters, or the userPrincipalName itself"}
		}
		reading.WriteString(known)
	}
	r.doubt(Doubt{Code: "kanji_reading", Word: text, Result: reading.String(), Reason: "this is its most frequent reading, but there are others"})
	return append(dst, reading.String()...), nil
}

// japaneseFamily returns the reading of a family name, "" for one that is not in the lists.
func japaneseFamily(name string) string {
	if known := tellingFamily(name); known != "" {
		return known
	}
	return knownNames("ja-family-too")[name]
}

// tellingFamily is japaneseFamily of the names that no Chinese person has.
func tellingFamily(name string) string { return knownNames("ja-family")[name] }

// splitKanji splits an unspaced Japanese name behind a family name that is known.
func splitKanji(letters []rune, known func(string) string) []string {
	for n := min(4, len(letters)-1); n > 0; n-- {
		if known(string(letters[:n])) != "" {
			return []string{string(letters[:n]), string(letters[n:])}
		}
	}
	return []string{string(letters)}
}

// mandarin returns the Pinyin of a character without its tone. It takes the tones
// off by itself: go-pinyin does it with regular expressions, which took most of the
// time of a Chinese name, and taking the letters apart (NFD) most of what remained.
func mandarin(r rune) string {
	reading, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	if reading == "" {
		return unidecoded(r)
	}
	var buf [8]byte
	out := buf[:0]
	for _, l := range reading {
		switch {
		case 'a' <= l && l <= 'z':
			out = append(out, byte(l))
		case l == 'ü' || l >= 'ǖ' && l <= 'ǜ': // yu after l and n; elsewhere Pinyin writes u
			out = append(out, "yu"...)
		default:
			out = append(out, latinLetter(l, "")...)
		}
	}
	return string(out)
}

// chineseFamily returns how many characters of an unspaced name are the family
// name: two for the compound ones, else one. A name of one character, or of more
// than four, has none.
func chineseFamily(letters []rune) int {
	switch {
	case len(letters) < 2 || len(letters) > 4:
		return 0
	case len(letters) > 2 && knownNames("zh-family")[string(letters[:2])] != "":
		return 2
	}
	return 1
}

// SplitFamily splits a Chinese, Japanese or Korean name that is written without a
// space into family and given name. ok is false for every other text.
func SplitFamily(text string, rules Rules) (family, given string, ok bool) {
	letters := []rune(text)
	n := 0
	switch only := onlyScript(letters); {
	case only == hangul:
		n = koreanFamily(letters)
	case only == han && rules.japanese:
		parts := splitKanji(letters, japaneseFamily)
		n = len([]rune(parts[0])) % len(letters)
	case only == han:
		n = chineseFamily(letters)
	}
	if n == 0 {
		return "", "", false
	}
	return string(letters[:n]), string(letters[n:]), true
}

// FamilyFirstScript reports whether the text is in a script whose names start with
// the family name: Chinese characters, kana beside them, or Hangul.
func FamilyFirstScript(text string) bool {
	found := false
	for _, r := range text {
		switch scriptOf(r) {
		case han, hangul:
			found = true
		case common, kana:
		default:
			if r > ' ' && r != '　' {
				return false
			}
		}
	}
	return found
}

// onlyScript returns the script of all letters, common if there are several or none.
func onlyScript(letters []rune) script {
	if len(letters) == 0 {
		return common
	}
	s := scriptOf(letters[0])
	for _, r := range letters {
		if scriptOf(r) != s {
			return common
		}
	}
	return s
}
