package delivery

import (
	"context"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/telling"
)

// DeliverSummary delivers the owner's emergency summary into their own chart, as a folio of
// its own: who may open the category summary has it in one release. It counts instead of
// the one before, which has the same id. It fails with KindInvalid for what is no such document.
func (d *Desk) DeliverSummary(ctx context.Context, document []byte, made time.Time, sensitive []stele.Sensitivity) (Delivered, error) {
	switch issues, err := ips.Check(document); {
	case err != nil:
		return Delivered{}, err
	case len(issues) > 0:
		return Delivered{}, stele.E("deliver summary", stele.KindInvalid, "this is no emergency summary: "+issues[0].String(), nil)
	}
	record := Incoming{
		JSON: document, Type: "Bundle", When: made.UTC().Format(time.DateOnly), Category: stele.Summary, Sensitivity: sensitive, Year: made.UTC().Year(),
	}
	for tries := 0; ; tries++ {
		held, err := d.w.WriteGrantFor(ctx, d.w.Subject())
		if err != nil {
			return Delivered{}, err
		}
		done, err := d.Deliver(ctx, held, []Incoming{record})
		if stele.KindOf(err) != stele.KindDenied || tries > 0 {
			return done, err
		}
		if err := d.w.MarkOver(held.Grant); err != nil { // taken back: another is given
			return Delivered{}, err
		}
	}
}

// keepSummary keeps a summary of a file that this software made, for when its entries have come.
func (im *importing) keepSummary(file, number int, document []byte) {
	if !telling.Read(document).MadeHere() {
		return
	}
	if im.ours[file] == nil {
		im.ours[file] = map[int][]byte{}
	}
	im.ours[file][number] = document
}

// oneRecord makes of the entries of a summary that this software made the one record that it is. Taken apart, each would stand
// beside the record that it was made of, and the author among the patient's devices.
func (p *part) oneRecord(b *bundle) error {
	document := p.ours[p.file][b.number]
	if document == nil || len(b.held) == 0 {
		return nil
	}
	of := b.held[0]
	for _, a := range b.held {
		if a.subject != of.subject {
			return stele.E("import", stele.KindInvalid, "a summary that tells of several patients is none: nothing of it was imported", nil).
				WithHint("make each anew: stele wallet summary")
		}
	}
	r, err := fhir.Parse(document)
	if err != nil {
		return err
	}
	label, err := p.labels.of(of.subject, r, labels.Around{Marks: p.marks[p.file][b.number]})
	if err != nil {
		return err
	}
	of.entry = &counted{file: p.file, charts: 1, unread: label.Unread, part: label.Category, name: r.Name()}
	of.updated, of.origin, of.with = "", intake.Origin{}, false
	of.record = Incoming{JSON: document, Type: r.Type(), When: label.When, Category: label.Category, Sensitivity: label.Sensitivity, Year: label.Year, Handle: stele.NewID()}
	for range len(b.held) - 1 {
		p.becomes(p.file, endsLeft)
	}
	b.held, b.moving = []arrival{of}, nil
	clear(b.came)
	p.asOne(b, of)
	return nil
}

// asOne tells of a summary's entries that the first of them stands for all.
func (p *part) asOne(b *bundle, of arrival) {
	first := true
	for i := range b.fates {
		f := &b.fates[i]
		switch {
		case f.Refused != "":
		case first:
			first = false
			f.Name, f.Called, f.To, f.Known = of.record.Type, "", []stele.Subject{of.subject}, p.seen.has(p.desk.fingerprint(of.subject, of.record.JSON))
		default:
			f.Refused, f.To = "it is a part of a summary, which is one record", nil
		}
	}
}
