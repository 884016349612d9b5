package main

import (
	"strconv"
	"strings"
)

// quoted writes a word so that a shell takes it for one.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@,=+%~", r) || r > 127
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return quotedFor(s)
}

// firsts is such as "3, 8, 15 …".
func firsts(rows []int, of int) string {
	words := make([]string, len(rows))
	for i, n := range rows {
		words[i] = strconv.Itoa(n)
	}
	text := strings.Join(words, ", ")
	if of > len(rows) {
		text += " …"
	}
	return text
}
