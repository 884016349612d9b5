package romanise

import "strings"

// devanagariLetters are the letters of Devanagari by the Hunterian system, India's
// national one, without its length marks. The other scripts of India have their
// letters at the same places of their own Unicode blocks, each 128 wide, so that
// the table serves them too.
var devanagariLetters = map[rune]string{
	'अ': "a", 'आ': "a", 'इ': "i", 'ई': "i", 'उ': "u", 'ऊ': "u", 'ऋ': "ri", 'ऌ': "lri",
	'ॲ': "a", 'ऍ': "e", 'ऎ': "e", 'ए': "e", 'ऐ': "ai", 'ऑ': "o", 'ऒ': "o", 'ओ': "o", 'औ': "au",
	'क': "k", 'ख': "kh", 'ग': "g", 'घ': "gh", 'ङ': "n", 'च': "ch", 'छ': "chh", 'ज': "j",
	'झ': "jh", 'ञ': "n", 'ट': "t", 'ठ': "th", 'ड': "d", 'ढ': "dh", 'ण': "n", 'त': "t",
	'थ': "th", 'द': "d", 'ध': "dh", 'न': "n", 'ऩ': "n", 'प': "p", 'फ': "ph", 'ब': "b",
	'भ': "bh", 'म': "m", 'य': "y", 'र': "r", 'ऱ': "r", 'ल': "l", 'ळ': "l", 'ऴ': "zh",
	'व': "v", 'श': "sh", 'ष': "sh", 'स': "s", 'ह': "h",
	'ॻ': "g", 'ॼ': "j", 'ॾ': "d", 'ॿ': "b",
	'ा': "a", 'ि': "i", 'ी': "i", 'ु': "u", 'ू': "u", 'ृ': "ri", 'ॅ': "e", 'ॆ': "e", 'े': "e",
	'ै': "ai", 'ॉ': "o", 'ॊ': "o", 'ो': "o", 'ौ': "au",
}

// Signs that belong to the letter before them, as in Devanagari.
const (
	tippi       = 'ੰ' // Gurmukhi: as anusvara; the place has another letter in Devanagari
	addak       = 'ੱ' // Gurmukhi: the consonant after it is doubled
	nukta       = '़' // another sound: क to क़
	virama      = '्' // no vowel
	candrabindu = 'ँ'
	anusvara    = 'ं'
	visarga     = 'ः'
)

// syllable is a consonant with its vowel, or a vowel alone.
type syllable struct {
	letter                  rune // of the consonant, at its place in Devanagari
	consonant, vowel, nasal string
	inherent                bool // the vowel is the a that is not written
	doubled                 bool // the consonant is long
}

// appendIndic appends a word in a script of India. The unwritten a of a syllable
// is silent at the end of a word, and between two syllables that are sounded in
// scripts of the north; Dravidian scripts and Odia sound every one.
func appendIndic(dst []byte, letters []rune) []byte {
	block := rune(0)
	if len(letters) > 0 {
		block = letters[0] &^ 0x7f
	}
	if known := knownNames("indic")[string(letters)]; known != "" {
		return append(dst, known...)
	}
	word := syllables(letters)
	if n := len(word); n > 0 && block >= 0x0c00 && word[n-1].nasal == "n" {
		word[n-1].nasal = "m" // at the end, in Telugu, Kannada and Malayalam
	}
	switch {
	case block == bengali:
		silence(word, true)
	case block <= 0x0a80:
		silence(word, false)
	case block == odia:
		if n := len(word); n > 1 && word[n-1].inherent && word[n-2].vowel != "" {
			word[n-1].vowel = ""
		}
	case block == tamil:
		voice(word)
	}
	assimilate(word)
	for _, s := range word {
		if s.doubled {
			dst = append(dst, s.consonant[0])
		}
		dst = append(append(append(dst, s.consonant...), s.vowel...), s.nasal...)
	}
	return dst
}

// Blocks of Unicode whose scripts have rules of their own.
const (
	bengali = 0x0980
	odia    = 0x0b00
	tamil   = 0x0b80
)

// assimilate writes sounds that change beside others as people spell them: a nasal before
// p or b is m (Ambani) and before h ng (Singh), jn is gy (Gyan) but in the south, and v
// behind s, sh, t or d is w (Swami, Ishwar).
func assimilate(word []syllable) {
	for i := range len(word) - 1 {
		s, next := &word[i], &word[i+1]
		switch {
		case next.consonant == "":
		case s.nasal == "n" && next.consonant == "m":
			s.nasal = ""
		case s.nasal == "n" && strings.ContainsAny(next.consonant[:1], "pb"):
			s.nasal = "m"
		case s.nasal == "n" && next.consonant == "h":
			s.nasal = "ng"
		case s.vowel != "" || s.nasal != "":
		case s.letter == 'ज' && next.letter == 'ञ':
			s.consonant, next.consonant = "g", "y"
		case next.letter == 'व' && strings.ContainsRune("सशषतद", s.letter) && s.letter != 0:
			next.consonant = "w"
		}
	}
}

// voice reads the letters of Tamil that stand for several sounds as the people write who
// have such names: t of the teeth is th, between vowels and behind their nasal க and ட are
// g and d, and ப behind it is b; ச is s but where it is doubled or behind another consonant.
func voice(word []syllable) {
	for i := range word {
		s := &word[i]
		before := syllable{vowel: "a"}
		if i > 0 {
			before = word[i-1]
		}
		open, nasal := i > 0 && before.vowel != "", strings.ContainsRune("ङञणनम", before.letter)
		twice := before.vowel == "" && before.letter == s.letter
		switch s.letter {
		case 'त':
			s.consonant = "th"
			if twice {
				word[i-1].consonant = ""
			}
		case 'च':
			switch {
			case twice:
				word[i-1].consonant = ""
			case before.vowel == "" && nasal:
				s.consonant = "j"
			case before.vowel != "" && !(i+1 < len(word) && word[i+1].letter == 'च' && s.vowel == ""):
				s.consonant = "s"
			}
		case 'क':
			if open && s.vowel != "" || before.vowel == "" && nasal {
				s.consonant = "g"
			}
		case 'ट':
			if open && s.vowel != "" || before.vowel == "" && nasal {
				s.consonant = "d"
			}
		case 'प':
			if before.vowel == "" && nasal {
				s.consonant = "b"
			}
		}
	}
}

// syllables reads letters into syllables. Digits and unknown letters become
// consonants without a vowel.
func syllables(letters []rune) []syllable {
	var word []syllable
	for i, r := range letters {
		if c := vowelless(r); c != "" {
			word = append(word, syllable{consonant: c})
			continue
		}
		switch r {
		case tippi:
			r = anusvara
		case addak:
			continue
		}
		r = northern(r)
		var last *syllable
		if len(word) > 0 {
			last = &word[len(word)-1]
		}
		text, found := devanagariLetters[r]
		switch {
		case last != nil && r == virama:
			last.vowel, last.inherent = "", false
		case last != nil && r == nukta:
			last.consonant = dotted(last.consonant)
		case last != nil && (r == anusvara || r == candrabindu):
			last.nasal, last.inherent = "n", false
		case last != nil && r == visarga:
			last.nasal = "h"
		case found && r >= 'ा' && r <= 'ौ' && last != nil:
			last.vowel, last.inherent = text, false
		case found && (r >= 'क' && r <= 'ह' || r >= 'ॻ'):
			word = append(word, syllable{letter: r, consonant: text, vowel: "a", inherent: true, doubled: i > 0 && letters[i-1] == addak})
		case found:
			word = append(word, syllable{vowel: text})
		default:
			word = append(word, syllable{consonant: unidecoded(r)})
		}
	}
	return word
}

// vowelless returns the sound of a consonant that never has a vowel, of Malayalam or
// Bengali, "" for every other letter.
func vowelless(r rune) string {
	switch r {
	case 'ৎ':
		return "t"
	case 'ൺ', 'ൻ':
		return "n"
	case 'ർ':
		return "r"
	case 'ൽ', 'ൾ':
		return "l"
	case 'ൿ':
		return "k"
	}
	return ""
}

// northern moves a letter of another Indian script to its place in Devanagari.
func northern(r rune) rune {
	switch {
	case r == 'ৰ', r == 'ੜ':
		return 'र'
	case r == 'ୟ':
		return 'य'
	case r == 'ৱ':
		return 'व'
	case r >= 0x0980 && r <= 0x0d7f:
		return 0x0900 + r&0x7f
	}
	return r
}

// dotted returns the sound of a consonant with a dot below.
func dotted(consonant string) string {
	switch consonant {
	case "k":
		return "q"
	case "j":
		return "z"
	case "d":
		return "r"
	case "dh":
		return "rh"
	case "ph":
		return "f"
	}
	return consonant
}

// silence drops the inherent vowels that are not sounded, from the end: at the
// end of a word, and between a sounded vowel and a consonant with a sounded vowel. Behind
// a cluster at the end it may be kept: Bengali does.
func silence(word []syllable, keeps bool) {
	n := len(word)
	if n < 2 {
		return
	}
	if last := &word[n-1]; last.inherent && word[n-2].vowel+word[n-2].nasal != "" {
		last.vowel = ""
	} else if last.inherent && !keeps && !endsInA(last.consonant) {
		last.vowel = ""
	}
	for i := n - 2; i > 0; i-- {
		s := &word[i]
		if s.inherent && word[i-1].vowel != "" && word[i-1].nasal == "" && word[i+1].vowel != "" && word[i+1].consonant != "" {
			s.vowel = ""
		}
	}
}

// endsInA reports whether a word that ends in a cluster with this consonant keeps its a:
// शर्मा is written with it, but मिश्र and चन्द्र need it to be spoken.
func endsInA(consonant string) bool {
	return consonant == "r" || consonant == "y" || consonant == "v" || consonant == "n"
}
