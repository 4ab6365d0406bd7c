package delivery

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
)

// What a file deletes is taken back from every chart into which it was delivered
// from here, when everything else has arrived: a DELETE of a Bundle, or a Provenance
// that says so. An id is one server's, and so is a DELETE.

// deletion is a DELETE of a file.
type deletion struct {
	intake.Deletion
	file  int
	where string
	to    []stele.Subject            // to whom the same files give it
	here  bool                       // in the charts of to alone
	stood map[stele.Subject][16]byte // in whose charts it stands from before, by its print there
	only  string                     // the version that is taken back; "" for all
	from  string                     // base of the server that deletes

	outlives []intake.At // what comes after it in these files, and stays where it arrives
	alone    bool        // as something did: it counts in the charts of to alone
	unclear  string      // why it cannot be told what it means

	charts  []stele.Subject // from which it was taken back
	records int
	gone    bool    // it had been taken back before
	newer   bool    // a newer version than it deletes stands, and stays
	ends    outcome // endsDenied, endsRefused: from one chart it was not taken back
}

// note is a note of a DELETE.
func (d *deletion) note(parts ...string) Note { return placed(d.where, "DELETE "+d.Name, parts...) }

// cameBefore are those of some records that came no later than a Provenance that stands in
// their chart: it is carried out once, and what is made anew is not its.
func (d *deletion) cameBefore(m *memory, standing []*kept) []*kept {
	print, stood := d.stood[m.subject]
	if itself := m.byPrint[print]; stood && itself != nil {
		return slices.DeleteFunc(standing, func(k *kept) bool { return k.at > itself.at })
	}
	return standing
}

// before reports whether a DELETE is older than a version, by its number or its time.
func (d *deletion) before(k *kept) bool {
	deleted := &kept{Version: stamp{text: d.Version}, Updated: stamp{text: d.Updated}}
	after, _ := k.version().After(deleted.version())
	return after || deleted.precedes(k)
}

// takes returns what a DELETE takes back of what stands under its name: what its server
// has delivered. An id that is a UUID may stand on several.
func (im *importing) takes(d *deletion, standing []*kept) []*kept {
	return slices.DeleteFunc(slices.Clone(standing), func(k *kept) bool {
		return im.ofTwo(d.from, k.base) || d.only != "" && d.only != k.Version.said()
	})
}

// TakenBack says what a DELETE has taken back.
type TakenBack struct {
	Name    string // as its server calls it
	Base    string // of its server; "" when that is not known
	Charts  []stele.Subject
	Records int // versions, of all charts
}

// holding is what a chart holds of a name.
type holding struct {
	subject  stele.Subject
	standing []*kept
	gone     bool    // there was something, and it is withdrawn
	guests   []*kept // what other servers call so
}

// lookUp finds, in all that was delivered from here, what the files delete.
func (im *importing) lookUp(context.Context) error {
	wanted := map[string]bool{}
	for _, d := range im.plan.Deletions() {
		wanted[d.Name], wanted[d.Called] = true, true
	}
	if len(wanted) == 0 {
		return nil
	}
	im.charted = map[string][]holding{}
	return im.desk.eachMemory(func(m *memory) {
		look := func(name string) {
			h := holding{m.subject, m.standing(name), len(m.called(name)) > 0, stand(m.guests[name])}
			if h.gone || len(h.guests) > 0 {
				im.charted[name] = append(im.charted[name], h)
			}
		}
		if len(wanted) <= len(m.byName)+len(m.guests) {
			for name := range wanted {
				look(name)
			}
			return
		}
		for name := range m.byName {
			if wanted[name] {
				look(name)
			}
		}
		for name := range m.guests {
			if wanted[name] && m.byName[name] == nil {
				look(name)
			}
		}
	})
}

// unclear says why it cannot be told what a DELETE means: "" when it can.
func (im *importing) unclear(d intake.Deletion) string {
	of := map[string][]stele.Subject{} // the charts that hold what a server calls so; "" is a server that is not known
	note := func(subject stele.Subject, records []*kept) {
		for _, k := range records {
			of[k.origin()] = addSubject(of[k.origin()], subject)
		}
	}
	guests, found := false, false
	var others []stele.Subject // in whose charts it is, and who are not whom the files are of
	for _, h := range im.charted[d.Called] {
		standing := im.takes(&deletion{from: d.Base}, h.standing)
		for _, k := range standing {
			found = found || k.base != "" || !d.Strange
		}
		if note(h.subject, standing); len(standing) > 0 && h.subject != im.o.Subject && !im.o.Subject.IsZero() {
			others = addSubject(others, h.subject)
		}
	}
	for _, h := range im.charted[d.Name] {
		switch {
		case d.Base == "":
			guests = guests || len(h.guests) > 0
			note(h.subject, h.guests)
		default: // of home, the same as above
			note(h.subject, slices.DeleteFunc(slices.Clone(h.standing), func(k *kept) bool { return k.base != "" }))
		}
	}
	switch {
	case len(others) > 0:
		return "what is called so is in " + im.charts(others) + ", and another was named as whose the files are"
	case guests:
		var all []string
		for _, origin := range slices.Sorted(maps.Keys(of)) {
			all = append(all, cmp.Or(origin, "one whose server is not known")+" in "+im.charts(of[origin]))
		}
		return "its server is not said, and of that id there is " + strings.Join(all, ", and ") + "; say it with --server, or use stele withdraw"
	case d.Strange && !(d.Foreign && found) && len(of[""]) > 0:
		return fmt.Sprintf("it is %s's, and the server of what is called so in %s is not known; if it is your own: stele patient system add %s; if not, and it is the one, stele withdraw takes it back there", d.Base, im.charts(of[""]), intake.Word(d.Base))
	}
	return ""
}

// ofTwo reports whether records are of two servers. The organisation's own and one that is
// not shown are one.
func (im *importing) ofTwo(a, b string) bool {
	return intake.Server(a) != intake.Server(b) && (im.plan.Foreign(a) || im.plan.Foreign(b))
}

// chart says whose chart it is.
func (im *importing) chart(of stele.Subject) string { return "the chart of " + im.desk.called(of) }

// charts says whose charts they are.
func (im *importing) charts(subjects []stele.Subject) string {
	const most = 3
	if len(subjects) == 1 {
		return im.chart(subjects[0])
	}
	names := make([]string, 0, most+1)
	for i, subject := range subjects {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(subjects)-most))
			break
		}
		names = append(names, im.desk.called(subject))
	}
	return fmt.Sprintf("%d charts (%s)", len(subjects), strings.Join(names, ", "))
}

// called is how the link table calls a patient: by name and number, as two may have one name.
func (d *Desk) called(subject stele.Subject) string {
	linked, _ := d.w.Links().Of(subject) // where they can't be read, she is called by her DID
	return links.Called(linked, subject.String())
}

// deletion notes a DELETE: what it takes back is withdrawn when everything else is
// delivered.
func (p *part) deletion(e fhir.Entry, at int, v intake.Verdict, where string, fate *Fate) (refused string) {
	if why := p.refuse(where, e.Issues); why != "" {
		return why
	}
	if v.Refused != nil {
		return p.reject(Note{Place: where, Resource: "DELETE", Why: *v.Refused})
	}
	d := deletion{Deletion: p.plan.Deletion(p.file, at), file: p.file, where: where, to: v.To}
	d.from = d.Base
	fate.Name = "DELETE " + d.Name
	for _, h := range p.charted[d.Called] {
		if standing := p.takes(&d, h.standing); len(standing) > 0 && !slices.ContainsFunc(standing, d.before) {
			fate.To = addSubject(fate.To, h.subject)
		}
	}
	d.unclear = p.unclear(d.Deletion)
	switch {
	case v.Newer:
		d.outlives = p.plan.Outlives(p.file, at)
		p.now.deletes = append(p.now.deletes, d)
		return "a newer version of it, or one that comes after it, is in these files, and stays where that arrives"
	case d.unclear != "":
		return p.reject(d.note(partsOf(d.unclear)...))
	}
	p.now.deletes = append(p.now.deletes, d)
	return ""
}

// giveWay leaves out the DELETEs after which something comes in the files, in the charts where that arrives: a record that
// was filed with the wrong patient is deleted and written anew for the right one. Where it was refused nothing is taken
// back at all: the source says that there is such a record, and what, nobody knows yet.
func (im *importing) giveWay() {
	var left []deletion
	for _, d := range im.deletes {
		if len(d.outlives) == 0 {
			left = append(left, d)
			continue
		}
		came := im.cameOf(d)
		d.to, d.alone = im.holdsElsewhere(d, came), true
		switch {
		case len(came) == 0:
			im.becomes(d.file, endsRefused)
			im.issueOf(d.file, d.note(partsOf(cmp.Or(d.unclear, "what comes after it in these files did not arrive: nothing is taken back until that does, or the DELETE comes by itself"))...))
		case len(d.to) == 0:
			im.becomes(d.file, endsLeft)
			im.warn(d.file, d.note("a newer version, or one that comes after it, is in these files, and stays"))
		case d.unclear != "":
			im.becomes(d.file, endsRefused)
			im.issueOf(d.file, d.note(partsOf(d.unclear)...))
		default:
			left = append(left, d)
		}
	}
	im.deletes = left
}

// cameOf are the charts into which something came for which a DELETE gives way; not those where not everything arrived.
func (im *importing) cameOf(d deletion) (came []stele.Subject) {
	for _, at := range d.outlives {
		for _, subject := range im.came[at] {
			if im.piles.troubled[subject] == 0 {
				came = addSubject(came, subject)
			}
		}
	}
	return came
}

// holdsElsewhere are the charts but for some in which there is what a DELETE takes.
func (im *importing) holdsElsewhere(d deletion, but []stele.Subject) (charts []stele.Subject) {
	for _, h := range im.charted[d.Called] {
		if !slices.Contains(but, h.subject) && len(im.takes(&d, h.standing)) > 0 {
			charts = addSubject(charts, h.subject)
		}
	}
	return charts
}

// takeBack withdraws what the files delete, chart after chart.
func (im *importing) takeBack(ctx context.Context) error {
	im.giveWay()
	if err := im.forget(); err != nil {
		return err
	}
	slices.SortStableFunc(im.deletes, func(a, b deletion) int { return cmp.Compare(a.file, b.file) }) // the first one counts
	charts := map[stele.Subject][]*deletion{}
	for i := range im.deletes {
		d := &im.deletes[i]
		subjects := d.to
		if !d.here && !d.alone {
			for _, h := range im.charted[d.Called] {
				subjects = addSubject(subjects[:len(subjects):len(subjects)], h.subject)
			}
		}
		for _, subject := range subjects {
			charts[subject] = append(charts[subject], d)
		}
	}
	subjects := sorted(charts)
	for _, subject := range subjects {
		if err := im.takeBackFrom(ctx, subject, charts[subject]); err != nil {
			return err
		}
	}
	for i := range im.deletes {
		im.tellDeletion(&im.deletes[i])
	}
	return nil
}

// takeBackFrom withdraws from one chart. Where something of this import did not
// arrive there, nothing is: it may be what stands in place of what is deleted.
func (im *importing) takeBackFrom(ctx context.Context, subject stele.Subject, deletes []*deletion) error {
	m, err := im.desk.recall(subject)
	if err != nil {
		return err
	}
	back := new(pile)
	done := map[string]bool{} // a second DELETE has nothing left
	for _, d := range deletes {
		if ends := im.piles.troubled[subject]; ends > 0 {
			d.ends = max(d.ends, ends)
			im.issueOf(d.file, d.note("nothing was taken back from "+im.chart(subject)+", as not everything that came with it arrived"))
			continue
		}
		name := m.named(d.Called)
		all := m.standing(name)
		standing := d.cameBefore(m, im.takes(d, all))
		coming := im.piles.coming[subject][name]
		many := len(standing) + len(coming)
		if done[name] || many == 0 {
			d.gone = d.gone || done[name] || len(im.takes(d, m.called(name))) > 0
			continue
		}
		if slices.ContainsFunc(standing, d.before) || slices.ContainsFunc(coming, d.before) {
			d.newer = true
			im.warn(d.file, d.note("a newer version than it deletes is in "+im.chart(subject)+", and stays"))
			continue
		}
		d.charts, d.records = addSubject(d.charts, subject), d.records+many
		if done[name] = d.only == ""; len(standing) == len(all) {
			im.desk.withdraw(back, subject, []string{name}, standing, "")
		} else {
			im.desk.withdraw(back, subject, handlesIn(standing), standing, "")
		}
	}
	err = im.withdrawn(ctx, subject, back)
	if err == nil || !thisPatientOnly(err) || ctx.Err() != nil {
		return err
	}
	ends := endOf(err)
	for _, d := range deletes {
		if n := len(d.charts); n > 0 && d.charts[n-1] == subject {
			d.charts, d.ends = d.charts[:n-1], max(d.ends, ends)
			im.issueOf(d.file, failed(d.note("not taken back from "+im.chart(subject)), err))
		}
	}
	return nil
}

// withdrawn withdraws from one chart; in a dry run it says what would keep it from that.
func (im *importing) withdrawn(ctx context.Context, subject stele.Subject, back *pile) error {
	if len(back.arrivals) == 0 {
		return nil
	}
	if im.o.Dry {
		if why := im.barred[subject]; why != "" {
			return stele.E("withdraw", stele.KindDenied, why, nil)
		}
		return nil
	}
	_, err := im.desk.deliverParts(ctx, im.seen, subject, back)
	return err
}

// tellDeletion says what became of a DELETE.
func (im *importing) tellDeletion(d *deletion) {
	from := ""
	if d.Base != "" {
		from = " for " + d.Base
	}
	if len(d.charts) > 0 {
		im.count(d.file, func(i *Imported) {
			i.TakenBack = append(i.TakenBack, TakenBack{Name: d.Name, Base: d.Base, Charts: d.charts, Records: d.records})
		})
	}
	switch {
	case d.here && d.ends > 0: // its Provenance is an entry, and arrives as it is
		im.count(d.file, func(i *Imported) { i.Stuck++ })
	case d.here:
	case d.ends > 0:
		im.becomes(d.file, d.ends)
	case len(d.charts) > 0:
		im.becomes(d.file, endsWithdrawn)
	case d.gone, d.newer:
		im.becomes(d.file, endsKnown)
	default:
		im.becomes(d.file, endsNever)
		im.warn(d.file, d.note("nothing of that id was delivered from here"+from))
	}
}
