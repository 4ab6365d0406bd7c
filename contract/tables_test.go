package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stele-health/stele/contract"
	"github.com/stele-health/stele/ledger"
	"github.com/stele-health/stele/wire"
)

// TestPrefixes: every table has a prefix of its own of two small letters, and what
// stands in no table begins with a capital: no row is ever taken for another's.
func TestPrefixes(t *testing.T) {
	two, whose := regexp.MustCompile(`^[a-z]{2}$`), map[string]string{}
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			index, ok := call.Fun.(*ast.IndexExpr)
			if !ok || !strings.HasSuffix(name(index.X), "NewTable") {
				return true
			}
			prefix, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
			if err != nil || !two.MatchString(prefix) {
				t.Errorf("%s: the prefix %q is not two small letters", path, prefix)
			}
			if other, taken := whose[prefix]; taken {
				t.Errorf("%s and %s both have a table of the prefix %q", path, other, prefix)
			}
			whose[prefix] = path
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(whose) < 10 {
		t.Errorf("only %d tables were found", len(whose))
	}
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestExactlyOneContractKnowsEachMessage: of the contracts that are asked about an
// empty message of a kind, one has an answer, be it a refusal; the others leave it.
func TestExactlyOneContractKnowsEachMessage(t *testing.T) {
	oneof := (&wire.Transaction{}).ProtoReflect().Descriptor().Oneofs().ByName("message")
	store := ledger.NewMemory()
	for i := range oneof.Fields().Len() {
		field := oneof.Fields().Get(i)
		body := &wire.Transaction{}
		body.ProtoReflect().Set(field, body.ProtoReflect().NewField(field))
		var knowing []string
		for _, c := range contract.All() {
			s := store.Snapshot()
			if event, err := c.Decide(ledger.Moment{Height: 1, TimeMS: 1}, s, &ledger.Tx{Body: body}); event != nil || err != nil {
				knowing = append(knowing, reflect.TypeOf(c).PkgPath())
			}
			s.Close()
		}
		if len(knowing) != 1 {
			t.Errorf("%s is known to %d contracts: %v", field.Name(), len(knowing), knowing)
		}
	}
}

// TestEachDeadlineIsOneContracts: the kinds of deadline in contract/state have each a
// number of its own, and one contract that knows it: another would end what is not its.
func TestEachDeadlineIsOneContracts(t *testing.T) {
	numbers, knowing := map[string]string{}, map[string]map[string]bool{}
	each := func(path string, visit func(ast.Node)) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
	}
	each("state/tables.go", func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Due") {
			return
		}
		number := spec.Values[0].(*ast.BasicLit).Value
		if other, taken := numbers[number]; taken {
			t.Errorf("%s and %s have one number", other, spec.Names[0].Name)
		}
		numbers[number], knowing[spec.Names[0].Name] = spec.Names[0].Name, map[string]bool{}
	})
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		each(path, func(n ast.Node) {
			if s, ok := n.(*ast.SelectorExpr); ok && knowing[s.Sel.Name] != nil && name(s.X) == "state" {
				knowing[s.Sel.Name][filepath.Dir(path)] = true
			}
		})
	}
	if len(knowing) == 0 {
		t.Error("no kind of deadline was found")
	}
	for kind, rooms := range knowing {
		if len(rooms) != 1 {
			t.Errorf("%s is known to %d contracts: %v", kind, len(rooms), rooms)
		}
	}
}
