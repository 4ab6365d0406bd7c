package care

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/terminal"
)

func patientPart(f *cli.Face) *cobra.Command {
	var to cli.Target
	why := ""
	c := &cobra.Command{
		Use: "part PATIENT FILE", Short: "Propose to part a chart from the one that it was merged into", Args: cli.Exactly("the chart that was merged into another", "the file to write"),
		Long: "Undoes a merge: each chart has its own keys again, and what was granted of this one meanwhile\n" +
			"by the other's word opens nothing any more. Two members of different kinds sign, where nobody\n" +
			"had claimed it; whoever holds the keys of either side does it alone: stele wallet merge undo.\n" +
			"Nothing is moved: you are told what you delivered into either meanwhile, which stays there.\n" +
			"A death that is recorded of the person stays that of either chart: of who lives it is undone\n" +
			"afterwards, stele member death certify PATIENT --undo --says WHY --out FILE.",
		RunE: func(cmd *cobra.Command, args []string) error {
			to.Path = args[1]
			if err := to.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				sides, err := sidesOf(s, args[0])
				if err != nil {
					return err
				}
				p, err := s.ProposePart(sides[0], why) // which says what is wrong with the reason
				if err != nil {
					return err
				}
				if err := s.MayPart(cmd.Context(), sides[0]); err != nil {
					return cli.WithHint(err, stele.HintOf(err)+": stele patient find "+terminal.Quoted(args[0])+" tells of others")
				}
				if err := f.SaveProposal(cmd.Context(), s, to, p); err != nil {
					return err
				}
				lines := stays(cmd.Context(), s, sides[0])
				for _, line := range append(lines, "A death that is recorded stays that of either: of who lives it is undone afterwards, and nobody opens that chart in an emergency before: stele member death certify "+
					terminal.Quoted(args[0])+" --undo --says WHY --out FILE"+f.Mine()) {
					f.SayWrapped(line)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&why, "reason", "", "how that is known; the two who sign read it, and the ledger does not")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	return c
}

// stays says of a chart and the one that it is merged into what this organisation has delivered into each meanwhile, and that
// it stays there when they are parted.
func stays(ctx context.Context, s *client.Session, merged stele.Subject) (lines []string) {
	charts := []stele.Subject{merged}
	if into, known := mergedInto(ctx, s, merged); known {
		charts = append(charts, into)
	}
	for _, chart := range charts {
		linked, _ := s.Links().Of(chart) // where they can't be read, its DID does
		if chart != merged && len(linked) == 0 {
			continue // nothing was delivered into it from here
		}
		of := links.Called(linked, chart.String())
		records, all, err := s.Delivery.Meanwhile(ctx, chart, merged)
		switch {
		case err != nil:
			lines = append(lines, "What "+s.Name()+" delivered into the chart of "+of+" since the merge could not be found out ("+cli.Sentence(err)+"): it stays there.")
			continue
		case records == 0 && all:
			lines = append(lines, "Into the chart of "+of+" "+s.Name()+" has delivered nothing since the merge.")
			continue
		}
		count := stele.Count(records, "record", "records")
		if !all {
			count = "at least " + count
		}
		lines = append(lines, count+" of "+s.Name()+" came into the chart of "+of+" since the merge, and stay there. What is the other's is withdrawn there, and delivered anew: stele withdraw --list --patient "+terminal.Quoted(asPatient(linked, chart)))
	}
	return append(lines, "What other organisations delivered meanwhile stays where it came in, too: whose chart it is finds it in their log.")
}

// mergedInto is the chart that another is merged into, as members tell who may write to that one.
func mergedInto(ctx context.Context, s *client.Session, merged stele.Subject) (into stele.Subject, known bool) {
	held, err := s.HeldWriteGrant(merged)
	if err != nil {
		return into, false
	}
	others, err := s.OtherCharts(ctx, s.AsGiven(held))
	if err != nil {
		return into, false
	}
	for _, other := range others {
		if is, err := s.IsMerged(ctx, other); err == nil && !is {
			return other, true
		}
	}
	return into, false
}

// asPatient is how commands call somebody: by a number, if there is one here.
func asPatient(linked []links.Link, subject stele.Subject) string {
	if len(linked) == 0 {
		return subject.String()
	}
	return links.NumberOf(linked)
}
