package roster

import (
	"fmt"
	"strings"
	"testing"
)

// TestPasswordsInTheWrongPlace holds that a password that stands where a header or
// another cell belongs is in no message.
func TestPasswordsInTheWrongPlace(t *testing.T) {
	const secret = "Xq7!Secr3tPw"
	for _, text := range []string{
		"Jane,Doe,SECRET\nBob,Roe,x\n",
		"Jane,Doe,SECRET,SECRET\n",
		"jane@contoso.com,Jane Doe,SECRET\n",
		"Initial password,SECRET,\nFirst name,Last name,x\n",
		"password;SECRET;mail\n",
		"First name,Last name,Password,forceChangePassword\nJane,Doe,true,SECRET\n",
		"First name,Last name,Password,Usage location\nJane,Doe,US,SECRET\n",
		"First name,Last name,Password,Account enabled\nJane,Doe,US,SECRET\n",
		"First name,Last name,Password,Password hash function\nJane,Doe,,SECRET\n",
		"First name,Last name,Password,Account status\nJane,Doe,,SECRET\n",
		"First name,Last name,Password,Domain\nJane,Doe,,SECRET\n",
		"First name,Last name,Password,Customer\nJane,Doe,,SECRET\n",
	} {
		f, err := openText(t, "people.csv", strings.ReplaceAll(text, "SECRET", secret), Options{})
		said := fmt.Sprintf("%+v", err)
		if err == nil {
			for row, err := range f.Rows() {
				if len(row.Problems) == 0 {
					t.Errorf("%q: got a good row, want a bad one", text)
				}
				said += fmt.Sprintf("%+v %v %+v", row.Problems, err, row.Person)
			}
		}
		if strings.Contains(strings.ToLower(said), strings.ToLower(secret)) {
			t.Errorf("%q: got %s", text, said)
		}
	}
}

// TestWithheld holds which cells are still shown.
func TestWithheld(t *testing.T) {
	tests := map[string]bool{"Germanny": false, "United Kingdon": false, "xx": false, "12345678": false, "hunter22": true, "Österreich1": true, "vielleicht": false}
	for cell, want := range tests {
		if got := mayBePassword(cell); got != want {
			t.Errorf("%q: got %v, want %v", cell, got, want)
		}
	}
	row := rowsOf(t, "First name,Usage location\nJane,Atlantis-7\n", Options{})[0]
	if got := row.Problems[0]; !strings.Contains(got.Message, "Atlantis-7") || got.Value != "Atlantis-7" {
		t.Errorf("got %+v, want the value of a file without passwords", got)
	}
}
