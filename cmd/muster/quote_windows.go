package main

import "strings"

// quotedFor quotes a word for cmd.exe and PowerShell.
func quotedFor(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
