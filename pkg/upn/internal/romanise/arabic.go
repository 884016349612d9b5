package romanise

import (
	"strings"
	"unicode"
)

// arabicLetters are the letters of Arabic, Persian and Urdu, after the English
// transcription that passports use. و and ي are vowels or consonants by where they stand.
var arabicLetters = map[rune]string{
	'ا': "a", 'أ': "a", 'إ': "i", 'آ': "a", 'ٱ': "a", 'ب': "b", 'پ': "p", 'ت': "t", 'ث': "th", 'ٹ': "t", 'ج': "j",
	'چ': "ch", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh", 'ڈ': "d", 'ر': "r", 'ز': "z", 'ژ': "zh", 'ڑ': "r",
	'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "a", 'غ': "gh", 'ف': "f", 'ڤ': "v",
	'ق': "q", 'ك': "k", 'ک': "k", 'گ': "g", 'ل': "l", 'م': "m", 'ن': "n", 'ں': "n", 'ه': "h", 'ہ': "h",
	'ە': "e", 'ێ': "e", 'ۆ': "o", 'ڕ': "r", 'ڵ': "l", 'ۇ': "u", 'ۈ': "u", 'ۋ': "w", 'ڭ': "ng", // Kurdish, Uyghur: BGN/PCGN
	'ځ': "dz", 'څ': "ts", 'ښ': "sh", 'ږ': "zh", 'ړ': "r", 'ټ': "t", 'ډ': "d", 'ڼ': "n", 'ګ': "g", // Pashto: BGN/PCGN 1968
	'ڀ': "bh", 'ٿ': "th", 'ٽ': "t", 'ٺ': "th", 'ڄ': "j", 'ڃ': "ny", 'ڇ': "chh", 'ڌ': "dh", 'ڏ': "d", 'ڊ': "d", 'ڍ': "dh", // Sindhi
	'ڙ': "r", 'ڦ': "ph", 'ڪ': "k", 'ڳ': "g", 'ڱ': "ng", 'ڻ': "n", 'ۍ': "ai", 'ۃ': "a",
	'ھ': "h", 'ة': "a", 'ۀ': "eh", 'ى': "a", 'ے': "e", 'ء': "", 'ؤ': "u", 'ئ': "i", 'ـ': "",
	'َ': "a", 'ُ': "u", 'ِ': "i", 'ً': "an", 'ٌ': "un", 'ٍ': "in", 'ْ': "", 'ٰ': "a", 'ٓ': "", 'ٔ': "", 'ٕ': "",
}

// appendArabic appends a word in Arabic script. Frequent names come from lists, those of
// the language first, for their short vowels are not written; of other words come the
// letters, after the article al and the particles abd, abu and bin, with the short
// vowels that are most likely.
func appendArabic(dst []byte, letters []rune, l Language) []byte {
	text := bareArabic(letters)
	if known := knownArabic(text, l); known != "" {
		return append(dst, known...)
	}
	for _, prefix := range [...]struct{ arabic, latin string }{{"عبدال", "abdul"}, {"ال", "al"}, {"عبد", "abd"}, {"ابو", "abu"}} {
		if rest, found := strings.CutPrefix(text, prefix.arabic); found && len(rest) > 4 {
			dst = append(dst, prefix.latin...)
			if l == "" {
				l = "ar" // and no Persian
			}
			if known := knownArabic(rest, l); known != "" {
				return append(dst, known...)
			}
			letters = letters[len(letters)-min(len(letters), len([]rune(rest))):]
			break
		}
	}
	return appendVowelled(dst, arabicSounds(letters, l))
}

// knownArabic looks for a name in the lists, with an ending if it is not there alone: i
// of origin, a of women's names, ullah, and what many Iranian family names end in.
func knownArabic(text string, l Language) string {
	if known := listedArabic(text, l); known != "" {
		return known
	}
	women, god := "a", "ullah"
	if l == "fa" {
		women, god = "eh", "ollah"
	}
	for _, ending := range [...]struct{ arabic, latin string }{{"ي", "i"}, {"ة", "a"}, {"ه", women}, {"الله", god}, {"زاده", "zadeh"}, {"پور", "pour"}, {"نژاد", "nejad"}, {"نيا", "nia"}} {
		stem, found := strings.CutSuffix(text, ending.arabic)
		if !found || len(stem) < 6 {
			continue
		}
		if known := listedArabic(stem, l); known != "" && (len(ending.arabic) > 2 || strings.IndexByte("aeiou", known[len(known)-1]) < 0) {
			return known + ending.latin
		}
	}
	return ""
}

// listedArabic looks for a name in the lists: its language's, then the others. "ar" is
// Arabic for certain.
func listedArabic(text string, l Language) string {
	if l == "ar" {
		return knownNames("ar")[text]
	}
	for _, kind := range [...]string{string(l), "ar", "fa", "ur", "ps", "ckb"} {
		if known := knownNames(kind)[text]; known != "" {
			return known
		}
	}
	return ""
}

// arabicSounds reads the letters one by one.
func arabicSounds(letters []rune, l Language) []sound {
	var sounds []sound
	for i, r := range letters {
		n := len(sounds)
		switch {
		case r == 'ّ':
			if n > 0 && len(sounds[n-1].text) == 1 {
				sounds[n-1].text += sounds[n-1].text
			}
		case r == 'ھ' && n > 0 && l == "ur": // the breath of the consonant before it
			sounds[n-1].text += "h"
		case r == 'و' && l == "ckb" && i > 0 && letters[i-1] == 'و':
		case r == 'ا' && i > 0 && letters[i-1] == 'َ', r == 'ع' && i == 0 && len(letters) > 1 && letters[1] == 'ا':
		default:
			text := arabicSound(letters, i, l)
			vowel := text != "" && strings.IndexByte("aeiou", text[0]) >= 0
			if text == "" && (unicode.IsMark(r) || i == 0) {
				vowel = true // a sign for no vowel, or a carrier of the one that follows
			}
			sounds = append(sounds, sound{text, vowel, r == 'ا' || r == 'آ'})
		}
	}
	return sounds
}

// arabicSound reads one letter.
func arabicSound(letters []rune, i int, l Language) string {
	r, last := letters[i], i+1 == len(letters)
	switch {
	case r == 'و' && l == "ug":
		return "o"
	case r == 'و' || r == 'ي' || r == 'ی' || r == 'ې':
		return semivowel(letters, i)
	case (r == 'ئ' || r == 'ؤ') && !last && (i == 0 || strings.ContainsRune("وىيی", letters[i+1])): // it carries the next vowel
		return ""
	case r == 'ى' && (!last || l == "ug"): // in Arabic it is the last letter
		return "i"
	case r == 'ه' && last && i > 0 && !isArabicVowel(letters[i-1]):
		if l == "fa" {
			return "eh"
		}
		return "a"
	case r == 'ع' && (l == "ckb" || last && i > 0 && isArabicVowel(letters[i-1])):
		return ""
	}
	if eastern := strings.IndexRune("ثذض", r); eastern >= 0 && l != "" && l != "ar" { // Persian and its neighbours
		return "szz"[eastern/2 : eastern/2+1]
	}
	if text := arabicLetters[r]; text != "" || unicode.IsMark(r) {
		return text
	}
	return unidecoded(r)
}

// isArabicVowel reports whether the letter is mostly a vowel.
func isArabicVowel(r rune) bool { return strings.ContainsRune("اآىةەێۆوييۇۈ", r) }

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

// arabicTold are the languages that letters tell, each before the ones that have its letters
// and more. Kurdish (ckb) and Uyghur write their vowels.
var arabicTold = [...]Language{"", "fa", "ur", "ps", "ckb", "ug"}

// tellsArabic returns the language in arabicTold that a letter tells, before being the one
// before it.
func tellsArabic(before, r rune) int {
	switch r {
	case 'پ', 'چ', 'ژ', 'گ', 'ک', 'ی':
		return 1
	case 'ٹ', 'ڈ', 'ڑ', 'ں', 'ہ', 'ھ', 'ے':
		return 2
	case 'ټ', 'ډ', 'ړ', 'ږ', 'ښ', 'ځ', 'څ', 'ۍ', 'ګ', 'ڼ':
		return 3
	case 'ێ', 'ۆ', 'ڵ', 'ڕ', 'ە':
		return 4
	case 'ۇ', 'ۈ', 'ۋ':
		return 5
	case 'ى':
		if before == 'ئ' {
			return 5
		}
	}
	return 0
}

// arabicLanguage is the language that the letters tell, else the locale; "" is Arabic.
func arabicLanguage(told int, hint Language) Language {
	if told < 2 && (hint == "fa" || hint == "ur" || hint == "ps") {
		return hint
	}
	return arabicTold[told]
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
