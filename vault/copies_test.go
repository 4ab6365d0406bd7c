package vault

import (
	"context"
	"crypto/sha256"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// lies are copies that a member can make up of what it holds: all have the root that
// was anchored.
var lies = map[string]func(*world, *wire.Submission) *wire.Submission{
	"another capsule": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Folios[0].Capsule = []byte("a capsule that opens nothing")
		return sub
	},
	"no envelopes": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Folios[0].Envelopes = nil
		return sub
	},
	"another grant": func(w *world, sub *wire.Submission) *wire.Submission {
		id := stele.NewID()
		return w.resign(sub, w.writeKey, func(h *wire.SubmissionHead) { h.Grant = id[:] })
	},
	"a stranger's signature": func(_ *world, sub *wire.Submission) *wire.Submission {
		sub.Head = wire.SignBytes(wire.TagSubmission, sub.Head.Body, wire.NewEd25519())
		return sub
	},
}

// TestLaw8ALyingCopyMendsNothing: what is damaged is served and repaired from a true
// copy, whoever else offers one first.
func TestLaw8ALyingCopyMendsNothing(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3, 2)
			sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 50))
			before, err := w.v(0).index.get(placeIn(sub))
			if err != nil {
				t.Fatal(err)
			}
			first := w.v(0).ranked(placeIn(sub), stele.Subject{})[0].(*line)
			first.lie = func(s *wire.Submission) *wire.Submission { return lie(w, s) }
			spoilFile(t, w.segmentPath(0, sub), int(before.Meta)+40)
			w.readable(0, sub)
			for _, f := range w.fsck(0, true) {
				if f.From == first.who.String() {
					t.Errorf("repaired from the liar: %v", f)
				}
			}
			after, err := w.v(0).index.get(placeIn(sub))
			if err != nil || after.Content != before.Content || after.Grant != before.Grant {
				t.Errorf("another submission lies there now: %v", err)
			}
			if found := w.fsck(0, false); len(found) > 0 {
				t.Errorf("it is still damaged: %v", found)
			}
			w.readable(0, sub)
		})
	}
}

// TestLaw8NoHolderKeepsTheTrueCopyOut: a member that gets a copy learns of the delivery
// before it is anchored, and hands the others one that opens nothing. The source has
// signed for every capsule and envelope.
func TestLaw8NoHolderKeepsTheTrueCopyOut(t *testing.T) {
	w := newWorld(t, 3, 2)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 1, 50))
	hand := func(from int, sub *wire.Submission) error {
		raw := wire.Marshal(sub)
		sum := sha256.Sum256(raw)
		_, err := w.v(2).PutCopy(context.Background(), &wire.PutCopyRequest{Submission: raw, Request: w.v(from).request(w.sites[2].line, &wire.MemberRequest{
			Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}},
		})})
		return err
	}
	kind(t, hand(1, lies["another capsule"](w, proto.CloneOf(sub))), stele.KindInvalid)
	kind(t, hand(1, lies["no envelopes"](w, proto.CloneOf(sub))), stele.KindInvalid)
	if err := hand(0, sub); err != nil {
		t.Errorf("the home's copy: %v", err)
	}
	if out := w.mustPut(0, sub); len(out.Copies) != 2 {
		t.Errorf("%d copies", len(out.Copies))
	}
	w.anchor(sub)
	if err := hand(1, sub); err != nil {
		t.Errorf("what is anchored, from a holder: %v", err)
	}
}
