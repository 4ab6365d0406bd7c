package care

import (
	"github.com/spf13/cobra"

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
					t.Row(m.Made.Local().Format("2006-01-02"), numberText(links.Link{System: m.System, Number: m.Number}), terminal.ShortDID(m.From), terminal.ShortDID(m.To), m.Reason)
				}
				if !f.JSON {
					t.Flush("no number was moved from one patient to another")
				}
				return nil
			})
		},
	}
}

func moveJSON(m links.Move) map[string]any {
	out := map[string]any{"number": m.Number, "from": m.From, "to": m.To, "reason": m.Reason, "made": m.Made.UTC()}
	if m.System != "" {
		out["system"] = m.System
	}
	return out
}
