package care

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/terminal"
)

func patientMoves(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Use: "moves", Short: "List the numbers that were another patient's before, and why", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				moves, err := s.Links().Moves()
				if err != nil {
					return err
				}
				t := f.Table(terminal.Column{Title: "MOVED"}, terminal.Column{Title: "NUMBER"}, terminal.Column{Title: "FROM"}, terminal.Column{Title: "TO"}, terminal.Column{Title: "REASON", Flex: true})
				for _, m := range moves {
					if f.JSON {
						if err := f.Emit(moveJSON(m)); err != nil {
							return err
						}
						continue
					}
					t.Row(m.Made.Local().Format("2006-01-02"), links.Link{System: m.System, Number: m.Number}.Text(), terminal.ShortDID(m.From), terminal.ShortDID(m.To), m.Reason)
				}
				if !f.JSON {
					t.Flush("no number was moved from one patient to another")
				}
				return nil
			})
		},
	}
}

// movesFrom finds from whom a move takes numbers.
func movesFrom(s *client.Session, numbers []links.Link, c links.Confirmed) (from []stele.Subject, err error) {
	if !c.Move {
		return nil, nil
	}
	for _, n := range numbers {
		found, err := s.Links().Find(n.Number)
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			if l.Number == n.Number && l.Subject != n.Subject && !slices.Contains(from, l.Subject) {
				from = append(from, l.Subject)
			}
		}
	}
	return from, nil
}

// sayOrphans says of those from whom the last number was moved what stays in their charts, and how that is
// reached: no number leads there any more.
func sayOrphans(f *cli.Face, s *client.Session, before []stele.Subject) error {
	slips, err := marks(s)
	if err != nil {
		return err
	}
	for _, subject := range before {
		rest, err := s.Links().Of(subject)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			continue
		}
		standing, err := s.Delivery.Standing(subject)
		if err != nil {
			return err
		}
		says := "no number leads to the chart " + subject.String() + " any more. " + stele.Count(len(standing), "record", "records") +
			" that you delivered there stay in it: stele withdraw --list --patient " + subject.String() + f.Mine()
		if mark := slips[subject]; mark != "" {
			says += "; its slip finds it: stele patient find " + mark + f.Mine()
		}
		f.SayWrapped(says)
	}
	return nil
}

func moveJSON(m links.Move) map[string]any {
	out := map[string]any{"number": m.Number, "from": m.From, "to": m.To, "reason": m.Reason, "made": m.Made.UTC()}
	if m.System != "" {
		out["system"] = m.System
	}
	return out
}
