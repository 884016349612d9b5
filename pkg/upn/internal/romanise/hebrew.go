package romanise

import (
	"strings"
	"unicode"
)

// geresh marks a foreign sound in Hebrew: ג׳ is j.
const geresh = '׳'

// hebrewLetters are the letters א to ת after the rules of the Academy of the
// Hebrew Language (2006, simple form), ו and י as vowels.
var hebrewLetters = [...]string{
	"a", "b", "g", "d", "h", "o", "z", "h", "t", "i", "kh", "k", "l", "m", "m", "n", "n", "s", "a", "f", "p", "ts", "ts", "k", "r", "sh", "t",
}

// appendHebrew appends a word in Hebrew letters: a frequent name from a list, else
// its letters with the vowels that are most likely. Which of its two sounds ב, כ or פ
// has is not written; the one that is more frequent in names is taken.
func appendHebrew(dst []byte, letters []rune) []byte {
	letters = withoutPoints(letters)
	letters = []rune(strings.NewReplacer("װ", "וו", "ױ", "וי", "ײ", "יי").Replace(string(letters))) // Yiddish has them as one
	if known := knownNames("he")[string(letters)]; known != "" {
		return append(dst, known...)
	}
	var sounds []sound
	for i, r := range letters {
		if text := hebrewSound(letters, i); text != "" {
			sounds = append(sounds, sound{text, strings.IndexByte("aeiou", text[0]) >= 0, r == 'ו' || r == 'י'})
		}
	}
	return appendVowelled(dst, sounds)
}

// hebrewSound reads one letter.
func hebrewSound(letters []rune, i int) string {
	r := letters[i]
	next := rune(0)
	if i+1 < len(letters) {
		next = letters[i+1]
	}
	switch {
	case next == geresh && foreignHebrew(r) != "":
		return foreignHebrew(r)
	case r == 'ה' && next == 0:
		return "a"
	case r == 'ו' && (i == 0 || next == 'ו'):
		return "v"
	case r == 'ו' && letters[i-1] == 'ו', r == 'י' && i > 0 && letters[i-1] == 'י':
		return ""
	case r == 'א' && i > 0 && (next == 'ו' || next == 'י'): // it carries the next vowel
		return ""
	case r == 'י' && (i == 0 || next != 0 && strings.ContainsRune("אהו", next)):
		return "y"
	case r == 'ב' && i > 0:
		return "v"
	case r == 'כ' && i == 0:
		return "k"
	case 'א' <= r && r <= 'ת':
		return hebrewConsonant(r)
	}
	return ""
}

// withoutPoints drops vowel points and accents: the list of names is spelt
// without, and so are most files.
func withoutPoints(letters []rune) []rune {
	bare := make([]rune, 0, len(letters))
	for _, r := range letters {
		if !unicode.Is(unicode.Mn, r) {
			bare = append(bare, r)
		}
	}
	return bare
}

func hebrewConsonant(r rune) string { return hebrewLetters[r-'א'] }

func foreignHebrew(r rune) string {
	switch r {
	case 'ג':
		return "j"
	case 'ז':
		return "zh"
	case 'צ', 'ץ':
		return "ch"
	}
	return ""
}
