package romanise

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The Khmer letters, by their order in Unicode from U+1780 and U+17B6 on, in the
// spelling that most Cambodians use for their names (it is near to UNGEGN's of 1972).
// A consonant's name ends with the vowel of its series, and that decides how the signs
// for vowels are read: the first way after a, the second after o.
var (
	khmerConsonants = strings.Fields("ka kha ko kho ngo cha chha cho chho nho da tha do tho na ta tha to tho no " +
		"ba pha po pho mo yo ro lo vo sa so sa ha la a")
	khmerVowels = strings.Fields("a/ea i/i ey/i eu/eu eu/eu o/u o/ou uo/uo oe/oe oeu/oeu ie/ie e/e e/e ai/ey o/o ao/ov")
)

// Signs around Khmer letters.
const (
	nikahit     = 'ំ' // m
	reahmuk     = 'ះ' // h
	muusikatoan = '៉' // the series a
	triisap     = '៊' // the series o
	bantoc      = '់' // this consonant ends the syllable
	toandakhiat = '៍' // this consonant is silent
	samyok      = '័' // a short a
	coeng       = '្' // the next consonant is written below, in the same syllable
)

// khmerSyllable is a consonant, those below it, and its vowel.
type khmerSyllable struct {
	base    rune
	below   string
	series  byte   // 'a' or 'o'
	vowel   string // both ways to read it, as in khmerVowels; "": none is written
	coda    string // m or h, by a sign; only where there is a vowel
	ends    bool   // it ends the syllable before
	shifted bool   // its series is the sign's a: ប is p then
}

// appendKhmer appends a Khmer word. The vowel of a consonant without a sign is not
// written, and neither is where a syllable ends: what is found is most frequent in names.
func appendKhmer(dst []byte, letters []rune) []byte {
	word := khmerSyllables(letters)
	for i, s := range word {
		last := i+1 == len(word)
		between := i > 0 && !last && word[i-1].vowel != "" && word[i+1].vowel != ""
		switch {
		case s.vowel != "":
			dst = append(append(append(dst, khmerOnset(s)...), khmerVowel(s, last)...), s.coda...)
		case i > 0 && (last || s.ends || between):
			dst = appendKhmerEnd(dst, s)
		case s.base == 'វ' || s.base == 'រ':
			dst = append(append(dst, khmerOnset(s)...), 'a')
		default:
			dst = append(append(dst, khmerOnset(s)...), s.series)
		}
	}
	return dst
}

// appendKhmerEnd appends a consonant that ends the syllable before, without its
// breath: Sok, not Sokh. What is below it is silent, unless it is the same: Sovann.
func appendKhmerEnd(dst []byte, s khmerSyllable) []byte {
	sound, _ := khmerConsonant(s.base)
	if s.base == 'វ' && bytes.HasSuffix(dst, []byte("e")) { // Keo
		sound = "o"
	}
	switch sound {
	case "h", "ch", "nh":
	default:
		sound = strings.TrimSuffix(sound, "h") // kh, chh, th, ph
	}
	dst = append(dst, sound...)
	if s.below == sound && len(sound) == 1 {
		dst = append(dst, sound...)
	}
	return dst
}

// khmerOnset is what stands before the vowel. Of two equal sounds a single letter is doubled.
func khmerOnset(s khmerSyllable) string {
	onset, _ := khmerConsonant(s.base)
	if s.base == 'ប' && s.shifted {
		onset = "p"
	}
	if onset == s.below && len(onset) > 1 {
		return onset
	}
	return onset + s.below
}

// khmerVowel is the written vowel of a syllable. At the end of names from Pali a is no ea
// after a sonorant: Dara, Ratana.
func khmerVowel(s khmerSyllable, last bool) string {
	first, second, _ := strings.Cut(s.vowel, "/")
	switch {
	case s.series == 'a', last && second == "ea" && strings.ContainsRune("នយរលញ", s.base):
		return first
	case last && first == "ey" && s.coda == "":
		return "y"
	}
	return second
}

// khmerSyllables groups the letters of a word.
func khmerSyllables(letters []rune) []khmerSyllable {
	var word []khmerSyllable
	subscript := false
	for _, l := range letters {
		if text, series := khmerConsonant(l); series != 0 {
			if n := len(word); subscript && n > 0 {
				word[n-1].below += text
				if !strings.ContainsRune("ងញនមយរលវ", l) { // these leave the series as it is
					word[n-1].series = series
				}
			} else {
				word = append(word, khmerSyllable{base: l, series: series})
			}
			subscript = false
			continue
		}
		subscript = l == coeng
		n := len(word)
		if n == 0 || l >= 'ឣ' && l <= 'ឳ' || unicode.IsNumber(l) { // a vowel alone, a digit
			text := unidecoded(l)
			if l < utf8.RuneSelf {
				text = string(l)
			}
			if text != "" {
				word = append(word, khmerSyllable{base: 'អ', series: 'a', vowel: text})
			}
			continue
		}
		if l == toandakhiat {
			word = word[:n-1]
			continue
		}
		word[n-1].sign(l)
	}
	return word
}

// sign takes a sign beside the consonant into account.
func (s *khmerSyllable) sign(l rune) {
	switch {
	case l >= 'ា' && l <= 'ៅ':
		s.vowel = khmerVowels[l-'ា']
	case l == samyok:
		s.vowel = "a/a"
	case l == muusikatoan:
		s.series, s.shifted = 'a', true
	case l == triisap:
		s.series = 'o'
	case l == bantoc:
		s.ends = true
	case l == nikahit && s.vowel == "":
		s.vowel, s.coda = "a/u", "m"
	case l == nikahit:
		s.coda = "m"
	case l == reahmuk && s.vowel == "":
		s.vowel, s.coda = "a/ea", "h"
	case l == reahmuk:
		s.coda = "h"
	}
}

// khmerConsonant returns the sound of a consonant and its series, 0 for other letters.
func khmerConsonant(l rune) (sound string, series byte) {
	if l < 'ក' || l > 'អ' {
		return "", 0
	}
	name := khmerConsonants[l-'ក']
	return name[:len(name)-1], name[len(name)-1]
}
