package wallet

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/wallet"
)

func walletCheck(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.One),
		Use:         "check", Short: "Read all that the wallet has learned, and say whether it is whole", Args: cli.AtMost(0),
		Long: "Reads every grant, patient number and setting in the wallet's book. What is damaged,\n" +
			"was taken out or was exchanged for something older is found; to open a wallet reads\n" +
			"only what it needs. What is known of another chart that is yours has a book of its\n" +
			"own: --chart DID reads that.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.OneChart() {
				return f.As(cmd.Context(), func(s *client.Session) error { return check(f, s.Wallet) })
			}
			return f.Alone(cmd.Context(), func(w *wallet.Wallet) error { return check(f, w) })
		},
	}
}

func check(f *cli.Face, w *wallet.Wallet) error {
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
	sayBooksBeside(f, w)
	return nil
}

// sayBooksBeside says that what a wallet has learned of other charts of its owner's is not in what was said of its book.
func sayBooksBeside(f *cli.Face, w *wallet.Wallet) {
	if n := w.BooksBeside(); n > 0 {
		f.SayWrapped("That is of your own chart. What is known of " + stele.Count(n, "other that is yours, or was, lies in a book of its own", "others that are yours, or were, lies in books of their own") +
			": stele wallet merge list names them, and stele wallet check --chart DID checks one.")
	}
}
