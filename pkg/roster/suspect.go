package roster

import (
	"encoding/base64"
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// text cleans a cell and refuses characters that cannot be meant.
func (c *checker) text(f field, cell string) string {
	if isSheetError(cell) {
		c.problem(f, "spreadsheet_error", cell, fmt.Sprintf("the %s is the error of a formula", f.title()),
			"mend the formula in the spreadsheet, or write the value itself")
		return cell
	}
	if isTidy(cell) {
		return cell
	}
	s := tidied(cell)
	if s != cell {
		c.cleaned++
	}
	if line, cut := firstLine(s); cut {
		c.problem(f, "control_character", line, fmt.Sprintf("the %s goes over several lines", f.title()),
			"write it on one line; if the cell has swallowed other rows, close its quotes where they should be")
		return line
	}
	if right, ok := undouble(s); ok {
		c.problem(f, "double_encoding", s,
			fmt.Sprintf("the %s was encoded twice: it was most likely %q once", f.title(), clip(right)),
			"export the list again and "+saveAsUTF8)
		return s
	}
	for _, r := range s {
		switch {
		case r >= ' ' && r < 0x7f:
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r&0xfffe == 0xfffe:
			c.problem(f, "control_character", s,
				fmt.Sprintf("the %s holds the control character %U", f.title(), r),
				"remove it; a line break or tab inside a cell is one, too")
			return s
		case r == unicode.ReplacementChar:
			c.problem(f, "damaged_text", s,
				fmt.Sprintf("the %s holds the mark of a lost letter (%c)", f.title(), r),
				"type the letter again: it was lost when the file was saved")
			return s
		}
	}
	return s
}

// isSheetError reports whether a cell is what spreadsheet programs write for a
// formula without a value: #N/A, #REF!, #NAME?, in German #NV and #BEZUG!, ####
// where a column is too narrow, and Err:502 in LibreOffice.
func isSheetError(cell string) bool {
	code, hash := strings.CutPrefix(cell, "#")
	if !hash {
		return strings.HasPrefix(cell, "Err:") && len(cell) == len("Err:502")
	}
	if code == "" || strings.ToUpper(code) != code || strings.Contains(code, " ") {
		return false
	}
	return code == "NV" || strings.Trim(code, "#") == "" || strings.ContainsAny(code, "/!?")
}

// firstLine returns the text up to its first line break, where it is cut: what
// follows may be another row, swallowed by a quote, with its password.
func firstLine(s string) (line string, cut bool) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return s[:i] + "…", true
	}
	return s, false
}

// lostLetter reports whether a question mark stands for a letter: spreadsheet
// programs write one, without a word, for each letter that the encoding they save
// in does not have. It stands before a letter or beside another one then.
func lostLetter(s string) bool {
	for i := strings.IndexByte(s, '?'); i >= 0; {
		rest := s[i+1:]
		next, _ := utf8.DecodeRuneInString(rest)
		if next == '?' || unicode.IsLetter(next) {
			return true
		}
		j := strings.IndexByte(rest, '?')
		if j < 0 {
			return false
		}
		i += 1 + j
	}
	return false
}

// escapesLetters reports whether a name holds what UTF-7 writes for letters beyond ASCII
// ("Ren+AOk-e", RFC 2152: UTF-16 in base64) or HZ ("~{Au~}", RFC 1843). Files in these
// are pure ASCII, and nothing else tells them.
func escapesLetters(s string) bool {
	if strings.Contains(s, "~{") {
		return true
	}
	parts := strings.Split(s, "+")
	for i, part := range parts[1:] {
		code := part
		if n := strings.IndexFunc(part, isNotBase64); n >= 0 {
			code = part[:n]
		}
		units, err := base64.RawStdEncoding.Strict().DecodeString(code)
		if err != nil || len(units) == 0 || len(units)%2 > 0 {
			continue
		}
		ended := strings.HasPrefix(part[len(code):], "-")
		if isName := parts[i] != "" && (strings.ToLower(code[1:]) == code[1:] && !hasDigit(code) ||
			strings.ToUpper(code) == code && !hasDigit(code) && !ended); isName { // Ann+Ugo, ANN+AMY
			continue
		}
		if r := rune(units[0])<<8 | rune(units[1]); r >= utf8.RuneSelf && (unicode.IsLetter(r) || utf16.IsSurrogate(r)) {
			return true
		}
	}
	return false
}

func isNotBase64(r rune) bool {
	return !(r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9' || r == '/')
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// letterCode returns the first code in a name that stands for a letter in a web page
// ("&szlig;", "&#223;"), a program ("\u00df") or an address of a page ("%C3%9F"), as
// exports leave them behind; "" if there is none.
func letterCode(s string) string {
	for i := strings.IndexAny(s, `&\%`); i >= 0; {
		rest := s[i:]
		switch rest[0] {
		case '&':
			n := strings.IndexByte(rest, ';')
			if code := rest[:n+1]; n > 0 && !strings.HasSuffix(html.UnescapeString(code), ";") {
				return code
			}
		case '\\':
			if len(rest) >= len(`\u00df`) && rest[1] == 'u' && isHex(rest[2:6]) {
				return rest[:6]
			}
		default: // of a byte beyond ASCII
			if len(rest) >= len("%C3") && rest[1] >= '8' && isHex(rest[1:3]) && strings.ToUpper(rest[1:3]) == rest[1:3] {
				return rest[:3]
			}
		}
		next := strings.IndexAny(rest[1:], `&\%`)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// marks looks for characters that no name has, where the file is sound Unicode: it was
// made from one that was read in a wrong table.
func (c *checker) marks(f field, s string) {
	r := strayMark(s)
	if r == 0 && f != displayName { // which may say Team² or ®Acme
		r = straySign(s)
	}
	if r != 0 {
		c.problem(f, "damaged_text", s, fmt.Sprintf("the %s holds %q (%U), where no name has that", f.title(), r, r),
			"type the letter that belongs there, or export the list again and "+saveAsUTF8)
	}
}

// strayMark returns the first character that no name has, 0 if there is none: what
// UTF-8 looks like that was read in the tables of DOS, the old Macintosh or Russian
// Unix ("Gro├ƒ", "Gro√ü", "п╘п╨"), and what only a certain font gives a meaning.
func strayMark(s string) rune {
	for _, r := range s {
		switch {
		case r < '∆': // as nearly all are
		case r == '√' || r == '≈' || r == '∆', r >= 0x2500 && r < 0x25a0, unicode.Is(unicode.Co, r):
			return r
		}
	}
	return 0
}

// straySign returns the first sign that no name has where it stands, beside a Latin
// letter: another table has a letter there ("©afránek", "Micha³", "Bj”rn"). 0: none.
func straySign(s string) rune {
	before := ' '
	for i, r := range s {
		if isLetterSign(r) {
			after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			opens := unicode.Is(unicode.Latin, after) || isLetterSign(after)
			closes := unicode.Is(unicode.Latin, before)
			if opens && closes || opens && strings.ContainsRune(neverOpen, r) || closes && strings.ContainsRune(neverClose, r) {
				return r
			}
		}
		before = r
	}
	return 0
}

func isLetterSign(r rune) bool {
	if r < '¡' || r >= 'À' && r < 'ˆ' && r != '×' && r != '÷' || r > '˜' && r < '‚' || r > '™' {
		return false // as nearly all are
	}
	return strings.ContainsRune(letterSigns, r)
}

// Signs that stand where another table has a letter. In a name none is inside a word,
// where a dash, an apostrophe and the dot of Catalan may be. Quotes and marks of trade
// may begin a word or end it.
const (
	letterSigns = neither + "©®‚„«»‹›“”™"
	neverOpen   = neither + "©®"
	neverClose  = neither + "‚„"
	neither     = "¡¢£¤¥¦§¨¬¯±²³µ¶¸¹¼½¾¿×÷ˆ˜†‡‰•…€"
)

// isPlaceholder reports whether a name is what databases and people write for
// nothing. Some are called so, too.
func isPlaceholder(s string) bool {
	if len(s) < 3 || len(s) > 6 || s[0]|0x20 != 'n' && s[0] != '(' {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "(null)", "n/a", "n.a.", "none", "(none)":
		return true
	}
	return false
}

// standsForNone reports whether an id or a user name is what databases and people
// write where there is none: certain words, or nothing but marks and zeros. None of
// the words is anybody's initials, as "na" or "nil" may be.
func standsForNone(s string) bool {
	if s == "" || len(s) > len("undefined") || strings.ContainsAny(s, "123456789") {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "(null)", "<null>", "n/a", "n.a.", "n.a", "none", "(none)", "tbd", "t.b.d.", "unknown", "undefined":
		return true
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '0' && !unicode.IsPunct(r) && !unicode.IsSymbol(r) && r != ' ' })
}

// spelling doubts a name that was read as Windows-1252 in a file whose other names
// are sound. Such a file may have come from another table that has most letters
// at the same places.
func (c *checker) spelling(f field, s string) {
	const hint = saveAsUTF8 + ": it may be in another encoding than Windows-1252, which has other letters at these places"
	switch judgeName(s) {
	case brokenWord:
		c.problem(f, "damaged_text", s, fmt.Sprintf("the %s "+nameless, f.title()), "see how it is spelt, and "+hint)
	case oddWord:
		c.warn(f, "odd_spelling", s, fmt.Sprintf("the %s %q is spelt as few names are", f.title(), clip(s)), "if a letter is wrong, "+hint)
	}
}
