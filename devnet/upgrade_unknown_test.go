package devnet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/devnet"
	"github.com/stele-health/stele/member"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wire"
)

// takenOver runs the folder of the last release, after its take-over.
func takenOver(t *testing.T) *world {
	t.Helper()
	home := lastRelease(t)
	_, err := devnet.Upgrade(t.Context(), home, member.Upgrading{})
	must(t, err)
	n, err := devnet.Start(t.Context(), devnet.Config{Home: home})
	must(t, err)
	w := &world{Network: n, organisations: map[string]*client.Session{}, folder: filepath.Join(t.TempDir(), "people")}
	t.Cleanup(w.close)
	return w
}

// TestWhatTheLastReleaseSentUnansweredIsFoundOut: a delivery and an opening that the last
// release sent and heard no answer to stand on the ledger, under ids that today's program
// would not take. Who sent them is told that they happened, and of a delivery that does
// not stand there, that it did not.
func TestWhatTheLastReleaseSentUnansweredIsFoundOut(t *testing.T) {
	w := takenOver(t)
	source, reader, elena := w.wallet(t, "hospital-a"), w.wallet(t, "okafor"), w.wallet(t, "elena")
	account, err := elena.Log(t.Context())
	must(t, err)
	events, err := account.All()
	must(t, err)
	mayWrite, err := source.HeldWriteGrant(elena.Subject())
	must(t, err)
	mayRead, err := reader.HeldFor(elena.Subject(), stele.ActionRead)
	must(t, err)
	delivered, opened := map[stele.ID]bool{stele.NewID(): false}, 0
	noteDelivery := func(id []byte) {
		anchor := &wire.MakeAnchor{Submission: id, Grant: mayWrite.Grant[:]}
		note, err := json.Marshal(map[string]any{"key": mayWrite.KeyIndex, "anchor": wire.Marshal(anchor), "made": time.Now().Add(-time.Hour)})
		must(t, err)
		must(t, os.MkdirAll(source.Beside(".pending"), 0o700))
		must(t, os.WriteFile(filepath.Join(source.Beside(".pending"), stele.ID(id).String()), note, 0o600))
	}
	for never := range delivered {
		noteDelivery(never[:])
	}
	for _, e := range events {
		if a := e.Event.GetAnchored(); a != nil {
			delivered[stele.ID(a.Submission)] = true
			noteDelivery(a.Submission)
		}
		if a := e.Event.GetAccessPermitted(); a != nil && stele.ID(a.Grant) == mayRead[0].Grant {
			opened++
			tx := &wire.Transaction{Chain: w.Network.Network.Chain, Message: &wire.Transaction_OpenAccess{OpenAccess: &wire.OpenAccess{Request: a.Request, Grant: a.Grant}}}
			raw := wire.Marshal(wire.Sign(wire.TagTransaction, tx, reader.Keyring().OneTime(mayRead[0].KeyIndex)))
			must(t, reader.KeepUnknown(wallet.Sent{Kind: wallet.SentOpening, Object: stele.ID(a.Request), Raw: raw, Expires: time.Now().Add(-time.Hour)}))
		}
	}
	settled, err := source.Delivery.Settle(t.Context())
	must(t, err)
	if len(settled) != len(delivered) || len(delivered) < 2 {
		t.Fatalf("%d of %d deliveries are settled", len(settled), len(delivered))
	}
	for _, s := range settled {
		if s.Happened != delivered[s.Object] {
			t.Errorf("of delivery %v it is told that it happened: %v", s.Object, s.Happened)
		}
	}
	settled, err = reader.SettleSent(t.Context())
	must(t, err)
	if len(settled) != opened || opened == 0 {
		t.Fatalf("%d of %d openings are settled", len(settled), opened)
	}
	for _, s := range settled {
		if !s.Happened {
			t.Errorf("opening %v stands in the patient's log, and its reader is told that it did not happen", s.Object)
		}
	}
}
