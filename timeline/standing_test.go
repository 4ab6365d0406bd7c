package timeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

var allKinds = stele.Categories()

// TestR38WhatStandsUnderNow has a line for each way in which a record can stand:
// where it is listed, and what is said of it.
func TestR38WhatStandsUnderNow(t *testing.T) {
	const (
		now, unclear, never, none = "now", "unclear", "never", "none"
		allergy                   = `"resourceType":"AllergyIntolerance","code":{"text":"X"}`
		problem                   = `"resourceType":"Condition","code":{"text":"X"}`
		order                     = `"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"X"},"authoredOn":"2024-05-01"`
		taken                     = `"resourceType":"MedicationStatement","medicationCodeableConcept":{"text":"X"}`
		on                        = `"clinicalStatus":{"coding":[{"code":"active"}]}`
	)
	status := func(s string) string { return `"status":"` + s + `"` }
	clinical := func(s string) string { return `"clinicalStatus":{"coding":[{"code":"` + s + `"}]}` }
	verified := func(s string) string { return on + `,"verificationStatus":{"coding":[{"code":"` + s + `"}]}` }
	german := func(certainty string) string {
		return `"resourceType":"Condition","code":{"coding":[{"system":"http://fhir.de/CodeSystem/bfarm/icd-10-gm","code":"I26.9","display":"X","extension":[{"url":"http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit","valueCoding":{"code":"` + certainty + `"}}]}]}`
	}
	dose := func(repeat string) string {
		return status("active") + `,"intent":"order","dosageInstruction":[{"text":"one","timing":{"repeat":{` + repeat + `}}}]`
	}
	for _, c := range []struct{ record, more, where, said string }{
		{allergy, on, now, ""},
		{allergy, clinical("inactive"), never, "inactive"},
		{allergy, clinical("resolved"), never, "resolved"},
		{allergy, "", now, "status not given"},
		{allergy, `"verificationStatus":{"coding":[{"code":"unconfirmed"}]}`, unclear, "status not given, unconfirmed"},
		{allergy, `"verificationStatus":{"coding":[{"code":"refuted"}]}`, never, "refuted"},
		{allergy, `"verificationStatus":{"coding":[{"code":"odd"}]}`, unclear, `status not given, verification "odd", see the record`},
		{allergy, clinical("odd"), unclear, `status "odd", see the record`},
		{allergy, `"clinicalStatus":{"text":"Active"}`, now, ""},
		{allergy, `"clinicalStatus":{"coding":[{"system":"urn:x","code":"9"},{"code":"inactive"}]}`, never, "inactive"},
		{allergy, `"clinicalStatus":{"coding":[{"code":"active"},{"code":"resolved"}]}`, unclear, "active, resolved, see the record"},
		{allergy, verified("refuted"), never, "refuted"},
		{allergy, on + `,"verificationStatus":{"coding":[{"code":"confirmed"},{"code":"refuted"}]}`, never, "refuted"},
		{allergy, verified("unconfirmed"), now, "unconfirmed"},
		{allergy, verified("odd"), unclear, `verification "odd", see the record`},
		{allergy, on + `,"modifierExtension":[{"url":"urn:x","valueBoolean":true}]`, unclear, "an addition may change what it says, see the record"},
		{allergy, on + `,"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}]}`, unclear, "marked as test data, see the record"},
		{allergy, on + `,"reaction":[{"manifestation":[{"text":"Hives"}],"modifierExtension":[{"url":"urn:x","valueBoolean":true}]}]`, unclear, "an addition may change"},

		{problem, on, now, ""},
		{`"resourceType":"Condition","code":{"text":"Pregnancy"}`, on + `,"onsetDateTime":"2019-01-01"`, unclear, "longer ago than a pregnancy lasts"},
		{`"resourceType":"Condition","code":{"text":"Pregnancy"}`, on + `,"onsetDateTime":"2019"`, unclear, "longer ago than a pregnancy lasts"},
		{`"resourceType":"Condition","code":{"text":"Pregnancy"}`, on, now, ""},
		{`"resourceType":"Condition","code":{"text":"History of pregnancy loss"}`, on + `,"onsetDateTime":"2019-01-01"`, now, ""},
		{problem, on + `,"onsetDateTime":"2999-01-01"`, unclear, "told to begin on 1 Jan 2999, see the record"},
		{allergy, on + `,"onsetDateTime":"2999"`, unclear, "told to begin on 2999, see the record"},
		{german("A"), "", never, "refuted"},
		{german("A"), on, never, "refuted"},
		{german("A"), verified("confirmed"), unclear, "told as confirmed, yet coded as ruled out, see the record"},
		{german("V"), on, now, "suspected"},
		{german("G"), on, now, ""},
		{german("Z"), on, now, "state after"},
		{taken, status("active") + `,"effectiveDateTime":"2999-01-01"`, never, "from 1 Jan 2999"},
		{taken, status("active") + `,"effectiveDateTime":"2019-01-01"`, now, ""},
		{`"resourceType":"DeviceUseStatement","device":{"display":"X"}`, status("active") + `,"timingDateTime":"2999-01-01"`, never, "from 1 Jan 2999"},
		{problem, clinical("recurrence"), now, "recurrence"},
		{problem, clinical("relapse"), now, "relapse"},
		{problem, clinical("remission"), never, "remission"},
		{problem, clinical("inactive"), never, "inactive"},
		{problem, clinical("resolved") + `,"abatementDateTime":"2020-04-20"`, never, "resolved 20 Apr 2020"},
		{problem, on + `,"abatementDateTime":"2020-04"`, unclear, "told as active, yet as ended Apr 2020"},
		{problem, on + `,"abatementPeriod":{"start":"2020","end":"2021"}`, unclear, "told as active, yet as ended 2021"},
		{problem, on + `,"abatementAge":{"value":40,"unit":"a"}`, unclear, "told as active, yet as ended"},
		{problem, on + `,"abatementRange":{"low":{"value":40}}`, unclear, "told as active, yet as ended"},
		{problem, clinical("recurrence") + `,"onsetDateTime":"2019","abatementDateTime":"2021-05-05"`, unclear, "told as recurrence, yet as ended 5 May 2021"},
		{problem, on + `,"abatementString":"never quite"`, unclear, "an end is given"},
		{problem, on + `,"abatementDateTime":"2030-01-01"`, now, "until 1 Jan 2030"},
		{problem, on + `,"abatementDateTime":"2026-11-21"`, now, "until 21 Nov 2026"},
		{problem, verified("provisional"), now, "provisional"},
		{problem, verified("differential"), now, "differential"},
		{problem, verified("refuted"), never, "refuted"},
		{problem, "", unclear, "status not given"},

		{order, status("active") + `,"intent":"order"`, now, ""},
		{order, status("active") + `,"intent":"instance-order"`, now, ""},
		{order, status("active") + `,"intent":"proposal"`, never, "proposed"},
		{order, status("active") + `,"intent":"plan"`, unclear, "planned"},
		{order, status("draft") + `,"intent":"plan"`, never, "planned"},
		{order, status("active") + `,"intent":"option"`, never, "an option"},
		{order, status("active") + `,"intent":"plan","reportedBoolean":true`, unclear, "planned"},
		{order, status("active") + `,"intent":"plan","reportedReference":{"display":"her daughter"}`, unclear, "planned"},
		{order, status("active") + `,"intent":"plan","reportedBoolean":false`, unclear, "planned"},
		{order, status("active") + `,"intent":"proposal","reportedBoolean":true`, never, "proposed"},
		{order, status("stopped") + `,"intent":"plan","reportedBoolean":true`, never, "stopped"},
		{order, status("active") + `,"intent":"option"`, never, "an option"},
		{order, status("active") + `,"intent":"odd"`, unclear, `intent "odd"`},
		{order, status("active"), unclear, "whether it was ordered is not given"},
		{order, status("on-hold") + `,"intent":"order"`, now, "on hold"},
		{order, status("cancelled") + `,"intent":"order"`, never, "cancelled"},
		{order, status("completed") + `,"intent":"order"`, never, "completed"},
		{order, status("completed") + `,"intent":"order","dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"end":"2027-05-08"}}}}]`, unclear, "completed, planned until 8 May 2027, see the record"},
		{order, status("completed") + `,"intent":"order","dosageInstruction":[{"timing":{"repeat":{"boundsDuration":{"value":4000,"code":"d"}}}}]`, unclear, "completed, planned until"},
		{order, status("completed") + `,"intent":"order","dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"end":"2024-05-08"}}}}]`, never, "completed"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"validityPeriod":{"end":"2027-05-01"}}`, unclear, "completed, prescription valid until 1 May 2027, see the record"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"validityPeriod":{"start":"2026-11-01","end":"2027-05-01"},"expectedSupplyDuration":{"value":30,"code":"d"}}`, unclear, "completed, supply until 1 Dec 2026, see the record"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"validityPeriod":{"start":"2026-10-01","end":"2027-05-01"},"expectedSupplyDuration":{"value":30,"code":"d"}}`, never, "completed"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"expectedSupplyDuration":{"value":1000,"unit":"days"}}`, unclear, "completed, supply until 26 Jan 2027"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"numberOfRepeatsAllowed":11,"expectedSupplyDuration":{"value":12,"unit":"weeks"}}`, unclear, "completed, supply until"},
		{order, status("completed") + `,"intent":"order","dispenseRequest":{"expectedSupplyDuration":{"value":12,"unit":"weeks"}}`, never, "completed"},
		{order, status("stopped") + `,"intent":"order","dispenseRequest":{"expectedSupplyDuration":{"value":1000,"unit":"days"}}`, never, "stopped"},
		{order, status("active") + `,"intent":"order","dispenseRequest":{"expectedSupplyDuration":{"value":12,"unit":"weeks"}}`, now, ""},
		{order, status("stopped") + `,"intent":"order","dosageInstruction":[{"timing":{"repeat":{"boundsPeriod":{"end":"2027-05-08"}}}}]`, never, "stopped"},
		{taken, status("completed") + `,"effectivePeriod":{"start":"2024-05-01","end":"2027-05-08"}`, unclear, "completed, planned until 8 May 2027, see the record"},
		{order, status("stopped") + `,"intent":"order","statusReason":{"text":"bleeding"}`, never, "stopped: bleeding"},
		{order, status("draft") + `,"intent":"order"`, never, "draft"},
		{order, status("unknown") + `,"intent":"order"`, unclear, "status unknown, see the record"},
		{order, status("odd") + `,"intent":"order"`, unclear, `status "odd", see the record`},
		{order, `"intent":"order"`, unclear, "status not given"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2024-05-08"}`), never, "ended 8 May 2024"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2026-11-20"}`), unclear, "told as active, yet as ended 20 Nov 2026"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2026-10-22"}`), unclear, "told as active, yet as ended 22 Oct 2026"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2026-10"}`), unclear, "told as active, yet as ended Oct 2026"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2026-10-21"}`), never, "ended 21 Oct 2026"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2026-11-20"}`) + `,"doNotPerform":true`, unclear, "not to be taken: X told as active, yet as ended 20 Nov 2026"},
		{order, strings.Replace(dose(`"boundsPeriod":{"end":"2026-11-20"}`), "active", "stopped", 1), never, "stopped"},
		{order, strings.Replace(dose(`"boundsPeriod":{"end":"2026-11-20"}`), "active", "unknown", 1), never, "ended 20 Nov 2026"},
		{order, strings.Replace(dose(`"boundsPeriod":{"end":"2026-11-20"}`), `"order"`, `"proposal"`, 1), never, "proposed"},
		{taken, status("active") + `,"effectivePeriod":{"start":"2026-11-01","end":"2026-11-08"}`, unclear, "told as active, yet as ended 8 Nov 2026"},
		{taken, status("active") + `,"effectivePeriod":{"start":"2026-11-01","end":"2026-10-08"}`, never, "ended 8 Oct 2026"},
		{`"resourceType":"Flag","code":{"text":"X"}`, status("active") + `,"period":{"end":"2026-11-20"}`, never, "ended 20 Nov 2026"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2027-05-08"}`), now, "until 8 May 2027"},
		{order, dose(`"boundsPeriod":{"start":"2027-05-01"}`), never, "from 1 May 2027"},
		{order, dose(`"boundsPeriod":{"start":"2024-05-01","end":"2024-05-08"}`)[:len(dose(`"boundsPeriod":{"start":"2024-05-01","end":"2024-05-08"}`))-1] + `,{"text":"then another"}]`, now, ""},
		{order, dose(`"boundsDuration":{"value":7,"code":"d"}`), unclear, "ordered for a time until 8 May 2024"},
		{order, dose(`"boundsDuration":{"value":7,"code":"d"}`)[:len(dose(`"boundsDuration":{"value":7,"code":"d"}`))-1] + `,{"timing":{"repeat":{"boundsDuration":{"value":3,"code":"d"}}}}]`, unclear, "ordered for a time until 8 May 2024"},
		{order, dose(`"boundsDuration":{"value":36,"code":"h"}`), unclear, "ordered for a time until 3 May 2024"},
		{order, dose(`"boundsDuration":{"value":4000,"code":"d"}`), now, ""},
		{order, dose(`"count":1`), unclear, "ordered for a time until 2 May 2024"},
		{order, dose(`"count":6,"frequency":1,"period":21,"periodUnit":"d"`), unclear, "ordered for a time until 5 Sep 2024"},
		{order, dose(`"count":600,"frequency":1,"period":21,"periodUnit":"d"`), now, ""},
		{order, dose(`"count":6`), now, ""},
		{order, dose(`"boundsDuration":{"value":99999,"code":"a"}`), now, ""},
		{order, strings.Replace(dose(`"count":1`), `"text":"one"`, `"asNeededBoolean":true`, 1), now, ""},
		{order, strings.Replace(dose(`"count":1`), `"repeat":{"count":1}`, `"event":["2026-10-12","2026-10-19T10:00:00Z"]`, 1), unclear, "last dose on 19 Oct 2026"},
		{order, strings.Replace(dose(`"count":1`), `"repeat":{"count":1}`, `"event":["2999-10-12"]`, 1), now, "last dose on 12 Oct 2999"},
		{order, status("active") + `,"intent":"order","dispenseRequest":{"validityPeriod":{"end":"2025-05-01"}}`, unclear, "prescription valid until 1 May 2025"},
		{order, status("active") + `,"intent":"order","doNotPerform":true`, now, "not to be taken: X"},
		{order, status("active") + `,"intent":"proposal","doNotPerform":true`, never, "not to be taken: X"},
		{order, status("active") + `,"intent":"order","doNotPerform":false`, now, ""},

		{taken, status("active"), now, ""},
		{taken, status("active") + `,"effectivePeriod":{"start":"2015-02-01","end":"2015-02-08"}`, never, "ended 8 Feb 2015"},
		{taken, status("active") + `,"effectivePeriod":{"start":"2015-02-01","end":"2027"}`, now, "until 2027"},
		{taken, status("active") + `,"effectivePeriod":{"start":"2027-02-01"}`, never, "from 1 Feb 2027"},
		{taken, status("intended"), never, "intended"},
		{taken, status("not-taken"), never, "not taken"},
		{taken, status("stopped"), never, "stopped"},
		{taken, status("completed"), never, "completed"},
		{order, status("on-hold") + `,"intent":"proposal"`, never, "proposed, on hold"},
		{taken, status("on-hold"), now, "on hold"},
		{taken, status("unknown"), unclear, "status unknown"},

		{`"resourceType":"Flag","code":{"text":"X"}`, status("active"), now, ""},
		{`"resourceType":"Flag","code":{"text":"X"}`, status("inactive"), never, "inactive"},
		{`"resourceType":"Flag","code":{"text":"X"}`, status("active") + `,"period":{"end":"2025-01-01"}`, never, "ended 1 Jan 2025"},
		{`"resourceType":"Device","type":{"text":"X"}`, status("active"), now, ""},
		{`"resourceType":"Device","type":{"text":"X"}`, status("inactive"), unclear, "inactive, not told to be out"},
		{`"resourceType":"DeviceUseStatement","device":{"display":"X"}`, status("active"), now, ""},
		{`"resourceType":"DeviceUseStatement","device":{"display":"X"}`, status("stopped"), never, "stopped"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("active") + `,"intent":"order"`, never, "ordered"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("active") + `,"intent":"order","doNotPerform":true`, now, "not to be done: X"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("active") + `,"intent":"directive","doNotPerform":true`, now, "not to be done: X"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("revoked") + `,"intent":"order","doNotPerform":true`, never, "revoked"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("active") + `,"intent":"order","occurrencePeriod":{"end":"2021-12-04"}`, never, "ordered, ended 4 Dec 2021"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("completed") + `,"intent":"order","occurrencePeriod":{"end":"2021-12-04"}`, never, "ordered, completed planned until 4 Dec 2021\n"},
		{problem, verified("provisional") + `,"abatementDateTime":"2020-04"`, unclear, "told as active, yet as ended Apr 2020, provisional"},
		{taken, status("completed") + `,"effectivePeriod":{"end":"2015-02-08"}`, never, "completed 8 Feb 2015"},
		{`"resourceType":"ServiceRequest","code":{"text":"X"}`, status("draft") + `,"intent":"order"`, never, "draft"},
		{`"resourceType":"Procedure","code":{"text":"X"}`, status("not-done") + `,"statusReason":{"text":"refused"}`, never, "not done: refused"},
		{`"resourceType":"Procedure","code":{"text":"X"}`, status("preparation"), never, "preparation"},
		{`"resourceType":"Immunization","vaccineCode":{"text":"X"}`, status("not-done") + `,"statusReason":{"text":"refused"}`, never, "not done: refused"},
		{`"resourceType":"MedicationDispense","medicationCodeableConcept":{"text":"X"}`, status("declined"), never, "declined"},
		{`"resourceType":"MedicationAdministration","medicationCodeableConcept":{"text":"X"}`, status("not-done"), never, "not done"},
		{`"resourceType":"Observation","code":{"text":"X"}`, status("cancelled"), never, "cancelled"},
		{`"resourceType":"Observation","code":{"text":"X"}`, status("preliminary"), never, "preliminary"},
		{`"resourceType":"Observation","code":{"text":"X"}`, status("amended"), never, "amended"},
		{`"resourceType":"Goal","description":{"text":"X"}`, `"lifecycleStatus":"rejected"`, never, "rejected"},
		{`"resourceType":"CarePlan","title":"X"`, status("revoked") + `,"intent":"plan"`, never, "revoked"},
		{`"resourceType":"CarePlan","title":"X"`, status("active") + `,"intent":"proposal"`, never, "proposed"},
		{`"resourceType":"Encounter","type":[{"text":"X"}],"class":{"code":"AMB"}`, status("cancelled"), never, "cancelled"},
		{`"resourceType":"Encounter","type":[{"text":"X"}],"class":{"code":"AMB"}`, status("planned"), never, "planned"},
		{`"resourceType":"DocumentReference","type":{"text":"X"}`, status("superseded"), never, "superseded"},
		{`"resourceType":"DocumentReference","type":{"text":"X"}`, status("current") + `,"docStatus":"preliminary"`, never, "preliminary"},
		{`"resourceType":"Task","code":{"text":"X"}`, status("rejected"), never, "rejected"},

		{allergy, on + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}`, none, "no known allergy"},
		{allergy, on + `,"code":{"text":"NKDA"}`, none, "NKDA"},
		{allergy, on + `,"code":{"text":"Keine bekannten Allergien"}`, none, "Keine bekannten Allergien"},
		{allergy, on + `,"code":{"text":"Pas d'allergie médicamenteuse connue"}`, none, "Pas d'allergie"},
		{allergy, on + `,"code":{"text":"No allergies known."}`, none, "No allergies known"},
		{allergy, on + `,"code":{"text":"Sin alergias a X"}`, now, "Sin alergias a X"},
		{allergy, on + `,"code":{"text":"Allergie"}`, now, "Allergie"},
		{allergy, on + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"},{"system":"http://snomed.info/sct","code":"91935009","display":"Allergy to peanut"}]}`, now, "peanut"},
		{allergy, on + `,"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown"}],"text":"Peanut"}`, now, "Peanut"},
		{allergy, on + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}],"text":"but hives from X"}`, none, `no known allergy ("but hives from X")`},
		{allergy, on + `,"code":{"text":"No known drug allergies except X"}`, now, "except X"},
		{allergy, verified("refuted") + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}`, never, "refuted"},
	} {
		more := c.more
		if more != "" {
			more = "," + more
		}
		record := `{` + c.record + more + `}`
		if strings.Contains(c.more, `"code":{`) && strings.HasPrefix(c.record, allergy) && strings.Count(record, `"code":{`) > 1 {
			record = `{"resourceType":"AllergyIntolerance"` + more + `}`
		}
		s := Tell(lines("A", record), Options{Kinds: allKinds})
		where := never
		for name, list := range map[string][]Entry{now: s.Now, unclear: s.Unclear, none: s.Absent} {
			if len(list) > 0 {
				where = name
			}
		}
		if where != c.where {
			t.Errorf("%s: stands under %q, want %q", record, where, c.where)
		}
		if len(s.Now)+len(s.Unclear)+len(s.Absent) > 1 {
			t.Errorf("%s: stands in two places", record)
		}
		told := ""
		for _, e := range append(all(s), append(s.Now, append(s.Unclear, s.Absent...)...)...) {
			told += fmt.Sprintln(e.Name, e.Status, e.Note)
		}
		if !strings.Contains(told, c.said) || len(all(s)) != 1 {
			t.Errorf("%s: is told as %q, want %q", record, told, c.said)
		}
	}
}

// What was decided about resuscitation stands first, wherever its system wrote it,
// with its date; a finding that only has the words does not.
func TestR38DirectivesStandAtTheTop(t *testing.T) {
	const order = `"resourceType":"ServiceRequest","status":"active","intent":"order","authoredOn":"2026-11-20"`
	allergy := `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Peanut"}}`
	for record, want := range map[string]string{
		order + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"304253006","display":"Not for resuscitation"}]}`: "Not for resuscitation (ordered 20 Nov 2026)",
		order + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"450476008"}]}`:                                   "not for attempted CPR (ordered 20 Nov 2026)",
		order + `,"code":{"text":"DNR/DNI"}`:                                           "DNR/DNI (ordered 20 Nov 2026)",
		order + `,"code":{"text":"No blood"}`:                                          "No blood (ordered 20 Nov 2026)",
		order + `,"code":{"text":"Cardiopulmonary resuscitation"},"doNotPerform":true`: "not to be done: Cardiopulmonary resuscitation (ordered 20 Nov 2026)",
		`"resourceType":"Observation","status":"final","code":{"text":"Status"},"effectiveDateTime":"2015-11-20","valueCodeableConcept":{"text":"DNACPR"}`:                                                                                                                                 "Status: DNACPR (of 20 Nov 2015)",
		`"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"81352-3","display":"CPR orders"}]},"effectiveDateTime":"2015-11-20","valueString":"Do not attempt CPR"`:                                                                      "CPR orders: Do not attempt CPR (of 20 Nov 2015)",
		`"resourceType":"DocumentReference","status":"current","type":{"coding":[{"system":"http://loinc.org","code":"84095-9","display":"POLST"}]},"date":"2026-11-20T00:00:00Z"`:                                                                                                         "POLST (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Healthcare Power of Attorney"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                               "Healthcare Power of Attorney (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Durable power of attorney for health care"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                  "Durable power of attorney for health care (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Medical power of attorney"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                                  "Medical power of attorney (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"ADRT"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                                                       "ADRT (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Betreuungsverfügung"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                                        "Betreuungsverfügung (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Personne de confiance"},"date":"2026-11-20T00:00:00Z"`:                                                                                                                                                      "Personne de confiance (advance directive of 20 Nov 2026: see the record)",
		`"resourceType":"Consent","status":"active","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentcategorycodes","code":"dnr","display":"Do Not Resuscitate"}]}],"dateTime":"2024-05-01"`:                                                                 "(recorded 1 May 2024)",
		`"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"category":[{"text":"Transfusion"}],"provision":{"type":"permit","provision":[{"type":"deny","code":[{"text":"Red cells"}]}]}`: "Transfusion",
		`"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"category":[{"text":"Refusal of blood products"}]`:                                                                             "Refusal of blood products",
		`"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"adr"}]},"category":[{"text":"Wishes"}]`:                                                                                                      "Wishes",
		`"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"Wishes"}],"provision":{"code":[{"coding":[{"system":"http://snomed.info/sct","code":"304253006"}]}]}`:                                                                                        "Wishes",
		`"resourceType":"Consent","status":"active","scope":{"text":"Einwilligung"},"category":[{"text":"Keine Reanimation"}],"dateTime":"2025-01-01"`:                                                                                                                                     "Keine Reanimation",
		`"resourceType":"Flag","status":"active","code":{"text":"Ne pas réanimer"}`:                                                                                                                                                                                                        "Ne pas réanimer",
		`"resourceType":"Flag","status":"active","code":{"text":"Full code"}`:                                                                                                                                                                                                              "Full code",
		`"resourceType":"CarePlan","status":"active","intent":"plan","title":"Advance care plan","description":"No ICU"`:                                                                                                                                                                   "Advance care plan (No ICU)",
		`"resourceType":"DocumentReference","status":"current","type":{"text":"Formular"},"description":"Patientenverfügung vom 1. Mai","date":"2026-05-01T00:00:00Z"`:                                                                                                                     "Patientenverfügung vom 1. Mai",
		`"resourceType":"ServiceRequest","status":"on-hold","intent":"order","authoredOn":"2026-11-20","code":{"text":"DNR"}`:                                                                                                                                                              "on hold: DNR (whether it holds meanwhile is not said, ordered 20 Nov 2026)",
	} {
		s := Tell(lines("A", `{`+record+`}`, allergy), Options{Kinds: allKinds})
		text := s.Text(Page{Width: 200})
		if _, now, _ := strings.Cut(text, "Now\n"); !strings.HasPrefix(now, "  directive") || !strings.Contains(strings.SplitN(now, "\n", 2)[0], want) {
			t.Errorf("%s: not at the top as %q:\n%s", record, want, text)
		}
	}
	for _, record := range []string{
		`"resourceType":"ServiceRequest","status":"revoked","intent":"order","code":{"text":"DNR"}`,
		`"resourceType":"ServiceRequest","status":"draft","intent":"order","code":{"text":"DNR"}`,
		`"resourceType":"DocumentReference","status":"superseded","type":{"text":"Living will"}`,
		`"resourceType":"DocumentReference","status":"current","type":{"coding":[{"system":"http://loinc.org","code":"42349-1","display":"Reason for referral"}]}`,
		`"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"category":[{"text":"Surgery"}],"provision":{"type":"permit"}`,
		`"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"text":"Sharing"}],"provision":{"type":"deny"}`,
		`"resourceType":"Observation","status":"final","code":{"text":"Stool"},"valueString":"No blood seen"`,
		`"resourceType":"Procedure","status":"completed","code":{"text":"DNR discussion"}`,
	} {
		if s := Tell(lines("A", `{`+record+`}`), Options{Kinds: allKinds}); len(s.Now) > 0 {
			t.Errorf("%s stands under Now", record)
		}
	}
}

// A medicine on hold is not silently absent, nor one to be taken.
func TestR38WhatIsOnHoldIsMarked(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"MedicationRequest","status":"on-hold","statusReason":{"text":"AKI"},"intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"metformin"}}`), Options{})
	expectText(t, s, []string{"on hold: metformin (not to be taken until resumed: AKI, ordered 1 Oct 2026)"})
	if len(s.Now) != 1 || s.Now[0].Active {
		t.Errorf("now %v", s.Now)
	}
	// Nor is a prohibition: whoever put it on hold may have meant it either way.
	s = Tell(lines("A", `{"resourceType":"MedicationRequest","status":"on-hold","doNotPerform":true,"intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"aspirin"}}`,
		`{"resourceType":"ServiceRequest","status":"on-hold","doNotPerform":true,"intent":"order","authoredOn":"2026-10-01","code":{"text":"MRI"}}`), Options{})
	expectText(t, s, []string{"on hold: not to be taken: aspirin (whether it holds meanwhile is not said, ordered 1 Oct 2026)", "not to do on hold: not to be done: MRI"})
}

// A note that one tells as a report and another as a directive is a directive.
func TestR38ADirectiveIsNotMergedAway(t *testing.T) {
	const form = `{"contentType":"text/plain","data":"Tm8gQ1BSIHBsZWFzZS4="}`
	report := `{"resourceType":"DiagnosticReport","id":"r","status":"final","code":{"text":"Note"},"effectiveDateTime":"2026-10-01","presentedForm":[` + form + `]}`
	document := `{"resourceType":"DocumentReference","id":"d","status":"current","type":{"text":"Note"},"category":[{"coding":[{"system":"http://loinc.org","code":"42348-3"}]}],"date":"2026-10-01T00:00:00Z","content":[{"attachment":` + form + `}]}`
	plain := `{"resourceType":"DocumentReference","id":"p","status":"current","type":{"text":"Note"},"date":"2026-10-01T00:00:00Z","content":[{"attachment":` + form + `}]}`
	for _, records := range [][]string{{report, document}, {document, report}, {document, plain}, {plain, document}, {report, plain, document}} {
		for _, sources := range []string{"AAA", "ABC", "CBA"} {
			var items []Item
			for i, r := range records {
				items = append(items, lines(sources[i:i+1], r)...)
			}
			if s := Tell(items, Options{Kinds: allKinds}); len(s.Now) != 1 || !s.Now[0].Active {
				t.Errorf("%s of %s: now %q", records, sources, names(s.Now))
			}
		}
	}
}

// The day on which something ended is not the day since when it is so.
func TestR38AnEndIsNoBeginning(t *testing.T) {
	s := Tell(lines("A", `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"X"},"abatementDateTime":"2021-05-05"}`), Options{})
	expectText(t, s, []string{"X (told as active, yet as ended 5 May 2021)"})
}

// What stopped did not stop on the day for which its end was planned: only an end
// that is told as having been is said with the status.
func TestR38APlannedEndIsNoStop(t *testing.T) {
	const (
		order = `"resourceType":"MedicationRequest","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"X"}`
		taken = `"resourceType":"MedicationStatement","medicationCodeableConcept":{"text":"X"}`
	)
	for _, c := range []struct{ record, status string }{
		{order + `,"status":"stopped","statusReason":{"text":"bleed"},"dispenseRequest":{"validityPeriod":{"end":"2027-10-01"}}`, "stopped: bleed"},
		{order + `,"status":"completed","dispenseRequest":{"validityPeriod":{"end":"2026-10-25"}}`, "completed"},
		{order + `,"status":"stopped","dosageInstruction":[{"text":"one","timing":{"repeat":{"boundsPeriod":{"start":"2026-10-01","end":"2026-10-08"}}}}]`, "stopped"},
		{order + `,"status":"stopped","dosageInstruction":[{"text":"one","timing":{"repeat":{"boundsDuration":{"value":7,"code":"d"}}}}]`, "stopped"},
		{order + `,"status":"cancelled","dispenseRequest":{"validityPeriod":{"end":"2027-10-01"}}`, "cancelled"},
		{`"resourceType":"ServiceRequest","intent":"order","status":"revoked","code":{"text":"X"},"occurrencePeriod":{"start":"2026-12-01","end":"2026-12-31"}`, "ordered, revoked"},
		{`"resourceType":"Consent","status":"inactive","dateTime":"2024-05-01","provision":{"period":{"end":"2025-01-01"}}`, "inactive"},
		{taken + `,"status":"stopped","effectivePeriod":{"start":"2026-10-01","end":"2026-10-08"}`, "stopped 8 Oct 2026"},
		{taken + `,"status":"stopped","effectivePeriod":{"start":"2026-10-01","end":"2027-10-08"}`, "stopped, planned until 8 Oct 2027"},
		{taken + `,"status":"on-hold","effectivePeriod":{"start":"2026-10-01","end":"2027-10-08"}`, "on hold, planned until 8 Oct 2027"},
		{taken + `,"status":"not-taken","effectivePeriod":{"start":"2026-10-01","end":"2027-10-08"}`, "not taken, until 8 Oct 2027"},
		{`"resourceType":"Flag","status":"inactive","code":{"text":"X"},"period":{"start":"2026-10-01","end":"2027-10-08"}`, "inactive, planned until 8 Oct 2027"},
		{taken + `,"status":"stopped","dosage":[{"timing":{"repeat":{"boundsPeriod":{"end":"2026-10-08"}}}}]`, "stopped"},
		{`"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"X"},"abatementDateTime":"2026-10-08"`, "resolved 8 Oct 2026"},
	} {
		if s := Tell(lines("A", `{`+c.record+`}`), Options{Kinds: allKinds}); len(all(s)) != 1 || all(s)[0].Status != c.status {
			t.Errorf("%s: is told as %q, want %q", c.record, all(s)[0].Status, c.status)
		}
	}
}

// The day of reading decides what is over; who gives none, nor anchors, is told
// that nobody knows.
func TestR38TheDayOfReadingDecides(t *testing.T) {
	record := `{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"X"},"effectivePeriod":{"end":"2026-12-24"}}`
	items := lines("A", record)
	for day, want := range map[string]int{"2026-12-24T23:00:00Z": 1, "2026-12-25T00:00:00Z": 0, "2020-01-01T00:00:00Z": 1} {
		when, _ := time.Parse(time.RFC3339, day)
		if got := len(Tell(items, Options{At: when}).Now); got != want {
			t.Errorf("on %s: %d now, want %d", day, got, want)
		}
	}
	items[0].Anchored = time.Time{}
	if s := Tell(items, Options{}); len(s.Now) != 0 || len(s.Unclear) != 1 || s.Unclear[0].Status != "active, until 24 Dec 2026" {
		t.Errorf("without any time: now %v, unclear %v", names(s.Now), s.Unclear)
	}
}
