package member

import (
	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/member"
)

func memberRestore(f *cli.Face) *cobra.Command {
	var path string
	c := &cobra.Command{
		Annotations: cli.Leaves("the ledger that was there before is untouched"),
		Use:         "restore", Short: "Make a stopped member's ledger anew from another member's snapshot", Args: cli.AtMost(0),
		Long: "For a member whose ledger or chain is lost or damaged. Every event is checked against " +
			"what the validators signed before anything is believed; what was there before stays until " +
			"the new is whole. Vault, trustee, directory and what the validator has signed are kept. A " +
			"member that starts empty, or was away too long, restores by itself.",
		Example: "  stele member restore --home /var/lib/stele",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Read(configPath(f, path))
			if err != nil {
				return err
			}
			m, err := memberConfig(f, c)
			if err != nil {
				return err
			}
			if err := member.Restore(cmd.Context(), m); err != nil {
				return err
			}
			f.Say("restored; start it with: stele member start%s", f.Here())
			if f.JSON {
				return f.Emit(map[string]string{"restored": m.Identity.Name})
			}
			return nil
		},
	}
	c.Flags().StringVar(&path, "config", "", "the configuration (default HOME/member.toml)")
	return c
}
