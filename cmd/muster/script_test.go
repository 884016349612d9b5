package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what muster does now into scripts and samples as what is expected; read the difference before committing it")

// TestMain lets scripts run this binary as muster, each time in a process of its
// own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": main})
}

// TestScripts runs the stories in testdata/script. Beside testscript's commands
// they have those of stage_test.go:
//
//	exits CODE muster ARG…       runs muster and wants that exit code
//	emulator [NAME=VALUE…]       serves an emulated Partner Center and points muster's environment there
//	serve [ARG…]                 the same with `muster simulate` in a process of its own
//	requests OP LEAST MOST       how many requests the emulator has had; OP all counts every one
//	mark                         starts that count again
//	tenant FILE [DOMAIN]         writes the tenant's users: user principal name, names, location
//	holds CREDENTIALS [DOMAIN]   each user has the password that the credentials file names
//	nosecrets FILE…              no password and no token in what muster has said, nor in any file but those named
//	cut COLUMN,… FILE OUT        some columns of a results file
//	upns FILE OUT                the user principal names of a results file, sorted
//	edit FILE OLD NEW            replaces text in a file; both may have Go's escapes, such as \x04
//	append FILE TEXT             adds text without a line end
//	json FILE PATH WANT          a value in a JSON document, such as files.results
//	mode FILE PERMISSIONS        the permissions of a file, such as 0600
//	keygen PUBLIC SECRET         makes an age key pair: the first is an environment variable, the second a file
//	decrypt SECRET FILE OUT      opens a file with it
//	hold LEDGER                  holds a ledger as a running muster does
//	interrupt N CODE muster ARG… runs muster, and sends SIGINT when the emulator has had N creates
//	slay N muster ARG…           the same with SIGKILL
func TestScripts(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Abs("../../samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		UpdateScripts:      *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": on((*stage).exits), "emulator": on((*stage).emulator), "serve": on((*stage).serve),
			"requests": on((*stage).requests), "mark": on((*stage).mark), "tenant": on((*stage).tenant),
			"holds": on((*stage).holds), "nosecrets": on((*stage).nosecrets), "cut": on((*stage).cut),
			"upns": on((*stage).upns), "edit": on((*stage).edit), "append": on((*stage).append), "json": on((*stage).json), "mode": on((*stage).mode),
			"keygen": on((*stage).keygen), "decrypt": on((*stage).decrypt), "hold": on((*stage).hold), "interrupt": on((*stage).interrupt),
			"slay": on((*stage).slay),
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return os.Geteuid() == 0, nil // permissions stop nobody
		},
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "SAMPLES="+samples)
			e.Values[stageKey{}] = &stage{}
			return nil
		},
	})
}
