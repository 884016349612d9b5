package wire

import (
	"errors"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"muster/pkg/secret"
)

// withheld stands for a text that holds a secret in a shape which cannot be cut
// out of it.
const withheld = "[withheld: it repeats a secret]"

// Plain makes of a text that somebody else wrote one line that may be shown and
// logged: without the secrets that were sent, without control characters, and
// of at most limit characters.
//
// A secret is found in any letter case, and also where the service has escaped
// it for JSON, HTML or a URL, or broken it with spaces; the escaped forms cost
// the whole text. Whatever looks like a token is cut out too, since a service
// may repeat one that this program never saw.
func Plain(text string, limit int, secrets ...secret.Text) string {
	text = line(text)
	for _, s := range secrets {
		if !s.Empty() {
			text = replaceFold(text, s.Reveal(), secret.Redacted)
		}
	}
	for _, s := range secrets {
		if !s.Empty() && lurks(text, s.Reveal(), 3) {
			return withheld
		}
	}
	return cut(cutTokens(text), limit)
}

// line keeps what can be seen: runs of space and control characters become one
// space; invisible characters, which might hide a secret or turn a terminal's
// writing direction, go.
func line(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case r == unicode.ReplacementChar || unicode.In(r, unicode.Cf, unicode.Co):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// cut shortens a text to limit characters.
func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:max(limit-1, 0)]) + "…"
}

// replaceFold replaces every occurrence of old in text, in any case of ASCII.
func replaceFold(text, old, with string) string {
	if len(text) < len(old) {
		return text
	}
	lower, needle := lowerASCII(text), lowerASCII(old)
	var b strings.Builder
	for {
		i := strings.Index(lower, needle)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		b.WriteString(with)
		text, lower = text[i+len(old):], lower[i+len(old):]
	}
}

// lowerASCII keeps the length in bytes, which strings.ToLower does not.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// lurks reports whether s is in text once up to depth layers of escapes are
// undone, of any kinds in any order, with spaces or without. Escapes only make
// a text longer, so most texts are too short to hold a token.
func lurks(text, s string, depth int) bool {
	if len(text) < len(squeeze(s)) {
		return false
	}
	if strings.Contains(lowerASCII(text), lowerASCII(s)) {
		return true
	}
	if len(s) >= 8 && strings.Contains(lowerASCII(squeeze(text)), lowerASCII(squeeze(s))) {
		return true
	}
	if depth == 0 {
		return false
	}
	for _, decode := range []func(string) string{html.UnescapeString, unescapeJSON, unescapePercent, unescapePlus} {
		if plain := decode(text); plain != text && lurks(plain, s, depth-1) {
			return true
		}
	}
	return false
}

// unescapeJSON undoes the escapes of a JSON string wherever it finds them.
func unescapeJSON(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if text[i] == 'u' && i+4 < len(text) {
			if r, err := strconv.ParseUint(text[i+1:i+5], 16, 16); err == nil {
				b.WriteRune(rune(r))
				i += 4
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// unescapePercent undoes the percent signs of a URL, as far as they are right.
func unescapePercent(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if s, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(s)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// unescapePlus undoes what a form, and not a path, does to spaces.
func unescapePlus(text string) string { return strings.ReplaceAll(text, "+", " ") }

func squeeze(text string) string { return strings.ReplaceAll(text, " ", "") }

// cutTokens cuts out what looks like an access or refresh token: a JSON web
// token, which begins with "eyJ", or any run too long to be a word, a path or
// an id.
func cutTokens(text string) string {
	const shortestJWT, longestWord = 30, 150
	inToken := func(c byte) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte("._~+/=-!*%", c) >= 0
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && inToken(text[end]) {
			end++
		}
		if run := text[i:end]; len(run) > longestWord || len(run) > shortestJWT && strings.Contains(run, "eyJ") {
			b.WriteString(secret.Redacted)
		} else {
			end = min(end+1, len(text))
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

// Hide returns err with a text that went through [Plain]. errors.Is and
// errors.As still find what is in err, but there is no unwrapping it: the texts
// of net/http's errors quote what the service sent.
func Hide(err error, limit int, secrets ...secret.Text) error {
	if err == nil {
		return nil
	}
	return &hidden{Plain(err.Error(), limit, secrets...), err}
}

type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string        { return h.text }
func (h *hidden) Is(target error) bool { return errors.Is(h.err, target) }
func (h *hidden) As(target any) bool   { return errors.As(h.err, target) }
