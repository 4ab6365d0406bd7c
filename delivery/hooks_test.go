package delivery

import (
	"context"

	"github.com/stele-health/stele"
)

// What tests from outside the room do inside it.

// ReadTwice has each file read twice, however short.
func ReadTwice(yes bool) ImportOptions { return ImportOptions{twice: yes} }

// Forget is what another process of the same wallet begins with.
func (d *Desk) Forget() { d.set = nil }

// Noted is how many fingerprints are kept.
func (d *Desk) Noted() (int, error) {
	set, err := d.delivered()
	if err != nil {
		return 0, err
	}
	return int(set.size) / 16, nil
}

// DeliverPile delivers records as an import does that gathered them.
func (d *Desk) DeliverPile(ctx context.Context, subject stele.Subject, records []Incoming) (Delivered, error) {
	p := new(pile)
	for _, r := range records {
		p.add(arrival{subject: subject, kept: new(kept), record: r})
	}
	seen, err := d.delivered()
	if err != nil {
		return Delivered{}, err
	}
	return d.deliverParts(ctx, seen, subject, p)
}
