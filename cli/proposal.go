package cli

import (
	"bufio"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// A proposal about a patient goes round as a file: members sign it by stele patient, a patient by
// stele wallet merge.

// SaveProposal writes a proposal to a file, and says where it stands. Who proposes a grant keeps of it what whoever signs
// does: each takes it back alone, whoever hands it in.
func (f *Face) SaveProposal(ctx context.Context, s *client.Session, to Target, p *wallet.Proposal) error {
	if err := to.Write(func(w *bufio.Writer) error { _, err := w.Write(p.Bytes()); return err }); err != nil {
		return err
	}
	if err := s.KeepSigned(p); err != nil {
		return err
	}
	f.sayMerged(ctx, s, p)
	if err := f.tellProposal(ctx, s, to.Path, p); err != nil {
		return err
	}
	f.sayTakesBack(p)
	return nil
}

// sayTakesBack says of a grant that is proposed how either of the two takes it back.
func (f *Face) sayTakesBack(p *wallet.Proposal) {
	if p.Grant != nil && !f.JSON {
		f.Say("on the ledger it is the grant %s: stele wallet revoke %s%s takes it back", p.Grant.ID.Short(), p.Grant.ID.Short(), f.Mine())
	}
}

// tellProposal says what a proposal does, who has signed it, and for how long it is good.
func (f *Face) tellProposal(ctx context.Context, s *client.Session, path string, p *wallet.Proposal) error {
	names, all, err := s.Signed(ctx, p)
	if err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"file": path, "says": p.Says(), "signed": names, "complete": all, "expires": p.Until.UTC()})
	}
	f.Print("%s", path)
	f.SayWrapped(p.Says())
	f.Say("signed by %s; good for %s", JoinWords(names), p.Until.Sub(s.Clock()).Truncate(time.Second))
	file := terminal.Quoted(path)
	mine := "stele patient submit " + file // as this wallet hands it in
	if s.Kind() == wallet.Patient {
		mine = "stele wallet merge submit " + file
	}
	switch {
	case all:
		f.Say("all have signed; hand it in: %s", mine)
	case p.Grant != nil:
		f.Say("sign: stele patient sign %s; hand it in: %s", file, mine)
	default:
		f.SayWrapped("sign: stele patient sign " + file + ", or a patient: stele wallet merge sign " + file + "; hand it in: " + mine)
	}
	return nil
}

// ReadProposal reads the file of a proposal about a patient.
func ReadProposal(path string) (*wallet.Proposal, error) {
	raw, err := regular.Read(path, wire.MaxProposal)
	if err != nil {
		return nil, regular.Unread("read proposal", "the proposal", path, err).WithHint("stele patient propose writes one")
	}
	p, err := wallet.ReadProposal(raw)
	if err != nil {
		return nil, stele.E("read proposal", stele.KindInvalid, path+" is no proposal about a patient: "+stele.TextOf(err), err).WithHint("stele patient propose writes one")
	}
	return p, nil
}

// SignProposalCommand signs a proposal with this wallet, unless may fails.
func (f *Face) SignProposalCommand(long string, may func(context.Context, *client.Session) error) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Annotations: About(None),
		Use:         "sign FILE", Short: "Read a proposal about a patient, and sign it", Args: Exactly("the proposal's file"), Long: long,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := ReadProposal(args[0])
			if err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				if err := may(cmd.Context(), s); err != nil {
					return err
				}
				return f.signProposal(cmd.Context(), s, args[0], p, yes)
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func (f *Face) signProposal(ctx context.Context, s *client.Session, path string, p *wallet.Proposal, yes bool) error {
	signed, _, err := s.Signed(ctx, p)
	if err != nil {
		return err
	}
	if err := s.SignProposal(p); err != nil { // which says what is wrong before anybody is asked
		return err
	}
	by := "whoever proposed it"
	if len(signed) > 0 {
		by = JoinWords(signed)
	}
	if err := f.sayKnown(s, p.For, by); err != nil {
		return err
	}
	f.sayRecipient(ctx, s, p, by)
	f.GivesAway(s, p)
	f.sayMerged(ctx, s, p)
	if !yes {
		f.SayWrapped(p.Says())
		if err := f.Confirm(ctx, "Sign it for "+s.Name()+"?", "nothing was signed"); err != nil {
			return err
		}
	}
	if err := regular.Replace(path, p.Bytes()); err != nil {
		return regular.Unwritten("sign proposal", path, err)
	}
	if err := s.KeepSigned(p); err != nil {
		return err
	}
	if err := f.tellProposal(ctx, s, path, p); err != nil {
		return err
	}
	f.sayTakesBack(p)
	return nil
}

// GivesAway says to whoever signs for their own chart in a merge what they give away by it.
func (f *Face) GivesAway(s *client.Session, p *wallet.Proposal) {
	if into := p.Into(); !into.IsZero() && p.For[0] == s.Subject() {
		f.SayWrapped("Danger: you give YOUR chart to whoever holds the keys of " + into.String() + ": they read all of it and decide who else does. " +
			"Your own key does nothing with it any more but part the two again: stele wallet merge undo " + s.Subject().String() + " --reason WHY")
	}
}

// sayMerged says of a merge what becomes of the slip of a chart that nobody has claimed, and of what the owner of
// one has said.
func (f *Face) sayMerged(ctx context.Context, s *client.Session, p *wallet.Proposal) {
	if p.Into().IsZero() {
		return
	}
	switch devices, err := s.Keys(ctx, p.For[0]); {
	case err == nil && len(devices) > 0:
		f.SayWrapped("What the owner of the first chart has said there of emergencies, and restricted, stays as they said it. The wallet of the other does not know what that is: " +
			"until it says it anew (stele wallet emergency set --chart " + p.For[0].String() + "), nothing of the first chart is in an emergency summary that it keeps.")
	case err == nil:
		f.SayWrapped("Nobody has claimed the first chart: its slip opens nothing from then on. Who holds it needs that of the other, or its wallet.")
	}
}

// SubmitProposalCommand puts a proposal onto the ledger.
func (f *Face) SubmitProposalCommand() *cobra.Command {
	return &cobra.Command{
		Annotations: About(None, Leaves("run the same again: it happens once")),
		Use:         "submit FILE", Short: "Put a proposal about a patient onto the ledger", Args: Exactly("the proposal's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := ReadProposal(args[0])
			if err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				outcome, err := s.SubmitProposal(cmd.Context(), p)
				if err != nil && stele.HintOf(err) != "" {
					return err
				}
				if err != nil {
					return WithHint(err, "for whom nobody has claimed two members of different kinds sign; for whom somebody has, that person: stele patient sign, stele wallet merge sign")
				}
				if f.JSON {
					out := map[string]any{"says": p.Says(), "height": outcome.Height}
					if p.Grant != nil {
						out["grant"] = p.Grant.ID
					}
					return f.Emit(out)
				}
				if p.Grant != nil {
					f.Print("%s", p.Grant.ID)
				}
				f.SayWrapped(p.Says())
				f.Say("on the ledger in block %s", stele.Number(outcome.Height))
				return nil
			})
		},
	}
}
