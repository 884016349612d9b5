package romanise

// sound is a letter of a script that does not write short vowels.
type sound struct {
	text  string
	vowel bool
	long  bool // a vowel after which a short e is likely, as in Khaled and Rotem
}

// appendVowelled appends the sounds of a word, with a short vowel wherever two
// consonants would begin a syllable or end the word. That is guessed: an a, which is the
// most frequent in names, but e between two consonants at the end behind a long vowel,
// and i before y.
func appendVowelled(dst []byte, sounds []sound) []byte {
	open := false // the syllable so far ends in a vowel
	for i, s := range sounds {
		dst = append(dst, s.text...)
		if s.vowel {
			open = true
			continue
		}
		if i+1 == len(sounds) || sounds[i+1].vowel {
			open = false
			continue
		}
		last := i+2 == len(sounds)
		switch {
		case open && !last:
			open = false // this one ends the syllable
		case open && sounds[i-1].long && sounds[i-1].vowel:
			dst = append(dst, 'e')
		case sounds[i+1].text == "y":
			dst, open = append(dst, 'i'), true
		default:
			dst, open = append(dst, 'a'), true
		}
	}
	return dst
}
