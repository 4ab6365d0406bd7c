package proof

import (
	"bytes"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// ReceiptLeaf is the leaf hash of a receipt in its batch's tree: over the tagged
// hash of its body, which is what the trustee signs.
func ReceiptLeaf(receipt *wire.Signed) stele.Digest {
	d := wire.Hash(wire.TagReceipt, receipt.GetBody())
	return merkle.LeafHash(d[:])
}

// OpenReceipt checks that a receipt is signed by the trustee's key alone, and
// returns it. It fails with KindProof.
func OpenReceipt(trustee stele.PublicKey, receipt *wire.Signed) (*wire.Receipt, error) {
	const op = "check receipt"
	r := &wire.Receipt{}
	keys, err := wire.Open(wire.TagReceipt, receipt, r)
	if err != nil {
		return nil, stele.E(op, stele.KindProof, "the receipt's signature is wrong", err)
	}
	if len(keys) != 1 || keys[0] != trustee {
		return nil, stele.E(op, stele.KindProof, "the receipt is not signed by its trustee", nil)
	}
	return r, nil
}

// CheckPosting checks that a receipt, which is known to be its trustee's, stands
// under the root that its member posted. It fails with KindProof, and with KindNotFound
// when it is not posted yet.
func CheckPosting(t Trusted, receipt *wire.Receipt, p *wire.ReceiptProof) (Entry, error) {
	if len(p.GetBatch()) == 0 {
		return Entry{}, stele.E("check receipt", stele.KindNotFound, "the receipt is not on the ledger yet", nil)
	}
	entry, err := CheckEntry(t, p.Entry)
	if err != nil {
		return Entry{}, err
	}
	return entry, CheckPosted(entry, receipt, p)
}

// CheckPosted is CheckPosting for an entry that was checked before: many receipts
// stand under one. It fails with KindProof. It checks that the entry posts the batch that holds the receipt.
func CheckPosted(entry Entry, receipt *wire.Receipt, p *wire.ReceiptProof) error {
	const op = "check receipt"
	posted := entry.Event.Event.GetReceiptsPosted()
	if posted == nil || !bytes.Equal(posted.Batch, p.Batch) || posted.Count != p.Count {
		return stele.E(op, stele.KindProof, "the event does not post the receipt's batch", nil)
	}
	if !bytes.Equal(receipt.Member, entry.Head.Subject[:]) {
		return stele.E(op, stele.KindProof, "the batch was posted by another member", nil)
	}
	root, err := stele.DigestFrom(posted.Root)
	if err != nil {
		return stele.E(op, stele.KindProof, "the posting is malformed", err)
	}
	path, err := split(op, p.Path)
	if err != nil {
		return err
	}
	if err := merkle.VerifyInclusion(ReceiptLeaf(p.Receipt), uint64(p.Index), uint64(p.Count), path, root); err != nil {
		return stele.E(op, stele.KindProof, "the receipt does not stand under the posted root", err)
	}
	return nil
}
