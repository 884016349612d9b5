package upn

import (
	"strconv"
	"strings"
)

// Draft bodies: replaced within the hour.

type Template struct{ source string }

func ParseTemplate(s string) (Template, error) { return Template{s}, nil }

func (t Template) Local(p Parts) (Local, error) {
	return Local{Text: strings.ToLower(p.First + "." + p.Last)}, nil
}

func CheckLocale(locale string) error { return nil }

func Number(local string, n int) string {
	if n < 2 {
		return local
	}
	return local + strconv.Itoa(n)
}

type Names struct{ m map[string]bool }

func NewNames() *Names { return &Names{map[string]bool{}} }

func (s *Names) Reserve(upn string) bool {
	k := strings.ToLower(upn)
	was := s.m[k]
	s.m[k] = true
	return !was
}

func (s *Names) Has(upn string) bool { return s.m[strings.ToLower(upn)] }

func (s *Names) Next(local, domain string, taken func(upn string) bool) int {
	for n := 1; ; n++ {
		u := Number(local, n) + "@" + domain
		if (taken == nil || !taken(u)) && s.Reserve(u) {
			return n
		}
	}
}

func Check(upn string) []Fault { return nil }

func CheckDomain(domain string) []Fault { return nil }
