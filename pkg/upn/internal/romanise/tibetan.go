package romanise

import (
	"strings"
	"unicode/utf8"
)

// tsheg is the dot between two Tibetan syllables of one word or name.
const tsheg = '་'

// The Tibetan consonants, from U+0F40 on and by the same distance below another one
// from U+0F90 on, after the THL Simplified Phonetic Transcription of Standard Tibetan
// (Germano and Tournadre 2003), but th and ph for the breathed t and p and no é, ö and ü,
// as the people write who have Tibetan names.
var tibetanConsonants = [...]string{
	"k", "kh", "g", "g", "ng", "ch", "ch", "j", "", "ny", "t", "th", "d", "d", "n", "t", "th", "d", "d", "n",
	"p", "ph", "b", "b", "m", "ts", "ts", "dz", "dz", "w", "zh", "z", "", "y", "r", "l", "sh", "sh", "s", "h", "", "k", "r",
}

// Consonants that are written around the one that is spoken, and signs for vowels.
const (
	tibetanPrefixes = "གདབམའ"
	tibetanVowels   = "\u0f72\u0f74\u0f7a\u0f7c" // i u e o
	tibetanNasal    = 'ཾ'
)

// tibetanStack is a consonant with what is written below it and its vowel, 0 for none.
type tibetanStack struct {
	base  rune
	below []rune // as if they stood alone
	vowel rune
	nasal bool
}

// tibetanSyllable is what is spoken of a syllable.
type tibetanSyllable struct {
	prefix, head       rune // silent, but for some behind a vowel; 0 for none
	onset, vowel, coda string
}

// appendTibetan appends a Tibetan or Dzongkha word. Names of one or two syllables come
// from a list where people spell them otherwise than the rules do, Bhutan's from its own.
func appendTibetan(dst []byte, letters []rune, l Language) []byte {
	written := strings.FieldsFunc(string(letters), func(r rune) bool { return r == tsheg })
	start := len(dst)
	for i := 0; i < len(written); i++ {
		if i+1 < len(written) {
			if known := knownTibetan(written[i]+string(tsheg)+written[i+1], l); known != "" {
				dst = append(dst, known...)
				i++
				continue
			}
		}
		if known := knownTibetan(written[i], l); known != "" {
			dst = append(dst, known...)
			continue
		}
		for _, s := range readTibetan(tibetanStacks([]rune(written[i]))) {
			if len(dst) > start {
				dst = s.join(dst)
			}
			dst = append(append(append(dst, s.onset...), s.vowel...), s.coda...)
		}
	}
	if end := len(dst) - 1; end > start && dst[end] == 'b' && dst[end-1] == 'u' { // Dondrup
		dst[end] = 'p'
	}
	return dst
}

func knownTibetan(text string, l Language) string {
	if l == "dz" {
		if known := knownNames("dz")[text]; known != "" {
			return known
		}
	}
	return knownNames("bo")[text]
}

// join fits a syllable to the end of the one before it, where silent letters are heard
// and sounds change.
func (s *tibetanSyllable) join(dst []byte) []byte {
	last := len(dst) - 1
	open := strings.IndexByte("aeiou", dst[last]) >= 0
	voiced := s.onset != "" && strings.IndexByte("bdgjlmnrwyz", s.onset[0]) >= 0
	switch {
	case s.prefix == 'བ' && s.onset == "z" && open: // Lobsang
		s.onset = "bs"
	case s.prefix == 'བ' && s.onset == "z": // Kalsang
		s.onset = "s"
	case s.prefix == 'འ' && s.onset == "dz": // Tenzin
		s.onset = "z"
	case s.onset == "b" && open && s.head+s.prefix == 0 && s.coda == "" && (s.vowel == "a" || s.vowel == "o"): // Dawa
		s.onset = "w"
	case s.onset == "g" && dst[last] == 'g': // Senge
		s.onset = ""
	case s.head == 'ར' && s.onset == "j" && open: // Dorje
		dst = append(dst, 'r')
	case s.prefix == 'འ' && open && voiced && (s.onset[0] == 'd' || s.onset[0] == 'g'): // Gendun, Khandro
		dst = append(dst, 'n')
	case dst[last] == 'k' && voiced: // Jigme
		dst[last] = 'g'
	}
	return dst
}

// tibetanStacks groups the letters of a syllable.
func tibetanStacks(letters []rune) []tibetanStack {
	var stacks []tibetanStack
	for _, l := range letters {
		n := len(stacks)
		switch {
		case l >= 'ཀ' && l <= 'ཪ' || l < utf8.RuneSelf || l >= '༠' && l <= '༩':
			stacks = append(stacks, tibetanStack{base: l})
		case l == 'ༀ':
			stacks = append(stacks, tibetanStack{base: 'ཨ', vowel: '\u0f7c', nasal: true})
		case n == 0:
		case l >= '\u0f90' && l <= '\u0fbc':
			stacks[n-1].below = append(stacks[n-1].below, l-('\u0f90'-'ཀ'))
		case strings.ContainsRune(tibetanVowels, l):
			stacks[n-1].vowel = l
		case l == tibetanNasal:
			stacks[n-1].nasal = true
		}
	}
	return stacks
}

// readTibetan finds the consonant that is spoken, which is the one with a vowel sign
// or another consonant around it, and what the others are to it: a silent prefix,
// one or two at the end. What is left over, as in names from Sanskrit, are syllables
// of their own.
func readTibetan(stacks []tibetanStack) []tibetanSyllable {
	if len(stacks) == 0 {
		return nil
	}
	root := tibetanRoot(stacks)
	var before []tibetanSyllable
	prefix := rune(0)
	if root == 1 && strings.ContainsRune(tibetanPrefixes, stacks[0].base) {
		prefix = stacks[0].base
	} else {
		before = readTibetan(stacks[:root])
	}
	s := stacks[root].syllable(prefix)
	rest := stacks[root+1:]
	if len(rest) > 0 && rest[0].isBare() {
		s.close(rest[0].base)
		rest = rest[1:]
		if len(rest) > 0 && rest[0].isBare() && strings.ContainsRune("སད", rest[0].base) {
			rest = rest[1:]
		}
	}
	return append(append(before, s), readTibetan(rest)...)
}

// tibetanRoot finds the consonant that is spoken.
func tibetanRoot(stacks []tibetanStack) int {
	for i, s := range stacks {
		if !s.isBare() && (i == 0 || s.base != 'འ') {
			return i
		}
	}
	n := len(stacks)
	if n < 3 || !stacks[1].isBare() || !strings.ContainsRune(tibetanPrefixes, stacks[0].base) {
		return 0
	}
	if n == 3 && stacks[2].base == 'ས' && strings.ContainsRune("གངབམ", stacks[1].base) {
		return 0 // two consonants at the end
	}
	return 1
}

// isBare reports whether it is a consonant alone, and no digit.
func (s tibetanStack) isBare() bool {
	return s.base >= 'ཀ' && s.vowel == 0 && len(s.below) == 0 && !s.nasal
}

// syllable is the stack spoken behind a prefix.
func (s tibetanStack) syllable(prefix rune) tibetanSyllable {
	base, below := s.base, s.below
	if base < 'ཀ' { // a digit
		return tibetanSyllable{onset: tibetanDigit(base)}
	}
	syllable := tibetanSyllable{prefix: prefix, vowel: "a"}
	if len(below) > 0 && strings.ContainsRune("རལས", base) && !strings.ContainsRune("ཡརལཝཧ", below[0]) {
		syllable.head, base, below = base, below[0], below[1:]
	}
	if at := strings.IndexRune(tibetanVowels, s.vowel); at >= 0 {
		syllable.vowel = "iueo"[at/3 : at/3+1]
	}
	if s.nasal {
		syllable.coda = "m"
	}
	syllable.onset = tibetanOnset(base, below)
	if prefix == 'ད' && base == 'བ' {
		switch {
		case syllable.onset == "j":
			syllable.onset = "y"
		case syllable.onset == "dr":
			syllable.onset = "r"
		case syllable.vowel == "u":
			syllable.onset = ""
		default:
			syllable.onset = "w"
		}
	}
	return syllable
}

func tibetanDigit(l rune) string {
	if l >= '༠' {
		l -= '༠' - '0'
	}
	return string(l)
}

// tibetanOnset is the sound of a consonant with those below it.
func tibetanOnset(base rune, below []rune) string {
	sound := tibetanSound(base)
	for _, l := range below {
		switch {
		case l == 'ཧ' && base == 'ལ':
			sound = "lh"
		case l == 'ལ' && base == 'ཟ':
			sound = "d"
		case l == 'ལ':
			sound = "l"
		case l == 'ར' && strings.ContainsRune("ཀཁཏཐཔཕ", base):
			sound = "tr"
		case l == 'ར' && strings.ContainsRune("གདབ", base):
			sound = "dr"
		case l == 'ར' && base == 'ཧ':
			sound = "hr"
		case l == 'ཡ' && (base == 'པ' || base == 'ཕ'):
			sound = "ch"
		case l == 'ཡ' && base == 'བ':
			sound = "j"
		case l == 'ཡ' && base == 'མ':
			sound = "ny"
		case l != 'ར' && l != 'ཝ' && l != 'ཧ':
			sound += tibetanSound(l)
		}
	}
	return sound
}

func tibetanSound(l rune) string {
	if at := int(l - 'ཀ'); at < len(tibetanConsonants) {
		return tibetanConsonants[at]
	}
	return ""
}

// close adds the consonant at the end: some are silent, and some make an e of the a
// before them.
func (s *tibetanSyllable) close(l rune) {
	if s.vowel == "a" && strings.ContainsRune("དནས", l) {
		s.vowel = "e"
	}
	switch l {
	case 'ག':
		s.coda = "k"
	case 'ང', 'ན', 'བ', 'མ', 'ར', 'ལ':
		s.coda = tibetanSound(l)
	case 'ད', 'ས', 'འ':
	default:
		s.coda = tibetanSound(l) + "a" // no consonant that ends a syllable
	}
}
