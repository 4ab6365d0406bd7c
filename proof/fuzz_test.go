package proof

import (
	"bytes"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// FuzzFolio has a vault answer with heads, labels, leaves and records of its own
// making. Only what was anchored is believed; everything else is KindProof.
func FuzzFolio(f *testing.F) {
	records, head := sealedFolio(3)
	salt := seal.NewSalt()
	label := wire.Marshal(&wire.Label{Category: "results", Year: 2026})
	commitment := seal.Commit(salt, seal.TagLabel, label)
	head.LabelCommitment = commitment[:]
	raw, opening := wire.Marshal(head), &wire.LabelOpening{Salt: salt[:], Label: label}
	root := SubmissionRoot([][]byte{raw, []byte("another folio")})
	path, err := merkle.InclusionOf([]stele.Digest{FolioLeaf(raw), FolioLeaf([]byte("another folio"))}, 0)
	if err != nil {
		f.Fatal(err)
	}
	item := &wire.FolioItem{Head: raw, Label: opening, Index: 0, Folios: 2, Path: joined(path)}
	answer := &wire.GetRecordsResponse{Records: records}
	part := &wire.GetRecordsResponse{Records: records[1:2]}
	for _, r := range records {
		leaf := RecordLeaf(r)
		part.Leaves = append(part.Leaves, leaf[:])
	}
	f.Add(wire.Marshal(item), wire.Marshal(answer))
	f.Add(wire.Marshal(item), wire.Marshal(part))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, rawItem, rawAnswer []byte) {
		var i wire.FolioItem
		var a wire.GetRecordsResponse
		if wire.Decode(rawItem, &i) != nil || wire.Decode(rawAnswer, &a) != nil {
			return
		}
		got, err := CheckFolio(root, i.Head, i.Index, i.Folios, i.Path)
		if err == nil && (!bytes.Equal(i.Head, raw) || i.Index != 0) {
			t.Fatal("a folio is believed that was not anchored")
		}
		if err != nil {
			wantProof(t, "hostile folio", err)
			got = head
		}
		if l, err := CheckLabel(head, i.Label); err != nil {
			wantProof(t, "hostile label", err)
		} else if l.Category != "results" {
			t.Fatal("another label is believed")
		}
		mine := func(r *wire.SealedRecord) bool {
			for _, m := range records {
				if RecordLeaf(m) == RecordLeaf(r) {
					return true
				}
			}
			return false
		}
		if err := CheckRecords(got, a.Records); err != nil {
			wantProof(t, "hostile records", err)
		} else if len(a.Records) != 3 {
			t.Fatal("not all records, and believed")
		}
		if places, err := CheckPart(got, a.Records, a.Leaves); err != nil {
			wantProof(t, "hostile part", err)
		} else if len(places) != len(a.Records) {
			t.Fatal("places are missing")
		}
		for n, r := range a.Records {
			switch err := CheckRecord(got, MaterialOf(r), uint32(n), a.Leaves); {
			case err != nil:
				wantProof(t, "hostile record", err)
			case !mine(r):
				t.Fatal("a record is believed that is not the folio's")
			}
			if err := CheckResource(MaterialOf(r), i.Head, r.Cover); err != nil {
				wantProof(t, "hostile resource", err)
			}
		}
	})
}

// FuzzReceipt has a member answer with receipts, proofs and anchors of its own
// making.
func FuzzReceipt(f *testing.F) {
	v, trustee := fourVoters(), wire.Ed25519FromSeed([32]byte{1})
	key, trusted := wire.Key(trustee.Public()), v.trusted(f)
	poster := stele.SubjectOf([]byte("member"))
	receipt := wire.Sign(wire.TagReceipt, &wire.Receipt{Member: poster[:], Height: 7}, trustee)
	root, batch, submission := receiptsRoot([]*wire.Signed{receipt}), stele.ID{8}, stele.ID{9}
	b := &book{}
	b.add(0, poster, 0, 0, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{KeyDocument: []byte("member")}}})
	b.add(0, poster, 1, 0, &wire.Event{Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{Batch: batch[:], Root: root[:], Count: 1}}})
	light := v.block(f, 10, b.appHash(), v)
	f.Add(wire.Marshal(&wire.ReceiptProof{Receipt: receipt, Batch: batch[:], Count: 1, Entry: b.entry(f, 0, 1, 9, light)}),
		wire.Marshal(&wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{Submission: submission[:], Root: root[:]}}}))
	f.Add(wire.Marshal(&wire.ReceiptProof{Receipt: receipt}), []byte{})
	f.Fuzz(func(t *testing.T, rawProof, rawEvent []byte) {
		var p wire.ReceiptProof
		if wire.Decode(rawProof, &p) == nil {
			r, _, err := checkReceipt(trusted, key, &p)
			switch {
			case err == nil && (r.Height != 7 || !bytes.Equal(p.Receipt.Body, receipt.Body)):
				t.Fatal("a receipt is believed that nobody signed")
			case err != nil && stele.KindOf(err) != stele.KindNotFound:
				wantProof(t, "hostile receipt", err)
			}
		}
		var e wire.Event
		if wire.Decode(rawEvent, &e) == nil {
			if got, err := CheckAnchor(&e, submission); err != nil {
				wantProof(t, "hostile anchor", err)
			} else if !bytes.Equal(got[:], e.GetAnchored().Root) {
				t.Fatal("another root")
			}
		}
	})
}
