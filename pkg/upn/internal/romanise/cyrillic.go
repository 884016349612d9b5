package romanise

import "unicode/utf8"

// russian is the table of ICAO Doc 9303-3 section 6, which Russian passports follow
// since 2014, from а to я. The soft sign is dropped.
var russian = [...]string{
	"a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "ie", "y", "", "e", "iu", "ia",
}

// beyond are the letters of other languages in Cyrillic script, and ё: after ICAO
// Doc 9303-3 where it has them.
var beyond = map[rune]string{
	'ё': "e", 'ђ': "dj", 'ѓ': "gj", 'є': "ie", 'ѕ': "dz", 'і': "i", 'ї': "i", 'ј': "j",
	'љ': "lj", 'њ': "nj", 'ћ': "c", 'ќ': "kj", 'ѐ': "e", 'ѝ': "i", 'ў': "u", 'џ': "dz",
	'ґ': "g", 'ғ': "g", 'җ': "j", 'қ': "k", 'ң': "n", 'ө': "o", 'ү': "u", 'ұ': "u",
	'ҳ': "h", 'ҷ': "j", 'һ': "h", 'ә': "a", 'ӣ': "i", 'ӯ': "u", 'ӑ': "a", 'ӗ': "e",
	'ҫ': "s", 'ӳ': "u", 'ҙ': "z", 'ҡ': "k", 'ѣ': "e", 'ѳ': "f", 'ѵ': "i", 'ӧ': "o",
	'ӆ': "l", 'ӊ': "n", 'ӎ': "m", 'ӛ': "a", 'ӷ': "g", 'ӓ': "a", 'ӱ': "u", 'ҥ': "n", 'ѫ': "a", 'ѧ': "ia",
}

// cyrillicRules are a language's differences from the tables above: everywhere,
// and at the start of a word.
type cyrillicRules struct{ letters, initial map[rune]string }

// cyrillicOf holds the rules of the languages:
//
//   - Ukrainian: Cabinet of Ministers, resolution 55 of 2010;
//   - Belarusian: ICAO Doc 9303-3, with Ya, Ye, Yo, Yu at the start as in passports;
//   - Bulgarian: Transliteration Act of 2009;
//   - Serbian: the Latin letters of the language itself, without their accents;
//   - Macedonian: ICAO Doc 9303-3;
//   - Mongolian: MNS 5217:2012, ө and ү as u as people write them;
//   - Kazakh, Kyrgyz, Uzbek, Tajik: the spelling of their passports, Uzbek by the
//     language's own Latin letters.
var cyrillicOf = map[Language]*cyrillicRules{
	"ru": {},
	"uk": {
		letters: map[rune]string{'г': "h", 'и': "y"},
		initial: map[rune]string{'є': "ye", 'ї': "yi", 'й': "y", 'ю': "yu", 'я': "ya"},
	},
	"be": {
		letters: map[rune]string{'г': "h", 'ё': "io", 'ў': "u"},
		initial: map[rune]string{'е': "ye", 'ё': "yo", 'ю': "yu", 'я': "ya"},
	},
	"bg": {letters: map[rune]string{'щ': "sht", 'ъ': "a", 'ь': "y", 'ю': "yu", 'я': "ya", 'х': "h", 'й': "y"}},
	"sr": {letters: map[rune]string{'ж': "z", 'ч': "c", 'ш': "s", 'х': "h", 'ц': "c"}},
	"mk": {letters: map[rune]string{'џ': "dj", 'х': "h", 'ц': "c"}},
	"mn": {letters: map[rune]string{'ж': "j", 'я': "ya", 'ю': "yu", 'ё': "yo", 'ө': "u", 'ъ': "i", 'ь': "i"}},
	"kk": {letters: map[rune]string{'й': "y", 'ю': "yu", 'я': "ya"}},
	"ky": {letters: map[rune]string{'ж': "j", 'ю': "yu", 'я': "ya"}},
	"uz": {
		letters: map[rune]string{'ў': "o", 'қ': "q", 'х': "x", 'ж': "j", 'й': "y", 'ё': "yo", 'ю': "yu", 'я': "ya", 'ъ': ""},
		initial: map[rune]string{'е': "ye"},
	},
	"tg": {letters: map[rune]string{'қ': "q", 'ғ': "gh", 'й': "y", 'ё': "yo", 'ю': "yu", 'я': "ya", 'ъ': "", 'ж': "zh"}},
}

// appendCyrillic appends a word in Cyrillic letters by the rules of its language.
func appendCyrillic(dst []byte, letters []rune, l Language) []byte {
	rules := cyrillicOf[l]
	if rules == nil {
		rules = cyrillicOf["ru"]
	}
	for i, r := range letters {
		text, found := "", false
		if i == 0 {
			text, found = rules.initial[r]
		}
		if !found {
			text, found = rules.letters[r]
		}
		switch {
		case l == "uk" && r == 'г' && i > 0 && letters[i-1] == 'з':
			text = "gh" // зг is zgh, to tell it from ж
		case l == "bg" && r == 'я' && i == len(letters)-1 && i > 0 && letters[i-1] == 'и':
			text = "a" // ия at the end is ia: Maria
		case found:
		case 'а' <= r && r <= 'я':
			text = russian[r-'а']
		case r < utf8.RuneSelf:
			text = string(r)
		default:
			if text, found = beyond[r]; !found {
				text = unidecoded(r)
			}
		}
		dst = append(dst, text...)
	}
	return dst
}
