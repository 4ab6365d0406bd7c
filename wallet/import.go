package wallet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
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
	Known     int // had been delivered before, byte for byte
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
	im := &importing{s: s, o: o, seen: seen, patients: map[string]stele.Subject{}, pending: map[stele.Subject]*pile{}, targets: map[string]bool{}}
	reader := fhir.NewReader(r)
	for {
		entry, err := reader.Next()
		if errors.Is(err, io.EOF) {
			im.refuse("the Bundle", reader.Issues())
			im.dangling()
			break
		}
		if err != nil {
			return im.fail(reader, err)
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
	patients map[string]stele.Subject // by reference: "Patient/1", "urn:uuid:..."
	names    []string                 // of the Patients in the file
	orphans  []arrival                // whose patient has not come by yet
	pending  map[stele.Subject]*pile

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
	label := r.Label()
	a := arrival{
		record: Incoming{JSON: r.JSON, Type: r.Type(), When: label.When, Category: label.Category, Sensitivity: label.Sensitivity, Year: label.Year},
		where:  where, patients: r.Patients(),
	}
	if r.Type() == "Patient" {
		im.meet(r, e.FullURL)
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
	for _, name := range []string{fullURL, r.Name()} {
		if name != "" {
			im.targets[name] = true
		}
	}
	for _, ref := range r.References() {
		if len(im.references) < maxReferences && !strings.HasPrefix(ref, "#") && !strings.Contains(ref, "?") {
			im.references = append(im.references, reference{where + " " + r.Name(), ref})
		}
	}
}

// dangling warns of references that lead to nothing in a Bundle. They are
// delivered all the same: what they name may be in another file.
func (im *importing) dangling() {
	for _, r := range im.references {
		if strings.HasPrefix(r.to, "urn:") && !im.targets[r.to] {
			im.warn(r.from + ": a reference leads to nothing in this Bundle")
		}
	}
}

func (im *importing) issue(line string) {
	if len(im.done.Issues) < maxIssues {
		im.done.Issues = append(im.done.Issues, line)
	}
}

// meet finds the subject of a Patient resource: the one that was named, or by
// any of its numbers in the link table.
func (im *importing) meet(r *fhir.Resource, fullURL string) {
	subject := im.o.Subject
	if subject.IsZero() {
		numbers := append(r.All("identifier.value"), r.ID())
		for _, l := range im.s.State.Links {
			for _, n := range numbers {
				if l.Number == n {
					subject = l.Subject
				}
			}
		}
	}
	im.names = append(im.names, r.Name())
	for _, ref := range []string{r.Name(), fullURL} {
		if ref != "" && !subject.IsZero() {
			im.patients[ref] = subject
		}
	}
}

// sort gives every arrival to a subject. last says that no more will come, so
// that what nobody claims is refused or kept under the organisation itself.
func (im *importing) sort(last bool) {
	kept := im.orphans[:0]
	for _, a := range im.orphans {
		subject, ok := im.owner(a, last)
		switch {
		case ok:
			im.put(subject, a)
		case last:
			im.refuse(a.where, []fhir.Issue{{Resource: a.record.Type, Path: a.record.Type, Rule: "link", Text: "its patient is not linked here"}})
		default:
			kept = append(kept, a)
		}
	}
	im.orphans = kept
}

// owner finds whose an arrival is.
func (im *importing) owner(a arrival, last bool) (stele.Subject, bool) {
	if !im.o.Subject.IsZero() && len(im.names) <= 1 {
		return im.o.Subject, true
	}
	for _, ref := range a.patients {
		if subject, ok := im.patients[ref]; ok {
			return subject, true
		}
	}
	if len(a.patients) > 0 || !last {
		return stele.Subject{}, false
	}
	// What belongs to no patient (hospitals, practitioners, medicines) goes
	// with the only patient of its file, else under the organisation itself.
	if len(im.names) == 1 && len(im.done.Patients)+len(im.pending) <= 1 {
		for _, subject := range im.patients {
			return subject, true
		}
	}
	return im.s.Subject(), len(im.names) != 1
}

// put adds an arrival to its subject's pile, unless it was delivered before.
func (im *importing) put(subject stele.Subject, a arrival) {
	if im.seen.has(im.s.fingerprint(subject, a.record.JSON)) {
		im.done.Known++
		return
	}
	p := im.pending[subject]
	if p == nil {
		p = new(pile)
		im.pending[subject] = p
	}
	p.records = append(p.records, a.record)
	p.bytes += len(a.record.JSON)
}

// flush delivers piles that are large enough, or all of them. A file that is all
// or nothing waits for its end.
func (im *importing) flush(ctx context.Context, all bool) error {
	if im.whole && !all {
		return nil
	}
	if len(im.orphans) >= 256 || all {
		im.sort(all)
	}
	for subject, p := range im.pending {
		if !all && len(p.records) < maxBatchRecords && p.bytes < maxBatchBytes {
			continue
		}
		delete(im.pending, subject)
		if err := im.deliver(ctx, subject, p); err != nil {
			return err
		}
	}
	return nil
}

func (im *importing) deliver(ctx context.Context, subject stele.Subject, p *pile) error {
	held, err := im.s.writeGrant(ctx, subject)
	if err != nil {
		return err
	}
	d, err := im.s.Deliver(ctx, held, p.records)
	if err != nil {
		return err
	}
	if im.done.Delivered == 0 || d.Copies < im.done.Copies {
		im.done.Copies = d.Copies
	}
	im.done.Delivered += d.Records
	im.done.Folios += d.Folios
	im.done.Patients = append(im.done.Patients, subject)
	if im.o.Progress != nil {
		im.o.Progress(Progress{im.done.Read, im.done.Delivered})
	}
	var prints [][16]byte
	for _, r := range p.records {
		prints = append(prints, im.s.fingerprint(subject, r.JSON))
	}
	return im.seen.add(prints)
}

// finish delivers what is left; all of it or nothing where the file says so.
func (im *importing) finish(ctx context.Context) (Imported, error) {
	im.sort(true)
	if im.whole && im.done.Refused > 0 {
		n := 0
		for _, p := range im.pending {
			n += len(p.records)
		}
		return im.done, stele.E("import", stele.KindInvalid,
			fmt.Sprintf("%s of a transaction are not valid: nothing of it was imported", count(im.done.Refused, "resource", "resources")), nil).
			WithHint("mend what is listed, or send a batch Bundle, of which the good resources arrive")
	}
	return im.done, im.flush(ctx, true)
}

// fail ends an import at broken JSON. What came before arrives, unless the file
// is all or nothing.
func (im *importing) fail(reader *fhir.Reader, err error) (Imported, error) {
	if reader.Kind().AllOrNothing() || im.whole {
		return im.done, stele.E("import", stele.KindInvalid, "the Bundle is broken: nothing of it was imported", err)
	}
	return im.done, err
}

// writeGrant finds the grant to deliver under: one that is held, or, for the
// organisation's own subject, one that it gives itself.
func (s *Session) writeGrant(ctx context.Context, subject stele.Subject) (Held, error) {
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

// fingerprint tells whether a resource was delivered before. It is keyed, so
// that the file of them says nothing to whoever finds it.
func (s *Session) fingerprint(subject stele.Subject, resource []byte) (print [16]byte) {
	key := s.derive("delivered", subject[:])
	mac := hmac.New(sha256.New, key[:])
	mac.Write(resource)
	copy(print[:], mac.Sum(nil))
	return print
}

// deliveredSet is the fingerprints of everything that was delivered, in an
// append-only file beside the wallet. It is written after the anchor is final: a
// crash in between delivers something twice, never loses it.
type deliveredSet struct {
	mu    sync.Mutex
	path  string
	known map[[16]byte]struct{}
}

func (s *Session) delivered() (*deliveredSet, error) {
	s.once.Lock()
	defer s.once.Unlock()
	if s.set != nil {
		return s.set, nil
	}
	set := &deliveredSet{path: s.path + ".delivered", known: map[[16]byte]struct{}{}}
	raw, err := os.ReadFile(set.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, stele.E("import", stele.KindOther, "", err)
	}
	for ; len(raw) >= 16; raw = raw[16:] {
		set.known[[16]byte(raw)] = struct{}{}
	}
	s.set = set
	return set, nil
}

func (d *deliveredSet) has(print [16]byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.known[print]
	return ok
}

func (d *deliveredSet) add(prints [][16]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return stele.E("import", stele.KindOther, "", err)
	}
	var raw strings.Builder
	for _, p := range prints {
		d.known[p] = struct{}{}
		raw.Write(p[:])
	}
	_, err = f.WriteString(raw.String())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return stele.E("import", stele.KindOther, "the list of what was delivered could not be written", err)
	}
	return nil
}
