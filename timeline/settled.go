package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
)

// settled keeps of what may be so what nothing settles: a repeat that was authorised, and is told
// as taken by it in the same words, is under Now already; and an order that was completed while its
// supply lasts is taken no more where its source ordered the medicine anew since, in whatever
// strength, or says that it was changed to what is in force.
func settled(list, so []Entry) []Entry {
	return slices.DeleteFunc(list, func(e Entry) bool {
		if e.Type != "MedicationRequest" || e.Stands != telling.Unclear {
			return false
		}
		return e.completed() && (slices.ContainsFunc(so, e.changedTo) || slices.ContainsFunc(so, e.orderedAnew)) || e.repeats() && slices.ContainsFunc(so, e.takenAs)
	})
}

// completed reports whether an order is one that was completed and may be taken still.
func (e *Entry) completed() bool {
	return strings.HasPrefix(e.Status, "completed") && !strings.Contains(e.Status, telling.ActsOn)
}

// repeats reports whether an entry is a repeat that was authorised, of which nothing else is told.
func (e *Entry) repeats() bool {
	return e.Status == "planned" && strings.EqualFold(textOf(e.record.Root(), "intent"), "plan")
}

// orderedAnew reports whether an order in force is a later one of the same source for the same
// medicine.
func (e *Entry) orderedAnew(o Entry) bool {
	return o.Type == "MedicationRequest" && o.inForce() && compareDays(o.When.Day, e.When.Day) > 0 && sameSource(&o, e) && sameMade(&o, e)
}

// takenAs reports whether a statement in force tells that the medicine of a repeat is taken by it.
func (e *Entry) takenAs(o Entry) bool {
	by := slices.ContainsFunc(o.takenBy(), func(key string) bool { return slices.Contains(e.refs, key) })
	return by && o.inForce() && (e.Value == "" || e.Value == o.Value) && sameMade(&o, e) && agree(substanceOf(o.Name).strengths, substanceOf(e.Name).strengths)
}

// inForce reports whether a medicine is told as ordered or taken now.
func (e *Entry) inForce() bool { return e.Active && !e.Held && !e.Not && e.inUse() }

// sameMade reports whether two medicines are made of the same, in whatever strength.
func sameMade(a, b *Entry) bool {
	s, o := substanceOf(a.Name), substanceOf(b.Name)
	return allIn(s.bare, o.bare) && allIn(o.bare, s.bare) && agree(s.ways, o.ways)
}

// sameSource reports whether one known source vouches for both.
func sameSource(a, b *Entry) bool {
	return a.whose != nobody && slices.ContainsFunc(a.Vouched, func(v Vouch) bool {
		return slices.ContainsFunc(b.Vouched, func(w Vouch) bool { return v.Source == w.Source })
	})
}

// changedTo reports whether the reason of a status, or a note, says that a medicine was changed,
// and one in force is the same, or what those words name.
func (e *Entry) changedTo(o Entry) bool {
	var texts []string
	for _, reason := range itemsOf(e.record.Root(), "statusReason") {
		texts = append(texts, saidIn(reason)...)
	}
	for _, note := range itemsOf(e.record.Root(), "note") {
		texts = append(texts, textOf(note, "text"))
	}
	return o.inForce() && slices.ContainsFunc(texts, func(s string) bool {
		w := tokens(stele.Fold(s))
		return slices.ContainsFunc(w, changes) && !telling.HasWord(w, denying) && (sameMade(&o, e) || allIn(substanceOf(o.Name).bare, substanceOf(s).words))
	})
}
