package delivery

import (
	"context"
	"errors"
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
		im.issueOf(im.pagesOf[i], broken("", im.pages[i].Issue))
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
	fate := Fate{File: p.file, Entry: e.Index, Place: where, Name: where, To: v.To, Refused: v.Refused.String(), Waits: v.Waits, Deletes: v.Deletes}
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
	entry := fhir.Issue{Resource: where, Path: "Bundle.entry"}
	switch {
	case e.Err != nil:
		return p.reject(unopened(where, e.Err)), false
	case !p.sure && !p.plan.Same(p.file, at, e):
		return p.refuseFor(where, entry, "file", "the file changed while it was read"), false
	case strings.EqualFold(e.Method, "PATCH"):
		entry.Path = "Bundle.entry.request"
		return p.refuseFor(where, entry, "PATCH", "a PATCH changes a record that only its server has: it is not supported; send the whole resource, with PUT"), false
	case v.Deletes != "" || e.Resource == nil && strings.EqualFold(e.Method, "DELETE"):
		return p.deletion(e, at, v, where, fate), false
	case e.Resource == nil && onlyAsks(e.Method), e.Resource != nil && e.Resource.Type() == "Parameters" && onlyAsks(e.Method):
		p.leave(placed(where, "", "a "+strings.ToUpper(e.Method)+" asks a server for something, and brings no record"))
		return "it asks a server for something, and brings no record", false
	case e.Resource == nil:
		return p.refuseFor(where, entry, "resource", "there is no resource to import"), false
	}
	if fate.Name = e.Resource.Name(); e.Resource.Type() == "Parameters" {
		return p.refuseFor(where, entry, "Parameters", "they ask a server for an operation, and are no record"), false
	}
	if e.Within == "document" && e.Resource.Type() == "Patient" && e.Resource.Subsetted() { // as that of a summary
		p.leave(placed(where, fate.Name, "it says whose the document is, and is a part of what is known of them", "not stored"))
		return "it says whose the document is, and is a part of what is known of them", false
	}
	faults := faultsOf(e)
	if why := p.refuse(where, faults); why != "" {
		return why, false
	}
	if why, goes := p.goes(e.Resource, at, v, where); !goes {
		return why, false
	}
	if slices.ContainsFunc(faults, fhir.Issue.OddID) {
		p.count(func(d *Imported) { d.OddIDs++ })
	}
	for range p.plan.Loose(p.file, at) {
		p.warn(placed(where, e.Resource.Name(), "a reference leads to nothing in these files"))
	}
	return p.settle(e, at, v.To, where, fate)
}

// faultsOf are what is wrong with an entry's resource, and around it.
func faultsOf(e fhir.Entry) []fhir.Issue {
	r := e.Resource
	issues := append(e.Issues, r.Validate()...)
	if r.Subsetted() {
		issues = append(issues, fhir.Issue{Resource: r.Name(), Path: r.Type() + ".meta.tag", Rule: "SUBSETTED",
			Text: "it is a part of the record, as a search with _summary or _elements gives it, and what is missing may change what it means: fetch it whole"})
	}
	return issues
}

// goes reports whether a valid resource goes into any chart, and says why not.
func (p *part) goes(r *fhir.Resource, at int, v intake.Verdict, where string) (why string, goes bool) {
	is := func(parts ...string) Note { return placed(where, r.Name(), parts...) }
	older := p.leaves(p.plan.NameHere(p.file, at), v.To)
	if older != "" {
		p.warn(is(partsOf(older)...))
	}
	switch {
	case r.Type() == "Bundle" || r.Type() == "OperationOutcome":
		p.leave(placed(where, "", r.Type()+" is no record of a patient", "not stored"))
		return "it is no record of a patient", false
	case v.Refused != nil && fhir.Definitional(r.Type()):
		p.leave(is(v.Refused.And("", "not stored").Parts...))
		return v.Refused.String(), false
	case v.Refused != nil && r.Type() == "Group" && !p.now.whole:
		p.leave(is("a list of its members, no record of one patient", "not stored"))
		return "it is a list of its members, no record of one patient", false
	case v.Refused != nil:
		p.now.lost++
		return p.lost(r, where, p.stays(v.Refused, p.plan.NameHere(p.file, at))), false
	case v.Waits:
		p.becomes(p.file, endsWaiting)
		if older == "" {
			p.warn(is("nobody in these files refers to it", "it goes into no chart, and nothing of it is kept"))
		}
		return "", false
	case v.Note != "":
		p.warn(is(partsOf(v.Note)...))
	}
	return "", true
}

// settle gives a resource the ids that it has here, and sends it where it goes.
func (p *part) settle(e fhir.Entry, at int, to []stele.Subject, where string, fate *Fate) (refused string, known bool) {
	p.around = labels.Around{Marks: p.marks[p.file][e.Bundle], Documents: p.labels.shelf.DocumentsOf(e.FullURL, e.Resource)}
	r, err := p.plan.Settle(p.file, at, e.Resource)
	if err != nil {
		return p.refuseFor(where, wholly(e.Resource), "id", "its references can't be followed"), false
	}
	origin := p.plan.Origin(p.file, at)
	if fate.Name = r.Name(); origin.ID != "" {
		fate.Name, fate.Called = r.Type()+"/"+origin.ID, r.Name()
	}
	if why := p.moves(r, to, origin, where); why != nil {
		return p.lost(r, where, why), false
	}
	if name := p.outlived(r, to); name != "" {
		p.leave(placed(where, r.Name(), "of "+name+" a newer version than it deletes is in the chart, and stays", "the deletion is not kept there"))
		return "", false
	}
	if why := p.deletesBy(r, to, at, where); why != "" {
		return p.refuseFor(where, fhir.Issue{Resource: r.Name(), Path: "Provenance.activity"}, "DELETE", why), false
	}
	// It is labelled as it stands in its file, as what it refers to does on the shelf.
	refused, known, err = p.send(r, e.Resource, to, origin)
	switch {
	case err != nil:
		return p.refuseFor(where, wholly(r), "label", err.Error()), false
	case refused != "":
		return refused, false
	}
	p.now.came[at] = to
	if !known {
		return p.bars(to), false
	}
	return "", true
}

// wholly is an issue of a whole resource.
func wholly(r *fhir.Resource) fhir.Issue { return fhir.Issue{Resource: r.Name(), Path: r.Type()} }

// onlyAsks reports whether a request of a Bundle only reads (FHIR R4 § HTTPVerb).
func onlyAsks(method string) bool {
	return strings.EqualFold(method, "GET") || strings.EqualFold(method, "HEAD")
}

// send labels a record, for each subject by what it chose, and puts it where it
// goes; refused is why it went nowhere after all, known reports whether everybody has it already.
func (p *part) send(r, read *fhir.Resource, to []stele.Subject, origin intake.Origin) (refused string, known bool, err error) {
	entry := &counted{file: p.file, charts: len(to), name: r.Name()}
	var arrivals []arrival
	for _, subject := range to {
		label, err := p.labels.of(subject, read, p.around)
		if err != nil {
			return "", false, err
		}
		if label.Unread {
			entry.unread, entry.part = true, label.Category
		}
		arrivals = append(arrivals, arrival{file: p.file, entry: entry, subject: subject, updated: r.Path("meta.lastUpdated"), origin: origin, record: Incoming{
			JSON: r.JSON, Type: r.Type(), When: label.When, Category: label.Category, Sensitivity: label.Sensitivity, Year: label.Year,
			Handle: stele.NewID(), ID: r.ID(), Version: r.Path("meta.versionId"),
		}})
	}
	known = true
	goes := false // into one chart at least
	for _, a := range arrivals {
		switch {
		case p.now.whole:
			a.whole = p.now.number
			p.now.held = append(p.now.held, a)
			known = known && p.o.Each != nil && p.seen.has(p.desk.fingerprint(a.subject, r.JSON))
		case p.piles.put(a):
			known, goes = false, true
		}
	}
	if goes {
		return "", known, nil
	}
	return entry.refused, known, nil
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

// refuseFor refuses an entry for one rule that it breaks.
func (p *part) refuseFor(where string, of fhir.Issue, rule, text string) (why string) {
	of.Rule, of.Text = rule, text
	return p.refuse(where, []fhir.Issue{of})
}

// leave leaves out an entry that is no record of a patient, and says so.
func (p *part) leave(n Note) {
	p.becomes(p.file, endsLeft)
	p.warn(n)
}

// faults reports what is wrong: warnings alone do not stop anything.
func (p *part) faults(where string, issues []fhir.Issue) (why string) {
	for _, i := range issues {
		if i.OddID() { // a whole export may have them: they are counted
			continue
		}
		if i.Warning {
			p.warn(broken(where, i))
			continue
		}
		p.issue(broken(where, i))
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
func (p *part) reject(n Note) (why string) {
	p.issue(n)
	p.now.refused++
	p.becomes(p.file, endsRefused)
	return n.Why.String()
}

// lost rejects a resource of which is not known whose it is.
func (p *part) lost(r *fhir.Resource, where string, why *intake.Reason) string {
	return p.reject(Note{Place: where, Resource: r.Name(), Path: r.Type(), Rule: RuleLink, Why: *why})
}

func (p *part) issue(n Note) { p.issueOf(p.file, n) }

func (p *part) warn(n Note) { p.importing.warn(p.file, n) }
