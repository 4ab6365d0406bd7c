package cli

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
)

// Annotations of a command.
const (
	leavesBehind   = "leaves behind"
	endsByStopping = "ends by stopping"
)

// Leaves is the annotation that says what a command leaves behind when it is stopped in
// the middle; without it the same can be run again.
func Leaves(what string) map[string]string { return map[string]string{leavesBehind: what} }

// UntilStopped is the annotation of a command that a signal ends as it should: what
// another one has printed by then may be less than all, though nothing failed. What it
// leaves behind is said where it fails.
func UntilStopped(what string) map[string]string {
	return map[string]string{endsByStopping: "yes", leavesBehind: what}
}

// stopped says that a command ended because it was told to, whatever else it says.
func (f *Face) stopped(command *cobra.Command, err error) {
	left := cmp.Or(command.Annotations[leavesBehind], "run the same again")
	if errors.Is(err, terminal.ErrNoAnswer) {
		left = "no answer was given, and nothing was done"
	}
	f.tellAs(stele.E("", stele.KindOther, "stopped", err).WithHint(left), "stopped", ExitStopped)
}

// tell says what happened and what to do: two lines, no stack; with --json one object
// on stderr, since stdout is for data.
func (f *Face) tell(err error) {
	f.tellAs(err, stele.KindOf(err).String(), stele.KindOf(err).ExitCode())
}

func (f *Face) tellAs(err error, kind string, code int) {
	if f.JSON {
		out := map[string]any{"error": terminal.OneLine(Sentence(err)), "kind": kind, "exit": code}
		if hint := stele.HintOf(err); hint != "" {
			out["hint"] = terminal.OneLine(f.Hint(hint))
		}
		if f.verbose {
			out["cause"] = terminal.OneLine(err.Error())
		}
		_ = f.Err.JSON(out) // nobody is left to tell
		return
	}
	f.Say("%s %s", f.ErrStyle.Paint(terminal.Red, "stele:"), terminal.OneLine(Sentence(err)))
	if hint := stele.HintOf(err); hint != "" {
		f.Say("%s %s", f.ErrStyle.Paint(terminal.Faint, "hint:"), terminal.OneLine(f.Hint(hint)))
	}
	if f.verbose {
		f.Say("%s %s", f.ErrStyle.Paint(terminal.Faint, "cause:"), terminal.OneLine(err.Error()))
	}
}

// hinted gives an error that says nothing of what to do the hint that fits its kind: how
// the command is typed, or where the cause is told.
func (f *Face) hinted(command string, err error) error {
	err = fromSystem(err)
	switch {
	case stele.HintOf(err) != "":
		return err
	case stele.KindOf(err) == stele.KindUsage:
		return WithHint(err, "see: "+command+" --help")
	case !f.verbose && !strings.HasSuffix(err.Error(), Sentence(err)):
		return WithHint(err, "the same command with -v tells the cause")
	}
	return err
}

// fromSystem puts what the system alone said of a file into words.
func fromSystem(err error) error {
	e, ok := errors.AsType[*fs.PathError](err)
	switch {
	case !ok || !strings.HasSuffix(Sentence(err), e.Error()):
		return err
	case e.Op == "open" && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EROFS), e.Op == "read":
		return regular.Unread("", "a file", e.Path, err).WithHint("the same command with -v tells the cause")
	}
	return regular.Unwritten("", e.Path, err)
}

// Sentence returns the outermost sentence in err's chain. Who answers and is not
// believed is not down: that is said, however deep it lies.
func Sentence(err error) string {
	text := stele.TextOf(err)
	if why := api.Untrusted(err); why != "" && !strings.Contains(text, why) {
		text += ": " + why
	}
	return text
}

// Usage is an error of the command line.
func Usage(text, hint string) error {
	return stele.E("", stele.KindUsage, text, nil).WithHint(hint)
}

// WithHint keeps an error's kind and says what to do later.
func WithHint(err error, hint string) error {
	return stele.E("", stele.KindOf(err), Sentence(err), err).WithHint(hint)
}
