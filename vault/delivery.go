package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Limits of a submission. The transport's own limit on messages lies above.
const (
	MaxBytes     = 192 << 20 // of all sealed records
	maxFolios    = 4096
	maxRecords   = 1 << 16
	maxCapsule   = 4 << 10
	maxEnvelopes = 64
	maxSmall     = 8 << 10  // bytes of a head, a cover, an envelope
	maxCover     = 1 << 10  // bytes
	maxVouched   = 64 << 10 // bytes of a provenance
)

// delivery is a submission that holds together: every hash in it was checked
// against the head that its signer signed.
type delivery struct {
	sub      *wire.Submission
	head     *wire.SubmissionHead
	id       stele.ID
	subject  stele.Subject
	grant    stele.ID
	home     stele.Subject
	root     stele.Digest
	signers  []stele.PublicKey // the anchor key and the source's
	heads    []*wire.FolioHead
	labels   []stele.Label // of the folios
	handles  [][]stele.ID
	consent  *wire.ShownGrant // what came with it; nil: nothing
	content  stele.Digest     // of all that the root does not cover
	added    []byte           // envelopes that came with a copy
	earlier  bool             // made by the last release: it can be here only because it is anchored
	records  int
	size     int // bytes of the sealed records
	bytes    []byte
	bytesSum stele.Digest
}

// readSubmission checks everything that needs no ledger. It fails with
// KindInvalid; the text names an element, never its value.
func readSubmission(chain string, sub *wire.Submission) (*delivery, error) {
	d := &delivery{sub: sub, head: &wire.SubmissionHead{}}
	keys, err := wire.Open(wire.TagSubmission, sub.GetHead(), d.head)
	if err != nil || len(keys) > 2 {
		return nil, unfit("head is not signed by the anchor key and the source")
	}
	d.signers = keys
	if err := d.readHead(chain); err != nil {
		return nil, err
	}
	// Folios' ids and records' handles are one set: key files find a key by its handle, readers a
	// folio by its id, and nothing may answer to the name of another.
	seen, raw := map[stele.ID]bool{}, make([][]byte, 0, len(sub.Folios))
	for i, f := range sub.Folios {
		if err := d.readFolio(i, f, seen); err != nil {
			return nil, err
		}
		raw = append(raw, f.Head)
	}
	d.content = proof.SubmissionContent(sub.Folios)
	switch {
	case d.earlier && d.records != int(d.head.Records):
		return nil, unfit("head.records is not the number of records")
	case !d.earlier && !asking.Opens(stele.Digest(d.head.CountCommitment), sub.CountSalt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(d.records))):
		return nil, unfit("countSalt does not open head.countCommitment to the number of records")
	case proof.SubmissionRoot(raw) != d.root:
		return nil, unfit("head.root is not the root over the folios")
	case !d.earlier && string(d.content[:]) != string(d.head.Content):
		return nil, unfit("head.content is not the digest over the folios without their records")
	}
	return d, nil
}

// unfit is why a submission is refused. It names elements, never what is in them: it may stand in a
// log.
func unfit(format string, args ...any) error {
	return stele.E("check submission", stele.KindInvalid, fmt.Sprintf(format, args...), nil).
		WithHint("the submission was made wrongly; nothing was stored")
}

func (d *delivery) readHead(chain string) (err error) {
	h := d.head
	if h.Chain != chain {
		return unfit("head.chain is another network's")
	}
	for _, read := range []func() error{
		func() error { d.id, err = stele.IDFrom(h.Submission); return err },
		func() error { d.subject, err = stele.SubjectFrom(h.Subject); return err },
		func() error { d.grant, err = stele.IDFrom(h.Grant); return err },
		func() error { d.home, err = stele.SubjectFrom(h.Home); return err },
		func() error { d.root, err = stele.DigestFrom(h.Root); return err },
	} {
		if read() != nil {
			return unfit("head has an id of the wrong length")
		}
	}
	// An id is its grant's: whoever holds a copy before the anchor cannot anchor something else
	// under it (R44).
	d.earlier = d.id != d.id.Of(d.grant[:])
	switch {
	case d.earlier && !proof.EarlierHead(h):
		return unfit("head.submission is not made for head.grant")
	case d.subject.IsZero():
		return unfit("head.subject is empty")
	case len(h.Source) != len(stele.Subject{}) || len(h.SourceSalt) != seal.SaltLen:
		return unfit("head.source or its salt has the wrong length")
	case !d.earlier && (len(h.CountCommitment) != len(stele.Digest{}) || len(h.CountSalt) > 0 || h.Records > 0):
		return unfit("head does not commit to the number of records, or tells it")
	case len(d.sub.Head.Body) > maxSmall || !wire.Known(d.sub) || !wire.Known(h):
		return unfit("head is too long or holds something unknown")
	case len(d.sub.Folios) == 0 || len(d.sub.Folios) > maxFolios:
		return unfit("%d folios, want 1 to %d", len(d.sub.Folios), maxFolios)
	}
	return nil
}

func (d *delivery) readFolio(i int, f *wire.Folio, seen map[stele.ID]bool) error {
	head := &wire.FolioHead{}
	if wire.Decode(f.GetHead(), head) != nil || !wire.Known(head) || len(f.Head) > maxSmall {
		return unfit("folios[%d].head is malformed", i)
	}
	id, err := stele.IDFrom(head.Folio)
	if err != nil || id.IsZero() || seen[id] {
		return unfit("folios[%d].head.folio is not an id of its own", i)
	}
	seen[id] = true
	if head.Suite != wire.SuiteSeal {
		return unfit("folios[%d].head.suite is unknown", i)
	}
	if err := checkOpenParts(i, f, head); err != nil {
		return err
	}
	label, ok := asking.ReadLabel(f.Label.Label)
	if !ok || string(label.Source[:]) != string(d.head.Source) {
		return unfit("folios[%d].label is malformed or of another source", i)
	}
	if len(f.Records) == 0 {
		return unfit("folios[%d] has no records", i)
	}
	if d.records += len(f.Records); d.records > maxRecords {
		return unfit("more than %d records", maxRecords)
	}
	handles := make([]stele.ID, len(f.Records))
	for j, r := range f.Records {
		if handles[j], err = d.readRecord(r); err != nil || seen[handles[j]] {
			return unfit("folios[%d].records[%d] is malformed, or its handle is not its own", i, j)
		}
		seen[handles[j]] = true
	}
	if proof.CheckRecords(head, f.Records) != nil {
		return unfit("folios[%d].head.recordsRoot is not the root over its records", i)
	}
	d.heads, d.handles, d.labels = append(d.heads, head), append(d.handles, handles), append(d.labels, label)
	return nil
}

// checkOpenParts checks what of a folio lies open and under no leaf. What is in capsule and
// envelopes nobody here can see: the head's content is all that holds them.
func checkOpenParts(i int, f *wire.Folio, head *wire.FolioHead) error {
	commitment, err := stele.DigestFrom(head.LabelCommitment)
	switch {
	case err != nil || !asking.Opens(commitment, f.Label.GetSalt(), seal.TagLabel, f.Label.GetLabel()):
		return unfit("folios[%d].label does not open its commitment", i)
	case len(f.Label.Label) > stele.MaxLabel:
		return unfit("folios[%d].label is too long", i)
	case len(head.KeyCommitment) != 32:
		return unfit("folios[%d].head.keyCommitment has the wrong length", i)
	case len(f.Capsule) == 0 || len(f.Capsule) > maxCapsule:
		return unfit("folios[%d].capsule has the wrong length", i)
	case len(f.Envelopes) > maxEnvelopes:
		return unfit("folios[%d] has more than %d envelopes", i, maxEnvelopes)
	}
	for _, e := range f.Envelopes {
		if len(e.GetKeyId()) != 32 || len(e.Sealed) == 0 || len(e.Sealed) > maxSmall {
			return unfit("folios[%d].envelopes has a malformed one", i)
		}
	}
	return nil
}

// readRecord checks one record's shape and returns its handle.
func (d *delivery) readRecord(r *wire.SealedRecord) (stele.ID, error) {
	var cover wire.Cover
	if wire.Decode(r.GetCover(), &cover) != nil || !wire.Known(&cover) {
		return stele.ID{}, unfit("malformed")
	}
	d.size += len(r.Ciphertext) + len(r.Cover) + len(r.Provenance) + 256
	switch {
	case r.Suite != wire.SuiteSeal, len(r.PlaintextCommitment) != 32, len(r.Cover) > maxCover, len(r.Provenance) > maxVouched,
		uint64(len(r.Ciphertext)) != uint64(cover.Size)+seal.RecordOverhead, d.size > MaxBytes:
		return stele.ID{}, unfit("malformed")
	}
	handle, err := stele.IDFrom(cover.Handle)
	if err == nil && handle.IsZero() {
		err = unfit("malformed")
	}
	return handle, err
}

// encoded returns the submission's bytes for another member and their SHA-256.
func (d *delivery) encoded() ([]byte, stele.Digest) {
	if d.bytes == nil {
		d.bytes = wire.Marshal(d.sub)
		d.bytesSum = sha256.Sum256(d.bytes)
	}
	return d.bytes, d.bytesSum
}

// row returns the delivery's row without its places in the segment.
func (d *delivery) row(name fileName, received int64) *row {
	r := &row{
		File: name, Subject: d.subject, Grant: d.grant, Root: d.root, Home: d.home, Content: d.content,
		Received: received, Records: d.records,
	}
	for i, h := range d.heads {
		r.Folios = append(r.Folios, folioRow{ID: stele.ID(h.Folio), Records: len(d.handles[i])})
	}
	return r
}
