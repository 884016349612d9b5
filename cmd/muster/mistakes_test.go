package main

import (
	"bytes"
	"go/ast"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"muster/pkg/results"
	"muster/pkg/roster"
	"muster/pkg/upn"
)

// TestMistakesAreAll: the sample of mistakes has one of each kind that the code
// of roster and upn knows for CSV.
func TestMistakesAreAll(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]string{
		"bad_json": "JSON Lines", "wrong_type": "JSON Lines", "doubled_member": "JSON Lines",
		"upn_empty": "an empty one is generated", "no_at": "gets the domain",
		"bad_locale": "a setting", "bad_template": "a setting",
	}
	seen := codesOf(t, filepath.Join(root, "samples", "mistakes", "mistakes.csv"))
	known := append(knownCodes(t, filepath.Join(root, "pkg", "roster")), knownCodes(t, filepath.Join(root, "pkg", "upn"))...)
	known = append(known, "duplicate_person", "duplicate_upn") // of provision
	if len(known) < 30 {
		t.Fatalf("only %d kinds of mistakes were found in the code: %q", len(known), known)
	}
	for _, code := range known {
		if elsewhere[code] == "" && !seen[code] {
			t.Errorf("samples/mistakes/mistakes.csv has no %q", code)
		}
	}
}

// codesOf are the codes of what is wrong in a file.
func codesOf(t *testing.T, path string) map[string]bool {
	codes := map[string]bool{}
	file, err := roster.Open(path, roster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for row, err := range file.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(row.Problems, row.Warnings...) {
			codes[p.Code] = true
		}
		if name := row.Person.UserPrincipalName; name != "" {
			for _, f := range upn.Check(name) {
				codes[f.Code] = true
			}
		}
	}
	out := filepath.Join(t.TempDir(), "out.csv")
	var said bytes.Buffer
	run(t.Context(), []string{"validate", path, "--domain", "contoso.onmicrosoft.com", "--results", out, "--rejects", out + ".rejects.csv"}, &said, &said, &said)
	for row, err := range results.Read(out) {
		if err != nil {
			t.Fatal(err)
		}
		codes[row.ErrorCode] = true
	}
	return codes
}

// knownCodes finds the codes in the source of a package: the second argument of
// problem, the Code of a Problem, the first value of a Fault, the first argument
// of tooLong.
func knownCodes(t *testing.T, dir string) []string {
	var codes []string
	add := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			code, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
	}
	for _, path := range goFiles(t, dir) {
		ast.Inspect(parse(t, path, 0), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch name := lastName(n.Fun); {
				case name == "problem" && len(n.Args) > 1:
					add(n.Args[1])
				case name == "tooLong":
					add(n.Args[0])
				}
			case *ast.CompositeLit:
				fromLiteral(n, add)
			}
			return true
		})
	}
	return codes
}

func fromLiteral(l *ast.CompositeLit, add func(ast.Expr)) {
	switch lastName(l.Type) {
	case "Fault":
		if len(l.Elts) > 0 {
			add(l.Elts[0])
		}
	case "[]Fault":
		for _, e := range l.Elts {
			if inner, ok := e.(*ast.CompositeLit); ok && len(inner.Elts) > 0 {
				add(inner.Elts[0])
			}
		}
	case "Problem":
		for _, e := range l.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok && lastName(pair.Key) == "Code" {
				add(pair.Value)
			}
		}
	}
}

// lastName is the name of an identifier, of a selector's end, or of a slice type.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.ArrayType:
		return "[]" + lastName(e.Elt)
	}
	return ""
}
