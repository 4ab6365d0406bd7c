package wallet

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// squattingNode is a member's that tries to put something of its own on the ledger under
// the id of each opening, grant and delivery that it is handed, for somebody else.
type squattingNode struct {
	Ledger
	w           *town
	reader, own *Session // who reads and writes in own's chart
	tries       *int
}

func (n squattingNode) Submit(ctx context.Context, raw []byte) (stele.Outcome, error) {
	signed, tx := new(wire.Signed), new(wire.Transaction)
	n.w.must(wire.Decode(raw, signed))
	n.w.must(wire.Decode(signed.Body, tx))
	digest := make([]byte, 32)
	copy(digest, tx.Nonce)
	copy(digest[16:], tx.Nonce)
	var err error
	switch held := n.reader.Wallet; {
	case tx.GetOpenAccess() != nil:
		h := Sure(held.HeldFor(n.own.Subject(), stele.ActionRead))[0]
		_, err = n.reader.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: tx.GetOpenAccess().Request, Grant: h.Grant[:], DetailCommitment: digest, ReaderKeyHash: digest, WindowMs: 1000,
		}}}, n.reader.OneTime(h.KeyIndex))
	case tx.GetGiveGrant() != nil:
		subject := n.own.Subject()
		_, err = n.own.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: tx.GetGiveGrant().Grant, Subject: subject[:], Action: 1, Grantee: wire.NewEd25519().Public(),
			EndMs: time.Now().Add(time.Hour).UnixMilli(), Commitment: digest,
		}}}, n.own.Signer())
	case tx.GetMakeAnchor() != nil:
		h := Sure(held.HeldFor(n.own.Subject(), stele.ActionWrite))[0]
		_, err = n.reader.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
			Submission: tx.GetMakeAnchor().Submission, Grant: h.Grant[:], Root: digest, SourceCommitment: digest, CountCommitment: digest,
		}}}, n.reader.OneTime(h.KeyIndex))
	default:
		return n.Ledger.Submit(ctx, raw)
	}
	*n.tries++
	n.w.wants(err, stele.KindInvalid, "an id of somebody else's")
	return n.Ledger.Submit(ctx, raw)
}

// TestLaw3NobodyTakesAnId: whoever is handed an opening, a grant or a delivery knows its
// id, and would put something else on the ledger under it first. An id is its owner's.
func TestLaw3NobodyTakesAnId(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, d := w.newPatient("Elena", "Northside"), w.newDoctor("Dr Okafor", "Patients")
		mallory, reader := w.newPatient("Mallory", "Elm"), w.orgs["Elm"]
		w.gives(mallory, reader, stele.Allergies)
		_, _, err := mallory.Give(t.Context(), w.contactOf(mallory, reader), DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.must(err)
		_, err = reader.Collect(t.Context())
		w.must(err)
		_, _, err = p.Give(t.Context(), w.contactOf(p, w.orgs["Northside"]), DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.must(err)
		_, err = w.orgs["Northside"].Collect(t.Context())
		w.must(err)
		tries := 0
		squat := func(s *Session) *Session {
			return bend(s, s.founders()[0].Name, func(m *Member) { m.Ledger = squattingNode{m.Ledger, w, reader, mallory, &tries} })
		}
		held, err := w.orgs["Northside"].WriteGrant(p.Subject())
		w.must(err)
		_, err = squat(w.orgs["Northside"]).Deliver(t.Context(), held, []Incoming{note("a", stele.Allergies, "2024")})
		w.must(err)
		given, _, err := squat(p).Give(t.Context(), w.contactOf(p, d), terms(stele.Allergies))
		w.must(err)
		if n := len(p.GivenNow()); p.GivenNow()[n-1].Grant != given.Grant {
			t.Errorf("%d grants are remembered as given", n)
		}
		_, err = d.Collect(t.Context())
		w.must(err)
		chart, err := squat(d).OpenChart(t.Context(), p.Subject(), followUp)
		w.must(err)
		if got := ids(chart); got != "a" || tries != 3 {
			t.Errorf("opened %q; %d ids were tried", got, tries)
		}
	})
}
