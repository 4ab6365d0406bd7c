package stele_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// owners are the rooms that may tell one kind of event or transaction from another:
// where it is said, the contracts, and the model that they are held against.
var owners = []string{"wire", "contract", "ledger/ledgertest"}

// readers are the rooms that may read into a message of one kind, because what it says
// itself is what they judge.
var readers = map[string][]string{
	"proof":       {"Anchored", "GrantGiven", "ReceiptsPosted"},                                       // what they commit to is held against what is shown
	"sim":         {"GrantGiven", "GrantRevoked", "GlassBroken", "EmergencyEnded", "AccessPermitted"}, // the judge of what was true
	"breakglass":  {"BreakGlass"},                                                                     // a member's node signs nothing else there
	"client/town": {"GrantGiven"},                                                                     // tests count them
}

// messages are the names of all kinds of events and transactions, in Go, as wire's
// generated code has them.
func messages(t *testing.T) map[string]bool {
	file, err := parser.ParseFile(token.NewFileSet(), "wire/ledger.pb.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			names[kindOf(spec.Name)] = true
		}
		return true
	})
	delete(names, "")
	if len(names) < 19 {
		t.Fatalf("only %d kinds of message were found", len(names))
	}
	return names
}

// kindOf is the kind of message that a type's name is of, Event_Anchored or
// wire.Event_Anchored, or empty.
func kindOf(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		e = s.Sel
	}
	if id, ok := e.(*ast.Ident); ok {
		if of, kind, ok := strings.Cut(id.Name, "_"); ok && (of == "Event" || of == "Transaction") {
			return kind
		}
	}
	return ""
}

// TestNothingElseTellsTheMessagesApart: outside their owners nothing asks which kind an
// event or a transaction is, by a switch, an assertion or a getter, but for what is
// listed: wire's About and Asks say what a new one is, to everybody at once.
func TestNothingElseTellsTheMessagesApart(t *testing.T) {
	kinds, unused := messages(t), map[string]bool{}
	for room, list := range readers {
		for _, kind := range list {
			unused[room+" "+kind] = true
		}
	}
	asked := func(path string, kind string) {
		room := filepath.ToSlash(filepath.Dir(path))
		for _, owner := range owners {
			if room == owner || strings.HasPrefix(room, owner+"/") {
				return
			}
		}
		for _, known := range readers[room] {
			if known == kind {
				delete(unused, room+" "+kind)
				return
			}
		}
		t.Errorf("%s asks for %s: see Event.About and Transaction.Asks", path, kind)
	}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if kind := toldApart(n); kinds[kind] {
				asked(path, kind)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for known := range unused {
		t.Errorf("%s is not read any more: take it off the list", known)
	}
}

// toldApart is the kind of message that an expression asks for, or empty: a getter's,
// x.GetAnchored, or that of the type *wire.Event_Anchored, which a switch, an assertion
// or a declaration names, and a value that is made, &wire.Event_Anchored{}, does not.
func toldApart(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Get") {
			return f.Sel.Name[len("Get"):]
		}
	case *ast.StarExpr:
		return kindOf(n.X)
	}
	return ""
}
