package upn

import (
	"strconv"
	"strings"
)

// Number returns the n-th name that is made of one, which may be complete or a local
// part alone: itself for n below 2, else with the number behind the local part, as in
// jane.doe2@contoso.com. A hyphen stands between two digits, so that the second k100 is
// k100-2 and not somebody else's k1002. The local part is cut where the whole would be
// longer than 64 characters.
func Number(name string, n int) string {
	if n < 2 {
		return name
	}
	var buf [128]byte
	at := strings.IndexByte(name, '@')
	if at < 0 {
		at = len(name)
	}
	return string(append(appendNumber(buf[:0], name[:at], n), name[at:]...))
}

// maxDigits is how long a number can get that Next gives out.
const maxDigits = len("4294967295")

func appendNumber(dst []byte, local string, n int) []byte {
	var digits [20]byte
	number := strconv.AppendInt(digits[:0], int64(n), 10)
	local = cut(local, maxLocal-len(number))
	if local != "" && isDigit(local[len(local)-1]) {
		local = cut(local, maxLocal-len(number)-1)
		return append(append(append(dst, local...), '-'), number...)
	}
	return append(append(dst, local...), number...)
}

// cutNumber undoes appendNumber: it returns the local part and the number from which
// it makes this one, and 0 where there is none. Names that were not made so, such as
// route66, have a number too.
func cutNumber(local []byte) (base []byte, n uint64) {
	end := len(local)
	for end > 0 && isDigit(local[end-1]) {
		end--
	}
	digits := local[end:]
	if len(digits) == 0 || len(digits) > maxDigits || digits[0] == '0' {
		return local, 0
	}
	for _, d := range digits {
		n = 10*n + uint64(d-'0')
	}
	if n < 2 {
		return local, 0
	}
	if end > 1 && local[end-1] == '-' && isDigit(local[end-2]) {
		end--
	}
	return local[:end], n
}

// cut shortens a local part to at most limit bytes. Where something was cut off,
// no separator is left at the end.
func cut(local string, limit int) string {
	if len(local) <= limit {
		return local
	}
	local = local[:limit]
	for local != "" && isSeparator(local[len(local)-1]) {
		local = local[:len(local)-1]
	}
	return local
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isSeparator(c byte) bool { return c == '.' || c == '-' || c == '_' }
