package devnet

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/member"
)

// TestADevnetIsTakenOverWhereItsMembersAgree: at other blocks, but with the same hash; one
// that was taken over before is not asked.
func TestADevnetIsTakenOverWhereItsMembersAgree(t *testing.T) {
	at := func(name string, height int64, hash byte) UpgradedMember {
		return UpgradedMember{name, member.Upgraded{Height: height, AppHash: stele.Digest{hash}}}
	}
	before := UpgradedMember{"c", member.Upgraded{Already: true}}
	if err := agree([]UpgradedMember{before, at("a", 7, 1), at("b", 9, 1), before}); err != nil {
		t.Errorf("two of one hash: %v", err)
	}
	err := agree([]UpgradedMember{before, at("a", 7, 1), at("b", 9, 2)})
	if stele.KindOf(err) != stele.KindBusy || !strings.Contains(err.Error(), "a stands at block 7, b at block 9") || !strings.Contains(stele.HintOf(err), "last release once more") {
		t.Errorf("two of different hashes: %v, %s", err, stele.HintOf(err))
	}
}
