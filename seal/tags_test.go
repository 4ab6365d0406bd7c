package seal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// Two kinds of object with one tag could be taken for each other.
func TestEveryTagAndSuiteIsItsOwn(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "tags.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		if other := seen[value.Value]; other != "" {
			t.Errorf("%s and %s are both %s", other, spec.Names[0].Name, value.Value)
		}
		seen[value.Value] = spec.Names[0].Name
		return true
	})
	if len(seen) < 15 {
		t.Fatalf("found %d tags and suites", len(seen))
	}
}
