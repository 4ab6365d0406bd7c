package vault

import (
	"context"
	"slices"

	"github.com/stele-health/stele/wire"
)

// What a source delivered with the last release it signed without capsules and
// envelopes: any member can hand on a copy with others, or without. So none takes the place
// of the true one for good. Whether a capsule fits its place anybody can tell; what is
// in an envelope nobody can, but a copy that has all of another's lacks nothing of it.

// better reports whether a copy may stand in the place of what lies here under the same
// anchor: more of its capsules fit, or as many, and it has all envelopes that are there and
// further ones.
func (v *Vault) better(d, here *delivery) bool {
	if !d.earlier || d.subject != here.subject || d.grant != here.grant || d.root != here.root {
		return false
	}
	if fits, before := v.fits(d), v.fits(here); fits != before {
		return fits > before
	}
	more := 0
	for i, f := range here.sub.Folios { // the root binds which folios, and their order
		theirs := d.sub.Folios[i].Envelopes
		for _, e := range f.Envelopes {
			if !slices.ContainsFunc(theirs, func(t *wire.Envelope) bool {
				return string(t.KeyId) == string(e.KeyId) && string(t.Sealed) == string(e.Sealed)
			}) {
				return false
			}
		}
		more += len(theirs) - len(f.Envelopes)
	}
	return more > 0
}

// fits counts the capsules that were made for their places.
func (v *Vault) fits(d *delivery) (n int) {
	consortium, err := v.cfg.Ledger.Consortium()
	if err != nil || v.cfg.Fits == nil {
		return 0
	}
	for i, f := range d.sub.Folios {
		label := wire.CapsuleLabelBytes(v.cfg.Chain, consortium.Committee.Key, d.subject, d.heads[i], wire.FolioDigest(f.Head))
		if v.cfg.Fits(f.Capsule, consortium.Committee.Key, label) {
			n++
		}
	}
	return n
}

// improve puts a better copy in the place of what lies here, as rewrite does. It reports
// whether it did.
func (v *Vault) improve(ctx context.Context, d *delivery, old *row, room func(*delivery) error) (bool, error) {
	if !d.earlier || old.Subject != d.subject || old.Grant != d.grant || old.Root != d.root {
		return false, nil
	}
	here, _, err := v.load(ctx, old.File)
	if err != nil || !v.better(d, here) {
		return false, nil // what is damaged is mended from a copy of the same
	}
	if err := room(d); err != nil {
		return false, err
	}
	if err := v.write(ctx, d, old.Received); err != nil {
		return false, err
	}
	return true, v.removeFiles(ctx, old.File)
}
