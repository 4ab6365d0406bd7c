package proof

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestProofDoesNotDependOnTheNode keeps what a wallet must believe small: this
// package is CometBFT's types and signatures, never its node, its network or its
// stores, and of Stele the words, the bytes and the trees.
func TestProofDoesNotDependOnTheNode(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const comet, own = "github.com/cometbft/cometbft/", "github.com/stele-health/stele/"
	for _, pkg := range strings.Fields(string(out)) {
		if rest, ok := strings.CutPrefix(pkg, comet); ok {
			room, _, _ := strings.Cut(rest, "/")
			if !slices.Contains([]string{"types", "crypto", "proto", "libs", "version", "abci"}, room) || strings.HasPrefix(rest, "abci/") && rest != "abci/types" {
				t.Errorf("proof depends on %s", pkg)
			}
		}
		if rest, ok := strings.CutPrefix(pkg, own); ok && !slices.Contains([]string{"wire", "merkle", "proof"}, rest) {
			t.Errorf("proof depends on %s", pkg)
		}
		if strings.HasPrefix(pkg, "github.com/cockroachdb/pebble") || strings.HasPrefix(pkg, "github.com/cometbft/cometbft-db") {
			t.Errorf("proof depends on the store %s", pkg)
		}
	}
}
