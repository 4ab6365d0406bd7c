package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/merkle"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// world is a ledger and a vault small enough to hold in one's head: a member, a
// patient with one anchored submission of two folios, an access that was
// permitted, one that was refused, and a receipt.
type world struct {
	genesis   []byte
	voters    *voters
	book      *book
	lights    []*wire.LightBlock
	runners   *wire.LogProof // the consortium's log; nil to leave it out
	logs      []*wire.LogProof
	patient   stele.Subject
	grant     stele.ID
	from      []*wire.SubmissionItem
	document  []byte
	salt      []byte
	items     []*wire.FolioItem
	records   [][]OpenedRecord
	details   []*wire.Detail
	receipts  []*wire.ReceiptProof
	resources []string
}

const proofHeight = 9

func makeWorld(t testing.TB, v *voters, labelled ...stele.Subject) *world {
	t.Helper()
	return makeWorldOf(t, v, []int{3, 1}, labelled...)
}

// makeWorldOf is a world whose submission has folios of so many records.
func makeWorldOf(t testing.TB, v *voters, folios []int, labelled ...stele.Subject) *world {
	t.Helper()
	return makeWorldRun(t, v, folios, nil, labelled...)
}

// makeWorldRun is a world in which others run the network from heights on.
func makeWorldRun(t testing.TB, v *voters, folios []int, later func(*wire.Genesis) []*wire.Event, labelled ...stele.Subject) *world {
	t.Helper()
	w := &world{voters: v, document: []byte(`{"resourceType":"Consent","status":"active"}`), grant: stele.ID{7}}
	trustee := wire.Ed25519FromSeed([32]byte{1})
	memberKeys := wire.Marshal(&wire.KeyDocument{Devices: []*wire.Device{{Signing: memberSigner.Public()}}, Salt: []byte("member's key document")})
	patientKeys := []byte("patient's key document")
	member := stele.SubjectOf(memberKeys)
	w.patient = stele.SubjectOf(patientKeys)
	founding := &wire.Genesis{Chain: testChain, Members: []*wire.Member{{
		KeyDocument: memberKeys, Kind: "hospital", Trustee: trustee.Public(),
	}}, Issuers: []*wire.PublicKey{issuerSigner.Public()}}
	w.genesis = v.genesis(t, founding)

	b := &book{}
	consortium := stele.SubjectOf(wire.Marshal(founding))
	b.add(0, consortium, 0, 0, wire.Founded(wire.Marshal(founding), founding))
	if later != nil {
		for i, e := range later(founding) {
			b.add(0, consortium, e.Height, uint32(10+i), e)
		}
	}
	b.add(1, member, 0, 1, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 1, KeyDocument: memberKeys}}})
	b.add(2, w.patient, 2, 0, &wire.Event{Event: &wire.Event_SubjectCreated{SubjectCreated: &wire.SubjectCreated{Leaf: 2, KeyDocument: patientKeys}}})
	salt := seal.NewSalt()
	w.salt = salt[:]
	commitment := seal.Commit(salt, seal.TagGrant, w.document)
	b.add(2, w.patient, 3, 0, &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
		Grant: w.grant[:], Action: uint32(stele.ActionRead), Commitment: commitment[:],
	}}})
	w.deliver(t, b, member, append(labelled, member)[0], folios)
	receipt := w.access(b, member, trustee)
	root := receiptsRoot([]*wire.Signed{receipt})
	batch := stele.ID{5}
	b.add(1, member, 7, 0, &wire.Event{Event: &wire.Event_ReceiptsPosted{ReceiptsPosted: &wire.ReceiptsPosted{Batch: batch[:], Root: root[:], Count: 1}}})

	w.book, w.receipts = b, []*wire.ReceiptProof{{Receipt: receipt, Batch: batch[:], Index: 0, Count: 1}}
	w.prove(t)
	return w
}

// prove proves what the book says, by one header.
func (w *world) prove(t testing.TB) {
	w.lights = []*wire.LightBlock{w.voters.block(t, proofHeight+1, w.book.appHash(), w.voters)}
	w.runners = w.book.log(t, 0, 0, proofHeight, w.lights[0])
	w.logs = []*wire.LogProof{w.book.log(t, 2, 0, proofHeight, w.lights[0])}
	w.receipts[0].Entry = w.book.entry(t, 1, 1, proofHeight, w.lights[0])
}

// memberSigner and anchorSigner are the member's own key and the one that the
// patient's write grant to it names, issuerSigner who signs cards.
var memberSigner, anchorSigner, issuerSigner = wire.Ed25519FromSeed([32]byte{2}), wire.Ed25519FromSeed([32]byte{3}), wire.Ed25519FromSeed([32]byte{5})

// deliver anchors a submission of folios with so many records.
func (w *world) deliver(t testing.TB, b *book, member, labelled stele.Subject, folios []int) {
	t.Helper()
	submission, grant := stele.ID{4}, stele.ID{8}
	b.add(2, w.patient, 3, 1, &wire.Event{Event: &wire.Event_GrantGiven{GrantGiven: &wire.GrantGiven{
		Grant: grant[:], Action: uint32(stele.ActionWrite), Grantee: anchorSigner.Public(),
	}}})
	var heads [][]byte
	records := 0
	for f, n := range folios {
		records += n
		key, salt := seal.NewKey(), seal.NewSalt()
		label := wire.Marshal(&wire.Label{Category: string(stele.Results), Year: 2026, Source: labelled[:]})
		labelCommitment, keyCommitment := seal.Commit(salt, seal.TagLabel, label), key.Commitment()
		var sealed []*wire.SealedRecord
		var opened []OpenedRecord
		for i := range n {
			resource := []byte(`{"resourceType":"Observation","note":"<ü�> ` + string(rune('a'+len(w.resources))) + `"}`)
			handle := stele.ID{byte(f), byte(i)}
			cover := wire.Marshal(&wire.Cover{Handle: handle[:], Type: "Observation", Size: uint32(len(resource))})
			ciphertext, plain := seal.SealRecord(&key, handle, cover, resource)
			r := &wire.SealedRecord{Suite: wire.SuiteSeal, Cover: cover, Ciphertext: ciphertext, PlaintextCommitment: plain[:]}
			_, recordSalt, err := seal.OpenRecord(&key, handle, cover, ciphertext, plain)
			if err != nil {
				t.Fatal(err)
			}
			sealed = append(sealed, r)
			opened = append(opened, OpenedRecord{Sealed: r, Salt: recordSalt[:], Resource: resource})
			w.resources = append(w.resources, string(resource))
		}
		root := RecordsRoot(sealed)
		folio := stele.ID{byte(f), 1}
		head := wire.Marshal(&wire.FolioHead{
			Suite: wire.SuiteSeal, Folio: folio[:], LabelCommitment: labelCommitment[:], KeyCommitment: keyCommitment[:],
			RecordsRoot: root[:], Records: uint32(n),
		})
		heads = append(heads, head)
		w.records = append(w.records, opened)
		w.items = append(w.items, &wire.FolioItem{
			Submission: submission[:], Head: head, Index: uint32(f), Folios: uint32(len(folios)),
			Label: &wire.LabelOpening{Label: label, Salt: salt[:]},
		})
	}
	root, leaves := SubmissionRoot(heads), make([]stele.Digest, len(heads))
	for i, h := range heads {
		leaves[i] = FolioLeaf(h)
	}
	for i, item := range w.items {
		path, err := merkle.InclusionOf(leaves, i)
		if err != nil {
			t.Fatal(err)
		}
		item.Path = joined(path)
	}
	sourceSalt, countSalt := seal.NewSalt(), seal.NewSalt()
	source, count := seal.Commit(sourceSalt, seal.TagSource, member[:]), seal.Commit(countSalt, seal.TagCount, binary.BigEndian.AppendUint32(nil, uint32(records)))
	w.from = []*wire.SubmissionItem{{CountSalt: countSalt[:], Head: wire.Sign(wire.TagSubmission, &wire.SubmissionHead{
		Chain: testChain, Submission: submission[:], Subject: w.patient[:], Grant: grant[:], Root: root[:], Source: member[:],
		SourceSalt: sourceSalt[:], CountCommitment: count[:], Home: member[:],
	}, anchorSigner, memberSigner)}}
	b.add(2, w.patient, 4, 0, &wire.Event{Event: &wire.Event_Anchored{Anchored: &wire.Anchored{
		Submission: submission[:], Grant: grant[:], Root: root[:], SourceCommitment: source[:], CountCommitment: count[:],
	}}})
}

// access puts a permitted and a refused access into the patient's log and
// returns the receipt for the first.
func (w *world) access(b *book, member stele.Subject, trustee wire.Signer) *wire.Signed {
	var receipt *wire.Signed
	for i, permitted := range []bool{true, false} {
		request, salt := stele.ID{1, byte(i)}, seal.NewSalt()
		detail := wire.Marshal(&wire.AccessDetail{Request: request[:], Subject: w.patient[:], Purpose: string(stele.Treatment)})
		commitment := seal.Commit(salt, seal.TagDetail, detail)
		kept := &wire.Detail{
			Member: member[:], Released: permitted, Request: request[:], Grant: w.grant[:], Detail: detail, DetailSalt: salt[:],
		}
		if permitted {
			receipt = wire.Sign(wire.TagReceipt, &wire.Receipt{
				Chain: testChain, Member: member[:], Request: request[:], Subject: w.patient[:], Grant: w.grant[:], Height: 5,
			}, trustee)
			kept.Receipt = receipt
			b.add(2, w.patient, 5, 0, &wire.Event{Event: &wire.Event_AccessPermitted{AccessPermitted: &wire.AccessPermitted{
				Request: request[:], Grant: w.grant[:], DetailCommitment: commitment[:],
			}}})
		} else {
			b.add(2, w.patient, 6, 0, &wire.Event{Event: &wire.Event_AccessRefused{AccessRefused: &wire.AccessRefused{
				Request: request[:], Grant: w.grant[:], DetailCommitment: commitment[:], Refusal: wire.Refusal_REFUSAL_ENDED,
			}}})
		}
		w.details = append(w.details, kept)
	}
	return receipt
}

// export writes w's file.
func (w *world) export(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := NewExport(&out, w.patient, w.genesis, testStart)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(err)
	for _, l := range w.lights {
		check(e.Light(l))
	}
	for _, p := range append([]*wire.LogProof{w.runners}, w.logs...) {
		if p == nil {
			continue
		}
		check(e.Log(p.Head, eventsOf(p)))
	}
	if w.document != nil {
		check(e.Grant(w.grant, w.document, w.salt))
	}
	for _, s := range w.from {
		check(e.Submission(s))
	}
	for i, item := range w.items {
		check(e.Folio(item, w.records[i]))
	}
	for _, d := range w.details {
		check(e.Detail(d))
	}
	for _, r := range w.receipts {
		check(e.Receipt(r))
	}
	check(e.Close())
	return out.Bytes()
}

func TestR15ExportVerifiesOffline(t *testing.T) {
	w := makeWorld(t, fourVoters())
	file := w.export(t)
	r, err := Verify(iotest.OneByteReader(bytes.NewReader(file)), Expect{Fingerprint: sha256.Sum256(w.genesis)})
	if err != nil {
		t.Fatal(err)
	}
	type counts struct{ Events, Grants, Records, Accesses, Receipts int }
	want := counts{6, 1, 4, 2, 1}
	if diff := cmp.Diff(want, counts{r.Events, r.Grants, r.Records, r.Accesses, r.Receipts}); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if r.FromFile || r.Height != proofHeight+1 || r.Subject != w.patient || r.Chain != testChain || len(r.Notes) != 0 || !r.OK() {
		t.Errorf("report is %+v", r)
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	for _, name := range []string{"file digest", "file format", "genesis", "header 10", "log of " + w.patient.String(), "record 4", "receipt 1", "submission " + stele.ID{4}.String()} {
		if !slices.Contains(names, name) {
			t.Errorf("no step %q in %q", name, names)
		}
	}
	// A patient's tools find the resources as they were written.
	for line := range strings.Lines(string(file)) {
		var l struct{ Kind, Resource string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Kind == "record" {
			if l.Resource != w.resources[0] {
				t.Errorf("resource is %s, want %s", l.Resource, w.resources[0])
			}
			w.resources = w.resources[1:]
		}
	}
	if len(w.resources) != 0 {
		t.Errorf("%d resources are not in the file", len(w.resources))
	}
}

func TestExportNamesItsTrust(t *testing.T) {
	w := makeWorld(t, fourVoters())
	file := w.export(t)
	r, err := Verify(bytes.NewReader(file), Expect{})
	if err != nil || !r.FromFile || !strings.Contains(r.Steps[2].Text, "taken from the file") {
		t.Errorf("%v, %+v", err, r.Steps)
	}
	_, err = Verify(bytes.NewReader(file), Expect{Fingerprint: stele.Digest{1}})
	wantProof(t, "another network", err)
	if !strings.Contains(err.Error(), "genesis") {
		t.Errorf("the error does not name the step: %v", err)
	}
}

// TestR15AnyFlippedBitOfAnExportIsCaught flips every bit of every byte.
func TestR15AnyFlippedBitOfAnExportIsCaught(t *testing.T) {
	w := makeWorld(t, newVoters("alone"))
	w.items, w.records, w.details = w.items[1:], w.records[1:], w.details[:1] // one line of each kind is enough
	file := w.export(t)
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			bad := bytes.Clone(file)
			for i := worker; i < len(bad); i += workers {
				for bit := range 8 {
					bad[i] ^= 1 << bit
					_, err := Verify(bytes.NewReader(bad), Expect{})
					bad[i] ^= 1 << bit
					if stele.KindOf(err) != stele.KindProof {
						t.Errorf("bit %d of byte %d, in %q: %v", bit, i, bad[max(0, i-20):min(len(bad), i+20)], err)
						return
					}
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d bits", 8*len(file))
}

// TestLaw6ForgedExportIsCaught flips bits and then writes the right digest, as a
// forger would: now signatures, trees and commitments must catch it. Nothing
// proves when the file was made, nor what a member says beside the committed
// detail; all else is caught.
func TestLaw6ForgedExportIsCaught(t *testing.T) {
	file := makeWorld(t, newVoters("alone")).export(t)
	body := file[:lastLine(file)]
	made := bytes.Index(body, []byte(`"made_ms":`))
	details := bytes.Index(body, []byte(`{"kind":"detail"`))
	receipts := bytes.Index(body, []byte(`{"kind":"receipt"`))
	forged, passed := 0, 0
	// Every byte, one of its bits: all bits take too long here.
	for i := range body {
		bad := bytes.Clone(body)
		bad[i] ^= 1 << (i % 7)
		sum := sha256.Sum256(bad)
		end, err := encodeLine(endLine{Kind: kindEnd, SHA256: sum})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(io.MultiReader(bytes.NewReader(bad), bytes.NewReader(end)), Expect{Fingerprint: sha256.Sum256(fileGenesis(t, file))})
		switch {
		case err != nil:
			wantProof(t, "forged", err)
			forged++
			if !r.Steps[0].OK && i != len(body)-1 { // the last byte ends the line before
				t.Fatalf("the digest was not written again: %v", r.Steps[0])
			}
		case i > made && i < made+30, i > details && i < receipts:
			passed++
		default:
			t.Errorf("byte %d was changed and nothing noticed: %q", i, body[max(0, i-20):min(len(body), i+20)])
		}
	}
	t.Logf("%d forgeries caught, %d in what nothing proves", forged, passed)
}

func fileGenesis(t *testing.T, file []byte) []byte {
	t.Helper()
	_, line, err := decodeLine(file[:bytes.IndexByte(file, '\n')+1])
	if err != nil {
		t.Fatal(err)
	}
	return []byte(line.(*openingLine).Genesis)
}

// sayMore adds a field that no version has: what no check reads has no place in a
// file that is said to have been checked.
func sayMore(m proto.Message) {
	m.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 999, protowire.BytesType), []byte("checked by nobody")))
}

func TestExportOfALieNamesTheStep(t *testing.T) {
	for name, c := range map[string]struct {
		step  string
		spoil func(w *world)
	}{
		"event left out":            {"log of", func(w *world) { p := w.logs[0]; p.Events = p.Events[:4]; p.Head.Size = 4 }},
		"no header":                 {"log of", func(w *world) { w.logs[0].Head.Height = 20 }},
		"log twice":                 {"log of", func(w *world) { w.logs = append(w.logs, w.logs[0]) }},
		"header signed by few":      {"header 10", func(w *world) { w.lights[0] = fewSigned(t, w) }},
		"headers out of order":      {"header 10", func(w *world) { w.lights = append(w.lights, w.lights[0]) }},
		"other grant document":      {"grant", func(w *world) { w.document = []byte("{}") }},
		"unknown grant":             {"grant", func(w *world) { w.grant = stele.ID{} }},
		"other resource":            {"record 2", func(w *world) { w.records[0][1].Resource = []byte("{}") }},
		"other salt":                {"record 2", func(w *world) { w.records[0][1].Salt = make([]byte, 32) }},
		"short salt":                {"record 2", func(w *world) { w.records[0][1].Salt = nil }},
		"unknown suite":             {"record 1", func(w *world) { w.records[0][0].Sealed.Suite = 9 }},
		"other label":               {"folio 1", func(w *world) { w.items[1].Label.Label = nil }},
		"detail says more":          {"detail 1", func(w *world) { sayMore(w.details[0]) }},
		"receipt says more":         {"receipt 1", func(w *world) { sayMore(w.receipts[0]) }},
		"signed by the source only": {"submission", func(w *world) { w.from[0].Head = wire.SignBytes(wire.TagSubmission, w.from[0].Head.Body, memberSigner) }},
		"signed for another": {"submission", func(w *world) {
			w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Subject = make([]byte, 20) })
		}},
		"signed elsewhere":          {"submission", func(w *world) { w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Chain = "best" }) }},
		"signed for another root":   {"submission", func(w *world) { w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Root[0] ^= 1 }) }},
		"signed for another grant":  {"submission", func(w *world) { w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Grant[0] ^= 1 }) }},
		"signed for another source": {"submission", func(w *world) { w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Source[0] ^= 1 }) }},
		"signed for another count": {"submission", func(w *world) {
			w.from[0].Head, w.from[0].CountSalt = redelivered(w, func(h *wire.SubmissionHead) { h.CountCommitment[0] ^= 1 }), nil
		}},
		"signed, not anchored":  {"submission", func(w *world) { w.from[0].Head = redelivered(w, func(h *wire.SubmissionHead) { h.Submission[0] ^= 1 }) }},
		"a salt of no count":    {"submission", func(w *world) { w.from[0].CountSalt[0] ^= 1 }},
		"submission twice":      {"submission", func(w *world) { w.from = append(w.from, w.from[0]) }},
		"submission says more":  {"submission", func(w *world) { sayMore(w.from[0].Head) }},
		"unknown submission":    {"folio 0", func(w *world) { w.items[0].Submission = make([]byte, 16) }},
		"folio twice":           {"folio 0", func(w *world) { w.items[1], w.records[1] = w.items[0], w.records[0] }},
		"more folios":           {"folio 0", func(w *world) { w.items[0].Folios, w.items[0].Index = 1, 0 }},
		"other detail":          {"detail 1", func(w *world) { w.details[0].Detail = nil }},
		"released, refused":     {"detail 2", func(w *world) { w.details[1].Released = true }},
		"released, not logged":  {"detail 1", func(w *world) { w.details[0].Request = make([]byte, 16); w.details[0].Receipt = nil }},
		"detail's receipt":      {"detail 1", func(w *world) { w.details[0].Receipt.Signatures[0].Signature[0] ^= 1 }},
		"detail of another":     {"detail 1", func(w *world) { w.details[0].Member = make([]byte, 20) }},
		"detail, other receipt": {"detail 1", func(w *world) { w.details[0].Receipt = forRequest(w, stele.ID{77}) }},
		"receipt of another":    {"receipt 1", func(w *world) { w.receipts[0].Receipt = about(w, stele.Subject{1}, testChain) }},
		"receipt elsewhere":     {"receipt 1", func(w *world) { w.receipts[0].Receipt = about(w, w.patient, "other") }},
		"receipt, no access":    {"receipt 1", func(w *world) { w.receipts[0].Receipt = forRequest(w, stele.ID{77}) }},
		"receipt, refused":      {"receipt 1", func(w *world) { w.receipts[0].Receipt = forRequest(w, stele.ID(w.details[1].Request)) }},
		"other log's subject":   {"log of", func(w *world) { w.logs[0].Head.Subject = make([]byte, 20) }},
		"other words, no card":  {"detail 2", func(w *world) { w.details[1].Detail = wire.Marshal(&wire.AccessDetail{Reason: "x"}) }},
		"receipt's signature":   {"receipt 1", func(w *world) { w.receipts[0].Receipt = resigned(w.receipts[0].Receipt) }},
		"receipt's batch":       {"receipt 1", func(w *world) { w.receipts[0].Batch[0] ^= 1 }},
		"receipt's place":       {"receipt 1", func(w *world) { w.receipts[0].Index = 1 }},
		"receipt, other header": {"receipt 1", func(w *world) { w.receipts[0].Entry.Head.Height = 20 }},
		"receipt without entry": {"receipt 1", func(w *world) { w.receipts[0].Entry = nil }},
		"another's log only":    {"grant", func(w *world) { w.patient = stele.Subject{8} }},
	} {
		w := makeWorld(t, fourVoters())
		c.spoil(w)
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
		wantProof(t, name, err)
		if first := firstFailed(r); !strings.HasPrefix(first, c.step) || !strings.Contains(err.Error(), first) {
			t.Errorf("%s: first failed step is %q, want %q: %v", name, first, c.step, err)
		}
	}
}

// redelivered is the world's delivery signed again after a change.
func redelivered(w *world, change func(*wire.SubmissionHead)) *wire.Signed {
	h := new(wire.SubmissionHead)
	if err := wire.Decode(w.from[0].Head.Body, h); err != nil {
		panic(err)
	}
	change(h)
	return wire.Sign(wire.TagSubmission, h, anchorSigner, memberSigner)
}

// TestR45ExportSaysWhoDelivered notes what a label says that nobody signed, and
// what nobody signed at all.
func TestR45ExportSaysWhoDelivered(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*world)
		note   string
	}{
		"the truth":            {func(*world) {}, ""},
		"nobody signed":        {func(w *world) { w.from = nil }, "nobody's signature"},
		"the anchor key alone": {func(w *world) { w.from[0].Head = wire.SignBytes(wire.TagSubmission, w.from[0].Head.Body, anchorSigner) }, "is not proved"},
		"a label of another":   {func(w *world) { *w = *makeWorld(t, fourVoters(), stele.Subject{9}) }, "believe the second"},
		"nobody says how many": {func(w *world) { w.from[0].CountSalt = nil }, ""},
		"a folio is left out":  {func(w *world) { w.items, w.records, w.from[0].CountSalt = w.items[:1], w.records[:1], make([]byte, 32) }, "1 of 2 folios"},
	} {
		w := makeWorld(t, fourVoters())
		c.change(w)
		sources := map[stele.Subject]bool{}
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{Each: func(p Proved) { sources[p.Source] = true }})
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if nobody := what == "nobody signed"; len(sources) != 1 || sources[stele.Subject{}] != nobody || sources[stele.Subject{9}] {
			t.Errorf("%s: the records are said to be of %v", what, sources)
		}
		if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
			t.Errorf("%s: notes are %q", what, notes)
		}
	}
}

func firstFailed(r Report) string {
	for _, s := range r.Steps {
		if !s.OK {
			return s.Name
		}
	}
	return "none"
}

// fewSigned is the world's header with the signatures of two of four.
func fewSigned(t *testing.T, w *world) *wire.LightBlock {
	lb, err := DecodeLight(w.lights[0])
	if err != nil {
		t.Fatal(err)
	}
	return encoded(t, w.voters.sign(t, lb.Header, "aacc"))
}

// resigned is a receipt signed by somebody else.
func resigned(s *wire.Signed) *wire.Signed {
	return wire.SignBytes(wire.TagReceipt, s.Body, wire.Ed25519FromSeed([32]byte{99}))
}

// about is a true receipt of the world's trustee about another chart.
func about(w *world, subject stele.Subject, chain string) *wire.Signed {
	r := &wire.Receipt{}
	if err := wire.Decode(w.receipts[0].Receipt.Body, r); err != nil {
		panic(err)
	}
	w.receipts[0].Batch = nil
	r.Subject, r.Chain = subject[:], chain
	return wire.Sign(wire.TagReceipt, r, wire.Ed25519FromSeed([32]byte{1}))
}

// forRequest is a true receipt of the world's trustee for another request.
func forRequest(w *world, request stele.ID) *wire.Signed {
	r := &wire.Receipt{}
	if err := wire.Decode(w.receipts[0].Receipt.Body, r); err != nil {
		panic(err)
	}
	w.receipts[0].Batch = nil
	r.Request = request[:]
	return wire.Sign(wire.TagReceipt, r, wire.Ed25519FromSeed([32]byte{1}))
}

func TestExportNotesWhatIsNotThere(t *testing.T) {
	w := makeWorld(t, fourVoters())
	w.items, w.records, w.details, w.receipts, w.document = w.items[:1], w.records[:1], nil, nil, nil
	r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(r.Notes, "\n")
	if !strings.Contains(notes, "of 1 access on the ledger") || !strings.Contains(notes, "1 of 2 folios") {
		t.Errorf("notes are %q", notes)
	}
	w.lights, w.runners, w.logs, w.items, w.records, w.from = nil, nil, nil, nil, nil, nil
	_, err = Verify(bytes.NewReader(w.export(t)), Expect{})
	wantProof(t, "an export without a log", err)
}

// TestR15NoExportHidesFoliosBehindAnotherNumber: a root does not say how many leaves
// it is over, and the last of five stands as well as the second of two.
func TestR15NoExportHidesFoliosBehindAnotherNumber(t *testing.T) {
	for _, salt := range []bool{true, false} {
		w := makeWorldOf(t, fourVoters(), []int{1, 1, 1, 1, 1})
		w.items, w.records = []*wire.FolioItem{w.items[4], w.items[0]}, [][]OpenedRecord{w.records[4], w.records[0]}
		w.items[0].Index, w.items[0].Folios = 1, 2
		if !salt {
			w.from[0].CountSalt = nil
		}
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
		if err != nil {
			continue // it may also be refused
		}
		if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "folios are in the file") {
			t.Errorf("two of five folios pass for all, with a salt %v: notes are %q", salt, notes)
		}
	}
}

// TestR15AFolioStandsOnce: in whatever place.
func TestR15AFolioStandsOnce(t *testing.T) {
	w := makeWorldOf(t, fourVoters(), []int{1, 1, 1, 1, 1})
	again := proto.CloneOf(w.items[4])
	again.Index, again.Folios = 1, 2
	w.items, w.records = append(w.items[2:], again), append(w.records[2:], w.records[4]) // the place is free
	r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
	wantProof(t, "a folio twice, in two places", err)
	if first := firstFailed(r); !strings.HasPrefix(first, "folio 1") {
		t.Errorf("first failed step is %q", first)
	}
}

// TestR15AsOfIsTheLogs: newer headers say nothing of a log that ends before them.
func TestR15AsOfIsTheLogs(t *testing.T) {
	w := makeWorld(t, fourVoters())
	w.lights = append(w.lights, w.voters.block(t, proofHeight+50, stele.Digest{1}, w.voters))
	r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Height != proofHeight+1 {
		t.Errorf("the report says that it is as of header %d; the log is proved by header %d", r.Height, proofHeight+1)
	}
}

// redigested is a file with the right digest at its end, as a forger would write.
func redigested(t testing.TB, body string) []byte {
	t.Helper()
	end, err := encodeLine(endLine{Kind: kindEnd, SHA256: sha256.Sum256([]byte(body))})
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte(body), end...)
}

func TestExportFormatIsStrict(t *testing.T) {
	file := string(makeWorld(t, newVoters("alone")).export(t))
	lines := slices.Collect(strings.Lines(file))
	n := len(lines)
	for name, text := range map[string]string{
		"empty":             "",
		"only a newline":    "\n",
		"cut short":         strings.Join(lines[:n-1], ""),
		"no last newline":   strings.TrimSuffix(file, "\n"),
		"more at the end":   file + "\n",
		"two ends":          file + lines[n-1],
		"not JSON":          "hello\n",
		"upper-case digest": strings.Join(lines[:n-1], "") + strings.ReplaceAll(strings.ToUpper(lines[n-1]), `"KIND":"END","SHA256"`, `"kind":"end","sha256"`),
	} {
		r, err := Verify(strings.NewReader(text), Expect{})
		wantProof(t, name, err)
		if last := r.Steps[len(r.Steps)-1]; last.Name != "file format" || last.OK {
			t.Errorf("%s: what is in it is judged, as far as %q", name, last.Name)
		}
	}
	body := strings.Join(lines[:n-1], "")
	replace := func(old, new string) string { return strings.Replace(body, old, new, 1) }
	for name, c := range map[string]struct{ step, body string }{
		"unknown field":   {"file format", replace(`"version":3`, `"version":3,"more":1`)},
		"doubled field":   {"file format", replace(`"version":3`, `"version":3,"version":3`)},
		"other case":      {"file format", replace(`"version"`, `"Version"`)},
		"a space":         {"file format", replace(`"version":3`, `"version": 3`)},
		"another escape":  {"file format", replace(`"kind":"light"`, `"kind":"l\u0069ght"`)},
		"no such kind":    {"file format", replace(`"kind":"light"`, `"kind":"lamp"`)},
		"wrong type":      {"file format", replace(`"version":3`, `"version":"2"`)},
		"lines exchanged": {"file format", strings.Join(append([]string{lines[1], lines[0]}, lines[2:n-1]...), "")},
		"a line twice":    {"file format", strings.Join(append([]string{lines[0], lines[0]}, lines[1:n-1]...), "")},
		"an end inside":   {"file format", lines[0] + lines[n-1] + strings.Join(lines[1:n-1], "")},
		"unknown version": {"genesis", replace(`"version":3`, `"version":4`)},
		"version 0":       {"genesis", replace(`"version":3`, `"version":0`)},
		"other chain":     {"genesis", replace(`"chain":"stele-test"`, `"chain":"stele-best"`)},
		"other height":    {"header 11", replace(`"light","height":10`, `"light","height":11`)},
		"other numbers":   {"log of", replace(`"event","seq":3`, `"event","seq":4`)},
		"nothing":         {"file format", ""},
	} {
		r, err := Verify(bytes.NewReader(redigested(t, c.body)), Expect{})
		wantProof(t, name, err)
		if first := firstFailed(r); !strings.HasPrefix(first, c.step) {
			t.Errorf("%s: first failed step is %q, want %q", name, first, c.step)
		}
	}
}

// TestExportHoldsNothingUnsigned: whose turn it is to propose is in CometBFT's
// validator sets and under no signature; a file that carries it is refused.
func TestExportHoldsNothingUnsigned(t *testing.T) {
	w := makeWorld(t, fourVoters())
	plain, err := plainValidators(w.lights[0].Validators)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(plain, w.lights[0].Validators) {
		t.Fatal("the test's validators have no turns")
	}
	body := string(w.export(t))
	body = body[:lastLine([]byte(body))]
	one, two := base64.StdEncoding.EncodeToString(plain), base64.StdEncoding.EncodeToString(w.lights[0].Validators)
	r, err := Verify(bytes.NewReader(redigested(t, strings.Replace(body, one, two, 1))), Expect{})
	wantProof(t, "validators with turns", err)
	if firstFailed(r) != "header 10" {
		t.Errorf("first failed step is %q", firstFailed(r))
	}
}

// TestExportCountsOnlyWhatChecks exchanges record lines and damages a folio: what
// hangs under it must not count as checked.
func TestExportCountsOnlyWhatChecks(t *testing.T) {
	file := string(makeWorld(t, newVoters("alone")).export(t))
	lines := slices.Collect(strings.Lines(file))
	first := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `{"kind":"record"`) })
	body := func() []string { return slices.Clone(lines[:len(lines)-1]) }

	twice := slices.Insert(body(), first, lines[first])
	r, err := Verify(bytes.NewReader(redigested(t, strings.Join(twice, ""))), Expect{})
	wantProof(t, "a record twice", err)
	if firstFailed(r) != "record 2" || r.Records != 4 {
		t.Errorf("a record twice: %q, %d records", firstFailed(r), r.Records)
	}

	damaged := body()
	second := first + 3 // the second folio's line
	damaged[second] = strings.Replace(damaged[second], `"index":1`, `"index":0`, 1)
	r, err = Verify(bytes.NewReader(redigested(t, strings.Join(damaged, ""))), Expect{})
	wantProof(t, "a damaged folio", err)
	if last := r.Steps[slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == "record 4" })]; last.OK || last.Text != "its folio did not check" || r.Records != 3 {
		t.Errorf("under a damaged folio: %+v, %d records", last, r.Records)
	}
}

// TestNothingHangsOnALogThatIsNotWhole: what a log says that lacks its end is forgotten,
// and nothing in the file is said to hold by it. A log that stands there twice was whole.
func TestNothingHangsOnALogThatIsNotWhole(t *testing.T) {
	for what, c := range map[string]struct {
		spoil   func(*world)
		records int
	}{
		"an event left out": {func(w *world) { p := w.logs[0]; p.Events, p.Head.Size = p.Events[:5], 5 }, 0},
		"twice":             {func(w *world) { w.logs = append(w.logs, w.logs[0]) }, 4},
	} {
		w := makeWorld(t, fourVoters())
		c.spoil(w)
		r, err := Verify(bytes.NewReader(w.export(t)), Expect{})
		wantProof(t, what, err)
		if r.Records != c.records || (r.Grants == 0) != (c.records == 0) || (r.Receipts == 0) != (c.records == 0) {
			t.Errorf("%s: %d records, %d grants and %d receipts hold", what, r.Records, r.Grants, r.Receipts)
		}
	}
}

func TestExportPassesOnFailures(t *testing.T) {
	broken := errors.New("disk")
	_, err := Verify(iotest.ErrReader(broken), Expect{})
	if !errors.Is(err, broken) || stele.KindOf(err) != stele.KindOther {
		t.Errorf("reader's failure: %v", err)
	}
	w := makeWorld(t, fourVoters())
	if _, err := NewExport(failingWriter{broken}, w.patient, w.genesis, testStart); !errors.Is(err, broken) {
		t.Errorf("writer's failure: %v", err)
	}
	e, err := NewExport(io.Discard, w.patient, w.genesis, testStart)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Log(w.logs[0].Head, eventsOf(w.logs[0])); stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("a log before its header: %v", err)
	}
	if err := e.Close(); err == nil {
		t.Error("a failed export was closed as if it were whole")
	}
}

// eventsOf are a proof's events as an export takes them.
func eventsOf(p *wire.LogProof) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for i, raw := range p.Events {
			if !yield(Event{Seq: uint64(i), Raw: raw}, nil) {
				return
			}
		}
	}
}

// lastLine returns where the last line begins.
func lastLine(raw []byte) int {
	return bytes.LastIndexByte(bytes.TrimSuffix(raw, []byte("\n")), '\n') + 1
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func FuzzVerify(f *testing.F) {
	file := makeWorld(f, newVoters("alone")).export(f)
	f.Add(file)
	f.Add([]byte(`{"kind":"end","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Verify(bytes.NewReader(raw), Expect{}); err != nil {
			wantProof(t, "hostile file", err)
		}
		// The same with the right digest, so that the rest is reached.
		body := raw[:lastLine(raw)]
		end, err := encodeLine(endLine{Kind: kindEnd, SHA256: sha256.Sum256(body)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(io.MultiReader(bytes.NewReader(body), bytes.NewReader(end)), Expect{}); err != nil {
			wantProof(t, "hostile file with its digest", err)
		}
	})
}

// TestAFileThatIsNoExportIsCalledThat and not one that was changed.
func TestAFileThatIsNoExportIsCalledThat(t *testing.T) {
	file := string(makeWorld(t, newVoters("alone")).export(t))
	for text, no := range map[string]bool{
		"": true, "# Stele\n": true, "{\"resourceType\":\"Bundle\"}\n{\"a\":1}": true,
		file[:len(file)/2]: false, "x\n" + file: false, strings.ReplaceAll(file, "\n", "\r\n"): false,
	} {
		_, err := Verify(strings.NewReader(text), Expect{})
		if stele.KindOf(err) != stele.KindProof || strings.Contains(stele.TextOf(err), noExport) != no || strings.Contains(stele.HintOf(err), "was changed") == no {
			t.Errorf("%.20q: %v; hint: %s", text, err, stele.HintOf(err))
		}
	}
}

// TestAFileOfAnotherNetworkOrReleaseIsCalledThat and not one that was changed: it may be
// whole, and to export again helps nobody.
func TestAFileOfAnotherNetworkOrReleaseIsCalledThat(t *testing.T) {
	file := string(makeWorld(t, newVoters("alone")).export(t))
	_, err := Verify(strings.NewReader(file), Expect{Fingerprint: stele.Digest{1}})
	if wantProof(t, "another network", err); !strings.Contains(stele.HintOf(err), "--network") {
		t.Errorf("another network: %v; hint: %s", err, stele.HintOf(err))
	}
	is := fmt.Sprintf(`"version":%d`, ExportVersion)
	newer := strings.Replace(file, is, fmt.Sprintf(`"version":%d`, ExportVersion+1), 1)
	body := newer[:strings.LastIndex(newer[:len(newer)-1], "\n")+1]
	end, err := encodeLine(endLine{Kind: kindEnd, SHA256: sha256.Sum256([]byte(body))})
	if err != nil || newer == file {
		t.Fatal(err, "no version in the file")
	}
	_, err = Verify(strings.NewReader(body+string(end)), Expect{})
	if wantProof(t, "a newer release", err); !strings.Contains(stele.HintOf(err), "newer stele") {
		t.Errorf("a newer release: %v; hint: %s", err, stele.HintOf(err))
	}
}

// TestAnExportMayLackAnyPart: whatever a chart has none of, the file is in its form, and
// what it holds checks.
func TestAnExportMayLackAnyPart(t *testing.T) {
	parts := []func(*world){
		func(w *world) { w.document = nil },
		func(w *world) { w.from = nil },
		func(w *world) { w.items, w.records = w.items[:1], w.records[:1] },
		func(w *world) { w.items, w.records = nil, nil },
		func(w *world) { closed(w.records, 0) },
		func(w *world) { closed(w.records, 1) },
		func(w *world) { w.details = nil },
		func(w *world) { w.receipts = nil },
	}
	for lacking := range 1 << len(parts) {
		w := makeWorld(t, newVoters("alone"))
		w.from[0].CountSalt = nil
		for i, lack := range parts {
			if lacking>>i&1 == 1 {
				lack(w)
			}
		}
		if _, err := Verify(bytes.NewReader(w.export(t)), Expect{}); err != nil {
			t.Errorf("without the parts %08b: %v", lacking, err)
		}
	}
}

// closed leaves none of a folio's records opened, if there is such a folio.
func closed(folios [][]OpenedRecord, i int) {
	if i < len(folios) {
		for r := range folios[i] {
			folios[i][r].Resource, folios[i][r].Salt = nil, nil
		}
	}
}

// TestLinesHaveOneOrder exchanges neighbours: lines of two kinds stand in one order only,
// but for folios and records, and events, of which the number says whose they are.
func TestLinesHaveOneOrder(t *testing.T) {
	lines := slices.Collect(strings.Lines(string(makeWorld(t, newVoters("alone")).export(t))))
	lines = lines[:len(lines)-1] // the digest is made anew
	kind := func(line string) string { return strings.Split(line, `"`)[3] }
	for i := range len(lines) - 1 {
		a, b := kind(lines[i]), kind(lines[i+1])
		if a == b || a == kindRecord || b == kindRecord || a == kindLog && kind(lines[i-1]) == kindEvent {
			continue
		}
		exchanged := slices.Clone(lines)
		exchanged[i], exchanged[i+1] = lines[i+1], lines[i]
		r, err := Verify(bytes.NewReader(redigested(t, strings.Join(exchanged, ""))), Expect{})
		wantProof(t, "lines exchanged", err)
		if first := firstFailed(r); first != "file format" {
			t.Errorf("%s before %s: first failed step is %q", b, a, first)
		}
	}
}

// TestAMembersKeysAreItsOwn: what one member signs, no other one has confirmed.
func TestAMembersKeysAreItsOwn(t *testing.T) {
	document := func(signers ...wire.Signer) []byte {
		d := &wire.KeyDocument{Salt: []byte("salt")}
		for _, s := range signers {
			d.Devices = append(d.Devices, &wire.Device{Signing: s.Public()})
		}
		return wire.Marshal(d)
	}
	stranger := wire.Ed25519FromSeed([32]byte{4})
	one, two := document(memberSigner, anchorSigner), document(stranger)
	history := History{{Consortium: &wire.Consortium{Members: []*wire.Member{{KeyDocument: one}, {KeyDocument: two}}}}}
	for who, want := range map[stele.Subject][]stele.PublicKey{
		stele.SubjectOf(one): {wire.Key(memberSigner.Public()), wire.Key(anchorSigner.Public())},
		stele.SubjectOf(two): {wire.Key(stranger.Public())},
		{9}:                  nil,
	} {
		if got := history.signing(who, 5); !slices.Equal(got, want) {
			t.Errorf("%v signs with %v, want %v", who, got, want)
		}
	}
}
