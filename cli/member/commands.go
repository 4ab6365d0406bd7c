package member

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of who runs a member; they are about no chart of the owner's.
func Commands(f *cli.Face) []*cobra.Command {
	return cli.AboutNone(memberCommand(f), vaultCommand(f), configCommand(f))
}
