package delivery

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A record that was Ana's may name Borg in its next version: somebody has seen that it
// was filed wrongly. Borg gets it, and from Ana's chart it is taken back, or it would
// stay there as hers. That it is one record has to be told by its versions, and, where
// its server is not known, by its day, and kind, too: two servers may give one id to two
// records, and what was taken back wrongly is missed by nobody.

// moving is one of which a newer version goes elsewhere.
type moving struct {
	file  int
	where string
	name  string
	from  stele.Subject
	to    stele.Subject
}

// stuck is the note of one that could not be taken back from the chart where it stands.
func (m moving) stuck(chart string, err error, back string) Note {
	n := failed(placed(m.where, "", m.name+" is another patient's now, and still stands in "+chart), err)
	n.Why = *n.Why.And("; once that may be written into", back)
	return n
}

// namePrint tells whether anything of a name was ever delivered from here.
func (d *Desk) namePrint(name string) [16]byte {
	return d.fingerprint(stele.Subject{}, []byte("name\x00"+name))
}

// lookForMoves finds the names of the files that stand in another chart alone. What
// was delivered is read only where a name is not new and not where it goes.
func (im *importing) lookForMoves(context.Context) error {
	going := map[stele.Subject][]string{}
	im.plan.Placed(func(name string, to stele.Subject) {
		if im.seen.has(im.desk.namePrint(name)) {
			going[to] = append(going[to], name)
		}
	})
	suspects := map[string][]stele.Subject{} // and where they go
	for to, names := range going {
		m, err := im.desk.recall(to)
		if err != nil {
			return err
		}
		for _, name := range names {
			if len(m.standing(name)) == 0 {
				suspects[name] = addSubject(suspects[name], to)
			}
		}
	}
	im.plan.Lost(func(name string) {
		if im.seen.has(im.desk.namePrint(name)) {
			suspects[name] = suspects[name][:len(suspects[name]):len(suspects[name])]
		}
	})
	im.moved = map[string][]holding{}
	if len(suspects) == 0 {
		return nil
	}
	return im.desk.eachMemory(func(m *memory) {
		for name, to := range suspects {
			if standing := m.standing(name); len(standing) > 0 && !slices.Contains(to, m.subject) {
				im.moved[name] = append(im.moved[name], holding{subject: m.subject, standing: standing})
			}
		}
	})
}

// moves says why a record does not go where it would: nil when it goes. What it was
// before in another chart is taken back when all is delivered.
func (p *part) moves(r *fhir.Resource, to []stele.Subject, origin intake.Origin, where string) (why *intake.Reason) {
	if len(to) != 1 {
		return nil
	}
	now := &kept{Version: stamp{text: r.Path("meta.versionId")}, Updated: stamp{text: r.Path("meta.lastUpdated")}, base: origin.Base}
	for _, old := range p.moved[r.Name()] {
		if old.subject == to[0] { // another version of it goes nowhere
			continue
		}
		newest := newest(old.standing)
		known := now.base != "" && newest.base != ""
		two := known && intake.Server(now.base) != intake.Server(newest.base)
		if p.ofTwo(now.base, newest.base) && two && !intake.OfItself(r.ID()) { // of two own it may be one
			continue
		}
		one := known && !two && now.mayFollow(newest) // a UUID is one record on both, and their versions are not
		if !known {
			label, err := p.labels.of(to[0], r, p.around)
			day := len(label.When) >= len(time.DateOnly) // a year is that of many
			one = err == nil && day && label.When == newest.When && label.Category == newest.Category && now.numbered(newest) && now.mayFollow(newest)
		}
		chart := p.chart(old.subject)
		switch {
		case r.Type() == "Patient", !one, !now.ordered(newest):
			p.warn(placed(where, r.Name(), append([]string{chart + " has one of that id, too, from here; if it is the same record"}, p.desk.backFrom(r.Name(), old.subject)...)...))
		case !now.newer(newest):
			return &intake.Reason{Parts: []string{"a newer version of it names another patient, and is in " + chart}}
		default:
			p.now.moving = append(p.now.moving, moving{p.file, where, r.Name(), old.subject, to[0]})
		}
	}
	return nil
}

// stays adds to why something goes nowhere in whose charts it stands from before. But for a
// Patient it is in the same words for all of one chart, so that hundreds are one line.
func (p *part) stays(why *intake.Reason, name string) *intake.Reason {
	for _, old := range p.moved[name] {
		has := "; " + p.chart(old.subject) + " has one of that id from here"
		if strings.HasPrefix(name, "Patient/") {
			why = why.And(has, append([]string{"if it is the same record"}, p.desk.backFrom(name, old.subject)...)...)
			continue
		}
		why = why.And(has + ", perhaps the same (" + p.desk.listing(old.subject) + ")")
	}
	return why
}

// backFrom says how what may be another's is taken back from a chart: with a Patient, who is
// another than was thought, the records that named her by her id may be, too.
func (d *Desk) backFrom(name string, from stele.Subject) (how []string) {
	how = []string{d.withdrawing(name, from)}
	if strings.HasPrefix(name, "Patient/") {
		how = []string{how[0] + "; and what names it there", d.listing(from)}
	}
	return how
}

// mayFollow reports whether two may be versions of one record: no server gives one number
// to two versions, nor a later number to an earlier one.
func (k *kept) mayFollow(o *kept) bool {
	same := k.Version == o.Version && k.Version.text != ""
	return !same && !k.version().Contradicts(o.version())
}

// numbered reports whether two say by numbers which is the newer one. Their times alone may
// be those at which two files were written, each of which counts its records from 1.
func (k *kept) numbered(o *kept) bool {
	_, told := fhir.Version{ID: k.Version.text}.Compare(fhir.Version{ID: o.Version.text})
	return told
}

// takeMoved takes back what is another patient's now. Where that is not possible, it
// is said: the record stands in a chart to which it does not belong.
func (im *importing) takeMoved(ctx context.Context) error {
	byChart := map[stele.Subject][]moving{}
	for _, m := range im.moving {
		byChart[m.from] = append(byChart[m.from], m)
	}
	for _, subject := range sorted(byChart) {
		m, err := im.desk.recall(subject)
		if err != nil {
			return err
		}
		back, records := new(pile), map[string]int{}
		for _, one := range byChart[subject] {
			if im.piles.troubled[one.to] > 0 { // it may have arrived nowhere
				im.count(one.file, func(d *Imported) { d.Stuck++ })
				im.issueOf(one.file, placed(one.where, "", one.name+" stays in "+im.chart(subject)+", as not everything arrived where it goes"))
				continue
			}
			standing := m.standing(one.name)
			if records[one.name] > 0 || len(standing) == 0 {
				continue
			}
			records[one.name] = len(standing)
			im.desk.withdraw(back, subject, handlesIn(standing), standing, movedAway) // not by name: it may come back one day
		}
		if err = im.withdrawn(ctx, subject, back); err != nil && (!thisPatientOnly(err) || ctx.Err() != nil) {
			return err
		}
		for _, one := range byChart[subject] {
			many := records[one.name]
			delete(records, one.name)
			switch {
			case err != nil:
				im.count(one.file, func(d *Imported) { d.Stuck++ })
				im.issueOf(one.file, one.stuck(im.chart(subject), err, im.desk.withdrawing(one.name, subject)))
			case many > 0:
				im.count(one.file, func(i *Imported) {
					i.TakenBack = append(i.TakenBack, TakenBack{Name: one.name, Charts: []stele.Subject{subject}, Records: many})
				})
			}
		}
	}
	return nil
}

// handlesIn are by what some records are withdrawn, and no other of their name.
func handlesIn(records []*kept) []string {
	handles := make([]string, len(records))
	for i, k := range records {
		handles[i] = k.Handle.String()
	}
	return handles
}

const movedAway = "a newer version of it is another patient's"
