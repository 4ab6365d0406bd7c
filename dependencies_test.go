package stele_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestEveryModuleHasItsReason: the modules of which the binary is made are those of
// modules.txt, each with a reason.
func TestEveryModuleHasItsReason(t *testing.T) {
	raw, err := os.ReadFile("modules.txt")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		module, reason, _ := strings.Cut(line, " ")
		if reasons[module] = strings.TrimSpace(reason); reasons[module] == "" {
			t.Errorf("modules.txt: %s has no reason", module)
		}
	}
	c := exec.Command("go", "list", "-deps", "-tags", "grpcnotrace", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/stele")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	for _, m := range slices.Compact(modules) {
		if _, ok := reasons[m]; !ok {
			t.Errorf("%s is in the binary and not in modules.txt: what is it for?", m)
		}
		delete(reasons, m)
	}
	for m := range reasons {
		t.Errorf("modules.txt: %s is not in the binary", m)
	}
}

// TestAWalletBringsFewForeignPackages: somebody who embeds Stele (package client) links no engine. 250
// packages of others are the goal. What the book's store brings besides is over it, and
// is held where it is.
func TestAWalletBringsFewForeignPackages(t *testing.T) {
	const goal, besides = 250, 150
	imports := importsBelow(t, "./client")
	all, without := foreign(imports, ""), foreign(imports, "github.com/stele-health/stele/book")
	if without > goal {
		t.Errorf("%d foreign packages lie below client without its book, and %d may", without, goal)
	}
	if all > goal+besides {
		t.Errorf("%d foreign packages lie below client, and %d may until its book has another store", all, goal+besides)
	}
	t.Logf("%d, %d without its book", all, without)
	if all <= goal {
		t.Errorf("the goal is reached with %d foreign packages: hold all of them to it here", all)
	}
}

// importsBelow returns what each package below one imports.
func importsBelow(t *testing.T, name string) map[string][]string {
	t.Helper()
	c := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard", name)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
			Standard   bool
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return imports
		} else if err != nil {
			t.Fatal(err)
		}
		if !p.Standard {
			imports[p.ImportPath] = p.Imports
			imports[""] = []string{p.ImportPath} // the last one is the one that was asked for
		}
	}
}

// foreign counts the packages of other modules, without those that come through one room
// alone.
func foreign(imports map[string][]string, room string) (n int) {
	seen := map[string]bool{room: true}
	var walk func(name string)
	walk = func(name string) {
		below, listed := imports[name]
		if !listed || seen[name] {
			return
		}
		if seen[name] = true; !strings.HasPrefix(name, "github.com/stele-health/stele/") && name != "github.com/stele-health/stele" {
			n++
		}
		for _, b := range below {
			walk(b)
		}
	}
	for _, top := range imports[""] {
		walk(top)
	}
	return n
}
