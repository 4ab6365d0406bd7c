package devnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/netfile"
)

// Is reports whether a folder is a devnet's: one in which several members lie.
func Is(home string) bool {
	_, file := os.Stat(filepath.Join(home, netfile.Name))
	_, members := os.Stat(filepath.Join(home, "members"))
	return file == nil && members == nil
}

// UpgradedMember is what the take-over of one member came to.
type UpgradedMember struct {
	Name string
	member.Upgraded
}

// Upgrade takes over all members of a devnet that the last release left, one after the
// other, see member.Upgrade. Each is looked at first, and nothing is changed unless all of
// them have a ledger that stands where its chain does, at the same hash: it fails with
// KindBusy where one is behind. Whether its events come to that hash shows only as a member
// is taken over: where one is damaged then, or the disk is full, those before it stay taken
// over, and called again it goes on with the rest.
func Upgrade(ctx context.Context, home string, how member.Upgrading) (list []UpgradedMember, err error) {
	n := &Network{Home: home}
	if err := n.load(); err != nil {
		return nil, err
	}
	look := how
	look.Check = true
	for _, only := range []member.Upgrading{look, how} {
		list = nil
		for _, s := range n.members {
			folder := memberFolder(home, s.identity.Name)
			if only.Check && !how.Check && member.CutShort(folder) {
				continue // it was looked at before; the take-over goes on with it
			}
			got, err := member.Upgrade(ctx, member.Config{Folder: folder, Identity: s.identity, Network: n.Network}, only)
			if err != nil {
				return nil, stele.E("take over devnet", stele.KindOf(err), s.address.Name+": "+stele.TextOf(err), err).WithHint(stele.HintOf(err))
			}
			list = append(list, UpgradedMember{s.address.Name, got})
		}
		if err := agree(list); err != nil || how.Check {
			return list, err
		}
	}
	return list, nil
}

// agree fails where two members did not come to the same.
func agree(list []UpgradedMember) error {
	var first *UpgradedMember
	for i, m := range list {
		switch {
		case m.Already:
		case first == nil:
			first = &list[i]
		case m.AppHash != first.AppHash:
			return stele.E("take over devnet", stele.KindBusy, fmt.Sprintf("%s stands at block %d, %s at block %d, and something happened in between", first.Name, first.Height, m.Name, m.Height), nil).
				WithHint("start the last release once more, wait until all members are at one block and nothing is done, stop it, and type this again")
		}
	}
	return nil
}
