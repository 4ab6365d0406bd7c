package try

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/demo"
	"github.com/stele-health/stele/devnet"
)

func demoCommand(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.Leaves("its network was in a temporary folder and is gone"),
		Use:         "demo", Short: "Tell the story on a network of its own, check every step, end", GroupID: "try", Args: cli.AtMost(0),
		Long: "Starts a network in a temporary folder, plays the story with real calls, checks\n" +
			"what every step claims, and takes everything away again. Exits with 0 only if\n" +
			"every step held.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			home, err := os.MkdirTemp("", "stele-demo-")
			if err != nil {
				return stele.E("demo", stele.KindOther, "no folder to work in", err)
			}
			defer os.RemoveAll(home)
			end := f.Patiently("starting the members")
			n, err := devnet.Start(cmd.Context(), devnet.Config{Home: home, Members: storyMembers, Terms: demo.Terms(), Log: f.Log()})
			end()
			if err != nil {
				return err
			}
			defer n.Stop()
			return demo.Tell(cmd.Context(), demo.Config{Network: n, Out: f.Out, JSON: f.JSON, Patients: storyPatients, Seed: 1})
		},
	}
}

// storyMembers is how many members the story is told of: it stops one of four, and two
// trustees of four.
const storyMembers = 4
