package delivery

import (
	"context"
	"slices"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// A Medication is of nobody, and goes into the charts of those whose records refer to it in
// the same files. When it is corrected and comes alone, or with another's order, whoever has
// the older one keeps it. Nobody but its server knows that both are one: files of two patients
// may each have a Medication/1. So it is not taken there, but said in whose charts it stands.
// All charts are looked through for that only where a name was delivered before and its words
// were not.

// medicinePrint tells whether a Medication of a name was ever delivered from here.
func (d *Desk) medicinePrint(name string) [16]byte { return d.namePrint("medicine\x00" + name) }

// look notes a Medication that has words that no import brought before.
func (im *importing) look(r *fhir.Resource) {
	if !intake.Tells(r.Type()) {
		return
	}
	if print := im.desk.fingerprint(stele.Subject{}, r.JSON); !im.seen.has(print) {
		im.mu.Lock()
		defer im.mu.Unlock()
		im.news = append(im.news, print)
	}
}

// lookForOlder finds in whose charts one of the names of the files stands.
func (im *importing) lookForOlder(context.Context) error {
	names := map[string]bool{}
	im.plan.Told(func(name string) {
		if len(im.news) > 0 && im.seen.has(im.desk.medicinePrint(name)) {
			names[name] = true
		}
	})
	if len(names) == 0 {
		return nil
	}
	im.older = map[string][]stele.Subject{}
	return im.desk.eachMemory(func(m *memory) {
		for name := range names {
			if len(m.standing(name)) > 0 {
				im.older[name] = append(im.older[name], m.subject)
			}
		}
	})
}

// leaves says in whose charts one stands that a record of its name does not replace.
func (im *importing) leaves(name string, to []stele.Subject) string {
	var left []stele.Subject
	for _, subject := range im.older[name] {
		if !slices.Contains(to, subject) {
			left = append(left, subject)
		}
	}
	if len(left) == 0 {
		return ""
	}
	return "one of that id is in " + im.charts(left) + ", too, and stays as it is there; if this is its correction, import it with the records of theirs that refer to it"
}

// toldOlder remembers which words were said, when all of the files has been imported.
func (im *importing) toldOlder() error {
	whole := len(im.piles.troubled) == 0 && !slices.ContainsFunc(im.done, func(d Imported) bool { return d.Err != nil })
	if im.o.Dry || len(im.news) == 0 || !whole {
		return nil
	}
	return im.seen.add(im.news)
}
