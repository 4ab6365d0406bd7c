package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/api"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/light"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/terminal"
)

// What this screen says of the network comes from the home's own network file, from
// headers that the validators signed, and from the consortium's log under them (R45). What a member says of itself is
// shown beside it, and by name where it says otherwise.

func ledgerStatus(f *cli.Face, at *string) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say where every member's node stands", Args: cli.AtMost(0),
		Long: "Asks every member where it stands. Network and genesis are those of\n" +
			"HOME/network.json; the committee is the one in force by the consortium's log; height\n" +
			"and time are of the newest header that the member shows and more than two thirds of\n" +
			"the validators signed. How many logs and events there are is each member's own word.\n" +
			"A member that says otherwise than these is named, and the command ends with 6.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			nodes, err := f.Nodes(*at)
			if err != nil {
				return err
			}
			return status(cmd.Context(), f, nodes)
		},
	}
}

// known is what the home knows of the network without asking anybody; nil fields
// when it has no network file.
type known struct {
	genesis *proof.Genesis
	raw     []byte
	begin   light.Start // a newer block, as the person was told it
}

// readKnown fails for a network file that is there and does not hold, or is not of the
// network that the caller was told: to go on without it would be to check nothing.
func readKnown(f *cli.Face) (known, error) {
	n, err := f.Network()
	if errors.Is(err, os.ErrNotExist) && f.Fingerprint == "" {
		return known{}, nil
	}
	if err != nil {
		return known{}, err
	}
	g, err := proof.ReadGenesis(n.Genesis)
	if err != nil {
		return known{}, err
	}
	begin, err := f.Begin()
	return known{&g, n.Genesis, begin}, err
}

// headers checks what one member says of blocks.
type headers struct{ client *light.Client }

// headers follows the chain from the home's own genesis through what a member shows.
func (k known) headers(c *api.Client) (headers, error) {
	if k.genesis == nil {
		return headers{}, nil
	}
	follower, err := light.New(light.Config{Genesis: k.raw, Source: cli.Headers{Ledger: c.Ledger}, Clock: time.Now, Start: k.begin})
	return headers{follower}, err
}

// prove reports whether the validators signed for a block's height, time and hashes.
func (h headers) prove(ctx context.Context, b *api.Block) bool {
	if h.client == nil {
		return false
	}
	header, err := h.client.Header(ctx, b.Height)
	return err == nil && header.Height == b.Height && header.Time.UnixMilli() == b.TimeMs && bytes.Equal(header.Hash[:], b.Hash)
}

// standing is what one member says, and what of it was checked.
type standing struct {
	cli.Node
	says    *api.StatusResponse // nil when it said nothing
	err     error               // why not
	header  *proof.Header       // the newest that it shows and that checks; nil when none does
	history proof.History       // who ran the network when, from the consortium's log that it shows; nil likewise
	told    int64               // up to which height
	differs []string            // what it says otherwise than the home's network file and that log
}

func status(ctx context.Context, f *cli.Face, nodes []cli.Node) error {
	own, err := readKnown(f)
	if err != nil {
		return err
	}
	all := make([]standing, len(nodes))
	var wg sync.WaitGroup
	// All at once: one that does not answer holds up nobody.
	for i, n := range nodes {
		all[i].Node = n
		wg.Go(func() { all[i].look(ctx, own) })
	}
	wg.Wait()
	history := own.history(all)
	for i := range all {
		all[i].compare(own.genesis, history)
	}
	seen := sights{f: f, own: own, history: history, table: f.Table(terminal.Column{Title: "MEMBER", Flex: true}, terminal.Column{Title: "NODE"}, terminal.Column{Title: "HEIGHT", Right: true}, terminal.Column{Title: terminal.Zoned("BLOCK TIME")}, terminal.Column{Title: "LOGS", Right: true}, terminal.Column{Title: "EVENTS", Right: true})}
	for i := range all {
		if err := seen.row(&all[i]); err != nil {
			return err
		}
	}
	if !f.JSON {
		seen.table.Flush("no members")
	}
	switch {
	case seen.answered == 0 && seen.strangers > 0:
		return stele.E("ledger status", stele.KindUnreachable, "another network answers at the members' addresses", nil).
			WithHint("end the other network that runs on this machine, or name its folder with --home")
	case seen.answered == 0:
		return stele.E("ledger status", stele.KindUnreachable, "no member answered", seen.last).
			WithHint("is the network running? stele devnet starts one; --home names its folder")
	}
	if !f.JSON {
		f.Print("")
		statusOf(f, own, history, seen.newest, all)
	}
	return contradictions(all)
}

// sights is a table of members, and what was seen of them while it was made.
type sights struct {
	f       *cli.Face
	own     known
	history proof.History
	table   *terminal.Table

	newest              *proof.Header // of those that members prove
	answered, strangers int
	last                error
}

// row shows a member.
func (v *sights) row(s *standing) error {
	switch {
	case s.says == nil:
		v.last = s.err
		v.table.Row(s.Short, terminal.Styled("down", terminal.Red))
	case v.own.genesis != nil && s.says.Chain != v.own.genesis.Trusted.Chain():
		v.strangers++
		v.table.Row(s.Short, terminal.Styled("other network", terminal.Amber))
	default:
		v.answered++
		state, height, at := cli.UpOrDown(true), s.says.Height, time.UnixMilli(s.says.TimeMs)
		if s.header != nil {
			height, at = s.header.Height, s.header.Time
			if v.newest == nil || height > v.newest.Height {
				v.newest = s.header
			}
		} else {
			state = terminal.Styled("unproved", terminal.Amber)
		}
		v.table.Row(s.Short, state, stele.Number(height), terminal.ShortStamp(at), stele.Number(s.says.Subjects), stele.Number(s.says.Events))
	}
	if v.f.JSON {
		return v.f.Emit(s.json(v.own, v.history))
	}
	return nil
}

// look asks a member, and checks what can be checked.
func (s *standing) look(ctx context.Context, own known) {
	client, err := s.Dial()
	if err != nil {
		s.err = err
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, asked)
	defer cancel()
	if s.says, s.err = client.Ledger.Status(ctx, &api.StatusRequest{}); s.err != nil {
		s.says = nil
		return
	}
	if own.genesis == nil || s.says.Chain != own.genesis.Trusted.Chain() {
		return
	}
	if h, err := own.headers(client); err == nil && h.client != nil {
		if header, err := h.client.Header(ctx, 0); err == nil {
			s.header = &header
		}
		if history, height, err := h.client.Consortium(ctx, api.Direct{Ledger: client.Ledger}.Consortium); err == nil {
			s.history, s.told = history, height
		}
	}
}

// history is who ran the network when, by the log of the member that is furthest; the
// founding alone where none shows it, nil without a network file. Whatever a member shows
// of it the validators signed: one that is behind shows less.
func (k known) history(all []standing) proof.History {
	if k.genesis == nil {
		return nil
	}
	newest, told := k.genesis.History(), int64(-1)
	for _, s := range all {
		if s.history != nil && s.told > told {
			newest, told = s.history, s.told
		}
	}
	return newest
}

// newer is how many blocks a member may say that it is ahead of the header that it
// shows: it shows it a moment later or earlier.
const newer = 100

// compare notes what a member says otherwise than the home's network file, than who ran
// the network at its height, or than what it can show.
func (s *standing) compare(g *proof.Genesis, history proof.History) {
	if g == nil || s.says == nil || s.says.Chain != g.Trusted.Chain() {
		return
	}
	differ := func(what string, says, is any) {
		if fmt.Sprint(says) != fmt.Sprint(is) {
			s.differs = append(s.differs, fmt.Sprintf("%s %v, not %v", what, says, is))
		}
	}
	// As of its own height: who is behind is right about what it has.
	run := history.At(s.says.Height)
	committee := run.GetCommittee()
	differ("genesis", hex.EncodeToString(s.says.Fingerprint), g.Fingerprint)
	differ("members", s.says.Members, len(run.GetMembers()))
	differ("trustees", s.says.Trustees, len(committee.GetShares()))
	differ("threshold", s.says.Threshold, committee.GetThreshold())
	if s.header != nil && s.says.Height > s.header.Height+newer {
		s.differs = append(s.differs, fmt.Sprintf("height %d, and shows a header of %d", s.says.Height, s.header.Height))
	}
}

// statusOf prints what is true of the network, and who says otherwise.
func statusOf(f *cli.Face, own known, history proof.History, newest *proof.Header, all []standing) {
	if own.genesis == nil { // a member that was named by its address, and no home
		s := all[0].says
		f.Print("as %s says; there is no network file here to check it against:", all[0].Short)
		f.Print("network    %s", s.Chain)
		f.Print("genesis    %x", s.Fingerprint)
		f.Print("committee  %d of %s together open a folio; %s", s.Threshold, stele.Count(s.Trustees, "trustee", "trustees"), stele.Count(s.Validators, "validator", "validators"))
		return
	}
	g, run := own.genesis, history.Now()
	committee := run.GetCommittee()
	f.Print("network    %s", g.Trusted.Chain())
	f.Print("genesis    %v", g.Fingerprint)
	if newest != nil {
		f.Print("app hash   %v", newest.AppHash)
		f.Print("header     block %s, signed by %d of %d votes", stele.Number(newest.Height), newest.Signed, newest.Power)
		f.Print("hash       %v", newest.Hash)
		if text := standsStill(answering(all, g), len(run.GetMembers()), time.Since(newest.Time), len(all)); text != "" {
			f.Print("%s", f.OutStyle.Paint(terminal.Amber, text))
		}
	} else {
		f.Print("%s", f.OutStyle.Paint(terminal.Amber, "no member shows a header that the validators signed"))
	}
	f.Print("committee  %d of %s together open a folio; %s", committee.GetThreshold(), stele.Count(len(committee.GetShares()), "trustee", "trustees"),
		stele.Count(len(run.GetMembers()), "validator", "validators"))
	for _, s := range all {
		for _, d := range s.differs {
			f.Print("%s", f.OutStyle.Paint(terminal.Red, "✗ "+s.Short+" says: "+d))
		}
	}
}

// answering is how many members of the network answer.
func answering(all []standing, g *proof.Genesis) (n int) {
	for _, s := range all {
		if s.says != nil && s.says.Chain == g.Trusted.Chain() {
			n++
		}
	}
	return n
}

// standsStill says that no blocks are made, and why as far as it can be seen from here,
// where asked members were asked. It is empty where they are made.
func standsStill(answer, members int, age time.Duration, asked int) string {
	few := asked >= members && 3*answer <= 2*members
	switch {
	case few:
		return fmt.Sprintf("%d of %d members answer: nothing is written and nothing opens until more than two thirds are up", answer, members)
	case age > stele.StaleAfter:
		return fmt.Sprintf("no block for %s by this machine's clock: if that is right, trustees refuse everything meanwhile", age.Truncate(time.Second))
	}
	return ""
}

// contradictions is the error of members that say otherwise than the network file.
func contradictions(all []standing) error {
	var who []string
	for _, s := range all {
		if len(s.differs) > 0 {
			who = append(who, s.Short)
		}
	}
	if len(who) == 0 {
		return nil
	}
	return stele.E("ledger status", stele.KindProof, strings.Join(who, " and ")+" say otherwise than your network file", nil).
		WithHint("what is shown is from your network file and the validators' signatures; do not believe those members")
}

// json is a member's line for programs: what was checked, and beside it, in says,
// what it claims.
func (s *standing) json(own known, history proof.History) map[string]any {
	out := map[string]any{"member": s.Short, "name": s.Name, "url": s.URL, "up": s.says != nil}
	if s.says == nil {
		return out
	}
	a := s.says
	says := map[string]any{
		"did": a.Member, "name": a.Name, "chain": a.Chain, "height": a.Height, "time": time.UnixMilli(a.TimeMs).UTC(), "app_hash": hex.EncodeToString(a.AppHash),
		"fingerprint": hex.EncodeToString(a.Fingerprint), "members": a.Members, "validators": a.Validators, "threshold": a.Threshold, "trustees": a.Trustees,
	}
	out["says"], out["differs"], out["proved"] = says, cli.NonNil(s.differs), s.header != nil
	out["subjects"], out["events"] = a.Subjects, a.Events
	for _, name := range []string{"chain", "height", "time", "app_hash", "fingerprint", "members", "validators", "threshold", "trustees"} {
		out[name] = says[name]
	}
	if s.header != nil {
		out["block"] = fmt.Sprintf("%d:%v", s.header.Height, s.header.Hash)
		out["height"], out["time"], out["app_hash"] = s.header.Height, s.header.Time, s.header.AppHash.String()
	}
	if g := own.genesis; g != nil {
		members, committee := history.Now().GetMembers(), history.Now().GetCommittee()
		out["chain"], out["fingerprint"] = g.Trusted.Chain(), g.Fingerprint.String()
		out["members"], out["validators"] = len(members), len(members)
		out["threshold"], out["trustees"] = committee.GetThreshold(), len(committee.GetShares())
	}
	return out
}
