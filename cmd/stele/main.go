package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/database"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
)

func main() { os.Exit(start()) }

// How much memory Go may spend to collect less often: a block's garbage is many
// times what stays, so a heap of three times that halves the collecting. Above
// the second it goes back to thrift. GOGC and GOMEMLIMIT override both.
const (
	collectAt  = 200     // percent of what stays
	thriftFrom = 2 << 30 // bytes
)

func spendMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(thriftFrom)
	}
}

// start runs the program on the process's own streams and returns its exit code.
func start() int {
	spendMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not want to end
	m := Main{Name: called(os.Args[0]), Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}
	database.End = m.end
	return m.Run(ctx)
}

// end tells why the process can't go on, and ends it.
func (m *Main) end(why error) {
	f := newFace(m)
	f.json = m.askedForJSON()
	f.tell(why)
	os.Exit(stele.KindOf(why).ExitCode())
}

// askedForJSON reports whether --json is among the arguments, for errors that come
// before or beside the reading of flags.
func (m *Main) askedForJSON() bool {
	end := slices.Index(m.Args, "--")
	return slices.Contains(m.Args[:max(end, 0)], "--json") || end < 0 && slices.Contains(m.Args, "--json")
}

// called is how a person calls this program: by its name where the path leads to it,
// else as it was called now.
func called(as string) string {
	found, err := exec.LookPath("stele")
	if err != nil {
		return as
	}
	a, err := os.Stat(found)
	if err != nil {
		return as
	}
	if self, err := os.Executable(); err == nil {
		if b, err := os.Stat(self); err == nil && os.SameFile(a, b) {
			return "stele"
		}
	}
	return as
}

// Main is one run of the command line.
type Main struct {
	Name string   // how the program is called; "" is stele
	Args []string // without the program's name
	In   io.Reader
	Out  io.Writer // data; only the printer of package screen writes to it
	Err  io.Writer // words; likewise
	Env  func(name string) string
}

// Run runs the command and returns the exit code. Ending ctx ends the command.
func (m *Main) Run(ctx context.Context) int {
	f := newFace(m)
	root := newRoot(f)
	f.root = root
	f.json = m.askedForJSON()
	root.SetArgs(m.Args)
	root.SetIn(m.In)
	root.SetOut(f.Out)
	root.SetErr(f.Err)
	command, err := execute(ctx, root)
	if e := f.Out.Err(); e != nil && (err == nil || errors.Is(err, e)) {
		err = regular.Unwritten("", "the output", e)
	}
	if ctx.Err() != nil && (err != nil || !untilStopped[command]) {
		f.stopped(command, err)
		return exitStopped
	}
	if err == nil {
		return 0
	}
	err = f.hinted(command, err)
	f.tell(err)
	return stele.KindOf(err).ExitCode()
}

// execute runs the command. A fault of this program is told as any error, without a
// stack: that goes to whoever asks for causes.
func execute(ctx context.Context, root *cobra.Command) (command string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = stele.E("", stele.KindOther, "this is a fault of stele itself", fmt.Errorf("panic: %v: %s", r, debug.Stack())).
				WithHint("the same command with -v tells more; please report it, without patient data")
		}
	}()
	c, err := root.ExecuteContextC(ctx)
	return c.CommandPath(), err
}

// exitStopped is how a command ends that was stopped by a signal: 128 + SIGINT, as
// shells say it.
const exitStopped = 130

// untilStopped are the commands that a signal ends as it should. What another one has
// printed by then may be less than all, though nothing failed.
var untilStopped = map[string]bool{"stele devnet": true, "stele member start": true, "stele ledger watch": true}

// whenStopped says what a command leaves behind when it is stopped in the middle.
var whenStopped = map[string]string{
	"stele import":          "what was delivered stays; running the same again delivers only what is missing",
	"stele wallet new":      "where the wallet was made already, go on with: stele wallet join --as NAME",
	"stele wallet grant":    "it may be on the ledger all the same: stele wallet log shows it, stele wallet revoke takes it back",
	"stele wallet revoke":   "it may be on the ledger all the same: stele wallet log shows it; revoking again does no harm",
	"stele wallet open":     "the opening may be on the patient's log all the same",
	"stele wallet export":   "no file was written",
	"stele wallet collect":  "grants that were fetched are kept; run the same again",
	"stele patient enrol":   "no number was linked; run the same again",
	"stele vault fsck":      "what was repaired stays repaired; run the same again",
	"stele member restore":  "the ledger that was there before is untouched",
	"stele demo":            "its network was in a temporary folder and is gone",
	"stele sample":          "the folder holds the charts that were written so far",
	"stele bench":           "figures printed so far hold; its networks are gone",
	"stele devnet":          "what was founded so far stays in the home folder",
	"stele wallet timeline": "nothing was changed", "stele wallet record": "nothing was changed",
	"stele wallet log":      "nothing was changed",
	"stele wallet contacts": "nothing was changed",
	"stele verify":          "nothing was changed",
	"stele wallet join":     "run the same again: joining twice does no harm",
	"stele devnet stop":     "look with: stele devnet status",
	"stele devnet start":    "look with: stele devnet status",
}

// stopped says that a command ended because it was told to, whatever else it says.
func (f *face) stopped(command string, err error) {
	left := cmp.Or(whenStopped[command], "run the same again")
	if errors.Is(err, terminal.ErrNoAnswer) {
		left = "no answer was given, and nothing was done"
	}
	f.tellAs(stele.E("", stele.KindOther, "stopped", err).WithHint(left), "stopped", exitStopped)
}

// tell says what happened and what to do: two lines, no stack; with --json one object
// on stderr, since stdout is for data.
func (f *face) tell(err error) {
	f.tellAs(err, stele.KindOf(err).String(), stele.KindOf(err).ExitCode())
}

func (f *face) tellAs(err error, kind string, code int) {
	if f.json {
		out := map[string]any{"error": terminal.OneLine(sentence(err)), "kind": kind, "exit": code}
		if hint := stele.HintOf(err); hint != "" {
			out["hint"] = terminal.OneLine(f.hint(hint))
		}
		if f.verbose {
			out["cause"] = terminal.OneLine(err.Error())
		}
		_ = f.Err.JSON(out) // nobody is left to tell
		return
	}
	f.Say("%s %s", f.ErrStyle.Paint(terminal.Red, "stele:"), terminal.OneLine(sentence(err)))
	if hint := stele.HintOf(err); hint != "" {
		f.Say("%s %s", f.ErrStyle.Paint(terminal.Faint, "hint:"), terminal.OneLine(f.hint(hint)))
	}
	if f.verbose {
		f.Say("%s %s", f.ErrStyle.Paint(terminal.Faint, "cause:"), terminal.OneLine(err.Error()))
	}
}

// hinted gives an error that says nothing of what to do the hint that fits its kind: how
// the command is typed, or where the cause is told.
func (f *face) hinted(command string, err error) error {
	err = fromSystem(err)
	switch {
	case stele.HintOf(err) != "":
		return err
	case stele.KindOf(err) == stele.KindUsage:
		return again(err, "see: "+command+" --help")
	case !f.verbose && !strings.HasSuffix(err.Error(), sentence(err)):
		return again(err, "the same command with -v tells the cause")
	}
	return err
}

// fromSystem puts what the system alone said of a file into words.
func fromSystem(err error) error {
	e, ok := errors.AsType[*fs.PathError](err)
	switch {
	case !ok || !strings.HasSuffix(sentence(err), e.Error()):
		return err
	case e.Op == "open" && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EROFS), e.Op == "read":
		return regular.Unread("", "a file", e.Path, err).WithHint("the same command with -v tells the cause")
	}
	return regular.Unwritten("", e.Path, err)
}

// sentence returns the outermost sentence in err's chain. Who answers and is not
// believed is not down: that is said, however deep it lies.
func sentence(err error) string {
	text := stele.TextOf(err)
	if why := api.Untrusted(err); why != "" && !strings.Contains(text, why) {
		text += ": " + why
	}
	return text
}

// usage is an error of the command line.
func usage(text, hint string) error {
	return stele.E("", stele.KindUsage, text, nil).WithHint(hint)
}
