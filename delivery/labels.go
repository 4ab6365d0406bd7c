package delivery

import (
	"slices"
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
)

// labelling draws the labels of one import.
type labelling struct {
	desk   *Desk
	policy *labels.Policy
	shelf  *labels.Shelf

	mu       sync.Mutex
	subjects map[stele.Subject]*labels.Policy
}

func (d *Desk) labelling(more ...string) (*labelling, error) {
	own := d.w.Labelling()
	own.Tables = append(slices.Clone(own.Tables), more...)
	p, err := own.LabelPolicy()
	if err != nil {
		return nil, err
	}
	return &labelling{desk: d, policy: p, shelf: labels.NewShelf(), subjects: map[stele.Subject]*labels.Policy{}}, nil
}

// of labels a record that goes to a subject, with what it came with.
func (l *labelling) of(subject stele.Subject, r *fhir.Resource, around labels.Around) (labels.Label, error) {
	l.mu.Lock()
	p := l.subjects[subject]
	if p == nil {
		var err error
		p, err = l.desk.w.LabelsOf(l.policy, subject, l.desk.w.Clock())
		if err != nil {
			l.mu.Unlock()
			return labels.Label{}, err
		}
		l.subjects[subject] = p
	}
	l.mu.Unlock()
	return p.LabelIn(around, r, l.shelf.Meant), nil
}
