package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/terminal/columns"
)

// newRoot lists all commands.
func newRoot(f *face) *cobra.Command {
	root := &cobra.Command{
		Use:   "stele",
		Short: "A network on which a person's whole medical history follows the person",
		Long: "Stele is a network on which a person's whole medical history follows the person.\n" +
			"Hospitals seal what they write, the patient decides who reads it, and nobody\n" +
			"reads without the reading having been written down first.\n\n" +
			"To see it at work: stele demo. To try it: stele devnet, then stele wallet new.\n" +
			"Words that need explaining: stele words.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          f.noun("stele"),

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(flagError(err), didYouMean(flagNamed(err), flagsOf(c), "see: "+c.CommandPath()+" --help"))
	})
	root.SetUsageFunc(printUsage)
	flags := root.PersistentFlags()
	flags.StringVar(&f.homeFlag, "home", "", "folder of network.json and wallets/ (env STELE_HOME; default .stele)")
	flags.StringVar(&f.asFlag, "as", "", "whose wallet: a name in HOME/wallets, or a path (env STELE_AS)")
	flags.StringVar(&f.passphraseFile, "passphrase-file", "", "file that holds the wallet's passphrase (or env STELE_PASSPHRASE)")
	flags.StringVar(&f.fingerprint, "fingerprint", "", "of the network, as you were told it; refuse a network file of another")
	flags.BoolVar(&f.json, "json", false, "one JSON object a line on stdout")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell causes and logs on stderr")
	root.PersistentPreRunE = func(c *cobra.Command, args []string) error {
		if err := saysSomething(c, args); err != nil {
			return err
		}
		return f.prepare()
	}

	root.AddGroup(
		&cobra.Group{ID: "try", Title: "Try it:"},
		&cobra.Group{ID: "people", Title: "Patients, doctors, organisations:"},
		&cobra.Group{ID: "check", Title: "Check and operate:"},
	)
	root.AddCommand(
		devnetCommand(f), demoCommand(f), sampleCommand(f), wordsCommand(f),
		walletCommand(f), patientCommand(f), importCommand(f), withdrawCommand(f), labelCommand(f),
		ledgerCommand(f), vaultCommand(f), memberCommand(f), configCommand(f), verifyCommand(f), benchCommand(f), versionCommand(f),
	)
	setParagraphs(root)
	f.knowsItsTopics(root)
	return root
}

// knowsItsTopics makes help of a command that is not there an error, as the command is, and
// completion for a shell that is not known.
func (f *face) knowsItsTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help := childOf(root, "help")
	tell := help.Run
	help.Run, help.RunE = nil, func(c *cobra.Command, args []string) error {
		if about, rest, err := root.Find(args); err == nil && about.HasSubCommands() && len(rest) > 0 {
			return f.noun(about.Name())(about, rest)
		}
		tell(c, args)
		return nil
	}
	root.InitDefaultCompletionCmd()
	completion := childOf(root, "completion")
	completion.Args, completion.RunE = cobra.ArbitraryArgs, f.noun("completion")
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
		return usage("an argument is empty", hint)
	}
	var err error
	c.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if len(values) == 0 || slices.ContainsFunc(values, blank) {
			err = usage("--"+flag.Name+" is empty", hint)
		}
	})
	return err
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// setParagraphs sets the long texts in lines that fit any screen.
func setParagraphs(c *cobra.Command) {
	paragraphs := strings.Split(c.Long, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.Join(columns.Wrap(p, 80), "\n")
	}
	c.Long = strings.Join(paragraphs, "\n\n")
	for _, child := range c.Commands() {
		setParagraphs(child)
	}
}

// noun is the command of a noun without its verb.
func (f *face) noun(name string) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		hint := "see: " + c.CommandPath() + " --help"
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			nearest := slices.MaxFunc(near, func(a, b string) int { return cmp.Compare(shared(a, args[0]), shared(b, args[0])) })
			hint = "did you mean: " + c.CommandPath() + " " + nearest + "?"
		}
		return usage(fmt.Sprintf("%s knows no command %q", c.CommandPath(), args[0]), hint)
	}
}

// didYouMean is a hint with the names first that a misspelt one is near to.
func didYouMean(text string, names []string, hint string) string {
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

// group makes the command of a noun.
func (f *face) group(name, id, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: name + " VERB", Short: short, GroupID: id, Args: cobra.ArbitraryArgs, RunE: f.noun(name), SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(verbs...)
	return c
}

// exactly checks the number of arguments and says their names when it is wrong.
func exactly(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage("give "+strings.Join(names[len(args):], " and "), "see: "+c.CommandPath()+" --help")
		case len(args) > len(names):
			return usage(fmt.Sprintf("%q is one argument too many", args[len(names)]), "see: "+c.CommandPath()+" --help")
		}
		return nil
	}
}

// atMost allows up to n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(fmt.Sprintf("%q is one argument too many", args[n]), "see: "+c.CommandPath()+" --help")
		}
		return nil
	}
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

// categories reads a list of categories.
func categories(names []string) ([]stele.Category, error) {
	var list []stele.Category
	for _, n := range names {
		c := stele.Category(strings.ToLower(strings.TrimSpace(n)))
		if !c.Valid() {
			return nil, usage(fmt.Sprintf("there is no category %q", n), didYouMean(n, namesIn(stele.Categories()), "the categories are "+joinWords(stele.Categories())+" (stele words categories)"))
		}
		list = append(list, c)
	}
	return list, nil
}

// sensitivities reads a list of sensitivity codes.
func sensitivities(names []string) ([]stele.Sensitivity, error) {
	var list []stele.Sensitivity
	for _, n := range names {
		s := stele.Sensitivity(strings.ToUpper(strings.TrimSpace(n)))
		if !s.Valid() {
			return nil, usage(fmt.Sprintf("there is no sensitivity %q", n), didYouMean(n, namesIn(stele.Sensitivities()), "the sensitivities are "+joinWords(stele.Sensitivities())+" (stele words sensitivities)"))
		}
		list = append(list, s)
	}
	return list, nil
}

// purposes reads a list of purposes.
func purposes(names []string) ([]stele.Purpose, error) {
	var list []stele.Purpose
	for _, n := range names {
		p := stele.Purpose(strings.ToUpper(strings.TrimSpace(n)))
		if !p.Valid() {
			return nil, usage(fmt.Sprintf("there is no purpose %q", n), didYouMean(n, namesIn(stele.Purposes()), "the purposes are "+joinWords(stele.Purposes())+" (stele words purposes)"))
		}
		list = append(list, p)
	}
	return list, nil
}

func joinWords[T ~string](list []T) string { return strings.Join(namesIn(list), ", ") }

func namesIn[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}
