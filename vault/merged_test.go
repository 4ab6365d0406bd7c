package vault

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/own"
	"github.com/stele-health/stele/wire"
)

// resealed is a submission of so many folios, with envelopes for keys, brought as a wallet brings them.
func (w *world) resealed(folios int, keys ...[]byte) *wire.Submission {
	w.t.Helper()
	var all []leafs
	for range folios {
		all = append(all, plainFolio(stele.Results, 2024, 1, 30))
	}
	sub := w.delivered(0, all...)
	w.setPatientSeals(keys...)
	for _, k := range keys {
		for at := 0; at < folios; at += maxPutEnvelopes {
			var some []*wire.AddedEnvelope
			for i := at; i < min(at+maxPutEnvelopes, folios); i++ {
				some = append(some, brought(sub, i, k, 1))
			}
			if err := w.bring(0, w.sealedEnvelopes(0, some...), w.patientKey); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return sub
}

// TestR44OneEnvelopeWritesOneEnvelope: beside hundreds that were brought for its submission, which are
// not written again; and a request is of sixteen submissions at most.
func TestR44OneEnvelopeWritesOneEnvelope(t *testing.T) {
	w := newWorld(t, 2, 1)
	keys := [][]byte{newSealKey(t), newSealKey(t)}
	sub := w.resealed(256, keys...)
	file := func() os.FileInfo {
		info, err := os.Stat(w.v(0).addedPath(idOf(sub)))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := file()
	w.v(0).envelopes = own.NewPaces(24*time.Hour/10, 10, 16) // ten a day
	for n := range 10 {
		if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, keys[0], byte(n+2))), w.patientKey); err != nil {
			t.Fatalf("the %d. of a day of ten: %v", n+1, err)
		}
	}
	if now := file(); !os.SameFile(first, now) || now.Size() != first.Size()+int64(10*addedStride) {
		t.Errorf("ten envelopes of %d bytes made of %d bytes %d", addedLen, first.Size(), now.Size())
	}
	if got := w.listedFor(0, keys[0]); got[0] != 11 || got[1] != 1 {
		t.Errorf("it lists %v", got[:2])
	}
	of := func(submissions int) error {
		var all []*wire.AddedEnvelope
		for i := range submissions {
			e := brought(sub, 0, keys[0], 1)
			e.Submission = slices.Repeat([]byte{byte(i + 1)}, 16)
			all = append(all, e)
		}
		return w.bring(0, w.sealedEnvelopes(0, all...), w.patientKey)
	}
	if a, b := of(maxPutOf), of(maxPutOf+1); stele.KindOf(a) != stele.KindNotFound || stele.KindOf(b) != stele.KindInvalid {
		t.Errorf("of 16 and of 17 submissions: %v, %v", a, b)
	}
}

// TestR44ALargeChartIsSealedAnewInADay: a fifth of one of 5,000 folios, for eight devices, takes less than a
// fifth of a day's envelopes; and one more takes the memory of one, as the file is not read for it.
func TestR44ALargeChartIsSealedAnewInADay(t *testing.T) {
	w := newWorld(t, 2, 1)
	var keys [][]byte
	for range 8 {
		keys = append(keys, newSealKey(t))
	}
	const share = envelopesADay / 5
	w.v(0).envelopes = own.NewPaces(24*time.Hour/share, share, 16)
	sub := w.resealed(1024, keys...)
	one := w.sealedEnvelopes(0, brought(sub, 0, keys[0], 2))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.bring(0, one, w.patientKey); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("one envelope of %d bytes took %d bytes of memory", addedLen, got)
	}
}

// TestLaw8WhatIsSoundOfADamagedFileOfEnvelopesStays: it is served, and mending keeps it where nobody
// else has it.
func TestLaw8WhatIsSoundOfADamagedFileOfEnvelopesStays(t *testing.T) {
	w := newWorld(t, 2, 1)
	mine := newSealKey(t)
	sub := w.resealed(3, mine)
	spoilFile(t, w.v(0).addedPath(idOf(sub)), addedHeader+addedStride+5)
	for range 2 {
		if got := w.listedFor(0, mine); !slices.Equal(got, []byte{1, 0, 1}) {
			t.Errorf("it lists %v", got)
		}
		w.fsck(0, true)
	}
	if found := w.fsck(0, false); len(found) != 0 {
		t.Errorf("mended, a check finds %v", found)
	}
}

// TestLaw8WhatThePowerCutShortIsWrittenOver: an envelope that is not whole at a file's end was never
// promised; those before it are served, a check finds nothing, and the next ones take its place.
func TestLaw8WhatThePowerCutShortIsWrittenOver(t *testing.T) {
	w := newWorld(t, 1, 0)
	mine := newSealKey(t)
	sub := w.resealed(3, mine)
	path := w.v(0).addedPath(idOf(sub))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, torn := range []int{1, addedStride / 2, addedStride - 1} {
		if err := os.WriteFile(path, append(slices.Clone(whole), make([]byte, torn)...), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := w.listedFor(0, mine); !slices.Equal(got, []byte{1, 1, 1}) {
			t.Errorf("with %d bytes more it lists %v", torn, got)
		}
		if found := w.fsck(0, false); len(found) != 0 {
			t.Errorf("with %d bytes more a check finds %v", torn, found)
		}
		if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 1, mine, 5)), w.patientKey); err != nil {
			t.Fatal(err)
		}
		if got, found := w.listedFor(0, mine), w.fsck(0, false); !slices.Equal(got, []byte{1, 5, 1}) || len(found) != 0 {
			t.Errorf("after %d bytes more it lists %v, and a check finds %v", torn, got, found)
		}
	}
}

// TestLaw8AFileOfEnvelopesOfBeforeIsRead, and written anew with the next ones.
func TestLaw8AFileOfEnvelopesOfBeforeIsRead(t *testing.T) {
	w := newWorld(t, 1, 0)
	mine := newSealKey(t)
	sub := w.resealed(2, mine)
	path, name := w.v(0).addedPath(idOf(sub)), addedName(idOf(sub))
	old := []byte(magicBlocks)
	for i := range 2 {
		e := brought(sub, i, mine, 7)
		old = appendBlock(old, name, kindEnvelope, e.Folio, wire.Marshal(e.Envelope))
	}
	if err := os.WriteFile(path, appendEnd(old, name), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, found := w.listedFor(0, mine), w.fsck(0, false); !slices.Equal(got, []byte{7, 7}) || len(found) != 0 {
		t.Fatalf("it lists %v, and a check finds %v", got, found)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 1, mine, 8)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	if got := w.listedFor(0, mine); !slices.Equal(got, []byte{7, 8}) || w.v(0).countAdded(idOf(sub)) != 2 {
		t.Errorf("then it lists %v", got)
	}
}

// TestLaw8WhatSheBroughtOutlivesAMerge: her chart is merged into another, whose owner brings envelopes of
// their own and none in the place of hers; it is parted again, and hers is there, also in a copy.
func TestLaw8WhatSheBroughtOutlivesAMerge(t *testing.T) {
	w := newWorld(t, 2, 1)
	sub := w.delivered(0, plainFolio(stele.Results, 2024, 1, 30))
	hers, other := newSealKey(t), newSealKey(t)
	speaks := func(key []byte, owned ...[]byte) {
		w.setPatientSeals(key)
		w.ledger.Change(func() {
			k := w.ledger.Subjects[w.patient]
			k.Own = owned
			w.ledger.Subjects[w.patient] = k
		})
	}
	speaks(hers)
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 7)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	speaks(other, hers)
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, other, 8)), w.patientKey); err != nil {
		t.Fatal(err)
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 9)), w.patientKey); stele.KindOf(err) != stele.KindDenied {
		t.Errorf("in the place of hers: %v", err)
	}
	if got := w.listedFor(0, hers); got[0] != 0 {
		t.Error("hers goes to the other's owner")
	}
	r, err := w.v(1).index.get(idOf(sub))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.v(1).takeAdded(t.Context(), r, w.v(0).addedBytes(idOf(sub))); err != nil {
		t.Fatal(err)
	}
	speaks(hers)
	for i := range 2 {
		if got := w.listedFor(i, hers); len(got) != 1 || got[0] != 7 {
			t.Errorf("parted again, her own envelope at vault %d is %v", i, got)
		}
	}
	if err := w.bring(0, w.sealedEnvelopes(0, brought(sub, 0, hers, 6)), w.patientKey); err != nil || w.v(0).countAdded(idOf(sub)) != 1 {
		t.Errorf("the other's stays: %v", err)
	}
}
