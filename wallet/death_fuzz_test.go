package wallet

import (
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// FuzzDeath: what is read of a certificate and of a paper is what stands in them, and what is no
// such thing is refused.
func FuzzDeath(f *testing.F) {
	key, subject := wire.Ed25519FromSeed([32]byte{7}), stele.SubjectOf([]byte("patient"))
	certificate := wire.Marshal(wire.Sign(wire.TagDeath, &wire.DeathCertificate{
		Chain: "town", Subject: subject[:], Member: subject[:], Died: "2026-11", Says: "a doctor", AtMs: time.Unix(1_800_000_000, 0).UnixMilli(),
	}, key))
	d, _, _, err := readCertificate(certificate)
	if err != nil {
		f.Fatal(err)
	}
	grant, salt := stele.ID{1}, seal.Salt{2}
	tx := d.transaction(grant[:], salt)
	tx.Chain = "town"
	paper := &wire.DeathPaper{Certificate: certificate, Salt: salt[:], Delegation: grant[:], Transaction: wire.Marshal(wire.Sign(wire.TagTransaction, tx, key))}
	if _, _, _, err := readPaper(wire.Marshal(paper)); err != nil {
		f.Fatal(err)
	}
	f.Add(certificate)
	f.Add(wire.Marshal(paper))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, says, _, err := readCertificate(raw); err == nil && (string(says.Subject) != string(d.Subject[:]) || says.Mistaken != d.Mistaken) {
			t.Error("a certificate is read as another")
		} else if err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("refused as %v", err)
		}
		if _, _, p, err := readPaper(raw); err == nil && p.transaction == nil {
			t.Error("a paper without a transaction is taken")
		} else if err != nil && stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("refused as %v", err)
		}
	})
}
