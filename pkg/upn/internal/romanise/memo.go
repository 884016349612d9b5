package romanise

import (
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
)

// Memo is [Append] that remembers names it has met, some hundred at a time. It exists
// for speed: a name that is not plain Latin takes twenty times as long as one that is,
// and a file has the same given names over and over. The zero Memo is ready for use,
// and many goroutines may use one.
type Memo struct {
	met [512]atomic.Pointer[met]
}

// met is a name and what was made of it.
type met struct {
	text   string
	part   Part
	rules  Rules
	latin  string
	doubts []Doubt // shared by all who have the name: nobody changes them
}

// maxMet bounds the names that are remembered, in bytes: longer ones are rare, and
// whole names rather than given names.
const maxMet = 48

// Append does what [Append] does.
func (m *Memo) Append(dst []byte, text string, part Part, rules Rules) ([]byte, []Doubt, error) {
	if out, ok := appendPlain(dst, text, rules.hint); ok {
		return out, nil, nil
	}
	if len(text) > maxMet {
		return Append(dst, text, part, rules)
	}
	place := &m.met[xxhash.Sum64String(text)%uint64(len(m.met))]
	if e := place.Load(); e != nil && e.text == text && e.part == part && e.rules == rules {
		return append(dst, e.latin...), e.doubts, nil
	}
	text = strings.Clone(text) // of its file, which is not to stay in memory for it
	start := len(dst)
	dst, doubts, err := Append(dst, text, part, rules)
	if err == nil {
		place.Store(&met{text, part, rules, string(dst[start:]), doubts})
	}
	return dst, doubts, err
}
