package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR37AQuestionNamesWhatItAsksOf: where records have no id, as in a document, a question
// names them as they are called here, and is answered by that.
func TestR37AQuestionNamesWhatItAsksOf(t *testing.T) {
	entry := func(uuid, resource string) string {
		return `{"fullUrl":"urn:uuid:00000000-0000-4000-8000-00000000000` + uuid + `","resource":` + resource + `}`
	}
	file := bundle("document",
		entry("1", `{"resourceType":"Composition",`+of("Patient/pa")+`,"section":[{"entry":[{"reference":"urn:uuid:00000000-0000-4000-8000-000000000002"}]}]}`),
		entry("2", `{"resourceType":"Observation",`+of("Patient/pb")+`}`), patientA, patientB)
	p, _ := plan(t, table(), Asked{}, file)
	why := p.Of(0, 0).Refused.String()
	if !strings.Contains(why, "belongs to Observation/00000000-0000-4000-8000-000000000002, which") || !strings.HasSuffix(why, "--confirm Composition/00000000-0000-4000-8000-000000000001") {
		t.Errorf("it says %q", why)
	}
	for _, same := range []string{"Composition/00000000-0000-4000-8000-000000000001", "Observation/00000000-0000-4000-8000-000000000002"} {
		p, entries := plan(t, table(), Asked{Same: []string{same}}, file)
		if got := tell(p, entries); !strings.HasPrefix(got, "entry0>A entry1>B") {
			t.Errorf("--confirm %s: %s", same, got)
		}
	}
	if p, _ := plan(t, table(), Asked{Same: []string{"Composition"}}, file); p.Of(0, 0).Refused == nil {
		t.Error("a type alone confirms one of it")
	}
	// One that is called nothing is asked for by what it leans on.
	p, _ = plan(t, table(), Asked{}, lines(patientA, patientB, `{"resourceType":"Encounter","id":"e",`+of("Patient/pb")+`}`,
		`{"resourceType":"Observation",`+of("Patient/pa")+`,"encounter":{"reference":"Encounter/e"}}`))
	if why := p.Of(0, 3).Refused.String(); !strings.HasSuffix(why, "--confirm Encounter/e") {
		t.Errorf("without a name of its own it says %q", why)
	}
}

// TestR37RecordsAcrossTwoCharts has records of Ana that lean on one of Borg's: what is
// of one person's care is asked about, what may be another's is told.
func TestR37RecordsAcrossTwoCharts(t *testing.T) {
	res := func(typ, id, members string) string {
		return `{"resourceType":"` + typ + `","id":"` + id + `",` + members + `}`
	}
	a, b := of("Patient/pa"), of("Patient/pb")
	ref := func(element, to string) string { return `"` + element + `":{"reference":"` + to + `"}` }
	list := func(element, to string) string { return `"` + element + `":[{"reference":"` + to + `"}]` }
	encounter := res("Encounter", "e", b)
	for _, c := range []struct {
		name, record, other, want, say string
		asked                          Asked
	}{
		{name: "encounter", record: obs("o", a+","+ref("encounter", "Encounter/e")), other: encounter, want: "o! e>B", say: "--confirm Observation/o"},
		{name: "encounter, confirmed", asked: Asked{Same: []string{"Observation/o"}}, record: obs("o", a+","+ref("encounter", "Encounter/e")), other: encounter, want: "o>A e>B", say: "Encounter/e, which is another patient's"},
		{name: "a mother's encounter, confirmed for all", asked: Asked{Same: []string{"Encounter/e"}}, record: obs("o", a+","+ref("encounter", "Encounter/e")), other: encounter, want: "o>A e>B", say: "another patient's"},
		{name: "her own encounter", record: obs("o", a+","+ref("encounter", "Encounter/e")), other: res("Encounter", "e", a), want: "o>A e>A"},
		{name: "an encounter of a group", record: obs("o", a+","+ref("encounter", "Encounter/e")), other: res("Encounter", "e", of("Group/g")), want: "o>A e!"},
		{name: "an encounter of somebody who is not linked", record: obs("o", a+","+ref("encounter", "Encounter/e")), other: res("Encounter", "e", of("Patient/zz")), want: "o! e!", say: "Encounter/e"},
		{name: "an encounter that names nobody", record: obs("o", a+","+ref("encounter", "Encounter/e")), other: res("Encounter", "e", `"status":"finished"`), want: "o>A e>A"},
		{name: "an encounter that is not here", record: obs("o", a+","+ref("encounter", "Encounter/f")), other: encounter, want: "o>A e>B"},
		{name: "hasMember", record: obs("o", a+","+list("hasMember", "Observation/p")), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a report's result", record: res("DiagnosticReport", "o", a+","+list("result", "Observation/p")), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "partOf", record: res("Procedure", "o", a+","+list("partOf", "Procedure/p")), other: res("Procedure", "p", b), want: "o! p>B", say: "?"},
		{name: "basedOn", record: obs("o", a+","+list("basedOn", "ServiceRequest/p")), other: res("ServiceRequest", "p", b), want: "o! p>B", say: "?"},
		{name: "context", record: res("MedicationAdministration", "o", a+","+ref("context", "Encounter/e")), other: encounter, want: "o! e>B", say: "?"},
		{name: "prescription", record: res("MedicationDispense", "o", a+","+list("authorizingPrescription", "MedicationRequest/p")), other: res("MedicationRequest", "p", b), want: "o! p>B", say: "?"},
		{name: "a list's item", record: res("List", "o", a+`,"entry":[{"item":{"reference":"Observation/p"}}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a document's section", record: res("Composition", "o", a+`,"section":[{"section":[{"entry":[{"reference":"Observation/p"}]}]}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a section about a child", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/pb"},"entry":[{"reference":"Observation/p"}]}]`), other: obs("p", b), want: "o>A p>B", say: "it refers to Observation/p, which is another patient's"},
		{name: "a section in one about a child", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/pb"},"section":[{"entry":[{"reference":"Observation/p"}]}]}]`), other: obs("p", b), want: "o>A p>B", say: "another patient's"},
		{name: "two sections deep in one about a child", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/pb"},"section":[{"section":[{"entry":[{"reference":"Observation/p"}]}]}]}]`), other: obs("p", b), want: "o>A p>B", say: "another patient's"},
		{name: "a section about a child, after one about who is not here", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/zz"},"entry":[{"reference":"Observation/p"}]},{"focus":{"reference":"Patient/pb"},"entry":[{"reference":"Observation/p"}]}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a section about somebody else", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/pa"},"entry":[{"reference":"Observation/p"}]}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a section about a child, and one of her own", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/pb"},"entry":[{"reference":"Observation/p"}]},{"entry":[{"reference":"Observation/p"}]}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a section about who is not here", record: res("Composition", "o", a+`,"section":[{"focus":{"reference":"Patient/zz"},"entry":[{"reference":"Observation/p"}]}]`), other: obs("p", b), want: "o! p>B", say: "?"},
		{name: "a task's focus", record: res("Task", "o", ref("for", "Patient/pa")+","+ref("focus", "ServiceRequest/p")), other: res("ServiceRequest", "p", b), want: "o! p>B", say: "?"},
		{name: "within what is contained", record: res("DiagnosticReport", "o", a+`,"contained":[`+obs("c", ref("encounter", "Encounter/e"))+`]`), other: encounter, want: "o! e>B", say: "?"},
		{name: "an absolute reference", record: obs("o", a+","+ref("encounter", labA+"/Encounter/e/_history/2")), other: encounter, want: "o! e>B", say: "?"},
		{name: "an absolute reference elsewhere", record: obs("o", a+","+ref("encounter", "https://x.example/Encounter/e/_history/2")), other: encounter, want: "o>A e>B"},
		{name: "a logical reference", record: obs("o", a+`,"encounter":{"type":"Encounter","identifier":{"system":"s","value":"9"}}`), other: res("Encounter", "e", b+`,"identifier":[{"system":"s","value":"9"}]`), want: "o! e>B", say: "?"},
		{name: "a donor's specimen", record: obs("o", a+","+ref("specimen", "Specimen/p")), other: res("Specimen", "p", b), want: "o>A p>B", say: "it refers to Specimen/p, which is another patient's"},
		{name: "a child as focus", record: obs("o", a+","+list("focus", "Patient/pb")), other: obs("p", b), want: "o>A p>B"},
		{name: "derived from a relative's", record: obs("o", a+","+list("derivedFrom", "Observation/p")), other: obs("p", b), want: "o>A p>B", say: "another patient's"},
		{name: "why a donor gave", record: res("Procedure", "o", a+","+list("reasonReference", "Condition/p")), other: res("Condition", "p", b), want: "o>A p>B", say: "another patient's"},
		{name: "a relative who came along", record: obs("o", a+","+list("performer", "RelatedPerson/p")), other: res("RelatedPerson", "p", ref("patient", "Patient/pb")), want: "o>A p>B"},
	} {
		for _, turned := range []bool{false, true} {
			records := []string{c.record, c.other}
			want := strings.Fields(c.want)
			if turned {
				records[0], records[1], want[0], want[1] = records[1], records[0], want[1], want[0]
			}
			p, entries := plan(t, owning(labA), c.asked, lines(append([]string{patientA, patientB}, records...)...))
			if got, want := tell(p, entries), "pa>A pb>B "+strings.Join(want, " "); got != want {
				t.Errorf("%s: got %s, want %s", c.name, got, want)
			}
			at := 2
			if turned {
				at = 3
			}
			if v := p.Of(0, at); !strings.Contains(v.Refused.String()+v.Note, c.say) || c.say == "" && v.Refused.String()+v.Note != "" {
				t.Errorf("%s: it says %q, want %q", c.name, v.Refused.String()+v.Note, c.say)
			}
		}
	}
}

// TestR38VersionsThatNameTwoPatients has two versions of a record, of which the newer
// names another patient: the older one goes nowhere.
func TestR38VersionsThatNameTwoPatients(t *testing.T) {
	version := func(who, meta string) string {
		return strings.Replace(obs("v", of("Patient/"+who)), `"id"`, `"meta":{`+meta+`},"id"`, 1)
	}
	one, two := `"versionId":"1","lastUpdated":"2026-10-03T00:00:00Z"`, `"versionId":"2","lastUpdated":"2026-10-02T00:00:00Z"`
	on := func(server, r string) string {
		return `{"fullUrl":"https://` + server + `.example/Observation/v","resource":` + r + `}`
	}
	for _, c := range []struct{ name, file, want string }{
		{"by version", lines(patientA, patientB, version("pa", one), version("pb", two)), "pa>A pb>B v! v>B"},
		{"by version, turned", lines(patientA, patientB, version("pb", two), version("pa", one)), "pa>A pb>B v>B v!"},
		{"by time", lines(patientA, patientB, version("pa", `"lastUpdated":"2026-10-02T00:00:00Z"`), version("pb", `"lastUpdated":"2026-10-02T00:00:00+01:00"`)), "pa>A pb>B v>A v!"},
		{"not told", lines(patientA, patientB, obs("v", of("Patient/pa")), obs("v", of("Patient/pb"))), "pa>A pb>B v! v!"},
		{"of one number, by time", lines(patientA, patientB, version("pa", `"versionId":"2","lastUpdated":"2026-10-02T00:00:00Z"`), version("pb", `"versionId":"2","lastUpdated":"2026-10-03T00:00:00Z"`)), "pa>A pb>B v! v>B"},
		{"two that a server would name", lines(bundle("batch", patientA, patientB, entry("", "POST", obs("v", of("Patient/pa"))), entry("", "POST", obs("v", of("Patient/pb"))))), "pa>A pb>B v>A v>B"},
		{"two Patients, who are whom their numbers say", lines(bundle("history", `{"fullUrl":"https://a.example/Patient/pa","resource":`+patientA+`}`)) + lines(bundle("history", `{"fullUrl":"https://a.example/Patient/pa","resource":`+strings.Replace(patientB, `"pb"`, `"pa"`, 1)+`}`)), "pa>A pa>B"},
		{"of one patient", lines(patientA, patientB, version("pa", one), version("pa", two)), "pa>A pb>B v>A v>A"},
		{"back again", lines(patientA, patientB, version("pa", one), version("pb", two), version("pa", `"versionId":"3"`)), "pa>A pb>B v! v! v>A"},
		{"two of the newest", lines(patientA, patientB, version("pa", one), version("pb", two), version("pa", two)), "pa>A pb>B v! v! v!"},
		{"two of the newest, turned", lines(patientA, patientB, version("pa", two), version("pb", two), version("pb", one)), "pa>A pb>B v! v! v!"},
		{"two histories", lines(bundle("history", patientA, on("a", obs("v", of("Patient/pa")))), bundle("history", patientB, on("a", obs("v", of("Patient/pb"))))), "pa>A v! pb>B v!"},
		{"a history", bundle("history", patientA, patientB, obs("v", of("Patient/pb")), obs("v", of("Patient/pa"))), "pa>A pb>B v>B v!"},
		{"two servers", bundle("collection", patientA, patientB, on("a", version("pa", one)), on("b", version("pb", two))), "pa! pb! v>A v>B"},
		{"one server, two Bundles", lines(bundle("collection", patientA, patientB, on("a", version("pa", one))), bundle("collection", patientA, patientB, on("a", version("pb", two)))), "pa>A pb>B v! pa>A pb>B v>B"},
		{"two Bundles, the server not told", lines(bundle("collection", patientA, obs("v", of("Patient/pa"))), bundle("collection", patientB, obs("v", of("Patient/pb")))), "pa>A v>A pb>B v>B"},
	} {
		p, entries := plan(t, table(), Asked{}, c.file)
		if got := tell(p, entries); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestManyVersionsOfTwoPeopleAreQuick has one id with many versions of two people: each
// is not held against every other.
func TestManyVersionsOfTwoPeopleAreQuick(t *testing.T) {
	const many = 60_000
	var versions []*node
	for i := range many {
		n := &node{typ: "Observation", id: "o", version: fmt.Sprint(i)}
		n.To = []stele.Subject{{byte(i % 2)}}
		versions = append(versions, n)
	}
	start := time.Now()
	settleVersions(versions)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("%d versions took %v", many, took)
	}
	if went := slices.IndexFunc(versions, func(n *node) bool { return n.Refused == nil && n.version != fmt.Sprint(many-1) }); went >= 0 {
		t.Errorf("version %s goes on", versions[went].version)
	}
}

// TestR37ALeaningRecordOfAnEarlierRun asks where what a record leans on was delivered
// before into another's chart.
func TestR37ALeaningRecordOfAnEarlierRun(t *testing.T) {
	strays := func(leaning map[stele.Subject]map[string]bool) map[stele.Subject]map[string]bool {
		found := map[stele.Subject]map[string]bool{}
		for subject, names := range leaning {
			if names["Encounter/e"] && subject != borg {
				found[subject] = map[string]bool{"Encounter/e": true}
			}
		}
		return found
	}
	encounter := `,"encounter":{"reference":"Encounter/e"}`
	for name, c := range map[string]struct {
		record string
		same   []string
		want   string
	}{
		"Borg's encounter":              {obs("o", of("Patient/pa")+encounter), nil, "o!"},
		"his own":                       {obs("o", of("Patient/pb")+encounter), nil, "o>B"},
		"confirmed":                     {obs("o", of("Patient/pa")+encounter), []string{"Observation/o"}, "o>A"},
		"confirmed for all":             {obs("o", of("Patient/pa")+encounter), []string{"Encounter/e"}, "o>A"},
		"of another name":               {obs("o", of("Patient/pa")+`,"encounter":{"reference":"Encounter/f"}`), nil, "o>A"},
		"only mentioned":                {obs("o", of("Patient/pa")+`,"derivedFrom":[{"reference":"Encounter/e"}]`), nil, "o>A"},
		"beside another's in the files": {lines(obs("o", of("Patient/pa")+encounter+`,"basedOn":[{"reference":"ServiceRequest/r"}]`), `{"resourceType":"ServiceRequest","id":"r",`+of("Patient/pb")+`}`), nil, "o! r>B"},
		"in the files, and her own":     {lines(obs("o", of("Patient/pa")+encounter), `{"resourceType":"Encounter","id":"e",`+of("Patient/pa")+`}`), nil, "o>A e>A"},
		"of another server, by url":     {obs("o", of("Patient/pa")+`,"encounter":{"reference":"https://x.example/fhir/Encounter/e"}`), nil, "o>A"},
		"of the own server, by url":     {obs("o", of("Patient/pa")+`,"encounter":{"reference":"`+labA+`/Encounter/e"}`), nil, "o!"},
	} {
		p, entries := plan(t, owning(labA), Asked{Strays: strays, Same: c.same}, lines(patientA, patientB, c.record))
		if got := tell(p, entries); got != "pa>A pb>B "+c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if why := p.Of(0, 2).Refused.String(); name == "beside another's in the files" && !strings.Contains(why, "belongs to ServiceRequest/r") {
			t.Errorf("%s: what is here is asked about first, and it says %q", name, why)
		}
	}
	p, _ := plan(t, table(), Asked{Strays: strays}, lines(patientA, `{"resourceType":"Observation",`+of("Patient/pa")+encounter+`}`))
	if why := p.Of(0, 1).Refused.String(); !strings.Contains(why, "belongs to Encounter/e") || strings.Contains(why, "--confirm") {
		t.Errorf("one that is called nothing can't be confirmed, and it says %q", why)
	}
}

// TestR37AnEmptyNameConfirmsNothing has an encounter without an id.
func TestR37AnEmptyNameConfirmsNothing(t *testing.T) {
	file := bundle("collection", patientA, patientB, `{"fullUrl":"urn:uuid:e","resource":{"resourceType":"Encounter",`+of("Patient/pb")+`}}`,
		obs("o", of("Patient/pa")+`,"encounter":{"reference":"urn:uuid:e"}`))
	p, entries := plan(t, table(), Asked{Same: []string{"", " "}}, file)
	if got := tell(p, entries); !strings.HasSuffix(got, " o!") {
		t.Errorf("it goes on: %s", got)
	}
}
