package member

import (
	"errors"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/chain"
)

// neverBack fails with KindInvalid where the validator has signed blocks that the chain in
// the folder knows nothing of: somebody put an older one back. Were all to go on from there,
// each would sign other blocks of the same heights. Nobody sees those of a member that
// is alone.
func (u *upgrade) neverBack() error {
	signed, err := chain.SignedAt(u.in("chain"))
	marked, unread := chain.MarkedAt(u.in(markFile))
	if err := errors.Join(err, unread); err != nil {
		return err
	}
	if signed >= marked || len(u.config.Network.Members) < 2 {
		return nil
	}
	return stele.E(opUpgrade, stele.KindInvalid,
		fmt.Sprintf("the chain in the folder is older than what its validator signed: it knows of block %d, and block %d was signed", signed, marked), nil).
		WithHint("put back the newest chain and ledger of this member, or take both from the others: " + fromOthers(true))
}

// begun fails with KindInvalid unless what was made whole is the rest of a take-over
// whose putting into place has begun: where the last release ran on since, and its chain
// was lost, it would bring back an old chain, with what was signed then.
func (u *upgrade) begun() error {
	fresh, aside := u.in(upgradedFolder, "chain"), u.in("chain"+asideSuffix)
	ok := present(u.in("chain")) && !present(fresh)
	if !present(u.in("chain")) && present(fresh) && present(aside) {
		then, err := chain.SignedAt(fresh)
		last, unread := chain.SignedAt(aside)
		if err := errors.Join(err, unread); err != nil {
			return err
		}
		ok = then >= last
	}
	if ok {
		return nil
	}
	return stele.E(opUpgrade, stele.KindInvalid, "the take-over in "+u.in(upgradedFolder)+" was made of another chain than was last here", nil).
		WithHint("remove that folder, and put back chain and ledger as they last were; where they are lost, remove ledger, too, and start the member: it takes both from the others")
}

// fromOthers is the command that takes chain and ledger from the other members.
func fromOthers(old bool) string {
	if old {
		return "stele member upgrade --from-others"
	}
	return "stele member restore"
}
