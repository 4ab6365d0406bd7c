package member

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of who runs a member.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{memberCommand(f), vaultCommand(f), configCommand(f)}
}
