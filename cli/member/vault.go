package member

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
)

func vaultCommand(f *cli.Face) *cobra.Command {
	var at string
	c := f.Group("vault", "check", "Look after a member's store of sealed records", vaultStatus(f, &at), vaultFsck(f, &at))
	c.PersistentFlags().StringVar(&at, "member", "", "the member whose vault it is; its folder must be in the home")
	return c
}

// operator dials a member's operator service with the token from its folder.
func operator(f *cli.Face, name string) (*api.Client, error) {
	if name == "" {
		return nil, cli.Usage("whose vault?", "name the member with --member; stele ledger status lists them")
	}
	nodes, err := f.Nodes(name)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(f.Home, "members", nodes[0].Short)
	// The home is one member's own, or holds the folders of several, as a devnet's.
	own := ownMember(f, nodes[0])
	if own {
		folder = f.Home
	}
	path := filepath.Join(folder, member.TokenFile)
	token, err := os.ReadFile(path)
	if err != nil {
		return nil, stele.E("ask operator", stele.KindDenied, "the operator's token can't be read: "+path, err).
			WithHint("only the member's own operator may ask this, on the machine where it runs")
	}
	// Who may read the file is the operator: nothing else shows who asks.
	show := api.WithToken(strings.TrimSpace(string(token)))
	if own {
		return dialHere(f, show)
	}
	return nodes[0].Dial(show)
}

func vaultStatus(f *cli.Face, at *string) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say how much a vault holds", Args: cli.AtMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := operator(f, *at)
			if err != nil {
				return err
			}
			defer client.Close()
			v, err := client.Admin.VaultStatus(cmd.Context(), &api.VaultStatusRequest{})
			if err != nil {
				return err
			}
			if f.JSON {
				return f.Emit(map[string]any{
					"member": *at, "submissions": v.Submissions, "folios": v.Folios, "records": v.Records, "bytes": v.Bytes,
					"segments": v.Segments, "home": v.Home, "copies": v.Copies, "waiting": v.Waiting,
				})
			}
			f.Print("records      %s in %s", stele.Number(v.Records), stele.Count(v.Folios, "folio", "folios"))
			f.Print("submissions  %s: %s at home here, %s kept for others", stele.Number(v.Submissions), stele.Number(v.Home), stele.Number(v.Copies))
			f.Print("on disk      %s in %s", terminal.Size(v.Bytes), stele.Count(v.Segments, "segment", "segments"))
			if v.Waiting > 0 {
				f.Print("%s", f.OutStyle.Paint(terminal.Amber, "waiting      "+stele.Count(v.Waiting, "submission still lacks", "submissions still lack")+" a copy elsewhere"))
			}
			return nil
		},
	}
}

func vaultFsck(f *cli.Face, at *string) *cobra.Command {
	repair := false
	c := &cobra.Command{
		Annotations: cli.Leaves("what was repaired stays repaired; run the same again"),
		Use:         "fsck", Short: "Check every record against its anchor; repair from copies", Args: cli.AtMost(0),
		Long: "Reads everything that the vault holds and checks it down to the anchors. Exits\n" +
			"with 1 when something is wrong and stays so, with 0 when all is well or mended.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := operator(f, *at)
			if err != nil {
				return err
			}
			defer client.Close()
			start, b := time.Now(), f.Progress("checking")
			found, broken, checked := 0, 0, uint64(0)
			err = client.Admin.Fsck(cmd.Context(), &api.FsckRequest{Repair: repair}, func(p *wire.FsckProgress) error {
				checked = max(checked, p.Done)
				b.Set(p.Done, p.Total, stele.Number(p.Done)+" of "+stele.Number(p.Total))
				if p.Finding == nil {
					return nil
				}
				if found++; !p.Finding.Repaired {
					broken++
				}
				b.End()
				return finding(f, p.Finding)
			})
			b.End()
			if err != nil {
				return err
			}
			if f.JSON {
				if err := f.Emit(map[string]any{"event": "checked", "submissions": checked, "found": found, "repaired": found - broken, "left": broken}); err != nil {
					return err
				}
			}
			f.Say("%s checked in %s; %s", stele.Count(checked, "submission", "submissions"), terminal.Took(time.Since(start)), findings(found, broken))
			if broken > 0 {
				return stele.E("check vault", stele.KindOther, fmt.Sprintf("%s found and not repaired", stele.Count(broken, "fault", "faults")), nil).
					WithHint("stele vault fsck --repair --member " + terminal.Quoted(*at) + " fetches good copies from other members")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "fetch what is damaged or missing from other members' copies")
	return c
}

func finding(f *cli.Face, x *wire.Finding) error {
	if f.JSON {
		return f.Emit(map[string]any{"where": x.Where, "what": x.What, "repaired": x.Repaired, "from": x.From})
	}
	mark, after := terminal.Styled("✗", terminal.Red), ""
	if x.Repaired {
		mark, after = terminal.Styled("✓", terminal.Green), "; repaired from "+memberCalled(f, x.From)
	}
	f.Print("%s %s: %s%s", f.OutStyle.Paint(mark.Style, mark.Text), terminal.Clean(x.Where), terminal.Clean(x.What), terminal.Clean(after))
	return nil
}

// memberCalled is the name of the member with a DID, as the network file says it.
func memberCalled(f *cli.Face, did string) string {
	if n, err := f.Network(); err == nil {
		for _, m := range n.Members {
			if s, err := stele.SubjectFrom(m.Subject); err == nil && s.String() == did {
				return m.Name
			}
		}
	}
	return did
}

func findings(found, broken int) string {
	switch {
	case found == 0:
		return "nothing is wrong"
	case broken == 0:
		return stele.Count(found, "fault", "faults") + " found and repaired"
	}
	return stele.Count(found, "fault", "faults") + " found"
}
