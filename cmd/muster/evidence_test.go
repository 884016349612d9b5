package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/rogpeppe/go-internal/testscript"

	"muster/pkg/ledger"
	"muster/pkg/results"
)

// The script commands that look at files. See TestScripts.

func (s *stage) tenant(ts *testscript.TestScript, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errArguments
	}
	users, err := s.users(strings.Join(args[1:], ""))
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, u := range users {
		fmt.Fprintf(&b, "%s|%s|%s|%s|%s\n", u.UserPrincipalName, u.FirstName, u.LastName, u.DisplayName, u.UsageLocation)
	}
	return os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600)
}

func (s *stage) holds(ts *testscript.TestScript, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return errArguments
	}
	users, err := s.users(strings.Join(args[1:], ""))
	if err != nil {
		return err
	}
	lines, err := readCSV(ts.ReadFile(args[0]))
	if err != nil {
		return err
	}
	handed := map[string]string{}
	for _, l := range lines[1:] {
		handed[strings.ToLower(l[0])] = l[1]
	}
	for _, u := range users {
		upn := strings.ToLower(u.UserPrincipalName)
		if handed[upn] != u.Password {
			return fmt.Errorf("%s has another password than %s says", u.UserPrincipalName, args[0])
		}
		delete(handed, upn)
	}
	if len(handed) > 0 {
		return fmt.Errorf("%s names %d users that the tenant does not have", args[0], len(handed))
	}
	return nil
}

func (s *stage) nosecrets(ts *testscript.TestScript, args []string) error {
	var allowed []string
	for _, a := range args {
		allowed = append(allowed, ts.MkAbs(a))
	}
	texts := map[string]string{"what muster said": s.said.String()}
	err := filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || slices.Contains(allowed, path) {
			return err
		}
		b, err := os.ReadFile(path)
		texts[path] = string(b)
		return err
	})
	if err != nil {
		return err
	}
	secrets := s.service.Tokens()
	for _, name := range []string{"MUSTER_REFRESH_TOKEN", "MUSTER_CLIENT_SECRET", "MUSTER_ACCESS_TOKEN"} {
		if value := ts.Getenv(name); value != "" {
			secrets = append(secrets, value)
		}
	}
	for _, c := range s.service.Customers() {
		for _, u := range s.service.Users(c.ID) {
			secrets = append(secrets, u.Password)
		}
	}
	if len(secrets) < 3 || len(texts) < 3 {
		return fmt.Errorf("there are %d secrets and %d texts: the search proves nothing", len(secrets), len(texts))
	}
	for where, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				return fmt.Errorf("%s holds the secret %q", where, secret)
			}
		}
	}
	return nil
}

// cut keeps some columns of a results file. The unpredictable ones become <set>
// where they are not empty.
func (s *stage) cut(ts *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errArguments
	}
	lines, err := readCSV(ts.ReadFile(args[1]))
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, l := range masked(lines)[1:] {
		var cells []string
		for column := range strings.SplitSeq(args[0], ",") {
			i := slices.Index(lines[0], column)
			if i < 0 {
				return fmt.Errorf("there is no column %q", column)
			}
			cells = append(cells, l[i])
		}
		b.WriteString(strings.Join(cells, "|") + "\n")
	}
	return os.WriteFile(ts.MkAbs(args[2]), []byte(b.String()), 0o600)
}

// masked hides what differs from run to run: ids and times.
func masked(lines [][]string) [][]string {
	out := [][]string{lines[0]}
	for _, l := range lines[1:] {
		l = slices.Clone(l)
		for i, name := range lines[0] {
			switch name {
			case "user_id", "request_id", "correlation_id", "created_at":
				if l[i] != "" {
					l[i] = "<set>"
				}
			}
		}
		out = append(out, l)
	}
	return out
}

func (s *stage) upns(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	var names []string
	for row, err := range results.Read(ts.MkAbs(args[0])) {
		if err != nil {
			return err
		}
		names = append(names, row.UserPrincipalName+"\n")
	}
	slices.Sort(names)
	return os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(names, "")), 0o600)
}

func (s *stage) edit(ts *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errArguments
	}
	was, err := unescaped(args[1])
	if err != nil {
		return err
	}
	is, err := unescaped(args[2])
	if err != nil {
		return err
	}
	before := ts.ReadFile(args[0])
	if !strings.Contains(before, was) {
		return fmt.Errorf("%s does not hold %q", args[0], was)
	}
	return os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(before, was, is)), 0o600)
}

// unescaped understands what Go does between double quotes.
func unescaped(s string) (string, error) {
	return strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
}

func (s *stage) append(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	text := ts.ReadFile(args[0]) + args[1]
	return os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600)
}

func (s *stage) json(ts *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errArguments
	}
	var at any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &at); err != nil {
		return fmt.Errorf("%s is no JSON document: %w", args[0], err)
	}
	for name := range strings.SplitSeq(args[1], ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return fmt.Errorf("there is no %s in a list of %d", name, len(v))
			}
			at = v[i]
		default:
			return fmt.Errorf("%s: there is no %s", args[1], name)
		}
	}
	if got := fmt.Sprint(at); got != args[2] {
		return fmt.Errorf("%s is %q, want %q", args[1], got, args[2])
	}
	return nil
}

func (s *stage) mode(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		return fmt.Errorf("%s has mode %s, want %s", args[0], got, args[1])
	}
	return nil
}

func (s *stage) keygen(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	ts.Setenv(args[0], key.Recipient().String())
	return os.WriteFile(ts.MkAbs(args[1]), []byte(key.String()+"\n"), 0o600)
}

func (s *stage) decrypt(ts *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errArguments
	}
	keys, err := age.ParseIdentities(strings.NewReader(ts.ReadFile(args[0])))
	if err != nil {
		return err
	}
	in, err := age.Decrypt(armor.NewReader(strings.NewReader(ts.ReadFile(args[1]))), keys...)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[2]), text, 0o600)
}

func (s *stage) hold(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	l, err := ledger.Open(ts.MkAbs(args[0]), ledger.Options{})
	if err != nil {
		return err
	}
	ts.Defer(func() { _ = l.Close() })
	return nil
}

func readCSV(text string) ([][]string, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err == nil && len(lines) == 0 {
		err = fmt.Errorf("there is not even a header")
	}
	return lines, err
}
