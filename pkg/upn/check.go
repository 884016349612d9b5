package upn

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/pkg/upn/internal/romanise"
)

// Check returns every rule that a complete user principal name breaks, in the
// order of the name; nil means that it is legal. The rules are those of two
// Microsoft pages: the table "Username policies" of "Password policies and
// account restrictions in Microsoft Entra ID" (concept-sspr-policy), and
// userPrincipalName in "user resource type" of Microsoft Graph:
//
//   - at most 113 characters, of them 64 before the @ and 48 behind it;
//   - before it only A-Z a-z 0-9 ' . - _ ! # ^ ~, no letter with an accent;
//   - exactly one @, and no dot right before it.
//
// Microsoft is silent on a leading dot, a leading hyphen and two dots in a row.
// They are refused here, for a mail address must not have them (RFC 5321, 4.1.2)
// and such an account would be of little use. The domain is held against
// [CheckDomain].
func Check(upn string) []Fault {
	if upn == "" {
		return []Fault{{"upn_empty", "the user principal name is empty", "give one such as jane.doe@contoso.com"}}
	}
	var faults []Fault
	if n := utf8.RuneCountInString(upn); n > maxUPN {
		faults = append(faults, tooLong("upn_too_long", "the user principal name", n, maxUPN))
	}
	local, domain, found := strings.Cut(upn, "@")
	faults = append(faults, checkLocal(local)...)
	switch {
	case !found:
		return append(faults, Fault{"no_at", fmt.Sprintf("%q has no @", upn), "put the domain behind it, as in jane.doe@contoso.com"})
	case strings.Contains(domain, "@"):
		return append(faults, Fault{"two_ats", fmt.Sprintf("%q has more than one @", upn), "keep the one before the domain"})
	}
	return append(faults, CheckDomain(domain)...)
}

func tooLong(code, what string, n, limit int) Fault {
	return Fault{code, fmt.Sprintf("%s has %d characters, the limit is %d", what, n, limit), fmt.Sprintf("shorten it by %d", n-limit)}
}

// checkLocal holds what stands before the @ against the rules.
func checkLocal(local string) []Fault {
	if local == "" {
		return []Fault{{"local_empty", "nothing stands before the @", "put the person's name there, as in jane.doe@contoso.com"}}
	}
	var faults []Fault
	if n := utf8.RuneCountInString(local); n > maxLocal {
		faults = append(faults, tooLong("local_too_long", "the part before the @", n, maxLocal))
	}
	faults = append(faults, checkCharacters(local)...)
	if local[0] == '.' {
		faults = append(faults, Fault{"leading_dot", fmt.Sprintf("%q starts with a dot", local), "remove it"})
	}
	if local[0] == '-' {
		faults = append(faults, Fault{"leading_hyphen", fmt.Sprintf("%q starts with a hyphen", local), "remove it"})
	}
	if strings.Contains(local, "..") {
		faults = append(faults, Fault{"double_dot", fmt.Sprintf("%q has two dots in a row", local), "keep one of them"})
	}
	if local[len(local)-1] == '.' {
		faults = append(faults, Fault{"trailing_dot", fmt.Sprintf("a dot stands right before the @ in %q", local), "remove it"})
	}
	return faults
}

// checkCharacters names the letters with accents and the other characters that
// may not stand before the @, each kind once.
func checkCharacters(local string) []Fault {
	var letters, others []string
	for _, r := range local {
		switch {
		case isLegal(r):
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letters = appendNew(letters, show(r))
		default:
			others = appendNew(others, show(r))
		}
	}
	var faults []Fault
	if letters != nil {
		faults = append(faults, Fault{"accented_letter", fmt.Sprintf("%q has letters other than A-Z: %s", local, strings.Join(letters, " ")), suggest(local)})
	}
	if others != nil {
		faults = append(faults, Fault{"bad_character", fmt.Sprintf("%q has characters that are not allowed: %s", local, strings.Join(others, " ")),
			"use only A-Z a-z 0-9 ' . - _ ! # ^ ~ before the @"})
	}
	return faults
}

// isLegal reports whether Microsoft allows the character before the @.
func isLegal(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r < utf8.RuneSelf && strings.ContainsRune("'.-_!#^~", r)
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// show makes a character visible: itself, or its code point where it is a
// combining accent, a space or invisible.
func show(r rune) string {
	if r == ' ' {
		return "a space"
	}
	if unicode.IsGraphic(r) && !unicode.IsMark(r) && !unicode.IsSpace(r) {
		return string(r)
	}
	return fmt.Sprintf("%U", r)
}

// suggest words the hint for a local part with foreign letters.
func suggest(local string) string {
	const advice = "use letters without accents"
	var words []string
	for word := range strings.SplitSeq(local, ".") {
		text, _, err := romanise.Append(nil, word, romanise.Whole, romanise.Tell("", word))
		if err != nil || len(text) == 0 {
			return advice
		}
		words = append(words, strings.ReplaceAll(string(text), " ", ""))
	}
	return advice + ", such as " + strings.Join(words, ".")
}

// CheckDomain returns every rule that the part behind the @ breaks: at most 48
// characters (the table named at [Check]), and the syntax of a host name (RFC
// 1123, 2.1) of at least two labels. Whether the customer owns the domain only
// the service knows.
func CheckDomain(domain string) []Fault {
	if domain == "" {
		return []Fault{{"domain_empty", "the domain is empty", "give one that the customer has verified, such as contoso.onmicrosoft.com"}}
	}
	var faults []Fault
	if n := utf8.RuneCountInString(domain); n > maxDomain {
		faults = append(faults, tooLong("domain_too_long", "the domain", n, maxDomain))
	}
	for _, r := range domain {
		if !isHostCharacter(r) {
			return append(faults, Fault{"domain_character", fmt.Sprintf("the domain %q has %s, which is not allowed", domain, show(r)),
				"use only letters a-z, digits, hyphens and dots; a domain with other letters is written in its xn-- form"})
		}
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return append(faults, Fault{"domain_incomplete", fmt.Sprintf("the domain %q has no dot", domain), "write it in full, such as contoso.onmicrosoft.com"})
	}
	if last := labels[len(labels)-1]; last != "" && strings.Trim(last, "0123456789") == "" {
		return append(faults, Fault{"domain_label", fmt.Sprintf("the domain %q ends with a number, as no domain does", domain), "write the domain's name and not an address, such as contoso.onmicrosoft.com"})
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return append(faults, Fault{"domain_label", fmt.Sprintf("the domain %q has an impossible part: %q", domain, label),
				"each part between the dots has 1 to 63 characters and neither starts nor ends with a hyphen"})
		}
	}
	return faults
}

func isHostCharacter(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.'
}
