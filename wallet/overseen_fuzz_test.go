package wallet

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// FuzzRegisterEntry seals whatever a fuzzer makes to the organisation, as its member's desk could,
// and has it read as an entry of the register.
func FuzzRegisterEntry(f *testing.F) {
	w := emptyWallet(f)
	s, me := NewSession(w, nil, nil), w.Subject()
	id, patient, salt := stele.ID{5}, stele.SubjectOf([]byte("patient")), make([]byte, seal.SaltLen)
	detail := wire.Marshal(&wire.AccessDetail{Card: &wire.Signed{Body: wire.Marshal(&wire.Card{Name: "Dr A"})}, Reason: "a fall"})
	f.Add(wire.Marshal(&wire.Activated{Member: me[:], TimeMs: 1, Activation: id[:], Subject: patient[:], Grantee: w.Keyring().OneTime(1).Public(), Detail: detail, DetailSalt: salt}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		sealed, err := seal.SealTo(w.Keyring().SealKey().Public(), seal.TagActivated, wire.DetailContext(me, id), raw)
		if err != nil {
			t.Fatal(err)
		}
		o, g, err := s.openEntry(&wire.SealedDetail{Id: id[:], Sealed: sealed})
		if err != nil {
			if stele.KindOf(err) != stele.KindProof {
				t.Fatalf("refused as %v: %v", stele.KindOf(err), err)
			}
			return
		}
		if o.Card == nil || g.ID != o.Activation || g.Subject != o.Subject {
			t.Fatalf("%+v, %+v", o, g)
		}
	})
}
