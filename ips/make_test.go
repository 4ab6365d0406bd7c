package ips_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/timeline"
)

// made makes a summary, and fails where it breaks a rule.
func made(t testing.TB, items []timeline.Item, allowed ...stele.Sensitivity) string {
	t.Helper()
	doc, err := ips.Make(items, ips.Options{At: today, Sensitive: allowed})
	if err != nil {
		t.Fatal(err)
	}
	issues, err := ips.Check(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		t.Errorf("%s", i)
	}
	return string(doc)
}

// screen is the first screen of a document.
func screen(t testing.TB, doc string) string {
	t.Helper()
	text, err := ips.Text([]byte(doc), today)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// chart are records of one source, each labelled by its type.
func chart(t testing.TB, records ...string) []timeline.Item {
	t.Helper()
	entries := make([]string, len(records))
	for i, r := range records {
		entries[i] = `{"resource":` + r + `}`
	}
	items := itemsOf(t, []byte(`{"entry":[`+strings.Join(entries, ",")+`]}`), "Northside Hospital", 0)
	for i := range items {
		items[i].Label.Sensitivity = nil
	}
	return items
}

// sealed gives an item a sensitivity.
func sealed(items []timeline.Item, n int, s stele.Sensitivity) []timeline.Item {
	items[n].Label.Sensitivity = []stele.Sensitivity{s}
	return items
}

const patient = `{"resourceType":"Patient","id":"p","name":[{"family":"Marchetti"}],"birthDate":"1978-05-14"}`

func allergy(id, name, more string) string {
	return fmt.Sprintf(`{"resourceType":"AllergyIntolerance","id":%q,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"code":{"text":%q},"patient":{"reference":"Patient/p"}%s}`, id, name, more)
}

func problem(id, name, status, more string) string {
	return fmt.Sprintf(`{"resourceType":"Condition","id":%q,"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":%q}]},"code":{"text":%q},"subject":{"reference":"Patient/p"}%s}`, id, status, name, more)
}

func order(id, name, status, more string) string {
	return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":%q,"status":%q,"intent":"order","medicationCodeableConcept":{"text":%q},"subject":{"reference":"Patient/p"}%s}`, id, status, name, more)
}

const refuted = `,"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"refuted"}]}`

func TestR38WhatDoesNotStandNowIsNotInASummary(t *testing.T) {
	for name, records := range map[string][]string{
		"refuted":          {strings.Replace(allergy("a", "Canary", refuted), `"active"`, `"resolved"`, 1)},
		"in error":         {`{"resourceType":"AllergyIntolerance","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"entered-in-error"}]},"code":{"text":"Canary"},"patient":{"reference":"Patient/p"}}`},
		"stopped":          {order("m", "Canary", "stopped", "")},
		"resolved":         {problem("c", "Canary", "resolved", "")},
		"proposed":         {strings.Replace(order("m", "Canary", "active", ""), `"order"`, `"proposal"`, 1)},
		"an older version": {problem("c", "Canary", "active", `,"meta":{"versionId":"1"}`), problem("c", "Gout", "active", `,"meta":{"versionId":"2"}`)},
		"over":             {order("m", "Canary", "active", `,"dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"end":"2020-01-01"}}}}]`)},
		"withdrawn": {problem("c", "Canary", "active", ""), `{"resourceType":"Provenance","target":[{"reference":"Condition/c"}],"recorded":"2026-11-29T00:00:00Z",
			"activity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-DataOperation","code":"DELETE"}]},"agent":[{"who":{"display":"x"}}]}`},
	} {
		items := chart(t, append(records, patient, problem("k", "Asthma", "active", ""))...)
		if doc := made(t, items); strings.Contains(doc, "Canary") || !strings.Contains(doc, "Asthma") {
			t.Errorf("%s: %s", name, screen(t, doc))
		}
	}
}

func TestR38WhatMayBeSoIsToldAndIsNoEntry(t *testing.T) {
	items := chart(t, patient, `{"resourceType":"Condition","id":"c","code":{"text":"Gout"},"clinicalStatus":{"text":"hm"},"subject":{"reference":"Patient/p"}}`)
	doc := made(t, items)
	if !strings.Contains(screen(t, doc), "may be: Gout") || strings.Contains(doc, `"resourceType":"Condition"`) {
		t.Error(screen(t, doc), doc)
	}
}

func TestNothingKnownIsNotNone(t *testing.T) {
	doc := made(t, nil)
	if n := strings.Count(doc, `"code":"unavailable"`); n != 3 {
		t.Errorf("%d sections say that nothing is listed", n)
	}
	for _, of := range []string{"allergies", "medicines", "problems"} {
		if !strings.Contains(doc, "Nothing is listed here of "+of+". That is not the same as none") {
			t.Error(of)
		}
	}
	for _, never := range []string{"nilknown", "716186003", "o known"} {
		if strings.Contains(doc, never) {
			t.Errorf("%s in %s", never, doc)
		}
	}
}

func TestR39WhatIsWrittenStaysAsWritten(t *testing.T) {
	doc := made(t, chart(t, patient, order("m", "Digoxin", "active", `,"dosageInstruction":[{"text":"0.0625 mg  daily","doseAndRate":[{"doseQuantity":{"value":0.0625000,"unit":"mg"}}]}],"extension":[{"url":"http://x.example/y","valueDecimal":1.50}]`)))
	for _, want := range []string{`"value":0.0625000`, `"valueDecimal":1.50`, "0.0625 mg daily"} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
}

// A line that does not say all of its record is followed by that record in full.
func TestR40WhatALineLeavesOutIsToldInFull(t *testing.T) {
	doc := made(t, chart(t, patient, allergy("a", "Latex", `,"note":[{"text":"Gloves only"}],"extension":[{"url":"http://x.example/ward","extension":[{"url":"how","valueString":"Latex-free room"}]}],"reaction":[{"manifestation":[{"text":"Wheeze"}],"exposureRoute":{"text":"By touch"}}]`)))
	var b struct {
		Entry []struct {
			Resource struct {
				Section []struct {
					Title string
					Text  struct{ Div string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(doc), &b); err != nil {
		t.Fatal(err)
	}
	div := b.Entry[0].Resource.Section[0].Text.Div
	for _, want := range []string{"Latex", "Gloves only", "Wheeze", "By touch", "… more in the record", "Latex-free room"} {
		if !strings.Contains(div, want) {
			t.Errorf("no %q in %s", want, div)
		}
	}
}

func TestASummaryIsTheSameForTheSameRecords(t *testing.T) {
	items := elena(t)
	doc := made(t, items)
	for range 3 {
		slices.Reverse(items[len(items)/3:])
		slices.Reverse(items)
		if made(t, items) != doc {
			t.Fatal("the order of the records changes the summary")
		}
	}
}

// Of results stand there the newest of each name, of a year; of the rest so many, and how
// many more there are.
func TestWhatHappenedIsToldAsFarAsItMatters(t *testing.T) {
	lab := func(name, day string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"text":%q},"subject":{"reference":"Patient/p"},"effectiveDateTime":%q,"valueQuantity":{"value":140,"unit":"mmol/L"}}`, name, day)
	}
	records := []string{patient, lab("Sodium", "2026-11-01"), lab("Sodium", "2026-10-01"), lab("Potassium", "2026-06-01"), lab("Chloride", "2025-06-01")}
	for i := range 45 {
		records = append(records, fmt.Sprintf(`{"resourceType":"Procedure","status":"completed","code":{"text":"Procedure %d"},"subject":{"reference":"Patient/p"},"performedDateTime":"2020-01-01"}`, i))
	}
	doc := made(t, chart(t, records...))
	for what, n := range map[string]int{"<b>1 Nov 2026</b>: Sodium": 1, "1 Oct 2026": 0, "<b>1 Jun 2026</b>: Potassium": 1, "Chloride": 0, `"resourceType":"Procedure"`: 40, "and 5 more in the chart": 1} {
		if strings.Count(doc, what) != n {
			t.Errorf("%d times %q", strings.Count(doc, what), what)
		}
	}
}

// What was ordered again and again is one entry: the newest order.
func TestWhatWasOrderedAgainIsOneEntry(t *testing.T) {
	doc := made(t, chart(t, patient, order("b", "Aspirin", "active", `,"authoredOn":"2026-03-01"`), order("a", "Aspirin", "active", `,"authoredOn":"2026-05-01"`), order("c", "Aspirin", "active", `,"authoredOn":"2026-04-01"`)))
	if strings.Count(doc, `"resourceType":"MedicationRequest"`) != 1 || !strings.Contains(doc, `"authoredOn":"2026-05-01"`) {
		t.Error(screen(t, doc), doc)
	}
}

func TestWhatIsNotToBeDoneIsAnAlert(t *testing.T) {
	const want = "Alerts      not to be taken: Aspirin"
	if text := screen(t, made(t, chart(t, patient, order("m", "Aspirin", "active", `,"doNotPerform":true`)))); !strings.Contains(text, want) {
		t.Error(text)
	}
}

func TestASummaryIsOfATime(t *testing.T) {
	if _, err := ips.Make(nil, ips.Options{}); stele.KindOf(err) != stele.KindInvalid {
		t.Error(err)
	}
}

// What the guide requires and a record lacks is there as unknown; an order names its
// medicine, which comes with it; what else a reference led to is named.
func TestWhatARecordLacksIsUnknown(t *testing.T) {
	doc := made(t, chart(t,
		`{"resourceType":"Patient","id":"p"}`,
		`{"resourceType":"Medication","id":"m","ingredient":[{"itemCodeableConcept":{"text":"Heparin"}}]}`,
		`{"resourceType":"MedicationStatement","id":"s","status":"active","medicationReference":{"reference":"Medication/m"},"subject":{"reference":"Patient/p"},"context":{"reference":"Encounter/9"}}`,
		`{"resourceType":"Procedure","id":"o","status":"completed","code":{"text":"Appendectomy"},"subject":{"identifier":{"value":"7"}},"performer":[{"actor":{"reference":"#dr"}}],"contained":[{"resourceType":"Practitioner","id":"dr"}]}`,
		`{"resourceType":"Observation","id":"l","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"text":"Sodium"},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-01","valueQuantity":{"value":140}}`,
		`{"resourceType":"Device","id":"d","status":"active","deviceName":[{"name":"Pacemaker","type":"user-friendly-name"}],"patient":{"reference":"Patient/p"}}`))
	const unknown = `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}`
	for _, want := range []string{
		`"_birthDate":` + unknown, `"name":[{"_text":` + unknown, `"code":` + unknown, `"_effectiveDateTime":` + unknown, `"_performedDateTime":` + unknown, `"performer":[` + unknown + `]`,
		`"context":{"identifier":{"value":"Encounter/9"}}`, `"reference":"#dr"`, `"resourceType":"Medication"`, `"identifier":{"value":"7"},"reference":"urn:uuid:`,
		`"resourceType":"DeviceUseStatement"`, `"_timingDateTime":` + unknown,
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("no %s in %s", want, doc)
		}
	}
}

// What breaks a rule, as an extension of no value, is told and is no entry.
func TestWhatBreaksARuleIsToldAndIsNoEntry(t *testing.T) {
	for _, record := range []string{
		problem("c", "Gout", "active", `,"onsetDateTime":"yesterday"`),
		`{"resourceType":"Flag","id":"f","code":{"text":"Gout"},"subject":{"reference":"Patient/p"}}`,
		`{"resourceType":"ServiceRequest","id":"f","status":"active","intent":"order","doNotPerform":true,"code":{"text":"Gout"},"subject":{"reference":"Patient/p"}}`,
		order("m", "Gout", "active", `,"doNotPerform":true`),
		problem("c", "Gout", "active", `,"note":[{"text":"`+strings.Repeat("long ", 60_000)+`"}]`),
	} {
		doc := made(t, chart(t, patient, record))
		if !strings.Contains(screen(t, doc), "Gout") || strings.Count(doc, `"code":{"text":"Gout"}`) > 0 || strings.Contains(doc, `"doNotPerform"`) {
			t.Error(screen(t, doc))
		}
	}
}

// A name in a record can begin no element of the text, nor end one.
func TestNarrativesAreWellFormed(t *testing.T) {
	evil := `</li></ul></div><script>alert(1)</script> & \" ' \u0001 \ufffe In full`
	spoilt := `{"resourceType":"Condition","id":"s","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"One\u0001\ufffeTwo"},"subject":{"reference":"Patient/p"}}`
	doc := made(t, chart(t, patient, spoilt, allergy("a", "X"+strings.ReplaceAll(evil, `\"`, `"`), `,"note":[{"text":"n"}]`), problem("c", "In full", "active", ""), problem("d", "May be so: see the record", "active", ""), problem("e", "Gout", "active", "")))
	for _, v := range all(t, doc, "div") {
		d := xml.NewDecoder(strings.NewReader(v))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v: %s", err, v)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Fatal(v)
			}
		}
	}
	for _, want := range []string{"Gout", "In full", "May be so"} {
		if !strings.Contains(screen(t, doc), want) {
			t.Errorf("%s hides what comes after it: %s", want, screen(t, doc))
		}
	}
}

// all are the texts of a key, at any depth.
func all(t testing.TB, doc, key string) (out []string) {
	t.Helper()
	r, err := fhir.Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(v fhir.Value)
	walk = func(v fhir.Value) {
		if v.Key() == key && v.IsText() {
			out = append(out, v.Text())
		}
		for m := range v.All() {
			walk(m)
		}
	}
	walk(r.Root())
	return out
}

// Of the person stands only what identifies them and whom to call.
func TestAPersonIsNamedAndNotMore(t *testing.T) {
	doc := made(t, chart(t, `{"resourceType":"Patient","id":"p","identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"999-12-3456"}],"name":[{"family":"Marchetti"}],"birthDate":"1978-05-14","address":[{"line":["9 Elm St"]}],
		"photo":[{"url":"http://x.example/face"}],"telecom":[{"system":"phone","value":"555"}],"contact":[{"name":{"text":"Luca"},"telecom":[{"system":"phone","value":"556"}]}]}`))
	for _, never := range []string{"999-12", "Elm", "face", `"555"`} {
		if strings.Contains(doc, never) {
			t.Error(never)
		}
	}
	for _, want := range []string{"Marchetti", "1978-05-14", `"556"`, "SUBSETTED"} {
		if !strings.Contains(doc, want) {
			t.Error(want)
		}
	}
}

func TestEachEntrySaysWhoDeliveredItAndWhen(t *testing.T) {
	items := elena(t)
	doc := made(t, items)
	var b struct {
		Entry []struct {
			FullURL  string
			Resource struct {
				ResourceType, Recorded string
				Target                 []struct{ Reference string }
				Agent                  []struct{ Who struct{ Display string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(doc), &b); err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, e := range b.Entry {
		for _, target := range e.Resource.Target {
			by[target.Reference] = e.Resource.Agent[0].Who.Display + " " + e.Resource.Recorded
		}
	}
	n := 0
	for _, it := range items {
		url := "urn:uuid:" + fmt.Sprintf("%x-%x-%x-%x-%x", it.Handle[:4], it.Handle[4:6], it.Handle[6:8], it.Handle[8:10], it.Handle[10:])
		if who, ok := by[url]; ok {
			if n++; who != it.SourceName+" 2026-11-28T08:15:00.000Z" {
				t.Error(url, who)
			}
		}
	}
	if own := 3 + 2; n != len(b.Entry)-own+1 { // the Composition, who made it, two Provenances; and the Patient is of a source
		t.Errorf("%d of %d entries say where they are from", n, len(b.Entry))
	}
}

func TestRealChartsMakeSummariesThatKeepTheRules(t *testing.T) {
	realCharts(t, func(t *testing.T, items []timeline.Item) {
		doc := made(t, items)
		fits(t, screen(t, doc))
		if !bytes.Equal([]byte(doc), []byte(made(t, items))) {
			t.Error("made again it is another")
		}
	})
}
