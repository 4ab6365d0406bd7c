package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWhoHasFoundedDealsNoMore: a member that founded a network, alone by mistake say, can
// take part in no other; a dealing of its own would have the others found one without it.
func TestWhoHasFoundedDealsNoMore(t *testing.T) {
	home, other := filepath.Join(t.TempDir(), "home"), filepath.Join(t.TempDir(), "other")
	env := map[string]string{"STELE_PASSPHRASE": "correct-horse-battery-staple"}
	stele := func(want int, says string, args ...string) {
		t.Helper()
		if got := run(t, time.Minute, env, args...); got.code != want || !strings.Contains(got.err, says) {
			t.Errorf("stele %s: exit code %d\n%s", strings.Join(args, " "), got.code, got.err)
		}
	}
	stele(0, "", "member", "init", "ours", "--home", home, "--network", "rhine")
	stele(0, "", "member", "init", "theirs", "--home", other, "--network", "rhine")
	card := filepath.Join(other, "theirs.card")
	stele(0, "", "member", "found", "--home", home)
	dealt, err := os.ReadFile(filepath.Join(home, "ours.dealing"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"deal", "--home", home, card}, {"deal", "--home", home, "--again", card}, {"found", "--home", home, card}} {
		stele(1, "has founded its network already\nhint: stele member start", append([]string{"member"}, args...)...)
	}
	if again, err := os.ReadFile(filepath.Join(home, "ours.dealing")); err != nil || string(again) != string(dealt) {
		t.Errorf("the dealing was made anew: %v", err)
	}
}
