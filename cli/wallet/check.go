package wallet

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/wallet"
)

func walletCheck(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.None),
		Use:         "check", Short: "Read all that the wallet has learned, and say whether it is whole", Args: cli.AtMost(0),
		Long: "Reads every grant, patient number and setting in the wallet's book. What is damaged,\n" +
			"was taken out or was exchanged for something older is found; to open a wallet reads\n" +
			"only what it needs.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error {
				end := f.Patiently("checking the wallet")
				err := w.Check()
				end()
				if err != nil {
					return err
				}
				if f.JSON {
					return emitWallet(f, w)
				}
				has, err := w.Tally()
				if err != nil {
					return err
				}
				f.Print("whole: %d grants given, %d held, %s", has.Given, has.Held, stele.Count(has.Links, "patient number", "patient numbers"))
				return nil
			})
		},
	}
}
