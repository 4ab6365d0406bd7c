package stele_test

import (
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

// TestAWalletBringsFewForeignPackages: somebody who embeds Stele (package client) links at
// most 250 packages of others, without the store that they bring for the wallet's book.
func TestAWalletBringsFewForeignPackages(t *testing.T) {
	const most = 250
	n := len(foreign(t, "./client"))
	if n > most {
		t.Errorf("%d foreign packages lie below client, and %d may", n, most)
	}
	t.Logf("%d foreign packages lie below client, %d of them would with our store", n, len(foreign(t, "./client", "./book/pebblestore")))
}

// foreign lists the packages of other modules that lie below packages.
func foreign(t *testing.T, names ...string) []string {
	t.Helper()
	c := exec.Command("go", append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{$.ImportPath}}{{end}}{{end}}"}, names...)...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
