package care

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those of an organisation that treats patients.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{patientCommand(f), importCommand(f), withdrawCommand(f), labelCommand(f), requestCommand(f)}
}
