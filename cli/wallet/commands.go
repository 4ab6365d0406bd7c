package wallet

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of whoever has keys.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{walletCommand(f), delegateCommand(f), breakglassCommand(f)}
}
