package care

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/consent"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/terminal"
)

// total is what became of all files of an import.
type total struct {
	delivery.Imported
	files           int
	failed          int             // files
	last            error           // of the last of them
	lost            bool            // all that is wrong is that nobody knows whose it is
	unlinked, asked bool            // of it something is because a patient is not linked; because of a question that --confirm answers
	denied          bool            // all that is wrong is that a patient has given no write grant
	closed          []stele.Subject // who has not
	patient         map[stele.Subject]bool
	sent            []stele.ID
	unreadIn        []int // the files of what could not be classified
}

// totalOf adds up all files. lost and denied hold as long as nothing else is wrong in any: then one
// step mends it all.
func totalOf(done []delivery.Imported) total {
	all := total{files: len(done), lost: true, denied: true, patient: map[stele.Subject]bool{}}
	all.Unclear = map[stele.Category]delivery.Unclear{}
	for i, d := range done {
		all.Delivered, all.Known, all.Refused = all.Delivered+d.Delivered, all.Known+d.Known, all.Refused+d.Refused
		all.Waiting, all.Withdrawn, all.Unread = all.Waiting+d.Waiting, all.Withdrawn+d.Withdrawn, all.Unread+d.Unread
		all.Denied, all.Never = all.Denied+d.Denied, all.Never+d.Never
		all.Left, all.Stuck, all.Lacks = all.Left+d.Left, all.Stuck+d.Stuck, all.Lacks+d.Lacks
		all.Deleted += d.Deleted
		if d.Unread > 0 {
			all.unreadIn = append(all.unreadIn, i)
		}
		for part, of := range d.Unclear {
			sum := all.Unclear[part]
			all.Unclear[part] = delivery.Unclear{N: sum.N + of.N, Names: append(sum.Names, of.Names...)}
		}
		for _, p := range d.Patients {
			all.patient[p] = true
		}
		for _, p := range d.Closed {
			if !slices.Contains(all.closed, p) {
				all.closed = append(all.closed, p)
			}
		}
		for _, id := range d.Sent {
			if !slices.Contains(all.sent[max(0, len(all.sent)-manyFiles):], id) {
				all.sent = append(all.sent, id)
			}
		}
		for _, issue := range d.Issues {
			all.unlinked = all.unlinked || issue.Why.Need == intake.NeedsLink
			all.asked = all.asked || issue.Why.Need == intake.NeedsConfirm
		}
		if d.Err != nil {
			all.failed, all.last = all.failed+1, d.Err
		}
		all.lost = all.lost && (unlinked(d) || d.Refused == 0 && d.Err == nil)
		all.denied = all.denied && d.Refused <= d.Denied && (d.Err == nil || stele.KindOf(d.Err) == stele.KindDenied)
	}
	return all
}

// importTotal says how much and how fast, and fails when anything was refused.
func importTotal(ctx context.Context, f *cli.Face, s *client.Session, im *importing, done []delivery.Imported, elapsed time.Duration) error {
	all := totalOf(done)
	im.gives = func(subject stele.Subject) giver { return giverOf(ctx, s, subject) }
	sayTotal(f, im, all, elapsed)
	return im.verdict(all)
}

// sayTotal says what became of all files together, in words, for a person: stdout has the data.
func sayTotal(f *cli.Face, im *importing, all total, elapsed time.Duration) {
	known, back := "known already", "taken back"
	if im.dry {
		known, back = "known already, and would not be delivered", "would be taken back"
	}
	for _, line := range []struct {
		n    int
		text string
	}{
		{all.Known, stele.Count(all.Known, "resource is ", "resources are ") + known},
		{all.Withdrawn, stele.Count(all.Withdrawn, "DELETE: ", "DELETEs: ") + back},
		{all.Never, stele.Count(all.Never, "DELETE", "DELETEs") + " of what was never delivered from here"},
		{all.Left, stele.Count(all.Left, "entry is", "entries are") + " no record of a patient"},
		{all.Deleted, stele.Count(all.Deleted, "record was", "records were") + " deleted by their server since, and not delivered"},
	} {
		if line.n > 0 {
			f.Say("%s", line.text)
		}
	}
	sayUnclear(f, im, all)
	what := stele.Count(all.Delivered, "resource", "resources") + " of " + stele.Count(len(all.patient), "patient", "patients")
	switch {
	case im.dry && all.Delivered == 0:
		f.Say("nothing would be delivered")
	case im.dry:
		f.Say("%s would be delivered", what)
	case all.Delivered == 0:
		f.Say("nothing was delivered")
		saySent(f, all.sent) // of what was taken back
	default:
		f.Say("%s in %s (%s a second)", what, terminal.Took(elapsed), stele.Number(int(float64(all.Delivered)/max(elapsed.Seconds(), 0.001))))
		saySent(f, all.sent)
	}
	if all.Waiting > 0 {
		f.Say("%s of nobody, and nobody's records here refer to %s: nothing of %s is kept; import %s again together with what does",
			stele.Count(all.Waiting, "resource is", "resources are"), themIt(all.Waiting), themIt(all.Waiting), themIt(all.Waiting))
	}
}

// sayUnclear says what could not be classified: of each part of the chart that opens in an emergency
// by itself, which records, for there nobody sees them; of the rest how many.
func sayUnclear(f *cli.Face, im *importing, all total) {
	if all.Unread == 0 {
		return
	}
	rest, more := all.Unread, ""
	for _, part := range stele.EmergencyCategories() {
		of := all.Unclear[part]
		if of.N == 0 {
			continue
		}
		rest, more = rest-of.N, " more"
		f.Note("%s", stele.Count(of.N, "record", "records")+" of "+consent.CategoryWords(part)+" could not be classified, and nobody reads "+themIt(of.N)+
			" in an emergency unless the patient has said so: "+terminal.Clean(named(of)))
	}
	if rest > 0 {
		f.SayWrapped(stele.Count(rest, "resource", "resources") + more + " could not be classified and can be read with the patient's explicit consent only")
	}
	file := "FILE"
	if name := im.files[all.unreadIn[0]]; name != "-" { // stdin is read
		file = terminal.Quoted(name)
	}
	mend := ""
	if more != "" {
		mend = "What mends it: a code of ICD, ATC or SNOMED CT, or a word of four letters in place of one of two or three; then import the record as it is changed. Your own abbreviations in a table (stele label set) count for what is imported from then on. "
	}
	f.SayWrapped(mend + "Why each is: stele label explain " + file + f.Mine())
}

// named are the names of some of what could not be classified.
func named(of delivery.Unclear) string {
	const most = 3
	list := of.Names[:min(most, len(of.Names))]
	says := strings.Join(list, ", ")
	if more := of.N - len(list); more > 0 {
		says += " and " + stele.Number(more) + " more"
	}
	return says
}

func themIt(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// saySent says the submissions, by which all of them can be taken back.
func saySent(f *cli.Face, ids []stele.ID) {
	const most = 3
	for _, id := range ids[:min(most, len(ids))] {
		f.Say("submission %s", id)
	}
	if more := len(ids) - most; more > 0 {
		f.Say("and %s; stele withdraw --list --patient … says of each record in which it is", stele.Count(more, "submission more", "submissions more"))
	}
}

// verdict says whether an import has failed, and what to do. The first case that fits is told: what
// one step mends altogether before what has to be looked at one by one.
func (im *importing) verdict(all total) error {
	const op = "import"
	were := "were"
	if im.dry {
		were = "would be"
	} else if all.Refused == 1 {
		were = "was"
	}
	refused := stele.Count(all.Refused, "resource", "resources") + " " + were + " refused"
	again := "what is wrong is listed above; running the same again delivers only what is missing"
	if im.dry {
		again = "what is wrong is listed above"
	}
	wrong := all.failed > 0 || all.Refused > 0
	switch {
	case wrong && all.denied && (all.Refused > 0 || all.files > 1):
		what := refused
		if all.Refused == 0 {
			what = stele.Count(all.failed, "file", "files") + " failed"
		}
		return stele.E(op, stele.KindDenied, what+": the patient has given no write grant that holds", all.last).
			WithHint(im.mends(all.closed) + "; then import the same again")
	case wrong && all.lost:
		return stele.E(op, stele.KindInvalid, refused+": whose chart it is could not be told", nil).WithHint(im.advice(all))
	case all.failed > 0 && all.files == 1:
		switch kind := stele.KindOf(all.last); {
		case errors.Is(all.last, context.Canceled), kind != stele.KindInvalid && kind != stele.KindNotFound && kind != stele.KindOther:
			return all.last // it is not the file that is wrong
		}
		return ofFile(op, im.files[0], all.last)
	case all.failed > 0:
		text := fmt.Sprintf("%s of %d failed", stele.Count(all.failed, "file", "files"), all.files)
		if all.Refused > 0 {
			text += ", and " + refused
		}
		return stele.E(op, stele.KindInvalid, text+im.besides(), all.last).WithHint(again)
	case all.Refused > 0:
		return stele.E(op, stele.KindInvalid, refused+im.besides(), nil).WithHint(again)
	case im.unread() > 0:
		return stele.E(op, stele.KindInvalid, stele.Count(im.unread(), "file that may hold records was", "files that may hold records were")+" not read", nil).
			WithHint("they are named above: unpack them or turn them into FHIR R4 JSON, or move them out of the folder")
	case len(im.found.Missing) > 0:
		return stele.E(op, stele.KindInvalid, "the export is not all there: "+stele.Count(len(im.found.Missing), "file of its manifest is", "files of its manifest are")+" missing", nil).
			WithHint("fetch what is named above and import the folder again; what has arrived is known then")
	case len(im.short) > 0:
		return stele.E(op, stele.KindInvalid, "the export is not all there: fewer records than its manifest counts", nil).
			WithHint("fetch what is named above once more and import the folder again; what has arrived is known then")
	case all.Stuck > 0:
		return stele.E(op, stele.KindInvalid, stele.Count(all.Stuck, "record that was", "records that were")+" to be taken back still stand", nil).WithHint(again)
	case all.Lacks > 0:
		return stele.E(op, stele.KindInvalid, "the files are not whole, or not as they should be: a page of a search is missing, the server that wrote them reported an error, or a Bundle is none of FHIR R4's", nil).
			WithHint("what it is stands above; fetch what is missing and import it too: what has arrived is known then")
	case all.Waiting > 0 && all.Delivered+all.Known+all.Withdrawn == 0:
		return stele.E(op, stele.KindInvalid, "nothing of this can be in anybody's chart yet: nothing is kept", nil).
			WithHint("import it together with the records that refer to it")
	}
	return nil
}

// giver is whose word gives grants of a chart.
type giver int

const (
	givenByPatient giver = iota
	givenByMembers       // nobody has claimed the chart
	givenByOther         // it is merged into another, whose keys speak for it
)

// giverOf finds out whose word gives grants of a chart: the patient's where nobody says otherwise.
func giverOf(ctx context.Context, s *client.Session, subject stele.Subject) giver {
	if devices, err := s.Keys(ctx, subject); err == nil && len(devices) == 0 {
		return givenByMembers
	}
	if merged, err := s.IsMerged(ctx, subject); err == nil && merged {
		return givenByOther
	}
	return givenByPatient
}

// mends says what gives the write grant that lacks: of the first patient of whom it does not come as of most.
func (im *importing) mends(closed []stele.Subject) string {
	for _, subject := range closed {
		switch im.gives(subject) {
		case givenByMembers:
			return "nobody has claimed the chart, and two members give: stele patient propose " + subject.String() + " FILE --write --to \"" + im.who + "\""
		case givenByOther:
			return "the chart is merged into another; the patient runs: stele wallet grant --write --to \"" + im.who + "\" --chart " + subject.String()
		}
	}
	return "the patient runs: stele wallet grant --write --to \"" + im.who + "\""
}

// unread is how many files may hold records and were not read.
func (im *importing) unread() int { return len(im.found.Unread) + len(im.found.Unnamed) }

// besides says of files that were not read, beside what went wrong with those that were.
func (im *importing) besides() string {
	if n := im.unread(); n > 0 {
		return "; " + stele.Count(n, "file more was", "files more were") + " not read"
	}
	return ""
}

// counted says where files have other numbers of records than their manifest counts, and
// how many of them have fewer.
func counted(f *cli.Face, im *importing, done []delivery.Imported) {
	read := map[string]uint64{}
	for i, d := range done {
		read[im.files[i]] = uint64(d.Read)
	}
	for _, t := range im.found.Tallies {
		n, known := uint64(0), true
		for _, file := range t.Files {
			_, is := read[file]
			n, known = n+read[file], known && (is || slices.Contains(im.found.Empty, file))
		}
		switch files := strings.Join(t.Files, ", "); {
		case !known: // not read: that is said
		case n < t.Want:
			im.short = append(im.short, files)
			f.Fault("%s: %s in it, and its manifest counts %s: it was cut off, or is another", terminal.Clean(files), isAre(n), stele.Number(t.Want))
		case n > t.Want && !t.Loose:
			f.Note("%s: %s in it, and its manifest counts %s", terminal.Clean(files), isAre(n), stele.Number(t.Want))
		}
	}
}

func isAre(n uint64) string {
	if n == 1 {
		return "1 record is"
	}
	return stele.Number(n) + " records are"
}
