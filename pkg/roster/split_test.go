package roster

import "testing"

// TestInOrder holds for every short line that going from quote to quote and going from
// cell to cell say the same.
func TestInOrder(t *testing.T) {
	shape := csvShape{comma: ','}
	line := make([]byte, 0, 9)
	var grow func(left int)
	grow = func(left int) {
		whole := append(line, '\n')
		slow := shape.quoted(whole)
		if got, want := shape.inOrder(whole), slow.plain; got != want {
			t.Errorf("%q: got %t, want %t", whole, got, want)
		}
		if fast := shape.find(whole); slow.plain && fast.end != slow.end {
			t.Errorf("%q: got %d bytes, want %d", whole, fast.end, slow.end)
		}
		if left == 0 {
			return
		}
		for _, c := range []byte(`a,"` + "\r") {
			line = append(line, c)
			grow(left - 1)
			line = line[:len(line)-1]
		}
	}
	grow(7)
}
