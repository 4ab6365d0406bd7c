package wallet_test

import (
	"context"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// squattingNode is a member's that tries to put something of its own on the ledger under
// the id of each opening, grant and delivery that it is handed, for somebody else.
type squattingNode struct {
	members.Ledger
	w           *town.Town
	reader, own *client.Session // who reads and writes in own's chart
	tries       *int
}

func (n squattingNode) Submit(ctx context.Context, raw []byte) (stele.Outcome, error) {
	signed, tx := new(wire.Signed), new(wire.Transaction)
	n.w.Must(wire.Decode(raw, signed))
	n.w.Must(wire.Decode(signed.Body, tx))
	digest := make([]byte, 32)
	copy(digest, tx.Nonce)
	copy(digest[16:], tx.Nonce)
	var err error
	switch held := n.reader.Wallet; {
	case tx.GetOpenAccess() != nil:
		h := wallet.Sure(held.HeldFor(n.own.Subject(), stele.ActionRead))[0]
		_, err = n.reader.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{
			Request: tx.GetOpenAccess().Request, Grant: h.Grant[:], DetailCommitment: digest, ReaderKeyHash: digest, WindowMs: 1000,
		}}}, n.reader.Keyring().OneTime(h.KeyIndex))
	case tx.GetGiveGrant() != nil:
		subject := n.own.Subject()
		_, err = n.own.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_GiveGrant{GiveGrant: &wire.GiveGrant{
			Grant: tx.GetGiveGrant().Grant, Subject: subject[:], Action: 1, Grantee: wire.NewEd25519().Public(),
			EndMs: time.Now().Add(time.Hour).UnixMilli(), Commitment: digest,
		}}}, n.own.Keyring().Signer())
	case tx.GetMakeAnchor() != nil:
		h := wallet.Sure(held.HeldFor(n.own.Subject(), stele.ActionWrite))[0]
		_, err = n.reader.Submit(ctx, &wire.Transaction{Message: &wire.Transaction_MakeAnchor{MakeAnchor: &wire.MakeAnchor{
			Submission: tx.GetMakeAnchor().Submission, Grant: h.Grant[:], Root: digest, SourceCommitment: digest, CountCommitment: digest,
		}}}, n.reader.Keyring().OneTime(h.KeyIndex))
	default:
		return n.Ledger.Submit(ctx, raw)
	}
	*n.tries++
	n.w.Wants(err, stele.KindInvalid, "an id of somebody else's")
	return n.Ledger.Submit(ctx, raw)
}

// TestLaw3NobodyTakesAnId: whoever is handed an opening, a grant or a delivery knows its
// id, and would put something else on the ledger under it first. An id is its owner's.
func TestLaw3NobodyTakesAnId(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		p, d := w.NewPatient("Elena", "Northside"), w.NewDoctor("Dr Okafor", "Patients")
		mallory, reader := w.NewPatient("Mallory", "Elm"), w.Orgs["Elm"]
		w.Gives(mallory, reader, stele.Allergies)
		_, _, err := mallory.Give(t.Context(), w.ContactOf(mallory, reader), wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.Must(err)
		_, err = reader.Collect(t.Context())
		w.Must(err)
		_, _, err = p.Give(t.Context(), w.ContactOf(p, w.Orgs["Northside"]), wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.Must(err)
		_, err = w.Orgs["Northside"].Collect(t.Context())
		w.Must(err)
		tries := 0
		squat := func(s *client.Session) *client.Session {
			return town.Bend(s, s.Founders()[0].Name, func(m *members.Member) { m.Ledger = squattingNode{m.Ledger, w, reader, mallory, &tries} })
		}
		held, err := w.Orgs["Northside"].HeldWriteGrant(p.Subject())
		w.Must(err)
		_, err = squat(w.Orgs["Northside"]).Delivery.Deliver(t.Context(), held, []delivery.Incoming{town.Note("a", stele.Allergies, "2024")})
		w.Must(err)
		given, _, err := squat(p).Give(t.Context(), w.ContactOf(p, d), town.Terms(stele.Allergies))
		w.Must(err)
		if n := len(p.GivenNow()); p.GivenNow()[n-1].Grant != given.Grant {
			t.Errorf("%d grants are remembered as given", n)
		}
		_, err = d.Collect(t.Context())
		w.Must(err)
		chart, err := squat(d).Charts.OpenChart(t.Context(), p.Subject(), town.FollowUp)
		w.Must(err)
		if got := town.IDs(chart); got != "a" || tries != 3 {
			t.Errorf("opened %q; %d ids were tried", got, tries)
		}
	})
}
