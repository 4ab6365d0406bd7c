package delivery

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
// are the DELETE's, When is the time at which it was imported, and Withdraws are in whose
// charts alone it counts, as a Provenance does; none for all.
type gone map[string][]*kept

// goneBook is what was remembered of DELETEs.
func (d *Desk) goneBook() (gone, error) {
	frames, err := d.readFrames(d.book(stele.Subject{}))
	g := gone{}
	for _, k := range memoryOf(frames).byHandle {
		g[k.name()] = append(g[k.name()], k)
	}
	return g, err
}

// gonePrint tells whether a DELETE of a name was ever imported.
func (d *Desk) gonePrint(name string) [16]byte { return d.namePrint("gone\x00" + name) }

// forget remembers what the files delete: all of a name, of which nothing older counts.
func (im *importing) forget() error {
	if im.o.Dry || len(im.deletes) == 0 {
		return nil
	}
	before, err := im.desk.goneBook()
	if err != nil {
		return err
	}
	f := frame{Submission: stele.NewID(), Made: im.desk.w.Clock().UTC()}
	var prints [][16]byte
	for i := range im.deletes {
		k := im.deletes[i].kept(f.Made, im.o.Subject)
		if k == nil || slices.ContainsFunc(before[k.name()], k.sameDelete) {
			continue
		}
		before[k.name()] = append(before[k.name()], k)
		f.add(k)
		prints = append(prints, im.desk.gonePrint(k.name()))
	}
	if len(prints) == 0 {
		return nil
	}
	// What a crash leaves in between is asked for in vain, and remembered when it comes again.
	if err := im.seen.add(prints); err != nil {
		return err
	}
	return im.desk.remember(im.desk.book(stele.Subject{}), im.desk.sealFrame(f))
}

// kept is how a DELETE is remembered; nil for that of a version or of what has no name. Of
// files that are said to be one patient's it counts in her chart.
func (d *deletion) kept(now time.Time, asked stele.Subject) *kept {
	typ, id, named := strings.Cut(d.Called, "/")
	if !named || d.only != "" {
		return nil
	}
	k := &kept{Type: typ, ID: id, Version: stamp{text: d.Version}, Updated: stamp{text: d.Updated}, When: now.Format(time.RFC3339), Handle: stele.NewID(), base: d.from}
	switch {
	case !asked.IsZero():
		k.Withdraws = []string{asked.String()}
	case d.here, d.alone:
		for _, subject := range d.to {
			k.Withdraws = append(k.Withdraws, subject.String())
		}
	}
	return k
}

// sameDelete reports whether two say the same; of two that tell neither number nor time the
// later one says more.
func (k *kept) sameDelete(o *kept) bool {
	return k.Version == o.Version && k.Updated == o.Updated && k.base == o.base && slices.Equal(k.Withdraws, o.Withdraws) && (k.Version.text != "" || k.Updated.text != "")
}

// since says what is known of a record that comes and was deleted by its server, as a file
// said that was imported before.
type since int

const (
	notDeleted  since = iota
	perhapsAnew       // nothing tells which came first: it counts as made anew, and that is said
	perhapsOld        // by a number, or by when the DELETE was imported, it is older
	old               // by the times of both
)

// goneSince compares a record that comes with the DELETEs of its name.
func (p *piles) goneSince(of stele.Subject, k *kept) (how since) {
	if k.ID == "" || p.o.Again || !p.seen.has(p.desk.gonePrint(k.name())) {
		return notDeleted
	}
	if p.gone == nil {
		var err error
		if p.gone, err = p.desk.goneBook(); err != nil {
			p.stop(err)
			return notDeleted
		}
	}
	for _, d := range p.gone[k.name()] {
		if !p.ofTwo(d.base, k.base) && (len(d.Withdraws) == 0 || slices.Contains(d.Withdraws, of.String())) {
			how = max(how, k.since(d))
		}
	}
	return how
}

// since compares a version with one DELETE of its name.
func (k *kept) since(d *kept) since {
	made := fhir.Version{ID: k.Version.text, Updated: k.Updated.text}
	deleted := fhir.Version{ID: d.Version.text, Updated: d.Updated.text}
	after, told := made.After(deleted)
	if !told {
		after, told = fhir.Version{Updated: made.Updated}.After(fhir.Version{Updated: d.When}) // it was deleted by then
	}
	switch {
	case !told, made.Contradicts(deleted):
		return perhapsAnew
	case after:
		return notDeleted
	case made.Updated == "" || deleted.Updated == "":
		return perhapsOld
	}
	return old
}

// deleted leaves out a record that its server has deleted since, and says so.
func (p *piles) deleted(a arrival) bool {
	name := a.kept.told()
	switch p.goneSince(a.subject, a.kept) {
	case old:
		a.goesNowhere(goneOld)
		p.lands(a.entry, endsDeleted)
		p.warn(a.file, told(name, partsOf(goneOld)...))
		return true
	case perhapsOld:
		a.goesNowhere(gonePerhaps)
		p.lands(a.entry, endsRefused)
		p.issueOf(a.file, told(name, partsOf(gonePerhaps)...))
		return true
	case perhapsAnew:
		p.warn(a.file, told(name, "a file that was imported before says that its server deleted it, and nothing tells which came first", "it is delivered, as made anew; if it is the older one, stele withdraw takes it back"))
	}
	return false
}

const (
	goneOld     = "its server deleted it after this was made, as a file says that was imported before: it is not delivered; if it counts, import it in a file of its own, with --again"
	gonePerhaps = "a file that was imported before says that its server deleted it, and whether this was made before or after is not told: it is not delivered; if it was made anew, import it in a file of its own, with --again"
)
