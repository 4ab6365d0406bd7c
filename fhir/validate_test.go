package fhir

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rulesOf returns "path: rule" of each issue.
func rulesOf(t *testing.T, src string) []string {
	t.Helper()
	r, err := Parse([]byte(src))
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	var out []string
	for _, i := range r.Validate() {
		out = append(out, i.Path+": "+i.Rule)
	}
	return out
}

func TestValidateNamesPathAndRule(t *testing.T) {
	const code = `"status":"final","code":{"text":"x"}`
	for _, c := range []struct{ src, want string }{
		{`{"resourceType":"Patient"}`, ""},
		{`{"resourceType":"Observation",` + code + `}`, ""},
		{`{"resourceType":"Observation","code":{"text":"x"}}`, "Observation.status: cardinality 1..1"},
		{`{"resourceType":"Observation","_status":{"extension":[{"url":"u","valueCode":"x"}]},"code":{"text":"x"}}`, ""},
		{`{"resourceType":"Observation","status":"finished","code":{"text":"x"}}`, "Observation.status: binding observation-status"},
		{`{"resourceType":"Observation",` + code + `,"colour":1}`, "Observation.colour: unknown element"},
		{`{"resourceType":"Observation",` + code + `,"John Smith":1}`, "Observation.?: unknown element"},
		{`{"resourceType":"Observation",` + code + `,"effectivePeriod":{"stop":"2020"}}`, "Observation.effectivePeriod.stop: unknown element"},
		{`{"resourceType":"Observation",` + code + `,"valueString":"a","valueBoolean":true}`, "Observation.valueBoolean: choice value[x]"},
		{`{"resourceType":"Observation",` + code + `,"component":[{"code":{"text":"a"}},{"code":{"text":"b"},"valueQuantity":{"value":"1"}}]}`, "Observation.component[1].valueQuantity.value: type decimal"},
		{`{"resourceType":"Observation",` + code + `,"component":[{"code":{"text":"a"},"referenceRange":[{"low":{"value":1,"comparator":"<"}}]}]}`, "Observation.component[0].referenceRange[0].low.comparator: unknown element"},
		{`{"resourceType":"Observation",` + code + `,"category":{"text":"x"}}`, "Observation.category: cardinality 0..*"},
		{`{"resourceType":"Observation",` + code + `,"category":[]}`, "Observation.category: empty array"},
		{`{"resourceType":"Observation",` + code + `,"subject":[{"reference":"Patient/1"}]}`, "Observation.subject: cardinality 0..1"},
		{`{"resourceType":"Observation",` + code + `,"subject":{"reference":"Practitioner/1"}}`, "Observation.subject.reference: reference Device|Group|Location|Patient"},
		{`{"resourceType":"Observation",` + code + `,"subject":{}}`, "Observation.subject: empty object"},
		{`{"resourceType":"Observation",` + code + `,"subject":{"id":"a"}}`, "Observation.subject: ele-1"},
		{`{"resourceType":"Observation",` + code + `,"_status":{"id":"a"}}`, ""},
		{`{"resourceType":"Observation",` + code + `,"_issued":{"id":"a"}}`, "Observation.issued: ele-1"},
		{`{"resourceType":"Patient","name":[{"given":["A","B"],"_given":[null,{"id":"a"}]}]}`, ""},
		{`{"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"a"}]}]}`, "Patient.name[0].given[1]: ele-1"},
		{`{"resourceType":"Patient","name":[{"_given":[{"id":"a"}]}]}`, "Patient.name[0].given[0]: ele-1"},
		{`{"resourceType":"Observation",` + code + `,"issued":null}`, "Observation.issued: null"},
		{`{"resourceType":"Observation",` + code + `,"valueString":""}`, "Observation.valueString: type string"},
		{`{"resourceType":"Observation",` + code + `,"valueInteger":1.0}`, "Observation.valueInteger: type integer"},
		{`{"resourceType":"Observation",` + code + `,"valueInteger":2147483648}`, "Observation.valueInteger: type integer"},
		{`{"resourceType":"Observation",` + code + `,"_component":[{"id":"a"}]}`, "Observation._component: unknown element"},
		{`{"resourceType":"Patient","birthDate":"2023-02-29"}`, "Patient.birthDate: type date"},
		{`{"resourceType":"Patient","birthDate":"2024-02-29"}`, ""},
		{`{"resourceType":"Patient","birthDate":"2024-2"}`, "Patient.birthDate: type date"},
		{`{"resourceType":"Patient","id":"a_b"}`, "Patient.id: type id"},
		{`{"resourceType":"Patient","gender":"F"}`, "Patient.gender: binding administrative-gender"},
		{`{"resourceType":"Patient","active":"true"}`, "Patient.active: type boolean"},
		{`{"resourceType":"Patient","multipleBirthInteger":1,"photo":[{"data":"AAA"}]}`, "Patient.photo[0].data: type base64Binary"},
		{`{"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}]}`, ""},
		{`{"resourceType":"Patient","name":[{"given":["A",null]}]}`, "Patient.name[0].given[1]: null"},
		{`{"resourceType":"Patient","extension":[{"url":"u"}]}`, "Patient.extension[0]: ext-1"},
		{`{"resourceType":"Patient","extension":[{"url":"u","valueCode":"x","extension":[{"url":"v","valueCode":"y"}]}]}`, "Patient.extension[0]: ext-1"},
		{`{"resourceType":"Patient","extension":[{"valueCode":"x"}]}`, "Patient.extension[0].url: cardinality 1..1"},
		{`{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}]}`, ""},
		{`{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","contained":[{"resourceType":"Patient","id":"p"}]}]}`, "Patient.contained[0].contained[0]: dom-2"},
		{`{"resourceType":"Patient","contained":[{"resourceType":"Organisation","id":"o"}]}`, "Patient.contained[0]: type Resource"},
		{`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"gone"}]}}`, "AllergyIntolerance.clinicalStatus: binding allergyintolerance-clinical"},
		{`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://example.org","code":"active"}]}}`, "AllergyIntolerance.clinicalStatus: binding allergyintolerance-clinical"},
		{`{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}`, ""},
		{`{"resourceType":"Patient","maritalStatus":{"coding":"M"}}`, "Patient.maritalStatus.coding: cardinality 0..*"},
		{`{"resourceType":"Patient","text":{"status":"generated","div":"hello"}}`, "Patient.text.div: type xhtml"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if diff := cmp.Diff(want, rulesOf(t, c.src)); diff != "" {
			t.Errorf("%s\n%s", c.src, diff)
		}
	}
}

func TestIssueNeverHoldsAValue(t *testing.T) {
	r, err := Parse([]byte(`{"resourceType":"Patient","id":"Zebra Quagga","gender":"Zebra","birthDate":"Zebra","Zebra Quagga":"Zebra","active":"Zebra","name":"Zebra"}`))
	if err != nil {
		t.Fatal(err)
	}
	issues := r.Validate()
	if len(issues) < 6 {
		t.Fatalf("only %d issues", len(issues))
	}
	for _, i := range issues {
		if strings.Contains(i.String(), "Zebra") || strings.Contains(i.String(), "Quagga") {
			t.Errorf("an issue tells: %s", i)
		}
	}
}

func TestIssuesAreCapped(t *testing.T) {
	src := `{"resourceType":"Patient","name":[` + strings.TrimSuffix(strings.Repeat(`{"x":1},`, 500), ",") + `]}`
	if n := len(rulesOf(t, src)); n != MaxIssues {
		t.Errorf("%d issues, want %d", n, MaxIssues)
	}
}

func TestPrimitiveTypes(t *testing.T) {
	for typ, texts := range map[string][2][]string{
		"dateTime":     {{"2020", "2020-02", "2020-02-29", "2020-02-29T23:59:60Z", "2020-01-01T00:00:00.123+14:00"}, {"0000", "2020-13", "2020-1-1", "2020-01-01T10:00", "2020-01-01T10:00:00", "2020-01-01T24:00:00Z", "2020-01-01T10:00:00+15:00", "2020-02-30", "2020-"}},
		"instant":      {{"2020-02-29T23:59:59.1Z"}, {"2020", "2020-02-29", "2020-02-29T23:59:59.Z"}},
		"time":         {{"10:00:00", "23:59:59.5"}, {"10:00", "24:00:00", "10:00:00Z"}},
		"code":         {{"a", "a b"}, {" a", "a ", "a  b", "a\u00a0 "}},
		"oid":          {{"urn:oid:1.2.3"}, {"1.2.3", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1."}},
		"uuid":         {{"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}, {"urn:uuid:C757873D-ec9a-4326-a141-556f43239520", "c757873d"}},
		"base64Binary": {{"AAAA", "AA==", "AA AA\n"}, {"A", "A=AA", "AA-_"}},
		"uri":          {{"http://x", "urn:x:1"}, {"a b", "a\n"}},
		"positiveInt":  {{"1", "2147483647"}, {"0", "-1", "1e1", "2147483648"}},
		"unsignedInt":  {{"0", "7"}, {"-1", "0.0"}},
		"id":           {{"a", "A-.9", strings.Repeat("a", 64)}, {"a_b", "é", strings.Repeat("a", 65)}},
	} {
		for i, list := range texts {
			for _, text := range list {
				if primitives[typ].ok([]byte(text)) != (i == 0) {
					t.Errorf("%s %q: want %v", typ, text, i == 0)
				}
			}
		}
	}
}

// TestAnOddIDIsAWarning: an id that FHIR does not allow and that leads to one record makes
// no resource invalid, hides nothing that does, and is said once.
func TestAnOddIDIsAWarning(t *testing.T) {
	long := strings.Repeat("e.-", 30)
	contained := strings.Repeat(`{"resourceType":"Basic","id":"a_b","code":{"text":"x"}},`, MaxIssues+1)
	for src, want := range map[string]string{
		`{"resourceType":"Patient","id":"` + long + `"}`:                                           "Patient.id warning",
		`{"resourceType":"Patient","id":"a_b","meta":{"versionId":"c_d"}}`:                         "Patient.id warning",
		`{"resourceType":"Patient","id":"` + strings.Repeat("e", MaxID+1) + `"}`:                   "Patient.id",
		`{"resourceType":"Patient","id":"a/b"}`:                                                    "Patient.id",
		`{"resourceType":"Patient","id":"a b"}`:                                                    "Patient.id",
		`{"resourceType":"Patient","contained":[` + contained[:len(contained)-1] + `],"colour":1}`: "Patient.contained[0].id warning, Patient.colour",
	} {
		r, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, i := range r.Validate() {
			if i.OddID() != i.Warning {
				t.Errorf("%v", i)
			}
			if i.Warning {
				i.Path += " warning"
			}
			found = append(found, i.Path)
		}
		if got := strings.Join(found, ", "); got != want {
			t.Errorf("%.80s: %q, want %q", src, got, want)
		}
		if named := strings.Contains(r.Name(), "/"); named != strings.Contains(want, "Patient.id warning") {
			t.Errorf("it is called %q", r.Name())
		}
	}
}
