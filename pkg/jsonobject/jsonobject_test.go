package jsonobject

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"unicode/utf8"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "Ann Lee", "Ünï <b>&amp;</b> \"quoted\" \\ \x00\x1f\x7f\u2028\u2029 \xff end"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendString([]byte("before"), s)
		want, err := json.Marshal(s)
		if err != nil || string(got) != "before"+string(want) {
			t.Errorf("appendString(%q) = %s, want %s (%v)", s, got, want, err)
		}
	})
}

func TestAppendMember(t *testing.T) {
	b := AppendMember([]byte{'{'}, "a", "x\ny")
	b = append(AppendName(b, "n"), '7')
	b = append(AppendMember(b, "b", ""), '}')
	if want := `{"a":"x\ny","n":7,"b":""}`; string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
}

// FuzzWalk compares with encoding/json: of valid objects, both must find the same;
// of anything else, a walk must not go on for ever, or out of the text.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { } `, `{"a":"b"}`, `{"a":"b, \"c\\","d":1}`, `{"a":"{,}:","b":-1.5e3,"c":true,"d":null,"e":""}`, `{ "a" : 1 , "b":[ ] } `,
		`{"a":[1,"]"],"b":{"c":"}"}}`, `{"a":1,"a":2}`, `{"ä":"\u00fc"}`, `[1]`, `"x"`, `{`, `{"a`, `{"a":`, `{"a":"\`, `{"a":{"`, `{"a":1}}`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		var want map[string]json.RawMessage
		err := json.Unmarshal(object, &want)
		got := map[string]json.RawMessage{}
		walked := Walk(object, func(name, value []byte) bool {
			var text string
			if json.Unmarshal(fmt.Appendf(nil, "\"%s\"", name), &text) != nil && err == nil {
				t.Errorf("%s: the name %s is none", object, name)
			}
			got[text] = bytes.Clone(value)
			return true
		})
		if err != nil || want == nil { // "null" leaves no map
			return
		}
		if !walked || !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Errorf("Walk(%s) = %v, found %s, want %s", object, walked, got, want)
		}
		for name, value := range got {
			var text string
			isText := value[0] == '"' && json.Unmarshal(value, &text) == nil
			if found, ok := Text(value); ok != isText || found != text && utf8.Valid(value) {
				t.Errorf("%s: Text(%s) = %q, %v, want %q, %v", name, value, found, ok, text, isText)
			}
		}
	})
}

func TestWalkTakesWhatIsWrittenHere(t *testing.T) {
	b := AppendMember([]byte{'{'}, "name", "Ünal Çelik, {Ä}")
	b = append(AppendName(b, "n"), "-12"...)
	b = append(AppendName(b, "held"), "true}"...)
	got := map[string]string{}
	if !Walk(b, func(name, value []byte) bool { got[string(name)] = string(value); return true }) {
		t.Fatalf("Walk(%s) = false", b)
	}
	if want := map[string]string{"name": `"Ünal Çelik, {Ä}"`, "n": "-12", "held": "true"}; !maps.Equal(got, want) {
		t.Errorf("Walk(%s) found %v, want %v", b, got, want)
	}
	if text, ok := Text([]byte(got["name"])); text != "Ünal Çelik, {Ä}" || !ok {
		t.Errorf("Text() = %q, %v", text, ok)
	}
	if _, ok := Text([]byte("-12")); ok {
		t.Error("Text() takes a number")
	}
	if Walk(b, func(_, value []byte) bool { return value[0] == '"' }) {
		t.Error("Walk does not end where visit says so")
	}
}
