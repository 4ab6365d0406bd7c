package wallet

import (
	"path/filepath"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/regular"
)

// Labelling is how an organisation's wallet draws labels, beside the shipped
// tables: what kinds of clinic it is, and where its own tables are.
type Labelling struct {
	Clinics []string `json:"clinics,omitempty"` // of labels.Clinics
	Tables  []string `json:"tables,omitempty"`  // absolute paths
}

// Labelling returns how the organisation draws labels.
func (w *Wallet) Labelling() Labelling { return w.State().Labelling }

// SetLabelling changes how the organisation draws labels. It fails with KindInvalid for the
// wallet of anybody else, and as LabelPolicy does for tables that cannot be read: then what
// was set before holds.
func (w *Wallet) SetLabelling(l Labelling) error {
	if w.Kind() != Organisation {
		return stele.E("set labels", stele.KindInvalid, "only an organisation labels records", nil).
			WithHint("name its wallet with --as")
	}
	if _, err := l.LabelPolicy(); err != nil {
		return err
	}
	return w.update(func(s *State) error { s.Labelling = l; return nil })
}

// LabelPolicy reads the organisation's own tables and makes its policy, for
// records of subjects who chose nothing. A table that cannot be read is an
// error: what it would have marked must not arrive unmarked.
func (l Labelling) LabelPolicy() (*labels.Policy, error) {
	var tables []*labels.Table
	for _, path := range l.Tables {
		table, err := ReadLabelTable(path)
		if err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	p, err := labels.New(tables...)
	if err != nil {
		return nil, err
	}
	return p.For(labels.Source{Clinics: l.Clinics})
}

// maxTable is how large a table of labels may be, in bytes.
const maxTable = 16 << 20

// ReadLabelTable reads a table from a file.
func ReadLabelTable(path string) (*labels.Table, error) {
	src, err := regular.Read(path, maxTable)
	if err != nil {
		return nil, regular.Unread("read label table", "the table of labels", path, err).
			WithHint("put it there, or name another: stele label set --labels FILE")
	}
	return labels.ParseTable(filepath.Base(path), src)
}

// WorstCases are what the subject chose for records that this organisation
// cannot classify: what every write grant says that it holds and that has not
// ended. Where two differ, both count.
func (w *Wallet) WorstCases(subject stele.Subject, at time.Time) ([]labels.WorstCase, error) {
	chosen := map[stele.Category][]stele.Sensitivity{}
	held, err := w.HeldFor(subject, stele.ActionWrite)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		if h.Over || !h.End.After(at) {
			continue
		}
		g, err := consent.Parse(h.Document)
		if err != nil {
			continue // nothing is delivered under it
		}
		for _, c := range g.Unclassified {
			chosen[c.Category] = append(chosen[c.Category], c.Sensitivity...)
		}
	}
	var out []labels.WorstCase
	for _, c := range append([]stele.Category{""}, stele.Categories()...) {
		if list := chosen[c]; list != nil {
			out = append(out, labels.WorstCase{Category: c, Sensitivity: consent.Grant{Sensitivity: list}.Normal().Sensitivity})
		}
	}
	return out, nil
}

// LabelsOf makes the policy for one subject's records.
func (w *Wallet) LabelsOf(p *labels.Policy, subject stele.Subject, at time.Time) (*labels.Policy, error) {
	worst, err := w.WorstCases(subject, at)
	if err != nil {
		return nil, err
	}
	return p.For(labels.Source{Clinics: w.State().Labelling.Clinics, Unclassified: worst})
}
