package telling

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/stele-health/stele"
)

// A document that came as one record, as an emergency summary does, says of its day what its sections
// list. Of allergies that is told even so, for a chart may have nothing else; package timeline leaves out
// what the chart's own records tell.

// composition is the Composition with which a Bundle of type document begins; nothing where it is none.
func composition(r view) view {
	first := r.at("entry", "resource")
	if r.at("resourceType").raw() != "Bundle" || r.at("type").raw() != "document" || first.at("resourceType").raw() != "Composition" {
		return view{}
	}
	return first
}

// bundle tells a document that came as one record by its title and the titles of its sections: the
// whole of it is in the record.
func (t teller) bundle(e *Told, r view) {
	c := composition(r)
	if !c.has() {
		t.tale(e, r)
		return
	}
	e.Name = firstOf(Clean(c.at("title").text()), say(c.at("type")), "document")
	var sections []string
	for _, s := range c.at("section").list() {
		sections = append(sections, firstOf(Clean(s.at("title").text()), say(s.at("code"))))
	}
	e.Value = notes(sections...)
	r.at("timestamp").tell()
}

// The headings of a section's text in our own summaries, of which what stands before the first is so, and what else that
// text says of itself. In a summary from elsewhere the same words are told as any.
const (
	LookHeading = "To look at"
	PastHeading = "What happened, the newest first"
	MayHeading  = "May be so: see the record"
	FullHeading = "In full"

	// Maker is the name of the device that our own summaries have as their author.
	Maker = "Stele"

	nothingListed = "Nothing is listed here of "
	notTheSame    = "That is not the same as none: ask."
)

// NothingListed is what a section of our own summaries says where it has nothing to list: never that there is none.
func NothingListed(kind string) string { return nothingListed + kind + ". " + notTheSame }

// ListsNothing reports whether a line says that its section has nothing to list.
func ListsNothing(line string) bool { return strings.HasPrefix(line, nothingListed) }

// ownWords are what says nothing of a person in a section on allergies of our own summaries: whole lines, and the
// sentences of one.
var ownWords = set(LookHeading, PastHeading, MayHeading, FullHeading, NothingListed("allergies"), nothingListed+"allergies", notTheSame)

// MadeHere reports whether a document is a summary that this software made: it names itself as the author.
func (r Record) MadeHere() bool { return madeHere(r.root.quiet()) }

func madeHere(r view) bool {
	by := composition(r).at("author").list()
	return len(by) == 1 && slices.ContainsFunc(inDocument(r), func(in entryIn) bool {
		device := in.resource
		if in.url == "" || in.url != by[0].at("reference").raw() || device.at("resourceType").raw() != "Device" {
			return false
		}
		return slices.ContainsFunc(device.at("deviceName").list(), func(n view) bool { return n.at("name").raw() == Maker })
	})
}

// summaryTells are the lines of a document's sections on allergies, and the names of the allergies in it that these
// do not name. What names nothing is told without need; what is left out may be the only word of an allergy: that is
// nothing but what says that there is none, and the headings of a summary that we made.
func summaryTells(r view) (out []string) {
	ours := madeHere(r)
	lines := allergyLines(composition(r).at("section"), false, ours)
	if text := strings.Join(lines, betweenRows); text == "" || !ours {
		for _, in := range inDocument(r) {
			allergy := in.resource.at("resourceType").raw() == "AllergyIntolerance" && !retracted(in.resource) && stand{}.verified(in.resource).is != Denied
			if name := Clean(named(in.resource)); allergy && !spells(text, name) {
				lines = append(lines, name)
			}
		}
	}
	for _, line := range lines {
		if ours {
			line = bare(line)
		}
		if line != "" && !namesNothing(line) && !(ours && ownWords[line]) && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// What a line that there is none of a kind ends with, where that is not all.
const (
	SeeAbove = ", but see above"
	SeeBelow = ", but see below"
	SeeMore  = "; what is not in this view may tell otherwise"
)

// bare is a line of our own summaries without what points to others of it: the numbers of sources, which are others where it is told,
// and where else to look. It is empty for a line that there is none.
func bare(line string) string {
	line = sourceMarks.ReplaceAllString(line, "")
	for _, see := range []string{SeeAbove, SeeBelow, SeeMore} {
		if strings.HasSuffix(line, see) {
			return ""
		}
	}
	return line
}

// sourceMarks are the numbers of its sources at the end of a line.
var sourceMarks = regexp.MustCompile(`( \[\d+(,\s*\d+)*\])+$`)

// allergyLines are the lines of the sections on allergies, and of those within them; of another's each with the one
// below that it introduces.
func allergyLines(sections view, within, ours bool) (out []string) {
	for _, s := range sections.list() {
		about := within || hasCode(s.at("code"), loinc, "48765-2") || aboutAllergies(s.at("title").raw())
		if lines, _ := Prose(s.at("text", "div").raw()); about && ours {
			out = append(out, lines...)
		} else if about {
			out = append(out, introduced(lines)...)
		}
		out = append(out, allergyLines(s.at("section"), about, ours)...)
	}
	return out
}

// introduced joins each line that ends in a colon with the one that comes after it: "Penicillin:", "anaphylaxis".
func introduced(lines []string) (out []string) {
	for _, line := range lines {
		if n := len(out) - 1; n >= 0 && strings.HasSuffix(out[n], ":") {
			out[n] += " " + line
		} else {
			out = append(out, line)
		}
	}
	return out
}

// entryIn is a resource of a document, and its fullUrl.
type entryIn struct {
	url      string
	resource view
}

func inDocument(r view) (all []entryIn) {
	for _, entry := range r.at("entry").list() {
		all = append(all, entryIn{entry.at("fullUrl").raw(), entry.at("resource")})
	}
	return all
}

// MadeFrom are the records of which a document was made, by the handle under which this network knows
// them, with what each is called: a summary that was made of a chart names them so.
func (r Record) MadeFrom() map[stele.ID]string {
	root := r.root.quiet()
	if !composition(root).has() {
		return nil
	}
	out := map[stele.ID]string{}
	for _, in := range inDocument(root) {
		digits, uuid := strings.CutPrefix(in.url, "urn:uuid:")
		raw, err := hex.DecodeString(strings.ReplaceAll(digits, "-", ""))
		if id, wrong := stele.IDFrom(raw); uuid && err == nil && wrong == nil {
			out[id] = firstOf(named(in.resource), Clean(in.resource.at("title").text()), say(in.resource.at("category")), say(in.resource.at("scope")))
		}
	}
	return out
}

// Author is who made a document that came as one record, by name; "" where it names nobody but a
// program.
func (r Record) Author() string {
	root := r.root.quiet()
	by := composition(root).at("author").list()
	for _, author := range by {
		for _, in := range inDocument(root) {
			kind := in.resource.at("resourceType").raw()
			if in.url != "" && in.url == author.at("reference").raw() && kind != "Device" {
				return Clean(named(in.resource))
			}
		}
		if words := Clean(author.at("display").raw()); words != "" {
			return words
		}
	}
	return ""
}

// Sections are the texts of a document's sections, line by line: what may be so has no entry, and stands there
// alone.
func (r Record) Sections() (all []string) {
	for _, s := range composition(r.root.quiet()).at("section").list() {
		lines, _ := Prose(s.at("text", "div").raw())
		all = append(all, lines...)
	}
	return all
}
