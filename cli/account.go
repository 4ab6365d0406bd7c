package cli

import (
	"fmt"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/terminal/columns"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// Completeness says what was checked of a log.
func Completeness(a *wallet.OwnLog) string {
	text := fmt.Sprintf("✓ %s, complete at block %s", stele.Count(a.Size, "entry", "entries"), stele.Number(a.Height))
	if signed, all := Signatures(a.Proof.GetLight()); all > 0 {
		text += fmt.Sprintf(", signed by %d of %d validators", signed, all)
	}
	return text
}

// Behind says that what this wallet did last is not in what was checked.
func (f *Face) Behind(a *wallet.OwnLog) {
	if a.Behind > 0 {
		f.Say("the network is behind: what this wallet wrote in block %s is not proved yet, and not shown; stele ledger status tells more", stele.Number(a.Behind))
	}
}

// Good prints a sentence about what was checked and held.
func (f *Face) Good(text string) {
	for i, line := range columns.Wrap(terminal.Clean(text), f.Width-2) {
		f.Print("%s%s", []string{"", "  "}[min(i, 1)], f.OutStyle.Paint(terminal.Green, line))
	}
}

// votedFor is CometBFT's flag of a vote for the block, and not for nil.
const votedFor = 2

// Signatures counts the validators who signed for a block that was checked
// before, and all of them.
func Signatures(light *wire.LightBlock) (signed, all int) {
	block, err := proof.DecodeLight(light)
	if err != nil {
		return 0, 0
	}
	for _, s := range block.Commit.Signatures {
		if s.BlockIDFlag == votedFor {
			signed++
		}
	}
	return signed, block.ValidatorSet.Size()
}

// LeftOut is in words which records of a chart were left out; "" for none.
func LeftOut(left map[timeline.Version]int) string {
	var parts []string
	for _, v := range []struct {
		version   timeline.Version
		one, many string
	}{
		{timeline.Earlier, "earlier version", "earlier versions"}, {timeline.Withdrawn, "withdrawn record", "withdrawn records"},
		{timeline.Withdrawal, "withdrawal", "withdrawals"},
	} {
		if n := left[v.version]; n > 0 {
			parts = append(parts, stele.Count(n, v.one, v.many))
		}
	}
	return strings.Join(parts, ", ")
}
