package stele_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// decodes are the calls that make something of bytes. A function that has one is a
// decoder.
var decodes = map[string]bool{
	"wire.Decode": true, "wire.DecodeKnown": true, "wire.DecodeInPlace": true, "wire.Open": true, "json.Unmarshal": true, "json.NewDecoder": true,
	"proto.Unmarshal": true, "protojson.Unmarshal": true, "toml.NewDecoder": true, "pem.Decode": true, "cometjson.Unmarshal": true,
	"base64.StdEncoding.DecodeString": true, "hex.DecodeString": true, "binary.BigEndian.Uint16": true,
	"parseDocument": true, "decodePoint": true, "decodeScalar": true, "lower.DecodeString": true,
}

// unfuzzed are decoders to which no target comes by its names, and why.
var unfuzzed = map[string]string{
	"contract/identity.Apply":  "behind an interface; FuzzTransaction and FuzzRestore of contract run it",
	"contract/identity.create": "behind an interface; FuzzTransaction and FuzzRestore of contract run it",
	"vectortest.UnmarshalText": "only tests run it, on files of this repository",
	"vectortest.Read":          "only tests run it, on files of this repository",
	"wire/wiretest.plain":      "only tests run it, on what they made",
	"client/town.IDs":          "only tests run it, on what they made",
	"client/town.releases":     "only tests run it, on what they made",
	"paper/fonts.measure":      "a font that stands in the program",
	"paper/fonts.table":        "a font that stands in the program",
	"wallet.followedSince":     "what the wallet checked before, from its sealed book",
	"ledger.EventsAfter":       "rows that the ledger wrote itself",
	"ledger.refAt":             "rows that the ledger wrote itself",
	"wallet.Card":              "the owner's own card, from the sealed state",
	"wallet.KeptSummary":       "a row of the wallet's own sealed book; what is in it must be signed by its key",
	"delivery.settleNotes":     "a note that the wallet wrote itself, in its own folder; what it says is asked of the ledger",
	"wallet.handedKey":         "asks the network for keys; a one-time key is checked as the directory does, FuzzRegister",
	"reading.access":           "one event from an answer; lying members are in TestHostileTransactionsLeaveNothing of devnet",
	"wallet.Activate":          "one event from an answer, of which only times are read; what holds, trustees say",
	"wallet.Reason":            "the owner's own words, from the sealed book",
	"wallet.keptLog":           "a proof that the wallet checked before, from the sealed state; proof's FuzzLogProof reads such",
}

// functions is every function of the module by package and name, with the names that
// it uses, and every fuzz target.
type functions struct {
	uses     map[string]map[string]bool // "package.Function" → what it calls, by the same names
	decoders map[string]bool
	targets  map[string]bool // "package.FuzzX"
}

// TestEveryDecoderIsFuzzed finds every function that decodes bytes and every fuzz
// target, and follows the names that targets use. A decoder that no target comes to
// fails, and so does a target without a line in docs/tests.md.
//
// Calls are followed by name, methods by their name alone: a decoder may seem
// reached when another of its name is. It is a net for what was forgotten.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	f := readFunctions(t)
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if reached[name] {
			return
		}
		reached[name] = true
		for used := range f.uses[name] {
			follow(used)
		}
	}
	page, err := os.ReadFile("docs/tests.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Fuzzing\n")
	for target := range f.targets {
		follow(target)
		pkg, name, _ := strings.Cut(target, ".Fuzz")
		line := slices.ContainsFunc(strings.Split(section, "\n"), func(l string) bool {
			return strings.Contains(l, "`Fuzz"+name+"`") && strings.HasSuffix(l, "| `"+strings.TrimPrefix(pkg, "./")+"` |")
		})
		if !line {
			t.Errorf("docs/tests.md, Fuzzing, has no line for Fuzz%s of %s", name, pkg)
		}
	}
	missing := 0
	for name := range f.decoders {
		if !reached[name] && unfuzzed[name] == "" {
			missing++
			t.Errorf("%s decodes bytes and no fuzz target comes to it", name)
		}
	}
	for name := range unfuzzed {
		if !f.decoders[name] { // one that seems reached may be so by its name alone
			t.Errorf("%s is listed as not fuzzed for nothing", name)
		}
	}
	t.Logf("%d decoders, %d targets", len(f.decoders), len(f.targets))
}

// readFunctions parses the module. Made code and the shows on floor 9 and below the
// command line that only make and print are left out.
func readFunctions(t *testing.T) functions {
	t.Helper()
	f := functions{map[string]map[string]bool{}, map[string]bool{}, map[string]bool{}}
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "gen" || d.Name() == "node_modules" || d.Name() == "bin") {
			if d != nil && d.IsDir() && err == nil {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, ".pb.go") || strings.HasSuffix(file, ".connect.go") {
			return nil
		}
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			return err
		}
		f.add(filepath.ToSlash(filepath.Dir(file)), tree, strings.HasSuffix(file, "_test.go"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shows make, print or drive; what they read they wrote themselves.
var shows = map[string]bool{"sample": true, "demo": true, "bench": true, "sim": true, "ledger/ledgertest": true, "devnet": true, "cmd/stele": true, "cli": true, "cli/try": true, "cli/wallet": true, "cli/care": true, "cli/ledger": true, "cli/member": true, "probe": true, "meter": true}

func (f functions) add(pkg string, tree *ast.File, test bool) {
	imports := map[string]string{} // name → package of this module
	for _, i := range tree.Imports {
		full := strings.Trim(i.Path.Value, `"`)
		if rest, ours := strings.CutPrefix(full, "github.com/stele-health/stele"); ours {
			name := path.Base(full)
			if i.Name != nil {
				name = i.Name.Name
			}
			imports[name] = strings.TrimPrefix(strings.TrimPrefix(rest, "/"), "")
			if rest == "" {
				imports[name] = "."
			}
		}
	}
	for _, decl := range tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		name := pkg + "." + fn.Name.Name
		if f.uses[name] == nil {
			f.uses[name] = map[string]bool{}
		}
		if test && strings.HasPrefix(fn.Name.Name, "Fuzz") {
			f.targets[name] = true
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if !test && !shows[pkg] && decodes[spelled(n.Fun)] {
					f.decoders[name] = true
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && imports[x.Name] != "" {
					f.uses[name][imports[x.Name]+"."+n.Sel.Name] = true
					break
				}
				f.uses[name][pkg+"."+n.Sel.Name] = true // a method, perhaps of a room that is imported
				for _, other := range imports {
					f.uses[name][other+"."+n.Sel.Name] = true
				}
			case *ast.Ident:
				f.uses[name][pkg+"."+n.Name] = true
			}
			return true
		})
	}
}

// spelled writes an expression such as binary.BigEndian.Uint16.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return spelled(e.X) + "." + e.Sel.Name
	}
	return ""
}
