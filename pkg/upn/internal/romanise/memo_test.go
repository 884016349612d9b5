package romanise

import (
	"reflect"
	"strings"
	"testing"
)

// TestMemo holds that a Memo says what Append says, also of names that it has met, and
// of one that has taken the place of another.
func TestMemo(t *testing.T) {
	texts := []string{"", "Jane", "Jürgen", "Олег", "ОЛЕГ", "Γιώργος", "小明", "محمد", "שרה", "Ж🙂", "ゆうこ 鷹觜", strings.Repeat("Ж", 60)}
	for first := 'а'; first <= 'я'; first++ {
		for second := 'а'; second <= 'я'; second++ { // more than a Memo keeps
			texts = append(texts, string([]rune{first, second}))
		}
	}
	var memo Memo
	for range 3 {
		for _, text := range texts {
			for _, part := range []Part{Whole, Given, Family} {
				for _, locale := range []string{"", "UA", "JP", "DE"} {
					rules := Tell(locale, text)
					want, wantDoubts, wantErr := Append([]byte("x"), text, part, rules)
					got, gotDoubts, gotErr := memo.Append([]byte("x"), text, part, rules)
					if string(got) != string(want) || !reflect.DeepEqual(gotDoubts, wantDoubts) || !reflect.DeepEqual(gotErr, wantErr) {
						t.Errorf("%q %d %q: got %q %v %v, want %q %v %v", text, part, locale, got, gotDoubts, gotErr, want, wantDoubts, wantErr)
					}
				}
			}
		}
	}
}
