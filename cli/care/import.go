package care

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/sources"
	"github.com/stele-health/stele/spell"
	"github.com/stele-health/stele/terminal"
	"github.com/stele-health/stele/wallet"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

// maxListed is how many resources of a file that break one rule are listed on the
// screen; --json lists what the wallet reports.
const maxListed = 5

// importing is what was asked of an import.
type importing struct {
	patient        string
	server         string
	called, same   []string
	tables         []string
	ownLog         bool
	dry, again     bool
	yes            bool                       // to whatever is asked
	whom           func(stele.Subject) string // how the link table calls somebody
	gives          func(stele.Subject) giver  // whose word gives grants of a chart
	who            string                     // imports
	bare           bool                       // nobody is linked in its wallet
	files          []string
	found          sources.Found
	short          []string // files with fewer records than their manifest counts
	bytes          uint64
	mu             sync.Mutex
	fates          [][]delivery.Fate
	read, resource atomic.Uint64
}

func importCommand(f *cli.Face) *cobra.Command {
	var im importing
	c := &cobra.Command{
		Annotations: cli.Leaves("what was delivered stays; running the same again delivers only what is missing"),
		Use:         "import PATH…", Short: "Validate, seal, store and anchor FHIR charts", GroupID: "people",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.Usage("give files or folders with FHIR R4 JSON", "stele sample --patients 3 --out charts writes some")
			}
			return nil
		},
		Long: "Reads FHIR R4 resources, Bundles and NDJSON from files, folders or - (stdin),\n" +
			"all of them together, and delivers every valid resource to the patient whom it\n" +
			"names: found in the files, or by the numbers that are linked. What names somebody\n" +
			"who is not found is refused, never given to another. A transaction Bundle\n" +
			"arrives whole or not at all; a DELETE takes back what was delivered. Exits with 1\n" +
			"when anything was refused or could not be read, with 3 when all that was refused\n" +
			"is so for want of a write grant.",
		Example: "  stele import charts --as hospital-a --dry-run\n  stele import elena.json --as hospital-a --patient 4711",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.As(cmd.Context(), func(s *client.Session) error { return importAll(cmd.Context(), f, s, args, &im) })
		},
	}
	c.Flags().StringVar(&im.patient, "patient", "", "whose files they are, where they do not say it: a number that is linked, or a DID")
	c.Flags().StringArrayVar(&im.called, "called", nil, "with --patient: how the files call the patient, who is not in them (Patient/1)")
	c.Flags().StringArrayVar(&im.same, "confirm", nil, "answers a question: a Patient (Patient/1, or a number) is the person linked, a record is of the patient it names")
	c.Flags().StringVar(&im.server, "server", "", "of which FHIR server files are that show none (NDJSON): its base, https://host/fhir")
	c.Flags().BoolVar(&im.ownLog, "own-log", false, "what names nobody goes into the organisation's own log")
	c.Flags().BoolVar(&im.again, "again", false, "deliver what was withdrawn before, too")
	c.Flags().StringArrayVar(&im.tables, "labels", nil, "a table of labels besides those that the wallet keeps (stele label set)")
	c.Flags().BoolVarP(&im.yes, "yes", "y", false, "answer with yes whatever is asked of the persons and records, as --confirm of each would")
	c.Flags().BoolVar(&im.dry, "dry-run", false, "deliver nothing; say for each record where it would go, and why not")
	c.MarkFlagsMutuallyExclusive("patient", "own-log")
	return c
}

// importAll reads what is typed, finds the files, delivers, and tells what became of each.
func importAll(ctx context.Context, f *cli.Face, s *client.Session, paths []string, im *importing) (err error) {
	o := delivery.ImportOptions{Called: im.called, Same: im.same, Dry: im.dry, Again: im.again, Server: strings.TrimSuffix(im.server, "/"), Tables: im.tables}
	if base, err := url.Parse(im.server); im.server != "" && (err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https") {
		return cli.Usage("--server is the base of a FHIR server", "such as https://lab.example/fhir")
	}
	if o.Subject, err = linked(s.Wallet, im.patient); err != nil {
		return err
	}
	if len(im.called) > 0 && im.patient == "" {
		return cli.Usage("who is called so? --called needs --patient", "stele import … --patient NUMBER --called Patient/1")
	}
	if im.patient != "" && o.Subject == s.Subject() && s.Kind() != wallet.Patient {
		return cli.Usage("--patient "+im.patient+" is "+s.Name()+" itself, and no patient", "what names nobody goes into its own log with --own-log")
	}
	if im.ownLog {
		o.Subject = s.Subject()
	}
	if im.found, err = sources.Find(paths); err != nil {
		return err
	}
	im.files, im.bytes, im.who, im.whom = im.found.Files, im.found.Bytes, s.Name(), func(subject stele.Subject) string { return calledHere(s, subject) }
	from, err := im.sources(ctx, f, s)
	if err == nil {
		err = im.stillOf(f, s, o.Subject, "nothing was delivered")
	}
	if err != nil {
		return err
	}
	tally, err := s.Tally()
	if err != nil {
		return err
	}
	im.bare = tally.Links == 0
	done, took, err := im.once(ctx, f, s, from, o)
	if err != nil {
		return err
	}
	questions := questionsOf(done)
	yes, err := im.answered(ctx, f, s, questions)
	switch {
	case err != nil:
		return err
	case !yes:
		sayDeadOf(ctx, f, s, done)
		return importTotal(ctx, f, s, im, done, took)
	}
	if err := im.stillOf(f, s, o.Subject, "nothing more was delivered"); err != nil {
		return err
	}
	if err := im.stillAsked(ctx, s, from, o, questions); err != nil {
		return err
	}
	if im.dry {
		f.Say("answered with yes, as in a dry run: nothing is delivered, and this is what would be")
	} else {
		f.Say("answered with yes; what was delivered above is known now")
	}
	o.Same = append(slices.Clone(o.Same), answersOf(questions)...)
	if done, took, err = im.once(ctx, f, s, from, o); err != nil {
		return err
	}
	sayDeadOf(ctx, f, s, done)
	return importTotal(ctx, f, s, im, done, took)
}

// stillOf fails where the number of --patient has become another person's while somebody was waited for with the
// wallet let go: what was meant for one goes to nobody else.
func (im *importing) stillOf(f *cli.Face, s *client.Session, subject stele.Subject, so string) error {
	if im.patient == "" {
		return nil
	}
	now, err := linked(s.Wallet, im.patient)
	if err == nil && now != subject {
		err = stele.E("import", stele.KindInvalid, im.patient+" is another person's now; "+so, nil).
			WithHint("look whose it is: stele patient find " + intake.Word(im.patient[strings.LastIndexByte(im.patient, '|')+1:]) + f.Mine() + "; if the files are theirs, run the same again")
	}
	return err
}

// sayDeadOf says of the patients of an import, where they are few, who is recorded as dead.
func sayDeadOf(ctx context.Context, f *cli.Face, s *client.Session, done []delivery.Imported) {
	var of []stele.Subject
	for _, d := range done {
		for _, subject := range d.Patients {
			if !slices.Contains(of, subject) {
				of = append(of, subject)
			}
		}
	}
	if len(of) <= few {
		sayDead(ctx, f, s, of)
	}
}

// sources opens what was found, anew each time. While somebody writes to standard input, other commands
// use the wallet as ever.
func (im *importing) sources(ctx context.Context, f *cli.Face, s *client.Session) (from []delivery.Source, err error) {
	from = make([]delivery.Source, len(im.files))
	for i, path := range im.files {
		from[i] = delivery.FileSource(path)
		if path == "-" {
			if err := cli.Aside(ctx, s, func() (err error) {
				from[i], err = stdin(ctx, f)
				return err
			}); err != nil {
				return nil, err
			}
		}
		from[i].Outcomes, from[i].Of = slices.Contains(im.found.Outcomes, path), im.found.Of[path]
	}
	return from, nil
}

// once imports the files, and says what became of each.
func (im *importing) once(ctx context.Context, f *cli.Face, s *client.Session, files []delivery.Source, o delivery.ImportOptions) (done []delivery.Imported, took time.Duration, err error) {
	start, b := time.Now(), f.Progress("importing")
	from := slices.Clone(files)
	for i := range from {
		from[i].Open = im.metered(from[i].Open, b)
	}
	im.read.Store(0)
	o.Progress = func(p delivery.Progress) { im.resource.Store(uint64(p.Delivered)) }
	if im.dry {
		im.fates = make([][]delivery.Fate, len(im.files))
		o.Each = func(fate delivery.Fate) { im.fates[fate.File] = append(im.fates[fate.File], fate) }
	}
	done, err = s.Delivery.ImportFiles(ctx, from, o)
	b.End()
	took = time.Since(start)
	// Also where it failed: what was delivered by then stays, and has to be seen.
	if e := importTable(f, im, done); e != nil {
		return done, took, e
	}
	return done, took, err
}

// stdin can be read once: it is kept for the second time. Where nobody writes to it, the
// end of ctx ends the waiting.
func stdin(ctx context.Context, f *cli.Face) (src delivery.Source, err error) {
	read := make(chan func(), 1)
	go func() { // ends with the process, where nobody writes
		s, _, e := delivery.Spool(f.In) // gone with the process
		read <- func() { src, err = s, e }
	}()
	select {
	case keep := <-read:
		keep()
	case <-ctx.Done():
		err = ctx.Err()
	}
	src.Name = "-"
	return src, err
}

// metered tells how much was read: each file is read twice.
func (im *importing) metered(open func() (io.ReadCloser, error), b *terminal.Bar) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		from, err := open()
		if err != nil {
			return nil, err
		}
		return &metered{from, func(n int) {
			read := im.read.Add(uint64(n))
			im.mu.Lock()
			defer im.mu.Unlock()
			b.Set(read/2, im.bytes, stele.Number(im.resource.Load())+" resources")
		}}, nil
	}
}

// calledHere is how the link table calls somebody, of whom it has no name by the number; "" whom it does
// not know.
func calledHere(s *client.Session, subject stele.Subject) (name string) {
	if subject == s.Subject() {
		name = "own log"
	}
	linked, _ := s.Links().Of(subject) // where they can't be read, she is called by her DID
	for _, l := range linked {
		name = cmp.Or(l.Name, name)
	}
	if name == "" && len(linked) > 0 {
		name = links.NumberOf(linked)
	}
	return name
}

// metered tells how much was read.
type metered struct {
	io.ReadCloser
	read func(int)
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.read(n)
	return n, err
}

// linked finds the patient that --patient names.
func linked(w *wallet.Wallet, patient string) (stele.Subject, error) {
	if patient = intake.Clean(patient); patient == "" {
		return stele.Subject{}, nil
	}
	patient, err := spell.DID(patient)
	if err != nil {
		return stele.Subject{}, err
	}
	if subject, err := stele.ParseSubject(patient); err == nil {
		return subject, nil
	}
	near, err := w.Links().Near(patient)
	for i, r := range patient {
		// A system may have a | in it: the number may begin behind any of them.
		if r == '|' && err == nil {
			var more []links.Link
			more, err = w.Links().Near(patient[i+1:])
			near = append(near, more...)
		}
	}
	if err != nil {
		return stele.Subject{}, err
	}
	var found []stele.Subject
	for _, l := range near {
		if (l.Number == patient || l.System+"|"+l.Number == patient) && l.System != intake.PatientID && !slices.Contains(found, l.Subject) {
			found = append(found, l.Subject)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		hint := "stele patient enrol links one; stele patient find lists them"
		if i := slices.IndexFunc(near, func(l links.Link) bool {
			return l.System != intake.PatientID && intake.Near(l.Number) == intake.Near(patient)
		}); i >= 0 {
			hint = "is it " + near[i].Number + ", which is linked?"
		}
		return stele.Subject{}, stele.E("find patient", stele.KindNotFound, "no patient has that number here", nil).WithHint(hint)
	}
	return stele.Subject{}, stele.E("find patient", stele.KindUsage, "that number is linked to two patients, in two systems", nil).
		WithHint("give the patient's DID, or SYSTEM|NUMBER")
}

// ofFile says what is wrong with a file, and with which: of one that lies in a folder, or
// in a log of many commands, nobody would know.
func ofFile(op, path string, err error) error {
	text := cli.Sentence(err)
	if path == "-" {
		path = "standard input"
	}
	if !strings.Contains(text, path) {
		text = path + ": " + text
	}
	return stele.E(op, stele.KindOf(err), text, err)
}
