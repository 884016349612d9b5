package romanise

// Sounds of the initial consonants, the vowels and the final consonants of a
// Hangul syllable, in Unicode's order, by the Revised Romanization of Korean
// (Ministry of Culture, notice 2000-8).
var (
	hangulInitials = [...]string{"g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"}
	hangulVowels   = [...]string{"a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i"}
	hangulFinals   = [...]string{"", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"}
)

// appendHangul appends a Korean word syllable by syllable: as the rule says for
// names, sounds do not change where two syllables meet. Family names have the
// spelling that most of their owners use (Kim, Lee, Park, Choi), which the rule
// leaves to them; in a whole name without spaces the family name stands first.
func appendHangul(dst []byte, letters []rune, part Part) []byte {
	family := 0
	switch part {
	case Family:
		family = len(letters)
	case Whole:
		family = koreanFamily(letters)
	}
	if known := knownNames("ko-family")[string(letters[:family])]; known != "" {
		dst = append(dst, known...)
		letters = letters[family:]
	}
	for _, r := range letters {
		if r < 0xac00 || r > 0xd7a3 {
			dst = append(dst, unidecoded(r)...)
			continue
		}
		s := int(r - 0xac00)
		dst = append(dst, hangulInitials[s/588]...)
		dst = append(dst, hangulVowels[s/28%21]...)
		dst = append(dst, hangulFinals[s%28]...)
	}
	return dst
}

// koreanFamily returns how many syllables of an unspaced name are the family
// name: two for the few long ones, else one. A name of one syllable has none.
func koreanFamily(letters []rune) int {
	switch {
	case len(letters) < 2 || len(letters) > 5:
		return 0
	case len(letters) > 2 && knownNames("ko-family")[string(letters[:2])] != "":
		return 2
	}
	return 1
}
