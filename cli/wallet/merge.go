package wallet

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/wallet"
)

func walletMerge(f *cli.Face) *cobra.Command {
	c := f.Group("merge", "", "Charts that turned out to be yours",
		mergeList(f), mergePropose(f), mergeSign(f), f.SubmitProposalCommand(), mergeUndo(f))
	c.Long = "Where another chart is merged into yours, each command about your chart is about both,\n" +
		"or finds what you name in whichever it is; what counts for one, such as a grant, says\n" +
		"that it was of your own alone. With --chart DID a command is about that one."
	return c
}

func mergeList(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "list", Short: "List the charts that your key speaks for beside your own", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				charts, err := s.Merged(cmd.Context())
				if err != nil {
					return err
				}
				for _, c := range charts {
					if f.JSON {
						if err := f.Emit(map[string]any{"chart": c}); err != nil {
							return err
						}
						continue
					}
					f.Print("%s", c)
				}
				switch {
				case f.JSON:
				case len(charts) == 0:
					f.Say("none: your key speaks for your own chart alone")
				default:
					f.SayWrapped("What is told of your chart is told of these, too; what is said for one chart is said for one of them with --chart DID. It is parted again with: stele wallet merge undo DID --reason WHY")
				}
				return nil
			})
		},
	}
}

func mergePropose(f *cli.Face) *cobra.Command {
	var to cli.Target
	why := ""
	c := &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "propose CHART FILE", Short: "Propose that another chart is yours, and sign it", Args: cli.Exactly("the other chart's DID", "the file to write"),
		Long: "For whoever has two charts, each with a wallet of its own: from then on this wallet's key\n" +
			"speaks for both. The other wallet signs (stele wallet merge sign FILE); for a chart that nobody\n" +
			"has claimed two organisations do (stele patient sign FILE). The file is good for " + wallet.RoundWords + ".",
		RunE: func(cmd *cobra.Command, args []string) error {
			to.Path = args[1]
			if err := to.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				other, err := chartFrom(args[0])
				if err != nil {
					return err
				}
				if other == s.Subject() {
					return cli.Usage("that is this wallet's own chart", "name the other one's DID: its wallet says it with stele wallet show --did")
				}
				p, err := s.ProposeMerge(other, s.Subject(), why) // which says what is wrong with the reason
				if err != nil {
					return err
				}
				if err := mayMerge(cmd.Context(), f, s, other); err != nil {
					return err
				}
				return f.SaveProposal(cmd.Context(), s, to, p)
			})
		},
	}
	c.Flags().StringVar(&why, "reason", "", "how that is known; those who sign read it, and the ledger does not")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	return c
}

// mayMerge fails where the ledger would refuse to merge another chart into the owner's, whoever signs.
func mayMerge(ctx context.Context, f *cli.Face, s *client.Session, other stele.Subject) error {
	if err := lives(ctx, f, s); err != nil {
		return err
	}
	if err := s.MayMerge(ctx, other, s.Subject()); err != nil {
		return cli.WithHint(err, "stele wallet merge list lists what is merged into yours; part it first: stele wallet merge undo")
	}
	return nil
}

func mergeSign(f *cli.Face) *cobra.Command {
	return f.SignProposalCommand("Signs for your own chart that another is yours, or that yours is another's: whoever signs for\n"+
		"the second of the two that are named signs for both from then on.",
		func(ctx context.Context, s *client.Session) error { return lives(ctx, f, s) })
}

// chartFrom reads the DID of a chart, or its code.
func chartFrom(text string) (stele.Subject, error) {
	did, err := spell.DID(text)
	if err != nil {
		return stele.Subject{}, err
	}
	subject, err := stele.ParseSubject(did)
	if err != nil {
		return subject, cli.Usage("that is no DID of a chart", "stele wallet merge list lists those that are yours")
	}
	return subject, nil
}

func mergeUndo(f *cli.Face) *cobra.Command {
	why, yes := "", false
	c := &cobra.Command{
		Annotations: cli.About(cli.None, cli.Leaves("it may be on the ledger all the same: stele wallet log tells")),
		Use:         "undo CHART", Short: "Part a chart from yours again, or yours from another", Args: cli.Exactly("the DID of the chart that was merged into another"),
		Long: "Each chart has its own keys again. What you granted of the other meanwhile opens nothing any\n" +
			"more; what others gave of it before goes on. An emergency summary that you keep was made of both: it\n" +
			"is made anew of what is yours. With the DID of your own chart, by the wallet that\n" +
			"it had before, yours is parted from the one that it was merged into.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				chart, err := chartFrom(args[0])
				if err != nil {
					return err
				}
				return partFrom(cmd.Context(), f, s, chart, why, yes)
			})
		},
	}
	c.Flags().StringVar(&why, "reason", "", "how that is known; the ledger does not see it")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// elsewhere says, above a chart, that other charts are the same person's: what lies there is not shown.
func elsewhere(others []stele.Subject, err error) (lines []string) {
	if err != nil {
		return []string{"it is not known whether another chart is this person's, too: " + cli.Sentence(err)}
	}
	for _, other := range others {
		lines = append(lines, "another chart is this person's, too: "+other.String()+"; what lies there is not shown here: open it by itself")
	}
	return lines
}
