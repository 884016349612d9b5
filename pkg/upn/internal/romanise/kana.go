package romanise

import "strings"

// kanaSyllables are the hiragana by Hepburn, as Japanese passports write them
// (Passport Act enforcement regulations, appended table).
var kanaSyllables = map[string]string{
	"あ": "a", "い": "i", "う": "u", "え": "e", "お": "o", "か": "ka", "き": "ki", "く": "ku", "け": "ke", "こ": "ko",
	"さ": "sa", "し": "shi", "す": "su", "せ": "se", "そ": "so", "た": "ta", "ち": "chi", "つ": "tsu", "て": "te", "と": "to",
	"な": "na", "に": "ni", "ぬ": "nu", "ね": "ne", "の": "no", "は": "ha", "ひ": "hi", "ふ": "fu", "へ": "he", "ほ": "ho",
	"ま": "ma", "み": "mi", "む": "mu", "め": "me", "も": "mo", "や": "ya", "ゆ": "yu", "よ": "yo",
	"ら": "ra", "り": "ri", "る": "ru", "れ": "re", "ろ": "ro", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n",
	"が": "ga", "ぎ": "gi", "ぐ": "gu", "げ": "ge", "ご": "go", "ざ": "za", "じ": "ji", "ず": "zu", "ぜ": "ze", "ぞ": "zo",
	"だ": "da", "ぢ": "ji", "づ": "zu", "で": "de", "ど": "do", "ば": "ba", "び": "bi", "ぶ": "bu", "べ": "be", "ぼ": "bo",
	"ぱ": "pa", "ぴ": "pi", "ぷ": "pu", "ぺ": "pe", "ぽ": "po", "ゔ": "vu", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o",
	"ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ゎ": "wa", "ゕ": "ka", "ゖ": "ke",
	"しゃ": "sha", "しゅ": "shu", "しょ": "sho", "しぇ": "she", "ちゃ": "cha", "ちゅ": "chu", "ちょ": "cho", "ちぇ": "che",
	"じゃ": "ja", "じゅ": "ju", "じょ": "jo", "じぇ": "je", "ぢゃ": "ja", "ぢゅ": "ju", "ぢょ": "jo",
	"ふぁ": "fa", "ふぃ": "fi", "ふぇ": "fe", "ふぉ": "fo", "てぃ": "ti", "でぃ": "di", "とぅ": "tu", "どぅ": "du", "でゅ": "dyu",
	"うぃ": "wi", "うぇ": "we", "うぉ": "wo", "ゔぁ": "va", "ゔぃ": "vi", "ゔぇ": "ve", "ゔぉ": "vo", "つぁ": "tsa", "つぇ": "tse",
}

// appendKana appends a word in hiragana or katakana. Long vowels are not marked: ō is
// o and ū is u, whether written with う, お or ー. A small っ doubles the consonant
// that follows, as t before ch; ん is m before b, m and p.
func appendKana(dst []byte, letters []rune) []byte {
	word := hiragana(letters)
	start := len(dst)
	double := false
	for i := 0; i < len(word); i++ {
		text, used := kanaSyllable(word[i:])
		switch {
		case word[i] == 'っ':
			double = true
			continue
		case word[i] == 'ー' || lengthens(dst[start:], word, i):
			continue
		case text == "":
			text = unidecoded(word[i])
		}
		if text == "n" && i+1 < len(word) {
			if next, _ := kanaSyllable(word[i+1:]); next != "" && strings.Contains("bmp", next[:1]) {
				text = "m"
			}
		}
		if double && text != "" && !strings.Contains("aiueon", text[:1]) {
			if text[0] == 'c' {
				dst = append(dst, 't')
			} else {
				dst = append(dst, text[0])
			}
		}
		double = false
		dst = append(dst, text...)
		i += used - 1
	}
	return dst
}

// kanaSyllable returns the syllable at the start of the word and its number of
// letters, "" if it is none.
func kanaSyllable(word []rune) (text string, letters int) {
	if len(word) > 1 {
		if text := kanaSyllables[string(word[:2])]; text != "" {
			return text, 2
		}
		if strings.ContainsRune("ゃゅょ", word[1]) {
			if base := kanaSyllables[string(word[0])]; len(base) > 1 && strings.HasSuffix(base, "i") {
				return base[:len(base)-1] + kanaSyllables[string(word[1])], 2
			}
		}
	}
	return kanaSyllables[string(word[0])], 1
}

// lengthens reports whether the letter only makes the vowel before it longer. It
// does not where う starts a word of its own within a family name: 井上 (いのうえ) is
// Inoue and 松浦 (まつうら) Matsuura.
func lengthens(before []byte, word []rune, i int) bool {
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	switch word[i] {
	case 'う':
		ownWord := i+1 < len(word) && (word[i+1] == 'え' || word[i+1] == 'ら' || word[i+1] == 'み')
		return (last == 'o' || last == 'u') && !ownWord
	case 'お':
		return last == 'o'
	}
	return false
}

// hiragana turns katakana into hiragana, and the mark 々-like ゝ and ゞ into the letter repeated.
func hiragana(letters []rune) []rune {
	word := make([]rune, 0, len(letters))
	for _, r := range letters {
		switch {
		case 'ァ' <= r && r <= 'ヴ':
			r -= 'ァ' - 'ぁ'
		case (r == 'ゝ' || r == 'ヽ') && len(word) > 0:
			r = word[len(word)-1]
		case (r == 'ゞ' || r == 'ヾ') && len(word) > 0:
			r = word[len(word)-1] + 1
		case r == 'ヶ' || r == 'ヵ':
			r = 'が'
		}
		word = append(word, r)
	}
	return word
}
