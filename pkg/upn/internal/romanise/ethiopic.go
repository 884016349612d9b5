package romanise

// ethiopicRows are the consonants of the syllables from U+1200 on, eight to a row,
// after the BGN/PCGN system for Amharic without its marks. Rows with a "w" at the
// end are spoken with rounded lips; "" is a glottal stop, which is not written.
var ethiopicRows = [...]string{
	"h", "l", "h", "m", "s", "r", "s", "sh", "k", "kw", "k", "kw", "b", "v", "t", "ch", "h", "hw", "n", "ny", "", "k",
	"kw", "h", "hw", "w", "", "z", "zh", "y", "d", "d", "j", "g", "gw", "g", "t", "ch", "p", "ts", "ts", "f", "p",
}

// appendEthiopic appends a word in Ethiopic letters. Each is a syllable; the vowel of
// the sixth order is spoken or not, and nobody writes which: it is taken to be where
// consonants would pile up without it.
func appendEthiopic(dst []byte, letters []rune) []byte {
	consonants := 0 // at the end of dst, without a vowel
	for i, r := range letters {
		consonant, vowel, ok := ethiopic(r)
		if !ok {
			dst = append(dst, unidecoded(r)...)
			continue
		}
		if vowel == "" {
			next, open := "", false // the syllable that follows
			if i+1 < len(letters) {
				c, v, _ := ethiopic(letters[i+1])
				next, open = c, v != ""
			}
			switch {
			case consonant == "" && i == 0:
				vowel = "e"
			case consonant != "" && next != "" && (i == 0 || consonants > 0 && !open):
				vowel = "i"
			}
		}
		if dst = append(dst, consonant+vowel...); vowel != "" {
			consonants = 0
		} else if consonant != "" {
			consonants++
		}
	}
	return dst
}

// ethiopic takes a syllable apart. The vowel of the sixth order is "".
func ethiopic(r rune) (consonant, vowel string, ok bool) {
	row, order := int(r-0x1200)/8, int(r-0x1200)%8
	if r < 0x1200 || row >= len(ethiopicRows) {
		return "", "", false
	}
	consonant = ethiopicRows[row]
	vowel = [...]string{"e", "u", "i", "a", "e", "", "o", "wa"}[order]
	switch {
	case order == 0 && (consonant == "" || row == 0 || row == 2 || row == 16): // nothing, and three of the four h
		vowel = "a"
	case order == 7 && consonant == "":
		vowel = "e"
	case order == 5 && len(consonant) > 1 && consonant[len(consonant)-1] == 'w':
		vowel = "i"
	}
	return consonant, vowel, true
}
