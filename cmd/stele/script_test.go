package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/netfile"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/wallet"
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
			"exits": exits, "keep": keep, "flip": flip, "elsewhere": elsewhere, "screenful": screenful, "lines": lines, "ready": ready,
			"forget": forget, "short": short, "cut": cut, "narrow": narrow, "slipcode": slipcode, "field": field,
		},
		ContinueOnError: true,
		UpdateScripts:   os.Getenv("UPDATE") != "",
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
	if stderr := ts.ReadFile("stderr"); code != "0" && !strings.Contains(stderr, "hint") {
		ts.Fatalf("%s says nothing of what to do now", strings.Join(args[1:], " "))
	} else if strings.Contains(stderr, "goroutine ") || strings.Contains(stderr, ".go:") {
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

// field puts what the last stdout, JSON, says under a name into a variable: field did DOE.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field NAME VARIABLE")
	}
	var said map[string]any
	ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))).Decode(&said))
	ts.Setenv(args[1], fmt.Sprint(said[args[0]]))
}

// screenful checks that no line of the last output is wider than 80 columns.
func screenful(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range []string{"stdout", "stderr"} {
		for line := range strings.Lines(ts.ReadFile(name)) {
			if line = strings.TrimRight(line, "\n"); columns.Of(line) > 80 {
				ts.Fatalf("%d columns on %s: %s", columns.Of(line), name, line)
			}
		}
	}
}

// forget removes the book of a wallet.
func forget(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(eachOfBook(filepath.Join(network.Home, "wallets", args[0]+wallet.Suffix), os.RemoveAll))
}

// eachOfBook calls f with all that a wallet's book is made of.
func eachOfBook(path string, f func(path string) error) error {
	all, err := filepath.Glob(path + ".book*")
	for _, one := range all {
		err = errors.Join(err, f(one))
	}
	return err
}

// copyBook copies a wallet's book into a folder.
func copyBook(path, to string) error {
	return eachOfBook(path, func(from string) error {
		into := filepath.Join(to, filepath.Base(from))
		if info, err := os.Stat(from); err != nil || info.IsDir() {
			return errors.Join(err, os.CopyFS(into, os.DirFS(from)))
		}
		raw, err := os.ReadFile(from)
		return errors.Join(err, os.WriteFile(into, raw, 0o600))
	})
}

// short puts the first eight characters of a variable into SHORT.
func short(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv("SHORT", ts.Getenv(args[0])[:8])
}

// cut cuts a file to a number of bytes.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(n)))
}

// narrow checks that no line of the last stdout is wider than so many columns.
func narrow(ts *testscript.TestScript, neg bool, args []string) {
	most, err := strconv.Atoi(args[0])
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if line = strings.TrimRight(line, "\n"); columns.Of(line) > most {
			ts.Fatalf("%d columns, not %d: %s", columns.Of(line), most, line)
		}
	}
}

// lines checks that the last stdout is one JSON object a line with these keys,
// all in snake case.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%q is no JSON object: %v", line, err)
		}
		n++
		for key := range object {
			if strings.ToLower(key) != key || strings.ContainsAny(key, " -") {
				ts.Fatalf("the key %q is not in snake case", key)
			}
		}
		for _, key := range args {
			if _, ok := object[key]; !ok {
				ts.Fatalf("%q has no %s", line, key)
			}
		}
	}
	if n == 0 {
		ts.Fatalf("there are no lines")
	}
}

// slipcode reads the code off a slip (SVG) and puts it into a variable, as somebody types it.
func slipcode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: slipcode FILE.svg NAME")
	}
	typed := slipGroups(ts.ReadFile(args[0]))
	if len(typed) != 8 {
		ts.Fatalf("there are %d groups on the slip", len(typed))
	}
	ts.Setenv(args[1], strings.Join(typed, "-"))
}

// slipGroups are the groups of the code on a slip (SVG), in small letters.
func slipGroups(svg string) (typed []string) {
	for _, g := range regexp.MustCompile(`>([0-9A-HJKMNP-TV-Z]{4})<`).FindAllStringSubmatch(svg, -1) {
		typed = append(typed, strings.ToLower(g[1]))
	}
	return typed
}

func slipCode(t *testing.T, path string) string {
	t.Helper()
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(slipGroups(string(svg)), "-")
}

// flip changes one bit in the middle of a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	raw, err := os.ReadFile(path)
	ts.Check(err)
	raw[len(raw)/2] ^= 1
	ts.Check(os.WriteFile(path, raw, 0o600))
}

// elsewhere makes a home whose members answer nowhere, with the wallets named.
func elsewhere(ts *testscript.TestScript, neg bool, args []string) {
	home, to := network.Home, ts.MkAbs(args[0])
	n, err := netfile.Read(filepath.Join(home, netfile.Name))
	ts.Check(err)
	for _, m := range n.Members {
		m.Url = "http://127.0.0.1:1"
	}
	raw, err := protojson.Marshal(n)
	ts.Check(err)
	ts.Check(os.MkdirAll(filepath.Join(to, "wallets"), 0o700))
	ts.Check(os.WriteFile(filepath.Join(to, netfile.Name), raw, 0o600))
	files := []string{"passphrase"}
	for _, name := range args[1:] {
		files = append(files, "wallets/"+name+wallet.Suffix)
		ts.Check(copyBook(filepath.Join(home, "wallets", name+wallet.Suffix), filepath.Join(to, "wallets")))
	}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(home, file))
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(to, file), raw, 0o600))
	}
}

// ready waits until the devnet of a home answers.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	home := ts.MkAbs(args[0])
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := devnet.Control(home); err == nil {
			return
		}
	}
	ts.Fatalf("no devnet runs in %s after 30 s", home)
}
