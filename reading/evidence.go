package reading

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/regular"
	"github.com/stele-health/stele/threshold"
	"github.com/stele-health/stele/wire"
)

// This file holds what proves that a trustee released wrongly.

// misreleased is an answer that its author signed and that does not hold.
type misreleased struct {
	error
	evidence *wire.Misrelease
}

func (m misreleased) Unwrap() error { return m.error }

// evidence keeps what an error proves, beside the wallet, and returns it.
func (o *open) evidence(err error) *wire.Misrelease {
	var wrong misreleased
	if !errors.As(err, &wrong) {
		return nil
	}
	o.keepEvidence(o.id, wrong.evidence)
	return wrong.evidence
}

// maxEvidence is how many wrong answers a wallet keeps: a trustee that gives
// many is convicted by a few.
const maxEvidence = 100

// EvidenceFolder is where evidence against trustees is kept, a file each, named
// after opening and share. It holds the DID of the patient, no key and no name.
func (r *Reader) EvidenceFolder() string { return r.w.Beside(".evidence") }

// keepEvidence writes evidence down. Failing to is no reason to fail a reading.
func (r *Reader) keepEvidence(request stele.ID, m *wire.Misrelease) {
	folder := r.EvidenceFolder()
	if os.MkdirAll(folder, 0o700) != nil {
		return
	}
	if kept, err := os.ReadDir(folder); err == nil && len(kept) < maxEvidence {
		_ = regular.Replace(filepath.Join(folder, fmt.Sprintf("%s-%d%s", request, m.Released.Share, EvidenceSuffix)), wire.Marshal(m))
	}
}

// EvidenceSuffix is the ending of a file of evidence, a wire.Misrelease.
const EvidenceSuffix = ".misrelease"

// CheckMisrelease checks that evidence proves a trustee's wrong release, and
// returns the member whose trustee it was. The trustee's own signature binds the
// capsules and the answer to each other, and honest software signs no answer
// that does not hold, so nobody can make such evidence against an honest
// trustee. It fails with KindProof when the evidence proves nothing.
func CheckMisrelease(history proof.History, m *wire.Misrelease) (stele.Subject, error) {
	const op = "check evidence"
	nothing := func(text string, err error) (stele.Subject, error) {
		return stele.Subject{}, stele.E(op, stele.KindProof, "it proves nothing: "+text, err)
	}
	claimed := new(wire.Receipt)
	if err := wire.Decode(m.GetReleased().GetReceipt().GetBody(), claimed); err != nil {
		return nothing("there is no receipt", err)
	}
	consortium := history.At(claimed.Height)
	member, err := stele.SubjectFrom(claimed.Member)
	founder := consortium.Member(member)
	if err != nil || founder == nil {
		return nothing("the receipt is of no member that the network had then", err)
	}
	if _, err := proof.OpenReceipt(wire.Key(founder.Trustee), m.Released.Receipt); err != nil {
		return nothing("the receipt is not the trustee's", err)
	}
	answer := wire.AnswerDigest(m.Released.Partials, m.Released.Proof)
	if !bytes.Equal(claimed.Answer, answer[:]) {
		return nothing("the receipt is about another answer", nil)
	}
	committee := consortium.Committee.Held()
	// Single records' capsules are for the one grant, or for none.
	grant, _ := stele.IDFrom(claimed.Grant)
	var labels [][]byte
	var asked stele.Digest
	for _, of := range []stele.ID{grant, {}} {
		if labels, err = capsuleLabels(consortium, claimed, m.Heads, m.Handles, of); err != nil || len(labels) != len(m.Capsules) {
			return nothing("what was asked is malformed", err)
		}
		if asked = wire.CapsulesDigest(m.Capsules, labels); bytes.Equal(claimed.Capsules, asked[:]) {
			break
		}
	}
	if claimed.Chain != consortium.Chain || claimed.Epoch != committee.Epoch || !bytes.Equal(claimed.Capsules, asked[:]) {
		return nothing("the receipt is about other capsules", nil)
	}
	batch, err := threshold.CheckBatch(committee, m.Capsules, labels)
	if err != nil {
		return nothing("the capsules were no good", err)
	}
	if _, err := batch.VerifyPartials(int(claimed.Share), wire.ReleaseContext(claimed), m.Released.Partials, m.Released.Proof); err == nil {
		return nothing("the answer holds", nil)
	}
	return member, nil
}

// capsuleLabels builds the labels that a trustee built when it was asked.
func capsuleLabels(consortium *wire.Consortium, r *wire.Receipt, heads, handles [][]byte, grant stele.ID) ([][]byte, error) {
	subject, err := stele.SubjectFrom(r.Subject)
	if err != nil {
		return nil, err
	}
	labels := make([][]byte, len(heads))
	for i, raw := range heads {
		head := new(wire.FolioHead)
		if err := wire.Decode(raw, head); err != nil {
			return nil, err
		}
		if i < len(handles) && len(handles[i]) > 0 {
			handle, err := stele.IDFrom(handles[i])
			if err != nil {
				return nil, err
			}
			labels[i] = wire.RecordLabelBytes(consortium.Chain, consortium.Committee.GetKey(), subject, wire.FolioDigest(raw), handle, grant)
			continue
		}
		labels[i] = wire.CapsuleLabelBytes(consortium.Chain, consortium.Committee.GetKey(), subject, head, wire.FolioDigest(raw))
	}
	return labels, nil
}
