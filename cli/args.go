package cli

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/terminal"
)

// Noun is the command of a noun without its verb. With a word that is no verb it fails and names
// the nearest one: cobra alone would print the help and end well.
func Noun(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	hint := "see: " + c.CommandPath() + " --help"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		nearest := slices.MaxFunc(near, func(a, b string) int { return cmp.Compare(shared(a, args[0]), shared(b, args[0])) })
		hint = "did you mean: " + c.CommandPath() + " " + nearest + "?"
	}
	return Usage(fmt.Sprintf("%s knows no command %q", c.CommandPath(), args[0]), hint)
}

// Group makes the command of a noun.
func (f *Face) Group(name, id, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: name + " VERB", Short: short, GroupID: id, Args: cobra.ArbitraryArgs, RunE: Noun, SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(verbs...)
	return c
}

// Exactly checks the number of arguments and says their names when it is wrong.
func Exactly(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return Usage("give "+strings.Join(names[len(args):], " and "), "see: "+c.CommandPath()+" --help")
		case len(args) > len(names):
			return tooMany(c, args, len(names))
		}
		return nil
	}
}

// AtMost allows up to n arguments.
func AtMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return tooMany(c, args, n)
		}
		return nil
	}
}

// group is one of the ten of a card's code.
var group = regexp.MustCompile(`^[0-9A-Za-z]{4}$`)

// tooMany is the failure for more than n arguments. A card shows its code in groups, which are typed as they stand there.
func tooMany(c *cobra.Command, args []string, n int) error {
	for i := 0; i+10 <= len(args); i++ {
		code := args[i : i+10]
		if strings.EqualFold(code[0][:min(2, len(code[0]))], "ST") && !slices.ContainsFunc(code, func(g string) bool { return !group.MatchString(g) }) {
			return Usage("the groups of a card are one argument", "put them in quotes: "+terminal.Quoted(strings.Join(code, " ")))
		}
	}
	return Usage(fmt.Sprintf("%q is one argument too many", args[n]), "see: "+c.CommandPath()+" --help")
}

// flagError puts pflag's words for a wrong flag in ours.
func flagError(err error) string {
	if name := flagNamed(err); name != "" {
		return "there is no flag " + name + " here"
	}
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err.Error()
	}
	takes := "another kind of value"
	switch kind := wrong.GetFlag().Value.Type(); {
	case kind == "bool":
		takes = "true or false"
	case kind == "duration":
		takes = "a length of time such as 60s"
	case strings.HasPrefix(kind, "int"):
		takes = "a whole number"
	case strings.HasPrefix(kind, "uint"):
		takes = "a whole number, not below 0"
	}
	return fmt.Sprintf("--%s takes %s, and %q is none", wrong.GetFlag().Name, takes, wrong.GetValue())
}

// flagNamed is the flag that is not there, "" where that is not what is wrong.
func flagNamed(err error) string {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: ")
	if !ok {
		return ""
	}
	return name
}

// flagsOf are the flags of a command, as they are typed.
func flagsOf(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, "--"+flag.Name) })
	return names
}

// saysSomething fails for an argument, or a flag's value, that is empty: a shell makes
// it of a variable that was never set. It would begin every name, and a limit that says
// nothing limits nothing.
func saysSomething(c *cobra.Command, args []string) error {
	if strings.HasPrefix(c.Name(), cobra.ShellCompRequestCmd) {
		return nil // what is being typed may be empty yet
	}
	hint := "if a variable of the shell stands there, it is not set; see: " + c.CommandPath() + " --help"
	if slices.ContainsFunc(args, blank) {
		return Usage("an argument is empty", hint)
	}
	var err error
	c.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if len(values) == 0 || slices.ContainsFunc(values, blank) {
			err = Usage("--"+flag.Name+" is empty", hint)
		}
	})
	return err
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// DidYouMean is a hint with the names first that a misspelt one is near to.
func DidYouMean(text string, names []string, hint string) string {
	if near := stele.Near(text, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "? " + hint
	}
	return hint
}

// shared is how many letters two words begin with alike.
func shared(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// FitName is what a wallet may be called: it is a file's name too. A path ends
// with .wallet.
var FitName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
