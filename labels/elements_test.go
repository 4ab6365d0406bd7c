package labels

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// unsaid are the elements whose texts no label counts, and why: what is not here is
// read, wherever it stands.
var unsaid = map[string]string{
	"id": "a server's name for it", "reference": "a server's name for it", "fullUrl": "a server's name for it", "valueId": "a server's name for it",
	"valueUuid": "a server's name for it", "valueOid": "a number", "uid": "a number", "lotNumber": "a number", "serialNumber": "a number",
	"versionId": "a number", "hash": "a number", "birthDate": "a date", "postalCode": "a number", "deviceIdentifier": "a number", "carrierHRF": "a number",
	"resourceType": "the structure of FHIR", "status": "codes of FHIR", "language": "codes of a language", "contentType": "what kind of file", "use": "codes of FHIR", "rank": "a number",
	"fhirVersion": "a number", "version": "a number", "implicitRules": "whose rules they are",
	"system": "whose list it is: the hospital's in all of its records", "source": "whose server it is: in all of its records", "issuer": "whose list it is", "authority": "whose list it is",
	"value": "a number of a person, a telephone, an address of mail", "valueBase64Binary": "bytes", "data": "bytes: read as an attachment, or that cannot be read",
	"code":    "of a system: the tables read it, and as words where its system is not known",
	"country": "where somebody lives", "sigFormat": "what kind of file", "targetFormat": "what kind of file", "start": "a date",
}

// everywhere are records with a text in every element that is told apart in elements.go.
var everywhere = []string{
	`{"resourceType":"Patient","id":"p","implicitRules":"http://x.example/r","language":"en","meta":{"versionId":"1","source":"http://x.example/s","profile":["http://x.example/StructureDefinition/p"],"tag":[{"system":"http://x.example/t","version":"1","code":"a","display":"b"}],"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"N","display":"normal"}],"extension":[{"url":"http://x.example/e","valueString":"a"}]},
	 "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>"},"identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"a"}],"text":"a"},"system":"http://x.example/n","value":"1","assigner":{"reference":"Organization/1","display":"a"},"extension":[{"url":"http://x.example/e","valueString":"a"}]}],
	 "name":[{"use":"official","text":"a","family":"a","given":["a"],"prefix":["a"],"suffix":["a"]}],"telecom":[{"system":"phone","value":"1","use":"home","extension":[{"url":"http://x.example/e","valueString":"a"}]}],"birthDate":"1970-01-01",
	 "address":[{"use":"home","text":"a","line":["a"],"city":"a","district":"a","state":"a","postalCode":"1","country":"a","extension":[{"url":"http://x.example/e","valueString":"a"}]}],"photo":[{"contentType":"image/png","title":"a","data":"QQ==","extension":[{"url":"http://x.example/e","valueString":"a"}]}],
	 "contact":[{"relationship":[{"text":"a"}],"name":{"text":"a","family":"a"},"organization":{"reference":"Organization/1","display":"a"}}],"generalPractitioner":[{"reference":"Practitioner/1","display":"a"}],"managingOrganization":{"reference":"Organization/1","display":"a"}}`,
	`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"Sodium"},"subject":{"reference":"Patient/1","display":"a","identifier":{"system":"http://x.example/n","value":"1","type":{"text":"a"},"assigner":{"display":"a"}},"extension":[{"url":"http://x.example/e","valueString":"a"}]},"encounter":{"reference":"Encounter/1","display":"a"},
	 "performer":[{"reference":"Practitioner/1","display":"a"}],"specimen":{"display":"a"},"device":{"display":"a"},"valueQuantity":{"value":1,"unit":"a","system":"http://unitsofmeasure.org","code":"mmol"},"note":[{"authorReference":{"display":"a"},"text":"a"},{"authorString":"a","text":"a"}],"referenceRange":[{"text":"a","appliesTo":[{"text":"a"}]}],"bodySite":{"text":"a"},"method":{"text":"a"},
	 "extension":[{"url":"http://x.example/e","valueUri":"http://x.example/a"},{"url":"http://x.example/e","valueUrl":"http://x.example/a"},{"url":"http://x.example/e","valueCanonical":"http://x.example/a"},{"url":"http://x.example/e","valueMarkdown":"a"},{"url":"http://x.example/e","valueId":"a"},{"url":"http://x.example/e","valueOid":"urn:oid:1.2.3"},{"url":"http://x.example/e","valueUuid":"urn:uuid:a"},{"url":"http://x.example/e","valueReference":{"display":"a","identifier":{"value":"1","assigner":{"display":"a"}}}}],
	 "_status":{"extension":[{"url":"http://x.example/e","valueString":"a"}]},"contained":[{"resourceType":"Organization","id":"org","name":"a","alias":["a"],"contact":[{"purpose":{"text":"a"}}]}]}`,
	`{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","questionnaire":"http://x.example/Questionnaire/a","subject":{"display":"a"},"author":{"display":"a"},"source":{"display":"a"},"item":[{"linkId":"a","definition":"http://x.example/a","text":"Sleep","answer":[{"valueString":"well"}]}]}`,
	`{"resourceType":"DocumentReference","id":"d","status":"current","masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"1","assigner":{"display":"a"}},"type":{"text":"a"},"description":"a","custodian":{"display":"a"},"authenticator":{"display":"a"},"content":[{"attachment":{"contentType":"text/plain","language":"en","data":"S25lZSBpcyB3ZWxs","url":"http://x.example/a.txt","title":"a"},"format":{"system":"http://x.example/f","code":"a","display":"a"}}],"context":{"facilityType":{"text":"a"},"related":[{"display":"a"}]}}`,
	`{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","instantiatesCanonical":["http://x.example/a"],"instantiatesUri":["http://x.example/a"],"medicationCodeableConcept":{"text":"Paracetamol"},"subject":{"display":"a"},"requester":{"display":"a"},"dosageInstruction":[{"text":"a","patientInstruction":"a"}],"dispenseRequest":{"performer":{"display":"a"}},"contained":[{"resourceType":"Medication","id":"m","code":{"text":"a"},"manufacturer":{"display":"a"},"batch":{"lotNumber":"1"}}]}`,
	`{"resourceType":"Provenance","id":"v","policy":["http://x.example/p"],"location":{"display":"a"},"agent":[{"who":{"display":"a"},"onBehalfOf":{"display":"a"}}],"signature":[{"type":[{"system":"urn:iso-astm:E1762-95:2013","code":"1","display":"a"}],"who":{"display":"a"},"onBehalfOf":{"display":"a"},"sigFormat":"application/jose","targetFormat":"application/fhir+json","data":"QQ==","extension":[{"url":"http://x.example/e","valueString":"a"}]}]}`,
	`{"resourceType":"Device","id":"d","udiCarrier":[{"deviceIdentifier":"1","issuer":"http://x.example/i","carrierHRF":"1","extension":[{"url":"http://x.example/e","valueString":"a"}]}],"lotNumber":"1","serialNumber":"1","deviceName":[{"name":"a"}],"patient":{"display":"a"},"owner":{"display":"a"},"type":{"text":"Pump"}}`,
}

// TestR41EveryTextOfARecordCounts puts a telling word at each text of a record: its
// label says so, but at the elements of unsaid. Those are met, each of them.
func TestR41EveryTextOfARecordCounts(t *testing.T) {
	silentAt := map[string]bool{}
	for _, src := range everywhere {
		var record any
		if err := json.Unmarshal([]byte(src), &record); err != nil {
			t.Fatal(err, src)
		}
		eachText(record, "", "", func(path, element, was string, put func(string)) {
			word := "HIV positive"
			switch {
			case element == "div":
				word = strings.Replace(was, ">a<", ">HIV positive<", 1)
			case strings.Contains(was, "://"):
				word = was[:strings.LastIndex(was, "/")] + "/hiv-positive"
			}
			put(word)
			defer put(was)
			if element == "resourceType" || element == "data" {
				return // not the record that it was
			}
			said := slices.Contains(Default().Label(mustParse(record.(map[string]any)), nil).Sensitivity, stele.HIV)
			_, silent := unsaid[element]
			silentAt[element] = silentAt[element] || !said
			if !said && !silent {
				t.Errorf("%s: %q says nothing", path, word)
			}
		})
	}
	for element, how := range manners {
		if _, ok := unsaid[element]; how == unspoken && !ok && nested[element] == nil {
			t.Errorf("%s is not read, and nobody says why", element)
		}
	}
	for element, silent := range silentAt {
		if _, ok := unsaid[element]; ok && !silent {
			t.Errorf("%s is said to be silent, and is read", element)
		}
	}
}

// eachText visits the texts of a JSON value; put changes one.
func eachText(v any, path, element string, visit func(path, element, was string, put func(string))) {
	one := func(c any, path, element string, put func(string)) {
		if s, ok := c.(string); ok {
			visit(path, element, s, put)
			return
		}
		eachText(c, path, element, visit)
	}
	switch v := v.(type) {
	case map[string]any:
		for k, c := range v {
			one(c, path+"."+k, k, func(s string) { v[k] = s })
		}
	case []any:
		for i, c := range v {
			one(c, fmt.Sprintf("%s[%d]", path, i), element, func(s string) { v[i] = s })
		}
	}
}

// TestR41NamesAreNoIllness: a word that is a name, too, says nothing where a name
// stands; each such row is one of words.
func TestR41NamesAreNoIllness(t *testing.T) {
	for _, table := range Shipped() {
		for i := range table.Rows {
			r := &table.Rows[i]
			if r.Table != "name" {
				continue
			}
			word := strings.Trim(r.Pattern, "*")
			told := func(text string) string {
				return said(Default().Label(parse(t, fmt.Sprintf(`{"resourceType":"Condition","code":{"text":%q}}`, text)), nil))
			}
			if told("Gout, "+word) == "-" {
				t.Errorf("%s is no word of the tables", r.Pattern)
			}
			for _, at := range []string{
				`{"resourceType":"Observation","subject":{"display":"Ana %s"},"code":{"text":"Sodium"}}`,
				`{"resourceType":"Patient","name":[{"text":"Ana %[1]s","family":"%[1]s","given":["%[1]s"]}],"address":[{"line":["5 %[1]s Avenue"],"city":"%[1]s"}]}`,
			} {
				if got := said(Default().Label(parse(t, fmt.Sprintf(at, word)), nil)); got != "-" {
					t.Errorf(at+" is %s", word, got)
				}
			}
		}
	}
}
