package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func itoa(i int) string { return strconv.Itoa(i) }

// importsAtOnce is how many files are imported at a time: deliveries wait for
// disks and consensus, and a few at a time fill the processors.
const importsAtOnce = 4

// maxListed is how many resources of a file that break one rule are listed on the
// screen; --json lists what the wallet reports.
const maxListed = 5

func importCommand(f *face) *cobra.Command {
	patient := ""
	c := &cobra.Command{
		Use: "import PATH…", Short: "Validate, seal, store and anchor FHIR charts", GroupID: "people",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("give files or folders with FHIR R4 JSON", "stele sample --patients 3 --out charts writes some")
			}
			return nil
		},
		Long: "Reads FHIR R4 resources, Bundles and NDJSON from files, folders or - (stdin),\n" +
			"and delivers every valid resource to the patient it belongs to. A transaction\n" +
			"Bundle arrives whole or not at all. Exits with 1 when anything was refused.",
		Example: "  stele import charts --as hospital-a\n  stele import elena.json --as hospital-a --patient 4711",
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.as(cmd.Context(), func(s *wallet.Session) error { return f.importAll(cmd.Context(), s, args, patient) })
		},
	}
	c.Flags().StringVar(&patient, "patient", "", "whose chart: a number that is linked, or a DID (default: by the numbers in the file)")
	return c
}

// importing is one file's part of an import.
type importing struct {
	path string
	done wallet.Imported
	err  error
}

func (f *face) importAll(ctx context.Context, s *wallet.Session, paths []string, patient string) error {
	subject, err := linked(s, patient)
	if err != nil {
		return err
	}
	files, bytes, err := filesOf(paths)
	if err != nil {
		return err
	}
	start := time.Now()
	jobs := make([]importing, len(files))
	b := f.progress("importing")
	var read, resources atomic.Uint64
	var printing sync.Mutex
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(importsAtOnce)
	for i, path := range files {
		work.Go(func() error {
			jobs[i] = f.importOne(ctx, s, path, wallet.ImportOptions{Subject: subject}, func(n int) {
				b.set(read.Add(uint64(n)), bytes, number(resources.Load())+" resources")
			})
			resources.Add(uint64(jobs[i].done.Delivered))
			printing.Lock()
			defer printing.Unlock()
			b.end()
			return fatal(ctx, jobs[i].err)
		})
	}
	err = work.Wait()
	b.end()
	if e := f.importTable(jobs); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	return f.importTotal(jobs, time.Since(start))
}

// fatal returns the errors that end the whole import: nobody answers, or the
// person has stopped it. What is wrong with one file does not stop the others.
func fatal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if k := stele.KindOf(err); err != nil && (k == stele.KindUnreachable || k == stele.KindBusy || k == stele.KindProof) {
		return err
	}
	return nil
}

func (f *face) importOne(ctx context.Context, s *wallet.Session, path string, o wallet.ImportOptions, read func(int)) importing {
	var from io.Reader = f.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return importing{path: path, err: stele.E("import", stele.KindNotFound, "the file can't be read: "+path, err)}
		}
		defer file.Close()
		from = file
	}
	done, err := s.Import(ctx, &metered{from, read}, o)
	return importing{path, done, err}
}

// metered tells how much was read.
type metered struct {
	io.Reader
	read func(int)
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
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
		if l.Number == patient && !slices.Contains(found, l.Subject) {
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
		WithHint("give the patient's DID")
}

// filesOf lists the files under paths, in order, and how many bytes they are.
func filesOf(paths []string) (files []string, bytes uint64, err error) {
	for _, path := range paths {
		if path == "-" {
			files = append(files, path)
			continue
		}
		err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if p != path && !slices.Contains([]string{".json", ".ndjson"}, strings.ToLower(filepath.Ext(p))) {
				return nil
			}
			if info, err := d.Info(); err == nil {
				bytes += uint64(info.Size())
			}
			files = append(files, p)
			return nil
		})
		if err != nil {
			return nil, 0, stele.E("import", stele.KindNotFound, "there is nothing to read at "+path, err)
		}
	}
	if len(files) == 0 {
		return nil, 0, stele.E("import", stele.KindNotFound, "there are no .json or .ndjson files there", nil)
	}
	return files, bytes, nil
}

// importTable says what became of each file, and lists what was refused.
func (f *face) importTable(jobs []importing) error {
	t := f.table(column{title: "FILE", flex: true}, column{title: "READ", right: true}, column{title: "DELIVERED", right: true},
		column{title: "KNOWN", right: true}, column{title: "REFUSED", right: true}, column{title: "FOLIOS", right: true}, column{title: "COPIES", right: true})
	for _, j := range jobs {
		if j.path == "" {
			continue // not begun
		}
		if f.json {
			if err := f.emit(j.json()); err != nil {
				return err
			}
			continue
		}
		refused := cell{text: number(j.done.Refused)}
		if j.done.Refused > 0 || j.err != nil {
			refused.style = red
		}
		t.row(j.path, number(j.done.Read), number(j.done.Delivered), number(j.done.Known), refused, number(j.done.Folios), number(j.done.Copies))
	}
	if f.json {
		return nil
	}
	t.flush("nothing was read")
	for _, j := range jobs {
		f.importIssues(j)
		if j.err != nil && len(jobs) > 1 { // of one file it is said at the end
			f.say("%s %s: %s", f.errStyle.paint(red, "✗"), j.path, sentence(j.err))
		}
	}
	return nil
}

// importIssues lists what is wrong in a file: entry, resource, path, rule, never
// a value. Of many that break one rule the first are listed.
func (f *face) importIssues(j importing) {
	f.listed(cell{"✗", red}, j.path, j.done.Issues)
	f.listed(cell{"note:", amber}, j.path, j.done.Warnings)
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
			f.say("%s %s: %s", f.errStyle.paint(mark.style, mark.text), path, printable(issue))
		}
	}
	for _, rule := range rules {
		if more := said[rule] - maxListed; more > 0 {
			f.say("%s %s: %s more: %s", f.errStyle.paint(mark.style, mark.text), path, number(more), printable(rule))
		}
	}
}

// ruleOf is the end of an issue: the rule and what it says.
func ruleOf(issue string) string {
	parts := strings.Split(issue, ": ")
	return strings.Join(parts[max(len(parts)-2, 0):], ": ")
}

// unlinked reports whether all that is wrong is that nobody knows whose it is.
func (j importing) unlinked() bool {
	for _, issue := range j.done.Issues {
		if !strings.HasPrefix(ruleOf(issue), "link: ") {
			return false
		}
	}
	return len(j.done.Issues) > 0
}

func (j importing) json() map[string]any {
	out := map[string]any{
		"file": j.path, "read": j.done.Read, "delivered": j.done.Delivered, "known": j.done.Known, "refused": j.done.Refused,
		"folios": j.done.Folios, "copies": j.done.Copies, "issues": nonNil(j.done.Issues), "warnings": nonNil(j.done.Warnings),
	}
	if j.err != nil {
		out["error"] = sentence(j.err)
	}
	return out
}

// importTotal says how much and how fast, and fails when anything was refused.
func (f *face) importTotal(jobs []importing, elapsed time.Duration) error {
	delivered, known, refused, failed, unlinked := 0, 0, 0, 0, true
	var last error
	patients := map[stele.Subject]bool{}
	for _, j := range jobs {
		delivered, known, refused = delivered+j.done.Delivered, known+j.done.Known, refused+j.done.Refused
		for _, p := range j.done.Patients {
			patients[p] = true
		}
		if j.err != nil {
			failed, last = failed+1, j.err
		}
		unlinked = unlinked && (j.unlinked() || j.done.Refused == 0 && j.err == nil)
	}
	if known > 0 {
		f.say("%s known already", count(known, "resource was", "resources were"))
	}
	f.say("%s of %s in %s (%s a second)", count(delivered, "resource", "resources"), count(len(patients), "patient", "patients"),
		took(elapsed), number(int(float64(delivered)/max(elapsed.Seconds(), 0.001))))
	switch {
	case (failed > 0 || refused > 0) && unlinked:
		return stele.E("import", stele.KindInvalid, "whose chart it is could not be told", nil).
			WithHint("link the patient's number with: stele patient enrol, or name the patient with --patient")
	case failed > 0 && len(jobs) == 1:
		return last
	case failed > 0:
		return stele.E("import", stele.KindInvalid, fmt.Sprintf("%s of %d failed", count(failed, "file", "files"), len(jobs)), last).
			WithHint("what is wrong is listed above; running the same again delivers only what is missing")
	case refused > 0:
		return stele.E("import", stele.KindInvalid, count(refused, "resource was", "resources were")+" refused", nil).
			WithHint("what is wrong is listed above; running the same again delivers only what is missing")
	}
	return nil
}
