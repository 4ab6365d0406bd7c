package reading

import (
	"fmt"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// TestLaw3OneVaultsPartIsNoRestriction, however few members there are: of two and three one may lie, too.
func TestLaw3OneVaultsPartIsNoRestriction(t *testing.T) {
	held := wallettest.NewWallet(t)
	for n, faulty := range map[int]int{1: 0, 2: 1, 3: 1, 4: 1, 6: 1, 7: 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			run := &wire.Consortium{Chain: "town"}
			for i := range n {
				run.Members = append(run.Members, &wire.Member{KeyDocument: []byte{byte(i)}})
			}
			r := &reading{Reader: New(wallet.NewSession(held, &members.Network{}, proof.History{{Consortium: run}}))}
			f := &Folio{Head: &wire.FolioHead{Records: 1}}
			for gave := range n {
				if f.takes(members.Member{Subject: stele.SubjectOf([]byte{byte(gave)})}, nil, nil); r.cut(f) != (gave < faulty) {
					t.Errorf("%d gave part of it: cut %v", gave+1, r.cut(f))
				}
			}
		})
	}
}
