package wallet

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func delegateDeath(f *cli.Face) *cobra.Command {
	var to cli.Target
	yes := false
	c := &cobra.Command{
		Annotations: cli.About(cli.Together),
		Use:         "death FILE --out FILE", Short: "Sign what a hospital certifies: that a person for whom you act has died", Args: cli.Exactly("the file with the certificate"),
		Long: "Checks the certificate of a hospital or a clinic and its accreditation, says what it says, and\n" +
			"asks. What is signed goes back to them, within " + wallet.RoundWords + ": stele member death record FILE.\n" +
			"From then on the person's own keys change nothing, an executor alone acts for them, and nobody\n" +
			"opens their chart in an emergency. A mistake is undone the same way, by a certificate that says so;\n" +
			"who is said to have died signs that with their own wallet, too; where nobody has claimed the chart,\n" +
			"a member of another kind than the one that certified it.",
		Example: "  stele delegate death 4711.death --out 4711.record",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := to.Free(); err != nil {
				return err
			}
			raw, err := regular.Read(args[0], stele.MaxTransaction)
			if err != nil {
				return regular.Unread("read certificate", "the certificate", args[0], err).WithHint("stele member death certify writes one, by the hospital")
			}
			return f.As(cmd.Context(), func(s *client.Session) error { return signDeath(cmd.Context(), f, s, raw, to, yes) })
		},
	}
	c.Flags().StringVar(&to.Path, "out", "", "the file to write")
	c.Flags().BoolVar(&to.Force, "force", false, cli.ForceFlag)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func signDeath(ctx context.Context, f *cli.Face, s *client.Session, raw []byte, to cli.Target, yes bool) error {
	d, err := s.ReadDeath(ctx, raw)
	if err != nil {
		return err
	}
	who, under, sign, err := deathSigner(ctx, s, d)
	if err != nil {
		return err
	}
	member := memberName(s, d.Member[:])
	says := fmt.Sprintf("%s, accredited as %s in %s, certifies that %s died on %s.", member, d.Facility.Facility, d.Facility.Jurisdiction, who, d.Died)
	if d.Mistaken {
		says = fmt.Sprintf("%s, accredited as %s in %s, certifies that %s lives, and that the record of a death is a mistake.", member, d.Facility.Facility, d.Facility.Jurisdiction, who)
	}
	f.SayWrapped(says + " Certified on " + d.At.Local().Format(time.DateOnly) + ". It rests on: " + terminal.Clean(d.Says))
	follows := "From then on the person's own keys change nothing of the chart and of who reads it, an executor alone acts for them, and nobody opens their chart in an emergency. A mistake is undone the same way."
	if d.Mistaken {
		follows = "From then on the person's own keys count again, who acts for them acts again, an executor does not, and the chart opens in an emergency."
	}
	f.SayWrapped(follows)
	if says := endsForSigner(under, who); !d.Mistaken && says != "" {
		f.SayWrapped(says)
	}
	if !yes {
		if err := f.Confirm(ctx, "Sign it for "+who+"?", "nothing was signed"); err != nil {
			return err
		}
	}
	paper, err := sign()
	if err != nil {
		return err
	}
	if err := to.Write(func(w *bufio.Writer) error { _, err := w.Write(paper); return err }); err != nil {
		return err
	}
	if f.JSON {
		return f.Emit(map[string]any{"file": to.Path, "subject": d.Subject, "member": d.Member, "mistaken": d.Mistaken, "died": d.Died, "certified": d.At, "says": d.Says, "facility": d.Facility.Facility, "in": d.Facility.Jurisdiction})
	}
	f.Print("%s", to.Path)
	f.Say("%s hands it in, within %s: stele member death record %s", member, wallet.RoundWords, terminal.Quoted(to.Path))
	return nil
}

// endsForSigner says to who signs for a person as no executor what that is the end of.
func endsForSigner(under wallet.Held, who string) string {
	g, err := consent.Parse(under.Document)
	if err != nil || g.Delegation.Kind == "" || g.Delegation.Kind == consent.Executor {
		return ""
	}
	return "You act for " + who + ", and not as an executor: you open nothing of theirs then, and give nothing. Where nobody is one, nobody does any more: have an executor named first, which can't be done afterwards: " +
		"the person with stele delegate add --kind executor, or, where nobody has claimed the chart, two organisations with stele patient propose --delegate --kind executor."
}

// deathSigner finds by what the owner signs to a certificate, and whom it is about: a delegation; or their own
// key, where it says that the owner lives, or somebody who has no key.
func deathSigner(ctx context.Context, s *client.Session, d wallet.Death) (who string, under wallet.Held, sign func() ([]byte, error), err error) {
	living := func() ([]byte, error) { return s.SignLiving(d) }
	if d.Mistaken {
		own, err := s.Merged(ctx)
		if err != nil {
			return "", under, nil, err
		}
		if slices.Contains(append(own, s.Subject()), d.Subject) {
			return s.Name(), under, living, nil
		}
	}
	held, err := s.ActingFor(ctx, d.Subject)
	if err != nil {
		return "", under, nil, err
	}
	if len(held) == 0 {
		if err := beside(ctx, s, d); err != nil {
			return "", under, nil, err
		}
		return terminal.ShortDID(d.Subject) + " (whose chart nobody has claimed)", under, living, nil
	}
	under = held[len(held)-1]
	who = cmp.Or(patientOf(under.Document), terminal.ShortDID(d.Subject))
	if under.Subject != d.Subject {
		who += " (whose chart " + terminal.ShortDID(d.Subject) + " is, too)"
	}
	return who, under, func() ([]byte, error) { return s.SignDeath(ctx, d, under) }, nil
}

// beside checks that the owner says, as a member beside the one that certified it, that somebody lives who has no key
// to say so.
func beside(ctx context.Context, s *client.Session, d wallet.Death) error {
	const op = "sign death"
	nobody := stele.E(op, stele.KindDenied, "you act for nobody of that name: the certificate is about "+d.Subject.String(), nil).
		WithHint("stele delegate list tells for whom you act")
	me, other := s.Consortium().Member(s.Subject()), s.Consortium().Member(d.Member)
	if !d.Mistaken || me == nil || other == nil {
		return nobody
	}
	switch keys, err := s.Keys(ctx, d.Subject); {
	case err != nil:
		return err
	case len(keys) != 0:
		return nobody
	case me.Kind == other.Kind:
		return stele.E(op, stele.KindDenied, "two members of different kinds say it of whom nobody has claimed, and "+memberName(s, d.Member[:])+", which certified it, is of your kind", nil).
			WithHint("another member of another kind signs: stele delegate death FILE --out FILE")
	}
	return nil
}
