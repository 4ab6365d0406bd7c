package delivery

import "github.com/stele-health/stele"

// What becomes of an entry is counted once, when it is known of each chart into which
// it goes. So what was read is what was delivered, known, refused and so on, of each
// file and in all.

// outcome is what becomes of an entry, or of one in one chart. Of several charts the
// greatest counts: what one of them lacks has to be seen.
type outcome int

const (
	endsKnown outcome = iota // it is there already
	endsDelivered
	endsDenied // there is no write grant that holds
	endsRefused
	endsWaiting
	endsLeft    // it is no record
	endsDeleted // its server deleted it since
	endsWithdrawn
	endsNever // nothing of that id was delivered from here
)

// counted is an entry on its way.
type counted struct {
	file   int
	charts int // of which it is not known yet
	worst  outcome
	unread bool           // it could not be classified
	part   stele.Category // of the chart, where it could not
	name   string         // type and id

	refused string // why it goes nowhere, where that is found on its way
}

// goesNowhere notes why a record does not go on, for whoever asks of its fate.
func (a arrival) goesNowhere(why string) {
	if a.entry != nil {
		a.entry.refused = why
	}
}

// lands says what became of an entry in one of its charts.
func (im *importing) lands(e *counted, how outcome, in ...stele.Subject) {
	if e == nil {
		return // a withdrawal is no entry
	}
	im.count(e.file, func(d *Imported) {
		if how == endsDelivered {
			for _, subject := range in {
				d.Patients = addSubject(d.Patients, subject)
			}
		}
		if how == endsDenied {
			for _, subject := range in {
				d.Closed = addSubject(d.Closed, subject)
			}
		}
		e.worst = max(e.worst, how)
		if e.charts--; e.charts > 0 {
			return
		}
		d.add(e.worst)
		if e.worst == endsDelivered && e.unread {
			d.unread(e.part, e.name)
		}
	})
}

// endOf is the outcome of an entry that could not be delivered, by why.
func endOf(err error) outcome {
	if stele.KindOf(err) == stele.KindDenied {
		return endsDenied
	}
	return endsRefused
}

// becomes says what became of an entry that is on its way to no chart.
func (im *importing) becomes(file int, how outcome) {
	im.count(file, func(d *Imported) { d.add(how) })
}

// unread counts a record that could not be classified.
func (d *Imported) unread(part stele.Category, name string) {
	d.Unread++
	of := d.Unclear[part]
	if of.N++; len(of.Names) < maxUnclear {
		of.Names = append(of.Names, name)
	}
	if d.Unclear == nil {
		d.Unclear = map[stele.Category]Unclear{}
	}
	d.Unclear[part] = of
}

func (d *Imported) add(how outcome) {
	switch how {
	case endsKnown:
		d.Known++
	case endsDelivered:
		d.Delivered++
	case endsDenied:
		d.Denied++
		d.Refused++
	case endsRefused:
		d.Refused++
	case endsWaiting:
		d.Waiting++
	case endsLeft:
		d.Left++
	case endsDeleted:
		d.Deleted++
	case endsWithdrawn:
		d.Withdrawn++
	case endsNever:
		d.Never++
	}
}
