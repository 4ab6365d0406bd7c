package reading

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// counter is a member's node that takes transactions, or says why not.
type counter struct {
	members.Ledger
	says  string // accepts, denies, unreachable, silent, nobody there
	given [][]byte
}

func (c *counter) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	c.given = append(c.given, tx)
	switch c.says {
	case "denies":
		return stele.Outcome{}, stele.E("submit", stele.KindDenied, "no such grant", nil)
	case "unreachable":
		return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "down", nil)
	case "nobody there":
		return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "down", syscall.ECONNREFUSED)
	case "silent":
		<-ctx.Done()
		return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "", ctx.Err())
	}
	if c.says == "lies" {
		return stele.Outcome{Height: 7, Time: time.Unix(1, 0)}, nil
	}
	return stele.Outcome{Height: 7}, nil
}

// TestADenialNeedsMoreMembersThanMayBeFaulty: a transaction is denied when f + 1
// members say so, and taken when as many tell of the same outcome; nobody is asked
// in vain.
func TestADenialNeedsMoreMembersThanMayBeFaulty(t *testing.T) {
	const accepts, lies, denies, unreachable, silent, nobody = "accepts", "lies", "denies", "unreachable", "silent", "nobody there"
	const taken = stele.KindOther // and no error
	for _, c := range []struct {
		members []string // in the order in which they are asked
		want    stele.Kind
		asked   int
	}{
		{[]string{accepts, accepts, denies, denies}, taken, 2},
		{[]string{denies, accepts, accepts, accepts}, taken, 3},
		{[]string{lies, accepts, accepts, accepts}, taken, 3},
		{[]string{denies, unreachable, accepts, accepts}, taken, 4},
		{[]string{accepts, silent, accepts, denies}, taken, 3},
		{[]string{denies, denies, accepts, accepts}, stele.KindDenied, 2},
		{[]string{lies, denies, denies, accepts}, stele.KindDenied, 3},
		{[]string{accepts, unreachable, unreachable, unreachable}, stele.KindUnknown, 4},
		{[]string{accepts, denies, lies, unreachable}, stele.KindUnknown, 4},
		{[]string{unreachable, unreachable, unreachable, unreachable}, stele.KindUnknown, 4},
		{[]string{nobody, unreachable, nobody, nobody}, stele.KindUnknown, 4},
		{[]string{nobody, nobody, nobody, nobody}, stele.KindUnreachable, 4},
		{[]string{accepts}, taken, 1},
		{[]string{denies}, stele.KindDenied, 1},
		{[]string{denies, accepts, accepts}, taken, 3}, // three stand no fault, but one may be behind
		{[]string{denies, denies, accepts}, stele.KindDenied, 2},
		{[]string{accepts, accepts}, taken, 2},
		{[]string{denies, lies, denies, lies, accepts, accepts, accepts}, taken, 7},
		{[]string{denies, denies, denies, accepts, accepts, accepts, accepts}, stele.KindDenied, 3},
	} {
		t.Run(fmt.Sprint(c.members), func(t *testing.T) {
			held := wallettest.NewWallet(t)
			synctest.Test(t, func(t *testing.T) { // silence takes no time
				s := New(wallet.NewSession(held, &members.Network{}, proof.History{{Consortium: &wire.Consortium{Chain: "town"}}}))
				var counters []*counter
				for i, says := range c.members {
					n := &counter{says: says}
					counters = append(counters, n)
					s.w.Network.Members = append(s.w.Network.Members, members.Member{Subject: stele.SubjectOf([]byte{byte(i)}), Ledger: n})
					s.w.Consortium().Members = append(s.w.Consortium().Members, &wire.Member{KeyDocument: []byte{byte(i)}})
				}
				// One that the network file lists twice is one voice.
				s.w.Network.Members = slices.Insert(s.w.Network.Members, 1, s.w.Network.Members[0])
				outcome, err := s.w.Submit(t.Context(), &wire.Transaction{}, wire.NewEd25519())
				if c.want == taken && (err != nil || outcome.Height != 7 || !outcome.Time.IsZero()) || c.want != taken && stele.KindOf(err) != c.want {
					t.Errorf("answered %v, %v; want %v", outcome, err, c.want)
				}
				if c.want == stele.KindUnknown && !strings.Contains(stele.HintOf(err), "give the same command again") {
					t.Errorf("what is not known is hinted at by %q", stele.HintOf(err))
				}
				synctest.Wait()
				asked := slices.IndexFunc(counters, func(n *counter) bool { return len(n.given) == 0 })
				if asked < 0 {
					asked = len(counters)
				}
				if asked != c.asked {
					t.Errorf("%d were asked, want %d", asked, c.asked)
				}
				for i, n := range counters[:asked] {
					if len(n.given) != 1 || !bytes.Equal(n.given[0], counters[0].given[0]) {
						t.Errorf("member %d was given another transaction than the first", i)
					}
				}
			})
		})
	}
}
