package roster

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// The password policy for cloud accounts: 8 to 256 characters, three of four
// classes (lower case, upper case, digits, symbols), no Unicode. "Password policies
// and account restrictions in Microsoft Entra ID".
const (
	minPassword     = 8
	maxPassword     = 256
	passwordClasses = 3
	passwordSymbols = "@#$%^&*-_!+=[]{}|\\:',.?/`~\"();<> "
)

// minNameInPassword is the shortest user name that a password is searched for,
// as "Password must meet complexity requirements" has it for Windows.
const minNameInPassword = 3

// password checks a given password. It is taken as it stands but for line ends
// around it: whether a blank belongs to it, only its owner knows, so it is neither
// removed nor passed over in silence. No message shows any of it.
func (c *checker) password(s string) {
	if strings.Trim(s, "*") == "" {
		c.problem(password, "masked_password", "", "the password was replaced with stars when the list was exported",
			"write the password itself, or clear the cell to have one made")
		return
	}
	c.passwordLength(s)
	c.passwordCharacters(s)
	if strings.Trim(s, " ") != s {
		c.warn(password, "blank_in_password", "", "the password begins or ends with a blank, which is taken for a part of it",
			"remove the blank if it is none")
	}
}

func (c *checker) passwordLength(s string) {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	switch {
	case n < minPassword:
		c.problem(password, "password_too_short", "", fmt.Sprintf("the password has %d characters, at least %d are needed", n, minPassword), "choose a longer one, or clear the cell to have one made")
	case n > maxPassword:
		c.problem(password, "password_too_long", "", fmt.Sprintf("the password has %d characters, at most %d are allowed", n, maxPassword), "choose a shorter one, or clear the cell to have one made")
	}
}

func (c *checker) passwordCharacters(s string) {
	var lower, upper, digit, symbol, foreign int
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			lower = 1
		case r >= 'A' && r <= 'Z':
			upper = 1
		case r >= '0' && r <= '9':
			digit = 1
		case strings.ContainsRune(passwordSymbols, r):
			symbol = 1
		default:
			foreign = 1
		}
	}
	if foreign > 0 {
		c.problem(password, "password_characters", "", "the password holds a character that is not allowed, such as an accented letter or an invisible one",
			"use letters without accents, digits, blanks and the symbols of a US keyboard")
	}
	if lower+upper+digit+symbol < passwordClasses {
		c.problem(password, "password_too_simple", "",
			"the password must have three of these four: lower-case letters, upper-case letters, digits, symbols",
			"choose another one, or clear the cell to have one made")
	}
}

// passwordAndName refuses a password that contains the name before the "@" of a
// given user principal name, in whatever case.
func (c *checker) passwordAndName(p *Person) {
	local, _, _ := strings.Cut(p.UserPrincipalName, "@")
	if len(local) >= minNameInPassword && strings.Contains(strings.ToLower(p.Password.Reveal()), strings.ToLower(local)) {
		c.problem(password, "password_has_name", "", "the password contains the user name", "choose another one, or clear the cell to have one made")
	}
}
