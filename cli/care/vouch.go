package care

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func patientVouch(f *cli.Face) *cobra.Command {
	yes := false
	c := &cobra.Command{
		Use: "vouch FILE", Short: "Sign for somebody who takes over their chart with a slip", Args: cli.Exactly("the claim's file"),
		Long: "You have the person before you, with the slip that another member printed and a device\n" +
			"that made the claim. Look at who it is, and compare the device's number with what the\n" +
			"device shows. The member that printed the slip cannot vouch: it could have kept the code.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return vouch(cmd.Context(), f, s, args[0], yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

func vouch(ctx context.Context, f *cli.Face, s *client.Session, path string, yes bool) error {
	if s.Kind() != wallet.Organisation {
		return cli.Usage("a member of the network vouches, and this is no organisation's wallet", "--as hospital-b")
	}
	raw, err := regular.Read(path, stele.MaxTransaction)
	if err != nil {
		return regular.Unread("read claim", "the claim", path, err).WithHint("the person's wallet writes it: stele wallet claim CODE --out FILE")
	}
	signed, claim, err := s.ReadClaim(raw)
	if err != nil {
		return err
	}
	subject := stele.Subject(claim.Subject)
	known, is := cli.Known(s, subject)
	if !is {
		known += "; nothing here says whose chart it is: ask who printed the slip, by telephone, before you sign, and read them the mark at its top, never the code (stele patient find MARK tells them whose it is)"
	}
	f.SayWrapped("Whoever has the device " + cli.DeviceNumber(claim.Device) + " takes over the chart of " + subject.String() + ", " + known +
		". From then on they alone decide who reads it, and nobody can take that back.")
	if !yes {
		if err := f.Confirm(ctx, "Have you seen the person, the slip, and that number on the device?", "nothing was signed"); err != nil {
			return err
		}
	}
	if raw, err = s.Vouch(ctx, signed, claim); err != nil {
		return err
	}
	if err := regular.Replace(path, raw); err != nil {
		return regular.Unwritten("sign claim", path, err)
	}
	if f.JSON {
		return f.Emit(map[string]any{"file": path, "did": subject, "signatures": len(signed.Signatures)})
	}
	f.Print("%s", path)
	f.Say("signed; on the person's device: stele wallet claim --submit %s", terminal.Quoted(path))
	return nil
}
