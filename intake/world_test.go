package intake

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// A world is people, their numbers and files about them, of which the test knows
// who is meant. What intake may do is told by that knowledge alone.
type world struct {
	t      *rapid.T
	people int
	linked map[int]bool
	shared bool // one server: a Patient has one id in all files
	known  bool // the link table knows names and birth dates, and numbers are mistyped
	twins  bool // they are of one family and one birth date
	child  bool // the last of three is the newborn of the first
	files  []*worldFile
}

type worldFile struct {
	server  int      // whose it shows itself to be: none, ownServer, or another
	base    string   // of that
	ids     []string // of the people here
	has     map[int]bool
	records []worldRecord
	bundle  bool
	kind    string // of the Bundle
	method  string // of its records
}

// worldRecord is a record and what the test knows of it.
type worldRecord struct {
	json  string
	id    string
	about int   // a person; nobody, stranger, several
	leads []int // records of the same file, by place, that it refers to
	also  int   // who is mentioned beside: a person, nobody, stranger
	vague bool  // by a number that may be a doctor's
	free  bool  // of nobody by its type
	wrong bool  // its words say whom it is about, and its number is another's
}

func (w *world) subject(person int) stele.Subject { return stele.Subject{byte(person + 1)} }

// number is a person's number in a system. In the foreign one and among insurers
// the same numbers are other people's.
func (w *world) number(system string, person int) string {
	switch {
	case SameSystem(system, north):
		return fmt.Sprint("N", person)
	case system == "http://south.example/mrn":
		return fmt.Sprint("N", (person+1)%w.people)
	}
	return "W-777"
}

// bare is a person's number without a system, on the server of a file.
func (w *world) bare(f *worldFile, person int) string {
	if f.server >= otherServer {
		return fmt.Sprint("N", (person+1)%w.people)
	}
	return w.number(north, person)
}

// demographics are a person's, as the link table knows them or as a file writes them.
func (w *world) demographics(p int) Demographics {
	d := Demographics{Names: []string{[]string{"Alvar", "Borg", "Chen"}[p] + ", " + []string{"Ana", "Ben", "Mia"}[p]}, Born: fmt.Sprintf("19%d0-05-0%d", 5+p, 1+p), Sex: "female"}
	if w.twins {
		d.Names[0], d.Born = "Keller, "+strings.Fields(d.Names[0])[1], "2019-05-05"
	}
	if w.child && p == 2 {
		mother, _, _ := strings.Cut(w.demographics(0).Names[0], ",")
		d = Demographics{Names: []string{mother + ", Baby girl"}, Born: "2026-11-20", Sex: "female"}
	}
	return d
}

// display is how a reference calls a person: as she is, or by words that say nothing.
func (w *world) display(p int) string {
	family, given, _ := strings.Cut(w.demographics(p).Names[0], ", ")
	forms := []string{family + ", " + given, given + " " + family, strings.ToUpper(family + "," + given), "Ms " + given + " " + family, family, "Patient", "see chart"}
	return fmt.Sprintf(`,"display":%q`, rapid.SampledFrom(forms).Draw(w.t, "display"))
}

// says is how a record says whose it is, perhaps with words; or, where the link table knows
// whose the number is, with a wrong number, or id, beside the right words.
func (w *world) says(f *worldFile, p int) (saying string, isWrong bool) {
	wrong := (p + 1) % w.people
	switch draw := rapid.IntRange(0, 5).Draw(w.t, "words"); {
	case draw == 0 && w.known && wrong != p && w.linked[wrong]:
		family, given, _ := strings.Cut(w.demographics(p).Names[0], ", ")
		return w.names(f, wrong) + fmt.Sprintf(`,"display":%q`, family+", "+given), true
	case draw <= 2:
		return w.names(f, p) + w.display(p), false
	}
	return w.names(f, p), false
}

// written is how a file writes them: whole, or with a slip, or not all of them; whole
// where the number beside them is another's.
func (w *world) written(p int, whole bool) string {
	d := w.demographics(p)
	family, given, _ := strings.Cut(d.Names[0], ", ")
	if w.child && p == 2 {
		given = rapid.SampledFrom([]string{given, "BG", "Girl"}).Draw(w.t, "a newborn's name")
	}
	if !whole {
		switch rapid.IntRange(0, 5).Draw(w.t, "written") {
		case 0:
			return ""
		case 1:
			family = "Novak"
		case 2:
			if w.child && p == 2 {
				break // of a newborn's name an initial says nothing
			}
			given = given[:1] + "."
		case 3:
			d.Born = d.Born[:4]
		case 4:
			d.Sex = "male"
		}
	}
	return fmt.Sprintf(`,"name":[{"family":%q,"given":[%q]}],"birthDate":%q,"gender":%q`, family, given, d.Born, d.Sex)
}

func (w *world) table() *Table {
	t := &Table{Own: []string{north, "http://north.example/fhir"}}
	for p := range w.people {
		if w.linked[p] {
			system := rapid.SampledFrom([]string{north, north, ""}).Draw(w.t, "link system")
			l := Link{System: system, Number: w.number(north, p), Subject: w.subject(p)}
			if w.known {
				d := w.demographics(p)
				l.Name, l.Born, l.Sex = d.Names[0], d.Born, d.Sex
			}
			t.Links = append(t.Links, l)
			if w.shared && rapid.IntRange(0, 2).Draw(w.t, "linked id") == 0 {
				t.Links = append(t.Links, Link{System: PatientID, Number: fmt.Sprint("p", p), Subject: l.Subject, Name: l.Name, Born: l.Born, Sex: l.Sex})
			}
			if rapid.IntRange(0, 3).Draw(w.t, "old link") == 0 { // made before kinds of numbers counted
				t.Links = append(t.Links, Link{System: "http://payer.example", Number: "W-777", Subject: w.subject(p)})
			}
		}
	}
	return t
}

func (w *world) identifiers(f *worldFile, p int) string {
	var out []string
	one := func(system, kind string) {
		typ := ""
		if kind != "" {
			typ = fmt.Sprintf(`"type":{"coding":[{"code":%q}]},`, kind)
		}
		out = append(out, fmt.Sprintf(`{%s"system":%q,"value":%q}`, typ, system, w.number(system, p)))
	}
	draw := func(what string) int { return rapid.IntRange(0, 2).Draw(w.t, what) }
	switch draw("old number") * draw("another's then") {
	case 0:
		if draw("own number") > 0 {
			one(rapid.SampledFrom([]string{north, north, "HTTPS://North.example/mrn/"}).Draw(w.t, "written"), []string{"", "MR"}[draw("its kind")%2])
		}
	case 4: // given to somebody else since
		one(north, "")
		was := rapid.SampledFrom([]string{`"use":"old"`, `"period":{"end":"2001-01-01"}`}).Draw(w.t, "how old")
		out = append(out, fmt.Sprintf(`{%s,"system":%q,"value":%q}`, was, north, w.number(north, (p+1)%w.people)))
	}
	if draw("number without system") == 0 {
		out = append(out, fmt.Sprintf(`{"value":%q}`, w.bare(f, p)))
	}
	if draw("foreign number") == 0 {
		one("http://south.example/mrn", []string{"", "MR"}[draw("its kind")%2])
	}
	if draw("member number") == 0 {
		one("http://payer.example", []string{"MB", "MB", ""}[draw("its kind")])
	}
	if draw("placeholder") == 0 {
		out = append(out, `{"value":"unknown"}`)
	}
	return strings.Join(out, ",")
}

// names is how a record says whose it is.
func (w *world) names(f *worldFile, p int) string {
	forms := []string{
		fmt.Sprintf(`"identifier":{"system":%q,"value":%q}`, north, w.number(north, p)),
		fmt.Sprintf(`"type":"Patient","identifier":{"type":{"coding":[{"code":"MR"}]},"system":"http://south.example/mrn","value":%q}`, w.number("http://south.example/mrn", p)),
		fmt.Sprintf(`"reference":"Patient?identifier=%s|%s"`, north, w.number(north, p)),
	}
	forms = append(forms, fmt.Sprintf(`"identifier":{"value":%q}`, w.bare(f, p)), fmt.Sprintf(`"reference":"Patient?identifier=%s"`, w.bare(f, p)),
		fmt.Sprintf(`"reference":"http://s9.example/fhir/Patient?identifier=N%d"`, (p+1)%w.people))
	if w.shared || f.has[p] { // else the id means somebody of a server that is in no file
		id := f.ids[p]
		forms = append(forms, `"reference":"Patient/`+id+`"`, `"reference":"Patient/`+id+`/_history/2"`, `"reference":"Patient/`+id+`"`)
		if w.shared && f.server == noServer {
			forms = append(forms, `"reference":"http://one.example/fhir/Patient/`+id+`"`)
		}
		if f.bundle && f.has[p] && f.server == noServer {
			forms = append(forms, fmt.Sprintf(`"reference":"urn:uuid:%s-%p"`, id, f))
		}
		if f.server != noServer {
			forms = append(forms, `"reference":"`+f.base+`/Patient/`+id+`"`)
		}
		forms = append(forms, fmt.Sprintf(`"reference":"Patient/%s","identifier":{"system":%q,"value":%q}`, id, north, w.number(north, p)))
	}
	return rapid.SampledFrom(forms).Draw(w.t, "form")
}

func (w *world) strange() string {
	return rapid.SampledFrom([]string{
		`"reference":"Patient/elsewhere"`, `"reference":"urn:uuid:elsewhere"`, `"display":"Somebody"`, `"reference":"Group/g"`,
		`"reference":"Patient?name=x"`, `"identifier":{"system":"http://north.example/mrn","value":"N99"}`, `"reference":"Location/l"`,
		`"reference":"#x"`, `"type":"Patient"`,
	}).Draw(w.t, "stranger")
}

const (
	nobody   = -1
	stranger = -2

	organisation = 100  // whose own log may be asked for
	deleted      = 1000 // an entry that deletes the first record
)
