package romanise

import (
	"strings"
	"testing"

	"github.com/mozillazg/go-pinyin"
)

// Every character must read as go-pinyin has it, whose way of taking the tones off
// is too slow to be used.
func TestMandarinIsPinyinWithoutTones(t *testing.T) {
	for character := range pinyin.PinyinDict {
		r := rune(character)
		want := plain(strings.Replace(pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal})[0], "v", "yu", 1))
		if got := mandarin(r); got != want {
			t.Errorf("%c: got %q, want %q", r, got, want)
		}
	}
}
