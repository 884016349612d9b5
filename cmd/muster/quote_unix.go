//go:build !windows

package main

import "strings"

// quotedFor quotes a word for a POSIX shell.
func quotedFor(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
