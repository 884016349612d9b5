// Package romanise writes people's names in plain Latin letters, so that their
// owners recognise them:
//
//	rules := romanise.Tell("UA", "Ганна", "Шевченко")
//	first, doubts, err := romanise.Append(nil, "Ганна", romanise.Given, rules) // "hanna"
//
// Where a country or ICAO Doc 9303 has a rule for passports, that rule is
// taken, for it is how the person's other papers spell the name; each script's
// file names its rule. What a script does not write (short vowels, the reading of
// a character) is guessed and told as a [Doubt], or refused as [Unreadable].
package romanise

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Part is the part of a name that a text is: some scripts have family names with
// a spelling or a reading of their own.
type Part uint8

// Parts of a name.
const (
	Whole  Part = iota // all of it, or not known
	Given              // given names
	Family             // the family name
)

// Doubt tells of words whose romanisation is a guess.
type Doubt struct {
	Code   string // a stable word for the cause
	Word   string // as it was given
	Result string // as it was romanised
	Reason string // why it may be wrong

	// Message says all of this in a sentence. It is made here so that a Memo
	// remembers it.
	Message string
}

// Unreadable is a word that cannot be romanised, not even by a guess that is
// mostly right.
type Unreadable struct {
	Word   string
	Reason string
	Hint   string
}

// Error names the word and the reason.
func (e *Unreadable) Error() string { return e.Word + ": " + e.Reason }

// maxRunes bounds the work for one text. Directory names have at most 64 to 256
// characters.
const maxRunes = 256

// Append appends the text in a-z and 0-9 to dst: words with a space between
// them, and a hyphen where the text has one. Accents, apostrophes, invisible
// characters and symbols are gone, and so is what stands in brackets if other
// words remain. Only the first 256 characters count.
//
// What cannot be read is told by this rule:
//
//   - a word whose sounds are there but for some, such as the short vowels of
//     Arabic, is a doubt: it is used, and shown;
//   - a word with a letter for which there is no Latin one here, so that it would
//     be left out, and one of consonants only in a script without a table here, is an
//     error. A part of a name never vanishes in silence.
//
// An error is always an *Unreadable; dst is then returned as it was.
func Append(dst []byte, text string, part Part, rules Rules) ([]byte, []Doubt, error) {
	if out, ok := appendPlain(dst, text, rules.hint); ok {
		return out, nil, nil
	}
	r := reader{part: part, rules: rules}
	out, err := r.text(dst, text)
	if err != nil {
		return dst, nil, err
	}
	for i := range r.doubts {
		d := &r.doubts[i]
		d.Message = strconv.Quote(d.Word) + " was written as " + strconv.Quote(d.Result) + ": " + d.Reason
	}
	return out, r.doubts, nil
}

// appendPlain is the short way for the common case, Latin letters that are whole:
// most files have little else, and it is ten times as fast as the way through words
// and scripts. It gives up at the first character that needs that.
func appendPlain(dst []byte, text string, l Language) (out []byte, ok bool) {
	if len(text) > maxRunes {
		return dst, false
	}
	start := len(dst)
	out = dst
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf && Fold(byte(r)) != 0:
			out = append(out, Fold(byte(r)))
		case r == '\'' || r == '`':
		case r == '(' || r == '[' || r == '{':
			return dst, false
		case r < utf8.RuneSelf:
			out = appendJoint(out, start, text[i])
		case isWholeLatin(r):
			out = append(out, latinLetter(unicode.ToLower(r), l)...)
		default:
			return dst, false
		}
	}
	return trimJoint(out, start), true
}

// Fold returns the lower case of a letter or digit of ASCII, which is all that there is
// to its romanisation, and 0 for every other byte.
func Fold(c byte) byte { return folded[c] }

var folded = func() (table [256]byte) {
	for c := range byte(utf8.RuneSelf) {
		if lower := c | 0x20; 'a' <= lower && lower <= 'z' && c >= 'A' {
			table[c] = lower
		} else if '0' <= c && c <= '9' {
			table[c] = c
		}
	}
	return table
}()

// isWholeLatin reports whether the character is a Latin letter that normal form KC
// keeps as it is.
func isWholeLatin(r rune) bool {
	switch {
	case r == 'ĳ' || r == 'Ĳ' || r == 'ŀ' || r == 'Ŀ' || r == 'ŉ' || r == '×' || r == '÷':
		return false
	}
	return 0xc0 <= r && r < 0x17f || r == 'ș' || r == 'Ș' || r == 'ț' || r == 'Ț' || 0x1ea0 <= r && r <= 0x1ef9
}

// appendJoint appends what stands between two words: a hyphen, or a space for
// everything else. Of several in a row one stays, a hyphen before a space. What
// was before start belongs to the caller.
func appendJoint(dst []byte, start int, c byte) []byte {
	if c != '-' {
		c = ' '
	}
	switch {
	case len(dst) == start:
		return dst
	case isJoint(dst[len(dst)-1]):
		if c == '-' {
			dst[len(dst)-1] = '-'
		}
		return dst
	}
	return append(dst, c)
}

func trimJoint(dst []byte, start int) []byte {
	if len(dst) > start && isJoint(dst[len(dst)-1]) {
		return dst[:len(dst)-1]
	}
	return dst
}

func isJoint(c byte) bool { return c == ' ' || c == '-' }

// reader romanises one text.
type reader struct {
	part   Part
	rules  Rules
	doubts []Doubt
}

// text appends every word of the text.
func (r *reader) text(dst []byte, text string) ([]byte, error) {
	start := len(dst)
	words, lost := split(text)
	for _, w := range joinAbd(words) {
		if w.joint != 0 {
			dst = appendJoint(dst, start, w.joint)
		}
		var err error
		if dst, err = r.word(dst, w.letters); err != nil {
			return dst, err
		}
	}
	if lost != "" {
		r.doubt(Doubt{Code: "dropped", Word: text, Result: string(trimJoint(dst, start)[start:]),
			Reason: "it has characters that are no letters, and they were left out: " + lost})
	}
	return trimJoint(dst, start), nil
}

// word appends one word. It is mostly of one script; else every stretch of one
// script is romanised by itself.
func (r *reader) word(dst []byte, letters []rune) ([]byte, error) {
	letters, doubtful := unmask(letters)
	word := letters
	start := len(dst)
	for len(letters) > 0 {
		s := scriptOf(letters[0])
		n := 1
		for n < len(letters) && (scriptOf(letters[n]) == s || scriptOf(letters[n]) == common) {
			n++
		}
		var err error
		if dst, err = r.run(dst, s, letters[:n]); err != nil {
			return dst, err
		}
		letters = letters[n:]
	}
	if len(dst) == start && hasLetter(word) {
		return dst, noTable(word, word)
	}
	if doubtful != nil {
		doubtful.Result = string(dst[start:])
		r.doubt(*doubtful)
	}
	return dst, nil
}

// run appends a stretch of letters of one script, if there is something for each.
func (r *reader) run(dst []byte, s script, letters []rune) ([]byte, error) {
	for i, l := range letters {
		if isTabled(l) || !unicode.IsLetter(l) || unicode.Is(unicode.Lm, l) || strings.ContainsRune(glottals, l) {
			continue
		}
		alone := reader{rules: r.rules}
		if out, err := alone.read(nil, s, letters[i:i+1]); err == nil && len(out) == 0 {
			return dst, noTable(letters, letters[i:i+1])
		}
	}
	return r.read(dst, s, letters)
}

// glottals are letters that are left out as the apostrophe is: of Latin alphabets, the
// Arabic hamza, the palochka of the Caucasus.
const glottals = "ꞋꞌɁɂءӀӏ"

// read appends a stretch of letters of one script.
func (r *reader) read(dst []byte, s script, letters []rune) ([]byte, error) {
	switch s {
	case common, latin:
		return appendLatin(dst, letters, r.rules.hint), nil
	case greek:
		return appendGreek(dst, letters), nil
	case cyrillic:
		return appendCyrillic(dst, letters, r.rules.cyrillic), nil
	case georgian, armenian:
		return appendAlphabet(dst, letters, s), nil
	case hangul:
		return appendHangul(dst, letters, r.part), nil
	case kana:
		return appendKana(dst, letters), nil
	case han:
		return r.han(dst, letters)
	case devanagari:
		return appendIndic(dst, letters), nil
	case burmese:
		if u := burmeseFault(letters); u != nil {
			return dst, u
		}
		return r.guess(dst, s, letters), nil
	case arabic, hebrew, thai, tibetan, indic:
		return r.guess(dst, s, letters), nil
	case rough:
		if u := unreadable(letters); u != nil {
			return dst, u
		}
		start := len(dst)
		if dst = r.guess(dst, s, letters); len(dst)-start > 2 && !bytes.ContainsAny(dst[start:], "aeiouy") {
			return dst, &Unreadable{string(letters), "nothing but its consonants can be told", latinHint}
		}
		return dst, nil
	}
	return dst, nil
}

// guess appends letters of a script that does not write what would have to be
// known, and notes the doubt.
func (r *reader) guess(dst []byte, s script, letters []rune) []byte {
	start := len(dst)
	d := Doubt{Word: string(letters)}
	switch s {
	case arabic:
		dst = appendArabic(dst, letters, r.rules.arabic)
		d.Code, d.Reason = "arabic_vowels", "Arabic script does not write short vowels, and spellings of one name differ"
		if isVocalised(letters) {
			return dst
		}
	case hebrew:
		dst = appendHebrew(dst, letters)
		d.Code, d.Reason = "hebrew_vowels", "Hebrew script does not write most vowels"
	case thai:
		dst = appendThai(dst, letters)
		d.Code, d.Reason = "thai_spelling", "Thai spelling does not tell every sound, and people choose their own Latin spelling"
	case indic:
		dst = appendIndic(dst, letters)
		d.Code, d.Reason = "indic_spelling", "people who write this script choose their own Latin spelling"
	case burmese:
		dst = appendBurmese(dst, letters, r.part)
		d.Code, d.Reason = "burmese_spelling", "people who write this script choose their own Latin spelling"
	case tibetan:
		dst = appendTibetan(dst, letters, r.rules.hint)
		d.Code, d.Reason = "tibetan_spelling", "Tibetan spelling has silent letters, and people choose their own Latin spelling"
	default:
		dst = appendRough(dst, letters)
		d.Code, d.Reason = "rough_script", "there is only a rough table for this script"
	}
	d.Result = string(dst[start:])
	r.doubt(d)
	return dst
}

// doubt notes a doubt. Words that are doubtful for one reason share a note.
func (r *reader) doubt(d Doubt) {
	if n := len(r.doubts); n > 0 && r.doubts[n-1].Code == d.Code {
		last := &r.doubts[n-1]
		last.Word += " " + d.Word
		last.Result += " " + d.Result
		return
	}
	r.doubts = append(r.doubts, d)
}
