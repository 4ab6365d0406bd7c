package intake

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// The people of these tests.
var (
	ana  = stele.Subject{1}
	borg = stele.Subject{2}
	cleo = stele.Subject{3}
)

var letters = map[stele.Subject]string{ana: "A", borg: "B", cleo: "C", {}: "nobody"}

const north = "http://north.example/mrn"

// table links Ana to MA-1 and Borg to MB-1, of Northside's own system.
func table() *Table {
	return &Table{
		Links: []Link{
			{System: north, Number: "MA-1", Subject: ana, Name: "Ana Alvar", Born: "1970-05-01", Sex: "female", Firm: true},
			{System: north, Number: "MB-1", Subject: borg, Name: "Ben Borg", Born: "1980-01-02", Sex: "male", Firm: true},
		},
		Own: []string{north},
	}
}

// owning is a table of an organisation with a server of its own.
func owning(server string) *Table {
	t := table()
	t.Own = append(t.Own, server)
	return t
}

const (
	patientA = `{"resourceType":"Patient","id":"pa","identifier":[{"system":"` + north + `","value":"MA-1"}],"name":[{"family":"Alvar","given":["Ana"]}]}`
	patientB = `{"resourceType":"Patient","id":"pb","identifier":[{"system":"` + north + `","value":"MB-1"}],"name":[{"family":"Borg","given":["Ben"]}]}`
)

// fataler is a test, or a check of one.
type fataler interface{ Fatal(...any) }

// plan surveys files and returns the plan and the entries of each.
func plan(t fataler, table *Table, asked Asked, files ...string) (*Plan, [][]fhir.Entry) {
	s := NewSurvey(table, asked)
	var entries [][]fhir.Entry
	for _, file := range files {
		f := s.File()
		reader := fhir.NewReader(strings.NewReader(file))
		var all []fhir.Entry
		for {
			e, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			f.Take(e)
			all = append(all, e)
		}
		f.Around(reader.Around())
		entries = append(entries, all)
	}
	return s.Decide(), entries
}

// tell says where each record went: "o1>A", "o1>A,B", "o1!" refused, "o1?" waits.
func tell(p *Plan, entries [][]fhir.Entry) string {
	var out []string
	for f, all := range entries {
		for i, e := range all {
			v, name := p.Of(f, i), fmt.Sprint("entry", i)
			if e.Resource != nil && e.Resource.ID() != "" {
				name = e.Resource.ID()
			}
			switch {
			case v.Deletes != "":
				name = "-" + v.Deletes
				if v.Newer {
					name += "+"
				}
				fallthrough
			case len(v.To) > 0:
				var to []string
				for _, s := range v.To {
					to = append(to, letters[s])
				}
				slices.Sort(to)
				name += ">" + strings.Join(to, ",")
			case v.Waits:
				name += "?"
			case v.Refused != nil:
				name += "!"
			default:
				name += "-"
			}
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

func obs(id, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"resourceType":"Observation","id":"` + id + `","status":"final","code":{"text":"Test"}` + members + `}`
}

func of(reference string) string { return `"subject":{"reference":"` + reference + `"}` }

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// bundle makes a Bundle; what is no resource is taken as an entry.
func bundle(kind string, resources ...string) string {
	var entries []string
	for _, r := range resources {
		if strings.HasPrefix(r, `{"resourceType"`) {
			r = `{"resource":` + r + `}`
		}
		entries = append(entries, r)
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func entry(url, method, resource string) string {
	typ := resource[len(`{"resourceType":"`):]
	typ = typ[:strings.Index(typ, `"`)]
	return fmt.Sprintf(`{"fullUrl":%q,"resource":%s,"request":{"method":%q,"url":%q}}`, url, resource, method, typ)
}

// TestR37WhoseRecord goes through every way in which a record names somebody, or
// does not.
func TestR37WhoseRecord(t *testing.T) {
	device := `{"resourceType":"Device","id":"pump","patient":{"reference":"Patient/pb"}}`
	task := `{"resourceType":"Task","id":"t1","status":"requested","intent":"order","for":{"reference":"Patient/pb"}}`
	medication := `{"resourceType":"Medication","id":"m55"}`
	order := func(id, who string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","medicationReference":{"reference":"Medication/m55"},` + of(who) + `}`
	}
	typed := func(id, kind, system, value string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"type":{"coding":[{"code":%q}]},"system":%q,"value":%q}]}`, id, kind, system, value)
	}
	kinded := func(id, system, code string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"type":{"coding":[{"system":%q,"code":%q}]},"system":"http://payer.example/member","value":"W-777"}]}`, id, system, code)
	}
	made := func(id, target, of string) string {
		return `{"resourceType":"Provenance","id":"` + id + `","target":[{"reference":"` + target + `"}],"entity":[{"role":"source","what":{"reference":"` + of + `"}}]}`
	}
	delivered := func(name string) func(map[string]bool) map[string][]stele.Subject {
		return func(names map[string]bool) map[string][]stele.Subject {
			if !names[name] {
				return nil
			}
			return map[string][]stele.Subject{name: {borg}}
		}
	}
	provenance := func(id, target string) string {
		return `{"resourceType":"Provenance","id":"` + id + `","target":[{"reference":"` + target + `"}]}`
	}
	cases := []struct {
		name  string
		table *Table
		asked Asked
		files []string
		want  string
	}{
		{name: "literal", files: []string{lines(patientA, obs("o", of("Patient/pa")))}, want: "pa>A o>A"},
		{name: "versioned", files: []string{lines(patientA, obs("o", of("Patient/pa/_history/3")))}, want: "pa>A o>A"},
		{name: "absolute, the server not told", files: []string{lines(patientA, obs("o", of("https://ehr.north.example/fhir/R4/Patient/pa")))}, want: "pa>A o>A"},
		{name: "absolute, of two servers", files: []string{lines(patientA, obs("o", of("https://x.example/Patient/pa")), obs("p", of("https://y.example/Patient/pa")), obs("q", of("Patient/pa")))},
			want: "pa>A o! p! q>A"},
		{name: "absolute, of another server", files: []string{bundle("collection", `{"fullUrl":"https://x.example/Patient/pa","resource":`+patientA+`}`, obs("o", of("https://y.example/Patient/pa")),
			obs("p", of("https://x.example/Patient/pa")))}, want: "pa>A o! p>A"},
		{name: "conditional", files: []string{lines(patientA, obs("o", of("Patient?identifier="+north+"|MA-1")), obs("p", of("Patient?identifier="+north+"%7CMB-1")), obs("q", of("Patient?name=Ana")),
			obs("r", of("Patient?identifier=MA-1")))}, want: "pa>A o>A p>B q! r!"},
		{name: "logical, of another (case 01)", files: []string{bundle("collection", patientA, obs("o", `"subject":{"identifier":{"system":"`+north+`","value":"MB-1"}}`))}, want: "pa>A o>B"},
		{name: "logical, unknown", files: []string{bundle("collection", patientA, obs("o", `"subject":{"identifier":{"system":"`+north+`","value":"MX-9"}}`))}, want: "pa>A o!"},
		{name: "logical, unlinked but in the file", asked: Asked{Subject: cleo}, files: []string{lines(strings.NewReplacer("MA-1", "MC-7", "Alvar", "Chen").Replace(patientA),
			obs("o", `"subject":{"identifier":{"system":"`+north+`","value":"MC-7"}}`))}, want: "pa>C o>C"},
		{name: "reference and identifier differ", files: []string{lines(patientA, patientB, obs("o", `"subject":{"reference":"Patient/pa","identifier":{"system":"`+north+`","value":"MB-1"}}`))}, want: "pa>A pb>B o!"},
		{name: "words alone", files: []string{lines(patientA, obs("o", `"subject":{"display":"Ben Borg"}`))}, want: "pa>A o!"},
		{name: "contained", files: []string{lines(patientA, obs("o", `"contained":[`+patientB+`],"subject":{"reference":"#pb"}`))}, want: "pa>A o>B"},
		{name: "contained without number", files: []string{lines(patientA, obs("o", `"contained":[{"resourceType":"Patient","id":"x"}],"subject":{"reference":"#x"}`))}, want: "pa>A o!"},
		{name: "something contained names another", files: []string{lines(patientA, patientB, obs("o", of("Patient/pa")+`,"contained":[`+obs("c", of("Patient/pb"))+`],"hasMember":[{"reference":"#c"}]`))}, want: "pa>A pb>B o!"},
		{name: "urn:uuid", files: []string{bundle("collection", `{"fullUrl":"urn:uuid:1","resource":`+patientA+`}`, obs("o", of("urn:uuid:1")), obs("p", of("urn:uuid:2")))}, want: "pa>A o>A p!"},
		{name: "urn:uuid without fullUrl", files: []string{lines(strings.Replace(patientA, `"pa"`, `"0f0e0d0c-0000-4000-8000-000000000001"`, 1), obs("o", of("urn:uuid:0f0e0d0c-0000-4000-8000-000000000001")), obs("p", of("urn:uuid:0f0e0d0c-0000-4000-8000-000000000002")))},
			want: "0f0e0d0c-0000-4000-8000-000000000001>A o>A p!"},
		{name: "Device.patient (case 02)", files: []string{lines(patientA, device)}, want: "pa>A pump!"},
		{name: "Device.patient of both", files: []string{lines(patientA, patientB, device)}, want: "pa>A pb>B pump>B"},
		{name: "Task.for (case 04)", files: []string{lines(patientA, task)}, want: "pa>A t1!"},
		{name: "GuidanceResponse, Contract", files: []string{lines(patientA, `{"resourceType":"GuidanceResponse","id":"g",`+of("Patient/pb")+`}`, `{"resourceType":"Contract","id":"c","subject":[{"reference":"Patient/pb"}]}`)}, want: "pa>A g! c!"},
		{name: "a group", files: []string{lines(patientA, obs("o", of("Group/g")), `{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/pa"}}]}`)}, want: "pa>A o! g>A"},
		{name: "a group of two", files: []string{lines(patientA, patientB, `{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/pa"}},{"entity":{"reference":"Patient/pb"}}]}`)}, want: "pa>A pb>B g!"},
		{name: "a place", files: []string{lines(patientA, obs("o", of("Location/l")), `{"resourceType":"Location","id":"l"}`)}, want: "pa>A o! l?"},
		{name: "two at one appointment", files: []string{lines(patientA, patientB, `{"resourceType":"Appointment","id":"a","participant":[{"actor":{"reference":"Patient/pa"}},{"actor":{"reference":"Patient/pb"}}]}`,
			`{"resourceType":"Appointment","id":"b","participant":[{"actor":{"reference":"Practitioner/x"}},{"actor":{"reference":"Patient/pb"}}]}`)}, want: "pa>A pb>B a! b>B"},
		{name: "nobody named, one person", files: []string{lines(patientA, obs("o", ""))}, want: "pa>A o>A"},
		{name: "nobody named, two people", files: []string{lines(patientA, patientB, obs("o", ""))}, want: "pa>A pb>B o!"},
		{name: "nobody named, a stranger in the file", files: []string{lines(patientA, obs("s", of("Patient/zz")), obs("o", ""))}, want: "pa>A s! o!"},
		{name: "nobody named, nobody there", files: []string{lines(obs("o", ""))}, want: "o!"},
		{name: "nobody named, asked", asked: Asked{Subject: ana}, files: []string{lines(obs("o", ""))}, want: "o>A"},
		{name: "asked overrides nothing", asked: Asked{Subject: ana}, files: []string{lines(patientA, obs("o", of("Patient/elsewhere")), obs("p", ""))}, want: "pa>A o! p!"},
		{name: "asked, and one stranger is named", asked: Asked{Subject: ana}, files: []string{lines(obs("o", of("Patient/p")), obs("q", of("Patient/p/_history/1"))), lines(obs("r", of("Patient/p")), obs("s", ""))}, want: "o>A q>A r>A s>A"},
		{name: "asked, and two strangers are", asked: Asked{Subject: ana}, files: []string{lines(obs("o", of("Patient/p"))), lines(obs("q", of("Patient/q")))}, want: "o! q!"},
		{name: "asked, and the stranger has a number", asked: Asked{Subject: ana}, files: []string{lines(obs("o", `"subject":{"reference":"Patient/p","identifier":{"system":"`+north+`","value":"MX-9"}}`))}, want: "o!"},
		{name: "asked, and the name is known as another's", asked: Asked{Subject: ana, Elsewhere: func(name string) bool { return name == "Patient/p" }}, files: []string{lines(obs("o", of("Patient/p")))}, want: "o!"},
		{name: "asked, and the name is linked to another", asked: Asked{Subject: ana}, table: &Table{Links: []Link{{System: PatientID, Number: "p", Subject: borg}}}, files: []string{lines(obs("o", of("Patient/p")))}, want: "o!"},
		{name: "asked, two unknown", asked: Asked{Subject: cleo}, files: []string{lines(`{"resourceType":"Patient","id":"x"}`), lines(`{"resourceType":"Patient","id":"y"}`)}, want: "x! y!"},
		{name: "asked, and another Patient is beside her", asked: Asked{Subject: ana}, files: []string{lines(patientA, `{"resourceType":"Patient","id":"x"}`)}, want: "pa>A x!"},
		{name: "asked, and a Patient beside another's", asked: Asked{Subject: cleo}, files: []string{lines(patientA, `{"resourceType":"Patient","id":"x"}`)}, want: "pa! x!"},
		{name: "asked, and a Patient called as another elsewhere", asked: Asked{Subject: cleo}, files: []string{lines(patientA), lines(`{"resourceType":"Patient","id":"pa"}`)}, want: "pa! pa!"},
		{name: "asked for one, of another", asked: Asked{Subject: borg}, files: []string{lines(patientA, obs("o", of("Patient/pa")))}, want: "pa! o!"},
		{name: "another's encounter", files: []string{lines(patientA, obs("o", `"encounter":{"reference":"Encounter/e"}`)), lines(patientB, `{"resourceType":"Encounter","id":"e",`+of("Patient/pb")+`}`)}, want: "pa>A o>B pb>B e>B"},
		{name: "an encounter that is not here", files: []string{lines(patientA, obs("o", `"encounter":{"reference":"Encounter/e"}`))}, want: "pa>A o!"},
		{name: "performed by another patient", files: []string{lines(patientA, patientB, obs("o", of("Patient/pa")+`,"performer":[{"reference":"Patient/pb"}]`), obs("p", `"performer":[{"reference":"Patient/pb"}]`))}, want: "pa>A pb>B o>A p!"},
		{name: "Provenance follows its target", files: []string{lines(patientA, patientB, obs("o", of("Patient/pb")), `{"resourceType":"Provenance","id":"v","target":[{"reference":"Observation/o"}]}`,
			`{"resourceType":"Provenance","id":"w","target":[{"reference":"Observation/o"},{"reference":"Patient/pa"}]}`, `{"resourceType":"Provenance","id":"x","target":[{"reference":"Observation/gone"}]}`)}, want: "pa>A pb>B o>B v>B w! x!"},
		{name: "Binary goes with its document", files: []string{lines(patientA, patientB, `{"resourceType":"Binary","id":"b"}`, `{"resourceType":"DocumentManifest","id":"d",`+of("Patient/pb")+`,"content":[{"reference":"Binary/b"}]}`)}, want: "pa>A pb>B b>B d>B"},
		{name: "Media of a specimen", files: []string{lines(patientA, patientB, `{"resourceType":"Media","id":"m",`+of("Specimen/s")+`}`, `{"resourceType":"Specimen","id":"s",`+of("Patient/pb")+`}`, `{"resourceType":"Media","id":"n",`+of("Specimen/gone")+`}`)}, want: "pa>A pb>B m>B s>B n!"},
		{name: "family is not the patient", files: []string{lines(patientA, `{"resourceType":"Coverage","id":"c","beneficiary":{"reference":"Patient/pa"},"subscriber":{"reference":"Patient/pb"},"policyHolder":{"reference":"Patient/pb"}}`,
			obs("o", of("Patient/pa")+`,"focus":[{"reference":"Patient/pb"}]`))}, want: "pa>A c>A o>A"},
		{name: "medicine by reference (case 10)", files: []string{lines(patientA, patientB, medication, order("r1", "Patient/pa"), order("r2", "Patient/pb"))}, want: "pa>A pb>B m55>A,B r1>A r2>B"},
		{name: "medicine that only one takes", files: []string{lines(patientA, patientB, medication, order("r2", "Patient/pb"))}, want: "pa>A pb>B m55>B r2>B"},
		{name: "medicine that nobody takes", files: []string{lines(patientA, patientB, medication, order("r2", "Patient/zz"))}, want: "pa>A pb>B m55? r2!"},
		{name: "transitively", files: []string{lines(patientB, `{"resourceType":"Encounter","id":"e",`+of("Patient/pb")+`,"participant":[{"individual":{"reference":"PractitionerRole/r"}}]}`),
			lines(`{"resourceType":"PractitionerRole","id":"r","organization":{"reference":"Organization/o"}}`, `{"resourceType":"Organization","id":"o"}`, `{"resourceType":"Organization","id":"other"}`)}, want: "pb>B e>B r>B o>B other?"},
		{name: "bulk folder (case 11)", files: []string{lines(strings.Replace(device, "pb", "pa", 1)), lines(obs("o1", of("Patient/pa")), obs("o2", of("Patient/pb"))), lines(patientA, patientB)}, want: "pump>A o1>A o2>B pa>A pb>B"},
		{name: "one id in two files", files: []string{lines(patientA, obs("o", of("Patient/pa"))), lines(strings.Replace(patientB, `"pb"`, `"pa"`, 1), obs("p", of("Patient/pa"))), lines(obs("q", of("Patient/pa")))}, want: "pa>A o>A pa>B p>B q!"},
		{name: "one id in one file", files: []string{lines(patientA, strings.Replace(patientB, `"pb"`, `"pa"`, 1), obs("o", of("Patient/pa")))}, want: "pa! pa! o!"},
		{name: "one id in two Bundles of a file (case 38)", files: []string{lines(bundle("collection", patientA, obs("o", of("Patient/pa")), obs("n", "")), bundle("collection", strings.Replace(patientB, `"pb"`, `"pa"`, 1), obs("p", of("Patient/pa")), obs("m", "")), obs("q", of("Patient/pa")))},
			want: "pa>A o>A n>A pa>B p>B m>B q!"},
		{name: "Provenance whose target was made of what is elsewhere", files: []string{lines(patientA, patientB, obs("o", of("Patient/pb")), made("v", "Observation/o", "https://e.example/DocumentReference/d"),
			made("w", "Observation/o", "Patient/gone"), made("x", "Observation/o", "urn:oid:1.2"), made("y", "Observation/gone", "DocumentReference/d"), made("z", "Organization/g", "DocumentReference/d"),
			`{"resourceType":"Organization","id":"g"}`)}, want: "pa>A pb>B o>B v>B w! x! y! z! g?"},
		{name: "Provenance of what was delivered before", asked: Asked{Delivered: func(map[string]bool) map[string][]stele.Subject {
			return map[string][]stele.Subject{"Observation/x": {borg}, "Observation/y": {ana, borg}}
		}}, files: []string{lines(patientA, provenance("v", "Observation/x"), provenance("w", "Observation/y"), provenance("x", "Observation/z"))}, want: "pa>A v>B w! x!"},
		{name: "about a specimen that was delivered before", asked: Asked{Delivered: delivered("Specimen/s")}, files: []string{lines(patientA, patientB, obs("o", of("Specimen/s")))}, want: "pa>A pb>B o!"},
		{name: "about a specimen that was delivered before, and its Provenance", asked: Asked{Delivered: delivered("Specimen/s")}, files: []string{lines(patientA, patientB, provenance("v", "Specimen/s"), obs("o", of("Specimen/s")))}, want: "pa>A pb>B v>B o!"},
		{name: "Provenance of two patients' records, in another file", files: []string{lines(patientA, `{"resourceType":"Provenance","id":"v","target":[{"reference":"Observation/x"},{"reference":"Observation/y"}]}`),
			lines(patientB, obs("x", of("Patient/pb")), obs("y", of("Patient/pa")))}, want: "pa>A v! pb>B x>B y>A"},
		{name: "about a device that nobody has", files: []string{lines(patientA, obs("o", of("Device/d")), `{"resourceType":"Device","id":"d"}`)}, want: "pa>A o! d>A"},
		{name: "a member number that was linked by hand", table: &Table{Links: []Link{{System: "http://payer.example/member", Number: "W-777", Subject: ana, Firm: true}}},
			files: []string{lines(typed("kid", "MB", "http://payer.example/member", "W-777"), typed("mum", "MR", "http://payer.example/member", "W-777"))}, want: "kid! mum>A"},
		{name: "MR of a code system that is not v2-0203", table: &Table{Links: []Link{{System: "http://payer.example/member", Number: "W-777", Subject: ana}, {System: north, Number: "MA-1", Subject: ana, Firm: true}}},
			files: []string{lines(kinded("a", "http://payer.example/kinds", "MR"), kinded("b", "", "X MR"), kinded("c", "http://terminology.hl7.org/CodeSystem/v2-0203", "MR"), kinded("d", "urn:oid:2.16.840.1.113883.18.108", "MR"),
				`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"type":"Patient","identifier":{"type":{"coding":[{"system":"http://payer.example/kinds","code":"MR"}]},"system":"http://payer.example/member","value":"W-777"}}}`)}, want: "a! b! c>A d>A o!"},
		{name: "two people of one id, one without number", table: &Table{Links: []Link{{System: north, Number: "MA-1", Subject: ana, Firm: true}}}, files: []string{lines(
			strings.Replace(patientA, `"Ana"]}]`, `"Ana"]}],"birthDate":"1970-05-01"`, 1), `{"resourceType":"Patient","id":"pa","name":[{"family":"Roth","given":["Kim"]}],"birthDate":"2018-01-01"}`, obs("o", of("Patient/pa")))},
			want: "pa! pa! o!"},
		{name: "replaced by somebody else, numbers apart", table: &Table{Links: []Link{{System: north, Number: "1", Subject: ana, Firm: true}, {System: "http://south.example/mrn", Number: "2", Subject: borg, Firm: true}}}, files: []string{lines(
			typed("q", "MR", "http://south.example/mrn", "2"), strings.Replace(typed("p", "MR", north, "1"), `"id"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/q"}}],"id"`, 1))}, want: "q>B p!"},
		{name: "one medicine's id in two files, and not the same", files: []string{lines(medication), lines(`{"resourceType":"Medication","id":"m55","status":"active"}`), lines(patientA, order("r", "Patient/pa"))}, want: "m55? m55? pa>A r>A"},
		{name: "one medicine's id in two Bundles of a file, and not the same", files: []string{lines(bundle("collection", medication), bundle("collection", `{"resourceType":"Medication","id":"m55","status":"active"}`), patientA, patientB, order("r", "Patient/pa"))}, want: "m55? m55? pa>A pb>B r>A"},
		{name: "versions of one Patient", files: []string{lines(patientA, `{"resourceType":"Patient","id":"pa","name":[{"family":"Alvar"}]}`, obs("o", of("Patient/pa")))}, want: "pa>A pa>A o>A"},
		{name: "shared member number (case 05)", table: &Table{Links: []Link{{System: "http://payer.example/member", Number: "W-777", Subject: ana}, {System: north, Number: "M-100", Subject: ana}}, Own: []string{north}},
			files: []string{lines(`{"resourceType":"Patient","id":"kid","identifier":[{"system":"`+north+`","value":"M-200"},{"type":{"coding":[{"code":"MB"}]},"system":"http://payer.example/member","value":"W-777"}]}`, obs("k", of("Patient/kid")))}, want: "kid! k!"},
		{name: "the same, the kind not told", table: &Table{Links: []Link{{System: "http://payer.example/member", Number: "W-777", Subject: ana}, {System: north, Number: "M-100", Subject: ana, Firm: true}}},
			files: []string{lines(`{"resourceType":"Patient","id":"kid","identifier":[{"system":"` + north + `","value":"M-200"},{"system":"http://payer.example/member","value":"W-777"}]}`)}, want: "kid!"},
		{name: "one number in two systems", table: &Table{Links: []Link{{System: north, Number: "7", Subject: ana}, {Number: "8", Subject: borg}}},
			files: []string{lines(typed("x", "MR", "http://south.example/mrn", "7"), typed("y", "MR", "http://south.example/mrn", "8"), typed("z", "MR", "", "8"), typed("w", "MR", north, "7"))}, want: "x! y! z>B w>A"},
		{name: "an old number, in another system of hers", table: &Table{Links: []Link{{System: north, Number: "MA-1", Subject: ana, Firm: true}, {System: "http://ward.example", Number: "7", Subject: ana, Firm: true}}},
			files: []string{lines(`{"resourceType":"Patient","id":"x","identifier":[{"use":"old","system":"http://ward.example","value":"6"},{"system":"`+north+`","value":"MA-1"}]}`, `{"resourceType":"Patient","id":"y","identifier":[{"system":"http://ward.example","value":"6"},{"system":"`+north+`","value":"MA-1"}]}`)}, want: "x>A y!"},
		{name: "placeholders", table: &Table{Links: []Link{{System: north, Number: "unknown", Subject: ana}, {System: north, Number: "000000", Subject: ana}}, Own: []string{north}},
			files: []string{lines(typed("x", "MR", north, "unknown"), typed("y", "MR", north, "000000"))}, want: "x! y!"},
		{name: "another person by name and birth date", files: []string{lines(strings.Replace(patientA, `"Ana"]}]`, `"Kim"]}],"birthDate":"2018-01-01"`, 1), obs("o", of("Patient/pa")))}, want: "pa! o!"},
		{name: "confirmed", asked: Asked{Same: []string{"Patient/pa"}}, files: []string{lines(strings.Replace(patientA, `"Ana"]}]`, `"Kim"]}],"birthDate":"2018-01-01"`, 1), obs("o", of("Patient/pa")))}, want: "pa>A o>A"},
		{name: "asked, and it is another by name and sex", asked: Asked{Subject: ana}, files: []string{lines(`{"resourceType":"Patient","id":"x","name":[{"family":"Zed"}],"gender":"male"}`)}, want: "x!"},
		{name: "asked, and it has another number", asked: Asked{Subject: ana}, files: []string{lines(typed("x", "MR", north, "MZ-9"))}, want: "x!"},
		{name: "replaced", files: []string{lines(patientA, `{"resourceType":"Patient","id":"old","link":[{"type":"replaced-by","other":{"reference":"Patient/pa"}}]}`, obs("o", of("Patient/old")),
			`{"resourceType":"Patient","id":"older","link":[{"type":"replaced-by","other":{"reference":"Patient/old"}}]}`, `{"resourceType":"Patient","id":"see","link":[{"type":"seealso","other":{"reference":"Patient/pa"}}]}`)}, want: "pa>A old>A o>A older>A see!"},
		{name: "replaces", files: []string{lines(patientA, `{"resourceType":"Patient","id":"new","link":[{"type":"replaces","other":{"reference":"Patient/pa"}}]}`)}, want: "pa>A new>A"},
		{name: "replaced by somebody else", files: []string{lines(patientB, strings.Replace(patientA, `"id"`, `"link":[{"type":"replaced-by","other":{"reference":"Patient/pb"}}],"id"`, 1))}, want: "pb>B pa!"},
		{name: "linked by id", table: &Table{Links: []Link{{System: PatientID, Number: "pa", Subject: ana}, {System: PatientID, Number: "https://x.example/Patient/pb", Subject: borg}}},
			files: []string{lines(obs("o", of("Patient/pa")), obs("p", of("https://x.example/Patient/pa")), obs("q", of("https://x.example/Patient/pb")), obs("r", of("Patient/pb")))}, want: "o>A p! q>B r!"},
		{name: "a linked id, and two Patients of it here", table: &Table{Links: []Link{{System: north, Number: "MA-1", Subject: ana, Firm: true}, {System: north, Number: "MB-1", Subject: borg, Firm: true}, {System: PatientID, Number: "1", Subject: ana}}},
			files: []string{bundle("collection", entry("https://a.example/Patient/1", "", typed("1", "MR", north, "MA-1")), entry("https://b.example/Patient/1", "", typed("1", "MR", north, "MB-1")), obs("amb", of("Patient/1")))}, want: "1>A 1>B amb!"},
		{name: "a linked id is of its own server", table: &Table{Links: []Link{{System: PatientID, Number: "1", Subject: ana}}},
			files: []string{bundle("collection", entry("https://c.example/Observation/l", "", obs("l", of("Patient/1"))))}, want: "l!"},
		{name: "an id is less than a number", table: &Table{Links: []Link{{System: PatientID, Number: "x", Subject: ana, Name: "Ana Alvar"}}},
			files: []string{lines(typed("x", "MR", north, "7"), obs("o", of("Patient/x"))), lines(`{"resourceType":"Patient","id":"x","name":[{"family":"Zed"}]}`), lines(`{"resourceType":"Patient","id":"x","name":[{"family":"Alvar"}]}`)}, want: "x! o! x! x>A"},
		{name: "called", asked: Asked{Subject: ana, Called: []string{"Patient/p"}}, files: []string{lines(obs("o", of("Patient/p")), obs("q", of("Patient/q")))}, want: "o>A q!"},
		{name: "history with DELETE (case 35)", files: []string{`{"resourceType":"Bundle","type":"history","entry":[{"resource":` + patientA + `,"request":{"method":"PUT","url":"Patient/pa"}},
			{"request":{"method":"DELETE","url":"AllergyIntolerance/a9"}},{"resource":{"resourceType":"AllergyIntolerance","id":"a9","patient":{"reference":"Patient/pa"}},"request":{"method":"POST","url":"AllergyIntolerance"}},
			{"request":{"method":"DELETE","url":"AllergyIntolerance?code=1"}}]}`}, want: "pa>A -AllergyIntolerance/a9>A a9>A entry3!"},
		{name: "history with DELETE of a version", files: []string{`{"resourceType":"Bundle","type":"history","entry":[{"resource":` + patientA + `,"request":{"method":"PUT","url":"Patient/pa"}},
			{"request":{"method":"DELETE","url":"AllergyIntolerance/a9/_history/2"}},{"resource":{"resourceType":"AllergyIntolerance","id":"a9","patient":{"reference":"Patient/pa"}},"request":{"method":"PUT","url":"AllergyIntolerance/a9"}}]}`}, want: "pa>A -AllergyIntolerance/a9>A a9>A"},
		{name: "DELETE of the very version", files: []string{`{"resourceType":"Bundle","type":"history","entry":[{"resource":` + patientA + `,"request":{"method":"PUT","url":"Patient/pa"}},
			{"resource":{"resourceType":"AllergyIntolerance","id":"a9","meta":{"versionId":"2"},"patient":{"reference":"Patient/pa"}},"request":{"method":"PUT","url":"AllergyIntolerance/a9"}},
			{"request":{"method":"DELETE","url":"AllergyIntolerance/a9/_history/2"}}]}`}, want: "pa>A a9>A -AllergyIntolerance/a9>A"},
		{name: "DELETE on two servers", files: []string{`{"resourceType":"Bundle","type":"batch","entry":[{"resource":` + patientA + `,"request":{"method":"PUT","url":"Patient/pa"}},
			{"fullUrl":"https://x.example/AllergyIntolerance/a9","request":{"method":"DELETE","url":"https://y.example/AllergyIntolerance/a9"}}]}`}, want: "pa>A entry1!"},
		{name: "deleted, then made again", files: []string{`{"resourceType":"Bundle","type":"history","entry":[{"resource":` + patientA + `,"request":{"method":"PUT","url":"Patient/pa"}},{"request":{"method":"DELETE","url":"Patient/pa"}}]}`},
			want: "pa>A -Patient/pa+>A"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.table == nil {
				c.table = table()
			}
			p, entries := plan(t, c.table, c.asked, c.files...)
			if got := tell(p, entries); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
				for f := range entries {
					for i := range entries[f] {
						t.Logf("%d.%d %+v", f, i, p.Of(f, i))
					}
				}
			}
		})
	}
}
