package ledger

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/terminal"
)

func ledgerCommand(f *cli.Face) *cobra.Command {
	var at string
	c := f.Group("ledger", "check", "Look at the ledger: who is up, blocks, logs, single events",
		ledgerStatus(f, &at), ledgerBlocks(f, &at), ledgerLog(f), ledgerEvent(f, &at), ledgerWatch(f, &at))
	c.PersistentFlags().StringVar(&at, "member", "", "member to ask: name or address (default: the first that answers)")
	return c
}

// asked is how long a member may take to say where it stands.
const asked = 3 * time.Second

func ledgerBlocks(f *cli.Face, at *string) *cobra.Command {
	limit, before := 10, int64(0)
	c := &cobra.Command{
		Use: "blocks", Short: "List blocks, newest first", Args: cli.AtMost(0),
		Long: "Lists blocks as one member tells of them. ✓ stands by those whose height, time and\n" +
			"hash more than two thirds of the validators signed; parcels, events and sizes are\n" +
			"that member's own word.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100 {
				return cli.Usage("--limit is 1 to 100", "")
			}
			own, err := readKnown(f)
			if err != nil {
				return err
			}
			var blocks []*api.Block
			var says cli.Node
			checked := map[int64]bool{}
			err = f.AskNodes(cmd.Context(), *at, func(ctx context.Context, n cli.Node, c *api.Client) error {
				r, err := c.Ledger.Blocks(ctx, &api.BlocksRequest{Before: before, Limit: uint32(limit)})
				if says, blocks = n, r.GetBlocks(); err != nil {
					return err
				}
				headers, err := own.headers(c)
				if err != nil {
					return err
				}
				for _, b := range blocks {
					checked[b.Height] = headers.prove(ctx, b)
				}
				return nil
			})
			if err != nil {
				return err
			}
			t := f.Table(terminal.Column{Title: "HEIGHT", Right: true}, terminal.Column{Title: "SIGNED"}, terminal.Column{Title: terminal.Zoned("TIME")}, terminal.Column{Title: "PARCELS", Right: true}, terminal.Column{Title: "EVENTS", Right: true}, terminal.Column{Title: "SIZE", Right: true}, terminal.Column{Title: "HASH"})
			for _, b := range blocks {
				if f.JSON {
					if err := f.Emit(blockJSON(b, checked[b.Height])); err != nil {
						return err
					}
					continue
				}
				t.Row(stele.Number(b.Height), signedMark(checked[b.Height]), terminal.ShortStamp(time.UnixMilli(b.TimeMs)), stele.Number(b.Parcels), stele.Number(b.Events), terminal.Size(b.Bytes), shortHash(b.Hash))
			}
			if !f.JSON {
				t.Flush("no blocks")
				f.Say("as %s says; ✓: signed by the validators", says.Short)
			}
			return nil
		},
	}
	c.Flags().IntVarP(&limit, "limit", "n", 10, "how many")
	c.Flags().Int64Var(&before, "before", 0, "only blocks below this height")
	return c
}

func signedMark(checked bool) terminal.Cell {
	if checked {
		return terminal.Styled("✓", terminal.Green)
	}
	return terminal.Styled("says", terminal.Amber)
}

// shortHash is the beginning of a hash, of whatever length it came.
func shortHash(raw []byte) string {
	text := hex.EncodeToString(raw)
	if len(text) > 12 {
		return text[:12] + "…"
	}
	return text
}

func blockJSON(b *api.Block, checked bool) map[string]any {
	return map[string]any{
		"height": b.Height, "time": time.UnixMilli(b.TimeMs).UTC(), "hash": hex.EncodeToString(b.Hash), "app_hash": hex.EncodeToString(b.AppHash),
		"parcels": b.Parcels, "events": b.Events, "bytes": b.Bytes, "signed": checked,
	}
}

func ledgerWatch(f *cli.Face, at *string) *cobra.Command {
	blocks := 0
	c := &cobra.Command{
		Annotations: cli.UntilStopped(""),
		Use:         "watch", Short: "Print every block as it becomes final, until Ctrl-C", Args: cli.AtMost(0),
		Long: "Prints every block that one member tells of. ✓ stands by those whose height, time\n" +
			"and hash more than two thirds of the validators signed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			own, err := readKnown(f)
			if err != nil {
				return err
			}
			seen := 0
			err = f.AskNodes(ctx, *at, func(ctx context.Context, _ cli.Node, c *api.Client) error {
				headers, err := own.headers(c)
				if err != nil {
					return err
				}
				return c.Ledger.Watch(ctx, &api.WatchRequest{}, func(b *api.Block) error {
					// Once this one is printed.
					if seen++; blocks > 0 && seen >= blocks {
						defer cancel()
					}
					checked := headers.prove(ctx, b)
					if f.JSON {
						return f.Emit(blockJSON(b, checked))
					}
					mark := signedMark(checked)
					f.Print("%8s %s %s  %s  %s", stele.Number(b.Height), f.OutStyle.Paint(mark.Style, fmt.Sprintf("%-4s", mark.Text)), terminal.Stamp(time.UnixMilli(b.TimeMs)), shortHash(b.Hash), stele.Count(b.Events, "event", "events"))
					return nil
				})
			})
			if ctx.Err() != nil { // asked to stop: not a failure
				return nil
			}
			return err
		},
	}
	c.Flags().IntVarP(&blocks, "blocks", "n", 0, "stop after so many")
	return c
}
