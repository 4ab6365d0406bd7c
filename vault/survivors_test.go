package vault

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

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
	r.w.ledger.Change(func() {
		on := r.w.ledger.Grants[r.grant.ID]
		on.Commitment = seal.Commit(salt, seal.TagGrant, document)
		r.w.ledger.Grants[r.grant.ID] = on
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
	w.close(0)
	var order []string
	var fail string // the step that fails
	w.sites[0].fs = errorfs.Wrap(machine, errorfs.InjectorFunc(func(op errorfs.Op) error {
		step := ""
		switch at := strings.HasSuffix(op.Path, "/segments"); {
		case op.Kind == errorfs.OpFileSync && at:
			step = "names synced"
		case !strings.Contains(op.Path, "/segments/"):
		case op.Kind == errorfs.OpFileWrite:
			step = "bytes"
		case op.Kind == errorfs.OpFileSync:
			step = "bytes synced"
		case op.Kind == errorfs.OpRename:
			step = "named"
		}
		if step == "" {
			return nil
		}
		order = append(order, step)
		if step == fail {
			return os.ErrInvalid
		}
		return nil
	}))
	w.open(0)
	order = nil
	w.mustPut(0, w.submission(0, plainFolio(stele.Results, 2024, 3, 5000)))
	if got, want := strings.Join(order, ", "), "bytes, bytes synced, named, names synced"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	for _, fail = range slices.Clone(order) {
		if _, err := w.put(0, w.submission(0, plainFolio(stele.Results, 2024, 1, 50))); err == nil {
			t.Errorf("acknowledged although this failed: %s", fail)
		}
	}
}
