package devnet_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	steleproof "github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
)

// TestLaw6ExportVerifiesOfflineAndNoBitMayFlip exports a life with records,
// grants and openings; the file verifies without the network, and not with any
// of many bits flipped.
func TestLaw6ExportVerifiesOfflineAndNoBitMayFlip(t *testing.T) {
	p, d := mixed(t), town.doctor(t, "Dr Export", "hospital-b")
	grant(t, p, d, readGrant(stele.Allergies))
	_, err := d.Charts.OpenChart(t.Context(), p.Subject(), followUp)
	must(t, err)
	var file bytes.Buffer
	done, err := p.Account.Export(t.Context(), &file)
	must(t, err)
	if done.Records != 8 || len(done.Faults) > 0 {
		t.Errorf("%+v", done)
	}
	expect := steleproof.Expect{Fingerprint: sha256.Sum256(town.Network.Network.Genesis)}
	report, err := steleproof.Verify(bytes.NewReader(file.Bytes()), expect)
	must(t, err)
	if !report.OK() || report.Records != 8 || report.Subject != p.Subject() || report.Events != done.Entries {
		t.Errorf("%+v", report)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		flipped := bytes.Clone(file.Bytes())
		at := dice.IntN(len(flipped))
		flipped[at] ^= 1 << dice.IntN(8)
		if _, err := steleproof.Verify(bytes.NewReader(flipped), expect); stele.KindOf(err) != stele.KindProof || err == nil {
			t.Errorf("a bit of byte %d flipped: %v", at, err)
		}
	}
	expect.Fingerprint[0] ^= 1
	if _, err := steleproof.Verify(bytes.NewReader(file.Bytes()), expect); stele.KindOf(err) != stele.KindProof {
		t.Errorf("another network's fingerprint: %v", err)
	}
}

func edit(t *testing.T, s *client.Session, f func(*wallet.State)) {
	t.Helper()
	wallettest.Edit(s.Wallet, f)
}

// TestLaw6LogThatShrankOrChangedIsCaught against what the wallet has seen.
func TestLaw6LogThatShrankOrChangedIsCaught(t *testing.T) {
	p := mixed(t)
	_, err := p.Log(t.Context())
	must(t, err)
	seen := p.State().Head
	edit(t, p, func(s *wallet.State) { s.Head.Size++ }) // as if one more entry had been there
	_, err = p.Log(t.Context())
	wants(t, err, stele.KindProof, "a log that is shorter than it was")
	edit(t, p, func(s *wallet.State) { s.Head = seen })
	edit(t, p, func(s *wallet.State) { s.Head.Root[0] ^= 1 }) // as if another entry had been there
	_, err = p.Log(t.Context())
	wants(t, err, stele.KindProof, "a log that is another one")
	edit(t, p, func(s *wallet.State) { s.Head = seen })
	_, err = p.Log(t.Context())
	must(t, err)
}
