package wallet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/labels"
	"github.com/stele-health/stele/wire"
)

// ImportOptions say whose chart it is. Without a subject each record goes to the
// patient that it belongs to, found by number in the link table.
type ImportOptions struct {
	Subject  stele.Subject
	Progress func(Progress) // called now and then, by one goroutine at a time
}

// Progress is how far an import is.
type Progress struct {
	Read      int // resources
	Delivered int
}

// Imported says what became of an import.
type Imported struct {
	Read      int // resources
	Delivered int
	Known     int // had been delivered before, byte for byte, or stood twice in the file
	Refused   int
	Folios    int
	Copies    int // fewest copies of any submission
	Patients  []stele.Subject
	Issues    []string // one line for each thing that is wrong: entry, resource, path, rule
	Warnings  []string // references into nowhere, and such: delivered all the same
}

// Limits of one submission of an import.
const (
	maxBatchRecords = 4000
	maxBatchBytes   = 32 << 20
	maxIssues       = 1000
	maxReferences   = 1 << 20
)

// Import reads FHIR R4 JSON (a resource, a Bundle or NDJSON), validates and
// labels every resource, and delivers them sealed. Of a batch, a collection or
// NDJSON the good resources arrive and the bad ones are reported; a transaction
// or document Bundle arrives whole or not at all. What was delivered before,
// byte for byte, is not delivered again.
//
// Import may be called from several goroutines at once.
func (s *Session) Import(ctx context.Context, r io.Reader, o ImportOptions) (Imported, error) {
	seen, err := s.delivered()
	if err != nil {
		return Imported{}, err
	}
	if err := s.settle(ctx, seen); err != nil {
		return Imported{}, err
	}
	im := &importing{
		s: s, o: o, seen: seen, met: map[string]stele.Subject{}, patients: map[string]stele.Subject{},
		pending: map[stele.Subject]*pile{}, queued: map[[16]byte]bool{}, targets: map[string]bool{},
	}
	reader := fhir.NewReader(r)
	for {
		entry, err := reader.Next()
		if errors.Is(err, io.EOF) {
			im.refuse("the Bundle", reader.Issues())
			im.dangling()
			break
		}
		if err != nil {
			return im.fail(ctx, reader, err)
		}
		im.whole = reader.Kind().AllOrNothing()
		im.take(entry)
		if err := im.flush(ctx, false); err != nil {
			return im.done, err
		}
	}
	return im.finish(ctx)
}

// importing is an import at work.
type importing struct {
	s        *Session
	o        ImportOptions
	seen     *deliveredSet
	whole    bool // all or nothing
	done     Imported
	met      map[string]stele.Subject // the Patients in the file; zero where not linked here
	patients map[string]stele.Subject // the same by reference: "Patient/1", "urn:uuid:..."
	orphans  []arrival                // whose patient has not come by yet
	sortAt   int                      // how many of them are worth another look
	pending  map[stele.Subject]*pile
	queued   map[[16]byte]bool // fingerprints of what is pending

	targets    map[string]bool // what references may lead to
	references []reference
}

// reference is where a resource points.
type reference struct{ from, to string }

// arrival is a valid resource waiting to be delivered.
type arrival struct {
	record   Incoming
	patients []string // references
	where    string   // for reports
}

// pile is what waits for one subject.
type pile struct {
	records []Incoming
	prints  [][16]byte
	bytes   int
}

// take validates one entry and puts it on the pile it belongs to.
func (im *importing) take(e fhir.Entry) {
	im.done.Read++
	where := fmt.Sprintf("entry %d", e.Index)
	switch {
	case e.Err != nil:
		im.done.Refused++
		im.issue(e.Err.Error())
		return
	case e.Resource == nil:
		im.refuse(where, []fhir.Issue{{Resource: where, Path: "Bundle.entry", Rule: "resource", Text: "there is no resource to import"}})
		return
	}
	r := e.Resource
	if im.refuse(where, append(e.Issues, r.Validate()...)) {
		return
	}
	im.refer(r, e.FullURL, where)
	label := labels.Default().Label(r, nil)
	a := arrival{
		record: Incoming{JSON: r.JSON, Type: r.Type(), When: label.When, Category: label.Category, Sensitivity: label.Sensitivity, Year: label.Year},
		where:  where, patients: r.Patients(),
	}
	if r.Type() == "Patient" {
		im.meet(r, e.FullURL, where)
		a.patients = []string{where}
	}
	im.orphans = append(im.orphans, a)
}

// refuse reports what is wrong with an entry and whether it may not be
// delivered: warnings alone do not stop it.
func (im *importing) refuse(where string, issues []fhir.Issue) (refused bool) {
	for _, i := range issues {
		if i.Warning {
			im.warn(where + ": " + i.String())
			continue
		}
		im.issue(where + ": " + i.String())
		refused = true
	}
	if refused {
		im.done.Refused++
	}
	return refused
}

func (im *importing) warn(line string) {
	if len(im.done.Warnings) < maxIssues {
		im.done.Warnings = append(im.done.Warnings, line)
	}
}

// refer notes what a resource is called and where it points, so that references
// into nowhere can be told at the end.
func (im *importing) refer(r *fhir.Resource, fullURL, where string) {
	if strings.HasPrefix(fullURL, "urn:") { // what others are called may be in another file
		im.targets[fullURL] = true
	}
	for _, ref := range r.References() {
		if len(im.references) < maxReferences && strings.HasPrefix(ref, "urn:") && !strings.Contains(ref, "?") {
			im.references = append(im.references, reference{where + " " + r.Name(), ref})
		}
	}
}

// dangling warns of references that lead to nothing in a Bundle. They are
// delivered all the same: what they name may be in another file.
func (im *importing) dangling() {
	for _, r := range im.references {
		if !im.targets[r.to] {
			im.warn(r.from + ": a reference leads to nothing in this Bundle")
		}
	}
}

func (im *importing) issue(line string) {
	if len(im.done.Issues) < maxIssues {
		im.done.Issues = append(im.done.Issues, line)
	}
}

// put adds an arrival to its subject's pile, unless it was delivered before.
func (im *importing) put(subject stele.Subject, a arrival) {
	print := im.s.fingerprint(subject, a.record.JSON)
	if im.queued[print] || im.seen.has(print) {
		im.done.Known++
		return
	}
	im.queued[print] = true
	p := im.pending[subject]
	if p == nil {
		p = new(pile)
		im.pending[subject] = p
	}
	p.records, p.prints = append(p.records, a.record), append(p.prints, print)
	p.bytes += len(a.record.JSON)
}

// flush delivers piles that are large enough, or all of them. A file that is all
// or nothing waits for its end.
func (im *importing) flush(ctx context.Context, all bool) error {
	if im.whole && !all {
		return nil
	}
	if len(im.orphans) >= im.sortAt || all {
		im.sort(all)
		im.sortAt = 256 + 2*len(im.orphans) // those who wait are not looked at for each that comes
	}
	for subject, p := range im.pending {
		if !all && len(p.records) < maxBatchRecords && p.bytes < maxBatchBytes {
			continue
		}
		delete(im.pending, subject)
		for _, part := range p.parts(im.whole) {
			if err := im.deliver(ctx, subject, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// parts cuts a pile that grew while its patient was unknown into deliveries; one
// that is all or nothing stays whole.
func (p *pile) parts(whole bool) (parts []*pile) {
	if whole {
		return []*pile{p}
	}
	for i, r := range p.records {
		last := len(parts) - 1
		if last < 0 || len(parts[last].records) >= maxBatchRecords || parts[last].bytes+len(r.JSON) > maxBatchBytes {
			parts, last = append(parts, new(pile)), last+1
		}
		part := parts[last]
		part.records, part.prints, part.bytes = append(part.records, r), append(part.prints, p.prints[i]), part.bytes+len(r.JSON)
	}
	return parts
}

func (im *importing) deliver(ctx context.Context, subject stele.Subject, p *pile) error {
	d, err := im.s.deliverUnder(ctx, im.seen, subject, p)
	if thisPatientOnly(err) && im.o.Subject.IsZero() && !im.whole {
		im.done.Refused += len(p.records) // the other patients' records arrive
		im.issue(fmt.Sprintf("%s: %v", count(len(p.records), "resource", "resources"), err))
		return nil
	}
	if err != nil {
		return err
	}
	if im.done.Delivered == 0 || d.Copies < im.done.Copies {
		im.done.Copies = d.Copies
	}
	im.done.Delivered += d.Records
	im.done.Folios += d.Folios
	if !slices.Contains(im.done.Patients, subject) {
		im.done.Patients = append(im.done.Patients, subject)
	}
	if im.o.Progress != nil {
		im.o.Progress(Progress{im.done.Read, im.done.Delivered})
	}
	for _, print := range p.prints {
		delete(im.queued, print)
	}
	return nil
}

// finish delivers what is left; all of it or nothing where the file says so.
func (im *importing) finish(ctx context.Context) (Imported, error) {
	im.sort(true)
	if im.whole && im.done.Refused > 0 {
		return im.done, stele.E("import", stele.KindInvalid,
			fmt.Sprintf("%s of a transaction are not valid: nothing of it was imported", count(im.done.Refused, "resource", "resources")), nil).
			WithHint("mend what is listed, or send a batch Bundle, of which the good resources arrive")
	}
	if im.whole && len(im.pending) > 1 {
		return im.done, stele.E("import", stele.KindInvalid,
			"a transaction over the charts of several patients cannot arrive whole: nothing of it was imported", nil).
			WithHint("send one transaction for each patient, or a batch Bundle")
	}
	err := im.flush(ctx, true)
	return im.done, err
}

// fail ends an import at broken JSON. What came before arrives, unless the file
// is all or nothing.
func (im *importing) fail(ctx context.Context, reader *fhir.Reader, err error) (Imported, error) {
	if reader.Kind().AllOrNothing() || im.whole {
		return im.done, stele.E("import", stele.KindInvalid, "the Bundle is broken: nothing of it was imported", err)
	}
	_, delivery := im.finish(ctx)
	return im.done, errors.Join(err, delivery)
}

// deliverUnder delivers under the newest write grant that the ledger accepts.
// Anybody may put something that looks like a grant into the owner's box; the
// ledger tells which is one.
func (s *Session) deliverUnder(ctx context.Context, seen *deliveredSet, subject stele.Subject, p *pile) (Delivered, error) {
	for {
		held, err := s.writeGrant(ctx, subject)
		if err != nil {
			return Delivered{}, err
		}
		noted := ""
		d, err := s.deliverNoted(ctx, held, p.records, func(a *wire.MakeAnchor) error {
			noted = s.pendingFile(a.Submission)
			return s.note(pending{KeyIndex: held.KeyIndex, Anchor: wire.Marshal(a), Prints: p.prints, Made: s.Clock().UTC()}, a.Submission)
		})
		if err == nil {
			err = seen.add(p.prints)
		}
		switch kind := stele.KindOf(err); {
		case noted == "":
		case err == nil, kind == stele.KindDenied, kind == stele.KindInvalid, kind == stele.KindLimit:
			_ = os.Remove(noted) // where it stays, it is settled again
		default:
			seen.settling.Lock()
			seen.unsettled = append(seen.unsettled, noted)
			seen.settling.Unlock()
		}
		if stele.KindOf(err) != stele.KindDenied {
			return d, err
		}
		if err := s.setOver(held.Grant); err != nil {
			return Delivered{}, err
		}
	}
}

// writeGrant finds the grant to deliver under: one that is held, or, for the
// organisation's own subject, one that it gives itself.
func (s *Session) writeGrant(ctx context.Context, subject stele.Subject) (Held, error) {
	s.giving.Lock()
	defer s.giving.Unlock()
	held, err := s.WriteGrant(subject)
	if err == nil || subject != s.Subject() {
		return held, err
	}
	me, err := s.Find(ctx, subject.String())
	if err != nil {
		return Held{}, err
	}
	if _, _, err := s.Give(ctx, me, DirectCareWrite(s.Clock().AddDate(10, 0, 0))); err != nil {
		return Held{}, err
	}
	if _, err := s.Collect(ctx); err != nil {
		return Held{}, err
	}
	return s.WriteGrant(subject)
}
