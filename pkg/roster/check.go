package roster

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf16"

	"muster/pkg/secret"
)

// Limits of the directory, in UTF-16 code units, the unit its own programs count
// in: a letter outside the Basic Multilingual Plane counts twice.
//
// displayName: 256, "user resource type", Microsoft Graph. lastName (surname):
// 64, the same page. firstName (givenName): 64, as the directory refuses longer
// ones; the page is silent.
const (
	maxDisplayName = 256
	maxFirstName   = 64
	maxLastName    = 64
)

// checker checks the rows of one batch.
type checker struct {
	file    *File
	cleaned int  // cells that needed cleaning
	row     *Row // the row at hand
}

// check turns a record into c.row, which has its place in the file already. A
// record that could not be read as it stands is not judged by cells that may
// belong to other columns; its person is filled in as far as possible, for the
// results to show, but not where one of its cells may be a password.
func (c *checker) check(rec *record, fault *Problem) {
	if fault != nil && c.file.fed[password] && !c.file.isJSON {
		rec = &record{}
	}
	c.fill(rec)
	c.names()
	if fault != nil {
		c.row.Problems, c.row.Warnings = []Problem{*fault}, nil
		return
	}
	c.access(rec)
	c.guest(rec)
	c.remark(rec)
}

// swallowed warns of a cell over several lines that holds as many delimiters as a
// row. The record is sound as CSV; but where quotes were forgotten in two rows at
// the same column, what is between them has become one cell, and a person is lost.
func (c *checker) swallowed() {
	columns := len(c.file.header)
	if columns < 2 {
		return
	}
	for i, cell := range c.row.Cells()[:columns] {
		if strings.Contains(cell, "\n") && strings.Count(cell, c.file.mapping.Delimiter) >= columns-1 {
			c.row.Warnings = append(c.row.Warnings, Problem{
				Code:    "swallowed_lines",
				Column:  c.file.header[i],
				Message: "the cell goes over several lines and holds as many delimiters as a row of its own",
				Hint:    "make sure that its quotes are closed where they should be: it may have swallowed another row",
			})
		}
	}
}

// fill cleans and checks each cell by itself.
func (c *checker) fill(rec *record) {
	p := &c.row.Person
	p.FirstName = c.name(firstName, rec.FirstName, maxFirstName)
	p.LastName = c.name(lastName, rec.LastName, maxLastName)
	p.DisplayName = c.name(displayName, rec.DisplayName, maxDisplayName)
	p.UserPrincipalName = c.userName(cmp.Or(rec.UserPrincipalName, rec.OtherUserName))
	p.Domain = c.domain(domain, rec.Domain)
	p.CustomerID = c.customer(rec.CustomerID)
	p.UsageLocation = c.location(rec.UsageLocation)
	p.ImmutableID = c.immutableID(rec.ImmutableID)
	p.ForceChangePassword = c.forceChange(rec.ForceChange)
	if rec.Password != "" {
		text := strings.Trim(rec.Password, "\r\n")
		if inner, ok := formulaText(text); ok {
			text = inner
		}
		p.Password = secret.New(text)
	}
}

// cell cleans a cell and counts it if that changed it.
func (c *checker) cell(s string) string {
	if isTidy(s) {
		return s
	}
	t := tidied(s)
	if t != s {
		c.cleaned++
	}
	t, _ = firstLine(t)
	return t
}

// problem adds a broken rule.
func (c *checker) problem(f field, code, value, message, hint string) {
	c.row.Problems = append(c.row.Problems, c.about(f, code, value, message, hint))
}

// warn adds something worth saying.
func (c *checker) warn(f field, code, value, message, hint string) {
	c.row.Warnings = append(c.row.Warnings, c.about(f, code, value, message, hint))
}

func (c *checker) about(f field, code, value, message, hint string) Problem {
	if c.withholds(f, value) {
		value = ""
	}
	return Problem{Code: code, Column: c.file.columnOf(f), Field: f.String(), Value: clip(value), Message: message, Hint: hint}
}

// name cleans and checks a name.
func (c *checker) name(f field, cell string, limit int) string {
	if len(cell) <= limit && isSound(cell) && !isPlaceholder(cell) {
		return cell
	}
	before := len(c.row.Problems)
	s := c.text(f, cell)
	if len(s) > limit {
		c.length(f, s, limit)
	}
	if isPlaceholder(s) {
		c.warn(f, "placeholder", s, fmt.Sprintf("the %s %q may stand for none", f.title(), s), "if there is none, clear the cell")
	}
	if lostLetter(s) {
		c.problem(f, "damaged_text", s,
			fmt.Sprintf("the %s holds a question mark where a letter seems to have been lost", f.title()),
			"type the letter again, and "+saveAsUTF8+": the encoding of this one does not have all letters")
	}
	if escapesLetters(s) {
		c.problem(f, "damaged_text", s, fmt.Sprintf("the %s holds letters that are written as the codes of an old encoding of e-mail", f.title()),
			"open the list in the program that it comes from, and "+saveAsUTF8)
	}
	if code := letterCode(s); code != "" {
		c.problem(f, "damaged_text", s, fmt.Sprintf("the %s holds %q, which is the code of a letter and not the letter", f.title(), code),
			"type the letter itself, or see whether the program that the list comes from can export it as plain text")
	}
	if !isASCII(s) {
		if c.file.text.encoding == ansiName {
			c.spelling(f, s)
		} else if len(c.row.Problems) == before { // else it is another reason to do the same
			c.marks(f, s)
		}
		if word, letter := mixesScripts(s); word != "" {
			c.warn(f, "mixed_scripts", s,
				fmt.Sprintf("the word %q mixes alphabets: %q (%U) only looks like one of the others", clip(word), letter, letter),
				"type the word again with one keyboard, unless it is meant")
		}
	}
	return s
}

func (c *checker) length(f field, s string, limit int) {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	if n > limit {
		c.problem(f, "too_long", s, fmt.Sprintf("the %s has %d characters, at most %d are allowed", f.title(), n, limit), "shorten it")
	}
}

// names wants at least one name and gives everybody a display name, which the
// directory requires ("user resource type", Microsoft Graph).
func (c *checker) names() {
	p := &c.row.Person
	if p.DisplayName != "" {
		return
	}
	switch {
	case p.FirstName == "" && p.LastName == "":
		c.row.Problems = append(c.row.Problems, Problem{
			Code:    "missing_name",
			Message: "the row has no name",
			Hint:    "fill in the " + c.nameColumns(),
		})
	case p.FirstName == "":
		p.DisplayName = p.LastName
	case p.LastName == "":
		p.DisplayName = p.FirstName
	default:
		p.DisplayName = p.FirstName + " " + p.LastName
	}
}

func (c *checker) nameColumns() string {
	var names []string
	for _, f := range []field{firstName, lastName, displayName} {
		if c.file.fed[f] {
			names = append(names, fmt.Sprintf("%q", c.file.columnOf(f)))
		}
	}
	if len(names) == 0 {
		return "first, last or display name"
	}
	return "column " + strings.Join(names, " or ")
}

// userName cleans a given user principal name. Its characters and lengths are the
// business of whoever completes it with a domain; here it must have the form of a
// local part, alone or with one "@" and a domain.
func (c *checker) userName(cell string) string {
	if cell == "" {
		return ""
	}
	s := c.text(userPrincipalName, cell)
	if standsForNone(s) {
		c.problem(userPrincipalName, "placeholder", s, fmt.Sprintf("the user principal name %q stands for none", s), "clear the cell to have a name made")
	}
	local, after, at := strings.Cut(s, "@")
	if at && (local == "" || after == "" || strings.Contains(after, "@")) {
		c.problem(userPrincipalName, "bad_user_name", s,
			"the user principal name is not of the form name@domain",
			"give one name before and one domain after a single @, or only the name, or nothing to have it made")
	}
	return s
}

// immutableID checks an id. "$" and "_" are not allowed: onPremisesImmutableId,
// "user resource type", Microsoft Graph.
func (c *checker) immutableID(cell string) string {
	if isSound(cell) && !standsForNone(cell) {
		return cell
	}
	s := c.text(immutableID, cell)
	switch {
	case strings.IndexByte(s, '$') >= 0 || strings.IndexByte(s, '_') >= 0:
		c.problem(immutableID, "bad_immutable_id", s,
			`the immutable id holds "$" or "_", which the directory does not allow`,
			"use an id without them")
	case standsForNone(s):
		c.problem(immutableID, "placeholder", s, fmt.Sprintf("the immutable id %q stands for none", s),
			"clear the cell: all who have one id are taken for one person")
	case isRounded(s):
		c.problem(immutableID, "bad_immutable_id", s, "the immutable id was turned into a rounded number by a spreadsheet program",
			"write it again in a column that is formatted as text: its last digits are lost")
	}
	return s
}

// isRounded reports whether a text is a number such as 1.23457E+11, which is what
// spreadsheet programs make of an id of twelve digits and more.
func isRounded(s string) bool {
	mantissa, exponent, found := strings.Cut(s, "E+")
	if !found || len(mantissa) < 3 || mantissa[1] != '.' && mantissa[1] != ',' {
		return false
	}
	return strings.Trim(mantissa[:1]+mantissa[2:], "0123456789") == "" && exponent != "" && strings.Trim(exponent, "0123456789") == ""
}

// forceChange reads a yes or no. Empty is yes.
func (c *checker) forceChange(cell string) bool {
	if cell == "" {
		return true
	}
	s := c.text(forceChange, cell)
	yes, ok := readYesNo(s)
	if !ok && s != "" {
		c.problem(forceChange, "bad_yes_no", s, c.quoted(forceChange, s)+" is neither yes nor no", `write "true" or "false", or leave the cell empty for "true"`)
	}
	return yes || !ok
}

// readYesNo understands what spreadsheets write for a logical value, in their
// languages. False, false means neither.
func readYesNo(s string) (yes, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "y", "1", "on", "x", "ja", "j", "wahr", "oui", "o", "vrai", "sí", "si", "s", "verdadero", "sì", "vero", "sim", "verdadeiro", "waar", "tak", "prawda", "да":
		return true, true
	case "false", "no", "n", "0", "off", "nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "onwaar", "nie", "fałsz", "нет":
		return false, true
	}
	return false, false
}

// access refuses rows whose wishes a create request cannot carry out. The user
// would come into being with an open account, or with a password that nobody
// knows.
func (c *checker) access(rec *record) {
	p := &c.row.Person
	c.blocked(blockSignIn, rec.BlockSignIn, true)
	c.blocked(accountEnabled, rec.AccountEnabled, false)
	if rec.AccountStatus != "" || rec.StatusNow != "" {
		c.status(rec)
	}
	if s := c.cell(rec.PasswordHash); s != "" {
		c.problem(passwordHash, "hashed_password", s,
			"the password is hashed, and Partner Center takes only plain ones",
			"clear this cell and the password, to have a new one made")
	} else if !p.Password.Empty() {
		c.password(p.Password.Reveal())
		c.passwordAndName(p)
	}
	if _, given, at := strings.Cut(p.UserPrincipalName, "@"); at && p.Domain != "" && !strings.EqualFold(given, p.Domain) {
		c.problem(domain, "two_domains", p.Domain,
			fmt.Sprintf("the row's domain is not that of its user principal name, %q", clip(p.UserPrincipalName)),
			"clear one of the two")
	}
}

// blocked handles a yes or no that may ask for a blocked account.
func (c *checker) blocked(f field, cell string, when bool) {
	if cell == "" {
		return
	}
	s := c.cell(cell)
	yes, ok := readYesNo(s)
	switch {
	case s == "":
	case !ok:
		c.problem(f, "bad_yes_no", s, c.quoted(f, s)+" is neither yes nor no", `write "Yes" or "No", or leave the cell empty`)
	case yes == when:
		c.refuseBlocked(f, s)
	}
}

// status handles Google's two columns: what the account is to become, and what it is.
func (c *checker) status(rec *record) {
	f, s := accountStatus, c.cell(rec.AccountStatus)
	if s == "" {
		f, s = statusNow, c.cell(rec.StatusNow)
	}
	if s != "" && !strings.EqualFold(s, "active") {
		c.refuseBlocked(f, s)
	}
}

func (c *checker) refuseBlocked(f field, value string) {
	c.problem(f, "blocked_sign_in", value,
		"the account is to be blocked, but Partner Center creates accounts that can sign in",
		"remove the row and create this user by other means, or change the cell and block the account afterwards")
}
