package secret

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestTextNeverPrints(t *testing.T) {
	const value = "Vq7!sample"
	s := New(value)
	type holder struct {
		P Text
		Q *Text
		M map[Text]Text
		u Text
	}
	h := holder{s, &s, map[Text]Text{s: s}, s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, arg := range []any{s, &s, h, &h, []Text{s}} {
			got := fmt.Sprintf(verb, arg)
			if strings.Contains(got, value) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", value)) {
				t.Errorf("Sprintf(%q, %T) = %q, which holds the secret", verb, arg, got)
			}
		}
	}
	got, err := json.Marshal(h)
	if err != nil || strings.Contains(string(got), value) {
		t.Errorf("json.Marshal = %s, %v, want no secret and no error", got, err)
	}
	if s.Reveal() != value {
		t.Errorf("Reveal() = %q, want %q", s.Reveal(), value)
	}
	if none := New(""); !none.Empty() || none.String() != "" || none.Reveal() != "" {
		t.Errorf("New(\"\") = %v, want the empty secret", none)
	}
}
