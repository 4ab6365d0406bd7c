package delivery

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stele-health/stele/intake"
)

// What an import knows of a record that comes, by what was delivered before it.

// knowledge is what is known of a record that comes.
type knowledge int

const (
	fresh     knowledge = iota
	delivered           // it is there, or on its way
	returning           // it is there, and another version came after it
	taken               // what has its name there is another server's, or came before
)

// knows says whether a record was delivered before, byte for byte. One that says no
// version, and is not the newest that was delivered of its name, nor does that say one, may be
// a correction taken back, or an old file read again: that is known when all files are read.
// What says a version of its own is that version again.
func (p *piles) knows(m *memory, a arrival) knowledge {
	k, name := a.kept, a.kept.name()
	again := p.queued[k.Print]
	if !again && !p.seen.has(k.Print) {
		switch {
		case p.taken(m, a):
			return taken
		case p.deleted(a):
			return taken
		case a.origin.Once && len(m.standing(name)) > 0:
			p.count(a.file, func(d *Imported) { d.Known++ })
			p.warn(a.file, told(k.told(), "it was to be created where there is none yet (ifNoneExist, ifNoneMatch), and there is", "what came now is not kept"))
			return delivered
		case a.late(m):
			late := a.tooLate()
			a.goesNowhere(late.String())
			p.lands(a.entry, endsRefused)
			p.issueOf(a.file, late)
			return taken
		}
		return fresh
	}
	before, last := m.byPrint[k.Print], m.last(name)
	switch {
	case again:
	case before != nil && last != nil && last.Print != k.Print && !last.withdrawn && k.untold() && last.untold() && !m.met[name] && !a.origin.Once && !a.late(m):
		return returning
	case before != nil && before.withdrawn && p.o.Again:
		return fresh
	case last != nil && last.Print == k.Print:
		m.met[name] = true // the newest is in these files, too
		if older, ok := m.returning[name]; ok {
			delete(m.returning, name)
			p.lands(older.entry, endsKnown)
		}
	}
	p.lands(a.entry, endsKnown)
	if before != nil && before.withdrawn {
		p.warn(a.file, told(before.told(), "it was withdrawn, and is not delivered again; --again does"))
	}
	return delivered
}

// taken refuses a record whose name is, in its chart, that of a record of another
// server: it is a UUID, or its server was, or was not, the organisation's own then. Each
// server numbers versions of its own, so which of them is the newer
// nobody can tell; but one that was made at the same time is the same.
func (p *piles) taken(m *memory, a arrival) bool {
	for _, other := range p.alike(m, a.kept) {
		if other.withdrawn || !p.ofTwo(other.base, a.kept.base) {
			continue
		}
		if other.Updated == a.kept.Updated && other.Version == a.kept.Version && other.Updated.text != "" {
			p.lands(a.entry, endsKnown)
			return true
		}
		a.goesNowhere("what has that id there is of another server")
		p.lands(a.entry, endsRefused)
		const unknown = "a server that is not known"
		n := told(cmp.Or(a.kept.there(), a.kept.name())+" of "+cmp.Or(a.kept.base, unknown), "what is called so in "+p.chart(a.subject)+" is of "+cmp.Or(other.base, unknown))
		if a.kept.base == "" {
			n.Why = *n.Why.And("; if these files are that server's", "--server "+intake.Word(other.base))
		}
		n.Why = *n.Why.And("; if this one counts, take that back first", p.desk.withdrawing(cmp.Or(other.origin(), other.name()), a.subject))
		p.issueOf(a.file, n)
		return true
	}
	return false
}

// alike is what stands under the name of a record that comes, and what shows no server
// beside what a server of ours calls so that became ours late: both are ours, and one.
func (p *piles) alike(m *memory, k *kept) []*kept {
	is := func(o *kept) bool { return k.base == "" && p.plan.Late(o.base) || o.base == "" && p.plan.Late(k.base) }
	return append(slices.Clip(m.byName[k.name()]), slices.DeleteFunc(slices.Concat(m.guests[k.name()], m.byName[k.there()]), func(o *kept) bool { return !is(o) })...)
}

// accept puts a record where it goes.
func (p *piles) accept(m *memory, a arrival) {
	k := a.kept
	p.queued[k.Print] = true
	for _, other := range m.byName[k.name()] {
		if other.submission.IsZero() && other.Print != k.Print && !k.ordered(other) && len(other.Withdraws) == 0 {
			p.warn(a.file, told(k.told(), "it stands here with different content, and nothing says which is the newer", "which of them counts nobody can tell"))
			break
		}
		if !other.withdrawn && k.version().Contradicts(other.version()) {
			p.warn(a.file, told(k.told(), "by its versionId it is older than what is here, or newer, and by its lastUpdated the other way round", "charts say that nobody knows which counts"))
			break
		}
	}
	switch {
	case !p.o.Dry:
		p.pile(a)
		p.supersede(m, a)
	case p.barred[a.subject] != "":
		p.troubled[a.subject] = endsDenied
		p.lands(a.entry, endsDenied, a.subject)
		p.issueOf(a.file, told(a.kept.told(), partsOf(p.barred[a.subject])...))
	default:
		if p.coming[a.subject] == nil {
			p.coming[a.subject] = map[string][]*kept{}
		}
		for _, name := range []string{a.kept.name(), "urn:uuid:" + a.kept.ID} {
			p.coming[a.subject][name] = append(p.coming[a.subject][name], a.kept)
		}
		p.lands(a.entry, endsDelivered, a.subject)
	}
	m.add(k)
}

// bringBack delivers what is an older value again, where the newer one is not in
// these files.
func (p *piles) bringBack(m *memory) {
	if m == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(m.returning)) {
		a := m.returning[name]
		delete(p.queued, a.kept.Print)
		p.accept(m, a)
		p.warn(a.file, told(a.kept.told(), "what it says was delivered before and replaced since, and no version says which is the newer", "it is delivered again, and counts as the newest"))
	}
	clear(m.returning)
}

// supersede withdraws the older of two versions where they stand under different
// labels: whoever may read the one and not the other would take it for the newest. What
// was made anew after a deletion may have the smaller number, and is not taken back for it.
func (p *piles) supersede(m *memory, a arrival) {
	if a.kept.ID == "" {
		return
	}
	for _, old := range m.standing(a.kept.name()) {
		if old.sameLabel(a.kept) || a.kept.version().Contradicts(old.version()) {
			continue
		}
		if !a.kept.newer(old) {
			old = a.kept
		}
		if !old.withdrawn {
			w := p.desk.withdrawal(a.subject, []string{old.Handle.String()}, old, oldWithdrawn)
			w.with = true
			p.pile(w)
			old.withdrawn = true
		}
	}
}
