package own

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// FuzzDoor signs whatever body a fuzzer makes with the subject's own key. What
// passes is for this member, fresh, the subject's, and passes once.
func FuzzDoor(f *testing.F) {
	alice, member, now := stele.SubjectOf([]byte("alice")), stele.SubjectOf([]byte("member")), time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	key := wire.Ed25519FromSeed([32]byte{1})
	ledger := keys{alice: {Subject: alice, Signing: []stele.PublicKey{wire.Key(key.Public())}}}
	nonce := stele.ID{7}
	f.Add(wire.Marshal(&wire.OwnRequest{Chain: "town-1", Audience: member[:], Subject: alice[:], AtMs: now.UnixMilli(), Nonce: nonce[:], Since: 7}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		d := NewDoor(ledger, "town-1", member)
		signed := wire.SignBytes(wire.TagOwn, body, key)
		r, err := d.Check(now, signed)
		if err != nil {
			if stele.KindOf(err) != stele.KindDenied || err.Error() != denied().Error() {
				t.Fatalf("refused in another way: %v", err)
			}
			return
		}
		var m wire.OwnRequest
		if wire.Decode(body, &m) != nil || m.Chain != "town-1" || string(m.Audience) != string(member[:]) || r.Subject != alice || r.By != alice || len(m.Nonce) < minNonce {
			t.Fatalf("%v passed", &m)
		}
		if _, err := d.Check(now, signed); err == nil {
			t.Fatal("it passed twice")
		}
		if _, err := d.Check(now.Add(2*stele.Fresh+time.Second), signed); err == nil {
			t.Fatal("it passed again, long after")
		}
	})
}
