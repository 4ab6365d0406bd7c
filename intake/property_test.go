package intake

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

const (
	nobody   = -1
	stranger = -2

	organisation = 100  // whose own log may be asked for
	deleted      = 1000 // an entry that deletes the first record
)

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

// Servers of files: those that show none, and the organisation's own, are one.
const (
	noServer = iota
	ownServer
	otherServer // and those after it
)

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

var elements = map[string]string{
	"Observation": "subject", "Condition": "subject", "AllergyIntolerance": "patient", "Device": "patient", "Task": "for",
	"GuidanceResponse": "subject", "Coverage": "beneficiary", "Basic": "subject", "ResearchSubject": "individual",
}

func (w *world) record(f *worldFile, place int) worldRecord {
	r := worldRecord{id: fmt.Sprint("r", place), also: nobody}
	kind := rapid.SampledFrom([]string{"Observation", "Observation", "Condition", "AllergyIntolerance", "Device", "Task", "GuidanceResponse", "Coverage",
		"Basic", "ResearchSubject", "Medication", "Organization", "Provenance", "MedicationRequest", "Appointment"}).Draw(w.t, "type")
	var members []string
	r.about = rapid.IntRange(stranger, w.people-1).Draw(w.t, "about")
	saying := ""
	switch {
	case r.about >= 0 && kind != "Provenance" && kind != "Medication" && kind != "Organization" && rapid.IntRange(0, 5).Draw(w.t, "contained") == 0:
		members = append(members, `"contained":[{"resourceType":"Patient","id":"c","identifier":[`+w.identifiers(f, r.about)+`]}]`)
		saying = `{"reference":"#c"}`
		switch rapid.IntRange(0, 8).Draw(w.t, "what is contained") {
		case 0: // her mother, whom it is about; an appointment that she comes to may be the child's
			if kind == "Appointment" {
				break
			}
			members[0] = `"contained":[{"resourceType":"RelatedPerson","id":"c","patient":{` + w.names(f, r.about) + `}}]`
			r.about = stranger
		case 1: // two of one id
			members[0] = strings.Replace(members[0], "[", `[{"resourceType":"Patient","id":"c","identifier":[`+w.identifiers(f, (r.about+1)%w.people)+`]},`, 1)
			r.about = stranger
		case 2: // another's number beside
			if w.people > 1 && strings.Contains(strings.ToLower(members[0]), "north.example/mrn") {
				saying = fmt.Sprintf(`{"reference":"#c","identifier":{"system":%q,"value":%q}}`, north, w.number(north, (r.about+1)%w.people))
				r.about = stranger
			}
		case 3: // to whom nothing refers
			saying, r.about = "", stranger
		}
	case r.about >= 0:
		saying, r.wrong = w.says(f, r.about)
		saying = "{" + saying + "}"
	case r.about == stranger:
		saying = "{" + w.strange() + "}"
	}
	lead := func(what string) string {
		if place == 0 {
			return ""
		}
		i := rapid.IntRange(0, place-1).Draw(w.t, what)
		r.leads = append(r.leads, i)
		other := f.records[i]
		typ := other.json[len(`{"resourceType":"`):]
		return `{"reference":"` + typ[:strings.IndexByte(typ, '"')] + "/" + other.id + `"}`
	}
	switch kind {
	case "Medication", "Organization":
		r.about, r.free, saying = nobody, true, ""
	case "Provenance":
		r.about, saying = nobody, ""
		if to := lead("target"); to != "" {
			members = append(members, `"target":[`+to+`]`)
		}
	case "MedicationRequest":
		if to := lead("medication"); to != "" {
			members = append(members, `"medicationReference":`+to)
		}
		if saying != "" {
			members = append(members, `"subject":`+saying)
		}
	case "Appointment":
		actors := []string{`{"actor":{"reference":"Practitioner/dr"}}`}
		if r.about >= 0 {
			actors = append(actors, `{"actor":`+saying+`}`)
		} else {
			r.about = nobody
		}
		members = append(members, `"participant":[`+strings.Join(actors, ",")+`]`)
	default:
		if kind == "Device" && saying == "" {
			r.free = true
		}
		if saying != "" {
			members = append(members, fmt.Sprintf(`%q:%s`, elements[kind], saying))
		}
		if kind == "Observation" && rapid.IntRange(0, 3).Draw(w.t, "performed") == 0 {
			r.also = rapid.IntRange(stranger, w.people-1).Draw(w.t, "performer")
			switch {
			case r.also >= 0:
				said := w.names(f, r.also)
				r.vague = strings.Contains(said, `"identifier":{"value"`)
				members = append(members, `"performer":[{`+said+`}]`)
			case r.also == stranger:
				members = append(members, `"performer":[{"reference":"Patient/elsewhere"}]`)
			}
		}
		if kind == "Observation" && rapid.Bool().Draw(w.t, "derived") {
			if to := lead("derived from"); to != "" {
				members = append(members, `"derivedFrom":[`+to+`]`)
			}
		}
	}
	r.json = fmt.Sprintf(`{"resourceType":%q,"id":%q`, kind, r.id)
	for _, m := range members {
		r.json += "," + m
	}
	r.json += "}"
	return r
}

func (w *world) file(number int) *worldFile {
	f := &worldFile{has: map[int]bool{}, bundle: rapid.Bool().Draw(w.t, "bundle"), kind: "collection"}
	if f.bundle {
		f.server = rapid.SampledFrom([]int{noServer, noServer, ownServer, otherServer, otherServer + 1}).Draw(w.t, "server")
		f.base = []string{"", "http://north.example/fhir", "http://s2.example/fhir", "http://s3.example/fhir"}[f.server]
		f.method = rapid.SampledFrom([]string{"", "", "PUT", "POST"}).Draw(w.t, "method")
		if f.method != "" {
			f.kind = "batch"
		}
		if f.method == "POST" { // its records show no server
			f.server, f.base = noServer, ""
		}
	}
	for p := range w.people {
		id := fmt.Sprint("p", p)
		if !w.shared { // other servers give the same ids to others
			id = fmt.Sprint("p", (p+number)%w.people)
		}
		if f.server != noServer { // in all files of a server
			id = fmt.Sprint("p", (p+f.server-ownServer)%w.people)
		}
		f.ids = append(f.ids, id)
		f.has[p] = rapid.Bool().Draw(w.t, "Patient is here")
	}
	for i := range rapid.IntRange(1, 6).Draw(w.t, "records") {
		f.records = append(f.records, w.record(f, i))
	}
	return f
}

// text writes a file, its Patients among the records, and says what stands where:
// a record's place, or -1-p for the Patient of p.
func (w *world) text(f *worldFile) (string, []int) {
	var lines []string
	var what []int
	add := func(json string, url string, is int) {
		typ, method := json[len(`{"resourceType":"`):], f.method
		typ = typ[:strings.IndexByte(typ, '"')]
		if is < 0 && method != "" {
			method = "PUT"
		}
		if f.server != noServer && method != "POST" {
			id := json[strings.Index(json, `"id":"`)+6:]
			url = f.base + "/" + typ + "/" + id[:strings.IndexByte(id, '"')]
		}
		if f.bundle {
			json = `{"fullUrl":"` + url + `","resource":` + json
			if url == "" {
				json = strings.Replace(json, `"fullUrl":"",`, "", 1)
			}
			if method != "" {
				json += fmt.Sprintf(`,"request":{"method":%q,"url":%q}`, method, typ)
			}
			json += "}"
		}
		lines, what = append(lines, json), append(what, is)
	}
	for p := range w.people {
		if f.has[p] {
			body := fmt.Sprintf(`{"resourceType":"Patient","id":%q`, f.ids[p])
			mistyped := w.known && w.linked[(p+1)%w.people] && w.people > 1 && rapid.IntRange(0, 3).Draw(w.t, "mistyped") == 0
			ids := w.identifiers(f, p)
			if mistyped { // another's number, and the right name
				ids = w.identifiers(f, (p+1)%w.people)
			}
			if ids != "" {
				body += `,"identifier":[` + ids + `]`
			}
			if w.known {
				body += w.written(p, mistyped)
			}
			if !mistyped && rapid.IntRange(0, 4).Draw(w.t, "merged") == 0 { // an older resource of the same person, truly
				kind := rapid.SampledFrom([]string{"replaced-by", "replaces", "seealso"}).Draw(w.t, "link")
				body += fmt.Sprintf(`,"link":[{"type":%q,"other":{"reference":"Patient/%s"}}]`, kind, f.ids[p]+"-old")
				old := fmt.Sprintf(`{"resourceType":"Patient","id":%q`, f.ids[p]+"-old")
				if ids := w.identifiers(f, p); ids != "" {
					old += `,"identifier":[` + ids + `]`
				}
				add(old+"}", "", -1-p)
			}
			add(body+"}", fmt.Sprintf("urn:uuid:%s-%p", f.ids[p], f), -1-p)
		}
	}
	for i, r := range f.records {
		add(r.json, "", i)
	}
	if f.method != "" {
		r := f.records[0]
		typ := r.json[len(`{"resourceType":"`):]
		lines, what = append(lines, fmt.Sprintf(`{"request":{"method":"DELETE","url":"%s/%s"}}`, typ[:strings.IndexByte(typ, '"')], r.id)), append(what, deleted)
	}
	order := rapid.Permutation(seq(len(lines))).Draw(w.t, "order")
	var sorted []string
	var places []int
	for _, i := range order {
		sorted, places = append(sorted, lines[i]), append(places, what[i])
	}
	if f.bundle {
		return `{"resourceType":"Bundle","type":"` + f.kind + `","entry":[` + strings.Join(sorted, ",") + `]}`, places
	}
	return strings.Join(sorted, "\n"), places
}

func seq(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

// only is the only person that a file is about, or nobody.
func (f *worldFile) only() int {
	about := map[int]bool{}
	for p, has := range f.has {
		if has {
			about[p] = true
		}
	}
	for _, r := range f.records {
		if r.about != nobody {
			about[r.about] = true
		}
	}
	if len(about) != 1 {
		return nobody
	}
	for p := range about {
		return p
	}
	return nobody
}

// mentions reports whether a record, or one that hangs together with it, mentions
// somebody else than who was asked for; through what is of nobody nothing hangs together.
func (f *worldFile) mentions(i, asked int, been map[int]bool) bool {
	r := f.records[i]
	if been[i] || r.free {
		return false
	}
	been[i] = true
	if r.also != nobody && r.also != asked && !r.vague {
		return true
	}
	for j, other := range f.records {
		if (slices.Contains(r.leads, j) || slices.Contains(other.leads, i)) && f.mentions(j, asked, been) {
			return true
		}
	}
	return false
}

// may are the people whose chart a record may enter.
func (f *worldFile) may(place int, asked int) map[int]bool {
	r := f.records[place]
	if r.about != nobody {
		return map[int]bool{r.about: true}
	}
	out, about := map[int]bool{}, 0
	// Whose records it hangs together with, in either direction and through others.
	been := map[int]bool{}
	var go2 func(i int)
	go2 = func(i int) {
		if been[i] {
			return
		}
		been[i] = true
		if f.records[i].about != nobody {
			out[f.records[i].about] = true
			return
		}
		for _, to := range f.records[i].leads {
			go2(to)
		}
		for j, other := range f.records {
			if slices.Contains(other.leads, i) {
				go2(j)
			}
		}
	}
	go2(place)
	if f.mentions(place, asked, map[int]bool{}) {
		about++
	}
	if only := f.only(); only >= 0 {
		out[only] = true
	}
	for _, r := range f.records {
		if r.about != nobody {
			about++
		}
	}
	for _, has := range f.has {
		if has {
			about++
		}
	}
	if about == 0 && asked >= 0 {
		out[asked] = true
	}
	return out
}

// TestR37NobodyGetsAnothersRecord makes worlds of people whose ids and numbers
// collide, files in every order, references of every form, links of every kind,
// and asks only: does anything enter the chart of somebody whom it is not about?
func TestR37NobodyGetsAnothersRecord(t *testing.T) {
	delivered := 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, people: rapid.IntRange(1, 3).Draw(t, "people"), linked: map[int]bool{}, shared: rapid.Bool().Draw(t, "one server")}
		if w.known = rapid.Bool().Draw(t, "known"); w.known {
			w.twins = rapid.Bool().Draw(t, "twins")
			w.child = w.people == 3 && rapid.Bool().Draw(t, "a newborn")
		}
		for p := range w.people {
			w.linked[p] = rapid.Bool().Draw(t, "linked")
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "files") {
			w.files = append(w.files, w.file(i))
		}
		asked := nobody
		if rapid.Bool().Draw(t, "asked") { // truly: of somebody who is in the files
			var there []int
			for p := range w.people {
				for _, f := range w.files {
					if f.has[p] || slices.ContainsFunc(f.records, func(r worldRecord) bool { return r.about == p && !r.wrong }) {
						there = append(there, p)
						break
					}
				}
			}
			if len(there) > 0 {
				asked = rapid.SampledFrom(there).Draw(t, "asked for")
			}
		}
		a := Asked{Organisation: w.subject(organisation)}
		if asked == nobody && rapid.IntRange(0, 2).Draw(t, "own log") == 0 {
			asked = organisation
		}
		if asked >= 0 {
			a.Subject = w.subject(asked)
		}
		table := w.table()
		var texts []string
		var places [][]int
		for _, f := range w.files {
			text, what := w.text(f)
			texts, places = append(texts, text), append(places, what)
		}
		p, _ := plan(t, table, a, texts...)
		told := map[string]string{}
		for f := range texts {
			for i, what := range places[f] {
				v := p.Of(f, i)
				told[fmt.Sprint(f, " ", i)] = fmt.Sprint(sortedSubjects(v.To), v.Refused != "", v.Waits)
				may := map[int]bool{-1 - what: true}
				if what == deleted { // in every chart that has it, but not what a POST makes under its id
					if w.files[f].method == "POST" && v.Newer {
						t.Fatalf("file %d: a DELETE is dropped for a POST: %+v\n%s", f, v, strings.Join(texts, "\n---\n"))
					}
					continue
				}
				if what >= 0 {
					may = w.files[f].may(what, asked)
				}
				for _, subject := range v.To {
					delivered++
					if !may[int(subject[0])-1] {
						t.Fatalf("file %d, entry %d goes to person %d, and may go to %v\n%s\ntable %+v, asked %d", f, i, int(subject[0])-1, may, strings.Join(texts, "\n---\n"), table, asked)
					}
				}
			}
		}
		// And the order of the files decides nothing.
		order := rand.New(rand.NewPCG(1, uint64(len(texts)))).Perm(len(texts))
		shuffled := make([]string, len(texts))
		for i, f := range order {
			shuffled[i] = texts[f]
		}
		again, _ := plan(t, table, a, shuffled...)
		for i, f := range order {
			for e := range places[f] {
				v := again.Of(i, e)
				if got, want := fmt.Sprint(sortedSubjects(v.To), v.Refused != "", v.Waits), told[fmt.Sprint(f, " ", e)]; got != want {
					t.Fatalf("file %d, entry %d: %s, and in another order of files %s\n%s", f, e, want, got, strings.Join(texts, "\n---\n"))
				}
			}
		}
	})
	if delivered == 0 {
		t.Error("nothing was delivered at all")
	}
	t.Logf("%d deliveries, each to whom it is about", delivered)
}

func sortedSubjects(list []stele.Subject) []stele.Subject {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b stele.Subject) int { return strings.Compare(string(a[:]), string(b[:])) })
	return out
}
