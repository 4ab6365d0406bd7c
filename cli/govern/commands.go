package govern

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of issuers, and of the members who admit them; they are about no chart of the owner's.
func Commands(f *cli.Face) []*cobra.Command {
	return cli.AboutNone(credentialCommand(f), issuerCommand(f))
}
