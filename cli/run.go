package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/regular"
)

// Main is one run of the command line.
type Main struct {
	Name string   // how the program is called; "" is stele
	Args []string // without the program's name
	In   io.Reader
	Out  io.Writer // data; only the printer of package terminal writes to it
	Err  io.Writer // words; likewise
	Env  func(name string) string

	// Commands makes what stands directly below the program's name.
	Commands func(*Face) []*cobra.Command
}

// Run runs the command and returns the exit code. Ending ctx ends the command.
func (m *Main) Run(ctx context.Context) int {
	f := newFace(m)
	root := newRoot(f, m.Commands)
	f.root = root
	f.JSON = m.askedForJSON()
	root.SetArgs(m.Args)
	root.SetIn(m.In)
	root.SetOut(f.Out)
	root.SetErr(f.Err)
	command, err := execute(ctx, root)
	// What did not reach the output is a failure that the command knows nothing of: half an answer
	// in a pipe looks like a whole one.
	if e := f.Out.Err(); e != nil && (err == nil || errors.Is(err, e)) {
		err = regular.Unwritten("", "the output", e)
	}
	// Before any other error: whoever was stopped mostly fails for that.
	if ctx.Err() != nil && (err != nil || command.Annotations[endsByStopping] == "") {
		f.stopped(command, err)
		return ExitStopped
	}
	if err == nil {
		return 0
	}
	err = f.hinted(command.CommandPath(), err)
	f.tell(err)
	return stele.KindOf(err).ExitCode()
}

// Root makes the tree of the commands, as for Run.
func (m *Main) Root() *cobra.Command { return newRoot(newFace(m), m.Commands) }

// Tell says why the process can't go on, and returns what it exits with. The tree is made for the
// names of its commands: hints are typed by them.
func (m *Main) Tell(why error) (code int) {
	f := newFace(m)
	f.JSON = m.askedForJSON()
	newRoot(f, m.Commands)
	f.tell(why)
	return stele.KindOf(why).ExitCode()
}

// askedForJSON reports whether --json is among the arguments, for errors that come
// before or beside the reading of flags. What stands behind -- is no flag.
func (m *Main) askedForJSON() bool {
	end := slices.Index(m.Args, "--")
	return slices.Contains(m.Args[:max(end, 0)], "--json") || end < 0 && slices.Contains(m.Args, "--json")
}

// execute runs the command. A fault of this program is told as any error, without a
// stack: that goes to whoever asks for causes.
func execute(ctx context.Context, root *cobra.Command) (command *cobra.Command, err error) {
	defer func() {
		if r := recover(); r != nil {
			command = root
			err = stele.E("", stele.KindOther, "this is a fault of stele itself", fmt.Errorf("panic: %v: %s", r, debug.Stack())).
				WithHint("the same command with -v tells more; please report it, without patient data")
		}
	}()
	return root.ExecuteContextC(ctx)
}

// ExitStopped is how a command ends that was stopped by a signal: 128 + SIGINT, as
// shells say it.
const ExitStopped = 130
