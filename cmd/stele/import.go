package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/wallet"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func itoa(i int) string { return strconv.Itoa(i) }

// maxListed is how many resources of a file that break one rule are listed on the
// screen; --json lists what the wallet reports.
const maxListed = 5

// importing is what was asked of an import.
type importing struct {
	patient        string
	called, same   []string
	tables         []string
	ownLog         bool
	dry, again     bool
	names          map[stele.Subject]string
	files, unread  []string
	bytes          uint64
	mu             sync.Mutex
	fates          [][]wallet.Fate
	read, resource atomic.Uint64
}

func importCommand(f *face) *cobra.Command {
	var im importing
	c := &cobra.Command{
		Use: "import PATH…", Short: "Validate, seal, store and anchor FHIR charts", GroupID: "people",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("give files or folders with FHIR R4 JSON", "stele sample --patients 3 --out charts writes some")
			}
			return nil
		},
		Long: "Reads FHIR R4 resources, Bundles and NDJSON from files, folders or - (stdin),\n" +
			"all of them together, and delivers every valid resource to the patient whom it\n" +
			"names: found in the files, or by the numbers that are linked. What names somebody\n" +
			"who is not found is refused, never given to another. A transaction Bundle\n" +
			"arrives whole or not at all; a DELETE takes back what was delivered. Exits with 1\n" +
			"when anything was refused.",
		Example: "  stele import charts --as hospital-a --dry-run\n  stele import elena.json --as hospital-a --patient 4711",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error { return f.importAll(cmd.Context(), s, args, &im) })
		},
	}
	c.Flags().StringVar(&im.patient, "patient", "", "whose files they are, where they do not say it: a number that is linked, or a DID")
	c.Flags().StringSliceVar(&im.called, "called", nil, "with --patient: how the files call the patient, who is not in them (Patient/1)")
	c.Flags().StringSliceVar(&im.same, "confirm", nil, "a Patient (Patient/1) who is the person linked, although name and birth date or sex differ")
	c.Flags().BoolVar(&im.ownLog, "own-log", false, "what names nobody goes into the organisation's own log")
	c.Flags().BoolVar(&im.again, "again", false, "deliver what was withdrawn before, too")
	c.Flags().StringArrayVar(&im.tables, "labels", nil, "a table of labels besides those that the wallet keeps (stele label set)")
	c.Flags().BoolVar(&im.dry, "dry-run", false, "deliver nothing; say for each record where it would go, and why not")
	c.MarkFlagsMutuallyExclusive("patient", "own-log")
	return c
}

func (f *face) importAll(ctx context.Context, s *wallet.Session, paths []string, im *importing) (err error) {
	o := wallet.ImportOptions{Called: im.called, Same: im.same, Dry: im.dry, Again: im.again, Tables: im.tables}
	if o.Subject, err = linked(s, im.patient); err != nil {
		return err
	}
	if len(im.called) > 0 && im.patient == "" {
		return usage("who is called so? --called needs --patient", "stele import … --patient NUMBER --called Patient/1")
	}
	if im.ownLog {
		o.Subject = s.Subject()
	}
	if im.files, im.unread, im.bytes, err = filesOf(paths); err != nil {
		return err
	}
	im.names = namesOf(s)
	start, b := time.Now(), f.progress("importing")
	sources := make([]wallet.Source, len(im.files))
	for i, path := range im.files {
		sources[i] = wallet.FileSource(path)
		if path == "-" {
			if sources[i], err = f.stdin(); err != nil {
				return err
			}
		}
		sources[i].Open = im.metered(sources[i].Open, b)
	}
	o.Progress = func(p wallet.Progress) { im.resource.Store(uint64(p.Delivered)) }
	if im.dry {
		im.fates = make([][]wallet.Fate, len(im.files))
		o.Each = func(fate wallet.Fate) { im.fates[fate.File] = append(im.fates[fate.File], fate) }
	}
	done, err := s.ImportFiles(ctx, sources, o)
	b.end()
	if e := f.importTable(im, done); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	return f.importTotal(im, done, time.Since(start))
}

// stdin can be read once: it is kept for the second time.
func (f *face) stdin() (wallet.Source, error) {
	src, _, err := wallet.Spool(f.in) // gone with the process
	src.Name = "-"
	return src, err
}

// metered tells how much was read: each file is read twice.
func (im *importing) metered(open func() (io.ReadCloser, error), b *bar) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		from, err := open()
		if err != nil {
			return nil, err
		}
		return &metered{from, func(n int) {
			read := im.read.Add(uint64(n))
			im.mu.Lock()
			defer im.mu.Unlock()
			b.set(read/2, im.bytes, number(im.resource.Load())+" resources")
		}}, nil
	}
}

// namesOf are the people whom the link table knows, as it calls them.
func namesOf(s *wallet.Session) map[stele.Subject]string {
	names := map[stele.Subject]string{s.Subject(): "own log"}
	for _, l := range s.State.Links {
		if name := first(l.Name, l.Number); names[l.Subject] == "" || l.Name != "" {
			names[l.Subject] = name
		}
	}
	return names
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
func linked(s *wallet.Session, patient string) (stele.Subject, error) {
	if patient == "" {
		return stele.Subject{}, nil
	}
	if subject, err := stele.ParseSubject(patient); err == nil {
		return subject, nil
	}
	var found []stele.Subject
	for _, l := range s.State.Links {
		if (l.Number == patient || l.System+"|"+l.Number == patient) && l.System != intake.PatientID && !slices.Contains(found, l.Subject) {
			found = append(found, l.Subject)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return stele.Subject{}, stele.E("find patient", stele.KindNotFound, "no patient has that number here", nil).
			WithHint("stele patient enrol links one; stele patient find lists them")
	}
	return stele.Subject{}, stele.E("find patient", stele.KindUsage, "that number is linked to two patients, in two systems", nil).
		WithHint("give the patient's DID, or SYSTEM|NUMBER")
}

// filesOf lists the files under paths, in order, how many bytes they are, and what
// in the folders is not read.
func filesOf(paths []string) (files, unread []string, bytes uint64, err error) {
	for _, path := range paths {
		if path == "-" {
			files = append(files, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch ext := strings.ToLower(filepath.Ext(p)); {
			case packed[ext] && p == path:
				return stele.E("import", stele.KindInvalid, p+" is compressed, and only plain files are read", nil).
					WithHint("unpack it first: " + unpack(p))
			case p != path && ext != ".json" && ext != ".ndjson":
				unread = append(unread, p)
				return nil
			}
			if info, err := d.Info(); err == nil {
				bytes += uint64(info.Size())
			}
			files = append(files, p)
			return nil
		})
		switch {
		case stele.KindOf(err) == stele.KindInvalid:
			return nil, nil, 0, err
		case err != nil:
			return nil, nil, 0, stele.E("import", stele.KindNotFound, "there is nothing to read at "+path, err)
		}
	}
	if len(files) == 0 {
		err := stele.E("import", stele.KindNotFound, "there are no .json or .ndjson files there", nil)
		if i := slices.IndexFunc(unread, func(p string) bool { return packed[strings.ToLower(filepath.Ext(p))] }); i >= 0 {
			err = err.WithHint("unpack what is compressed first: " + unpack(unread[i]))
		}
		return nil, nil, 0, err
	}
	return files, unread, bytes, nil
}

// packed are the endings of compressed files.
var packed = map[string]bool{".gz": true, ".zip": true, ".zst": true, ".bz2": true, ".xz": true, ".tgz": true, ".tar": true, ".7z": true}

func unpack(path string) string {
	if strings.ToLower(filepath.Ext(path)) == ".gz" {
		return "gunzip " + path
	}
	return path
}

// manyFiles is how many files are listed one by one; of more, those with trouble.
const manyFiles = 30

// importTable says what became of each file, and lists what was refused.
func (f *face) importTable(im *importing, done []wallet.Imported) error {
	if err := f.fates(im); err != nil {
		return err
	}
	columns := []column{{title: "FILE", flex: true}, {title: "READ", right: true}, {title: "DELIVERED", right: true},
		{title: "KNOWN", right: true}, {title: "REFUSED", right: true}}
	if len(done) == 1 {
		columns = append(columns, column{title: "FOLIOS", right: true}, column{title: "COPIES", right: true})
	}
	t := f.table(columns...)
	quiet := 0
	for i, d := range done {
		if f.json {
			if err := f.emit(importedJSON(im.files[i], d)); err != nil {
				return err
			}
			continue
		}
		refused := cell{text: number(d.Refused)}
		if d.Refused > 0 || d.Err != nil {
			refused.style = red
		} else if len(done) > manyFiles {
			quiet++
			continue
		}
		cells := []any{im.files[i], number(d.Read), number(d.Delivered), number(d.Known), refused, number(d.Folios), number(d.Copies)}
		t.row(cells[:len(columns)]...)
	}
	if f.json {
		return nil
	}
	if quiet == 0 || quiet < len(done) {
		t.flush("nothing was read")
		f.whatIs("folio", "copies", "known")
	}
	if quiet > 0 {
		f.say("%s without trouble", count(quiet, "file", "files"))
	}
	for i, d := range done {
		f.listed(cell{"✗", red}, im.files[i], d.Issues)
		f.listed(cell{"note:", amber}, im.files[i], d.Warnings)
		if d.Err != nil && len(done) > 1 { // of one file it is said at the end
			f.say("%s %s: %s", f.errStyle.paint(red, "✗"), printable(im.files[i]), sentence(d.Err))
		}
	}
	f.left(im.unread)
	return nil
}

// left says which files in the folders were not read.
func (f *face) left(unread []string) {
	other := 0
	for _, p := range unread {
		if packed[strings.ToLower(filepath.Ext(p))] {
			f.say("%s %s is compressed and was not read; unpack it first: %s", f.errStyle.paint(amber, "note:"), printable(p), printable(unpack(p)))
		} else {
			other++
		}
	}
	if other > 0 {
		f.say("%s %s there, neither .json nor .ndjson, not read", f.errStyle.paint(amber, "note:"), count(other, "other file is", "other files are"))
	}
}

// fates says for each record of a dry run where it would go.
func (f *face) fates(im *importing) error {
	if !im.dry {
		return nil
	}
	t := f.table(column{title: "FILE", flex: true}, column{title: "ENTRY"}, column{title: "RECORD"}, column{title: "WOULD GO TO", flex: true})
	for i, fates := range im.fates {
		for _, fate := range fates {
			if f.json {
				if err := f.emit(fateJSON(im.files[i], fate)); err != nil {
					return err
				}
				continue
			}
			t.row(im.files[i], fate.Place, fate.Name, im.destination(fate))
		}
	}
	if !f.json {
		t.flush("nothing was read")
	}
	return nil
}

func (im *importing) destination(fate wallet.Fate) cell {
	var to []string
	for _, subject := range fate.To {
		to = append(to, first(im.names[subject], shortDID(subject)))
	}
	all := strings.Join(to, ", ")
	switch {
	case fate.Refused != "":
		return cell{"nowhere: " + fate.Refused, red}
	case fate.Waits:
		return cell{"nowhere yet: nobody here refers to it", amber}
	case fate.Deletes != "":
		return cell{"takes back " + fate.Deletes, ""}
	case fate.Known:
		return cell{all + " (is there already)", faint}
	}
	return cell{all, green}
}

func fateJSON(file string, fate wallet.Fate) map[string]any {
	out := map[string]any{"file": file, "entry": fate.Entry, "place": fate.Place, "record": fate.Name, "to": append([]stele.Subject{}, fate.To...), "known": fate.Known, "waits": fate.Waits}
	if fate.Refused != "" {
		out["refused"] = fate.Refused
	}
	if fate.Deletes != "" {
		out["deletes"] = fate.Deletes
	}
	return out
}

func (f *face) listed(mark cell, path string, issues []string) {
	said := map[string]int{}
	var rules []string
	for _, issue := range issues {
		rule := ruleOf(issue)
		if said[rule]++; said[rule] == 1 {
			rules = append(rules, rule)
		}
		if said[rule] <= maxListed {
			f.say("%s %s: %s", f.errStyle.paint(mark.style, mark.text), printable(path), printable(issue))
		}
	}
	for _, rule := range rules {
		if more := said[rule] - maxListed; more > 0 {
			f.say("%s %s: %s more: %s", f.errStyle.paint(mark.style, mark.text), printable(path), number(more), printable(rule))
		}
	}
}

// ruleOf is the end of an issue: the rule and what it says.
func ruleOf(issue string) string {
	parts := strings.Split(issue, ": ")
	return strings.Join(parts[max(len(parts)-2, 0):], ": ")
}

// unlinked reports whether all that is wrong is that nobody knows whose it is.
func unlinked(d wallet.Imported) bool {
	for _, issue := range d.Issues {
		if !strings.Contains(issue, ": link: ") {
			return false
		}
	}
	return len(d.Issues) > 0
}

func importedJSON(file string, d wallet.Imported) map[string]any {
	out := map[string]any{
		"file": file, "read": d.Read, "delivered": d.Delivered, "known": d.Known, "refused": d.Refused, "waiting": d.Waiting, "unclassified": d.Unread,
		"withdrawn": d.Withdrawn, "folios": d.Folios, "copies": d.Copies, "issues": nonNil(d.Issues), "warnings": nonNil(d.Warnings),
	}
	if d.Err != nil {
		out["error"] = sentence(d.Err)
	}
	return out
}

// advice says what helps when nobody knows whose records are.
func (im *importing) advice() string {
	if im.patient != "" {
		return "where the files call the patient by an id: --called Patient/ID, or once: stele patient link --id ID --did DID; --dry-run says where each record would go"
	}
	return "link the patient's number with: stele patient enrol, or name the patient with --patient"
}

// importTotal says how much and how fast, and fails when anything was refused.
func (f *face) importTotal(im *importing, done []wallet.Imported, elapsed time.Duration) error {
	var all wallet.Imported
	failed, lost := 0, true
	var last error
	patients := map[stele.Subject]bool{}
	for _, d := range done {
		all.Delivered, all.Known, all.Refused = all.Delivered+d.Delivered, all.Known+d.Known, all.Refused+d.Refused
		all.Waiting, all.Withdrawn, all.Unread = all.Waiting+d.Waiting, all.Withdrawn+d.Withdrawn, all.Unread+d.Unread
		for _, p := range d.Patients {
			patients[p] = true
		}
		if d.Err != nil {
			failed, last = failed+1, d.Err
		}
		lost = lost && (unlinked(d) || d.Refused == 0 && d.Err == nil)
	}
	for _, line := range []struct {
		n    int
		text string
	}{
		{all.Known, count(all.Known, "resource was", "resources were") + " known already"},
		{all.Withdrawn, count(all.Withdrawn, "record", "records") + " taken back"},
		{all.Waiting, count(all.Waiting, "resource waits", "resources wait") + " for a patient whose records refer to it"},
		{all.Unread, count(all.Unread, "resource", "resources") + " could not be classified and can be read with the patient's explicit consent only; stele label explain says why"},
	} {
		if line.n > 0 {
			f.say("%s", line.text)
		}
	}
	if im.dry {
		f.say("%s of %s would be delivered", count(all.Delivered, "resource", "resources"), count(len(patients), "patient", "patients"))
	} else {
		f.say("%s of %s in %s (%s a second)", count(all.Delivered, "resource", "resources"), count(len(patients), "patient", "patients"),
			took(elapsed), number(int(float64(all.Delivered)/max(elapsed.Seconds(), 0.001))))
	}
	refused := count(all.Refused, "resource was", "resources were") + " refused"
	switch {
	case (failed > 0 || all.Refused > 0) && lost:
		return stele.E("import", stele.KindInvalid, refused+": whose chart it is could not be told", nil).
			WithHint(im.advice())
	case failed > 0 && len(done) == 1:
		return last
	case failed > 0:
		return stele.E("import", stele.KindInvalid, fmt.Sprintf("%s of %d failed", count(failed, "file", "files"), len(done)), last).
			WithHint("what is wrong is listed above; running the same again delivers only what is missing")
	case all.Refused > 0:
		return stele.E("import", stele.KindInvalid, refused, nil).
			WithHint("what is wrong is listed above; running the same again delivers only what is missing")
	}
	return nil
}
