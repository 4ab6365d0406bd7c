package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/wallet"
)

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
