package wallet

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func delegateEnd(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Whichever, cli.Leaves("it may be on the ledger all the same: stele delegate list shows it; ending it again does no harm")),
		Use:         "end GRANT", Short: "Let somebody act for you no more, or act for somebody no more", Args: cli.Exactly("the grant's id, or enough of it"),
		Long: "Ends a delegation from the next block on, and what was given by it falls with it.\n" +
			"One that you gave you take back. One by which you act for somebody you give back,\n" +
			"and who it is for is told. You are told first what stops then, and asked.",
		Example: "  stele delegate list\n  stele delegate end GRANT",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				own, err := ownDelegation(s, args[0])
				if err != nil {
					return err
				}
				if own == nil {
					return takeBack(cmd.Context(), f, s, args[0], yes)
				}
				return resign(cmd.Context(), f, s, *own, yes)
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// ownDelegation is the one by which the owner acts for somebody that begins with the text; nil where none does.
// It fails with KindUsage where that is not certain.
func ownDelegation(s *client.Session, text string) (*wallet.Held, error) {
	held, err := s.Delegations()
	if err != nil {
		return nil, err
	}
	given, err := s.GivenGrants()
	if err != nil {
		return nil, err
	}
	return beginning(text, held, given)
}

// beginning is the one of those that are held whose id begins with the text; nil where none does. It fails with
// KindUsage where more do, or one that was given does, too.
func beginning(text string, held []wallet.Held, given []wallet.Given) (*wallet.Held, error) {
	if len(text) < len(stele.ID{}.Short()) { // pick says how much is needed
		return nil, nil
	}
	begins := func(id stele.ID) bool { return strings.HasPrefix(id.String(), strings.ToLower(text)) }
	held = slices.DeleteFunc(held, func(h wallet.Held) bool { return !begins(h.Grant) })
	if len(held) == 0 {
		return nil, nil
	}
	if len(held) > 1 || slices.ContainsFunc(given, func(g wallet.Given) bool { return begins(g.Grant) }) {
		return nil, stele.E("find grant", stele.KindUsage, "more than one grant begins with "+text, nil).WithHint("give more of the id: stele delegate list --json tells it whole")
	}
	return &held[0], nil
}

// resign gives a delegation back, after what stops was said and, but for yes, agreed to.
func resign(ctx context.Context, f *cli.Face, s *client.Session, h wallet.Held, yes bool) error {
	patient := cmp.Or(patientOf(h.Document), terminal.ShortDID(h.Subject))
	if is := heldOf(s.Clock(), h); is != "held" && is != givenBack {
		return stele.E("end delegation", stele.KindExists, "you act for "+patient+" by it no more: it is over, taken back or ended", nil).
			WithHint("stele delegate list tells which hold")
	}
	if !h.Returned {
		if err := askToResign(ctx, f, s, h, patient, yes); err != nil {
			return err
		}
	}
	outcome, err := s.GiveBack(ctx, h.Grant)
	if err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"grant": h.Grant, "subject": h.Subject, "status": givenBack, "height": outcome.Height})
	}
	f.Print("%s", h.Grant)
	if outcome.Height == 0 { // where stands in the patient's log
		f.Say("you gave it back before: you do not act for %s by it", patient)
		return nil
	}
	f.Say("given back in block %s: you do not act for %s by it any more", stele.Number(outcome.Height), patient)
	return nil
}

// askToResign says what stops, also where nobody is asked: nothing is signed that was not on the screen.
func askToResign(ctx context.Context, f *cli.Face, s *client.Session, h wallet.Held, patient string, yes bool) error {
	if err := s.AskWhoLives(ctx, []wallet.Held{h}); err != nil {
		return err
	}
	all, err := s.Delegations()
	if err != nil {
		return err
	}
	given, err := s.GivenGrants()
	if err != nil {
		return err
	}
	given = slices.DeleteFunc(given, func(g wallet.Given) bool {
		if g.Under != h.Grant || !g.End.After(s.Clock()) {
			return true
		}
		is, err := s.GivenStands(ctx, g)
		return err == nil && is.Status != stele.GrantActive // what nobody knows may hold
	})
	var others []wallet.Held
	for _, o := range all {
		switch {
		case o.Grant == h.Grant:
			h = o // as it is known now
		case o.Subject == h.Subject && heldStatus(s, o) == "held":
			others = append(others, o)
		}
	}
	for _, line := range whatStops(h, patient, given, others) {
		f.SayWrapped(line)
	}
	if yes {
		return nil
	}
	return f.Confirm(ctx, "Give it back?", "you act for "+patient+" as before")
}

// ends is what a delegate can't do any more, by each act.
var ends = map[consent.Act]string{
	consent.ActRead:     "open the chart",
	consent.ActGive:     "let others read",
	consent.ActWrite:    "let others add to it",
	consent.ActAnswer:   "answer who asks for it",
	consent.ActDelegate: "let others act",
}

// whatStops says what it means that a delegation is given back: what its holder can't do any more, what falls
// with it of what this wallet has given by it, who is told, and who acts then: others are by what else the
// holder acts for the same patient.
func whatStops(h wallet.Held, patient string, given []wallet.Given, others []wallet.Held) (lines []string) {
	var does []string
	g, err := consent.Parse(h.Document)
	if err == nil {
		for _, act := range consent.Acts() {
			if slices.Contains(g.Delegation.Acts, act) {
				does = append(does, ends[act])
			}
		}
	}
	lines = append(lines, "You stop acting for "+patient+" as "+string(g.Delegation.Kind)+": from the next block on you can't "+strings.Join(does, ", or ")+" by it.")
	falls := "What was given by it falls with it."
	if len(given) > 0 {
		var to []string
		for _, g := range given {
			to = append(to, granteeOf(g)+" ("+g.Action.String()+", "+g.Grant.Short()+")")
		}
		falls = "What was given by it falls with it. By this wallet: " + strings.Join(to, ", ") + "."
	}
	lines = append(lines, falls, patient+" is told: the log of the chart says that you gave it back. You can't undo it: "+
		patient+", or who may let others act, would have to give you another.")
	switch {
	case len(others) > 0:
		var by []string
		for _, o := range others {
			by = append(by, o.Grant.Short())
		}
		lines = append(lines, "You go on acting for "+patient+" by what else you were given: "+strings.Join(by, ", ")+".")
	case g.Delegation.Kind == consent.Parent:
		lines = append(lines, "Whether anybody else acts for "+patient+" your wallet can't see. If nobody does, nobody acts for the child then, until the child's own wallet, "+
			"or two organisations together where nobody has claimed the chart, let somebody.")
	case h.Died:
		lines = append(lines, "Whether anybody else is an executor of "+patient+" your wallet can't see. If nobody is, nobody acts for "+patient+" then: after a death the patient's own keys let nobody act.")
	}
	return lines
}
