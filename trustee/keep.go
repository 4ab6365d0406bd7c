package trustee

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/seal"
	"github.com/stele-health/stele/wire"
)

// keepRelease records a release, sealed to the patient, before it goes out. It
// reports whether the record is durable.
func (a *release) keepRelease(receipt *wire.Signed) bool {
	details, err := a.sealDetail(&wire.Detail{Released: true, Labels: a.shown, Records: uint32(min(a.records, 1<<32-1)), Receipt: receipt})
	if err == nil {
		if !a.t.keeps(a.Reading, a.from, sizeOf(details), a.Access.Until) {
			return false
		}
		err = a.t.shelf.keep(a.Subject, details, receipt, nil)
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
func (a *release) keepRefusal(why asking.Reason) {
	if a.Card == nil || a.Card.Self() { // of her own asking the patient knows
		return
	}
	if !a.t.limits.asker(a.Card.Says.Subject, a.Card.Issuer, a.Attributed, a.Now) {
		return
	}
	if !a.Attributed {
		why += "; the card's holder did not sign the request, somebody else may have sent it"
	}
	// One after the other: whether there is room is found out and used in one step.
	a.t.refusing.Lock()
	defer a.t.refusing.Unlock()
	who := refuser{a.Card.Says.Subject, a.Card.Issuer, a.Attributed}
	room, last, err := a.t.shelf.room(a.Subject, who, a.Now)
	if err != nil || !room {
		a.complain(err)
		return
	}
	if last {
		why += "; further refused attempts of this day are counted, not kept"
	}
	details, err := a.sealDetail(&wire.Detail{Why: string(why)})
	if err == nil && !a.affords(details) {
		a.t.limits.dropped.Add(1)
		return
	}
	if err == nil {
		err = a.t.shelf.keep(a.Subject, details, nil, func(b *pebble.Batch) error {
			return a.t.shelf.count(b, a.Subject, who, a.Now)
		})
	}
	a.complain(err)
}

// affords reports whether there is room on the disk for what was refused: a card is
// public, and whoever shows one about patients without end must not take the room of
// releases.
func (a *release) affords(details []*wire.SealedDetail) bool {
	usage, err := a.t.cfg.FS.GetDiskUsage(a.t.cfg.Folder)
	if err == nil && usage.AvailBytes < min(usage.TotalBytes/10, releasesOnly) {
		return false
	}
	return a.from == stele.Caller{} || a.t.refusals.Allow(a.Now, sizeOf(details), a.from[:])
}

func sizeOf(details []*wire.SealedDetail) (bytes int) {
	for _, d := range details {
		bytes += len(d.Sealed)
	}
	return bytes
}

func (a *release) complain(err error) {
	if err != nil {
		a.t.cfg.Log.Error("trustee cannot keep the record of a refusal", "kind", stele.KindOf(err).String())
	}
}

// sealDetail completes a detail and seals it to each device of the patient that
// reads. Whatever the asker chose freely has a bound by now, also in an asking that
// was refused before it was looked at: the judge and ReadLabel saw to the rest. A
// patient without such a device gets none: the receipts and the ledger still tell
// of the release. For a person whom nobody has claimed it is sealed to the member
// itself, until whoever claims the chart asks (see claimed). While a chart is merged it is
// sealed to who speaks for it and, since it may be parted, to the keys that are its own, or to
// the member where nobody has claimed it.
func (a *release) sealDetail(d *wire.Detail) ([]*wire.SealedDetail, error) {
	d.Member, d.TimeMs = a.t.cfg.Member[:], a.Now.UnixMilli()
	d.Request, d.Grant = ofLength(len(a.Request), a.Asked.Request), ofLength(len(a.GrantID), a.Asked.Grant)
	d.Detail, d.DetailSalt = a.Asked.Detail, ofLength(seal.SaltLen, a.Asked.DetailSalt)
	if a.Emergency != nil && a.Credentials != nil {
		for _, kind := range a.Credentials.Stale {
			d.Stale = append(d.Stale, string(kind))
		}
	}
	return a.t.sealDetailTo(a.t.told(a.Patient), stele.NewID(), wire.Marshal(d))
}

// told lists the keys to which what is kept of a patient is sealed.
func (t *Trustee) told(patient stele.Keys) [][]byte {
	to := slices.Clip(patient.Seal)
	for _, k := range patient.Own {
		if !slices.ContainsFunc(to, func(o []byte) bool { return bytes.Equal(o, k) }) {
			to = append(to, k)
		}
	}
	switch {
	case t.cfg.SealKey == nil:
	case !patient.Enrolled.IsZero():
		to = [][]byte{t.cfg.SealKey.Public()}
	case !patient.Into.IsZero() && len(patient.Own) == 0:
		to = append(to, t.cfg.SealKey.Public())
	}
	return to
}

// sealDetailTo seals a detail to keys.
func (t *Trustee) sealDetailTo(keys [][]byte, id stele.ID, plain []byte) ([]*wire.SealedDetail, error) {
	sealed := make([]*wire.SealedDetail, 0, len(keys))
	for _, key := range keys {
		envelope, err := seal.SealTo(key, seal.TagAccount, wire.DetailContext(t.cfg.Member, id), plain)
		if err != nil {
			return nil, err
		}
		keyID := seal.RecipientID(key)
		sealed = append(sealed, &wire.SealedDetail{Id: id[:], KeyId: keyID[:], Sealed: envelope})
	}
	return sealed, nil
}

// claimed seals to a patient's keys what was kept of them while nobody had claimed them, and
// reports whether anything of a row was.
func (t *Trustee) claimed(patient stele.Keys, row *wire.DetailsResponse) (changed bool, err error) {
	if t.cfg.SealKey == nil || len(patient.Seal) == 0 {
		return false, nil
	}
	mine := t.cfg.SealKey.ID()
	var details []*wire.SealedDetail
	for _, d := range row.Details {
		id, wrong := stele.IDFrom(d.Id)
		if wrong != nil || string(d.KeyId) != string(mine[:]) || hasDetail(row, d.Id, patient.Seal) {
			details = append(details, d)
			continue
		}
		plain, err := t.cfg.SealKey.Open(seal.TagAccount, wire.DetailContext(t.cfg.Member, id), d.Sealed)
		if err != nil {
			return false, err
		}
		theirs, err := t.sealDetailTo(patient.Seal, id, plain)
		if err != nil {
			return false, err
		}
		details, changed = append(details, theirs...), true
	}
	row.Details = details
	return changed, nil
}

// hasDetail reports whether a row has a detail for one of some keys already.
func hasDetail(row *wire.DetailsResponse, id []byte, keys [][]byte) bool {
	return slices.ContainsFunc(row.Details, func(d *wire.SealedDetail) bool {
		return bytes.Equal(d.Id, id) && slices.ContainsFunc(keys, func(k []byte) bool {
			to := seal.RecipientID(k)
			return bytes.Equal(d.KeyId, to[:])
		})
	})
}

// shortened returns a detail cut to what can be kept: of each part what has a
// bound, and of the card what its signatures cover.
func shortened(detail *wire.AccessDetail) []byte {
	cut := &wire.AccessDetail{
		Request: ofLength(len(stele.ID{}), detail.Request), Subject: ofLength(len(stele.Subject{}), detail.Subject),
		Card: wire.Plain(detail.Card), Purpose: detail.Purpose, Reason: detail.Reason,
	}
	if len(cut.Purpose) > 64 {
		cut.Purpose = ""
	}
	if len(cut.Reason) > stele.MaxReason {
		cut.Reason = strings.ToValidUTF8(cut.Reason[:stele.MaxReason-len("…")], "") + "…"
	}
	return wire.Marshal(cut)
}

// ofLength returns what was said where it has the length that it must have, and
// nothing otherwise.
func ofLength(n int, said []byte) []byte {
	if len(said) != n {
		return nil
	}
	return said
}
