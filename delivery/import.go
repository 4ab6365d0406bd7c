package delivery

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/wallet"
)

// ImportOptions say what the person who imports said of the files.
type ImportOptions struct {
	// Subject is whose the files are where they do not say it themselves: of a
	// Patient whose number is linked to nobody, of records that name nobody. It
	// overrides nothing that a record says. The organisation's own subject is
	// its own log.
	Subject stele.Subject
	Called  []string // Patients ("Patient/1") that are in no file and are the subject
	Same    []string // Patients and records confirmed, see intake.Asked
	Again   bool     // deliver what was withdrawn, too
	Server  string   // base of the FHIR server of which files are that show none
	Tables  []string // paths of more tables of labels than the wallet keeps

	Dry      bool           // deliver nothing
	Each     func(Fate)     // called for each record with what becomes of it, in the order of each file; it changes no links
	Progress func(Progress) // called now and then, by one goroutine at a time

	twice bool // read every file twice, however short: for tests
}

// Progress is how far an import is.
type Progress struct {
	Read      int // entries
	Delivered int
}

// Fate is what becomes of a record.
type Fate struct {
	File    int
	Entry   int
	Place   string // "line 7, entry 2"
	Name    string // "Observation/1"
	To      []stele.Subject
	Called  string // what it is called here, where its server calls it Name and a chart could take it for another's
	Known   bool   // each of them has it already
	Refused string // why it goes nowhere
	Waits   bool   // of nobody by its type, and nobody refers to it
	Deletes string // what it takes back
}

// Imported says what became of a file. Each entry that was read is counted in one of
// Delivered, Known, Refused, Waiting, Withdrawn, Never, Left and Deleted.
type Imported struct {
	Read      int // entries
	Delivered int // into one chart or more, and refused by none
	Known     int // had been delivered before, byte for byte, or stood twice; DELETEs of what had been taken back
	Refused   int // by one chart at least, or with the Bundle that is all or nothing
	Waiting   int // of nobody by their type, and nobody in the files refers to them: not kept
	Withdrawn int // DELETEs that took something back
	Never     int // DELETEs of what was never delivered from here
	Left      int // no records: lists of members, a server's own words, DELETEs that a newer version outlives
	Deleted   int // records that their server has deleted since, by a file that was imported before: not delivered

	Denied    int                        // of Refused, those whose patient has given no write grant that holds
	OddIDs    int                        // records that go into a chart with an id that FHIR does not allow: it is taken as it is written
	Unread    int                        // of Delivered, those labelled by their worst case: what they are about could not be read
	Unclear   map[stele.Category]Unclear // those of Unread, by the part of the chart
	Stuck     int                        // records that were to be taken back from a chart, and were not
	Lacks     int                        // things by which the file shows that it is not whole: pages that are not here, errors of its server
	TakenBack []TakenBack
	Patients  []stele.Subject
	Closed    []stele.Subject // into whose charts a record did not come for want of a write grant
	Sent      []stele.ID      // the submissions in which they are
	Issues    []Note          // what is wrong
	Warnings  []Note          // references into nowhere, and such: delivered all the same
	Err       error           // why the file, or the rest of it, was not imported

	// These are of all files of one import.
	Folios int
	Copies int            // fewest copies of any submission
	Guests []intake.Guest // servers whose records have other ids here
}

// Unclear are records of a part of the chart that could not be classified.
type Unclear struct {
	N     int
	Names []string // of the first of them: type and id
}

// maxUnclear is how many of them are named.
const maxUnclear = 20

// Limits of one submission of an import.
const (
	maxBatchRecords = 4000
	maxBatchBytes   = 32 << 20
	maxIssues       = 1000
)

// Import reads FHIR R4 JSON (a resource, a Bundle or NDJSON) and delivers what is
// in it, see ImportFiles.
func (d *Desk) Import(ctx context.Context, r io.Reader, o ImportOptions) (Imported, error) {
	src, done, err := Spool(r)
	defer done()
	if err != nil {
		return Imported{}, err
	}
	files, err := d.ImportFiles(ctx, []Source{src}, o)
	return files[0], errors.Join(err, files[0].Err)
}

// ImportFiles reads files of FHIR R4 JSON, finds out whose each record is (package
// intake; all files together), validates and labels every resource, and delivers
// them sealed: those of one patient together, whatever file they come from. Of a
// batch, a collection or NDJSON the good resources arrive and the bad ones are
// reported; a transaction or document Bundle arrives whole or not at all. What
// was delivered before, byte for byte, is not delivered again.
//
// What becomes of each file stands in its Imported, its own error too. The error
// returned is one that ends the whole: no member answers, or ctx is over.
//
// It may be called from several goroutines: imports go one after another, and while one
// runs nobody's number, id or system is taken from them (links.Table.Hold), so that none
// delivers what another is delivering, or by a link that is no more.
func (d *Desk) ImportFiles(ctx context.Context, sources []Source, o ImportOptions) ([]Imported, error) {
	im := newImport(d, sources, o)
	release, err := d.w.Links().Hold(ctx)
	if err != nil {
		return im.done, err
	}
	defer release()
	for _, step := range []func(context.Context) error{
		im.begin, im.survey, im.lookUp, im.lookForMoves, im.lookForOlder, im.collectMissing, im.lookAtGrants,
	} {
		if err := step(ctx); err != nil {
			return im.done, err
		}
	}
	im.piles = newPiles(ctx, im)
	err = im.each(ctx, im.carry)
	if err = errors.Join(err, im.piles.finish()); err == nil {
		err = errors.Join(im.takeBack(ctx), im.takeMoved(ctx), im.toldOlder())
	}
	im.turned()
	for i := range im.done {
		file := &im.done[i]
		file.Folios, file.Copies = im.piles.folios, im.piles.copies
		file.Guests = im.plan.Guests()
	}
	return im.done, err
}

// importing is an import at work: what it was asked for, then what its steps found, one
// after the other.
type importing struct {
	desk    *Desk
	o       ImportOptions
	sources []Source
	shown   bool // one file: entries are named without it

	seen   *deliveredSet
	labels *labelling
	surveyed
	known
	piles *piles
	became
}

// surveyed is what the files say, read once for it.
type surveyed struct {
	plan  *intake.Plan
	held  []*held
	marks []map[int][]fhir.Mark // of Bundles, by file and number
	ours  []map[int][]byte      // as well, the summaries that this software made
	sums  []imprint             // of each file, when it was surveyed
	room  atomic.Int64          // bytes that may still be held
	seed  maphash.Seed
}

// known is what charts, grants and earlier imports say of what the files hold.
type known struct {
	charted map[string][]holding       // what charts hold of what the files delete
	moved   map[string][]holding       // by name: what another chart holds than the one that the name goes to, see moved.go
	older   map[string][]stele.Subject // by name, see corrected.go
	barred  map[stele.Subject]string   // in a dry run: why nothing can be delivered to them
	unread  error                      // why what was delivered before is not known
}

// became is what has become of the files. Several are read at a time.
type became struct {
	mu       sync.Mutex // guards what follows
	news     [][16]byte // prints of Medications that have words that no import brought before
	done     []Imported
	pages    []fhir.Page // parts of searches
	pagesOf  []int       // and their files
	deletes  []deletion
	came     map[intake.At][]stele.Subject // entries that were taken, put into a pile or known, and where they go
	moving   []moving
	progress Progress
}

func newImport(d *Desk, sources []Source, o ImportOptions) *importing {
	n := len(sources)
	im := &importing{
		desk: d, o: o, sources: sources, shown: n == 1,
		surveyed: surveyed{held: make([]*held, n), marks: make([]map[int][]fhir.Mark, n), ours: make([]map[int][]byte, n), sums: make([]imprint, n), seed: maphash.MakeSeed()},
		became:   became{done: make([]Imported, n), came: map[intake.At][]stele.Subject{}},
	}
	if !o.twice {
		im.room.Store(maxHeld)
	}
	return im
}

// begin finds out what became of earlier deliveries and how records are labelled.
func (im *importing) begin(ctx context.Context) (err error) {
	if im.seen, err = im.desk.delivered(); err != nil {
		return err
	}
	if err := im.desk.settle(ctx, im.seen); err != nil {
		return err
	}
	if err := im.desk.w.AskAboutOffers(ctx); err != nil {
		return err
	}
	im.labels, err = im.desk.labelling(im.o.Tables...)
	return err
}

// collectMissing collects what has come, when a patient of the files has given no
// write grant that is known here: she may have done so since. Where no member answers,
// the refusal says what is missing.
func (im *importing) collectMissing(ctx context.Context) error {
	for subject := range im.plan.Count() {
		if _, err := im.desk.w.HeldWriteGrant(subject); err != nil && subject != im.desk.w.Subject() {
			_, _ = im.desk.w.Collect(ctx)
			return nil
		}
	}
	return nil
}

// filesAtOnce is how many files are read at a time.
const filesAtOnce = 4

// each calls f for the files, several at once.
func (im *importing) each(ctx context.Context, f func(ctx context.Context, file int) error) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(filesAtOnce)
	for i := range im.sources {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return f(ctx, i)
		})
	}
	return work.Wait()
}

// survey reads all files for whose their records are.
func (im *importing) survey(ctx context.Context) error {
	table, links := im.desk.w.Links().Own(), im.desk.w.Links().Lookup()
	table.Find, table.Same = links, im.desk.samePerson(ctx)
	whose := intake.NewSurvey(table, intake.Asked{
		Subject: im.o.Subject, Organisation: im.organisation(), Called: im.o.Called, Same: im.o.Same, Key: *im.desk.printKey(), Elsewhere: im.elsewhere, Delivered: im.into, Strays: im.strays, Empty: im.empty(ctx),
		Server: im.o.Server,
	})
	files := make([]*intake.File, len(im.sources))
	for i := range files {
		files[i] = whose.File()
		files[i].Of(im.sources[i].Of)
	}
	err := im.each(ctx, func(ctx context.Context, file int) error {
		kept := &held{}
		reader, sum, err := im.read(ctx, file, func(e fhir.Entry) {
			kept = im.hold(kept, e)
			files[file].Take(e)
			if e.Resource != nil {
				im.labels.shelf.Keep(e.FullURL, e.Resource)
				im.look(e.Resource)
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			files[file].Break()
		}
		if reader != nil {
			im.marks[file] = reader.Marks()
			files[file].Around(reader.Around())
		}
		if kept != nil {
			kept.reader, kept.err = reader, err // met again where it is told
			im.held[file] = kept
		}
		sum.broken = err != nil // it is met again where it is told
		im.sums[file] = sum
		return nil
	})
	if err == nil {
		im.plan = whose.Decide()
		err = errors.Join(links.Err(), im.unread)
	}
	return err
}

// organisation is who imports, where that is no patient with a chart of her own.
func (im *importing) organisation() stele.Subject {
	if im.desk.w.Kind() == wallet.Patient {
		return stele.Subject{}
	}
	return im.desk.w.Subject()
}

// count changes what is told of a file.
func (im *importing) count(file int, f func(*Imported)) {
	im.mu.Lock()
	defer im.mu.Unlock()
	d := &im.done[file]
	read, delivered := d.Read, d.Delivered
	f(d)
	im.progress.Read += d.Read - read
	im.progress.Delivered += d.Delivered - delivered
}

func (im *importing) issueOf(file int, n Note) {
	im.count(file, func(d *Imported) {
		if len(d.Issues) < maxIssues {
			d.Issues = append(d.Issues, n)
		}
	})
}

func (im *importing) warn(file int, n Note) {
	im.count(file, func(d *Imported) {
		if len(d.Warnings) < maxIssues {
			d.Warnings = append(d.Warnings, n)
		}
	})
}
