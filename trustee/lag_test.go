package trustee

import (
	"maps"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/steletest"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// behind gives a trustee a ledger that stands still from now on.
func (w *town) behind(i int) {
	b := w.book
	w.trustees[i].cfg.Ledger = &steletest.Ledger{
		Block: b.Block, Subjects: maps.Clone(b.Subjects), Grants: maps.Clone(b.Grants), Accesses: maps.Clone(b.Accesses),
		Anchors: maps.Clone(b.Anchors), Network: b.Network,
	}
}

// opens reports whether the answers of all trustees together open the capsules,
// and how many released.
func (o *opening) opens() (released int, opened bool) {
	o.w.t.Helper()
	batch, _, _ := o.batch()
	var parts []*threshold.Verified
	for i := range o.w.trustees {
		r, err := o.ask(i)
		if err != nil {
			continue
		}
		part, err := batch.VerifyPartials(i+1, o.context(i), r.Partials, r.Proof)
		if err != nil {
			o.w.t.Fatal(err)
		}
		parts = append(parts, part)
	}
	_, err := batch.Combine(parts...)
	return len(parts), err == nil
}

// A trustee whose node is behind refuses what it has not seen yet, and the
// others open; what it has not seen taken back it still releases, for 30 s at
// most, and it alone opens nothing. Its receipt names the old block.
func TestR2LaggingTrusteeAloneOpensNothing(t *testing.T) {
	w := newTown(t)
	w.behind(3)
	o := w.open(nil, nil)
	if _, err := o.ask(3); err == nil {
		t.Error("it released under an access that it has not seen")
	}
	if n, opened := o.opens(); n != 3 || !opened {
		t.Errorf("%d released, opened: %v", n, opened)
	}

	w.behind(3)
	old := w.book.Block.Height
	w.pass(time.Second, true)
	g := o.grant
	g.Status = stele.GrantRevoked
	w.book.Lock()
	w.book.Grants[g.ID] = g
	w.book.Unlock()
	n, opened := o.opens()
	if n != 1 || opened {
		t.Errorf("%d released after the revocation, opened: %v", n, opened)
	}
	r, err := o.ask(3)
	if err != nil {
		t.Fatal(err)
	}
	var receipt wire.Receipt
	if _, err := wire.Open(wire.TagReceipt, r.Receipt, &receipt); err != nil || receipt.Height != old {
		t.Errorf("its receipt names block %d (%v), it stands at %d", receipt.Height, err, old)
	}
	w.pass(30*time.Second, true)
	if n, _ := o.opens(); n != 0 {
		t.Errorf("%d released 31 s after the revocation", n)
	}
}

// A trustee whose clock is an hour off, either way, refuses everything; the
// other three open without it, and it opens nothing that they do not.
func TestClockOfATrusteeAnHourOffClosesIt(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		w := newTown(t)
		w.trustees[0].cfg.Clock = func() time.Time { return w.now().Add(off) }
		o := w.open(nil, nil)
		if _, err := o.ask(0); err == nil {
			t.Errorf("%v: it released", off)
		}
		if n, opened := o.opens(); n != 3 || !opened {
			t.Errorf("%v: %d released, opened: %v", off, n, opened)
		}
	}
}
