package member

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func memberDeath(f *cli.Face) *cobra.Command {
	c := f.Group("death", "", "Certify that somebody has died, and record it with who acts for them", deathCertify(f), deathRecord(f))
	c.Long = "A death is said by two: a hospital or a clinic that is accredited, and somebody who acts for\n" +
		"the person. The organisation certifies it; the other reads that and signs (stele delegate death\n" +
		"FILE); then the member's node signs the same and hands it in. From then on an executor alone acts\n" +
		"for the person, and nobody opens the chart in an emergency. With --undo the same three steps take\n" +
		"it back; the person signs that with their own wallet where nobody acts for them any more, and\n" +
		"where nobody has claimed the chart another member does, of another kind."
	return c
}

func deathCertify(f *cli.Face) *cobra.Command {
	var d wallet.Death
	var to cli.Target
	c := &cobra.Command{
		Use: "certify PATIENT --out FILE", Short: "Certify for this organisation that a patient has died", Args: cli.Exactly("the patient: DID, the code of the card, or your number"),
		Long: "Writes a certificate, signed by the organisation, with its accreditation. It goes to who acts\n" +
			"for the patient: stele delegate death FILE. It is good for three days, and until something else is\n" +
			"recorded of this. Nothing is on the ledger yet.",
		Example: "  stele member death certify 4711 --died 2026-11-29 --says \"Dr Okafor, ward 4; register 2026/311\" --out 4711.death --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := to.Free(); err != nil {
				return err
			}
			return f.As(cmd.Context(), func(s *client.Session) (err error) {
				if d.Subject, err = cli.Patient(s, args[0]); err != nil {
					return err
				}
				raw, err := s.CertifyDeath(cmd.Context(), d)
				if err != nil {
					return err
				}
				if err := to.Write(func(w *bufio.Writer) error { _, err := w.Write(raw); return err }); err != nil {
					return err
				}
				if f.JSON {
					return f.Emit(map[string]any{"file": to.Path, "subject": d.Subject, "mistaken": d.Mistaken, "died": d.Died})
				}
				f.Print("%s", to.Path)
				f.Say("%s signs next: stele delegate death %s --out FILE", signsNext(d), terminal.Quoted(to.Path))
				return nil
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&d.Died, "died", "", "the day: 2026-11-29, or as much of it as is known")
	flags.StringVar(&d.Says, "says", "", "what it rests on, in a sentence: who established it, where it stands")
	flags.BoolVar(&d.Mistaken, "undo", false, "certify that the person lives, and that the record is a mistake")
	flags.StringVar(&to.Path, "out", "", "the file to write")
	flags.BoolVar(&to.Force, "force", false, cli.ForceFlag)
	return c
}

func deathRecord(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Annotations: cli.Leaves("run the same again: it happens once"),
		Use:         "record FILE", Short: "Sign with the member's node what the delegate signed, and hand it in", Args: cli.Exactly("the file that stele delegate death wrote"),
		Long: "Says what the file says, and asks. It takes the wallet of the organisation that certified the\n" +
			"death, on the machine where the member's folder is. The file is good for " + wallet.RoundWords + ".",
		Example: "  stele member death record 4711.record --as hospital-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := regular.Read(args[0], 2*stele.MaxTransaction)
			if err != nil {
				return regular.Unread("record death", "the record", args[0], err).WithHint("stele delegate death FILE --out FILE writes one")
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				p, err := s.ReadDeathPaper(cmd.Context(), raw)
				if err != nil {
					return err
				}
				id, err := identityOf(f, s.Subject())
				if err != nil {
					return err
				}
				f.SayWrapped(deathSays(p.Death))
				if !yes {
					if err := f.Confirm(cmd.Context(), "Put it on the ledger for "+s.Name()+"?", "nothing was recorded"); err != nil {
						return err
					}
				}
				before := heightOf(cmd.Context(), s)
				outcome, err := s.RecordDeath(cmd.Context(), p, id.Node())
				if stele.KindOf(err) == stele.KindDenied && stele.HintOf(err) == "" {
					return cli.WithHint(err, "who acts for the person as the ledger has it now signs, which their wallet tells: stele delegate list; or the person, whose chart it is, with their own: stele delegate death FILE --out FILE")
				}
				if err != nil {
					return err
				}
				again := outcome.Height <= before
				if f.JSON {
					return f.Emit(map[string]any{"subject": p.Subject, "mistaken": p.Mistaken, "height": outcome.Height, "again": again})
				}
				f.Print("on the ledger in block %s", stele.Number(outcome.Height))
				if again {
					f.SayWrapped("it was recorded already, in block " + stele.Number(outcome.Height) + ": nothing was recorded now")
				}
				return nil
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// heightOf is the newest block of the own member's node; 0 where that is not known. What stands in it or before was
// not recorded since.
func heightOf(ctx context.Context, s *client.Session) int64 {
	m := s.Member(s.Subject())
	if m == nil {
		return 0
	}
	height, err := m.Ledger.Height(ctx)
	if err != nil {
		return 0
	}
	return height
}

// signsNext says who signs what a certificate says.
func signsNext(d wallet.Death) string {
	if d.Mistaken {
		return "who acts for the patient, or the patient, or, where nobody has claimed the chart, a member of another kind"
	}
	return "who acts for the patient"
}

// deathSays says what a certificate says.
func deathSays(d wallet.Death) string {
	who, day := terminal.ShortDID(d.Subject), d.At.Local().Format(time.DateOnly)
	if d.Mistaken {
		return fmt.Sprintf("%s lives: the record of a death is a mistake. Certified on %s. It rests on: %s", who, day, terminal.Clean(d.Says))
	}
	return fmt.Sprintf("%s died on %s. Certified on %s. It rests on: %s", who, d.Died, day, terminal.Clean(d.Says))
}

// identityOf finds the folder of a member on this machine: the home is its own, or holds those of
// several, as a devnet's.
func identityOf(f *cli.Face, subject stele.Subject) (member.Identity, error) {
	folders := []string{f.Home}
	entries, _ := os.ReadDir(filepath.Join(f.Home, "members"))
	for _, e := range entries {
		folders = append(folders, filepath.Join(f.Home, "members", e.Name()))
	}
	for _, folder := range folders {
		if id, err := member.LoadIdentity(folder); err == nil && id.Subject == subject {
			return id, nil
		}
	}
	return member.Identity{}, stele.E("load member", stele.KindNotFound, "this wallet's member has no folder in "+f.Home, nil).
		WithHint("run it where the member runs, with its home: stele member death record FILE --home FOLDER")
}
