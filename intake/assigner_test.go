package intake

import (
	"strings"
	"testing"
)

// TestR37WhoAssignedANumberTellsItApart reads numbers without a system that say who
// assigned them: what two hospitals both call 4711 is two numbers, on the own server only.
func TestR37WhoAssignedANumberTellsItApart(t *testing.T) {
	const own, other = "http://north.example/fhir", "http://other.example/fhir"
	north := func(by string) string {
		return `"identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"4711",` + by + `}]`
	}
	patient := func(id, by string) string { return `{"resourceType":"Patient","id":"` + id + `",` + north(by) + `}` }
	by := func(by string) string { return `"assigner":{` + by + `}` }
	named := func(by string) string { return `"subject":{"identifier":{"value":"4711",` + by + `}}` }
	n, s := by(`"display":"North Hospital"`), by(`"display":"South Hospital"`)
	for _, c := range []struct {
		name  string
		links []Link
		asked Asked
		file  string
		want  string
	}{
		{"a bare link, and another's", []Link{{Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", s), obs("o", of("Patient/9")), obs("p", named(s))), "9! o! p!"},
		{"a bare link, and its own system", []Link{{Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", by(`"display":"  OUR  hospital"`)), obs("o", of("Patient/9"))), "9>A o>A"},
		{"a bare link, and a bare name of another's", []Link{{Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", s), obs("o", `"subject":{"identifier":{"value":"4711"}}`), obs("p", of("Patient?identifier=4711")), obs("q", of("Patient?identifier=%7C4711"))), "9! o! p! q!"},
		{"a bare link, and another's of no kind", []Link{{Number: "4711", Subject: ana}}, Asked{}, lines(strings.Replace(patient("9", s), `"type":{"coding":[{"code":"MR"}]},`, "", 1), obs("o", `"subject":{"identifier":{"value":"4711"}}`)), "9! o!"},
		{"linked by who assigned it", []Link{{System: "urn:stele:assigner:North Hospital", Number: "4711", Subject: ana}, {System: "urn:stele:assigner:South Hospital", Number: "4711", Subject: borg}}, Asked{},
			lines(patient("9", n), patient("8", s), obs("o", of("Patient/9")), obs("p", of("Patient/8")), obs("q", named(n)), obs("r", named(s)), obs("s", `"subject":{"identifier":{"value":"4711"}}`)), "9>A 8>B o>A p>B q>A r>B s!"},
		{"linked by who assigned it, and named without", []Link{{System: "urn:stele:assigner:North Hospital", Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", n), obs("o", `"subject":{"identifier":{"value":"4711"}}`), obs("p", of("Patient?identifier=4711"))), "9>A o>A p>A"},
		{"by the identifier of who assigned it", []Link{{System: "urn:stele:assigner:urn:oid:1.2|77", Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", by(`"display":"x","identifier":{"system":"urn:oid:1.2","value":"77"}`)), patient("8", by(`"identifier":{"system":"urn:oid:1.2","value":"78"}`)), obs("o", of("Patient/9")), obs("p", of("Patient/8"))), "9>A 8! o>A p!"},
		{"by a reference to who assigned it", []Link{{System: "urn:stele:assigner:Organization/1", Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", by(`"reference":"Organization/1"`)), patient("8", by(`"reference":"Organization/2"`)), obs("o", of("Patient/9")), obs("p", of("Patient/8"))), "9>A 8! o>A p!"},
		{"on another server", []Link{{System: "urn:stele:assigner:North Hospital", Number: "4711", Subject: ana}}, Asked{}, ofServer("collection", other, patient("9", n), obs("o", of("Patient/9")), obs("p", named(n))), "9! o! p!"},
		{"on the own server", []Link{{System: "urn:stele:assigner:North Hospital", Number: "4711", Subject: ana}}, Asked{}, ofServer("collection", own, patient("9", n), obs("o", of("Patient/9"))), "9>A o>A"},
		{"on two other servers", nil, Asked{Subject: ana}, bundle("collection", `{"fullUrl":"http://x.example/Patient/9","resource":`+patient("9", n)+`}`, `{"fullUrl":"http://y.example/Observation/o","resource":`+obs("o", strings.Replace(named(n), `"value"`, `"type":{"coding":[{"code":"MR"}]},"value"`, 1))+`}`), "9! o!"},
		{"another server's of that id", []Link{{System: "urn:stele:assigner:North Hospital", Number: "4711", Subject: ana}}, Asked{}, lines(patient("1", n), obs("p", of(other+"/Patient/1"))), "1>A p!"},
		{"beside a system it says nothing", []Link{{System: "http://x.example/mrn", Number: "4711", Subject: ana}}, Asked{}, lines(patient("9", s+`,"system":"http://x.example/mrn"`), obs("o", of("Patient/9"))), "9>A o>A"},
		{"two in one file, and one was named", nil, Asked{Subject: ana}, lines(patient("9", n), patient("8", s), obs("o", of("Patient/9"))), "9! 8! o!"},
		{"contained, and named without", []Link{{Number: "4711", Subject: ana}}, Asked{}, lines(obs("o", `"contained":[`+patient("c", s)+`],"subject":{"reference":"#c","identifier":{"value":"4711"}}`)), "o!"},
		{"put where a search finds it", []Link{{Number: "4711", Subject: ana}}, Asked{}, bundle("batch", `{"resource":`+patient("9", s)+`,"request":{"method":"PUT","url":"Patient?identifier=4711"}}`), "9!"},
	} {
		links := &Table{Links: c.links, Own: []string{own, "urn:stele:assigner:our hospital"}}
		for i := range links.Links {
			links.Links[i].Firm = true
		}
		p, entries := plan(t, links, c.asked, c.file)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestR37WhoAssignedANumberIsNoLocalName reads Patients whose number was assigned by
// #org, or by a urn:uuid of their Bundle: what that is called elsewhere says nothing. What
// a record contains is known by its own name.
func TestR37WhoAssignedANumberIsNoLocalName(t *testing.T) {
	number := func(by string) string {
		return `"identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"4711","assigner":{"reference":"` + by + `"}}]`
	}
	org := func(says string) string { return `{"resourceType":"Organization","id":"org",` + says + `}` }
	patient := func(by, contained string) string {
		return `{"resourceType":"Patient","id":"9","contained":[` + contained + `],` + number(by) + `}`
	}
	within := func(says string) string {
		return obs("o", `"contained":[`+org(says)+`,{"resourceType":"Patient","id":"p",`+number("#org")+`}],"subject":{"reference":"#p"}`)
	}
	named := func(says string) string {
		return obs("o", `"contained":[`+org(says)+`],"subject":{"identifier":{"value":"4711","assigner":{"reference":"#org"}}}`)
	}
	const north, oid, uuid = `"name":"North Hospital"`, `"identifier":[{"system":"urn:oid:1.2","value":"77"}]`, "urn:uuid:6a1f0001-0b0b-4a4a-8c8c-000000000001"
	for _, c := range []struct{ name, system, file, want string }{
		{"another's #org", "#org", patient("#org", org(`"name":"South Hospital"`)), "9!"},
		{"a #org that is not there", "#org", patient("#org", org(`"active":true`)), "9!"},
		{"another Bundle's", uuid, patient(uuid, org(north)), "9!"},
		{"written large", strings.ToUpper(uuid), patient(strings.ToUpper(uuid), org(north)), "9!"},
		{"by the name of what it contains", "North Hospital", patient("#org", org(north)), "9>A"},
		{"by its number", "urn:oid:1.2|77", patient("#org", org(oid)), "9>A"},
		{"beside a contained Patient", "North Hospital", within(north), "o>A"},
		{"another's beside a contained Patient", "#org", within(`"name":"South Hospital"`), "o!"},
		{"by number alone", "North Hospital", named(north), "o>A"},
		{"another's by number alone", "#org", named(`"name":"South Hospital"`), "o!"},
		{"a #org of a number alone that is not there", "#org", named(`"active":true`), "o!"},
	} {
		for _, own := range [][]string{nil, {"urn:stele:assigner:" + c.system}} {
			links := &Table{Links: []Link{{System: "urn:stele:assigner:" + c.system, Number: "4711", Subject: ana, Firm: true}}, Own: own}
			p, entries := plan(t, links, Asked{}, lines(c.file))
			if got := tell(p, entries); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
	}
}
