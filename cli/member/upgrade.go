package member

import (
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/config"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/terminal"
)

func memberUpgrade(f *cli.Face) *cobra.Command {
	var path string
	var how member.Upgrading
	c := &cobra.Command{
		Annotations: cli.Leaves("what is there still works with the release that it was made by, or the same command goes on"),
		Use:         "upgrade", Short: "Take over a stopped member's folder that the last release left", Args: cli.AtMost(0),
		Long: "For all members of a network at once: all stop, each types this, all start. The ledger is " +
			"folded anew from its events and must come to the hash that it had; the chain goes on with " +
			"its next block; vault, trustee, directory and wallets stay where they lie. What was there " +
			"before is kept beside it, as ledger.before and chain.before. In a devnet's folder it takes " +
			"over all members.\n\n" +
			"Beforehand, --check says where the member stands. The hash must be the same at all.",
		Example: "  stele member upgrade --home /var/lib/stele --check\n  stele member upgrade --home /var/lib/stele",
		RunE: func(cmd *cobra.Command, _ []string) error {
			bar := f.Progress("taking over")
			defer bar.End()
			how.Progress = func(what string, done, of uint64) {
				if of == 0 {
					bar.Set(0, 0, fmt.Sprintf("%s, %d MB", what, done>>20))
					return
				}
				bar.Set(done, of, what)
			}
			list, err := upgradeIn(cmd, f, path, how)
			bar.End()
			if err != nil {
				return err
			}
			return tellUpgraded(f, list, how.Check)
		},
	}
	flags := c.Flags()
	flags.StringVar(&path, "config", "", "the configuration (default HOME/member.toml)")
	flags.BoolVar(&how.Check, "check", false, "say where the member stands, and change nothing")
	flags.BoolVar(&how.FromOthers, "from-others", false, "where the ledger is damaged or behind: set it aside; the next start takes it from the other members")
	return c
}

// upgradeIn takes over the member of a configuration, or all of a devnet.
func upgradeIn(cmd *cobra.Command, f *cli.Face, path string, how member.Upgrading) ([]devnet.UpgradedMember, error) {
	at := configPath(f, path)
	if _, err := os.Stat(at); err != nil && path == "" && devnet.Is(f.Home) {
		if how.FromOthers {
			return nil, cli.Usage("a devnet's members have nobody else to take the ledger from", "")
		}
		return devnet.Upgrade(cmd.Context(), f.Home, how)
	}
	c, err := config.Read(at)
	if err != nil {
		return nil, err
	}
	m, err := memberConfig(f, c)
	if err != nil {
		return nil, err
	}
	got, err := member.Upgrade(cmd.Context(), m, how)
	return []devnet.UpgradedMember{{Name: m.Identity.Name, Upgraded: got}}, err
}

// tellUpgraded says what each take-over came to, and what is to be typed next.
func tellUpgraded(f *cli.Face, list []devnet.UpgradedMember, check bool) error {
	made := 0
	for _, m := range list {
		if f.JSON {
			if err := f.Emit(upgradedJSON(m, check)); err != nil {
				return err
			}
			continue
		}
		switch {
		case m.Already:
			f.Print("%s: the folder is this release's already", terminal.Clean(m.Name))
			continue
		case m.Empty && check:
			f.Print("%s: the ledger can be set aside", terminal.Clean(m.Name))
		case m.Empty:
			f.Print("%s: ledger and chain are set aside; the next start takes them from the other members", terminal.Clean(m.Name))
		default:
			f.Print("%s: block %d of %s, %d events\n  app hash %s", terminal.Clean(m.Name), m.Height, m.Time.Format(time.DateTime+" MST"), m.Events, hex.EncodeToString(m.AppHash[:]))
		}
		made++
	}
	switch {
	case f.JSON:
	case check && made > 0:
		f.Say("nothing was changed")
		f.Say("where all members have the same app hash, each types: stele member upgrade%s", f.Here())
	case made > 0:
		f.Say("what was there before lies beside it, as ledger.before and chain.before")
		f.Say("start when all members are taken over; remove the two once all is well")
	}
	return nil
}

func upgradedJSON(m devnet.UpgradedMember, check bool) map[string]any {
	out := map[string]any{"member": m.Name, "upgraded": !check && !m.Already, "already": m.Already, "from_others": m.Empty}
	if !m.Already && !m.Empty {
		out["height"], out["time"], out["events"], out["app_hash"] = m.Height, m.Time, m.Events, hex.EncodeToString(m.AppHash[:])
	}
	return out
}
