package vault

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/proof"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// The bytes that the last release wrote are tested in devnet (testdata/last-release.sh).

// earlier makes a submission as wallets of the last release did: its id is bound to no
// grant, and its head says how many records there are.
func (w *world) earlier(home int, change func(*wire.SubmissionHead), folios ...leafs) *wire.Submission {
	sub := w.submission(home, folios...)
	h, id, salt := headOf(sub), stele.NewID(), seal.NewSalt()
	h.Submission, h.CountCommitment, h.Content, h.CountSalt = id[:], nil, nil, salt[:]
	for _, f := range sub.Folios {
		h.Records += uint32(len(f.Records))
	}
	change(h)
	return &wire.Submission{Head: wire.Sign(wire.TagSubmission, h, w.writeKey, w.sourceKey), Folios: sub.Folios}
}

func asItIs(*wire.SubmissionHead) {}

// laid writes a submission into a closed vault's folder as the last release did.
func (w *world) laid(i int, sub *wire.Submission) {
	w.t.Helper()
	d, err := readSubmission(chain, sub)
	if err != nil {
		w.t.Fatal(err)
	}
	name := newFileName(d.id)
	seg := appendBlock([]byte(magicEarlier), name, kindHead, binary.BigEndian.AppendUint64(nil, uint64(w.now().UnixMilli())), wire.Marshal(sub.Head))
	keys := []byte(magicKeys)
	for _, f := range sub.Folios {
		seg = appendBlock(seg, name, kindFolio, wire.Marshal(proof.WithoutRecords(f)))
	}
	for j, f := range sub.Folios {
		for k, record := range f.Records {
			handle, key := d.handles[j][k], seal.NewErasureKey()
			seg = appendBlock(seg, name, kindRecord, handle[:], seal.Wrap(&key, handle, wire.Marshal(record)))
			keys = appendBlock(keys, name, kindKey, handle[:], key[:])
		}
	}
	for folder, raw := range map[string][]byte{"segments": appendEnd(seg, name), "keys": appendEnd(keys, name)} {
		if err := os.WriteFile(filepath.Join(w.sites[i].folder, folder, name.String()), raw, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestLaw8ASubmissionOfTheLastReleaseIsServedAndMended: it is read where it lies, copies go
// to members that lost theirs, and the patient is told what its source signed for.
func TestLaw8ASubmissionOfTheLastReleaseIsServedAndMended(t *testing.T) {
	w := newWorld(t, 3, 2)
	sub := w.earlier(0, asItIs, plainFolio(stele.Results, 2024, 3, 40), plainFolio(stele.Problems, 2023, 2, 10))
	w.anchor(sub)
	w.close(0)
	w.laid(0, sub)
	w.open(0)
	w.readable(0, sub)
	if found := w.fsck(0, false); len(found) > 0 {
		t.Errorf("%v", found)
	}
	for _, i := range []int{1, 2} {
		w.fsck(i, true)
		w.readable(i, sub)
	}

	list, err := w.v(1).ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(1, w.patientKey)})
	if err != nil || len(list.Submissions) != 1 || len(list.Folios) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	signed, err := proof.CheckSubmission(chain, w.patient, list.Submissions[0].Head)
	if err != nil || signed.CheckCount(list.Submissions[0].CountSalt, 5) != nil || signed.CheckCount(list.Submissions[0].CountSalt, 4) == nil {
		t.Errorf("what its source signed for does not show: %v", err)
	}

	segments, err := filepath.Glob(filepath.Join(w.sites[0].folder, "segments", "*"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	raw, err := os.ReadFile(segments[0])
	if err == nil {
		raw[len(raw)/2] ^= 1
		err = os.WriteFile(segments[0], raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found := w.fsck(0, true); len(found) == 0 || !found[0].Repaired {
		t.Errorf("%v", found)
	}
	w.readable(0, sub)
}

// TestR44NobodyDeliversAsTheLastReleaseDid: its form is taken where the ledger has the
// anchor, which can only be of then, and what holds together as it did then.
func TestR44NobodyDeliversAsTheLastReleaseDid(t *testing.T) {
	w := newWorld(t, 2, 1)
	folio := plainFolio(stele.Results, 2024, 3, 40)
	fresh := w.earlier(0, asItIs, folio)
	_, err := w.put(0, fresh)
	kind(t, err, stele.KindInvalid)
	kind(t, w.copyTo(1, fresh), stele.KindInvalid)
	w.anchor(fresh)
	_, err = w.put(0, fresh)
	kind(t, err, stele.KindInvalid)
	if err := w.copyTo(1, fresh); err != nil {
		t.Errorf("a copy of what is anchored: %v", err)
	}

	for name, change := range map[string]func(*wire.SubmissionHead){
		"another number of records": func(h *wire.SubmissionHead) { h.Records++ },
		"no number":                 func(h *wire.SubmissionHead) { h.Records = 0 },
		"no salt":                   func(h *wire.SubmissionHead) { h.CountSalt = nil },
		"a commitment, too":         func(h *wire.SubmissionHead) { h.CountCommitment = make([]byte, 32) },
		"another root":              func(h *wire.SubmissionHead) { h.Root = make([]byte, 32) },
	} {
		sub := w.earlier(0, change, folio)
		w.anchor(sub)
		if err := w.copyTo(1, sub); stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A head of today tells no number, which every reader would see.
	for name, change := range map[string]func(*wire.SubmissionHead){
		"a number": func(h *wire.SubmissionHead) { h.Records = 3 },
		"a salt":   func(h *wire.SubmissionHead) { h.CountSalt = make([]byte, 32) },
	} {
		_, err := w.put(0, w.resign(w.submission(0, folio), w.writeKey, change))
		if stele.KindOf(err) != stele.KindInvalid {
			t.Errorf("a head of today with %s: %v", name, err)
		}
	}
}

// copyTo sends member i a copy, as member 0 does.
func (w *world) copyTo(i int, sub *wire.Submission) error {
	raw := wire.Marshal(sub)
	sum := sha256.Sum256(raw)
	_, err := w.v(i).PutCopy(context.Background(), &wire.PutCopyRequest{
		Request:    w.v(0).request(w.sites[i].line, &wire.MemberRequest{Ask: &wire.MemberRequest_PutCopy{PutCopy: &wire.PutCopy{Digest: sum[:]}}}),
		Submission: raw,
	})
	return err
}
