package care

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of an organisation that treats patients; they are about no chart of the owner's.
func Commands(f *cli.Face) []*cobra.Command {
	return cli.AboutNone(patientCommand(f), importCommand(f), withdrawCommand(f), labelCommand(f), requestCommand(f))
}
