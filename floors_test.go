package stele_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stele-health/stele"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath                         string
	Name                               string
	Doc                                string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
	Deps                               []string
}

func (p pkg) short() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// floors reads floors.txt.
func floors(t *testing.T) map[string]int {
	t.Helper()
	raw, err := os.ReadFile("floors.txt")
	if err != nil {
		t.Fatal(err)
	}
	floors := map[string]int{}
	for n, line := range strings.Split(string(raw), "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		floor, err := strconv.Atoi(fields[0])
		if err != nil || len(fields) != 2 {
			t.Fatalf("floors.txt:%d: want a floor and a package", n+1)
		}
		floors[fields[1]] = floor
	}
	return floors
}

// generator reports whether a package is a program that writes generated code.
func generator(p pkg) bool { return p.Name == "main" && path.Base(p.ImportPath) == "gen" }

func TestFloors(t *testing.T) {
	floors, seen := floors(t), map[string]bool{}
	for _, p := range packages(t) {
		if generator(p) {
			continue
		}
		floor, listed := floors[p.short()]
		if !listed {
			t.Errorf("%s is on no floor; add it to floors.txt", p.short())
			continue
		}
		seen[p.short()] = true
		p.keepTo(t, floors, floor, slices.Concat(p.Imports, p.TestImports))
		outside := floor // where tests from outside stand: above the rooms that only tests run
		for _, imported := range p.XTestImports {
			if room := (pkg{ImportPath: imported}).short(); forTests[room] {
				outside = max(outside, floors[room]+1)
			}
		}
		p.keepTo(t, floors, outside, p.XTestImports)
	}
	for name := range floors {
		if !seen[name] {
			t.Errorf("floors.txt lists %s, which does not exist", name)
		}
	}
}

// forTests are the rooms in which whole stories of tests are made. Tests from outside a
// room (package X_test) stand above them.
var forTests = map[string]bool{"client/town": true, "wallet/wallettest": true, "book/booktest": true, "credential/credentialtest": true}

// keepTo reports what of a package's imports does not lie below a floor.
func (p pkg) keepTo(t *testing.T, floors map[string]int, floor int, imports []string) {
	t.Helper()
	for _, imported := range imports {
		if imported == p.ImportPath || !strings.HasPrefix(imported, module) {
			continue
		}
		other := pkg{ImportPath: imported}.short()
		if lower, ok := floors[other]; ok && lower >= floor {
			t.Errorf("%s (floor %d) imports %s (floor %d)", p.short(), floor, other, lower)
		}
	}
}

// TestWalls holds which package must never depend on which, directly or through
// others, and why.
func TestWalls(t *testing.T) {
	walls := []struct{ from, never, why string }{
		{"chain", module + "/ledger", "the engine's room must not know what the state means"},
		{"chain", module + "/contract", "the engine's room must not know what the state means"},
		{"trustee", module + "/vault", "who holds a share must not reach ciphertext"},
		{"vault", module + "/trustee", "who holds ciphertext must not reach a share"},
		{"vault", module + "/threshold", "who holds ciphertext must not reach a share"},
		{"proof", "github.com/cometbft/cometbft/node", "a verifier must not carry a node"},
		{"proof", "github.com/cometbft/cometbft/consensus", "a verifier must not carry a node"},
		{"client", module + "/chain", "a wallet believes proofs, not its own engine"},
		{"client", module + "/ledger", "a wallet believes proofs, not a node's state"},
		{"client", "github.com/cockroachdb/pebble/v2", "whoever embeds a wallet brings its store"},
		{"account", module + "/delivery", "who reads knows nothing of who delivers"},
		{"delivery", module + "/reading", "who delivers opens no chart"},
		{"account", "connectrpc.com/connect", "api is the only importer of Connect"},
		{"delivery", "connectrpc.com/connect", "api is the only importer of Connect"},
		{"ledger", "github.com/cockroachdb/pebble/v2", "the frame is pure"},
		{"sdjwt", "net/http", "nothing that a credential names is ever fetched"},
	}
	deps := map[string][]string{}
	for _, p := range packages(t) {
		deps[p.short()] = p.Deps
	}
	for _, w := range walls {
		got, ok := deps[w.from]
		if !ok {
			t.Errorf("there is no package %s to hold a wall for", w.from)
		}
		for _, dep := range got {
			if dep == w.never || strings.HasPrefix(dep, w.never+"/") {
				t.Errorf("%s depends on %s: %s", w.from, dep, w.why)
			}
		}
	}
}

// TestOnlyOneRoomImportsJOSE: what a token may be is decided in one place.
func TestOnlyOneRoomImportsJOSE(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.Contains(imported, "jose") && p.short() != "sdjwt" {
				t.Errorf("%s imports %s", p.short(), imported)
			}
		}
	}
}

// TestPureRooms holds that floors 1 to 4 use no clock, no files, no goroutines:
// by what they import. Goroutines and time.Now are looked for in the source.
func TestPureRooms(t *testing.T) {
	forbidden := []string{"os", "net", "net/http", "math/rand", "math/rand/v2", "sync", "log", "log/slog"}
	exempt := map[string][]string{
		"ledger":    {"sync"}, // guards the states that readers use while a block is executed
		"own":       {"sync"}, // guards the memory of nonces
		"fhir":      {"sync"}, // the definitions are read once, when first needed
		"labels":    {"sync"}, // and so are the tables
		"steletest": {"sync"}, // what tests write while a room reads it
	}
	floors := floors(t)
	for _, p := range packages(t) {
		floor, listed := floors[p.short()]
		outside := slices.Contains([]string{
			"database", "disktest", // end processes
			"loopback", // listens
		}, p.short())
		if !listed || floor < 1 || floor > 4 || generator(p) || outside {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(forbidden, imported) && !slices.Contains(exempt[p.short()], imported) && !generatedOnly(t, p, imported) {
				t.Errorf("%s imports %s", p.short(), imported)
			}
		}
		for _, file := range p.GoFiles {
			source, err := os.ReadFile(path.Join(p.short(), file))
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{"time.Now(", "\tgo func", "\tgo ", "float32", "float64"} {
				if strings.Contains(string(source), word) {
					t.Errorf("%s/%s has %q", p.short(), file, strings.TrimSpace(word))
				}
			}
		}
	}
}

// generatedOnly reports whether only generated files import a package.
func generatedOnly(t *testing.T, p pkg, imported string) bool {
	t.Helper()
	for _, file := range p.GoFiles {
		if strings.HasSuffix(file, ".pb.go") || strings.HasSuffix(file, "_gen.go") {
			continue
		}
		source, err := os.ReadFile(path.Join(p.short(), file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), fmt.Sprintf("%q", imported)) {
			return false
		}
	}
	return true
}

func TestEveryPackageHasADoc(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && len(strings.TrimSpace(p.Doc)) < 40 {
			t.Errorf("%s has no package doc", p.short())
		}
	}
}
