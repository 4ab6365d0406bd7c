package try

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
)

// Commands are those with which one looks at Stele, on one machine.
func Commands(f *cli.Face) []*cobra.Command {
	return []*cobra.Command{devnetCommand(f), demoCommand(f), sampleCommand(f), wordsCommand(f), benchCommand(f)}
}
