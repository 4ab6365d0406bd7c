package ledger

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those that look at the ledger and check what is proved by it.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{ledgerCommand(f), verifyCommand(f)}
}
