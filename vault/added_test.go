package vault

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// brought is an envelope's form around a folio's key.
func brought(sub *wire.Submission, i int, key []byte, fill byte) *wire.AddedEnvelope {
	head, id := new(wire.FolioHead), seal.RecipientID(key)
	_ = wire.Decode(sub.Folios[i].Head, head)
	return &wire.AddedEnvelope{
		Submission: headOf(sub).Submission, Folio: head.Folio,
		Envelope: &wire.Envelope{KeyId: id[:], Sealed: bytes.Repeat([]byte{fill}, addedLen)},
	}
}

func (w *world) sealedEnvelopes(i int, all ...*wire.AddedEnvelope) *wire.SealedEnvelopes {
	s := w.sites[i].subject
	return &wire.SealedEnvelopes{Chain: chain, Audience: s[:], Subject: w.patient[:], AtMs: w.now().UnixMilli(), Envelopes: all}
}

func (w *world) bring(i int, m *wire.SealedEnvelopes, signers ...wire.Signer) error {
	_, err := w.v(i).PutEnvelopes(context.Background(), &wire.PutEnvelopesRequest{Request: wire.Sign(wire.TagEnvelopes, m, signers...)})
	return err
}

// listedFor are the bytes with which envelopes for a key begin that a vault lists to the patient,
// by place of the folio, 0 for none.
func (w *world) listedFor(i int, key []byte) (fills []byte) {
	w.t.Helper()
	out, err := w.v(i).ListOwn(context.Background(), &wire.ListOwnRequest{Request: w.own(i, w.patientKey)})
	if err != nil {
		w.t.Fatal(err)
	}
	id := seal.RecipientID(key)
	for _, f := range out.Folios {
		fill := byte(0)
		for _, e := range f.Envelopes {
			if string(e.KeyId) == string(id[:]) && len(e.Sealed) == addedLen {
				fill = e.Sealed[0]
			}
		}
		fills = append(fills, fill)
	}
	return fills
}

func (w *world) setPatientSeals(keys ...[]byte) {
	w.ledger.Change(func() {
		k := w.ledger.Subjects[w.patient]
		k.Seal = keys
		w.ledger.Subjects[w.patient] = k
	})
}

func newSealKey(t testing.TB) []byte {
	t.Helper()
	k, err := seal.NewSealKey()
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

// TestLaw8WhatAPatientBringsForHerFoliosStays: over a restart, the loss of the index and of the whole
// vault; the newest of a key and folio counts, and one of a key that is hers no more goes.
func TestLaw8WhatAPatientBringsForHerFoliosStays(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30), plainFolio(stele.Problems, 2023, 1, 30))
	mine, second := newSealKey(t), newSealKey(t)
	w.setPatientSeals(mine, second)
	want := func(i int, key []byte, fills ...byte) {
		t.Helper()
		if got := w.listedFor(i, key); !slices.Equal(got, fills) {
			t.Errorf("vault %d lists %v, want %v", i, got, fills)
		}
	}
	for i := range 2 {
		if err := w.bring(i, w.sealedEnvelopes(i, brought(sub, 0, mine, 1), brought(sub, 1, mine, 2), brought(sub, 1, mine, 3)), w.patientKey); err != nil {
			t.Fatal(err)
		}
		want(i, mine, 1, 3)
		if err := w.bring(i, w.sealedEnvelopes(i, brought(sub, 0, mine, 4), brought(sub, 0, second, 5)), w.patientKey); err != nil {
			t.Fatal(err)
		}
		want(i, mine, 4, 3)
		want(i, second, 5, 0)
	}
	for _, parts := range [][]string{{}, {"index"}, {"segments", "keys", "index", "fetched", "envelopes", "LOCK"}} {
		w.close(0)
		for _, part := range parts {
			if err := os.RemoveAll(filepath.Join(w.sites[0].folder, part)); err != nil {
				t.Fatal(err)
			}
		}
		w.open(0)
		w.fsck(0, true)
		want(0, mine, 4, 3)
		want(0, second, 5, 0)
	}
	if found := w.fsck(0, false); len(found) != 0 {
		t.Errorf("a check finds %v", found)
	}
	w.setPatientSeals(second)
	want(0, mine, 0, 0)
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 1, second, 6)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	w.setPatientSeals(mine, second)
	want(0, mine, 0, 0)
	want(0, second, 5, 6)
	r := w.reader(nil)
	list, err := r.list(0)
	if err != nil || len(list.Folios) != 2 || len(list.Folios[0].Envelopes) != 0 {
		t.Errorf("a reader is shown envelopes: %v", err)
	}
}

// TestLaw8AFileOfEnvelopesThatIsDamaged is found, and mended from another member's; what is not to be
// had there the wallet brings again. The chart is served all the while.
func TestLaw8AFileOfEnvelopesThatIsDamaged(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	mine := newSealKey(t)
	w.setPatientSeals(mine)
	for i := range 2 {
		if err := w.bring(i, w.sealedEnvelopes(i, brought(sub, 0, mine, 7)), w.patientKey); err != nil {
			t.Fatal(err)
		}
	}
	path := w.v(0).addedPath(idOf(sub))
	size, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(size); at += 11 {
		spoilFile(t, path, at)
		if got := w.listedFor(0, mine); !slices.Equal(got, []byte{0}) {
			t.Fatalf("with byte %d flipped it lists %v", at, got)
		}
		if found := w.fsck(0, false); len(found) != 1 || found[0].Repaired {
			t.Fatalf("byte %d: %v", at, found)
		}
		if found := w.fsck(0, true); len(found) != 1 || !found[0].Repaired || found[0].From == "" {
			t.Fatalf("byte %d: %v", at, found)
		}
		if got := w.listedFor(0, mine); !slices.Equal(got, []byte{7}) {
			t.Fatalf("after mending byte %d it lists %v", at, got)
		}
	}
	w.sites[1].line.set(true)
	spoilFile(t, path, 40)
	if found := w.fsck(0, true); len(found) != 1 || !found[0].Repaired {
		t.Errorf("with nobody to ask: %v", found)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, mine, 8)), w.patientKey); err != nil || !slices.Equal(w.listedFor(0, mine), []byte{8}) {
		t.Errorf("brought again: %v", err)
	}
}

// TestNobodyElseBringsEnvelopes: a stranger, for another's folio, for a key that is not current,
// of another length, to another member, or later; and nothing of it is kept.
func TestNobodyElseBringsEnvelopes(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	open := w.submission(0, plainFolio(stele.Problems, 2024, 1, 30))
	w.mustPut(0, open) // not anchored
	mine, theirs := newSealKey(t), newSealKey(t)
	w.setPatientSeals(mine)
	stranger := wire.NewEd25519()
	good := func() *wire.AddedEnvelope { return brought(sub, 0, mine, 1) }
	change := func(f func(*wire.AddedEnvelope)) *wire.SealedEnvelopes {
		e := good()
		f(e)
		return w.sealedEnvelopes(0, e)
	}
	as := func(f func(*wire.SealedEnvelopes)) *wire.SealedEnvelopes {
		m := w.sealedEnvelopes(0, good())
		f(m)
		return m
	}
	many := make([]*wire.AddedEnvelope, maxPutEnvelopes+1)
	for i := range many {
		many[i] = good()
	}
	for what, c := range map[string]struct {
		m    *wire.SealedEnvelopes
		by   wire.Signer
		kind stele.Kind
	}{
		"a stranger":               {w.sealedEnvelopes(0, good()), stranger, stele.KindDenied},
		"the source":               {w.sealedEnvelopes(0, good()), w.sourceKey, stele.KindDenied},
		"in the doctor's name":     {as(func(m *wire.SealedEnvelopes) { m.Subject = w.doctor[:] }), w.patientKey, stele.KindDenied},
		"for another's folio":      {as(func(m *wire.SealedEnvelopes) { m.Subject = w.doctor[:] }), w.doctorKey, stele.KindDenied},
		"for a key of nobody":      {w.sealedEnvelopes(0, brought(sub, 0, theirs, 1)), w.patientKey, stele.KindDenied},
		"one byte less":            {change(func(e *wire.AddedEnvelope) { e.Envelope.Sealed = e.Envelope.Sealed[1:] }), w.patientKey, stele.KindInvalid},
		"one byte more":            {change(func(e *wire.AddedEnvelope) { e.Envelope.Sealed = append(e.Envelope.Sealed, 0) }), w.patientKey, stele.KindInvalid},
		"no envelope":              {change(func(e *wire.AddedEnvelope) { e.Envelope = nil }), w.patientKey, stele.KindInvalid},
		"another folio":            {change(func(e *wire.AddedEnvelope) { e.Folio = bytes.Repeat([]byte{1}, 16) }), w.patientKey, stele.KindNotFound},
		"another submission":       {change(func(e *wire.AddedEnvelope) { e.Submission = bytes.Repeat([]byte{1}, 16) }), w.patientKey, stele.KindNotFound},
		"what is not anchored":     {w.sealedEnvelopes(0, brought(open, 0, mine, 1)), w.patientKey, stele.KindNotFound},
		"one good, one of nowhere": {w.sealedEnvelopes(0, good(), brought(open, 0, mine, 1)), w.patientKey, stele.KindNotFound},
		"none":                     {w.sealedEnvelopes(0), w.patientKey, stele.KindInvalid},
		"257":                      {w.sealedEnvelopes(0, many...), w.patientKey, stele.KindInvalid},
		"another network":          {as(func(m *wire.SealedEnvelopes) { m.Chain = "other" }), w.patientKey, stele.KindDenied},
		"another member":           {as(func(m *wire.SealedEnvelopes) { m.Audience = w.source[:] }), w.patientKey, stele.KindDenied},
		"six minutes old":          {as(func(m *wire.SealedEnvelopes) { m.AtMs -= 360_000 }), w.patientKey, stele.KindDenied},
		"of in a while":            {as(func(m *wire.SealedEnvelopes) { m.AtMs += 360_000 }), w.patientKey, stele.KindDenied},
	} {
		if what == "for another's folio" { // who has a seal key of her own, for which it is
			w.ledger.Change(func() {
				k := w.ledger.Subjects[w.doctor]
				k.Seal = [][]byte{theirs}
				w.ledger.Subjects[w.doctor] = k
			})
			c.m.Envelopes[0], c.kind = brought(sub, 0, theirs, 1), stele.KindNotFound
		}
		if err := w.bring(0, c.m, c.by); stele.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
		if got := w.listedFor(0, mine); !slices.Equal(got, []byte{0}) {
			t.Fatalf("%s: it was kept: %v", what, got)
		}
	}
	if _, err := w.v(0).PutEnvelopes(t.Context(), &wire.PutEnvelopesRequest{Request: wire.Sign(wire.TagOwn, w.sealedEnvelopes(0, good()), w.patientKey)}); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("under another tag: %v", err)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, good()), w.patientKey); err != nil || !slices.Equal(w.listedFor(0, mine), []byte{1}) {
		t.Errorf("the good one: %v", err)
	}
}

// TestR44NobodyFloodsAVaultWithEnvelopes: what is kept of a folio is one for each key that its owner
// has, however often she brings it, and a day has an end.
func TestR44NobodyFloodsAVaultWithEnvelopes(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	mine := newSealKey(t)
	w.setPatientSeals(mine)
	many := make([]*wire.AddedEnvelope, maxPutEnvelopes)
	for i := range many {
		many[i] = brought(sub, 0, mine, byte(i))
	}
	size := func() int {
		raw, err := os.ReadFile(w.v(0).addedPath(idOf(sub)))
		if err != nil {
			t.Fatal(err)
		}
		return len(raw)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, many[0]), w.patientKey); err != nil {
		t.Fatal(err)
	}
	one := size()
	w.v(0).envelopes = own.NewPaces(24*time.Hour/1024, 1024, 16) // a shorter day
	var err error
	n := 0
	for ; err == nil && n <= 8; n++ {
		err = w.bring(0, w.sealedEnvelopes(0, many...), w.patientKey)
	}
	if stele.KindOf(err) != stele.KindLimit || n != 4 {
		t.Errorf("after %d requests %v", n, err)
	}
	w.v(0).envelopes = envelopePaces()
	for range 3 * addedSlack {
		if err := w.bring(0, w.sealedEnvelopes(0, many[1]), w.patientKey); err != nil {
			t.Fatal(err)
		}
	}
	if most := one + (addedSlack+1)*addedStride; size() > most {
		t.Errorf("one envelope, brought again and again, takes %d bytes, at most %d are there for it", size(), most)
	}
}

// TestACopyBringsNoEnvelopeThatIsNotThePatients: another member may lie about what came with it.
func TestACopyBringsNoEnvelopeThatIsNotThePatients(t *testing.T) {
	w := newWorld(t, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	mine, theirs := newSealKey(t), newSealKey(t)
	w.setPatientSeals(mine)
	r, err := w.v(0).index.get(idOf(sub))
	if err != nil {
		t.Fatal(err)
	}
	take := func(all ...*wire.AddedEnvelope) {
		t.Helper()
		if err := w.v(0).takeAdded(t.Context(), r, wire.Marshal(&wire.AddedEnvelopes{Envelopes: all})); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := brought(sub, 0, mine, 3)
	elsewhere.Folio = bytes.Repeat([]byte{1}, 16)
	short := brought(sub, 0, mine, 3)
	short.Envelope.Sealed = short.Envelope.Sealed[1:]
	take(brought(sub, 0, theirs, 3), elsewhere, short)
	if err := w.v(0).takeAdded(t.Context(), r, []byte("rubbish")); err != nil {
		t.Errorf("rubbish: %v", err)
	}
	if _, err := os.Stat(w.v(0).addedPath(idOf(sub))); !os.IsNotExist(err) {
		t.Error("something of it was kept")
	}
	take(brought(sub, 0, mine, 4))
	take(brought(sub, 0, mine, 5))
	if got := w.listedFor(0, mine); !slices.Equal(got, []byte{4}) {
		t.Errorf("in the place of what was there: %v", got)
	}
}

// FuzzPutEnvelopes signs whatever a fuzzer makes with the patient's key: what is taken is of her key, for a
// folio that is here, and of the one length.
func FuzzPutEnvelopes(f *testing.F) {
	w := newWorld(f, 1, 0)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	mine := newSealKey(f)
	w.setPatientSeals(mine)
	f.Add(wire.Marshal(w.sealedEnvelopes(0, brought(sub, 0, mine, 1))))
	f.Add(wire.Marshal(w.sealedEnvelopes(0)))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := w.v(0).PutEnvelopes(t.Context(), &wire.PutEnvelopesRequest{Request: wire.SignBytes(wire.TagEnvelopes, body, w.patientKey)})
		m := new(wire.SealedEnvelopes)
		if err == nil && (wire.Decode(body, m) != nil || len(m.Envelopes) == 0 || string(m.Subject) != string(w.patient[:]) || len(m.Envelopes[0].Envelope.Sealed) != addedLen) {
			t.Fatalf("taken: %v", m)
		}
	})
}

// FuzzAdded reads files of envelopes, and what a member says came with a copy.
func FuzzAdded(f *testing.F) {
	name := addedName(stele.ID{1})
	f.Add(appendEnd(appendBlock([]byte(magicBlocks), name, kindEnvelope, make([]byte, 16), wire.Marshal(&wire.Envelope{KeyId: make([]byte, 32), Sealed: make([]byte, addedLen)})), name))
	good := encodeAdded(name, []added{{seal: make([]byte, addedLen)}, {seal: make([]byte, addedLen)}})
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte(magicAdded))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := decodeAdded(name, raw)
		if err != nil && !wrong(err) {
			t.Fatalf("no damage: %v", err)
		}
		for _, a := range all {
			if err == nil && len(a.seal) != addedLen {
				t.Fatal("an envelope of another length")
			}
		}
	})
}
