package timeline

import (
	"slices"
	"strings"

	"github.com/stele-health/stele/telling"
)

// mistaken adds to what is told what another source called an error, or withdrew, of the
// same thing and day, in whatever type and words: who reads that a medicine is taken has to
// know that the order of it was none. A source that tells the same still, as after an error
// written twice, says nothing against it. gone are the keys of what was taken back, and how.
func mistaken(told, entries, past []Entry, gone map[string]string) {
	here := map[string]bool{}
	for _, e := range entries {
		for _, ref := range e.refs {
			here[ref] = true
		}
	}
	wrong := make([]Entry, 0, len(past)) // its addresses are kept
	var list []matter
	for _, p := range past {
		n := slices.IndexFunc(p.refs, func(ref string) bool { return gone[ref] != "" && !here[ref] })
		if n < 0 || nowWord(p) == "" || p.whose == nobody || p.Absent {
			continue
		}
		p.Gone, p.Status = Withdrawn, gone[p.refs[n]]
		wrong = append(wrong, p)
		list = append(list, matterOf(&wrong[len(wrong)-1]))
	}
	wrongs := mattersOf(list)
	for i := range told {
		e := matterOf(&told[i])
		for _, p := range wrongs.near(nowWord(told[i]), e) {
			same := !e.Absent && p.Not == e.Not && p.Fact != e.Fact && ofOneDay(p.Entry, e.Entry) && p.covers(e)
			if same && !slices.ContainsFunc(e.Vouched, p.vouches) && !slices.ContainsFunc(told[i].Against, p.isVersionOf) && !tellsStill(entries, p, e) {
				told[i].oppose(*p.Entry)
			}
		}
	}
}

// ofOneDay reports whether two are of one day, as far as both tell it, or of none.
func ofOneDay(p, e *Entry) bool {
	return p.Timeless && e.Timeless || compareDays(p.When.Day, e.When.Day) == 0 && (p.When.Day == "") == (e.When.Day == "")
}

// isVersionOf reports whether another is a version of the same record.
func (e *Entry) isVersionOf(o Entry) bool {
	return slices.ContainsFunc(o.refs, func(ref string) bool { return slices.Contains(e.refs, ref) })
}

// vouches reports whether a record is of the same source.
func (e *Entry) vouches(v Vouch) bool { return e.Vouched[0].Source == v.Source }

// tellsStill reports whether the source of what it took back tells in another record what e
// tells.
func tellsStill(entries []Entry, p, e matter) bool {
	return slices.ContainsFunc(entries, func(o Entry) bool {
		return slices.ContainsFunc(o.Vouched, p.vouches) && (o.Active || o.Held || o.Stands == telling.Unclear) && nowWord(o) == nowWord(*e.Entry) && matterOf(&o).covers(e)
	})
}

// tookBack says what o, which its source took back, told against e.
func tookBack(o, e Entry) string {
	what, name, day := "its record", o.Name, telling.Day(o.When.Day)
	if o.Type == "MedicationRequest" {
		what = "its order"
	}
	if strings.EqualFold(name, e.Name) {
		name = ""
	}
	return joined(" ", what, name, "was "+o.Status, bracketed(day))
}

// copied notes, of what one source tells, that another told the same and has changed
// it since or took it back: what was copied from an error stays one.
func copied(entries, past []Entry) {
	byFact, wrong := map[string][]Entry{}, map[string]bool{}
	for _, p := range past {
		byFact[p.Fact] = append(byFact[p.Fact], p)
		for _, ref := range p.refs {
			wrong[ref] = wrong[ref] || p.record.Retracted()
		}
	}
	for i := range entries {
		e := &entries[i]
		said := ""
		for _, p := range byFact[e.Fact] {
			same := e.Timeless || e.When.Timed && p.When.Timed && e.When.At == p.When.At || e.When.Day == p.When.Day && !(e.When.Timed && p.When.Timed)
			if !same || slices.ContainsFunc(e.Vouched, func(v Vouch) bool { return v.Source == p.Vouched[0].Source }) {
				continue
			}
			said = "another source told the same and has changed it since"
			if p.Gone == Withdrawn {
				said = "another source told the same and withdrew it"
				if p.record.Retracted() || slices.ContainsFunc(p.refs, func(ref string) bool { return wrong[ref] }) {
					said = "another source told the same and marked it as entered in error"
				}
				break
			}
		}
		e.Note = joined(", ", e.Note, said)
	}
}
