package romanise

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
	word := syllables(letters)
	if n := len(word); n > 0 && block >= 0x0c00 && word[n-1].nasal == "n" {
		word[n-1].nasal = "m" // at the end, in Telugu, Kannada and Malayalam
	}
	if block <= 0x0a80 {
		silence(word)
	}
	for _, s := range word {
		if s.doubled {
			dst = append(dst, s.consonant[0])
		}
		dst = append(append(append(dst, s.consonant...), s.vowel...), s.nasal...)
	}
	return dst
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
			word = append(word, syllable{consonant: text, vowel: "a", inherent: true, doubled: i > 0 && letters[i-1] == addak})
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
// end of a word, and between a sounded vowel and a consonant with a sounded vowel.
func silence(word []syllable) {
	n := len(word)
	if n < 2 {
		return
	}
	if last := &word[n-1]; last.inherent && word[n-2].vowel+word[n-2].nasal != "" {
		last.vowel = ""
	} else if last.inherent && !endsInA(last.consonant) {
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
