package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/terminal/columns"
)

// newRoot makes the program of its commands.
func newRoot(f *Face, commands func(*Face) []*cobra.Command) *cobra.Command {
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
		RunE:          Noun,

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return Usage(flagError(err), DidYouMean(flagNamed(err), flagsOf(c), "see: "+c.CommandPath()+" --help"))
	})
	root.SetUsageFunc(printUsage)
	flags := root.PersistentFlags()
	flags.StringVar(&f.homeFlag, "home", "", "folder of network.json and wallets/ (env STELE_HOME; default .stele)")
	flags.StringVar(&f.asFlag, "as", "", "whose wallet: a name in HOME/wallets, or a path (env STELE_AS)")
	flags.StringVar(&f.chartFlag, "chart", "", "another chart that is yours, merged into your own: its DID")
	flags.StringVar(&f.passphraseFile, "passphrase-file", "", "file that holds the wallet's passphrase (or env STELE_PASSPHRASE)")
	flags.StringVar(&f.Fingerprint, "fingerprint", "", "of the network, as you were told it; refuse a network file of another")
	flags.StringVar(&f.Block, "block", "", "newest block, HEIGHT:HASH, as somebody told it whom you trust; for a wallet that was away for over a year")
	flags.BoolVar(&f.JSON, "json", false, "one JSON object a line on stdout")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell causes and logs on stderr")
	// Cobra runs the nearest one alone: a command with one of its own would have no home.
	root.PersistentPreRunE = func(c *cobra.Command, args []string) error {
		f.Home = cmp.Or(f.homeFlag, f.Env("STELE_HOME"), DefaultHome)
		f.about = ChartsOf(c)
		return cmp.Or(saysSomething(c, args), f.takesChart(f.about))
	}

	root.AddGroup(
		&cobra.Group{ID: "try", Title: "Try it:"},
		&cobra.Group{ID: "people", Title: "Patients, doctors, organisations:"},
		&cobra.Group{ID: "check", Title: "Check and operate:"},
	)
	root.AddCommand(append(commands(f), versionCommand(f))...)
	f.Commands = commandsOf(root)
	setParagraphs(root)
	f.knowsItsTopics(root)
	return root
}

// knowsItsTopics makes help of a command that is not there an error, as the command is, and
// completion for a shell that is not known.
func (f *Face) knowsItsTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help := childOf(root, "help")
	tell := help.Run
	// Cobra's own says that it does not know a topic, and ends well.
	help.Run, help.RunE = nil, func(c *cobra.Command, args []string) error {
		if about, rest, err := root.Find(args); err == nil && about.HasSubCommands() && len(rest) > 0 {
			return Noun(about, rest)
		}
		tell(c, args)
		return nil
	}
	root.InitDefaultCompletionCmd()
	completion := childOf(root, "completion")
	completion.Args, completion.RunE = cobra.ArbitraryArgs, Noun
}

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
