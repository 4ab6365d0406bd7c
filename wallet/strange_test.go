package wallet

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// strangeLedger is a ledger of another network, at a member's address.
type strangeLedger struct{ Ledger }

func (l strangeLedger) Submit(context.Context, []byte) (stele.Outcome, error) {
	return stele.Outcome{}, stele.E("submit transaction", stele.KindInvalid, stele.ForAnotherChain, nil)
}

// TestR46ARefusalByAnotherNetworkIsNone: two members of another network answered where
// two of hers are expected, as when a machine's ports were taken over. What they said was
// taken for the ledger's word: the grant was forgotten, and it held.
func TestR46ARefusalByAnotherNetworkIsNone(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena"), w.newDoctor("Dr Okafor", "Lakeview")
		to, terms := w.contactOf(p, d), terms(stele.Allergies)
		strange := func(s *Session, names []string) *Session {
			for _, name := range names {
				s = bend(s, name, func(m *Member) { m.Ledger = strangeLedger{m.Ledger} })
			}
			return s
		}
		_, _, err := strange(w.deaf(p, true), w.names[:2]).Give(t.Context(), to, terms)
		w.wants(err, stele.KindUnknown, "a grant that two members took, and strangers refused")
		if len(p.State.Sent) != 1 || len(p.State.Given) != 1 {
			t.Fatalf("it is forgotten: kept %d, given %d", len(p.State.Sent), len(p.State.Given))
		}
		first := p.State.Given[0].Grant
		given, _, err := strange(p, w.names[:1]).Give(t.Context(), to, terms)
		w.must(err)
		if given.Grant != first || w.grantsOf(p) != 1 {
			t.Errorf("it was given twice: %v, %v", first, given.Grant)
		}
		// Where all are strangers nobody was given anything, and that is known.
		_, err = strange(p, w.names).Revoke(t.Context(), first)
		w.wants(err, stele.KindUnreachable, "a revocation that only strangers got")
	})
}

// TestAClockThatIsWrongIsNoSilence: all members refuse the request, and say why.
func TestAClockThatIsWrongIsNoSilence(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		d := w.newDoctor("Dr Okafor", "Lakeview")
		now := d.Clock
		d.Clock = func() time.Time { return now().Add(time.Hour) }
		_, err := d.Collect(t.Context())
		w.wants(err, stele.KindDenied, "a device that is an hour ahead")
	})
}
