package romanise

// georgianLetters is Georgia's national system of 2002 from ა to ჰ, without the
// apostrophes of its ejectives.
var georgianLetters = [...]string{
	"a", "b", "g", "d", "e", "v", "z", "t", "i", "k", "l", "m", "n", "o", "p", "zh", "r",
	"s", "t", "u", "p", "k", "gh", "q", "sh", "ch", "ts", "dz", "ts", "ch", "kh", "j", "h",
}

// armenianLetters is the BGN/PCGN system of 1981, the one of Armenian passports,
// from ա to ֆ without its apostrophes.
var armenianLetters = [...]string{
	"a", "b", "g", "d", "e", "z", "e", "y", "t", "zh", "i", "l", "kh", "ts", "k", "h", "dz",
	"gh", "ch", "m", "y", "n", "sh", "o", "ch", "p", "j", "r", "s", "v", "t", "r", "ts", "v",
	"p", "k", "o", "f",
}

// appendAlphabet appends a Georgian or Armenian word: one letter after the other,
// but for the few Armenian letters that sound different at the start.
func appendAlphabet(dst []byte, letters []rune, s script) []byte {
	for i := 0; i < len(letters); i++ {
		r := letters[i]
		next := rune(0)
		if i+1 < len(letters) {
			next = letters[i+1]
		}
		switch {
		case s == georgian && 'ა' <= r && r <= 'ჰ':
			dst = append(dst, georgianLetters[r-'ა']...)
		case r == 'ո' && next == 'ւ':
			dst = append(dst, 'u')
			i++
		case r == 'ո' && i == 0 && next != 'վ':
			dst = append(dst, "vo"...)
		case r == 'ե' && i == 0:
			dst = append(dst, "ye"...)
		case r == 'և':
			dst = append(dst, "ev"...)
		case 'ա' <= r && r <= 'ֆ':
			dst = append(dst, armenianLetters[r-'ա']...)
		default:
			dst = append(dst, unidecoded(r)...)
		}
	}
	return dst
}
