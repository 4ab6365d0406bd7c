package slot

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// MaxDocument is how many bytes a document has at most: with its salt and its length it fits
// the one length of what is sealed.
const MaxDocument = plainLen - saltLen - lengthLen

// Slot is what a document means. The zero value is the default.
type Slot struct {
	Nothing     bool                // nobody opens anything; then nothing else is said
	Categories  []stele.Category    // empty: stele.EmergencyCategories
	Sensitivity []stele.Sensitivity // allowed beyond ordinary data; empty: ordinary data only
	Roles       []string            // codes of roles that may; empty: every role
	Facilities  []string            // codes of kinds of facility where they may; empty: every kind
	Excluded    []stele.Subject     // practitioners and organisations that may not
}

// Read reads a document. It fails with KindInvalid for one that is not in its one form, or
// says what is not understood.
func Read(document []byte) (Slot, error) {
	var m wire.EmergencySlot
	if len(document) > MaxDocument {
		return Slot{}, invalid("the document is too long")
	}
	if err := wire.DecodeKnown(document, &m); err != nil {
		return Slot{}, err
	}
	s := Slot{Nothing: m.Nothing, Roles: m.Roles, Facilities: m.Facilities}
	for _, c := range m.Categories {
		s.Categories = append(s.Categories, stele.Category(c))
	}
	for _, c := range m.Sensitivity {
		s.Sensitivity = append(s.Sensitivity, stele.Sensitivity(c))
	}
	for _, raw := range m.Excluded {
		subject, err := stele.SubjectFrom(raw)
		if err != nil {
			return Slot{}, err
		}
		s.Excluded = append(s.Excluded, subject)
	}
	again, err := s.Document()
	if err == nil && !bytes.Equal(again, document) {
		err = invalid("the document is not in its one form")
	}
	if err != nil {
		return Slot{}, err
	}
	return s, nil
}

// Document writes the document of a slot, none for the default. It fails with KindInvalid for
// what no slot may say, and for more than fits.
func (s Slot) Document() ([]byte, error) {
	s = s.normal()
	if err := s.check(); err != nil {
		return nil, err
	}
	m := &wire.EmergencySlot{Nothing: s.Nothing, Roles: s.Roles, Facilities: s.Facilities}
	for _, c := range s.Categories {
		m.Categories = append(m.Categories, string(c))
	}
	for _, c := range s.Sensitivity {
		m.Sensitivity = append(m.Sensitivity, string(c))
	}
	for _, subject := range s.Excluded {
		m.Excluded = append(m.Excluded, subject[:])
	}
	document := wire.Marshal(m)
	if len(document) > MaxDocument {
		return nil, stele.E("write emergency slot", stele.KindUsage, "more is said of emergencies than there is room for", nil).
			WithHint("some 40 people and organisations can be left out")
	}
	return document, nil
}

// normal puts the lists in order, without doubles.
func (s Slot) normal() Slot {
	s.Categories = ordered(s.Categories, func(a, b stele.Category) int {
		return cmp.Compare(slices.Index(stele.Categories(), a), slices.Index(stele.Categories(), b))
	})
	s.Sensitivity = ordered(s.Sensitivity, cmp.Compare)
	s.Roles, s.Facilities = ordered(s.Roles, cmp.Compare), ordered(s.Facilities, cmp.Compare)
	s.Excluded = ordered(s.Excluded, func(a, b stele.Subject) int { return bytes.Compare(a[:], b[:]) })
	return s
}

func ordered[T comparable](list []T, by func(a, b T) int) []T {
	list = slices.Clone(list)
	slices.SortStableFunc(list, by)
	return slices.Compact(list)
}

// check fails with KindInvalid for words that nobody understands.
func (s Slot) check() error {
	for _, c := range s.Categories {
		if !c.Valid() {
			return invalid("there is no such category")
		}
	}
	for _, c := range s.Sensitivity {
		if !c.Valid() {
			return invalid("there is no such sensitivity")
		}
	}
	for _, code := range s.Roles {
		if err := stele.CheckCode("the role", code); err != nil {
			return err
		}
	}
	for _, code := range s.Facilities {
		if err := stele.CheckCode("the kind of facility", code); err != nil {
			return err
		}
	}
	if s.Nothing && len(s.Categories)+len(s.Sensitivity)+len(s.Roles)+len(s.Facilities)+len(s.Excluded) > 0 {
		return invalid("nobody may open anything, and more is said")
	}
	return nil
}

func invalid(text string) error { return stele.E("read emergency slot", stele.KindInvalid, text, nil) }

// Asking is who asks in an emergency, by credentials that were verified.
type Asking struct {
	Who          stele.Subject
	Organisation stele.Subject // where they work
	Role         string        // code
	Facility     string        // code of the organisation's kind
}

// Reason says why nothing is opened in an emergency, for the patient's own account.
type Reason string

// The reasons.
const (
	Permitted       Reason = ""
	DenyNothing     Reason = "in an emergency nobody may open anything"
	DenyExcluded    Reason = "the patient has said that this one may not, in an emergency either"
	DenyRole        Reason = "the role may not open anything in an emergency"
	DenyFacility    Reason = "the kind of facility may not open anything in an emergency"
	DenyCategory    Reason = "the category is not opened in an emergency"
	DenySensitivity Reason = "a sensitivity is not opened in an emergency"
)

// Allows decides whether somebody may open anything at all.
func (s Slot) Allows(a Asking) Reason {
	switch {
	case s.Nothing:
		return DenyNothing
	case slices.Contains(s.Excluded, a.Who) || slices.Contains(s.Excluded, a.Organisation):
		return DenyExcluded
	case len(s.Roles) > 0 && !slices.Contains(s.Roles, a.Role):
		return DenyRole
	case len(s.Facilities) > 0 && !slices.Contains(s.Facilities, a.Facility):
		return DenyFacility
	}
	return Permitted
}

// Covers decides on a folio, or on a record of it, by the label.
func (s Slot) Covers(label stele.Label) Reason {
	switch {
	case s.Nothing:
		return DenyNothing
	case !slices.Contains(s.Opens(), label.Category):
		return DenyCategory
	case slices.ContainsFunc(label.Sensitivity, func(c stele.Sensitivity) bool { return !slices.Contains(s.Sensitivity, c) }):
		return DenySensitivity
	}
	return Permitted
}

// Opens lists the categories that are opened.
func (s Slot) Opens() []stele.Category {
	switch {
	case s.Nothing:
		return nil
	case len(s.Categories) == 0:
		return stele.EmergencyCategories()
	}
	return s.Categories
}
