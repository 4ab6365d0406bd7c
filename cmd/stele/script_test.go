package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stele-health/stele/devnet"
)

// TestMain runs this binary as stele itself when it is called by that name, so
// that each command of a script is a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(withDevnet{m}, map[string]func(){"stele": func() { os.Exit(start()) }})
}

// withDevnet ends the tests' network after the last of them.
type withDevnet struct{ m *testing.M }

func (w withDevnet) Run() int {
	code := w.m.Run()
	if network != nil {
		if err := network.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.RemoveAll(network.Home)
	}
	return code
}

// network is the one that all tests of this binary share.
var network *devnet.Network

var running = sync.OnceValue(func() error {
	home, err := os.MkdirTemp("", "stele-cli-")
	if err != nil {
		return err
	}
	network, err = devnet.Start(context.Background(), devnet.Config{Home: home, Log: slog.New(slog.DiscardHandler)})
	return err
})

func startDevnet(t *testing.T) *devnet.Network {
	t.Helper()
	if err := running(); err != nil {
		t.Fatal(err)
	}
	return network
}

// TestScripts plays testdata/script: each command is a process. The scripts run
// side by side on one network, so each uses people of its own.
func TestScripts(t *testing.T) {
	n := startDevnet(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("STELE_HOME", n.Home)
			e.Setenv("TZ", "Europe/Rome")
			e.Setenv("NO_COLOR", "")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "keep": keep,
		},
		UpdateScripts: os.Getenv("UPDATE") != "",
	})
}

// exits runs a command and wants an exit code: exits 3 stele wallet open …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
	if stderr := ts.ReadFile("stderr"); strings.Contains(stderr, "goroutine ") || strings.Contains(stderr, ".go:") {
		ts.Fatalf("a stack reached the person")
	}
}

// keep puts the last stdout, without its line end, into a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// screenful checks that no line of an output is wider than 80 columns.
func screenful(t *testing.T, output string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if w := columns(strings.TrimRight(line, "\n")); w > 80 {
			t.Errorf("%d columns: %q", w, filepath.Base(line))
		}
	}
}
