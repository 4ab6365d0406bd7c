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
	Nothing     bool                // nobody opens anything in an emergency; then nothing else is said of them
	Categories  []stele.Category    // empty: stele.EmergencyCategories
	Sensitivity []stele.Sensitivity // allowed beyond ordinary data; empty: ordinary data only
	Roles       []string            // codes of roles that may; empty: every role
	Facilities  []string            // codes of kinds of facility where they may; empty: every kind
	Excluded    []stele.Subject     // practitioners and organisations that may not

	// Restrictions are of every reading but the owner's, whatever else is said here. They stand in
	// the order in which they were made.
	Restrictions []Restriction

	// Capsules names the capsules of records that lie in one folio with restricted ones and are not
	// (wire.SlotCapsulesDigest); zero: there are none.
	Capsules stele.Digest
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
	s := Slot{
		Nothing: m.Nothing, Roles: m.Roles, Facilities: m.Facilities,
		Categories: codes[stele.Category](m.Categories), Sensitivity: codes[stele.Sensitivity](m.Sensitivity),
	}
	var err error
	if s.Excluded, err = subjects(m.Excluded); err != nil {
		return Slot{}, err
	}
	for _, raw := range m.Restrictions {
		r, err := readRestriction(raw)
		if err != nil {
			return Slot{}, err
		}
		s.Restrictions = append(s.Restrictions, r)
	}
	if len(m.Capsules) > 0 {
		if s.Capsules, err = stele.DigestFrom(m.Capsules); err != nil {
			return Slot{}, err
		}
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

// codes are codes as another type has them.
func codes[T, F ~string](from []F) (list []T) {
	for _, code := range from {
		list = append(list, T(code))
	}
	return list
}

func subjects(raw [][]byte) (list []stele.Subject, err error) {
	for _, b := range raw {
		subject, err := stele.SubjectFrom(b)
		if err != nil {
			return nil, err
		}
		list = append(list, subject)
	}
	return list, nil
}

// Document writes the document of a slot, none for the default. It fails with KindInvalid for
// what no slot may say, and for more than fits.
func (s Slot) Document() ([]byte, error) {
	s = s.normal()
	if err := s.check(); err != nil {
		return nil, err
	}
	m := &wire.EmergencySlot{
		Nothing: s.Nothing, Roles: s.Roles, Facilities: s.Facilities, Categories: codes[string](s.Categories), Sensitivity: codes[string](s.Sensitivity),
	}
	for _, subject := range s.Excluded {
		m.Excluded = append(m.Excluded, subject[:])
	}
	for _, r := range s.Restrictions {
		m.Restrictions = append(m.Restrictions, r.message())
	}
	if s.Capsules != (stele.Digest{}) {
		m.Capsules = s.Capsules[:]
	}
	document := wire.Marshal(m)
	if len(document) > MaxDocument {
		return nil, stele.E("write emergency slot", stele.KindUsage, "more is restricted, and said of emergencies, than there is room for", nil).
			WithHint("some 180 people and organisations can be left out, or 70 records restricted")
	}
	return document, nil
}

// normal puts the lists in order, without doubles.
func (s Slot) normal() Slot {
	s.Categories = inOrder(s.Categories)
	s.Sensitivity = ordered(s.Sensitivity, cmp.Compare)
	s.Roles, s.Facilities = ordered(s.Roles, cmp.Compare), ordered(s.Facilities, cmp.Compare)
	s.Excluded = ordered(s.Excluded, bySubject)
	s.Restrictions = slices.Clone(s.Restrictions)
	for i, r := range s.Restrictions {
		s.Restrictions[i] = r.normal()
	}
	return s
}

func bySubject(a, b stele.Subject) int { return bytes.Compare(a[:], b[:]) }

// inOrder puts categories in the order of a chart.
func inOrder(list []stele.Category) []stele.Category {
	return ordered(list, func(a, b stele.Category) int {
		return cmp.Compare(slices.Index(stele.Categories(), a), slices.Index(stele.Categories(), b))
	})
}

func ordered[T comparable](list []T, by func(a, b T) int) []T {
	list = slices.Clone(list)
	slices.SortStableFunc(list, by)
	return slices.Compact(list)
}

// check fails with KindInvalid for words that nobody understands.
func (s Slot) check() error {
	if err := checkLabels(s.Categories, s.Sensitivity); err != nil {
		return err
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
	if len(s.Restrictions) > maxRestrictions {
		return invalid("there are too many restrictions")
	}
	for _, r := range s.Restrictions {
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}

func checkLabels(categories []stele.Category, sensitivity []stele.Sensitivity) error {
	for _, c := range categories {
		if !c.Valid() {
			return invalid("there is no such category")
		}
	}
	for _, c := range sensitivity {
		if !c.Valid() {
			return invalid("there is no such sensitivity")
		}
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
