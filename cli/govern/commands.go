package govern

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of issuers, and of the members who admit them.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{credentialCommand(f), issuerCommand(f)}
}
