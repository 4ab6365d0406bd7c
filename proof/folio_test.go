package proof

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/wire"
)

// sealedFolio returns n records and their folio's head.
func sealedFolio(n int) ([]*wire.SealedRecord, *wire.FolioHead) {
	var records []*wire.SealedRecord
	for i := range n {
		records = append(records, &wire.SealedRecord{
			Suite: wire.SuiteSeal, Cover: []byte{1, byte(i)}, Ciphertext: []byte{2, byte(i)},
			PlaintextCommitment: []byte{3, byte(i)}, Provenance: []byte{4, byte(i)},
		})
	}
	root := RecordsRoot(records)
	return records, &wire.FolioHead{Suite: wire.SuiteSeal, RecordsRoot: root[:], Records: uint32(n)}
}

func TestLaw6RecordsAreAllOfTheFolio(t *testing.T) {
	records, head := sealedFolio(5)
	if err := CheckRecords(head, records); err != nil {
		t.Fatal(err)
	}
	wantProof(t, "one left out", CheckRecords(head, records[:4]))
	wantProof(t, "none", CheckRecords(head, nil))
	wantProof(t, "exchanged", CheckRecords(head, append(records[1:2:2], append(records[:1:1], records[2:]...)...)))
	more := proto.CloneOf(head)
	more.Records = 6
	wantProof(t, "a number that does not fit", CheckRecords(more, records))
	for name, spoil := range map[string]func(r *wire.SealedRecord){
		"cover":      func(r *wire.SealedRecord) { r.Cover = []byte{9} },
		"ciphertext": func(r *wire.SealedRecord) { r.Ciphertext = []byte{9} },
		"commitment": func(r *wire.SealedRecord) { r.PlaintextCommitment = []byte{9} },
		"provenance": func(r *wire.SealedRecord) { r.Provenance = []byte{9} },
		"suite":      func(r *wire.SealedRecord) { r.Suite = 2 },
	} {
		records, head := sealedFolio(5)
		spoil(records[3])
		wantProof(t, name, CheckRecords(head, records))
		leaves := []stele.Digest{}
		clean, _ := sealedFolio(5)
		for _, r := range clean {
			leaves = append(leaves, RecordLeaf(r))
		}
		path, err := merkle.InclusionOf(leaves, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckRecord(head, MaterialOf(clean[3]), 3, joined(path)); err != nil {
			t.Fatal(err)
		}
		wantProof(t, "one record: "+name, CheckRecord(head, MaterialOf(records[3]), 3, joined(path)))
		wantProof(t, "one record, other place", CheckRecord(head, MaterialOf(clean[3]), 2, joined(path)))
	}
}

// TestLaw6APartOfAFolioIsInOrder takes some records of a folio beside the leaves of all.
func TestLaw6APartOfAFolioIsInOrder(t *testing.T) {
	for what, c := range map[string]struct {
		records []int
		spoil   func(head *wire.FolioHead, leaves [][]byte) [][]byte
		want    string // their places; "" where they are refused
	}{
		"all":                    {[]int{0, 1, 2, 3, 4}, nil, "[0 1 2 3 4]"},
		"some":                   {[]int{1, 4}, nil, "[1 4]"},
		"none":                   {nil, nil, "[]"},
		"exchanged":              {[]int{4, 1}, nil, ""},
		"one twice":              {[]int{1, 1}, nil, ""},
		"the last twice":         {[]int{4, 4}, nil, ""},
		"a leaf left out":        {[]int{1}, func(_ *wire.FolioHead, leaves [][]byte) [][]byte { return leaves[:4] }, ""},
		"a leaf of another":      {[]int{1}, func(_ *wire.FolioHead, leaves [][]byte) [][]byte { leaves[0] = leaves[1]; return leaves }, ""},
		"more than its head":     {[]int{1}, func(head *wire.FolioHead, leaves [][]byte) [][]byte { head.Records = 4; return leaves }, ""},
		"fewer than its head":    {[]int{1}, func(head *wire.FolioHead, leaves [][]byte) [][]byte { head.Records = 6; return leaves }, ""},
		"a leaf that is no hash": {[]int{1}, func(_ *wire.FolioHead, leaves [][]byte) [][]byte { leaves[0] = leaves[0][:31]; return leaves }, ""},
	} {
		records, head := sealedFolio(5)
		var digests []stele.Digest
		var some []*wire.SealedRecord
		for _, r := range records {
			digests = append(digests, RecordLeaf(r))
		}
		for _, i := range c.records {
			some = append(some, records[i])
		}
		leaves := joined(digests)
		if c.spoil != nil {
			leaves = c.spoil(head, leaves)
		}
		places, err := CheckPart(head, some, leaves)
		if c.want == "" {
			wantProof(t, what, err)
		} else if got := fmt.Sprint(places); err != nil || got != c.want {
			t.Errorf("%s: at %s, want %s: %v", what, got, c.want, err)
		}
	}
}

// TestR34UnknownSuitesAreRefused has objects that fit together in every way but
// are of a suite that this program does not know.
func TestR34UnknownSuitesAreRefused(t *testing.T) {
	records, head := sealedFolio(1)
	records[0].Suite = 7
	root := RecordsRoot(records)
	head.RecordsRoot = root[:]
	wantProof(t, "record", CheckRecords(head, records))
	wantProof(t, "one record", CheckRecord(head, MaterialOf(records[0]), 0, nil))

	head.Suite = 7
	raw := wire.Marshal(head)
	_, err := CheckFolio(SubmissionRoot([][]byte{raw}), raw, 0, 1, nil)
	wantProof(t, "folio", err)
	head.Suite = wire.SuiteSeal
	raw = wire.Marshal(head)
	if _, err := CheckFolio(SubmissionRoot([][]byte{raw}), raw, 0, 1, nil); err != nil {
		t.Error(err)
	}
	_, err = CheckFolio(SubmissionRoot([][]byte{{0xff}}), []byte{0xff}, 0, 1, nil)
	wantProof(t, "not a head", err)
}

func TestAnchorIsTheSubmissions(t *testing.T) {
	id, root := stele.ID{1}, stele.Digest{2}
	event := &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{Submission: id[:], Root: root[:]}}}
	if got, err := CheckAnchor(event, id); err != nil || got != root {
		t.Errorf("%v, %v", got, err)
	}
	_, err := CheckAnchor(event, stele.ID{3})
	wantProof(t, "another submission", err)
	_, err = CheckAnchor(&wire.Event{}, id)
	wantProof(t, "another kind of event", err)
	_, err = CheckAnchor(nil, id)
	wantProof(t, "no event", err)
}

func TestR6ReceiptStandsUnderWhatItsMemberPosted(t *testing.T) {
	v, trustee := fourVoters(), wire.Ed25519FromSeed([32]byte{1})
	key, trusted := wire.Key(trustee.Public()), v.trusted(t)
	// posting posts three receipts of the member with key document m in the log of
	// the one with key document by, and proves the second.
	posting := func(m, by string, count uint32) *wire.ReceiptProof {
		member, poster := stele.SubjectOf([]byte(m)), stele.SubjectOf([]byte(by))
		var receipts []*wire.Signed
		var leaves []stele.Digest
		for i := range int64(3) {
			r := wire.Sign(wire.TagReceipt, &wire.Receipt{Member: member[:], Height: i}, trustee)
			receipts, leaves = append(receipts, r), append(leaves, ReceiptLeaf(r))
		}
		root, batch := receiptsRoot(receipts), stele.ID{8}
		b := &book{}
		b.add(0, poster, 0, 0, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{KeyDocument: []byte(by)}}})
		b.add(0, poster, 1, 0, &wire.Event{Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{Batch: batch[:], Root: root[:], Count: count}}})
		path, err := merkle.InclusionOf(leaves, 1)
		if err != nil {
			t.Fatal(err)
		}
		return &wire.ReceiptProof{
			Receipt: receipts[1], Batch: batch[:], Index: 1, Count: 3, Path: joined(path),
			Entry: b.entry(t, 0, 1, 5, v.block(t, 6, b.appHash(), v)),
		}
	}
	r, entry, err := checkReceipt(trusted, key, posting("m", "m", 3))
	if err != nil || r.Height != 1 || entry.Event.Event.Height != 1 {
		t.Fatalf("%v, %v, %v", r, entry, err)
	}
	refuse := func(name string, key stele.PublicKey, p *wire.ReceiptProof) {
		_, _, err := checkReceipt(trusted, key, p)
		wantProof(t, name, err)
	}
	refuse("posted by another member", key, posting("m", "other", 3))
	refuse("another number posted", key, posting("m", "m", 4))
	refuse("another trustee", wire.Key(wire.Ed25519FromSeed([32]byte{2}).Public()), posting("m", "m", 3))
	for name, spoil := range map[string]func(p *wire.ReceiptProof){
		"other place":       func(p *wire.ReceiptProof) { p.Index = 0 },
		"other receipt":     func(p *wire.ReceiptProof) { p.Receipt = wire.Sign(wire.TagReceipt, &wire.Receipt{}, trustee) },
		"two signatures":    func(p *wire.ReceiptProof) { signTwice(p.Receipt, trustee) },
		"path":              func(p *wire.ReceiptProof) { p.Path[0][0] ^= 1 },
		"malformed path":    func(p *wire.ReceiptProof) { p.Path[0] = nil },
		"other batch":       func(p *wire.ReceiptProof) { p.Batch[0] ^= 1 },
		"event":             func(p *wire.ReceiptProof) { p.Entry.Event[3] ^= 1 },
		"an event beside":   func(p *wire.ReceiptProof) { p.Entry.Seq = 0 },
		"no entry":          func(p *wire.ReceiptProof) { p.Entry = nil },
		"unsigned":          func(p *wire.ReceiptProof) { p.Receipt.Signatures = nil },
		"no receipt at all": func(p *wire.ReceiptProof) { p.Receipt = nil },
	} {
		p := posting("m", "m", 3)
		spoil(p)
		refuse(name, key, p)
	}
	p := posting("m", "m", 3)
	p.Batch, p.Entry = nil, nil
	if r, _, err := checkReceipt(trusted, key, p); stele.KindOf(err) != stele.KindNotFound || r == nil {
		t.Errorf("a receipt that is not posted yet: %v, %v", r, err)
	}
}

func signTwice(s *wire.Signed, by wire.Signer) {
	other := wire.SignBytes(wire.TagReceipt, s.Body, by, wire.Ed25519FromSeed([32]byte{3}))
	s.Signatures = other.Signatures
}

// checkReceipt is what an account does with a receipt: it is the trustee's, and stands
// under the root that its member posted.
func checkReceipt(t Trusted, trustee stele.PublicKey, p *wire.ReceiptProof) (*wire.Receipt, Entry, error) {
	receipt, err := OpenReceipt(trustee, p.GetReceipt())
	if err != nil {
		return nil, Entry{}, err
	}
	entry, err := CheckPosting(t, receipt, p)
	if stele.KindOf(err) != stele.KindNotFound && err != nil {
		return nil, Entry{}, err
	}
	return receipt, entry, err
}

// receiptsRoot is the root of a batch of receipts, in order.
func receiptsRoot(receipts []*wire.Signed) stele.Digest {
	var f merkle.Frontier
	for _, r := range receipts {
		f.Append(ReceiptLeaf(r))
	}
	return f.Root()
}
