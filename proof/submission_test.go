package proof

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// TestADeliveryOfTheLastReleaseCommitsToWhatItsHeadSays: a head of then names the number
// of its records and a salt; that is what its anchor commits to, and what is checked. A
// head that says both, or half of it, is none of then.
func TestADeliveryOfTheLastReleaseCommitsToWhatItsHeadSays(t *testing.T) {
	key, salt, source := wire.NewEd25519(), seal.NewSalt(), seal.NewSalt()
	id, grant, subject, hospital := stele.NewID(), stele.NewID(), stele.SubjectOf([]byte("her")), stele.SubjectOf([]byte("hospital"))
	count := seal.Commit(salt, seal.TagCount, binary.BigEndian.AppendUint32(nil, 7))
	whose := seal.Commit(source, seal.TagSource, hospital[:])
	root := bytes.Repeat([]byte{3}, 32)
	anchor := &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{
		Submission: id[:], Grant: grant[:], Root: root, SourceCommitment: whose[:], CountCommitment: count[:],
	}}}
	given := &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{Grant: grant[:], Action: uint32(stele.ActionWrite), Grantee: key.Public()}}}
	for name, c := range map[string]struct {
		good   bool
		change func(*wire.SubmissionHead)
	}{
		"as it was":               {true, func(*wire.SubmissionHead) {}},
		"another number":          {false, func(h *wire.SubmissionHead) { h.Records = 8 }},
		"no number":               {false, func(h *wire.SubmissionHead) { h.Records = 0 }},
		"another salt":            {false, func(h *wire.SubmissionHead) { h.CountSalt[0] ^= 1 }},
		"a short salt":            {false, func(h *wire.SubmissionHead) { h.CountSalt = h.CountSalt[1:] }},
		"another write grant":     {false, func(h *wire.SubmissionHead) { h.Grant = bytes.Repeat([]byte{1}, 16) }},
		"a commitment to another": {false, func(h *wire.SubmissionHead) { h.CountCommitment = make([]byte, 32) }},
	} {
		h := &wire.SubmissionHead{
			Chain: "c", Submission: id[:], Subject: subject[:], Grant: grant[:], Root: root, Source: hospital[:], SourceSalt: source[:],
			CountSalt: bytes.Clone(salt[:]), Records: 7,
		}
		c.change(h)
		s, err := CheckSubmission("c", subject, wire.Sign(wire.TagSubmission, h, key))
		if err != nil {
			t.Fatal(err)
		}
		if name == "another write grant" && s.CheckAnchor(anchor.GetAnchored()) == nil {
			t.Errorf("%s: it checks by the anchor alone", name)
		}
		if got := s.CheckAnchored(anchor, given) == nil && s.CheckCount(salt[:], 7) == nil; got != c.good {
			t.Errorf("%s: it checks: %v", name, got)
		}
		if c.good && s.CheckCount(salt[:], 6) == nil {
			t.Errorf("%s: another number of records checks", name)
		}
	}
}
