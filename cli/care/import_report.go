package care

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/sources"
	"github.com/stele-health/stele/terminal"
)

// manyFiles is how many files are listed one by one; of more, those with trouble.
const manyFiles = 30

// importTable says what became of each file, and lists what was refused.
func importTable(f *cli.Face, im *importing, done []delivery.Imported) error {
	if err := fates(f, im); err != nil {
		return err
	}
	arrives := "DELIVERED"
	if im.dry {
		arrives = "TO DELIVER"
	}
	titles := []terminal.Column{{Title: "FILE", Flex: true, Path: true}, {Title: "READ", Right: true}, {Title: arrives, Right: true},
		{Title: "KNOWN", Right: true}, {Title: "REFUSED", Right: true}}
	explain := []string{"known"}
	if len(done) == 1 && !im.dry {
		explain = []string{"folio", "copies", "known"}
		titles = append(titles, terminal.Column{Title: "FOLIOS", Right: true}, terminal.Column{Title: "COPIES", Right: true})
	}
	t := f.Table(titles...)
	quiet, sum := 0, totalOf(done)
	for i, d := range done {
		sum.Read += d.Read
		if f.JSON {
			if err := f.Emit(importedJSON(im.files[i], im.dry, d)); err != nil {
				return err
			}
			continue
		}
		refused := terminal.Cell{Text: stele.Number(d.Refused)}
		if d.Refused > 0 || d.Err != nil {
			refused.Style = terminal.Red
		} else if len(done) > manyFiles {
			quiet++
			continue
		}
		cells := []any{im.files[i], stele.Number(d.Read), stele.Number(d.Delivered), stele.Number(d.Known), refused, stele.Number(d.Folios), stele.Number(d.Copies)}
		t.Row(cells[:len(titles)]...)
	}
	if f.JSON {
		return leftJSON(f, im, done)
	}
	if len(done) > 1 {
		t.Row("all "+stele.Number(len(done))+" files", stele.Number(sum.Read), stele.Number(sum.Delivered), stele.Number(sum.Known), stele.Number(sum.Refused))
	}
	if quiet == 0 || quiet < len(done) {
		t.Flush("nothing was read")
		f.WhatIs(explain...)
	}
	if quiet > 0 {
		f.Say("%s without trouble", stele.Count(quiet, "file", "files"))
	}
	for i, d := range done {
		issues, more := manyAsked(strangers(f, im.files[i], d.Issues, im.dry), im.dry)
		listed(f, terminal.Styled("✗", terminal.Red), im.files[i], issues, im.dry)
		for _, line := range more {
			f.Fault("%s: %s", terminal.Clean(im.files[i]), terminal.Clean(line))
		}
		listed(f, terminal.Styled("note:", terminal.Amber), im.files[i], d.Warnings, false)
		if d.Err != nil && len(done) > 1 { // of one file it is said at the end
			f.Fault("%s", terminal.Clean(cli.Sentence(ofFile("", im.files[i], d.Err))))
		}
	}
	taken(f, im, done)
	servers(f, done)
	oddIDs(f, done)
	left(f, im.found)
	counted(f, im, done)
	return nil
}

// leftJSON says of folders what no file's object says.
func leftJSON(f *cli.Face, im *importing, done []delivery.Imported) error {
	counted(f, im, done)
	found, out := im.found, map[string]any{}
	var missing []string
	for _, m := range found.Missing {
		missing = append(missing, m.File)
	}
	var logs []string
	for _, l := range found.Logs {
		logs = append(logs, l.Path)
	}
	for key, files := range map[string][]string{
		"not_read": slices.Concat(found.Unread, found.Unnamed), "no_records": slices.Concat(found.Other, found.Hidden),
		"manifests": found.Manifests, "logs": logs, "missing": missing, "empty": found.Empty, "short": im.short,
	} {
		if len(files) > 0 {
			out[key] = files
		}
	}
	if len(out) == 0 {
		return nil
	}
	return f.Emit(out)
}

// left says what in the folders was not read.
func left(f *cli.Face, all sources.Found) {
	for _, p := range all.Unread {
		if sources.IsPacked(p) {
			f.Fault("%s is compressed and was not read; unpack it first: %s", terminal.Clean(p), terminal.Clean(sources.Unpack(p)))
		} else {
			f.Fault("%s was not read: only FHIR R4 in JSON is", terminal.Clean(p))
		}
	}
	for _, p := range all.Unnamed {
		f.Fault("%s begins like FHIR in JSON and was not read, as it is not called so: is it whole? then name it itself, or rename it to .json or .ndjson", terminal.Clean(p))
	}
	for _, m := range all.Missing {
		f.Fault("%s lists %s, which is not there", terminal.Clean(m.Manifest), terminal.Clean(m.File))
	}
	for _, p := range all.Manifests {
		f.Note("%s is the manifest of a bulk export: read as such", terminal.Clean(p))
	}
	for _, l := range all.Logs {
		failed := ""
		if len(l.Failed) > 0 {
			failed = "; it tells of " + strings.Join(l.Failed, ", ") + ": what it fetched may not be all"
		}
		f.Note("%s is the log of a bulk export, and holds no records%s", terminal.Clean(l.Path), terminal.Clean(failed))
	}
	for _, p := range all.Empty {
		f.Note("%s is empty, as its manifest says", terminal.Clean(p))
	}
	some(f, "not read, neither .json nor .ndjson", all.Other)
	some(f, "not read, because of the dot", all.Hidden)
}

// some names files that were left out.
func some(f *cli.Face, why string, files []string) {
	if len(files) > 0 {
		f.Note("%s: %s", why, terminal.Clean(sources.Several(files)))
	}
}

// taken says from which charts the files took something back.
func taken(f *cli.Face, im *importing, done []delivery.Imported) {
	took, said := "took back", 0
	if im.dry {
		took = "would take back"
	}
	for i, d := range done {
		for _, back := range d.TakenBack {
			if said++; said > manyFiles {
				continue
			}
			of := ""
			if back.Base != "" {
				of = " of " + back.Base
			}
			f.Say("%s %s %s%s: %s in %s: %s", terminal.Clean(im.files[i]), took, terminal.Clean(back.Name), terminal.Clean(of), stele.Count(back.Records, "record", "records"),
				stele.Count(len(back.Charts), "chart", "charts"), terminal.Clean(im.people(back.Charts)))
		}
	}
	if said > manyFiles {
		f.Say("… and %s more; --json lists them", stele.Number(said-manyFiles))
	}
}

// people are the names of those whose charts they are.
func (im *importing) people(subjects []stele.Subject) string {
	const most = 5
	var names []string
	for i, subject := range subjects {
		if i == most {
			names = append(names, fmt.Sprintf("%d more", len(subjects)-most))
			break
		}
		names = append(names, cmp.Or(im.whom(subject), terminal.ShortDID(subject)))
	}
	return strings.Join(names, ", ")
}

// servers says whose ids are others here.
func servers(f *cli.Face, done []delivery.Imported) {
	if len(done) == 0 {
		return
	}
	for _, g := range done[0].Guests {
		why := "so that nobody takes them for your own of the same id; if that is your own server, say so before its records are here: stele patient system add " + intake.Word(terminal.Clean(g.Base))
		if g.Late {
			why = "as its first records came before it was your own (stele patient system list)"
		}
		f.Note("%s of %s %s another id here than there, %s", stele.Count(g.Records, "record", "records"), terminal.Clean(g.Base), hasHave(g.Records), why)
	}
}

// oddIDs says of how many records the ids are no ids of FHIR.
func oddIDs(f *cli.Face, done []delivery.Imported) {
	n := 0
	for _, d := range done {
		n += d.OddIDs
	}
	if n > 0 {
		f.Note("%s %s an id that FHIR does not allow (64 letters, digits, - and . at most): it is taken as it is written", stele.Count(n, "record", "records"), hasHave(n))
	}
}

func hasHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// fates says for each record of a dry run where it would go.
func fates(f *cli.Face, im *importing) error {
	if !im.dry {
		return nil
	}
	t := f.Table(terminal.Column{Title: "FILE", Flex: true, Path: true}, terminal.Column{Title: "ENTRY"}, terminal.Column{Title: "RECORD"}, terminal.Column{Title: "WOULD GO TO", Flex: true})
	for i, fates := range im.fates {
		for _, fate := range fates {
			if f.JSON {
				if err := f.Emit(fateJSON(im.files[i], fate)); err != nil {
					return err
				}
				continue
			}
			name := fate.Name
			if fate.Called != "" {
				name += " (here " + fate.Called + ")"
			}
			t.Row(im.files[i], fate.Place, name, im.destination(fate))
		}
	}
	if !f.JSON {
		t.Flush("nothing was read")
	}
	return nil
}

func (im *importing) destination(fate delivery.Fate) terminal.Cell {
	var to []string
	for _, subject := range fate.To {
		to = append(to, cmp.Or(im.whom(subject), terminal.ShortDID(subject)))
	}
	all := strings.Join(to, ", ")
	switch {
	case fate.Refused != "":
		return terminal.Styled("nowhere: "+fate.Refused, terminal.Red)
	case fate.Waits:
		return terminal.Styled("nowhere yet: nobody here refers to it", terminal.Amber)
	case fate.Deletes != "" && all == "":
		return terminal.Styled("nowhere: nothing of that id was delivered from here", terminal.Faint)
	case fate.Deletes != "":
		return terminal.Styled("would be taken back from "+all, "")
	case fate.Known:
		return terminal.Styled(all+" (is there already)", terminal.Faint)
	}
	return terminal.Styled(all, terminal.Green)
}

func fateJSON(file string, fate delivery.Fate) map[string]any {
	out := map[string]any{"file": file, "entry": fate.Entry + 1, "place": fate.Place, "record": fate.Name, "to": append([]stele.Subject{}, fate.To...), "known": fate.Known, "waits": fate.Waits}
	if fate.Refused != "" {
		out["refused"] = fate.Refused
	}
	if fate.Deletes != "" {
		out["deletes"] = fate.Deletes
	}
	if fate.Called != "" {
		out["called"] = fate.Called
	}
	return out
}

// listed lists what is wrong with a file, of each cause some; where all, everything.
func listed(f *cli.Face, mark terminal.Cell, path string, notes []delivery.Note, all bool) {
	said := map[delivery.Cause]int{}
	var causes []delivery.Cause
	for _, n := range notes {
		cause := n.Cause()
		if said[cause]++; said[cause] == 1 {
			causes = append(causes, cause)
		}
		if all || said[cause] <= maxListed {
			f.Say("%s %s: %s", f.ErrStyle.Paint(mark.Style, mark.Text), terminal.Clean(path), f.Hint(terminal.Clean(n.String())))
		}
	}
	for _, cause := range causes {
		if more := said[cause] - maxListed; more > 0 && !all {
			f.Say("%s %s: %s more: %s", f.ErrStyle.Paint(mark.Style, mark.Text), terminal.Clean(path), stele.Number(more), f.Hint(terminal.Clean(cause.String())))
		}
	}
}

// strangers says once of a patient who is not linked how many records name her, and
// returns the other issues: in a wallet that is not the one that was meant, it is every
// record of every patient.
func strangers(f *cli.Face, path string, issues []delivery.Note, all bool) (others []delivery.Note) {
	ofLink := func(n delivery.Note) bool { return n.Rule == delivery.RuleLink && !all }
	named := map[delivery.Cause]int{}
	for _, issue := range issues {
		if ofLink(issue) {
			named[issue.Cause()]++
		}
	}
	for _, issue := range issues {
		cause := issue.Cause()
		switch n := named[cause]; {
		case !ofLink(issue) || n > 0 && n <= maxListed: // what few name is listed with each record
			others = append(others, issue)
		case n > 0:
			f.Fault("%s: %s refused: %s", terminal.Clean(path), stele.Count(n, "resource is", "resources are"), f.Hint(terminal.Clean(cause.String())))
			named[cause] = -1
		}
	}
	return others
}

// unlinked reports whether all that is wrong is that nobody knows whose it is.
func unlinked(d delivery.Imported) bool {
	for _, issue := range d.Issues {
		if issue.Rule != delivery.RuleLink {
			return false
		}
	}
	return len(d.Issues) > 0
}

// importedJSON is a file's line for programs, with every issue: a screen lists some of each cause.
func importedJSON(file string, dry bool, d delivery.Imported) map[string]any {
	out := map[string]any{
		"file": file, "dry_run": dry, "read": d.Read, "delivered": d.Delivered, "known": d.Known, "refused": d.Refused, "waiting": d.Waiting, "unclassified": d.Unread, "unclassified_records": unclearJSON(d), "odd_ids": d.OddIDs,
		"withdrawn": d.Withdrawn, "never_delivered": d.Never, "no_record": d.Left, "deleted_since": d.Deleted, "not_taken_back": d.Stuck, "not_whole": d.Lacks, "denied": d.Denied, "submissions": append([]stele.ID{}, d.Sent...), "folios": d.Folios, "copies": d.Copies, "issues": delivery.Lines(d.Issues), "warnings": delivery.Lines(d.Warnings),
	}
	if d.Err != nil {
		out["error"] = cli.Sentence(d.Err)
	}
	var back []map[string]any
	for _, b := range d.TakenBack {
		back = append(back, map[string]any{"record": b.Name, "server": b.Base, "charts": b.Charts, "records": b.Records})
	}
	if back != nil {
		out["taken_back"] = back
	}
	if len(d.Guests) > 0 {
		out["other_servers"] = d.Guests
	}
	return out
}

// unclearJSON are the names of what could not be classified, by the part of the chart.
func unclearJSON(d delivery.Imported) map[stele.Category][]string {
	out := map[stele.Category][]string{}
	for part, of := range d.Unclear {
		out[part] = of.Names
	}
	return out
}

// advice says what helps when nobody knows whose records are.
func (im *importing) advice(all total) string {
	switch {
	case im.bare && im.patient == "":
		return "no patient is linked in the wallet of " + im.who + ": name the one that is meant with --as, or link the patient's number with: stele patient enrol"
	case all.asked && !all.unlinked:
		return "where a question stands above, it ends with what answers it; look at the record first: what is confirmed goes where it says; --yes answers all of them"
	case !all.unlinked:
		return "what is listed says whom the records name, and why that is nobody's chart"
	case slices.ContainsFunc(im.called, func(name string) bool { return !strings.Contains(name, "://") }):
		return "where the files are of several servers, say of which the id is: --called https://HOST/fhir/Patient/ID; --dry-run says where each record would go"
	case im.patient != "":
		return "where the files call the patient by an id: --called Patient/ID, or once: stele patient link --id ID --did DID; --dry-run says where each record would go"
	}
	return "link the patient's number with: stele patient enrol (and --id, where records come without their Patient), or name the patient with --patient"
}
