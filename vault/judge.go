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
// were not there. Where that is some of its records, parts are the capsules of the others, and a
// folio without any is none.
func (r judged) covers(f *wire.Folio) (ok bool, parts []*wire.RecordCapsule) {
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	if !ok || r.Covers(label) != asking.Permitted {
		return false, nil
	}
	digest := wire.FolioDigest(f.Head)
	if r.Restricts(digest, label) == asking.Permitted {
		return true, nil
	}
	parts = r.Siblings(digest, label)
	return len(parts) > 0, parts
}

// gives decides on a folio whose records are asked for. No folio is listed under a grant for single
// records, which came with it; they are given of each folio that has any.
func (r judged) gives(f *wire.Folio) bool {
	if !r.ForSingles() {
		ok, _ := r.covers(f)
		return ok
	}
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	return ok && r.CoversCapsule(label, r.Document.Records[0]) == asking.Permitted
}

// coversRecord decides on one record of a covered folio, by its exact date, and on whether it is
// restricted. One that has no capsule beside a restricted one is as if it were.
func (r judged) coversRecord(f *wire.Folio, sealed *wire.SealedRecord) bool {
	label, ok := asking.ReadLabel(f.Label.GetLabel())
	var cover wire.Cover
	if !ok || wire.Decode(sealed.Cover, &cover) != nil {
		return false
	}
	handle, err := stele.IDFrom(cover.Handle)
	if err != nil || r.CoversRecord(label, handle, cover.When) != asking.Permitted {
		return false
	}
	digest := wire.FolioDigest(f.Head)
	if r.ForSingles() {
		return r.RestrictsRecord(digest, handle, label) == asking.Permitted
	}
	return r.Restricts(digest, label) == asking.Permitted ||
		slices.ContainsFunc(r.Siblings(digest, label), func(c *wire.RecordCapsule) bool { return string(c.Handle) == string(handle[:]) })
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
