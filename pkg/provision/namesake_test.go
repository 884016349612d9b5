package provision

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"muster/pkg/simulate"
)

// nights applies one file after the other with one ledger, and returns what the last
// run says.
func nights(w *world, files ...string) (told []string, report *Report) {
	w.t.Helper()
	for _, content := range files {
		w.file("staff.csv", content)
		var err error
		if report, _, err = w.start(doom{}, nil).apply(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, r := range w.results() {
		told = append(told, strings.TrimSpace(string(r.Status)+" "+r.ErrorCode))
	}
	for _, warning := range report.Warnings {
		told = append(told, fmt.Sprint("warning ", warning.Row, " ", warning.Code))
	}
	return told, report
}

// People who get an immutableId or a userPrincipalName between two runs, or lose it,
// are not created again; people who share their names with others are created.
func TestNamesakesOfTheLedger(t *testing.T) {
	const header = "immutableId,firstName,lastName,userPrincipalName\n"
	const created, refused, doubted = "created", "invalid known_otherwise", "warning 1 known_otherwise"
	for _, test := range []struct {
		name, first, second string
		want                []string
		users               int // in the end
	}{
		{"id added", ",Ann,Lee,\n", "E1,Ann,Lee,\n", []string{refused}, 1},
		{"id dropped", "E1,Ann,Lee,\n", ",ANN,Lee,\n", []string{refused}, 1},
		{"UPN dropped", ",Ann,Lee,al\n", ",Ann,LEE,\n", []string{refused}, 1},
		{"UPN replaced by an id", ",Ann,Lee,al\n", "E1,Ann,LEE,\n", []string{refused}, 1},
		{"UPN dropped, one of two", ",Ann,Lee,al\n,Ann,Lee,al2\n", ",Ann,Lee,\n,Ann,Lee,al\n", []string{refused, created}, 2},
		{"namesake of a UPN", ",Ann,Lee,al\n", ",Ann,Lee,\n,Ann,Lee,al\n", []string{created, created}, 2},
		{"namesake of an id", "E1,Ann,Lee,\n", ",Ann,Lee,\nE1,Ann,Lee,\n", []string{created, created}, 2},
		{"namesake of one who married", ",Ann,Lee,al\n", ",Ann,Lee,\n,Ann,Ray,al\n", []string{created, created}, 2},
		{"namesake with an id", ",Ann,Lee,al\n", ",Ann,Lee,al\nE1,Ann,Lee,\n", []string{created, created}, 2},
		{"id added, other UPN", ",Ann,Lee,\n", "E1,Ann,Lee,annl\n", []string{created, doubted}, 2},
		{"other UPN", ",Ann,Lee,al\n", ",Ann,Lee,annl\n", []string{created, doubted}, 2},
		{"other UPN of another", ",Ann,Lee,al\n", ",Ann,Lee,annl\n,Ann,Lee,al\n", []string{created, created}, 2},
		{"another id", "E1,Ann,Lee,\n", "E1,Ann,Lee,\nE2,Ann,Lee,\n", []string{created, created}, 2},
		{"another id alone", "E1,Ann,Lee,\n", "E2,Ann,Lee,\n", []string{created}, 2},
		{"another person", ",Ann,Lee,\n", "E1,Ann,Ray,\n", []string{created}, 2},

		{"generated UPN added", ",Ann,Lee,\n", ",Ann,Lee,Ann.Lee@contoso.onmicrosoft.com\n", []string{created}, 1},
		{"its local part added", ",Ann,Lee,\n", ",Ann,Lee,ann.lee\n", []string{created}, 1},
		{"domain added", ",Ann,Lee,al\n", ",Ann,Lee,al@contoso.onmicrosoft.com\n", []string{created}, 1},
		{"domain dropped", ",Ann,Lee,al@contoso.onmicrosoft.com\n", ",Ann,Lee,al\n", []string{created}, 1},
		{"id added beside the UPN", ",Ann,Lee,al\n", "E1,Ann,Lee,al\n", []string{created}, 1},
		{"id dropped, generated UPN added", "E1,Ann,Lee,\n", ",Ann,Lee,ann.lee\n", []string{created}, 1},
		{"other id, same UPN", "E1,Ann,Lee,al\n", "E2,Ann,Lee,al\n", []string{"invalid duplicate_upn"}, 1},
		{"other person, same UPN", ",Ann,Lee,\n", ",Bob,Roe,ann.lee\n", []string{"invalid duplicate_upn"}, 1},
		{"twice", ",Ann,Lee,\n", ",Ann,Lee,ann.lee\n,Ann,Lee,\n", []string{created, "invalid duplicate_person"}, 1},
		{"twice, the other way round", ",Ann,Lee,\n", ",Ann,Lee,\n,Ann,Lee,ann.lee\n", []string{created, "invalid duplicate_upn"}, 1},
		{"thrice", ",Ann,Lee,\n", ",Ann,Lee,ann.lee\nE1,Ann,Lee,ann.lee\n", []string{created, "invalid duplicate_upn"}, 1},
	} {
		bubble(t, test.name, simulate.Scenario{}, func(w *world) {
			got, _ := nights(w, header+test.first, header+test.second)
			if !slices.Equal(got, test.want) {
				w.t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if n := len(w.users(simulate.DefaultCustomerID)); n != test.users {
				w.t.Errorf("there are %d users, want %d", n, test.users)
			}
		})
	}
}

// A column that is not there at all is as good as an empty one.
func TestNamesakesWithoutColumn(t *testing.T) {
	bubble(t, "", simulate.Scenario{}, func(w *world) {
		got, _ := nights(w, "firstName,lastName,userPrincipalName\nAnn,Lee,al\nBob,Roe,\n", "firstName,lastName\nAnn,Lee\nBob,Roe\n")
		if want := []string{"invalid known_otherwise", "created"}; !slices.Equal(got, want) {
			w.t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// Whose key is now that of somebody of other names is told; whose name changed in
// part is not.
func TestReusedKey(t *testing.T) {
	const header = "immutableId,firstName,lastName,displayName,userPrincipalName\n"
	for _, test := range []struct {
		name, first, second string
		want                []string
	}{
		{"id reused", "N/A1,Ann,Lee,,\n", "N/A1,Bob,Roe,,\n", []string{"created", "warning 1 other_names"}},
		{"ids swapped", "1,Ann,Lee,,\n2,Bob,Roe,,\n", "2,Ann,Lee,,\n1,Bob,Roe,,\n", []string{"created", "created", "warning 1 other_names", "warning 2 other_names"}},
		{"UPN reused", ",Ann,Lee,,x\n", ",Bob,Roe,,x\n", []string{"created", "warning 1 other_names"}},
		{"married", "1,Ann,Lee,,\n", "1,Ann,Roe,,\n", []string{"created"}},
		{"first name mended", "1,Anne,Lee,,\n", "1,Ann,Lee,,\n", []string{"created"}},
		{"names swapped", "1,Lee,Ann,,\n", "1,Ann,Lee,,\n", []string{"created"}},
		{"only a display name", "1,,,Ann Lee,\n", "1,Ann,Lee,,\n", []string{"created"}},
		{"another display name", "1,,,Ann Lee,\n", "1,,,Bob Roe,\n", []string{"created", "warning 1 other_names"}},
	} {
		bubble(t, test.name, simulate.Scenario{}, func(w *world) {
			if got, _ := nights(w, header+test.first, header+test.second); !slices.Equal(got, test.want) {
				w.t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Whoever was in doubt after a crash, and has got the generated name as a given one
// since, is settled by the old request, wherever the crash came.
func TestAliasInDoubt(t *testing.T) {
	const header = "firstName,lastName,userPrincipalName\n"
	for crash := 1; ; crash++ {
		whole := false
		bubble(t, fmt.Sprint("crash ", crash), simulate.Scenario{}, func(w *world) {
			w.file("staff.csv", header+"Ann,Lee,\n")
			_, _, err := w.start(doom{crash: crash}, rand.New(rand.NewPCG(1, 2))).apply(w.t.Context())
			whole = err == nil
			if got, _ := nights(w, header+"Ann,Lee,ann.lee\n"); !slices.Equal(got, []string{"created"}) {
				w.t.Errorf("got %q", got)
			}
			if n := len(w.users(simulate.DefaultCustomerID)); n != 1 {
				w.t.Errorf("there are %d users, want 1", n)
			}
		})
		if whole {
			return
		}
	}
}
