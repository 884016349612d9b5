package upn

import (
	"strings"

	"muster/pkg/upn/internal/romanise"
)

// particles belong to the family name that they stand before, as in "Ludwig van
// Beethoven" and "María de la Cruz".
const particles = " van von vom zu zum zur de del della di da dal do dos das du des la le los las der den ter ten te het op af av bin ibn bint al el ben abu o mac mc st santa san "

// suffixes follow the family name behind a comma without starting a "Last, First".
const suffixes = " jr jr. sr sr. ii iii iv phd ph.d. md m.d. mba esq "

// splitDisplay takes a display name apart, for people of whom only that is known:
//
//   - "Last, First" at the one comma, unless a suffix such as Jr. follows it;
//   - one word is a name by itself; but of Chinese, Japanese and Korean characters without a space
//     the first is the family name, or the first two where they are a known one;
//   - else the last word is the family name, with the particles before it and the
//     suffix (Jr., III) behind it, and the words before are the given names;
//   - but the first word is the family name in those characters, and for
//     a Hungarian or Vietnamese locale.
//
// What stands in brackets, such as "(external)", does not count.
//
// sure is false where that is a guess: more than two words, or no space.
func splitDisplay(name string, rules romanise.Rules) (first, last string, sure bool) {
	name = romanise.WithoutAsides(name)
	if before, after, found := strings.Cut(name, ","); found {
		if !isOneOf(suffixes, strings.TrimSpace(after)) && !isBlank(after) && !isBlank(before) {
			return after, before, true
		}
		name = before + " " + after
	}
	words := strings.Fields(name)
	switch {
	case len(words) == 0:
		return "", "", true
	case len(words) == 1:
		if family, given, ok := romanise.SplitFamily(words[0], rules); ok {
			return given, family, false
		}
		return words[0], "", true
	case rules.FamilyFirst() || romanise.FamilyFirstScript(name):
		return strings.Join(words[1:], " "), words[0], len(words) == 2
	}
	at := len(words) - 1
	for at > 1 && (isOneOf(suffixes, words[at]) || isOneOf(particles, words[at-1])) {
		at--
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " "), len(words) == 2
}

func isOneOf(list, word string) bool {
	return strings.Contains(list, " "+strings.ToLower(word)+" ")
}
