package romanise

import (
	"strings"
	"unicode"
)

// geresh marks a foreign sound in Hebrew: ג׳ is j.
const geresh = '׳'

// arabicLetters are the letters of Arabic, Persian and Urdu, after the English
// transcription that passports use. و and ي are vowels or consonants by where they stand.
var arabicLetters = map[rune]string{
	'ا': "a", 'أ': "a", 'إ': "i", 'آ': "a", 'ٱ': "a", 'ب': "b", 'پ': "p", 'ت': "t", 'ث': "th", 'ٹ': "t", 'ج': "j",
	'چ': "ch", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh", 'ڈ': "d", 'ر': "r", 'ز': "z", 'ژ': "zh", 'ڑ': "r",
	'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "a", 'غ': "gh", 'ف': "f", 'ڤ': "v",
	'ق': "q", 'ك': "k", 'ک': "k", 'گ': "g", 'ل': "l", 'م': "m", 'ن': "n", 'ں': "n", 'ه': "h", 'ہ': "h",
	'ە': "e", 'ێ': "e", 'ۆ': "o", 'ڕ': "r", 'ڵ': "l", 'ۇ': "u", 'ۈ': "u", 'ۋ': "w", 'ڭ': "ng", // Kurdish, Uyghur: BGN/PCGN
	'ځ': "dz", 'څ': "ts", 'ښ': "sh", 'ږ': "zh", 'ړ': "r", 'ټ': "t", 'ډ': "d", 'ڼ': "n", 'ګ': "g", // Pashto: BGN/PCGN 1968
	'ھ': "h", 'ة': "a", 'ۀ': "eh", 'ى': "a", 'ے': "e", 'ء': "", 'ؤ': "u", 'ئ': "i", 'ـ': "",
	'َ': "a", 'ُ': "u", 'ِ': "i", 'ً': "an", 'ٌ': "un", 'ٍ': "in", 'ْ': "", 'ٰ': "a", 'ٓ': "", 'ٔ': "", 'ٕ': "",
}

// appendArabic appends a word in Arabic script. Frequent names come from a list,
// for their short vowels are not written; of other words come the letters, after
// the article al and the particles abd, abu and bin.
func appendArabic(dst []byte, letters []rune) []byte {
	text := bareArabic(letters)
	if known := knownNames("ar")[text]; known != "" {
		return append(dst, known...)
	}
	for _, prefix := range [...]struct{ arabic, latin string }{{"عبدال", "abdul"}, {"ال", "al"}, {"عبد", "abd"}, {"ابو", "abu"}} {
		if rest, found := strings.CutPrefix(text, prefix.arabic); found && len(rest) > 4 {
			dst = append(dst, prefix.latin...)
			if known := knownNames("ar")[rest]; known != "" {
				return append(dst, known...)
			}
			letters = letters[len(letters)-min(len(letters), len([]rune(rest))):]
			break
		}
	}
	for i, r := range letters {
		switch {
		case r == 'و' || r == 'ي' || r == 'ی' || r == 'ې':
			dst = append(dst, semivowel(letters, i)...)
		case r == 'ّ':
			if i > 0 && len(arabicLetters[letters[i-1]]) == 1 {
				dst = append(dst, arabicLetters[letters[i-1]]...)
			}
		case r == 'ا' && i > 0 && letters[i-1] == 'َ':
		case r == 'ئ' && i == 0 && len(letters) > 1: // Kurdish and Uyghur words that begin with a vowel
		case r == 'ى' && i+1 < len(letters): // Uyghur; in Arabic it is the last letter
			dst = append(dst, 'i')
		case arabicLetters[r] != "":
			dst = append(dst, arabicLetters[r]...)
		default:
			dst = append(dst, unidecoded(r)...)
		}
	}
	return dst
}

// joinAbd makes one word of عبد (servant of) and the name of God that follows, as
// its bearers write it in Latin letters: عبد الرحمن is abdulrahman.
func joinAbd(words []word) []word {
	joined := words[:0]
	for _, w := range words {
		if n := len(joined); n > 0 && string(joined[n-1].letters) == "عبد" && strings.HasPrefix(string(w.letters), "ال") {
			joined[n-1].letters = append(joined[n-1].letters, w.letters...)
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// semivowel reads و as w or u, and ي as y or i: as a consonant at the start, and
// beside a vowel.
func semivowel(letters []rune, i int) string {
	consonant, vowel := "w", "u"
	if letters[i] != 'و' {
		consonant, vowel = "y", "i"
	}
	isVowel := func(r rune) bool { return strings.ContainsRune("اأإآىةەێۆ", r) || r >= 'َ' && r <= 'ِ' }
	switch {
	case i == 0, i+1 < len(letters) && isVowel(letters[i+1]):
		return consonant
	case letters[i-1] == 'ُ' && vowel == "u", letters[i-1] == 'ِ' && vowel == "i":
		return ""
	case isVowel(letters[i-1]):
		return consonant
	}
	return vowel
}

// bareArabic drops vowel signs and unites the variants of alef, yeh and kaf, as
// the list of names is spelt.
func bareArabic(letters []rune) string {
	var b strings.Builder
	for _, r := range letters {
		switch {
		case r >= 'ً' && r <= 'ٟ' || r == 'ٰ' || r == 'ـ':
		case r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ':
			b.WriteRune('ا')
		case r == 'ی' || r == 'ى':
			b.WriteRune('ي')
		case r == 'ک':
			b.WriteRune('ك')
		case r == 'ہ':
			b.WriteRune('ه')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isVocalised reports whether vowel signs are written out, so that nothing is guessed.
func isVocalised(letters []rune) bool {
	signs := 0
	for _, r := range letters {
		if r >= 'ً' && r <= 'ْ' || r == 'ٰ' {
			signs++
		}
	}
	return signs*2 >= len(letters)-signs
}

// hebrewLetters are the letters א to ת after the rules of the Academy of the
// Hebrew Language (2006, simple form), ו and י as vowels.
var hebrewLetters = [...]string{
	"a", "b", "g", "d", "h", "o", "z", "h", "t", "i", "kh", "k", "l", "m", "m", "n", "n", "s", "a", "f", "p", "ts", "ts", "k", "r", "sh", "t",
}

// appendHebrew appends a word in Hebrew letters: a frequent name from a list, else
// its letters. Which of its two sounds ב, כ or פ has is not written; the one
// that is more frequent in names is taken.
func appendHebrew(dst []byte, letters []rune) []byte {
	letters = withoutPoints(letters)
	if known := knownNames("he")[string(letters)]; known != "" {
		return append(dst, known...)
	}
	for i, r := range letters {
		switch {
		case r == geresh:
		case i+1 < len(letters) && letters[i+1] == geresh && foreignHebrew(r) != "":
			dst = append(dst, foreignHebrew(r)...)
		case r == 'ה' && i == len(letters)-1:
			dst = append(dst, 'a')
		case r == 'ו' && i == 0, r == 'ו' && i+1 < len(letters) && letters[i+1] == 'ו':
			dst = append(dst, 'v')
		case r == 'ו' && i > 0 && letters[i-1] == 'ו':
		case r == 'י' && (i == 0 || i+1 < len(letters) && strings.ContainsRune("אהו", letters[i+1])):
			dst = append(dst, 'y')
		case r == 'ב' && i > 0:
			dst = append(dst, 'v')
		case r == 'כ' && i == 0:
			dst = append(dst, 'k')
		case 'א' <= r && r <= 'ת':
			dst = append(dst, hebrewConsonant(r)...)
		}
	}
	return dst
}

// withoutPoints drops vowel points and accents: the list of names is spelt
// without, and so are most files.
func withoutPoints(letters []rune) []rune {
	bare := make([]rune, 0, len(letters))
	for _, r := range letters {
		if !unicode.Is(unicode.Mn, r) {
			bare = append(bare, r)
		}
	}
	return bare
}

func hebrewConsonant(r rune) string { return hebrewLetters[r-'א'] }

func foreignHebrew(r rune) string {
	switch r {
	case 'ג':
		return "j"
	case 'ז':
		return "zh"
	case 'צ', 'ץ':
		return "ch"
	}
	return ""
}
