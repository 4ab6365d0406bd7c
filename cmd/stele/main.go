package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/stele-health/stele"
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
	m := Main{Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}
	return m.Run(ctx)
}

// Main is one run of the command line.
type Main struct {
	Args []string // without the program's name
	In   io.Reader
	Out  io.Writer // data
	Err  io.Writer // words
	Env  func(name string) string
}

// Run runs the command and returns the exit code. Ending ctx ends the command.
func (m *Main) Run(ctx context.Context) int {
	f := newFace(m)
	root := newRoot(f)
	root.SetArgs(m.Args)
	root.SetIn(m.In)
	root.SetOut(m.Out)
	root.SetErr(m.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = stele.E("", stele.KindOther, "interrupted", nil)
	}
	f.tell(err)
	return stele.KindOf(err).ExitCode()
}

// tell says what happened and what to do: two lines, no stack.
func (f *face) tell(err error) {
	fmt.Fprintf(f.err, "%s %s\n", f.errStyle.paint(red, "stele:"), oneLine(sentence(err)))
	if hint := stele.HintOf(err); hint != "" {
		fmt.Fprintf(f.err, "%s %s\n", f.errStyle.paint(faint, "hint:"), oneLine(hint))
	}
	if f.verbose {
		fmt.Fprintf(f.err, "%s %s\n", f.errStyle.paint(faint, "cause:"), oneLine(err.Error()))
	}
}

// sentence returns the outermost sentence in err's chain.
func sentence(err error) string { return stele.TextOf(err) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// usage is an error of the command line.
func usage(text, hint string) error {
	return stele.E("", stele.KindUsage, text, nil).WithHint(hint)
}
