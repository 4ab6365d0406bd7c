package vault

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// Faults that were once planted in the vault's judge and seen by no test. Each
// case fails when its rule is taken out.

// exchange puts another document in place of the grant's, on the ledger too, so
// that nothing but what it says is wrong.
func (r *reading) exchange(change func(*consent.Grant)) {
	g := r.grant
	change(&g)
	document, err := consent.Marshal(g)
	if err != nil {
		r.w.t.Fatal(err)
	}
	salt := seal.NewSalt()
	r.req.Document, r.req.DocumentSalt = document, salt[:]
	r.w.ledger.change(func() {
		on := r.w.ledger.grants[r.grant.ID]
		on.Commitment = seal.Commit(salt, seal.TagGrant, document)
		r.w.ledger.grants[r.grant.ID] = on
	})
}

func TestR2ADocumentIsOfItsGrant(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 50))
	for name, change := range map[string]func(*consent.Grant){
		"another id":      func(g *consent.Grant) { g.ID = stele.NewID() },
		"another patient": func(g *consent.Grant) { g.Patient.Subject = w.doctor; g.Signed.By = g.Patient },
		"another key":     func(g *consent.Grant) { g.Grantee = wire.Key(wire.NewEd25519().Public()) },
		"another action":  func(g *consent.Grant) { g.Action = stele.ActionWrite },
	} {
		r := w.reader(nil)
		r.exchange(change)
		if _, err := r.list(0); err != ErrDenied {
			t.Errorf("%s: %v", name, err)
		}
		r.exchange(func(*consent.Grant) {})
		if list, err := r.list(0); err != nil || len(list.Folios) != 1 {
			t.Errorf("%s: as it was: %v", name, err)
		}
	}
}

// TestR26CardsOfAnotherChainAreNone: an issuer of two networks vouches in each.
func TestR26CardsOfAnotherChainAreNone(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 50))
	for elsewhere, want := range map[string]bool{chain: true, "another-network": false} {
		r := w.reader(func(_ *consent.Grant, d *wire.AccessDetail) {
			card := &wire.Card{}
			if err := wire.Decode(d.Card.Body, card); err != nil {
				t.Fatal(err)
			}
			card.Chain = elsewhere
			d.Card = wire.Sign(wire.TagCard, card, w.doctorKey, w.issuer)
		})
		if _, err := r.list(0); (err == nil) != want {
			t.Errorf("a card of %s: %v", elsewhere, err)
		}
	}
}

// TestR44AVaultHoldsTheSameLine as trustees: a reason that they refuse opens no
// list either.
func TestR44AVaultHoldsTheSameLine(t *testing.T) {
	w := newWorld(t, 1, 0)
	w.delivered(0, plainFolio(stele.Results, 2024, 1, 50))
	for n, want := range map[int]bool{stele.MaxReason: true, stele.MaxReason + 1: false} {
		r := w.reader(func(_ *consent.Grant, d *wire.AccessDetail) { d.Reason = string(make([]byte, n)) })
		if _, err := r.w.v(0).ListFolios(context.Background(), &wire.ListFoliosRequest{Request: r.signed(0)}); (err == nil) != want {
			t.Errorf("a reason of %d bytes: %v", n, err)
		}
	}
}

// TestLaw8ASegmentIsSyncedThenNamedThenItsNameIs: a segment that is a file has all
// its bytes on the disk before it has its name, and the name is on the disk before
// the submission is acknowledged.
func TestLaw8ASegmentIsSyncedThenNamedThenItsNameIs(t *testing.T) {
	w := newWorld(t, 1, 0)
	v := w.v(0)
	folder := filepath.Join(w.sites[0].folder, "segments")
	final := func() (names []string) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, ok := parseFileName(e.Name()); ok {
				names = append(names, e.Name())
			}
		}
		return names
	}
	var order []string
	file, names := v.syncFile, v.syncNames
	synced := int64(0)
	v.syncFile = func(f *os.File) error {
		stat, err := f.Stat()
		if err != nil || len(final()) != 0 || filepath.Dir(f.Name()) != folder {
			t.Errorf("when the bytes are synced: %v, named %v", err, final())
		}
		synced = stat.Size()
		order = append(order, "bytes")
		return file(f)
	}
	v.syncNames = func(in string) error {
		if len(final()) != 1 || in != folder {
			t.Errorf("when the names of %s are synced: %v", in, final())
		}
		order = append(order, "names")
		return names(in)
	}
	sub := w.submission(0, plainFolio(stele.Results, 2024, 3, 5000))
	w.mustPut(0, sub)
	r, err := v.index.get(placeIn(sub))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(order, " ") != "bytes names" || synced != r.Size {
		t.Errorf("synced %v, %d of %d bytes", order, synced, r.Size)
	}
	// Neither is believed when it fails.
	for _, fail := range []func(){
		func() { v.syncFile = func(*os.File) error { return os.ErrInvalid } },
		func() { v.syncFile, v.syncNames = file, func(string) error { return os.ErrInvalid } },
	} {
		fail()
		if _, err := w.put(0, w.submission(0, plainFolio(stele.Results, 2024, 1, 50))); err == nil {
			t.Error("acknowledged although a sync failed")
		}
	}
}
