package intake

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

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

// Servers of files: those that show none, and the organisation's own, are one.
const (
	noServer = iota
	ownServer
	otherServer // and those after it
)
