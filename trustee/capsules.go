package trustee

import (
	"bytes"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// maxPath is the longest way from a folio to its submission's root.
const maxPath = 32

// checkCapsules checks every capsule named: that its label is in the grant and
// was asked for, and that its folio stands in a submission that was anchored for
// this same patient (R5). Then it checks all of them against labels built here,
// so that the share never meets a point of the caller's choosing (R7).
func (a *release) checkCapsules() asking.Reason {
	if len(a.in.Capsules) == 0 {
		return asking.Nothing
	}
	named := make(map[string]bool, len(a.in.Capsules))
	for _, ref := range a.in.Capsules {
		name := string(ref.Handle) + string(ref.Head) // a handle has one length, and heads begin alike
		if named[name] {
			return "a folio was named twice"
		}
		named[name] = true
	}
	anchors := map[stele.ID]stele.Anchor{} // most requests name few submissions
	seen := labels{judged: map[string]stele.Label{}, told: map[string]bool{}}
	for _, ref := range a.in.Capsules {
		if why := a.checkCapsule(ref, anchors, seen); why != "" {
			return why
		}
	}
	var err error
	a.batch, err = threshold.CheckBatch(a.Consortium.Committee, a.capsules, a.labels)
	if err != nil {
		return "a capsule is not what its place says"
	}
	return ""
}

func (a *release) checkCapsule(ref *wire.CapsuleRef, anchors map[stele.ID]stele.Anchor, seen labels) asking.Reason {
	var head wire.FolioHead
	if wire.Decode(ref.Head, &head) != nil || head.Suite != wire.SuiteSeal {
		return "a folio is malformed"
	}
	commitment, err := stele.DigestFrom(head.LabelCommitment)
	if err != nil || !asking.Opens(commitment, ref.Label.GetSalt(), seal.TagLabel, ref.Label.GetLabel()) {
		return "a label is not the folio's"
	}
	label, why := a.covered(ref, seen)
	if why != "" {
		return why
	}
	digest := wire.FolioDigest(ref.Head)
	if len(ref.Handle) > 0 {
		why = a.RestrictsRecord(digest, stele.ID(ref.Handle), label)
	} else {
		why = a.Restricts(digest, label)
	}
	if why != "" {
		return why
	}
	if !a.brought(ref, digest, label) {
		return "a record's capsule is not the one that the patient's wallet brought"
	}
	if why := a.anchored(ref, anchors); why != "" {
		return why
	}
	a.capsules = append(a.capsules, ref.Capsule)
	chain, committee := a.t.cfg.Chain, a.Consortium.Committee.Key
	if len(ref.Handle) > 0 {
		a.labels = append(a.labels, wire.RecordLabelBytes(chain, committee, a.Subject, digest, stele.ID(ref.Handle), a.CapsuleGrant()))
		a.records++
		return ""
	}
	a.labels = append(a.labels, wire.CapsuleLabelBytes(chain, committee, a.Subject, &head, digest))
	a.records += uint64(head.Records)
	return ""
}

// brought reports whether a capsule is a folio's, one of a grant for single records, or one that the
// patient's wallet brought for the records beside a restricted one: none that a vault made up.
func (a *release) brought(ref *wire.CapsuleRef, folio stele.Digest, label stele.Label) bool {
	return len(ref.Handle) == 0 || a.ForSingles() || slices.ContainsFunc(a.Siblings(folio, label), func(c *wire.RecordCapsule) bool {
		return bytes.Equal(c.Capsule, ref.Capsule) // which is bound to its handle
	})
}

// labels are those that a request has shown so far.
type labels struct {
	judged map[string]stele.Label // of folios, by their bytes: those that the grant covers
	told   map[string]bool        // by what they say
}

// covered decides on a label: of a folio, where equal labels are decided alike, once; or of a single
// record, which says nothing of a folio.
func (a *release) covered(ref *wire.CapsuleRef, seen labels) (label stele.Label, why asking.Reason) {
	raw, single := ref.Label.Label, len(ref.Handle) > 0
	if label, ok := seen.judged[string(raw)]; ok && !single {
		return label, ""
	}
	label, ok := asking.ReadLabel(raw)
	if !ok {
		return label, "a label is malformed"
	}
	a.covers = append(a.covers, label)
	if single {
		var handle stele.ID
		var err error
		if handle, err = stele.IDFrom(ref.Handle); err != nil {
			return label, "a record is malformed"
		}
		why = a.CoversCapsule(label, handle)
	} else {
		why = a.Covers(label)
	}
	if why != "" {
		return label, why
	}
	// Told is what labels say, once: whoever sealed the folio chose their bytes, and many bytes
	// can say the same.
	form := asking.LabelForm(label)
	if !seen.told[string(form)] {
		a.shown, seen.told[string(form)] = append(a.shown, form), true
	}
	if !single {
		seen.judged[string(raw)] = label
	}
	return label, ""
}

// anchored checks that a folio stands in a submission anchored for this
// patient. Without it a stolen folio could be anchored under the thief's own
// subject and opened there.
func (a *release) anchored(ref *wire.CapsuleRef, anchors map[stele.ID]stele.Anchor) asking.Reason {
	submission, err := stele.IDFrom(ref.Submission)
	if err != nil || len(ref.Path) > maxPath {
		return "a folio is malformed"
	}
	anchor, ok := anchors[submission]
	if !ok {
		if anchor, err = a.t.cfg.Ledger.Anchor(a.Subject, submission); err != nil {
			return "a folio was never anchored for this patient"
		}
		anchors[submission] = anchor
	}
	if _, err := proof.CheckFolio(anchor.Root, ref.Head, ref.Index, ref.Folios, ref.Path); err != nil {
		return "a folio is not in the submission it was said to be in"
	}
	return ""
}
