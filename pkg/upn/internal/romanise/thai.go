package romanise

import "strings"

// thaiConsonants are the consonants ก to ฮ at the start and at the end of a
// syllable, by the Royal Thai General System (RTGS).
var thaiConsonants = map[rune][2]string{
	'ก': {"k", "k"}, 'ข': {"kh", "k"}, 'ฃ': {"kh", "k"}, 'ค': {"kh", "k"}, 'ฅ': {"kh", "k"},
	'ฆ': {"kh", "k"}, 'ง': {"ng", "ng"}, 'จ': {"ch", "t"}, 'ฉ': {"ch", "t"}, 'ช': {"ch", "t"},
	'ซ': {"s", "t"}, 'ฌ': {"ch", "t"}, 'ญ': {"y", "n"}, 'ฎ': {"d", "t"}, 'ฏ': {"t", "t"},
	'ฐ': {"th", "t"}, 'ฑ': {"th", "t"}, 'ฒ': {"th", "t"}, 'ณ': {"n", "n"}, 'ด': {"d", "t"},
	'ต': {"t", "t"}, 'ถ': {"th", "t"}, 'ท': {"th", "t"}, 'ธ': {"th", "t"}, 'น': {"n", "n"},
	'บ': {"b", "p"}, 'ป': {"p", "p"}, 'ผ': {"ph", "p"}, 'ฝ': {"f", "p"}, 'พ': {"ph", "p"},
	'ฟ': {"f", "p"}, 'ภ': {"ph", "p"}, 'ม': {"m", "m"}, 'ย': {"y", "i"}, 'ร': {"r", "n"},
	'ล': {"l", "n"}, 'ว': {"w", "o"}, 'ศ': {"s", "t"}, 'ษ': {"s", "t"}, 'ส': {"s", "t"},
	'ห': {"h", ""}, 'ฬ': {"l", "n"}, 'อ': {"", ""}, 'ฮ': {"h", ""}, 'ฤ': {"rue", "rue"},
}

// thaiReader reads a Thai word syllable by syllable. Thai marks neither their
// borders nor every vowel, so what it finds is what is most frequent in names.
type thaiReader struct {
	letters []rune // without tone marks and silenced letters
	at      int
	dst     []byte // its own, so that the caller's can stay on the stack
}

// appendThai appends a Thai word by RTGS, which writes neither tones nor length.
func appendThai(dst []byte, letters []rune) []byte {
	r := thaiReader{letters: audible(letters)}
	for r.at < len(r.letters) {
		r.syllable()
	}
	return append(dst, r.dst...)
}

// audible drops tone marks, and the letters that a thanthakhat silences: the one it
// stands on, and any before it that follow the consonant which ends the syllable.
// The vowel am, which the form KC takes apart, is one letter again.
func audible(letters []rune) []rune {
	var out []rune
	for i, l := range letters {
		switch {
		case l == '\u0e4d' && i+1 < len(letters) && letters[i+1] == 'า': // as form KC writes ำ
			out = append(out, 'ำ')
		case l == 'า' && i > 0 && letters[i-1] == '\u0e4d':
		case l == '์':
			for len(out) > 0 && !isThaiConsonant(out[len(out)-1]) {
				out = out[:len(out)-1]
			}
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			for n := len(out); n > 2 && isThaiConsonant(out[n-1]) && isThaiConsonant(out[n-2]) && isThaiVowel(out[n-3]) && !strings.ContainsRune("นมงลร", out[n-1]); n = len(out) {
				out = out[:n-1]
			}
		case l >= '่' && l <= '๎' && l != '์' || l == 'ฺ':
		default:
			out = append(out, l)
		}
	}
	return out
}

func isThaiConsonant(l rune) bool { return l >= 'ก' && l <= 'ฮ' && l != 'ฤ' && l != 'ฦ' }

func (r *thaiReader) peek(n int) rune {
	if r.at+n < len(r.letters) {
		return r.letters[r.at+n]
	}
	return 0
}

// maxThaiPart is the length of the longest part of names in the list.
const maxThaiPart = 7

// known finds the longest part of a name ahead whose sounds its letters do not tell, in the
// list: such a part stands before others or at the end, and is read accordingly.
func (r *thaiReader) known() (latin string, n int) {
	for n := min(maxThaiPart, len(r.letters)-r.at); n > 1; n-- {
		kind := "th-end"
		if next := r.peek(n); next != 0 {
			kind = "th"
			if isThaiVowel(next) || next == 'ำ' {
				continue
			}
		}
		if latin := knownNames(kind)[string(r.letters[r.at:r.at+n])]; latin != "" {
			return latin, n
		}
	}
	return "", 0
}

// syllable reads a known part, or else a leading vowel if there is one, the consonants at
// the start, the vowel and the consonant at the end.
func (r *thaiReader) syllable() {
	if latin, n := r.known(); n > 0 {
		r.dst = append(r.dst, latin...)
		r.at += n
		return
	}
	lead := rune(0)
	if strings.ContainsRune("เแโใไ", r.peek(0)) {
		lead = r.peek(0)
		r.at++
	}
	if !isThaiConsonant(r.peek(0)) {
		if lead == 0 {
			r.dst = append(r.dst, r.other(r.peek(0))...)
			r.at++
		}
		return
	}
	r.onset(lead)
	r.vowel(lead)
}

// other returns what a letter is that starts no syllable: ฤ, a digit, a stray vowel.
func (r *thaiReader) other(l rune) string {
	if c, found := thaiConsonants[l]; found {
		return c[0]
	}
	return unidecoded(l)
}

// onset appends the consonants that start the syllable: one, or a cluster such as
// กร or ปล, or a consonant after a silent ห.
func (r *thaiReader) onset(lead rune) {
	c, next := r.peek(0), r.peek(1)
	vowelAhead := lead != 0 && isThaiConsonant(next) && r.peek(2) != 0 || isThaiVowel(r.peek(2))
	switch {
	case c == 'ห' && next != 0 && strings.ContainsRune("งญนมยรลว", next) && (vowelAhead || r.peek(2) == 'อ' || lead == 'ใ' || lead == 'ไ'):
		r.at++
		c = next
	case c == 'ท' && next == 'ร' && vowelAhead && lead == 0:
		r.dst = append(r.dst, 's')
		r.at += 2
		return
	case r.silentR():
		r.dst = append(r.dst, thaiConsonants[c][0]...)
		r.at += 2
		return
	case isThaiCluster(c, next) && vowelAhead && (lead == 0 || next != 'ว'):
		r.dst = append(append(r.dst, thaiConsonants[c][0]...), thaiConsonants[next][0]...)
		r.at += 2
		return
	}
	r.dst = append(r.dst, thaiConsonants[c][0]...)
	r.at++
}

// silentR reports whether the consonant ahead has a ร beside it that is not heard: Si.
func (r *thaiReader) silentR() bool {
	return r.peek(0) != 0 && strings.ContainsRune("ศสซจ", r.peek(0)) && r.peek(1) == 'ร' && isThaiVowel(r.peek(2))
}

// isThaiCluster reports whether a syllable can start with the two consonants.
func isThaiCluster(c, next rune) bool {
	return strings.ContainsRune("กขคตปผพท", c) && (next == 'ร' || next == 'ล' || next == 'ว')
}

func isThaiVowel(l rune) bool { return l >= 'ะ' && l <= 'ู' || l == '็' || l == 'ๅ' }

// vowel appends the vowel that follows or surrounds the consonant, and then what
// ends the syllable.
func (r *thaiReader) vowel(lead rune) {
	next := r.peek(0)
	switch {
	case lead != 0:
		r.surrounded(lead)
		return
	case next == 'ร' && r.peek(1) == 'ร':
		r.at += 2
		r.dst = append(r.dst, 'a')
		if !isThaiConsonant(r.peek(0)) || isThaiVowel(r.peek(1)) {
			r.dst = append(r.dst, 'n')
			return
		}
	case next == 'ั' && r.peek(1) == 'ว':
		r.at += 2
		r.dst = append(r.dst, "ua"...)
		return
	case next == 'ำ':
		r.at++
		r.dst = append(r.dst, "am"...)
		return
	case thaiVowels[next] != "":
		r.at++
		r.dst = append(r.dst, thaiVowels[next]...)
		if next == 'ื' && r.peek(0) == 'อ' {
			r.at++
		}
		if next == 'ะ' {
			return
		}
	case next == 'ว' && isThaiConsonant(r.peek(1)) && !isThaiVowel(r.peek(2)):
		r.at++
		r.dst = append(r.dst, "ua"...)
	case next == 'อ':
		r.at++
		r.dst = append(r.dst, 'o')
	case isThaiConsonant(next) && !r.startsSyllable():
		r.dst = append(r.dst, 'o')
	default:
		r.dst = append(r.dst, 'a')
		return
	}
	r.coda()
}

// thaiVowels are the vowels that stand after, above or below their consonant.
var thaiVowels = map[rune]string{
	'ะ': "a", 'ั': "a", 'า': "a", 'ิ': "i", 'ี': "i", 'ึ': "ue", 'ื': "ue", 'ุ': "u", 'ู': "u", '็': "o", 'ๅ': "a",
}

// surrounded appends the vowel of a syllable that starts with a vowel sign: เ–ีย is
// ia, เ–ือ is uea, เ–า is ao, เ–ิ is oe, and so on.
func (r *thaiReader) surrounded(lead rune) {
	ahead := string(r.letters[r.at:])
	for _, pattern := range [...]struct{ sign, after, sound string }{
		{"เ", "ีย", "ia"}, {"เ", "ือ", "uea"}, {"เ", "าะ", "o"}, {"เ", "า", "ao"}, {"เ", "ิ", "oe"},
		{"เ", "อะ", "oe"}, {"เ", "อ", "oe"}, {"เ", "ย", "oei"}, {"เ", "ะ", "e"}, {"เ", "็", "e"}, {"เ", "", "e"},
		{"แ", "ะ", "ae"}, {"แ", "็", "ae"}, {"แ", "", "ae"}, {"โ", "ะ", "o"}, {"โ", "", "o"}, {"ใ", "", "ai"}, {"ไ", "ย", "ai"}, {"ไ", "", "ai"},
	} {
		if pattern.sign == string(lead) && strings.HasPrefix(ahead, pattern.after) {
			r.at += len([]rune(pattern.after))
			r.dst = append(r.dst, pattern.sound...)
			if pattern.sound != "ai" && pattern.sound != "ao" && pattern.sound != "oei" && !strings.HasSuffix(pattern.after, "ะ") {
				r.coda()
			}
			return
		}
	}
}

// coda appends the consonant that ends the syllable, if the next one does not
// start another.
func (r *thaiReader) coda() {
	vowel := r.letters[r.at-1]
	if c := r.peek(0); c == 'ร' && (vowel == 'ิ' || vowel == 'ุ') && isThaiConsonant(r.peek(1)) {
		return // สุรชัย is su-ra-chai
	}
	if c := r.peek(0); isThaiConsonant(c) && !r.startsSyllable() {
		r.dst = append(r.dst, thaiConsonants[c][1]...)
		r.at++
		if next := r.peek(0); strings.ContainsRune("ิุ", next) && (r.peek(1) == 0) {
			r.at++ // a final vowel sign after the last consonant is silent: ชาติ, เหตุ
		}
	}
}

// startsSyllable reports whether the consonant ahead has a vowel of its own.
func (r *thaiReader) startsSyllable() bool {
	next := r.peek(1)
	if strings.ContainsRune("ิุ", next) && next != 0 && r.peek(2) == 0 && r.at > 1 {
		return false
	}
	if _, n := r.known(); n > 0 || r.peek(0) == 'อ' || r.silentR() {
		return true
	}
	if isThaiCluster(r.peek(0), next) && isThaiVowel(r.peek(2)) {
		return true
	}
	return isThaiVowel(next) || next == 'ร' && r.peek(2) == 'ร'
}
