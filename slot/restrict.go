package slot

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wire"
)

// maxRestrictions is how many restrictions a document holds at most.
const maxRestrictions = 64

// Restriction keeps a part of a chart from everybody but its owner. It is of single records, or
// of all folios of whose labels everything holds that is said here.
type Restriction struct {
	Records     []Record // then nothing is said of labels
	WholeFolios bool     // of records: with all that lies in their folios

	Categories  []stele.Category
	Sensitivity []stele.Sensitivity // marked as any of these
	Sources     []stele.Subject     // delivered by any of these
	From, To    int                 // years of clinical dates, both inclusive; 0: open. What has no date is in every period

	InEmergencies bool // holds in an emergency, too

	// The evidence that its owner was warned: which text, in which language, and when they said yes.
	Warning, Language string
	At                time.Time // millisecond precision
}

// Record is a record in its folio. A digest is of one folio alone, wherever it is anchored, and its
// capsule opens for no other; the ids of folios are whatever their writers chose.
type Record struct {
	Folio  stele.Digest
	Handle stele.ID
}

// DenyRestricted is why what is restricted is not opened.
const DenyRestricted Reason = "the patient has restricted it"

// Restricts decides whether a folio's key is kept from whoever reads, under a grant or in an emergency:
// where any of its records is restricted.
func (s Slot) Restricts(emergency bool, folio stele.Digest, label stele.Label) bool {
	return s.any(emergency, func(r Restriction) bool { return r.holds(folio, nil, label) })
}

// RestrictsRecord decides whether a record of a folio is kept from whoever reads.
func (s Slot) RestrictsRecord(emergency bool, of Record, label stele.Label) bool {
	return s.any(emergency, func(r Restriction) bool { return r.Restricts(of, label) })
}

// Beside reports whether a record needs a capsule of its own: for some reading its folio's key is kept
// back by the restriction of single records, and it is not itself.
func (s Slot) Beside(of Record) bool {
	s.Restrictions = slices.DeleteFunc(slices.Clone(s.Restrictions), func(r Restriction) bool { return len(r.Records) == 0 })
	return slices.ContainsFunc([]bool{false, true}, func(emergency bool) bool {
		return s.Restricts(emergency, of.Folio, stele.Label{}) && !s.RestrictsRecord(emergency, of, stele.Label{})
	})
}

func (s Slot) any(emergency bool, holds func(Restriction) bool) bool {
	return slices.ContainsFunc(s.Restrictions, func(r Restriction) bool { return (!emergency || r.InEmergencies) && holds(r) })
}

// Restricts reports whether a record is in the restriction.
func (r Restriction) Restricts(of Record, label stele.Label) bool {
	return r.holds(of.Folio, &of.Handle, label)
}

// holds reports whether a record of a folio is in the restriction; nil: whether any is.
func (r Restriction) holds(folio stele.Digest, handle *stele.ID, label stele.Label) bool {
	if len(r.Records) > 0 {
		return slices.ContainsFunc(r.Records, func(of Record) bool {
			return of.Folio == folio && (handle == nil || r.WholeFolios || of.Handle == *handle)
		})
	}
	switch {
	case r.bare():
		return false
	case len(r.Categories) > 0 && !slices.Contains(r.Categories, label.Category):
		return false
	case len(r.Sensitivity) > 0 && !slices.ContainsFunc(r.Sensitivity, func(c stele.Sensitivity) bool { return slices.Contains(label.Sensitivity, c) }):
		return false
	case len(r.Sources) > 0 && !slices.Contains(r.Sources, label.Source):
		return false
	}
	return label.Year <= 0 || (r.From == 0 || label.Year >= r.From) && (r.To == 0 || label.Year <= r.To)
}

// bare reports whether nothing is said of labels.
func (r Restriction) bare() bool {
	return len(r.Categories)+len(r.Sensitivity)+len(r.Sources) == 0 && r.From == 0 && r.To == 0
}

func (r Restriction) normal() Restriction {
	r.Categories, r.Sensitivity, r.Sources = inOrder(r.Categories), ordered(r.Sensitivity, cmp.Compare), ordered(r.Sources, bySubject)
	r.Records = ordered(r.Records, func(a, b Record) int { return bytes.Compare(a.bytes(), b.bytes()) })
	r.At = time.UnixMilli(r.At.UnixMilli()).UTC()
	return r
}

func (r Record) bytes() []byte { return slices.Concat(r.Folio[:], r.Handle[:]) }

// Same reports whether two restrict the same, whenever it was said.
func (r Restriction) Same(other Restriction) bool {
	other.Warning, other.Language, other.At = r.Warning, r.Language, r.At
	return reflect.DeepEqual(r.normal(), other.normal())
}

// Includes reports whether a restriction of the same kind restricts all that another does: more single
// records, or their folios whole.
func (r Restriction) Includes(other Restriction) bool {
	for _, of := range other.Records {
		if !slices.Contains(r.Records, of) {
			return false
		}
	}
	if other.WholeFolios && !r.WholeFolios || len(other.Records) == 0 && len(r.Records) > 0 {
		return false
	}
	other.Records, other.WholeFolios = r.Records, r.WholeFolios
	return r.Same(other)
}

// check fails with KindInvalid for what restricts nothing, or was said without a warning.
func (r Restriction) check() error {
	if len(r.Records) > 0 != r.bare() || r.WholeFolios && len(r.Records) == 0 {
		return invalid("a restriction is of single records, or of what labels say")
	}
	if err := checkLabels(r.Categories, r.Sensitivity); err != nil {
		return err
	}
	if r.From < 0 || r.To < 0 || r.From > maxYear || r.To > maxYear || r.To != 0 && r.From > r.To {
		return invalid("the period is none")
	}
	if err := stele.CheckCode("the language", r.Language); err != nil {
		return err
	}
	if r.Warning == "" || len(r.Warning) > maxWarning || r.At.UnixMilli() <= 0 {
		return invalid("nobody was warned")
	}
	return nil
}

const (
	maxYear    = 9999
	maxWarning = 40 // bytes
)

func (r Restriction) message() *wire.Restriction {
	m := &wire.Restriction{
		FromYear: int32(r.From), ToYear: int32(r.To), InEmergencies: r.InEmergencies, Warning: r.Warning, Language: r.Language, AtMs: r.At.UnixMilli(),
		WholeFolios: r.WholeFolios, Categories: codes[string](r.Categories), Sensitivity: codes[string](r.Sensitivity),
	}
	for _, of := range r.Records {
		m.Records = append(m.Records, &wire.RestrictedRecord{Folio: of.Folio[:], Handle: of.Handle[:]})
	}
	for _, of := range r.Sources {
		m.Sources = append(m.Sources, of[:])
	}
	return m
}

// readRestriction reads one; whether it is in its one form shows when it is written again.
func readRestriction(m *wire.Restriction) (r Restriction, err error) {
	r = Restriction{
		Sensitivity: codes[stele.Sensitivity](m.Sensitivity), Categories: codes[stele.Category](m.Categories),
		From: int(m.FromYear), To: int(m.ToYear), InEmergencies: m.InEmergencies,
		Warning: m.Warning, Language: m.Language, At: time.UnixMilli(m.AtMs).UTC(), WholeFolios: m.WholeFolios,
	}
	if r.Sources, err = subjects(m.Sources); err != nil {
		return r, err
	}
	for _, of := range m.Records {
		var record Record
		if record.Folio, err = stele.DigestFrom(of.Folio); err != nil {
			return r, err
		}
		if record.Handle, err = stele.IDFrom(of.Handle); err != nil {
			return r, err
		}
		r.Records = append(r.Records, record)
	}
	return r, nil
}
