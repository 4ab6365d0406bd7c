package trustee

import (
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// committee is another one for the town, and what its members hold of it.
func (w *town) committee(epoch uint64) (stele.Committee, []*threshold.Share) {
	w.t.Helper()
	next, shares, err := threshold.Ceremony{Chain: chainID, Epoch: epoch, Threshold: 3, Members: 4}.Rehearse()
	if err != nil {
		w.t.Fatal(err)
	}
	return next, shares
}

func (w *town) runBy(c stele.Committee) {
	w.book.Lock()
	defer w.book.Unlock()
	w.book.Network.Committee = c
}

// TestLaw3ATrusteeReleasesByTheCommitteeOfToday: it holds a share an epoch, and takes that
// of the committee in force; where it holds none it says so, to the patient alone.
func TestLaw3ATrusteeReleasesByTheCommitteeOfToday(t *testing.T) {
	w := newTown(t)
	first := w.book.Network.Committee
	second, shares := w.committee(2)
	w.trustees[0].cfg.Share = append(threshold.Shares{shares[0]}, w.configs[0].Share(1)).Of
	for _, now := range []stele.Committee{second, first, second} {
		w.runBy(now)
		w.submission = w.anchor(w.patient.subject, w.label(stele.Allergies))
		o := w.open(nil, nil)
		r := mustRelease(t, o, 0)
		receipt := new(wire.Receipt)
		if _, err := wire.Open(wire.TagReceipt, r.Receipt, receipt); err != nil || r.Epoch != now.Epoch || receipt.Epoch != now.Epoch {
			t.Errorf("in epoch %d a share of epoch %d, receipt of %d: %v", now.Epoch, r.Epoch, receipt.Epoch, err)
		}
		batch, _, _ := o.batch()
		if _, err := batch.VerifyPartials(1, wire.ReleaseContext(receipt), r.Partials, r.Proof); err != nil {
			t.Errorf("in epoch %d: %v", now.Epoch, err)
		}
	}
	_, err := w.open(nil, nil).ask(1)
	refused(t, w, err, 1, string(noShare))
	w.runBy(first) // whose capsules these are not
	_, err = w.open(nil, nil).ask(1)
	refused(t, w, err, 1, "a capsule is not what its place says")
}

// TestLaw3ACommitteeRenewedDuringTheReleaseCounts: a receipt names the block that it was
// given at, and is held against the committee of then.
func TestLaw3ACommitteeRenewedDuringTheReleaseCounts(t *testing.T) {
	w := newTown(t)
	next, shares := w.committee(2)
	w.trustees[0].cfg.Share = append(threshold.Shares{shares[0]}, w.configs[0].Share(1)).Of
	o, looks := w.open(nil, nil), 0
	w.book.OnNewest = func() {
		if looks++; looks > 2 { // the last look comes after the work
			w.runBy(next)
		}
	}
	_, err := o.ask(0)
	w.book.OnNewest = nil
	refused(t, w, err, 0, string(renewed))
}
