// Package secret holds text that must not leave its place: passwords, tokens,
// client secrets. Whoever prints, logs or encodes a [Text] gets the word
// "[redacted]"; the one way to the value is [Text.Reveal], so that a search for
// that name lists every place where a secret is used.
//
//	password := secret.New(cell)
//	log.Info("row", zap.Any("person", person)) // "[redacted]"
//	body.Password = password.Reveal()
package secret

import "fmt"

// Redacted is what a Text prints as, whatever it holds.
const Redacted = "[redacted]"

// Text is a secret. Its zero value is the empty secret, which prints as the
// empty string: that a secret is missing is no secret.
//
// The value stands behind a pointer because fmt does not call the methods of
// unexported struct fields: it prints such a field by reflection, and then
// shows an address instead of the secret. So do not compare Texts with ==.
type Text struct{ value *string }

// New makes a secret of s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{&s}
}

// Reveal returns the secret itself.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty reports whether there is nothing to hide.
func (t Text) Empty() bool { return t.value == nil }

// String returns [Redacted], or nothing where there is nothing to hide.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return Redacted
}

// Format prints [Text.String] under every verb, also under those, such as %x
// and %#v, that would otherwise reach the bytes.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// MarshalText encodes [Text.String], so that JSON, XML and CSV encoders are
// safe too.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
