package delivery

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
)

// bundle is what has come of one Bundle, or of what stands in none.
type bundle struct {
	number  int
	place   string // "line 7", where a file holds several
	kind    fhir.Kind
	whole   bool // all or nothing
	held    []arrival
	owed    [][]stele.Subject
	deletes []deletion
	moving  []moving
	came    map[int][]stele.Subject // entries that are taken, and where they go
	fates   []Fate                  // told when it is known whether it arrives
	refused int
	lost    int // of them those of which could not be told whose they are
}

// turnTo goes to the Bundle of an entry. In NDJSON each line is over when the next
// begins.
func (p *part) turnTo(e fhir.Entry) {
	place, _, several := strings.Cut(e.Place, ", ")
	if several = several && strings.HasPrefix(place, "line "); several && e.Line != p.line {
		p.shut(nil)
	}
	if !several {
		place = ""
	}
	p.line = e.Line
	p.now = p.bundle(e.Bundle, place, e.Within)
}

func (p *part) bundle(number int, place string, kind fhir.Kind) *bundle {
	if p.open[number] == nil {
		p.open[number] = &bundle{came: map[int][]stele.Subject{}, number: number, place: place, kind: kind, whole: kind.AllOrNothing()}
	}
	return p.open[number]
}

// shut ends the Bundles that are open: what is all or nothing arrives, or not.
func (p *part) shut(broken error) {
	numbers := slices.Sorted(maps.Keys(p.open))
	for _, number := range numbers {
		b := p.open[number]
		var err error
		switch {
		case !b.whole:
		case broken != nil:
			err = stele.E("import", stele.KindInvalid, "the Bundle is broken: nothing of it was imported", broken)
		case !p.plan.Ends(p.file, p.next, number):
			err = stele.E("import", stele.KindInvalid, "the file changed while it was read: nothing of a transaction was imported", nil)
		default:
			if err = b.spoilt(); err == nil {
				err = p.oneRecord(b)
			}
			if err == nil {
				err = p.piles.tooLate(b)
			}
		}
		p.tell(b, err)
		if err == nil {
			p.piles.putAll(b.held)
			p.mu.Lock()
			for at, to := range b.came {
				p.importing.came[intake.At{File: p.file, Entry: at}] = to
			}
			p.importing.deletes, p.importing.moving = append(p.importing.deletes, b.deletes...), append(p.importing.moving, b.moving...)
			p.mu.Unlock()
		} else {
			p.drop(b)
			p.failed = cmp.Or(p.failed, err)
		}
		for _, to := range b.owed {
			p.piles.passed(to)
		}
	}
	clear(p.open)
}

// drop counts what of a Bundle that is all or nothing is nothing.
func (p *part) drop(b *bundle) {
	for _, a := range b.held {
		p.lands(a.entry, endsRefused)
	}
	for _, d := range b.deletes {
		if !d.here {
			p.becomes(p.file, endsRefused)
		}
	}
}

// tell says what becomes of each record of a Bundle that is all or nothing.
func (p *part) tell(b *bundle, err error) {
	for _, fate := range b.fates {
		if err != nil && fate.Refused == "" {
			fate.Refused, fate.Known, fate.To = "it comes with others, all or nothing, and not all of them can arrive", false, nil
		}
		p.each(fate)
	}
}

// spoilt says why a Bundle that is all or nothing is nothing.
func (b *bundle) spoilt() error {
	op, kind := "import", string(b.kind)
	people := map[stele.Subject]bool{}
	for _, a := range b.held {
		people[a.subject] = true
	}
	in := ""
	if b.place != "" {
		in = b.place + ": "
	}
	switch n := stele.Count(b.refused, "resource", "resources"); {
	case b.refused > b.lost:
		return stele.E(op, stele.KindInvalid, in+n+" of a "+kind+" can't be taken: nothing of it was imported", nil).
			WithHint("mend what is listed, or send a batch Bundle, of which the good resources arrive")
	case b.refused > 0:
		return stele.E(op, stele.KindInvalid, in+"whose "+n+" of a "+kind+" are could not be told: nothing of it was imported", nil).
			WithHint("what is listed says whom they name")
	case len(people) > 1 && b.kind == "transaction": // a document is one by what it says, not by how it is kept
		return stele.E(op, stele.KindInvalid, in+"a transaction over the charts of several patients cannot arrive whole: nothing of it was imported", nil).
			WithHint("send one transaction for each patient, or a batch Bundle")
	}
	return nil
}
