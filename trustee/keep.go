package trustee

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// keepRelease records a release, sealed to the patient, before it goes out. It
// reports whether the record is durable.
func (a *asking) keepRelease(receipt *wire.Signed) bool {
	details, err := a.sealDetail(&wire.Detail{Released: true, Labels: a.shown, Records: uint32(min(a.records, 1<<32-1)), Receipt: receipt})
	if err == nil {
		size := 0
		for _, d := range details {
			size += len(d.Sealed)
		}
		if !a.t.releases.allow(a.request, size, a.access.Until, a.now) {
			return false
		}
		err = a.t.shelf.keep(a.subject, details, receipt, nil)
	}
	if err != nil {
		a.t.cfg.Log.Error("trustee cannot keep the record of a release", "kind", stele.KindOf(err).String())
	}
	return err == nil
}

// keepRefusal records a refused asking for the patient, if it carries a valid
// card: what anybody could have sent in anybody's name is not worth keeping.
// Askings that the card's holder did not sign have a small quota of their own,
// so that whoever got hold of a card cannot crowd out the true ones.
func (a *asking) keepRefusal(why string) {
	if !a.known || !a.t.limits.asker(a.card.Subject, a.issuer, a.attributed, a.now) {
		return
	}
	if !a.attributed {
		why += "; the card's holder did not sign the request, somebody else may have sent it"
	}
	room, last, err := a.t.shelf.room(a.subject, a.card.Subject, a.attributed, a.now)
	if err != nil || !room {
		a.complain(err)
		return
	}
	if last {
		why += "; further refused attempts of this day are counted, not kept"
	}
	details, err := a.sealDetail(&wire.Detail{Why: why})
	if err == nil {
		err = a.t.shelf.keep(a.subject, details, nil, func(b *pebble.Batch) error {
			return a.t.shelf.count(b, a.subject, a.card.Subject, a.attributed, a.now)
		})
	}
	a.complain(err)
}

func (a *asking) complain(err error) {
	if err != nil {
		a.t.cfg.Log.Error("trustee cannot keep the record of a refusal", "kind", stele.KindOf(err).String())
	}
}

// sealDetail completes a detail and seals it to each device of the patient that
// reads. Whatever the asker chose freely has a bound by now, also in an asking that
// was refused before it was looked at: keepable and readLabel saw to the rest. A patient without such a device gets none: the receipts and the ledger
// still tell of the release.
func (a *asking) sealDetail(d *wire.Detail) ([]*wire.SealedDetail, error) {
	d.Member, d.TimeMs = a.t.cfg.Member[:], a.now.UnixMilli()
	d.Request, d.Grant = ofLength(len(a.request), a.read.Request), ofLength(len(a.grantID), a.read.Grant)
	d.Detail, d.DetailSalt = a.read.Detail, ofLength(seal.SaltLen, a.read.DetailSalt)
	plain := wire.Marshal(d)
	id := stele.NewID()
	sealed := make([]*wire.SealedDetail, 0, len(a.patient.Seal))
	for _, key := range a.patient.Seal {
		envelope, err := seal.SealTo(key, seal.TagAccount, wire.DetailContext(a.t.cfg.Member, id), plain)
		if err != nil {
			return nil, err
		}
		keyID := seal.RecipientID(key)
		sealed = append(sealed, &wire.SealedDetail{Id: id[:], KeyId: keyID[:], Sealed: envelope})
	}
	return sealed, nil
}
