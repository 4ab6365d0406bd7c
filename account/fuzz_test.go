package account

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// nobody is a member's node that does not answer.
type nobody struct{ members.Ledger }

func (nobody) Keys(context.Context, stele.Subject) ([]*wire.Device, error) {
	return nil, stele.E("dial", stele.KindUnreachable, "nobody there", nil)
}

// FuzzAsked reads what a trustee says that it kept of an asking, and the card in it,
// which an issuer signed whatever it says. Nothing is a gap but what nobody can have
// believed; what is told is told once.
func FuzzAsked(f *testing.F) {
	w, issuer, document := wallettest.NewWallet(f), wire.NewEd25519(), []byte("document")
	member, subject := stele.SubjectOf(document), w.Subject()
	s := teller(wallet.NewSession(w, &members.Network{Members: []members.Member{{Subject: member, Name: "Elm", Ledger: nobody{}}}}, proof.History{{Consortium: &wire.Consortium{
		Chain: "town", Members: []*wire.Member{{KeyDocument: document}}, Issuers: []*wire.PublicKey{issuer.Public()}, Committee: &wire.Committee{Threshold: 1},
	}}}))
	f.Add(wire.Marshal(&wire.Card{Chain: "town", Subject: subject[:], Name: "Elena", Kind: "patient"}), []byte("reason"), make([]byte, 16), false)
	f.Add([]byte{}, []byte{}, []byte{}, true)
	f.Fuzz(func(t *testing.T, body, detail, request []byte, released bool) {
		signed := wire.SignBytes(wire.TagCard, body, issuer)
		cards := s.w.Cards(t.Context(), 0)
		got, err := cards.Read(signed)
		if err == nil && (got.Says.Chain != "town" || len(got.Says.Subject) != 20) {
			t.Fatalf("%v passes for a card", got)
		}
		if _, err := cards.Read(wire.SignBytes(wire.TagCard, body, wire.Ed25519FromSeed([32]byte{9}))); err == nil {
			t.Fatal("a card that no issuer signed")
		}
		report, told, lines := &Report{said: map[string]bool{}, gaps: map[string]int{}}, s.newTold(), 0
		for _, raw := range [][]byte{detail, detail, wire.Marshal(&wire.AccessDetail{Card: signed})} {
			if err := told.addDetail(0, &wire.Detail{Member: member[:], Request: request, Detail: raw, Released: released}); err != nil {
				t.Fatal(err)
			}
		}
		told.sort()
		r := reckoning{
			teller: s, report: report, told: told, groups: told.groups(), judge: proof.NewAccount(s.w.History(), subject), cards: map[[32]byte]string{}, forged: map[shownCard]error{},
			each: func(Line) error { lines++; return nil },
		}
		attempts, err := r.attempts()
		if err != nil || len(attempts) != 1 {
			t.Fatalf("%d askings, %v", len(attempts), err)
		}
		if err := r.attempt(t.Context(), attempts[0]); err != nil {
			t.Fatal(err)
		}
		believed := slices.DeleteFunc(slices.Clone(report.Gaps), func(g string) bool { return strings.HasPrefix(g, "Elm: kept an asking with") })
		if released != (len(believed) > 0) || released != (lines == 0) {
			t.Fatalf("gaps %q, %d lines", report.Gaps, lines)
		}
	})
}

// FuzzToldReceipt reads what a trustee hands out as a receipt, and as the proof of its
// posting. Nothing of it makes a line of the account, and whoever made it up is named.
func FuzzToldReceipt(f *testing.F) {
	w, document := wallettest.NewWallet(f), []byte("document")
	member := stele.SubjectOf(document)
	s := teller(wallet.NewSession(w, &members.Network{Members: []members.Member{{Subject: member, Name: "Elm", Ledger: nobody{}}}}, proof.History{{Consortium: &wire.Consortium{
		Chain: "town", Members: []*wire.Member{{KeyDocument: document}}, Committee: &wire.Committee{Threshold: 1},
	}}}))
	receipt := &wire.Signed{Body: wire.Marshal(&wire.Receipt{Chain: "town", Member: member[:], Request: make([]byte, 16)})}
	f.Add(wire.Marshal(&wire.ReceiptProof{Receipt: receipt, Batch: make([]byte, 16), Entry: &wire.EntryProof{Event: []byte{1}}}))
	f.Add(wire.Marshal(&wire.ReceiptProof{Batch: make([]byte, 16)}))
	f.Add(append([]byte{0x0a, byte(2 + len(wire.Marshal(receipt)))}, append(wire.Marshal(receipt), 0x78, 0x01)...)) // field 15 beside what is signed
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := new(wire.ReceiptProof)
		if wire.Decode(raw, p) != nil {
			return
		}
		p.ProtoReflect().SetUnknown(nil) // is nobody's, as what stands beside a signature is
		p.Receipt = wire.Plain(p.Receipt)
		report, told, lines := &Report{said: map[string]bool{}, gaps: map[string]int{}}, s.newTold(), 0
		for range 2 {
			if err := told.addReceipt(0, p); err != nil {
				t.Fatal(err)
			}
		}
		again, entry, err := told.receiptOf(told.rows[1])
		if err != nil || string(wire.Marshal(again)) != string(wire.Marshal(p)) || (entry > 0) != (p.Entry != nil) || len(told.posted) > 1 {
			t.Fatalf("%v became %v, %v", p, again, err)
		}
		told.sort()
		r := reckoning{
			teller: s, report: report, told: told, groups: told.groups(), judge: proof.NewAccount(s.w.History(), w.Subject()), postings: map[int64]posting{},
			each: func(Line) error { lines++; return nil },
		}
		attempts, err := r.attempts()
		if err != nil || len(attempts) != 1 || r.attempt(t.Context(), attempts[0]) != nil {
			t.Fatalf("%d askings, %v", len(attempts), err)
		}
		if len(report.Gaps) == 0 || lines > 0 || told.rows[0].proved {
			t.Fatalf("gaps %q, %d lines", report.Gaps, lines)
		}
	})
}

// FuzzDetail opens details as a member hands them out: each that was sealed for this
// owner, and nothing else.
func FuzzDetail(f *testing.F) {
	w, member := wallettest.NewWallet(f), stele.SubjectOf([]byte("document"))
	f.Add(wire.Marshal(&wire.Detail{}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, detail []byte) {
		id := stele.ID{5}
		sealed, err := seal.SealTo(w.Keyring().SealKey().Public(), seal.TagAccount, wire.DetailContext(member, id), detail)
		if err != nil {
			t.Fatal(err)
		}
		s := teller(wallet.NewSession(w, nil, nil))
		got := s.OpenDetail(members.Member{Subject: member}, &wire.SealedDetail{Id: id[:], Sealed: sealed})
		if (got != nil) != (wire.Decode(detail, new(wire.Detail)) == nil) {
			t.Fatal("a detail is lost, or made up")
		}
		if s.OpenDetail(members.Member{Subject: member}, &wire.SealedDetail{Id: id[:], Sealed: detail}) != nil {
			t.Fatal("a detail that nobody sealed")
		}
	})
}
