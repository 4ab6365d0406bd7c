package vault

import (
	"context"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/asking"
	"github.com/stele-health/stele/wire"
)

// ErrDenied is the one refusal of a reading: no consent, ended, unknown, out of
// scope and malformed look alike (R8).
var ErrDenied error = stele.E("read chart", stele.KindDenied, "no access", nil)

// judged is one reading under a grant, by the same rules as at a trustee, on the
// vault's own node.
type judged struct{ *asking.Reading }

// judge decides who asks and whether they may at all; covers decides on what. Why
// not is for trustees to tell.
func (v *Vault) judge(signed *wire.Signed, how func(*asking.Judge, *wire.Signed) (*asking.Reading, asking.Reason)) (judged, bool) {
	r, why := how(v.judges(), signed)
	return judged{r}, why == asking.Permitted
}

func (v *Vault) judges() *asking.Judge {
	return &asking.Judge{Ledger: v.cfg.Ledger, Chain: v.cfg.Chain, Member: v.cfg.Member, Clock: v.cfg.Clock, Slots: v.cfg.Slots}
}

// mayWrite reports whether the documents that were shown allow a delivery under a grant that a
// delegate gave.
func (v *Vault) mayWrite(d *delivery, grant stele.Grant, at time.Time) bool {
	writing, why := v.judges().Writes(grant, d.consent, at)
	return why == asking.Permitted && !slices.ContainsFunc(d.labels, func(l stele.Label) bool { return writing.Covers(l) != asking.Permitted })
}

// covers decides on a folio by its label, and on what the patient has restricted: that is as if it
// were not there.
func (r judged) covers(f *wire.Folio) bool {
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	return ok && r.Covers(label) == asking.Permitted && r.Restricts(wire.FolioDigest(f.Head), label) == asking.Permitted
}

// single reports whether the grant is for single records. No folio is listed under one, for its
// records came with the grant; they are given of each folio that has any.
func (r judged) single() bool { return len(r.Document.Records) > 0 }

// gives decides on a folio whose records are asked for.
func (r judged) gives(f *wire.Folio) bool {
	if !r.single() {
		return r.covers(f)
	}
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	return ok && r.CoversCapsule(label, r.Document.Records[0]) == asking.Permitted && r.Restricts(wire.FolioDigest(f.Head), label) == asking.Permitted
}

// coversRecord decides on one record of a covered folio, by its exact date.
func (r judged) coversRecord(f *wire.Folio, sealed *wire.SealedRecord) bool {
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	var cover wire.Cover
	if !ok || wire.Decode(sealed.Cover, &cover) != nil {
		return false
	}
	handle, err := stele.IDFrom(cover.Handle)
	return err == nil && r.CoversRecord(label, handle, cover.When) == asking.Permitted
}

// refuse returns ErrDenied at the next multiple of Refusal after start, so that
// how far the checks came cannot be told from the time.
func (v *Vault) refuse(ctx context.Context, start time.Time) error {
	step := v.cfg.Refusal
	wait := step - time.Since(start)%step
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	return ErrDenied
}
