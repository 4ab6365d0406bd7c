package labels

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stele-health/stele"
)

// titles are what a careful hospital writes beside a document.
var titles = []string{"", "Discharge summary", "Arztbrief Innere Medizin.pdf", "Compte rendu de consultation", "Knee, after the fall", "Letter of 3 May"}

// holders put an attachment where one can stand.
var holders = []string{
	`{"resourceType":"DocumentReference","description":%[2]q,"content":[{"attachment":%[1]s}]}`,
	`{"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}],"text":%[2]q},"content":[{"attachment":%[1]s}]}`,
	`{"resourceType":"DiagnosticReport","code":{"text":"Thorax in zwei Ebenen"},"presentedForm":[%[1]s]}`,
	`{"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"11502-2"}]},"conclusion":"Patient is well","presentedForm":[%[1]s]}`,
	`{"resourceType":"DiagnosticReport","category":[{"coding":[{"code":"LP173418-7"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}]},"presentedForm":[%[1]s]}`,
	`{"resourceType":"Media","content":{"title":"Knee after the fall"},"note":[{"text":%[2]q}]}`,
	`{"resourceType":"DocumentReference","content":[{"attachment":{"title":%[2]q,"contentType":"application/pdf","language":"de"}}]}`,
	`{"resourceType":"Media","note":[{"text":"left knee"}],"content":%[1]s}`,
	`{"resourceType":"Communication","topic":{"text":"Appointment"},"payload":[{"contentString":"letter attached"},{"contentAttachment":%[1]s}]}`,
	`{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","text":"Letter of the ward","answer":[{"valueAttachment":%[1]s}]}]}`,
	`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"2951-2"}]},"extension":[{"url":"http://x.example/scan","valueAttachment":%[1]s}]}`,
	`{"resourceType":"Basic","code":{"text":"Knee measurements"},"extension":[{"url":"http://x.example/scan","valueAttachment":%[1]s}]}`,
	`{"resourceType":"Consent","sourceAttachment":%[1]s}`,
	`{"resourceType":"Contract","legal":[{"contentAttachment":%[1]s}]}`,
	`{"resourceType":"Patient","extension":[{"url":"http://x.example/scan","valueAttachment":%[1]s}]}`,
	`{"resourceType":"Condition","code":{"text":"Gout"},"contained":[{"resourceType":"DocumentReference","id":"d","content":[{"attachment":%[1]s}]}]}`,
	`{"resourceType":"CarePlan","title":"Walking every day","contained":[{"resourceType":"Binary","id":"b","contentType":"application/pdf","data":"JVBERi0="}],"note":[{"text":%[2]q}]}`,
}

// TestR41ATitleNeverTellsForAnAttachment: whatever is written beside it, and
// wherever it stands, what cannot be read is never ordinary, and counts as the
// patient and the clinic say.
func TestR41ATitleNeverTellsForAnAttachment(t *testing.T) {
	psy, err := Default().For(Source{Clinics: []string{"mental-health"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"application/pdf", "image/tiff", "application/zip", "application/dicom", "audio/mpeg", "application/msword", "text/rtf", "text/csv", ""} {
		for _, title := range titles {
			for _, holder := range holders {
				fields := []string{`"url":"Binary/b1"`, `"data":"JVBERi0xLjQgLi4u"`}
				for _, field := range fields {
					attachment := "{" + field
					if kind != "" {
						attachment += fmt.Sprintf(`,"contentType":%q`, kind)
					}
					if title != "" {
						attachment += fmt.Sprintf(`,"title":%q`, title)
					}
					src := strings.ReplaceAll(strings.ReplaceAll(holder, "%[1]s", attachment+"}"), "%[2]q", fmt.Sprintf("%q", title))
					if l := Default().Label(parse(t, src), nil); !l.Unread || said(l) != "PDS" {
						t.Errorf("%s is %s", src, said(l))
					}
					if l := psy.Label(parse(t, src), nil); !slices.Contains(l.Sensitivity, stele.PSY) {
						t.Errorf("%s of a mental health clinic is %s", src, said(l))
					}
				}
			}
		}
	}
}

// TestR41ATypeTellsForADocument: a coded type that a table calls ordinary does,
// and the code of a study for its printed form; not for a clinic of a special
// kind, and a title that says something still counts.
func TestR41ATypeTellsForADocument(t *testing.T) {
	document := func(code, title string) string {
		return `{"resourceType":"DocumentReference","type":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"content":[{"attachment":{"contentType":"application/pdf","title":"` + title + `","data":"JVBERi0="}}]}`
	}
	report := func(code string) string {
		return `{"resourceType":"DiagnosticReport","code":{"coding":[{"system":"http://loinc.org","code":"` + code + `"}]},"presentedForm":[{"contentType":"application/pdf","data":"JVBERi0="}]}`
	}
	own, err := ParseTable("own.txt", []byte(tableHead+"system\thttp://north.example/doc\tnorth-doc whole\tours\nnorth-doc\tEYE\t-\tpictures of the eye\n"))
	if err != nil {
		t.Fatal(err)
	}
	withOwn, err := New(own)
	if err != nil {
		t.Fatal(err)
	}
	psy, err := Default().For(Source{Clinics: []string{"mental-health"}})
	if err != nil {
		t.Fatal(err)
	}
	northern := func(code string) string {
		return strings.Replace(document(code, ""), "http://loinc.org", "http://north.example/doc", 1)
	}
	for _, c := range []struct {
		p    *Policy
		src  string
		want string
	}{
		{Default(), document("11524-6", "EKG"), "-"}, {Default(), document("86533-7", "Patientenverfügung"), "-"},
		{Default(), document("11524-6", "Psychiatrie"), "PSY"}, {Default(), document("11488-4", "EKG"), "PDS"}, {Default(), document("2951-2", "EKG"), "PDS"},
		{psy, document("11524-6", "EKG"), "PSY"}, {psy, report("58410-2"), "PSY"},
		{Default(), report("58410-2"), "-"}, {Default(), report("11488-4"), "PDS"}, {Default(), report("58410-3"), "PDS"}, {Default(), report("56888-1"), "HIV"},
		{withOwn, northern("EYE"), "-"}, {withOwn, northern("LETTER"), "PDS"}, {Default(), northern("EYE"), "PDS"},
	} {
		if got := said(c.p.Label(parse(t, c.src), nil)); got != c.want {
			t.Errorf("%s is %s, want %s", c.src, got, c.want)
		}
	}
}

// TestR41DocumentsAreReadByWhatTheyAre goes through texts whose meaning is not
// where a text has its words.
func TestR41DocumentsAreReadByWhatTheyAre(t *testing.T) {
	const cda = `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary of the stay</title><component>%s</component></ClinicalDocument>`
	for _, c := range []struct{ kind, body, want string }{
		{"text/plain", "Knee is well, patient walks.", "-"},
		{"text/plain;charset=iso-8859-1", "Der Patient l\xe4uft wieder.", "-"},
		{"text/plain", "\xff\xfeK\x00n\x00e\x00e\x00 \x00w\x00e\x00l\x00l\x00", "-"},
		{"text/plain;charset=utf-16", "\xff\xfeH\x00I\x00V\x00 \x00k\x00n\x00o\x00w\x00n\x00", "HIV"},
		{"text/plain;charset=iso-8859-1", "Abh\xe4ngigkeit von Alkohol", "SUD"},
		{"text/plain;charset=ebcdic-cp-us", "\xc8\xc9\xe5\x40 and words", "PDS"},
		{"text/plain", "%PDF-1.7 Catalog of pages", "PDS"},
		{"text/plain", "words \x00\x01 and controls", "PDS"},
		{"text/plain", "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nS25lZSBpcyB3ZWxs", "PDS"},
		{"text/plain", "See the picture: data:image/png;base64,iVBORw0KGgo=", "PDS"},
		{"text/plain", "Letter of the ward\n" + strings.Repeat("JVBERi0xLjQK", 8), "PDS"},
		{"text/plain", "MSH|^~\\&|WARD|NORTH\rDG1|1||K35^^I10", "PDS"},
		{"text/plain", `{\rtf1\ansi Knee is well}`, "PDS"},
		{"text/rtf", `{\rtf1\ansi\fonttbl Times; \'48\'49\'56 known}`, "PDS"},
		{"application/rtf", `{\rtf1 Schizophrenia known}`, "PDS,PSY"},
		{"text/csv", "code;when\nK35;2020", "PDS"},
		{"text/html", "<html><body><p>Knee is well</p></body></html>", "-"},
		{"text/html", "<html><style>body {font-family: Helvetica}</style><body><p>17</p></body></html>", "PDS"},
		{"text/html", `<html><!-- Knee is well --><img src="scan.png"/></html>`, "PDS"},
		{"text/html", `<p>See the letter of the ward</p><object data="scan.pdf"></object>`, "PDS"},
		{"text/html", `<p title="HIV known">Knee is well</p>`, "HIV"},
		{"text/html", `<p>known <b>schizo</b>phrenia since years</p>`, "PSY"},
		{"text/html", `<p>&#72;IV known, knee is well</p>`, "HIV"},
		{"application/hl7-cda+xml", fmt.Sprintf(cda, `<structuredBody><section><text>Knee is well</text></section></structuredBody>`), "-"},
		{"text/xml", fmt.Sprintf(cda, `<structuredBody><section><text>Knee is <content>schizo</content>phrenic</text></section></structuredBody>`), "PSY"},
		{"text/xml", fmt.Sprintf(cda, `<nonXMLBody><text mediaType="application/pdf" representation="B64">JVBERi0xLjQK</text></nonXMLBody>`), "PDS"},
		{"text/xml", fmt.Sprintf(cda, `<section><text>Knee is well</text><entry><observationMedia><value mediaType="image/png" representation="B64">iVBO</value></observationMedia></entry></section>`), "PDS"},
		{"text/xml", fmt.Sprintf(cda, `<section><text/><entry><value code="B20" codeSystem="2.16.840.1.113883.6.90"/></entry></section>`), "HIV,PDS"},
		{"text/xml", fmt.Sprintf(cda, `<section><text>Knee is well</text><entry><value code="F20.0" codeSystem="2.16.840.1.113883.6.90"/></entry></section>`), "PSY"},
		{"text/xml", fmt.Sprintf(cda, `<section><text>Knee is well <renderMultiMedia referencedObject="m1"/></text></section>`), "PDS"},
		{"text/xml", `<ClinicalDocument><text>Knee is well`, "PDS"},
		{"application/fhir+xml", `<Condition xmlns="http://hl7.org/fhir"><text><div>Knee is well</div></text><code><coding><system value="http://hl7.org/fhir/sid/icd-10"/><code value="B20"/></coding></code></Condition>`, "HIV,PDS"},
		{"application/fhir+json", `{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"B20"}]}}`, "HIV"},
		{"application/fhir+json", `{"resourceType":"Condition","code":{"text":"Gout"}}`, "-"},
		{"application/fhir+json", `{"resourceType":"Condition","code":{"coding":[{"code":"17"}]}}`, "PDS"},
		{"application/fhir+json", `{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"application/pdf","title":"Knee","data":"JVBERi0="}}]}`, "PDS"},
		{"application/json", `{"words":"Knee is well"}`, "PDS"},
	} {
		data := base64.StdEncoding.EncodeToString([]byte(c.body))
		for _, src := range []string{
			fmt.Sprintf(`{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":%q,"data":%q}}]}`, c.kind, data),
			fmt.Sprintf(`{"resourceType":"Binary","contentType":%q,"data":%q}`, c.kind, data),
		} {
			if l, why := Default().Explain(parse(t, src), nil); said(l) != c.want {
				t.Errorf("%s %q is %s, want %s: %v", c.kind, c.body, said(l), c.want, why)
			}
		}
	}
}

// TestR41AResourceWithinIsReadAsItsOwnType: what a code of an unknown system means is told
// by the type that it stands in, within another resource as alone.
func TestR41AResourceWithinIsReadAsItsOwnType(t *testing.T) {
	around := map[string]string{
		"contained":   `{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"Paracetamol"},"contained":[%s]}`,
		"of a Bundle": `{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s}]}`,
		"a parameter": `{"resourceType":"Parameters","parameter":[{"name":"x","resource":%s}]}`,
	}
	for typ, kind := range kindsOf {
		code := map[kinds]string{diagnoses: "58214004", results: "56888-1"}[kind] // schizophrenia; antibodies to HIV
		inner := `{"resourceType":"` + typ + `","id":"w","code":{"coding":[{"system":"http://x.example/dx","code":"` + code + `"}]}}`
		alone := setOf(Default().Label(parse(t, inner), nil).Sensitivity...)
		if alone == 0 || alone == setOf(stele.Unclassified) {
			t.Fatalf("%s: %v alone: the test has lost its code", typ, alone.list())
		}
		for where, outer := range around {
			if l := Default().Label(parse(t, fmt.Sprintf(outer, inner)), nil); setOf(l.Sensitivity...)&alone != alone {
				t.Errorf("%s %s: %v, alone %v", typ, where, l.Sensitivity, alone.list())
			}
		}
	}
}

// TestR41WhatStandsBesideTheTellingElementIsLookedAt: values, reasons,
// ingredients, answers, and what is within.
func TestR41WhatStandsBesideTheTellingElementIsLookedAt(t *testing.T) {
	const local = `{"coding":[{"system":"http://x.example/dx","code":"4711"}]}`
	const unlisted = `{"coding":[{"system":"http://snomed.info/sct","code":"99999999"}]}`
	question := func(value string) string {
		return `{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"29308-4"}],"text":"Main diagnosis of stay"},` + value + `}`
	}
	answer := func(value string) string {
		return `{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","text":"Which infection?","item":[{"linkId":"2","answer":[` + value + `]}]}]}`
	}
	for _, c := range []struct{ src, want string }{
		{question(`"valueCodeableConcept":` + local), "PDS"},
		{question(`"valueCodeableConcept":` + unlisted), "PDS"},
		{question(`"valueString":"ВИЧ-инфекция"`), "PDS"},
		{question(`"component":[{"code":{"text":"Second"},"valueCodeableConcept":` + local + `}]`), "PDS"},
		{question(`"valueCodeableConcept":{"coding":[{"system":"http://x.example/dx","code":"4711","display":"4711"}]}`), "PDS"},
		{question(`"valueCodeableConcept":{"coding":[{"system":"http://x.example/dx","code":"4711","display":"Gout"}]}`), "-"},
		{question(`"valueCodeableConcept":{"coding":[{"system":"http://x.example/r","code":"pos"}]}`), "-"},
		{question(`"valueCodeableConcept":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0136","code":"Y"}]}`), "-"},
		{question(`"valueCodeableConcept":{"text":"A+"}`), "-"},
		{question(`"valueQuantity":{"value":3,"unit":"µmol/l"}`), "-"},
		{answer(`{"valueCoding":{"system":"http://x.example/a","code":"4711"}}`), "PDS"},
		{answer(`{"valueCoding":{"system":"http://loinc.org","code":"LA6576-8"}}`), "-"},
		{answer(`{"valueString":"Гепатит"}`), "PDS"},
		{`{"resourceType":"Condition","code":{"text":"Acute infection"},"evidence":[{"code":[` + local + `]}]}`, "PDS"},
		{`{"resourceType":"Procedure","code":{"text":"Counselling"},"reasonCode":[` + local + `]}`, "PDS"},
		{`{"resourceType":"Medication","code":{"text":"Capsules of the ward"},"ingredient":[{"itemCodeableConcept":` + local + `}]}`, "PDS"},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Serology"},"conclusionCode":[` + unlisted + `]}`, "PDS"},
		{`{"resourceType":"DiagnosticReport","code":{"text":"Serology"},"contained":[{"resourceType":"Observation","id":"r","code":` + local + `}],"result":[{"reference":"#r"}]}`, "PDS"},
		{`{"resourceType":"Composition","title":"Letter","section":[{"title":"Diagnoses of the patient","entry":[{"reference":"Condition/1"}]}]}`, "PDS"},
		{`{"resourceType":"Composition","section":[{"title":"Diagnoses","text":{"div":"<div>Gout</div>"}}]}`, "-"},
		{`{"resourceType":"CarePlan","title":"Walking","activity":[{"detail":{"reasonCode":[` + local + `]}}]}`, "PDS"},
		{`{"resourceType":"Organization","name":"North","contained":[{"resourceType":"Condition","id":"c","code":{"text":"HIV"}}]}`, "HIV"},
		{`{"resourceType":"Location","name":"Ward","contained":[{"resourceType":"Observation","id":"c","code":` + local + `}]}`, "PDS"},
		{`{"resourceType":"PractitionerRole","contained":[{"resourceType":"Organization","id":"c","name":"Psychiatry"}]}`, "-"},
		{`{"resourceType":"Condition","code":{"coding":[{"system":"http://x.example/dx","code":"HIVAB","display":"Antibodies"}]}}`, "HIV"},
	} {
		if l, why := Default().Explain(parse(t, c.src), nil); said(l) != c.want {
			t.Errorf("%s is %s, want %s: %v", c.src, said(l), c.want, why)
		}
	}
}

// TestR41ACodeUnderItsNeighboursAddress takes every sensitive row of a system
// with whole coverage and writes its code under the others' addresses: it is
// found there too, or nobody takes it for ordinary.
func TestR41ACodeUnderItsNeighboursAddress(t *testing.T) {
	const icd10, icd9, icd11, atc, loinc, icpc = "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-9-cm", "http://id.who.int/icd/release/11/mms", "http://www.whocc.no/atc", "http://loinc.org", "http://hl7.org/fhir/sid/icpc-2"
	p := Default()
	coded := func(system, code string) string {
		return `{"resourceType":"Condition","code":{"coding":[{"system":"` + system + `","code":"` + code + `"}]}}`
	}
	for _, c := range []struct{ system, code, want string }{
		{icd9, "F33.2", "PSY"}, {icd9, "F20.0", "PSY"}, {icd9, "B20", "HIV"}, {icd9, "E11.9", "-"}, {icd9, "I10", "-"}, {icd9, "E850.1", "-"},
		{icd10, "042", "HIV"}, {icd10, "295.30", "PSY"}, {icd10, "V08", "HIV"}, {icd10, "401.9", "-"}, {icd10, "V43.52XA", "-"},
		{icd10, "86406008", "HIV"}, {icd10, "99999999", "PDS"}, {icd10, "HIV", "HIV,PDS"}, {icd10, "UNK", "PDS"}, {icd10, "F2O.O", "PSY"}, {icd10, "I1O", "PDS"}, {icd10, "XIX", "PDS"},
		{icd10, "ICD10.B20", "HIV"}, {icd10, "ICD-10-GM I10", "-"}, {icd10, "G I10.90", "-"}, {icd10, "E11.9+ G63.2*", "-"}, {icd10, "C4A.0", "-"},
		{icd11, "F20.0", "PSY"}, {icd11, "BA00.Z", "-"}, {icd11, "334423054", "PDS"}, {icpc, "F20.0", "PSY"}, {atc, "86406008", "HIV"}, {atc, "C09AA05", "-"},
		{loinc, "LOINC:56888-1", "HIV"}, {loinc, "568881", "HIV"}, {loinc, "056888-1", "HIV"}, {loinc, "2951-2", "-"}, {loinc, "2951-3", "PDS"}, {loinc, "NA", "PDS"},
		{"http://snomed.info/sct", "F20.0", "PSY"}, {"http://hl7.org/fhir/sid/cvx", "F20.0", "PSY"}, {"http://hl7.org/fhir/sid/cvx", "140", "-"}, {"http://hl7.org/fhir/sid/icd-o-3", "C50.9", "-"},
	} {
		if l, why := p.Explain(parse(t, coded(c.system, c.code)), nil); said(l) != c.want {
			t.Errorf("%s under %s is %s, want %s: %v", c.code, c.system, said(l), c.want, why)
		}
	}
	for _, table := range Shipped() {
		for i := range table.Rows {
			r := &table.Rows[i]
			if r.says == 0 || strings.Contains(r.Pattern, "_") {
				continue
			}
			codes, ok := []string{r.Pattern}, true
			if hierarchical[r.Table] {
				codes, ok = expand(r.Pattern)
			}
			for _, code := range codes {
				switch {
				case !ok || len(code) < 3:
				case r.Table == "icd-10" && len(code) == 3 && strings.ContainsAny(code[:1], "EV"): // E85 and V22 are codes of both
				case r.Table == "icd-10":
					if l := p.Label(parse(t, coded(icd9, code)), nil); len(l.Sensitivity) == 0 && code[0] != 'V' && code[0] != 'E' {
						t.Errorf("%s is ordinary under ICD-9's address", code)
					}
				case r.Table == "icd-9-cm" && code[0] != 'E' && code[0] != 'V':
					if l := p.Label(parse(t, coded(icd10, code)), nil); len(l.Sensitivity) == 0 {
						t.Errorf("%s is ordinary under ICD-10's address", code)
					}
				case r.Table == "snomed":
					for _, other := range []string{icd10, icd9, icd11, atc, loinc} {
						if l := p.Label(parse(t, coded(other, code)), nil); len(l.Sensitivity) == 0 {
							t.Errorf("%s is ordinary under %s", code, other)
						}
					}
				}
			}
		}
	}
}

// TestR41WhatHasNoShapeIsNotOrdinary writes what is no code of a system under
// its address.
func TestR41WhatHasNoShapeIsNotOrdinary(t *testing.T) {
	systems := []string{"http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-9-cm", "http://loinc.org", "http://hl7.org/fhir/sid/icd-11", "http://hl7.org/fhir/sid/icpc-2", "http://hl7.org/fhir/sid/icd-10-pcs"}
	rapid.Check(t, func(t *rapid.T) {
		system := rapid.SampledFrom(systems).Draw(t, "system")
		code := rapid.StringMatching(`[QXY]{4,6}|[0-9]{1,2}-[A-Z]{2}|[A-Z]{3}[0-9]{7}|#[A-Z]{2}#`).Draw(t, "code")
		l := Default().Label(parseT(t, `{"resourceType":"Condition","code":{"coding":[{"system":"`+system+`","code":"`+code+`"}]}}`), nil)
		if len(l.Sensitivity) == 0 {
			t.Fatalf("%s under %s is %s", code, system, said(l))
		}
	})
}

// TestSystemsAreTheirWholeNames: a name counts where it is one in a segment of
// an address, the last before the first.
func TestSystemsAreTheirWholeNames(t *testing.T) {
	for uri, want := range map[string]string{
		"http://north.example/icd-official": "", "http://north.example/icd-outpatient": "", "http://north.example/icd-old/icd-10-gm": "icd-10",
		"http://north.example/atchison/diagnoses": "", "http://salud.example/farmaciaprivada/dx": "", "http://north.example/placido3": "", "http://north.example/snomedia": "",
		"http://north.example/icd-o-3": "ordinary", "http://north.example/icdo3": "ordinary", "http://north.example/icd-o/icd-10": "icd-10", "http://north.example/icd-10/icd-o": "ordinary",
		"http://north.example/atc": "atc", "http://north.example/fhir/atc/2024": "atc", "http://north.example/my-atc-codes": "atc", "http://www.whocc.no/other": "atc",
		"https://mos.example/TRE_R213-CIM10": "icd-10", "http://x.example/icd10cm": "icd-10", "http://x.example/icd10pcs": "icd-10-pcs", "http://x.example/icd-10-pcs/2024": "icd-10-pcs",
		"http://x.example/icd_10_gm": "icd-10", "urn:x:icd-10:2019": "icd-10", "http://id.who.int/icd/release/11/2024-01/mms": "icd-11", "http://hl7.org/fhir/sid/icd-9-cm/procedure": "icd-9-procedure",
		"http://x.example/icd-9-cm/procedure": "icd-9-procedure", "http://x.example/icd9cm": "icd-9-cm", "http://x.example/ciap-2": "icpc-2", "http://x.example/ICPC2": "icpc-2", "http://x.example/icd-100": "",
		"http://fhir.de/CodeSystem/bfarm/ops/2024": "ops", "http://north.example/ops": "", "http://x.example/SnomedCT": "snomed", "http://x.example/dsm-5": "dsm",
	} {
		if got, _ := shippedIndex().system(uri); got != want {
			t.Errorf("%s is %q, want %q", uri, got, want)
		}
	}
}

// FuzzDocument reads texts as attachments of every readable kind: what was found
// when explained is found without, and reading ends.
func FuzzDocument(f *testing.F) {
	kinds := append([]string{"text/plain", "text/html", "text/xml", "text/rtf", "text/plain;charset=utf-16"}, readable...)
	for i, body := range []string{"Knee is well", "<p title=\"a\">HIV<img src=x>", "<ClinicalDocument><text>a<b c='", `{"resourceType":"Condition","code":{"text":"HIV"}}`, "<!--", "<>", "< /", "<style", "\xff\xfeH\x00"} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		src := fmt.Sprintf(`{"resourceType":"Binary","contentType":%q,"data":%q}`, kinds[int(kind)%len(kinds)], base64.StdEncoding.EncodeToString(body))
		r := parse(t, src)
		l, _ := Default().Explain(r, nil)
		if fast := Default().Label(r, nil); said(fast) != said(l) {
			t.Fatalf("labelled %v, explained %v", fast, l)
		}
	})
}

// TestStemsBeginTheNames: a name that begins otherwise would never be looked for.
func TestStemsBeginTheNames(t *testing.T) {
	for _, n := range spelled {
		for _, name := range n.names {
			if !slices.ContainsFunc(stems, func(stem string) bool { return strings.HasPrefix(name, stem) }) {
				t.Errorf("%s begins like no stem", name)
			}
		}
	}
}

// TestR41WhatIsLegible: a word of four letters with a vowel, and no number; three letters
// that no table has words of are foreign, and two may be a sign.
func TestR41WhatIsLegible(t *testing.T) {
	for text, want := range map[string][2]bool{ // legible, foreign
		"toe": {}, "toes": {true}, "brst": {}, "toes4": {}, "колено": {false, true}, "кол": {false, true}, "ко": {}, "": {}, "toes колено": {true},
	} {
		rd := &reader{p: Default()}
		if got := [2]bool{rd.legible([]byte(text)), rd.foreign([]byte(text))}; got != want {
			t.Errorf("%q: legible, foreign %v", text, got)
		}
	}
}
