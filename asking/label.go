package asking

import (
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/wire"
)

// Covers decides on a folio by its label: it must be in the grant and in all that the grant was
// given under, and have been asked for when the chart was opened.
func (r *Reading) Covers(label stele.Label) Reason {
	if r.Emergency != nil {
		if why := r.opensThen(label); why != Permitted {
			return why
		}
	} else if decision := consent.Covers(r.Document, label); !decision.Permit() {
		return Reason(decision.Why())
	}
	return r.coveredAbove(label)
}

// ForSingles reports whether the reading is under a grant for single records. Their capsules are
// made for it; those of other readings are for no grant in particular.
func (r *Reading) ForSingles() bool { return len(r.Document.Records) > 0 }

// CapsuleGrant is the grant that capsules of single records are for in this reading; zero: none.
func (r *Reading) CapsuleGrant() (grant stele.ID) {
	if r.ForSingles() {
		grant = r.GrantID
	}
	return grant
}

// CoversCapsule decides on the capsule of a single record, by its folio's label and its handle, as
// Covers does on a folio. A grant for single records must name it.
func (r *Reading) CoversCapsule(label stele.Label, handle stele.ID) Reason {
	if !r.ForSingles() {
		return r.Covers(label)
	}
	if decision := consent.CoversCapsule(r.Document, label, handle); !decision.Permit() {
		return Reason(decision.Why())
	}
	return r.coveredAbove(label)
}

// coveredAbove decides on a label by what the grant was given under and what was asked for.
func (r *Reading) coveredAbove(label stele.Label) Reason {
	for _, d := range r.Delegations {
		if decision := consent.Covers(d, label); !decision.Permit() {
			return Reason(decision.Why())
		}
	}
	if len(r.Detail.Categories) > 0 && !slices.Contains(r.Detail.Categories, string(label.Category)) {
		return "the category was not asked for when the chart was opened"
	}
	return Permitted
}

// CoversRecord decides on one record of a covered folio, by its handle and its
// clinical date as its cover writes it.
func (r *Reading) CoversRecord(label stele.Label, handle stele.ID, when string) Reason {
	if r.Emergency != nil {
		return r.opensThen(label)
	}
	for _, d := range r.Delegations {
		if decision := consent.CoversRecord(d, label, handle, when); !decision.Permit() {
			return Reason(decision.Why())
		}
	}
	return Reason(consent.CoversRecord(r.Document, label, handle, when).Why())
}

// opensThen decides on a label in an emergency.
func (r *Reading) opensThen(label stele.Label) Reason {
	if !r.heard {
		return unsaid
	}
	return Reason(r.says.Covers(label))
}

// ReadLabel decodes a wire.Label strictly: a sensitivity that is not understood
// must not be lost on the way to the decision.
func ReadLabel(raw []byte) (stele.Label, bool) {
	var m wire.Label
	if len(raw) > stele.MaxLabel || wire.Decode(raw, &m) != nil || !wire.Known(&m) {
		return stele.Label{}, false
	}
	source, err := stele.SubjectFrom(m.Source)
	label := stele.Label{Category: stele.Category(m.Category), Year: int(m.Year), Source: source}
	for i, s := range m.Sensitivity {
		code := stele.Sensitivity(s)
		if !code.Valid() || i > 0 && s <= m.Sensitivity[i-1] {
			return stele.Label{}, false
		}
		label.Sensitivity = append(label.Sensitivity, code)
	}
	return label, err == nil && label.Category.Valid() && label.Year >= 0
}

// LabelForm returns the one form of what a label says: whoever sealed a folio chose
// its bytes, and many bytes can say the same.
func LabelForm(label stele.Label) []byte {
	m := &wire.Label{Category: string(label.Category), Year: int32(label.Year), Source: label.Source[:]}
	for _, s := range label.Sensitivity {
		m.Sensitivity = append(m.Sensitivity, string(s))
	}
	return wire.Marshal(m)
}
