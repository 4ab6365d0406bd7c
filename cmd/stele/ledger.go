package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
)

func ledgerCommand(f *face) *cobra.Command {
	var at string
	c := f.group("ledger", "check", "Look at the ledger: who is up, blocks, logs, single events",
		ledgerStatus(f, &at), ledgerBlocks(f, &at), ledgerLog(f), ledgerEvent(f, &at), ledgerWatch(f, &at))
	c.PersistentFlags().StringVar(&at, "member", "", "member to ask: name or address (default: the first that answers)")
	return c
}

// asked is how long a member may take to say where it stands.
const asked = 3 * time.Second

// node is a member whose node may be asked.
type node struct {
	short, name, kind, url string
	address                *wire.MemberAddress // nil for one that was named by its address
}

// dial dials the member, and holds it to the key that the network file pins.
func (n node) dial(options ...api.Option) (*api.Client, error) {
	if n.address == nil {
		return api.Dial(n.url, options...)
	}
	return api.DialMember(n.address, options...)
}

// nodes lists the home's members, or the one that is named: by short or full
// name, or by its address, for which no home is needed.
func (f *face) nodes(name string) ([]node, error) {
	if u, err := url.Parse(name); err == nil && u.Scheme != "" && u.Host != "" {
		return []node{{short: u.Host, name: u.Host, url: name}}, nil
	}
	network, err := f.network()
	if err != nil {
		return nil, err
	}
	shorts := f.shortNames(network)
	var all []node
	var names []string
	for i, m := range network.Members {
		n := node{shorts[i], m.Name, m.Kind, m.Url, m}
		if name != "" && (n.short == name || strings.EqualFold(n.name, name)) {
			return []node{n}, nil
		}
		all, names = append(all, n), append(names, n.short)
	}
	if name != "" {
		return nil, stele.E("find member", stele.KindNotFound, "there is no member "+name, nil).
			WithHint(didYouMean(name, names, "the members are "+strings.Join(names, ", ")))
	}
	return all, nil
}

// shortNames returns the members' short names: of their folders or wallets,
// where they are in the home; else their names.
func (f *face) shortNames(network *wire.Network) []string {
	names := make([]string, len(network.Members))
	known := f.folders()
	for i, m := range network.Members {
		names[i] = cmp.Or(known[string(m.Subject)], m.Name)
	}
	return names
}

// ask asks the members in turn until one answers.
func (f *face) ask(ctx context.Context, name string, question func(context.Context, node, *api.Client) error) error {
	nodes, err := f.nodes(name)
	if err != nil {
		return err
	}
	for i, n := range nodes {
		client, e := n.dial()
		if e != nil {
			return e
		}
		err = question(ctx, n, client)
		client.Close()
		if k := stele.KindOf(err); k != stele.KindUnreachable || ctx.Err() != nil {
			return err
		}
		if i == len(nodes)-1 && len(nodes) > 1 {
			return stele.E("ask ledger", stele.KindUnreachable, "no member answered", err).
				WithHint("is the network running? stele devnet starts one; --home names its folder")
		}
	}
	return err
}

func ledgerBlocks(f *face, at *string) *cobra.Command {
	limit, before := 10, int64(0)
	c := &cobra.Command{
		Use: "blocks", Short: "List blocks, newest first", Args: atMost(0),
		Long: "Lists blocks as one member tells of them. ✓ stands by those whose height, time and\n" +
			"hash more than two thirds of the validators signed; parcels, events and sizes are\n" +
			"that member's own word.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > 100 {
				return usage("--limit is 1 to 100", "")
			}
			own, err := f.known()
			if err != nil {
				return err
			}
			var blocks []*api.Block
			var says node
			checked := map[int64]bool{}
			err = f.ask(cmd.Context(), *at, func(ctx context.Context, n node, c *api.Client) error {
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
				if f.json {
					if err := f.emit(blockJSON(b, checked[b.Height])); err != nil {
						return err
					}
					continue
				}
				t.Row(terminal.Number(b.Height), signedMark(checked[b.Height]), terminal.ShortStamp(time.UnixMilli(b.TimeMs)), terminal.Number(b.Parcels), terminal.Number(b.Events), terminal.Size(b.Bytes), shortHash(b.Hash))
			}
			if !f.json {
				t.Flush("no blocks")
				f.Say("as %s says; ✓: signed by the validators", says.short)
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

func ledgerWatch(f *face, at *string) *cobra.Command {
	blocks := 0
	c := &cobra.Command{
		Use: "watch", Short: "Print every block as it becomes final, until Ctrl-C", Args: atMost(0),
		Long: "Prints every block that one member tells of. ✓ stands by those whose height, time\n" +
			"and hash more than two thirds of the validators signed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			own, err := f.known()
			if err != nil {
				return err
			}
			seen := 0
			err = f.ask(ctx, *at, func(ctx context.Context, _ node, c *api.Client) error {
				headers, err := own.headers(c)
				if err != nil {
					return err
				}
				return c.Ledger.Watch(ctx, &api.WatchRequest{}, func(b *api.Block) error {
					if seen++; blocks > 0 && seen >= blocks {
						defer cancel()
					}
					checked := headers.prove(ctx, b)
					if f.json {
						return f.emit(blockJSON(b, checked))
					}
					mark := signedMark(checked)
					f.Print("%8s %s %s  %s  %s", terminal.Number(b.Height), f.OutStyle.Paint(mark.Style, fmt.Sprintf("%-4s", mark.Text)), terminal.Stamp(time.UnixMilli(b.TimeMs)), shortHash(b.Hash), terminal.Count(b.Events, "event", "events"))
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

// folders maps the subjects of members whose folders are in the home to the
// folders' names.
func (f *face) folders() map[string]string {
	known := map[string]string{}
	if id, err := member.LoadIdentity(f.home); err == nil { // the home is a member's own folder
		known[string(id.Subject[:])] = id.Name
	}
	paths, _ := filepath.Glob(filepath.Join(f.home, "members", "*")) // fails for bad patterns only
	for _, p := range paths {
		if subject, ok := subjectOfFolder(p); ok {
			known[string(subject[:])] = filepath.Base(p)
		}
	}
	return known
}
