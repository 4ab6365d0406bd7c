package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele/cli"
)

// TestADamagedNetworkFileIsNotNone: what the home says of the network is what members
// are held against. When it cannot be read, or is not the one that was told, a status
// that says "there is no network file here" and ends with 0 has checked nothing.
func TestADamagedNetworkFileIsNotNone(t *testing.T) {
	n := startDevnet(t)
	good, err := os.ReadFile(filepath.Join(n.Home, "network.json"))
	if err != nil {
		t.Fatal(err)
	}
	at := n.Network.Members[0].Url
	wrong := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		file []byte // nil: none
		more []string
		fits bool
	}{
		"no file":                  {nil, nil, true},
		"no file, and told":        {nil, []string{"--fingerprint", wrong}, false},
		"the network's":            {good, nil, true},
		"another than was told":    {good, []string{"--fingerprint", wrong}, false},
		"a damaged file":           {good[:len(good)/2], nil, false},
		"a file of something else": {[]byte("{}"), nil, false},
	} {
		home := t.TempDir()
		if c.file != nil {
			if err := os.WriteFile(filepath.Join(home, "network.json"), c.file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, command := range [][]string{{"ledger", "status"}, {"ledger", "blocks"}, {"ledger", "watch", "--blocks", "1"}} {
			var out, words bytes.Buffer
			args := append(append([]string{"--home", home}, command...), append([]string{"--member", at}, c.more...)...)
			m := cli.Main{Commands: commands, Args: args, In: strings.NewReader(""), Out: &out, Err: &words, Env: func(string) string { return "" }}
			if code := m.Run(context.Background()); (code == 0) != c.fits {
				t.Errorf("%s, %s: exit %d: %s", name, strings.Join(command, " "), code, words.String())
			}
		}
	}
}
