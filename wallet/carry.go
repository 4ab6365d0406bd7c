package wallet

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/labels"
)

// carry delivers a file: each record as soon as it is read, or, where a Bundle is
// all or nothing, all of it at its end.
func (im *importing) carry(ctx context.Context, file int) error {
	p := &part{importing: im, file: file, open: map[int]*bundle{}}
	p.sure = im.held[file] != nil
	reader, err := im.again(ctx, file, func(e fhir.Entry) {
		p.turnTo(e)
		p.receive(e, p.next)
		p.next++
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		p.now = p.bundle(0, "", "")
		if reader.Kind().AllOrNothing() {
			p.now = p.bundle(1, "", reader.Kind())
		}
		p.frame(reader)
	}
	p.shut(err)
	if p.failed == nil {
		p.failed = err
	}
	im.mu.Lock()
	im.done[file].Err = errors.Join(im.done[file].Err, p.failed)
	im.mu.Unlock()
	return im.piles.failed()
}

// part is one file at work.
type part struct {
	*importing
	file   int
	line   int
	next   int  // entry
	sure   bool // what was surveyed was held, and can't be another
	open   map[int]*bundle
	now    *bundle // of the entry at hand
	around labels.Around
	failed error // the first Bundle that did not arrive
}

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
	fates   []Fate // told when it is known whether it arrives
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
		p.open[number] = &bundle{number: number, place: place, kind: kind, whole: kind.AllOrNothing()}
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
			err = b.spoilt()
		}
		p.tell(b, err)
		if err == nil {
			p.piles.putAll(b.held)
			p.mu.Lock()
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

// frame takes what is wrong with the Bundles themselves, and what they hold that is no
// record.
func (p *part) frame(reader *fhir.Reader) {
	for range reader.Skipped() {
		p.readOne()
		p.becomes(p.file, endsLeft)
	}
	p.mu.Lock()
	for _, page := range reader.Pages() {
		p.pages, p.pagesOf = append(p.pages, page), append(p.pagesOf, p.file)
	}
	p.mu.Unlock()
	if p.faults("", reader.Issues()) != "" {
		p.count(func(d *Imported) { d.Lacks++ })
	}
}

// turned tells which pages of searches are not there, when all files are read.
func (im *importing) turned() {
	for _, i := range fhir.Missing(im.pages) {
		im.count(im.pagesOf[i], func(d *Imported) { d.Lacks++ })
		im.issueOf(im.pagesOf[i], im.pages[i].Issue.String())
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

func (p *part) each(fate Fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.o.Each(fate)
}

// arrival is a valid resource on its way into a chart.
type arrival struct {
	file    int
	entry   *counted // nil: a withdrawal
	subject stele.Subject
	record  Incoming
	updated string // meta.lastUpdated
	origin  intake.Origin
	kept    *kept
	whole   int  // the Bundle of its file with which it arrives or does not; 0 for none
	with    bool // it arrives with the one before it, or neither does
}

// receive validates one entry and sends it on its way.
func (p *part) receive(e fhir.Entry, at int) {
	v := p.plan.Of(p.file, at)
	defer p.passed(v.To)
	where := e.Place
	p.readOne()
	fate := Fate{File: p.file, Entry: e.Index, Place: where, Name: where, To: v.To, Refused: v.Refused, Waits: v.Waits, Deletes: v.Deletes}
	fate.Refused, fate.Known = p.judge(e, at, v, where, &fate)
	if p.o.Each == nil {
		return
	}
	if fate.Refused != "" {
		fate.To = nil
	}
	if p.now.whole { // it is told at the end
		p.now.fates = append(p.now.fates, fate)
		return
	}
	p.each(fate)
}

// judge says why an entry goes nowhere; known reports whether everybody has it.
func (p *part) judge(e fhir.Entry, at int, v intake.Verdict, where string, fate *Fate) (refused string, known bool) {
	switch {
	case e.Err != nil:
		why := stele.TextOf(e.Err)
		p.reject(endsRefused, why)
		return strings.TrimPrefix(why, where+": "), false
	case !p.sure && !p.plan.Same(p.file, at, e):
		return p.refuse(where, []fhir.Issue{{Resource: where, Path: "Bundle.entry", Rule: "file", Text: "the file changed while it was read"}}), false
	case strings.EqualFold(e.Method, "PATCH"):
		return p.refuse(where, []fhir.Issue{{Resource: where, Path: "Bundle.entry.request", Rule: "PATCH",
			Text: "a PATCH changes a record that only its server has: it is not supported; send the whole resource, with PUT"}}), false
	case v.Deletes != "" || e.Resource == nil && strings.EqualFold(e.Method, "DELETE"):
		return p.deletion(e, at, v, where, fate), false
	case e.Resource == nil && onlyAsks(e.Method), e.Resource != nil && e.Resource.Type() == "Parameters" && onlyAsks(e.Method):
		p.becomes(p.file, endsLeft)
		p.warn(where + ": a " + strings.ToUpper(e.Method) + " asks a server for something, and brings no record")
		return "it asks a server for something, and brings no record", false
	case e.Resource == nil:
		return p.refuse(where, []fhir.Issue{{Resource: where, Path: "Bundle.entry", Rule: "resource", Text: "there is no resource to import"}}), false
	}
	r := e.Resource
	fate.Name = r.Name()
	if r.Type() == "Parameters" {
		return p.refuse(where, []fhir.Issue{{Resource: where, Path: "Bundle.entry", Rule: "Parameters", Text: "they ask a server for an operation, and are no record"}}), false
	}
	if why := p.refuse(where, append(e.Issues, r.Validate()...)); why != "" {
		return why, false
	}
	if r.Type() == "Bundle" || r.Type() == "OperationOutcome" {
		p.becomes(p.file, endsLeft)
		p.warn(where + ": " + r.Type() + " is no record of a patient: not stored")
		return "it is no record of a patient", false
	}
	if v.Refused != "" && fhir.Definitional(r.Type()) {
		p.becomes(p.file, endsLeft)
		p.warn(where + ": " + r.Name() + ": " + v.Refused + ": not stored")
		return v.Refused, false
	}
	if v.Refused != "" && r.Type() == "Group" && !p.now.whole {
		p.becomes(p.file, endsLeft)
		p.warn(where + ": " + r.Name() + ": a list of its members, no record of one patient: not stored")
		return "it is a list of its members, no record of one patient", false
	}
	if v.Refused != "" {
		p.now.lost++
		return p.refuse(where, []fhir.Issue{{Resource: r.Name(), Path: r.Type(), Rule: "link", Text: v.Refused}}), false
	}
	if v.Waits {
		p.becomes(p.file, endsWaiting)
		p.warn(where + ": " + r.Name() + ": nobody in these files refers to it, so it is in no chart, and nothing of it is kept")
		return "", false
	}
	if v.Note != "" {
		p.warn(where + ": " + r.Name() + ": " + v.Note)
	}
	for range p.plan.Loose(p.file, at) {
		p.warn(where + ": " + r.Name() + ": a reference leads to nothing in these files")
	}
	p.around = labels.Around{Marks: p.marks[p.file][e.Bundle], Documents: p.labels.shelf.DocumentsOf(e.FullURL, r)}
	read := r // labelled as it stands in its file, as what it refers to does on the shelf
	r, err := p.plan.Settle(p.file, at, r)
	if err != nil {
		return p.refuse(where, []fhir.Issue{{Resource: e.Resource.Name(), Path: e.Resource.Type(), Rule: "id", Text: "its references can't be followed"}}), false
	}
	origin := p.plan.Origin(p.file, at)
	if fate.Name = r.Name(); origin.ID != "" {
		fate.Name, fate.Called = r.Type()+"/"+origin.ID, r.Name()
	}
	if why := p.moves(r, v.To, origin, where); why != "" {
		return p.refuse(where, []fhir.Issue{{Resource: r.Name(), Path: r.Type(), Rule: "link", Text: why}}), false
	}
	if name := p.outlived(r, v.To); name != "" {
		p.becomes(p.file, endsLeft)
		p.warn(where + ": " + r.Name() + ": of " + name + " a newer version than it deletes is in the chart, and stays: the deletion is not kept there")
		return "", false
	}
	if why := p.deletesBy(r, v.To, at, where); why != "" {
		return p.refuse(where, []fhir.Issue{{Resource: r.Name(), Path: "Provenance.activity", Rule: "DELETE", Text: why}}), false
	}
	if known, err = p.send(r, read, v.To, origin); err != nil {
		return p.refuse(where, []fhir.Issue{{Resource: r.Name(), Path: r.Type(), Rule: "label", Text: err.Error()}}), false
	}
	if !known {
		return p.bars(v.To), false
	}
	return "", true
}

// onlyAsks reports whether a request of a Bundle only reads (FHIR R4 § HTTPVerb).
func onlyAsks(method string) bool {
	return strings.EqualFold(method, "GET") || strings.EqualFold(method, "HEAD")
}

// send labels a record, for each subject by what it chose, and puts it where it
// goes; known reports whether everybody has it already.
func (p *part) send(r, read *fhir.Resource, to []stele.Subject, origin intake.Origin) (known bool, err error) {
	entry := &counted{file: p.file, charts: len(to)}
	var arrivals []arrival
	for _, subject := range to {
		label, err := p.labels.of(subject, read, p.around)
		if err != nil {
			return false, err
		}
		entry.unread = entry.unread || label.Unread
		arrivals = append(arrivals, arrival{file: p.file, entry: entry, subject: subject, updated: r.Path("meta.lastUpdated"), origin: origin, record: Incoming{
			JSON: r.JSON, Type: r.Type(), When: label.When, Category: label.Category, Sensitivity: label.Sensitivity, Year: label.Year,
			Handle: stele.NewID(), ID: r.ID(), Version: r.Path("meta.versionId"),
		}})
	}
	known = true
	for _, a := range arrivals {
		switch {
		case p.now.whole:
			a.whole = p.now.number
			p.now.held = append(p.now.held, a)
			known = known && p.o.Each != nil && p.seen.has(p.s.fingerprint(a.subject, r.JSON))
		case p.piles.put(a):
			known = false
		}
	}
	return known, nil
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
	switch n := count(b.refused, "resource", "resources"); {
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

// passed notes that an entry has brought what it brings; of a file that is all or
// nothing it is not known before its end.
func (p *part) passed(to []stele.Subject) {
	if p.now.whole {
		p.now.owed = append(p.now.owed, to)
		return
	}
	p.piles.passed(to)
}

func (p *part) readOne() {
	p.count(func(d *Imported) { d.Read++ })
}

// count changes what is told of the file.
func (p *part) count(f func(*Imported)) { p.importing.count(p.file, f) }

// refuse reports and counts what is wrong with an entry; "" when it may be delivered
// all the same.
func (p *part) refuse(where string, issues []fhir.Issue) (why string) {
	if why = p.faults(where, issues); why != "" {
		p.becomes(p.file, endsRefused)
	}
	return why
}

// faults reports what is wrong: warnings alone do not stop anything.
func (p *part) faults(where string, issues []fhir.Issue) (why string) {
	for _, i := range issues {
		if i.Warning {
			p.warn(i.At(where))
			continue
		}
		p.issue(i.At(where))
		if why == "" {
			why = i.Text
		}
	}
	if why != "" {
		p.now.refused++
	}
	return why
}

// reject reports an entry that goes nowhere.
func (p *part) reject(ends outcome, line string) {
	p.issue(line)
	p.now.refused++
	p.becomes(p.file, ends)
}

func (p *part) issue(line string) { p.issueOf(p.file, line) }

func (p *part) warn(line string) { p.importing.warn(p.file, line) }
