package threshold

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parsePackage reads this package's own files, tests left out.
func parsePackage(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) < 8 {
		t.Fatalf("found %d files", len(files))
	}
	return files
}

// typeName prints the types that signatures here use.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.Ellipsis:
		return "..." + typeName(e.Elt)
	}
	return "?"
}

func fieldTypes(list *ast.FieldList) (types []string) {
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		for range max(1, len(f.Names)) {
			types = append(types, typeName(f.Type))
		}
	}
	return types
}

// The one exported thing that computes with a share takes a checked batch and
// opaque context; no exported name takes or gives a group element or a scalar;
// nobody outside can fill a Batch; and inside, secrets meet points that come from
// a batch, or the generator, only.
func TestR07NoShareMeetsACallersPoint(t *testing.T) {
	usesOfSecret := map[string]bool{}
	for _, file := range parsePackage(t) {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				checkSignature(t, d)
				ast.Inspect(d, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "secret" {
						usesOfSecret[d.Name.Name] = true
					}
					return true
				})
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok {
						checkFields(t, ts)
					}
				}
			}
		}
	}
	allowed := []string{"Bytes", "Erase", "ParseShare", "Sum", "fits", "release"}
	for name := range usesOfSecret {
		if !slices.Contains(allowed, name) {
			t.Errorf("%s works with a share's secret; only %v may", name, allowed)
		}
	}
	if !usesOfSecret["release"] {
		t.Error("the inspection sees no use of a secret at all")
	}
}

func checkSignature(t *testing.T, d *ast.FuncDecl) {
	if !d.Name.IsExported() {
		return
	}
	receiver := strings.TrimPrefix(strings.Join(fieldTypes(d.Recv), ""), "*")
	params, results := fieldTypes(d.Type.Params), fieldTypes(d.Type.Results)
	for _, name := range append(slices.Clone(params), results...) {
		if strings.Contains(name, "ristretto255") || strings.HasSuffix(name, "point") || strings.HasSuffix(name, "scalar") || strings.HasSuffix(name, "?") {
			t.Errorf("exported %s %s has %s in its signature", receiver, d.Name.Name, name)
		}
	}
	if slices.Contains(results, "*Batch") && d.Name.Name != "CheckBatch" {
		t.Errorf("%s makes a batch; only CheckBatch may", d.Name.Name)
	}
	if receiver == "Share" && len(params) > 0 {
		want := map[string][]string{"Partials": {"*Batch", "[]byte"}, "Format": {"fmt.State", "rune"}}[d.Name.Name]
		if !slices.Equal(params, want) {
			t.Errorf("Share.%s takes %v", d.Name.Name, params)
		}
	}
	if receiver != "Share" && slices.Contains(params, "*Share") {
		t.Errorf("exported %s takes a share", d.Name.Name)
	}
}

func checkFields(t *testing.T, ts *ast.TypeSpec) {
	st, ok := ts.Type.(*ast.StructType)
	if !ok {
		return
	}
	closed := slices.Contains([]string{"Batch", "Share", "Verified", "Dealing", "Subshare"}, ts.Name.Name)
	for _, f := range st.Fields.List {
		if closed && len(f.Names) == 0 {
			t.Errorf("%s embeds a type", ts.Name.Name)
		}
		for _, n := range f.Names {
			if closed && n.IsExported() {
				t.Errorf("%s.%s is open to callers", ts.Name.Name, n.Name)
			}
		}
	}
}
