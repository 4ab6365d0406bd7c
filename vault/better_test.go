package vault

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/wire"
)

// fitsLabel is threshold.Check as these tests have it.
func fitsLabel(capsule, committee, label []byte) bool {
	return bytes.Equal(capsule, append(bytes.Clone(committee), label...))
}

// fitting gives each folio a capsule that is made for its place.
func (w *world) fitting(sub *wire.Submission) {
	w.t.Helper()
	committee := w.ledger.Network.Committee.Key
	for _, f := range sub.Folios {
		head := new(wire.FolioHead)
		if err := wire.Decode(f.Head, head); err != nil {
			w.t.Fatal(err)
		}
		f.Capsule = append(bytes.Clone(committee), wire.CapsuleLabelBytes(chain, committee, w.patient, head, wire.FolioDigest(f.Head))...)
	}
}

// duds are copies of a submission as a lying member makes them, which its root does not
// tell from the true one.
var duds = map[string]func(*wire.Folio){
	"other capsules":    func(f *wire.Folio) { f.Capsule[len(f.Capsule)/2] ^= 1 },
	"fewer envelopes":   func(f *wire.Folio) { f.Envelopes = f.Envelopes[:1] },
	"no envelopes":      func(f *wire.Folio) { f.Envelopes = nil },
	"neither":           func(f *wire.Folio) { f.Capsule, f.Envelopes = []byte("opens nothing"), nil },
	"a forged envelope": func(f *wire.Folio) { f.Capsule[3] ^= 1; f.Envelopes[0].Sealed = []byte("opens nothing") },
}

// TestLaw8ADudCopyOfTheLastReleaseGivesWayToTheTrueOne: a lying member hands a vault that
// lost a submission a copy whose capsules or envelopes open nothing. The true copy takes its
// place when it comes, and no dud takes the true one's; of what several members offer, the
// better one is taken.
func TestLaw8ADudCopyOfTheLastReleaseGivesWayToTheTrueOne(t *testing.T) {
	for name, spoil := range duds {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 4, 3)
			sub := w.earlier(0, asItIs, plainFolio(stele.Results, 2024, 3, 40), plainFolio(stele.Problems, 2023, 2, 10))
			w.fitting(sub)
			w.anchor(sub)
			dud := proto.CloneOf(sub)
			for _, f := range dud.Folios {
				spoil(f)
			}
			for range 2 { // the dud, the true one, the dud once more
				if err := w.copyTo(2, dud); err != nil && stele.KindOf(err) != stele.KindExists {
					t.Fatal(err)
				}
				if err := w.copyTo(2, sub); err != nil {
					t.Fatalf("the true copy is refused: %v", err)
				}
			}
			kind(t, w.copyTo(2, dud), stele.KindExists)
			w.holds(2, sub)
			w.close(2)
			w.open(2)
			w.holds(2, sub)

			if err := w.copyTo(1, dud); err != nil {
				t.Fatal(err)
			}
			w.fsck(3, true)
			w.holds(3, sub)
			if found := w.fsck(2, false); len(found) > 0 {
				t.Errorf("%v", found)
			}
		})
	}
}

// holds fails unless what a member holds of a submission is that, with its capsules and
// envelopes.
func (w *world) holds(i int, sub *wire.Submission) {
	w.t.Helper()
	r, err := w.v(i).index.get(idOf(sub))
	if err != nil {
		w.t.Fatal(err)
	}
	d, _, err := w.v(i).load(w.t.Context(), r.File)
	if err != nil {
		w.t.Fatal(err)
	}
	if want := proof.SubmissionContent(sub.Folios); d.content != want || r.Content != want {
		w.t.Errorf("member %d holds another copy", i)
	}
	w.readable(i, sub)
}
