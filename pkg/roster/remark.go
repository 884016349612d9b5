package roster

import (
	"fmt"
	"strings"
	"unicode"
)

// totals are the words that begin a line of totals, in the languages of headerWords.
// None is a name; "Sum" and "Suma" are missing since people are called so.
const totals = " total totals count rowcount grandtotal subtotal summe gesamt gesamtsumme insgesamt gesamtanzahl somme totalgénéral totale totali " +
	"totaal eindtotaal totalt ialt yhteensä celkem spolu razem összesen toplam geneltoplam ukupno skupaj totalgeneral " +
	"итого всего разом усього общо укупно σύνολο 合計 总计 總計 合计 합계 "

// guest refuses people of other tenants, whom an export lists beside the own. Created
// here, they would be others: "Properties of a Microsoft Entra B2B collaboration user".
func (c *checker) guest(rec *record) {
	f := userType
	if !strings.EqualFold(c.cell(rec.UserType), "guest") {
		f = userPrincipalName
		name := c.row.Person.UserPrincipalName
		if strings.IndexByte(name, '#') < 0 || !strings.Contains(strings.ToUpper(name), "#EXT#") {
			return
		}
	}
	c.problem(f, "guest_user", *rec.at(f), "the row is a guest, who has the account in another tenant",
		"remove the row, and invite the guest again by other means")
}

// remark refuses rows that are no people: a line of headers once more, as joined
// files have it, and the totals and dates that reports have at their end.
func (c *checker) remark(rec *record) {
	p := &c.row.Person
	if c.repeatsHeader(rec) {
		*p = Person{}
		c.row.Problems = []Problem{{
			Code:    "repeated_header",
			Message: "the row repeats the headers",
			Hint:    "remove it; if two files were joined here, make sure that their columns are the same",
		}}
		return
	}
	name, other := p.FirstName, p.LastName
	switch {
	case name != "" && other != "" && hasLetter(other):
		return
	case name == "":
		name, other = other, ""
	}
	if name == "" {
		name = p.DisplayName
	}
	if isTotal(name) && !hasLetter(other) || other == "" && p.UserPrincipalName+p.ImmutableID == "" && isRemark(name) {
		c.row.Problems = append(c.row.Problems, Problem{
			Code:    "not_a_person",
			Message: fmt.Sprintf("the row seems to be a line of totals or remarks, since its name is %q", clip(name)),
			Hint:    "remove the row; if it is a person, give it a first and a last name",
		})
	}
}

// repeatsHeader reports whether every cell that is read is its own column's header, in
// whichever case.
func (c *checker) repeatsHeader(rec *record) bool {
	if c.file.isJSON {
		return false
	}
	some := false
	for f := range fieldCount {
		if !c.file.fed[f] {
			continue
		}
		if cell, header := *rec.at(f), c.file.columns[f]; len(cell) < len(header) || header == "" || !strings.EqualFold(tidy(cell), header) {
			return false
		}
		some = true
	}
	return some
}

func isTotal(name string) bool {
	word := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return word != "" && strings.Contains(totals, " "+word+" ")
}

// isLabelled holds for "Total: 2" and "Stand: 01.02.2026".
func isLabelled(name string) bool {
	i := strings.IndexAny(name, ":：")
	return i > 0 && strings.ContainsAny(name[i:], "0123456789")
}

// isDate holds for digits with two marks between them.
func isDate(name string) bool {
	marks := 0
	for _, r := range name {
		switch {
		case r >= '0' && r <= '9':
		case strings.ContainsRune("./-", r):
			marks++
		default:
			return false
		}
	}
	return marks == 2 && len(name) >= len("1.2.26")
}

// isRemark holds for names that, alone in their row, are none.
func isRemark(name string) bool {
	return isLabelled(name) || isDate(name) || isCount(name) || strings.HasPrefix(name, "#") || strings.HasPrefix(name, "//")
}

// isCount holds for "2 users" and "(2 rows affected)".
func isCount(name string) bool {
	name = strings.TrimPrefix(name, "(")
	words := strings.TrimLeft(name, "0123456789")
	return len(words) < len(name) && strings.HasPrefix(words, " ") && hasLetter(words)
}

func hasLetter(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) })
}
