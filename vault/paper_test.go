package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// paper is a record on its way in.
type paper struct {
	text string
	when string
}

// leafs is a folio on its way in.
type leafs struct {
	category    stele.Category
	sensitivity []string
	year        int32
	papers      []paper
}

func plainFolio(c stele.Category, year int32, n, size int) leafs {
	l := leafs{category: c, year: year}
	for i := range n {
		l.papers = append(l.papers, paper{string(bytes.Repeat([]byte{byte('a' + i%26)}, size)), fmt.Sprintf("%d-06-%02d", year, i%28+1)})
	}
	return l
}

// submission seals folios as a wallet does.
func (w *world) submission(home int, folios ...leafs) *wire.Submission {
	sub := &wire.Submission{}
	var heads [][]byte
	records := 0
	for _, l := range folios {
		f := w.folio(l)
		records += len(f.Records)
		sub.Folios, heads = append(sub.Folios, f), append(heads, f.Head)
	}
	id, root, salt := stele.NewIDOf(w.writeGrant[:]), proof.SubmissionRoot(heads), seal.NewSalt()
	content := proof.SubmissionContent(sub.Folios)
	count := seal.Commit(salt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(records)))
	sub.CountSalt = salt[:]
	home20 := w.sites[home].subject
	sub.Head = wire.Sign(wire.TagSubmission, &wire.SubmissionHead{
		Chain: chain, Submission: id[:], Subject: w.patient[:], Grant: w.writeGrant[:], Root: root[:], Source: w.source[:],
		SourceSalt: salt[:], CountCommitment: count[:], MadeMs: w.now().UnixMilli(), Home: home20[:], Content: content[:],
	}, w.writeKey, w.sourceKey)
	return sub
}

func (w *world) folio(l leafs) *wire.Folio {
	key, id, salt := seal.NewKey(), stele.NewID(), seal.NewSalt()
	f := &wire.Folio{Label: &wire.LabelOpening{Salt: salt[:], Label: wire.Marshal(&wire.Label{
		Category: string(l.category), Sensitivity: l.sensitivity, Year: l.year, Source: w.source[:],
	})}}
	for _, p := range l.papers {
		handle := stele.NewID()
		cover := wire.Marshal(&wire.Cover{Handle: handle[:], Type: "Observation", When: p.when, Size: uint32(len(p.text))})
		sealed, commitment := seal.SealRecord(&key, handle, cover, []byte(p.text))
		f.Records = append(f.Records, &wire.SealedRecord{
			Suite: wire.SuiteSeal, Cover: cover, Ciphertext: sealed, PlaintextCommitment: commitment[:],
			Provenance: wire.Marshal(&wire.Provenance{Attester: w.source[:]}),
		})
	}
	label, commitment, root := seal.Commit(salt, seal.TagLabel, f.Label.Label), key.Commitment(), proof.RecordsRoot(f.Records)
	f.Head = wire.Marshal(&wire.FolioHead{
		Suite: wire.SuiteSeal, Folio: id[:], LabelCommitment: label[:], KeyCommitment: commitment[:], RecordsRoot: root[:], Records: uint32(len(l.papers)),
	})
	f.Capsule = []byte("a capsule, which a vault does not look into")
	other := sha256.Sum256([]byte("a device rotated out"))
	mine := w.patientSeal.ID()
	f.Envelopes = []*wire.Envelope{{KeyId: mine[:], Sealed: []byte("envelope of the current key")}, {KeyId: other[:], Sealed: []byte("envelope of the old key")}}
	return f
}

func headOf(sub *wire.Submission) *wire.SubmissionHead {
	h := &wire.SubmissionHead{}
	if err := wire.Decode(sub.Head.Body, h); err != nil {
		panic(err)
	}
	return h
}

func idOf(sub *wire.Submission) stele.ID { return stele.ID(headOf(sub).Submission) }

// resign changes a submission's head and signs it, as it stands now, again.
func (w *world) resign(sub *wire.Submission, signer wire.Signer, change func(*wire.SubmissionHead)) *wire.Submission {
	h, content := headOf(sub), proof.SubmissionContent(sub.Folios)
	h.Content = content[:]
	change(h)
	return &wire.Submission{Head: wire.Sign(wire.TagSubmission, h, signer, w.sourceKey), Folios: sub.Folios, CountSalt: sub.CountSalt}
}

func (w *world) anchor(sub *wire.Submission) {
	h := headOf(sub)
	w.ledger.Change(func() {
		w.ledger.Anchors[stele.ID(h.Submission)] = stele.Anchor{
			Submission: stele.ID(h.Submission), Subject: stele.Subject(h.Subject), Grant: stele.ID(h.Grant), Root: stele.Digest(h.Root), Height: 11, At: w.clock,
		}
	})
}

func (w *world) put(i int, sub *wire.Submission) (*wire.PutSubmissionResponse, error) {
	return w.v(i).PutSubmission(context.Background(), &wire.PutSubmissionRequest{Submission: sub})
}

func (w *world) mustPut(i int, sub *wire.Submission) *wire.PutSubmissionResponse {
	w.t.Helper()
	out, err := w.put(i, sub)
	if err != nil {
		w.t.Fatalf("put: %v", err)
	}
	return out
}

// delivered puts and anchors.
func (w *world) delivered(i int, folios ...leafs) *wire.Submission {
	w.t.Helper()
	sub := w.submission(i, folios...)
	w.mustPut(i, sub)
	w.anchor(sub)
	return sub
}

// filled makes a submission of n folios with one small record each, and beside it as
// much as a vault takes.
func (w *world) filled(n, envelopes int) *wire.Submission {
	sub := w.submission(0, plainFolio(stele.Allergies, 2020, 1, 1))
	sub.Folios = nil
	for range n {
		f := w.folio(plainFolio(stele.Allergies, 2020, 1, 1))
		f.Capsule, f.Envelopes = make([]byte, maxCapsule), nil
		for range envelopes {
			key := sha256.Sum256(nil)
			f.Envelopes = append(f.Envelopes, &wire.Envelope{KeyId: key[:], Sealed: make([]byte, maxSmall)})
		}
		sub.Folios = append(sub.Folios, f)
	}
	return w.rehead(sub)
}

// rehead signs a submission for the folios that it has, under a new id.
func (w *world) rehead(sub *wire.Submission) *wire.Submission {
	var heads [][]byte
	records := uint32(0)
	for _, f := range sub.Folios {
		heads, records = append(heads, f.Head), records+uint32(len(f.Records))
	}
	id, root := stele.NewIDOf(w.writeGrant[:]), proof.SubmissionRoot(heads)
	count := seal.Commit(seal.Salt(sub.CountSalt), seal.TagCount, binary.BigEndian.AppendUint32(nil, records))
	return w.resign(sub, w.writeKey, func(h *wire.SubmissionHead) {
		h.Submission, h.Root, h.CountCommitment = id[:], root[:], count[:]
	})
}
