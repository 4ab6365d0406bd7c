package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// sound is a small submission on its way to the disk, and its world.
func sound(t testing.TB) (*world, *wire.Submission, *written) {
	w := newWorld(t, 1, 0)
	sub := w.submission(0, plainFolio(stele.Results, 2024, 2, 10), plainFolio(stele.Vitals, 2024, 1, 0))
	d, err := readSubmission(chain, sub)
	if err != nil {
		t.Fatal(err)
	}
	return w, sub, d.encode(7)
}

// What decodes is what was written, byte for byte: nothing else does.
func FuzzSegment(f *testing.F) {
	_, _, good := sound(f)
	keys, err := decodeKeys(good.row.File, good.keys)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.segment)
	f.Add(good.segment[:200])
	f.Add([]byte(magicSegment))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, row, err := decodeSegment(chain, good.row.File, raw, keys)
		if err == nil && (!bytes.Equal(raw, good.segment) || row.Size != good.row.Size) {
			t.Error("another segment passes")
		}
	})
}

func FuzzKeys(f *testing.F) {
	_, _, good := sound(f)
	f.Add(good.keys)
	f.Add(good.keys[:80])
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := decodeKeys(good.row.File, raw); err == nil && !bytes.Equal(raw, good.keys) {
			t.Error("another key file passes")
		}
	})
}

func FuzzSubmission(f *testing.F) {
	_, sub, _ := sound(f)
	f.Add(wire.Marshal(sub))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &wire.Submission{}
		if wire.Decode(raw, s) == nil {
			if d, err := readSubmission(chain, s); err == nil {
				d.encode(1)
			} else if stele.KindOf(err) != stele.KindInvalid {
				t.Error(err)
			}
		}
	})
}

func FuzzFileName(f *testing.F) {
	f.Add(newFileName(stele.NewID()).String())
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := parseFileName(text); ok && n.String() != text {
			t.Errorf("%q is read as %q", text, n)
		}
	})
}

// FuzzNotes reads the file of own fetches: damage is told, never taken for a note.
func FuzzNotes(f *testing.F) {
	path := "notes"
	good := vfs.NewMem()
	n, err := openNotes(good, path)
	if err != nil {
		f.Fatal(err)
	}
	for i := range 3 {
		if err := n.add(Fetch{At: time.UnixMilli(1_800_000_000_000), Subject: stele.Subject{byte(i)}, Records: i == 1, Count: 7}); err != nil {
			f.Fatal(err)
		}
	}
	if err := n.close(); err != nil {
		f.Fatal(err)
	}
	whole, err := readAll(good, path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		fs := vfs.NewMem()
		file, err := fs.Create(path, vfs.WriteCategoryUnspecified)
		if err == nil {
			_, err = file.Write(slices.Clone(raw)) // which may spoil what it is given, under the race detector
		}
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		n, err := openNotes(fs, path)
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		seen := 0
		if err := n.each(func(at int64, note *Fetch) {
			if note == nil {
				return
			}
			seen++
			if end := at + noteStride; end > int64(len(raw)) || noteOf(note, at) != string(raw[at:end]) {
				t.Errorf("a note at %d that was not written", at)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if seen > len(raw)/noteStride {
			t.Error("more notes than bytes")
		}
		if err := n.add(Fetch{At: time.UnixMilli(1), Subject: stele.Subject{9}}); err != nil {
			t.Fatal(err)
		}
	})
}

// noteOf is a note as it stands in the file.
func noteOf(f *Fetch, at int64) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(f.At.UnixMilli()))
	payload = append(payload, f.Subject[:]...)
	what := byte(0)
	if f.Records {
		what = 1
	}
	return string(noteBlock(at, binary.BigEndian.AppendUint32(append(payload, what), f.Count)))
}

// FuzzRow reads a row of the index that is damaged: it is refused, or a row of
// this submission that writes as it reads.
func FuzzRow(f *testing.F) {
	_, _, good := sound(f)
	raw, err := json.Marshal(good.row)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{}`))
	x, err := openPebble(vfs.NewMem(), "index", slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { x.close() })
	id := good.row.id()
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := x.db.Set(key(tabSubmission, id[:]), raw, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
		r, err := x.get(id)
		if err != nil {
			if stele.KindOf(err) != stele.KindProof {
				t.Fatal(err)
			}
		} else if r.id() != id {
			t.Fatal("another submission's row")
		}
		_ = x.rows(nil, func(*row) bool { return true })
	})
}

// FuzzRequests signs whatever a fuzzer makes with the keys that count and asks a
// vault. It answers or refuses with a kind; a reader gets no folio that the grant
// does not cover, and what is stored stays readable.
func FuzzRequests(f *testing.F) {
	w := newWorld(f, 2, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 2, 40), plainFolio(stele.Problems, 2023, 1, 40))
	r := w.reader(func(g *consent.Grant, _ *wire.AccessDetail) { g.Categories = []stele.Category{stele.Results} })
	member, other := w.sites[0].subject, w.sites[1].subject
	r.req.Audience = member[:]
	nonce := stele.ID{3}
	f.Add(uint8(0), wire.Marshal(r.req), []byte{})
	f.Add(uint8(1), wire.Marshal(r.req), nameIn(sub, 0))
	f.Add(uint8(2), wire.Marshal(&wire.OwnRequest{Chain: chain, Audience: member[:], Subject: w.patient[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:]}), []byte{})
	id := idOf(sub)
	f.Add(uint8(3), wire.Marshal(&wire.MemberRequest{
		Chain: chain, Audience: member[:], Member: other[:], AtMs: w.now().UnixMilli(), Nonce: nonce[:],
		Ask: &wire.MemberRequest_GetCopy{GetCopy: &wire.GetCopy{Submission: id[:]}},
	}), wire.Marshal(sub))
	f.Add(uint8(4), sub.Head.Body, wire.Marshal(sub))
	n := 0
	f.Fuzz(func(t *testing.T, which uint8, body, more []byte) {
		w.t = t
		v, ctx := w.v(0), context.Background()
		var err error
		switch which % 5 {
		case 0:
			var list *wire.ListFoliosResponse
			list, err = v.ListFolios(ctx, &wire.ListFoliosRequest{Request: wire.SignBytes(wire.TagRead, body, r.key, w.doctorKey)})
			if len(list.GetFolios()) > 1 {
				t.Fatal("a folio that the grant does not cover")
			}
		case 1:
			var got map[string][]*wire.SealedRecord
			got, err = collect(v, &wire.GetRecordsRequest{Request: wire.SignBytes(wire.TagRead, body, r.key, w.doctorKey), Folios: [][]byte{more}})
			if len(got) > 1 {
				t.Fatal("a folio that was not asked for")
			}
		case 2:
			_, err = v.ListOwn(ctx, &wire.ListOwnRequest{Request: wire.SignBytes(wire.TagOwn, body, w.patientKey)})
		case 3:
			signed := wire.SignBytes(wire.TagMember, body, w.sites[1].key)
			_, errGet := v.GetCopy(ctx, &wire.GetCopyRequest{Request: signed})
			_, errList := v.ListCopies(ctx, &wire.ListCopiesRequest{Request: signed})
			_, errPut := v.PutCopy(ctx, &wire.PutCopyRequest{Request: signed, Submission: more})
			if errGet != nil && errList != nil {
				err = errPut
			}
		case 4:
			s := new(wire.Submission)
			if wire.Decode(more, s) != nil {
				return
			}
			s.Head = wire.SignBytes(wire.TagSubmission, body, w.writeKey, w.sourceKey)
			_, err = v.PutSubmission(ctx, &wire.PutSubmissionRequest{Submission: s})
		}
		if err != nil && stele.KindOf(err) == stele.KindOther {
			t.Fatalf("refused without a kind: %v", err)
		}
		if n++; n%1000 == 0 {
			if err := w.readAll(0, sub); err != nil {
				t.Fatal(err)
			}
		}
	})
}
