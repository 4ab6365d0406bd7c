package proof

import (
	"crypto/sha256"
	"hash"
	"io"
	"iter"
	"time"
	"unicode/utf8"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// Export writes what a patient takes home: one file, a JSON object per line,
// that holds everything and verifies offline (R15). The methods are called in
// the order in which they stand here, each as often as needed; another order
// fails with KindInvalid. What is written is not checked: run [Verify] on it.
type Export struct {
	w      io.Writer
	sum    hash.Hash
	before string // kind of the line before
	err    error
}

// NewExport begins an export of the subject's chart. genesis is the network's
// genesis document; made is the time of writing.
func NewExport(w io.Writer, subject stele.Subject, genesis []byte, made time.Time) (*Export, error) {
	g, err := ReadGenesis(genesis)
	if err != nil {
		return nil, err
	}
	e := &Export{w: w, sum: sha256.New()}
	return e, e.write(kindOpening, openingLine{
		Kind: kindOpening, Version: ExportVersion, Chain: g.Trusted.Chain(), Fingerprint: g.Fingerprint,
		Subject: subject, MadeMS: made.UnixMilli(), Genesis: string(genesis),
	})
}

// Light adds a header with its commit and validators: first those that lead from
// the genesis over changes of validators, then those that prove logs, from the
// oldest to the newest, each once.
func (e *Export) Light(light *wire.LightBlock) error {
	lb, err := decodeLight(light)
	if err != nil {
		return err
	}
	validators, err := plainValidators(light.Validators)
	if err != nil {
		return err
	}
	return e.write(kindLight, lightLine{
		Kind: kindLight, Height: lb.Height, SignedHeader: light.SignedHeader, Validators: validators,
	})
}

// Log adds a whole log: its head, whose header must have been added, and all its
// events in order.
func (e *Export) Log(head *wire.HeadProof, events iter.Seq2[Event, error]) error {
	const op = "write export"
	subject, err := stele.SubjectFrom(head.GetSubject())
	if err != nil {
		return err
	}
	digests, err := split(op, append([][]byte{head.Root}, head.Path...))
	if err != nil {
		return err
	}
	if err := e.write(kindLog, logLine{
		Kind: kindLog, Subject: subject, Height: head.Height, Leaf: head.Leaf, Leaves: head.Leaves, Size: head.Size,
		Root: digests[0], Path: digests[1:],
	}); err != nil {
		return err
	}
	n := uint64(0)
	for event, err := range events {
		if err != nil {
			return e.fail(err)
		}
		if err := e.write(kindEvent, eventLine{Kind: kindEvent, Seq: n, Event: event.Raw}); err != nil {
			return err
		}
		n++
	}
	if n != head.Size {
		return e.fail(stele.E(op, stele.KindInvalid, "an export holds whole logs", nil))
	}
	return nil
}

// Grant adds a grant's document with the salt of its commitment.
func (e *Export) Grant(grant stele.ID, document, salt []byte) error {
	if !utf8.Valid(document) {
		return e.fail(stele.E("write export", stele.KindInvalid, "a grant document is not UTF-8", nil))
	}
	return e.write(kindGrant, grantLine{Kind: kindGrant, Grant: grant, Document: string(document), Salt: salt})
}

// Submission adds what a source signed of a delivery. The salt of its count is left
// out where it opens nothing.
func (e *Export) Submission(item *wire.SubmissionItem) error {
	return e.write(kindFrom, fromLine{Kind: kindFrom, Signed: wire.Marshal(item.GetHead()), CountSalt: item.GetCountSalt()})
}

// OpenedRecord is a sealed record with what its reader found inside.
type OpenedRecord struct {
	Sealed   *wire.SealedRecord
	Salt     []byte // of the plaintext commitment; nil when the record was not opened
	Resource []byte // nil when the record was not opened
}

// Folio adds a folio with those of its records that were opened. records are all
// of the folio's, in order.
func (e *Export) Folio(f *wire.FolioItem, records []OpenedRecord) error {
	submission, err := stele.IDFrom(f.GetSubmission())
	if err != nil {
		return e.fail(err)
	}
	path, err := split("write export", f.Path)
	if err != nil {
		return e.fail(err)
	}
	if err := e.write(kindFolio, folioLine{
		Kind: kindFolio, Submission: submission, Index: f.Index, Folios: f.Folios, Head: f.Head,
		Label: f.GetLabel().GetLabel(), LabelSalt: f.GetLabel().GetSalt(), Path: path,
	}); err != nil {
		return err
	}
	leaves := make([]stele.Digest, len(records))
	for i, r := range records {
		leaves[i] = RecordLeaf(r.Sealed)
	}
	for i, r := range records {
		if r.Resource == nil {
			continue
		}
		if err := e.record(leaves, i, r); err != nil {
			return err
		}
	}
	return nil
}

func (e *Export) record(leaves []stele.Digest, i int, r OpenedRecord) error {
	if !utf8.Valid(r.Resource) {
		return e.fail(stele.E("write export", stele.KindInvalid, "a resource is not UTF-8", nil))
	}
	path, err := merkle.InclusionOf(leaves, i)
	if err != nil {
		return e.fail(err)
	}
	m := MaterialOf(r.Sealed)
	return e.write(kindRecord, recordLine{
		Kind: kindRecord, Index: uint32(i), Suite: m.Suite, Cover: m.Cover, CiphertextHash: m.CiphertextHash,
		PlaintextCommitment: m.PlaintextCommitment, Provenance: m.Provenance, Path: path,
		Salt: r.Salt, Resource: string(r.Resource),
	})
}

// Detail adds what a trustee kept of an access, opened by the patient.
func (e *Export) Detail(d *wire.Detail) error {
	return e.write(kindDetail, detailLine{Kind: kindDetail, Detail: wire.Marshal(d)})
}

// Receipt adds a trustee's receipt. The header of its entry must have been added
// with Light.
func (e *Export) Receipt(p *wire.ReceiptProof) error {
	p = proto.CloneOf(p)
	if p.Entry != nil {
		p.Entry.Light = nil
	}
	return e.write(kindReceipt, receiptLine{Kind: kindReceipt, Proof: wire.Marshal(p)})
}

// Close writes the last line. It does not close the writer.
func (e *Export) Close() error {
	return e.write(kindEnd, endLine{Kind: kindEnd, SHA256: stele.Digest(e.sum.Sum(nil))})
}

func (e *Export) write(kind string, line any) error {
	if e.err != nil {
		return e.err
	}
	if !mayFollow(e.before, kind) {
		return e.fail(stele.E("write export", stele.KindInvalid, "a "+kind+" line can't stand there", nil))
	}
	raw, err := encodeLine(line)
	if err != nil {
		return e.fail(stele.E("write export", stele.KindOther, "a line could not be encoded", err))
	}
	e.before = kind
	e.sum.Write(raw)
	if _, err := e.w.Write(raw); err != nil {
		return e.fail(stele.E("write export", stele.KindOther, "the file could not be written", err))
	}
	return nil
}

func (e *Export) fail(err error) error {
	e.err = err
	return err
}

// plainValidators writes a validator set without what no signature covers: the
// turns of proposers. A file has one form only.
func plainValidators(raw []byte) ([]byte, error) {
	var set cmtproto.ValidatorSet
	if err := set.Unmarshal(raw); err != nil || len(set.Validators) == 0 {
		return nil, headerError("the validators are not readable", err)
	}
	for _, v := range set.Validators {
		v.ProposerPriority = 0
	}
	set.Proposer, set.TotalVotingPower = set.Validators[0], 0
	return set.Marshal()
}
