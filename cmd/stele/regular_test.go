package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stele-health/stele/cli"
)

// TestAPipeHoldsNoCommand: a pipe that nobody writes to, and a device without an end,
// in each place where a person names a file.
func TestAPipeHoldsNoCommand(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"network.json", "pipe.wallet"} {
		if err := syscall.Mkfifo(filepath.Join(home, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pipe := filepath.Join(home, "pipe.wallet")
	for _, args := range [][]string{
		{"wallet", "new", "elena", "--passphrase-file", pipe},
		{"wallet", "new", "elena", "--passphrase-file", "/dev/zero"},
		{"verify", pipe}, {"verify", "/dev/zero"},
		{"ledger", "status"},
		{"config", "check", pipe}, {"config", "print", "/dev/zero"},
		{"label", "check", pipe}, {"label", "check", "/dev/zero"}, {"label", "explain", pipe},
	} {
		ended := make(chan int, 1)
		var out, words bytes.Buffer
		m := cli.Main{Commands: commands, Args: append([]string{"--home", home}, args...), In: strings.NewReader(""), Out: &out, Err: &words, Env: func(string) string { return "" }}
		go func() { ended <- m.Run(context.Background()) }()
		select {
		case code := <-ended:
			if code == 0 {
				t.Errorf("%s: exit 0", strings.Join(args, " "))
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no end", strings.Join(args, " "))
		}
	}
}
