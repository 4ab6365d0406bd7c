package wallet

import (
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// What a server has deleted comes again when an older file is imported after the one that
// says so: a night's folder that failed and is tried again, or one whose patient was not
// enrolled then. Of what stood in a chart its bytes are known; of any other version nothing
// is, and it would count as made anew. So what files delete is remembered, whether it was in
// a chart or not, in a book of the memory that is nobody's chart.

// gone are the DELETEs of files by the name here of what they delete: Version and Updated
// are the DELETE's, When is the time at which it was imported.
type gone map[string][]*kept

// goneBook is what was remembered of DELETEs.
func (w *Wallet) goneBook() (gone, error) {
	frames, err := w.readFrames(w.book(stele.Subject{}))
	g := gone{}
	for _, k := range memoryOf(frames).byHandle {
		g[k.name()] = append(g[k.name()], k)
	}
	return g, err
}

// gonePrint tells whether a DELETE of a name was ever imported.
func (s *Session) gonePrint(name string) [16]byte { return s.namePrint("gone\x00" + name) }

// forget remembers what the files delete: all of a name, of which nothing older counts.
func (im *importing) forget() error {
	if im.o.Dry || len(im.deletes) == 0 {
		return nil
	}
	before, err := im.s.goneBook()
	if err != nil {
		return err
	}
	now := im.s.Clock().UTC()
	f := frame{Submission: stele.NewID(), Made: now}
	var prints [][16]byte
	for _, d := range im.deletes {
		typ, id, named := strings.Cut(d.Called, "/")
		if !named || d.only != "" {
			continue
		}
		k := &kept{Type: typ, ID: id, Version: stamp{text: d.Version}, Updated: stamp{text: d.Updated}, When: now.Format(time.RFC3339), Handle: stele.NewID(), base: d.from}
		if slices.ContainsFunc(before[d.Called], func(o *kept) bool {
			return o.Version == k.Version && o.Updated == k.Updated && o.base == k.base && (d.Version != "" || d.Updated != "")
		}) {
			continue
		}
		before[d.Called] = append(before[d.Called], k)
		f.add(k)
		prints = append(prints, im.s.gonePrint(d.Called))
	}
	if len(prints) == 0 {
		return nil
	}
	if err := im.s.remember(im.s.book(stele.Subject{}), im.s.sealFrame(f)); err != nil {
		return err
	}
	return im.seen.add(prints)
}

// goneSince reports whether a record that comes was deleted by its server after it was made.
// sure is false where that is not told by the times of both: it may have been made anew.
func (p *piles) goneSince(k *kept) (is, sure bool) {
	if k.ID == "" || p.o.Again || !p.seen.has(p.s.gonePrint(k.name())) {
		return false, false
	}
	if p.gone == nil {
		var err error
		if p.gone, err = p.s.goneBook(); err != nil {
			p.stop(err)
			return false, false
		}
	}
	made := fhir.Version{ID: k.Version.text, Updated: k.Updated.text}
	for _, d := range p.gone[k.name()] {
		if p.ofTwo(d.base, k.base) {
			continue
		}
		deleted := fhir.Version{ID: d.Version.text, Updated: d.Updated.text}
		timed := deleted.Updated != ""
		if deleted == (fhir.Version{}) {
			deleted.Updated = d.When // it was deleted by then
		}
		if after, told := made.After(deleted); told && !after && !made.Contradicts(deleted) {
			is, sure = true, sure || timed && made.Updated != ""
		}
	}
	return is, sure
}

// deleted leaves out a record that its server has deleted since, and says so.
func (p *piles) deleted(a arrival) bool {
	is, sure := p.goneSince(a.kept)
	if !is {
		return false
	}
	const again = "--again delivers it all the same"
	if sure {
		p.lands(a.entry, endsLeft)
		p.warn(a.file, a.kept.told()+": its server deleted it after this was made, by a file that was imported before: it is not delivered; "+again)
		return true
	}
	p.lands(a.entry, endsRefused)
	p.issueOf(a.file, a.kept.told()+": a file that was imported before says that its server deleted it, and whether this was made before or after that is not told: it is not delivered; if it was made anew, "+again)
	return true
}
