package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wire"
)

func ledgerLog(f *cli.Face) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.Each),
		Use:         "log", Short: "Print one's own log as the ledger holds it, checked", Args: cli.AtMost(0),
		Long: "Prints the log of the wallet's owner, event by event, after checking that it is\n" +
			"complete and that the validators signed it. stele wallet log tells what it means.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error {
				account, err := s.Log(cmd.Context())
				if err != nil {
					return err
				}
				t := f.Table(terminal.Column{Title: "SEQ", Right: true}, terminal.Column{Title: "HEIGHT", Right: true}, terminal.Column{Title: terminal.Zoned("TIME")}, terminal.Column{Title: "EVENT"}, terminal.Column{Title: "OBJECT", Flex: true})
				for e, err := range account.Events() {
					if err != nil {
						return err
					}
					if f.JSON {
						if err := f.Emit(eventJSON(e.Seq, e.Event, e.Raw)); err != nil {
							return err
						}
						continue
					}
					about := e.Event.About()
					t.Row(stele.Number(e.Seq), stele.Number(e.Event.Height), terminal.ShortStamp(time.UnixMilli(e.Event.TimeMs)), about.Kind, idText(about.Object()))
				}
				f.Behind(account)
				if f.JSON {
					return nil
				}
				t.Flush("the log is empty")
				f.Print("")
				f.Good(cli.Completeness(account))
				return nil
			})
		},
	}
}

// idText is an id as text, "" for what is none.
func idText(raw []byte) string {
	id, err := stele.IDFrom(raw)
	if err != nil {
		return ""
	}
	return id.String()
}

// eventJSON is an event for programs: what it says, and its bytes, so that the
// hash can be made again.
func eventJSON(seq uint64, e *wire.Event, raw []byte) map[string]any {
	about := e.About()
	out := map[string]any{
		"seq": seq, "height": e.Height, "time": time.UnixMilli(e.TimeMs).UTC(), "event": about.Kind, "raw": hex.EncodeToString(raw),
	}
	if subject, err := stele.SubjectFrom(e.Subject); err == nil {
		out["subject"] = subject
	}
	if object := idText(about.Object()); object != "" {
		out["object"] = object
	}
	if len(e.Tx) > 0 {
		out["tx"] = hex.EncodeToString(e.Tx)
	}
	return out
}

func ledgerEvent(f *cli.Face, at *string) *cobra.Command {
	return &cobra.Command{
		Annotations: cli.About(cli.One),
		Use:         "event TX|SEQ", Short: "Print one event with its proof checked", Args: cli.Exactly("a transaction's id, or a position in your own log"),
		Long: "Prints one event: by the id of its transaction (64 hexadecimal digits), for which\n" +
			"no wallet is needed, or by its position in the own log of --as.",
		RunE: func(cmd *cobra.Command, args []string) error {
			var tx stele.Digest
			if tx.UnmarshalText([]byte(args[0])) == nil {
				return eventByTx(cmd.Context(), f, *at, tx)
			}
			seq, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return cli.Usage("neither a transaction's id nor a position", "an id is 64 hexadecimal digits; stele ledger log lists positions")
			}
			return f.As(cmd.Context(), func(s *client.Session) error {
				account, err := s.Log(cmd.Context())
				if err != nil {
					return err
				}
				for e, err := range account.Events() {
					if err != nil {
						return err
					}
					if e.Seq == seq {
						return showEvent(f, e.Seq, e.Event, e.Raw, cli.Completeness(account))
					}
				}
				return stele.E("find event", stele.KindNotFound, fmt.Sprintf("the log has no entry %d", seq), nil).
					WithHint("stele ledger log lists all " + stele.Count(account.Size, "entry", "entries"))
			})
		},
	}
}

// eventByTx checks what a member shows from the genesis on: whoever answers need not be believed.
func eventByTx(ctx context.Context, f *cli.Face, at string, tx stele.Digest) error {
	network, err := f.Network()
	if err != nil {
		return err
	}
	genesis, err := proof.ReadGenesis(network.Genesis)
	if err != nil {
		return err
	}
	var p *wire.EntryProof
	if err := f.AskNodes(ctx, at, func(ctx context.Context, _ cli.Node, c *api.Client) error {
		p, err = api.Direct{Ledger: c.Ledger}.Entry(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	entry, err := proof.CheckEntry(genesis.Trusted, p)
	if err != nil {
		return err
	}
	signed, all := cli.Signatures(p.Light)
	return showEvent(f, entry.Seq, entry.Event.Event, entry.Raw, fmt.Sprintf("✓ in its log at block %s, signed by %d of %d validators", stele.Number(entry.Head.Height), signed, all))
}

func showEvent(f *cli.Face, seq uint64, e *wire.Event, raw []byte, checked string) error {
	if f.JSON {
		return f.Emit(eventJSON(seq, e, raw))
	}
	about := e.About()
	subject, _ := stele.SubjectFrom(e.Subject) // checked: it is a subject
	for _, line := range [][2]string{
		{"event", about.Kind}, {"object", idText(about.Object())}, {"subject", subject.String()}, {"position", stele.Number(seq)},
		{"block", fmt.Sprintf("%s, event %d in it", stele.Number(e.Height), e.Index)}, {"time", terminal.Stamp(time.UnixMilli(e.TimeMs))},
		{"transaction", hex.EncodeToString(e.Tx)},
	} {
		if line[1] != "" {
			f.Print("%-12s %s", line[0], line[1])
		}
	}
	f.Print("")
	text, err := protojson.Marshal(e)
	var pretty bytes.Buffer
	if err == nil {
		err = json.Indent(&pretty, text, "", "  ") // protojson's own spaces differ from build to build
	}
	if err != nil {
		return err
	}
	f.Page(pretty.String())
	f.Print("")
	f.Good(checked)
	return nil
}
