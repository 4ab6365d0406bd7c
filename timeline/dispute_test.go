package timeline_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/stele-health/stele/timeline"
)

// Whoever reads Now alone must not miss that another source, or a later record, tells
// it otherwise.
func TestR38WhatTellsOtherwiseIsSaidUnderNow(t *testing.T) {
	taken := func(name, status, period string) string {
		return `{"resourceType":"MedicationStatement","status":"` + status + `","medicationCodeableConcept":{"text":"` + name + `"},"effectivePeriod":{` + period + `},"statusReason":[{"text":"GI bleed"}]}`
	}
	flag := func(status, period string) string {
		return `{"resourceType":"Flag","status":"` + status + `","code":{"text":"Violent"},"period":{` + period + `}}`
	}
	number := func(n, updated, record string) string {
		return strings.Replace(record, `{`, `{"identifier":[{"system":"urn:x","value":"`+n+`"}],"meta":{"lastUpdated":"`+updated+`T00:00:00Z"},`, 1)
	}
	why := func(reason, record string) string { return strings.Replace(record, "GI bleed", reason, 1) }
	order := func(name, status, day string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"` + day + `"}`
	}
	allergy := func(verification, day string) string {
		return `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"` + verification + `"}]},"code":{"text":"Penicillin"},"recordedDate":"` + day + `"}`
	}
	problem := func(status, more string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"` + status + `"}]},"code":{"text":"Gout"}` + more + `}`
	}
	code := func(value, day string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Code status"},"effectiveDateTime":"` + day + `","valueCodeableConcept":{"text":"` + value + `"}}`
	}
	pacemaker := `{"resourceType":"Device","id":"pm","status":"active","deviceName":[{"name":"Pacemaker","type":"user-friendly-name"}]}`
	ordered := strings.Replace(order("Ramipril", "active", "2026-10-01"), `{`, `{"id":"m",`, 1)
	listed := func(day, mark string) string {
		return `{"resourceType":"List","status":"current","mode":"snapshot","title":"Discharge list","date":"` + day + `","entry":[{` + mark + `"item":{"reference":"MedicationRequest/m"}}]}`
	}
	named := func(day, name string) string {
		return `{"resourceType":"List","status":"current","mode":"changes","title":"Discharge list","date":"` + day + `","entry":[{"deleted":true,"item":{"display":"` + name + `"}}]}`
	}
	out := func(name, status string) string {
		return `{"resourceType":"Procedure","status":"` + status + `","code":{"text":"` + name + `"},"performedDateTime":"2024-03-01"}`
	}
	for _, c := range []struct {
		what      string
		same      bool // of one source
		now, then string
		yet       string // "" for nothing against it
	}{
		{"stopped elsewhere", false, taken("Aspirin", "active", `"start":"2020-01-01"`), taken("Aspirin", "stopped", `"start":"2020-01-01","end":"2026-05-01"`), "yet told as stopped 1 May 2026: GI bleed [2]"},
		{"stopped before it was ordered", false, order("Aspirin", "active", "2026-09-01"), why("", taken("Aspirin", "stopped", `"start":"2020-01-01","end":"2026-05-01"`)), ""},
		{"stopped, nobody knows when", false, order("Aspirin", "active", "2026-09-01"), taken("Aspirin", "stopped", `"start":"2020-01-01"`), "yet told as stopped: GI bleed"},
		{"stopped without a reason, nobody knows when", false, order("Aspirin", "active", "2026-09-01"), why("", taken("Aspirin", "stopped", `"start":"2020-01-01"`)), "yet told as stopped [2] 2026"},
		{"an old order that was stopped", false, order("Aspirin", "active", "2026-09-01"), order("Aspirin", "stopped", "2019-09-01"), ""},
		{"an old order that was stopped for a reason", false, taken("Clozapine 300 mg", "active", `"start":"2026-09-01"`), strings.Replace(order("Clozapine", "stopped", "2024-01-01"), `{`, `{"statusReason":{"text":"agranulocytosis"},`, 1), "yet Clozapine told as stopped: agranulocytosis (ordered 1 Jan 2024) [2]"},
		{"stopped for a reason, then ordered anew by one source", true, order("Aspirin", "active", "2026-09-01"), strings.Replace(order("Aspirin", "stopped", "2024-01-01"), `{`, `{"statusReason":{"text":"operation"},`, 1), "yet told as stopped: operation (ordered 1 Jan 2024)"},
		{"cancelled for a reason, beside another order of one source", true, order("Metformin 500 mg", "active", "2026-09-01"), strings.Replace(order("Metformin", "cancelled", "2026-09-03"), `{`, `{"statusReason":{"text":"eGFR 22"},`, 1), "yet Metformin told as cancelled: eGFR 22"},
		{"cancelled for a reason elsewhere, before", false, order("Metformin", "active", "2026-09-01"), strings.Replace(order("Metformin", "cancelled", "2026-08-03"), `{`, `{"statusReason":{"text":"eGFR 22"},`, 1), "yet told as cancelled: eGFR 22 (ordered 3 Aug 2026) [2]"},
		{"stopped for a reason, written with accents", false, order("Kardegic 75 mg", "active", "2026-09-01"), strings.Replace(order("Kardégic", "stopped", "2020-01-01"), `{`, `{"statusReason":{"text":"hémorragie"},`, 1), "yet Kardégic told as stopped: hémorragie"},
		{"paused on another's list, in German", false, ordered, strings.Replace(named("2026-11-10", "Ramipril 5 mg"), `"deleted":true`, `"flag":{"text":"pausiert"}`, 1), "yet struck out in Discharge list: pausiert (10 Nov 2026) [2]"},
		{"stopped on another's list, in French", false, ordered, strings.Replace(named("2026-11-10", "Ramipril 5 mg"), `"deleted":true`, `"flag":{"text":"ARRÊTÉ (IRA)"}`, 1), "yet struck out in Discharge list: ARRÊTÉ (IRA) (10 Nov 2026) [2]"},
		{"new on another's list, in German", false, ordered, strings.Replace(named("2026-11-10", "Ramipril 5 mg"), `"deleted":true`, `"flag":{"text":"neu"}`, 1), ""},
		{"held elsewhere", false, order("Clozapine 300 mg", "active", "2026-10-10"), strings.Replace(order("Clozapine 200 mg", "on-hold", "2026-11-01"), `{`, `{"statusReason":{"text":"neutrophils 1.2"},`, 1), "yet Clozapine 200 mg told as on hold: neutrophils 1.2 [2]"},
		{"held since by one source", true, order("Marcumar 3 mg", "active", "2026-10-01"), taken("Marcumar", "on-hold", `"start":"2026-11-16"`), "yet Marcumar told as on hold: GI bleed"},
		{"held before it was ordered", false, order("Clozapine", "active", "2026-11-10"), order("Clozapine", "on-hold", "2026-11-01"), ""},
		{"another medicine held", false, order("Clozapine", "active", "2026-10-10"), order("Lithium", "on-hold", "2026-11-01"), ""},
		{"taken once and stopped for a reason", false, order("Simvastatin 20 mg", "active", "2026-09-01"), why("rhabdomyolysis", taken("Simvastatin 40 mg", "stopped", `"start":"2020-01-01","end":"2021-05-01"`)), "yet Simvastatin 40 mg told as stopped 1 May 2021: rhabdomyolysis [2]"},
		{"not taken for a reason, long before", true, order("Naproxen 500 mg", "active", "2026-09-01"), taken("Naproxen", "not-taken", `"start":"2020-01-01"`), "yet Naproxen told as not taken: GI bleed (since 1 Jan 2020)"},
		{"taken once and completed for a reason", false, order("Naproxen", "active", "2026-09-01"), why("course done", taken("Naproxen", "completed", `"start":"2020-01-01","end":"2020-02-01"`)), ""},
		{"cancelled for no reason", false, order("Metformin", "active", "2026-09-01"), order("Metformin", "cancelled", "2026-09-03"), ""},
		{"another medicine cancelled for a reason", false, order("Metformin", "active", "2026-09-01"), strings.Replace(order("Gliclazide", "cancelled", "2026-08-03"), `{`, `{"statusReason":{"text":"hypoglycaemia"},`, 1), ""},
		{"more than one strength", false, order("Bisoprolol 5 mg", "active", "2026-01-01"), taken("bisoprolol", "stopped", `"start":"2020-01-01","end":"2026-05-01"`), "yet bisoprolol told as stopped 1 May 2026"},
		{"another strength", false, order("Bisoprolol 5 mg", "active", "2026-01-01"), order("Bisoprolol 2.5 mg", "stopped", "2026-02-01"), ""},
		{"a course that was completed", false, order("Aspirin", "active", "2020-01-01"), order("Aspirin", "completed", "2026-01-01"), ""},
		{"ordered anew by one source", true, order("Aspirin", "active", "2026-01-01"), order("Aspirin", "stopped", "2026-01-01"), ""},
		{"stopped later by one source", true, order("Aspirin", "active", "2026-01-01"), order("Aspirin", "stopped", "2026-03-01"), "yet told as stopped"},
		{"refuted since", false, allergy("confirmed", "2019-01-01"), allergy("refuted", "2022-05-01"), "yet told as refuted (1 May 2022) [2]"},
		{"refuted since, in the singular", false, strings.Replace(allergy("confirmed", "2019-01-01"), "Penicillin", "PENICILLINS", 1), allergy("refuted", "2022-05-01"), "yet Penicillin told as refuted (1 May 2022) [2]"},
		{"refuted since, in another language", false, strings.Replace(allergy("confirmed", "2019-01-01"), "Penicillin", "Allergie à la pénicilline", 1), allergy("refuted", "2022-05-01"), "yet Penicillin told as refuted (1 May 2022) [2]"},
		{"another refuted since", false, strings.Replace(allergy("confirmed", "2019-01-01"), "Penicillin", "Amoxicillin", 1), allergy("refuted", "2022-05-01"), ""},
		{"refuted since by one source", true, allergy("confirmed", "2019-01-01"), allergy("refuted", "2022-05-01"), "yet told as refuted (1 May 2022)"},
		{"told again after it was refuted", false, allergy("confirmed", "2023-01-01"), allergy("refuted", "2022-05-01"), ""},
		{"resolved elsewhere", false, problem("active", `,"onsetDateTime":"2015"`), problem("resolved", `,"onsetDateTime":"2010","abatementDateTime":"2020-02-03"`), "yet told as resolved 3 Feb 2020 [2]"},
		{"resolved before it began", false, problem("active", `,"onsetDateTime":"2021"`), problem("resolved", `,"onsetDateTime":"2010","abatementDateTime":"2020-02-03"`), ""},
		{"another bout of one source", true, problem("active", `,"onsetDateTime":"2015"`), problem("resolved", `,"onsetDateTime":"2019","abatementDateTime":"2020-02-03"`), ""},
		{"resolved since by one source", true, problem("active", `,"onsetDateTime":"2015"`), problem("resolved", `,"onsetDateTime":"2015","abatementDateTime":"2020-02-03"`), "yet told as resolved 3 Feb 2020"},
		{"in remission since by one source", true, problem("active", `,"recordedDate":"2015-01-01"`), problem("remission", `,"recordedDate":"2020-02-03"`), "yet told as remission (recorded 3 Feb 2020)"},
		{"resolved before, by one source", true, problem("active", `,"recordedDate":"2020-02-03"`), problem("resolved", `,"recordedDate":"2015-01-01"`), ""},
		{"a flag that another took down", false, flag("active", `"start":"2020-01-01"`), flag("inactive", `"start":"2020-01-01","end":"2025-03-01"`), "yet told as inactive 1 Mar 2025 [2]"},
		{"a flag that another took down before", false, flag("active", `"start":"2025-05-01"`), flag("inactive", `"start":"2020-01-01","end":"2025-03-01"`), ""},
		{"written out again, and stopped", true, number("2", "2026-02-01", order("Aspirin", "active", "2026-01-01")), number("2", "2026-03-01", order("Aspirin", "stopped", "2026-01-01")), "yet told as stopped"},
		{"written out again, and begun anew", true, number("2", "2026-03-01", order("Aspirin", "active", "2026-01-01")), number("2", "2026-02-01", order("Aspirin", "stopped", "2026-01-01")), ""},
		{"of another number", true, number("2", "2026-02-01", order("Aspirin", "active", "2026-01-01")), number("3", "2026-03-01", order("Aspirin", "stopped", "2026-01-01")), ""},
		{"of an empty number", true, number("", "2026-02-01", order("Aspirin", "active", "2026-01-01")), number("", "2026-03-01", order("Aspirin", "stopped", "2026-01-01")), ""},
		{"another medicine of one number", true, number("2", "2026-02-01", order("Aspirin", "active", "2026-01-01")), number("2", "2026-03-01", order("Ramipril", "stopped", "2026-01-01")), ""},
		{"written out again, and inactive", true, number("2", "2026-02-01", allergy("confirmed", "2019-01-01")), strings.Replace(number("2", "2026-03-01", allergy("confirmed", "2019-01-01")), `"active"`, `"inactive"`, 1), "yet told as inactive (recorded 1 Jan 2019)"},
		{"a directive written out again, and inactive", true, strings.Replace(number("2", "2026-02-01", flag("active", `"start":"2020-01-01"`)), "Violent", "DNACPR", 1), strings.Replace(number("2", "2026-03-01", flag("inactive", `"start":"2020-01-01"`)), "Violent", "DNACPR", 1), "yet DNACPR (inactive"},
		{"answered otherwise since", true, code("DNR", "2026-10-10"), code("DNI", "2026-10-20"), "yet told as DNI (20 Oct 2026)"},
		{"answered otherwise elsewhere", false, code("DNR", "2026-10-10"), code("Full code", "2026-10-20"), "yet told as Full code (20 Oct 2026) [2]"},
		{"answered otherwise before", true, code("DNR", "2026-10-20"), `{"resourceType":"Observation","status":"final","code":{"text":"Another"},"effectiveDateTime":"2026-10-21","valueCodeableConcept":{"text":"DNI"}}`, ""},
		{"no longer used", true, pacemaker, `{"resourceType":"DeviceUseStatement","status":"completed","device":{"reference":"Device/pm"},"timingPeriod":{"start":"2015-01-01","end":"2024-03-01"}}`, "yet told as completed 1 Mar 2024"},
		{"its use was stopped", true, pacemaker, `{"resourceType":"DeviceUseStatement","status":"stopped","device":{"reference":"Device/pm"}}`, "yet told as stopped"},
		{"taken out", true, pacemaker, `{"resourceType":"Procedure","status":"completed","code":{"text":"Explantation"},"performedDateTime":"2024-03-01","focalDevice":[{"manipulated":{"reference":"Device/pm"}}]}`, "yet Explantation (1 Mar 2024)"},
		{"taken out before it was told", true, `{"resourceType":"DeviceUseStatement","status":"active","device":{"reference":"Device/pm","display":"Pacemaker"},"timingPeriod":{"start":"2025-01-01"}}`, `{"resourceType":"Procedure","status":"completed","code":{"text":"Explantation"},"performedDateTime":"2024-03-01","focalDevice":[{"manipulated":{"reference":"Device/pm"}}]}`, "yet Explantation (1 Mar 2024)"},
		{"taken off a list", true, ordered, listed("2026-11-10", `"deleted":true,`), "yet struck out in Discharge list (10 Nov 2026)"},
		{"stopped on a list", true, ordered, listed("2026-11-10", `"flag":{"text":"STOPPED: AKI"},`), "yet struck out in Discharge list: STOPPED: AKI (10 Nov 2026)"},
		{"new on a list", true, ordered, listed("2026-11-10", `"flag":{"text":"new"},`), ""},
		{"stopped on an earlier list", true, ordered, listed("2026-01-10", `"flag":{"text":"STOPPED"},`), ""},
		{"stopped on another's list", false, ordered, listed("2026-11-10", `"flag":{"text":"STOPPED"},`), ""},
		{"taken by an order that was stopped", true, taken("Aspirin", "active", `"start":"2026-01-01"},"basedOn":[{"reference":"MedicationRequest/m"}],"note":{`), strings.Replace(order("Aspirin", "stopped", "2024-01-01"), `{`, `{"id":"m",`, 1), "yet told as stopped"},
		{"taken by an order that was stopped since, told once", true, taken("Aspirin", "active", `"start":"2026-01-01"},"basedOn":[{"reference":"MedicationRequest/m"}],"note":{`), strings.Replace(order("Aspirin", "stopped", "2026-03-01"), `{`, `{"id":"m",`, 1), "yet told as stopped 2026"},
		{"derived from an order that was stopped", true, taken("Aspirin", "active", `"start":"2026-01-01"},"derivedFrom":[{"reference":"MedicationRequest/m"}],"note":{`), strings.Replace(order("Aspirin", "stopped", "2024-01-01"), `{`, `{"id":"m",`, 1), "yet told as stopped"},
		{"ordered, not taken by another name", true, strings.Replace(order("Aspirin", "active", "2026-01-01"), `{`, `{"id":"m",`, 1), taken("Kardegic", "not-taken", `"start":"2026-01-01"},"basedOn":[{"reference":"MedicationRequest/m"}],"note":{`), "yet Kardegic told as not taken"},
		{"ordered, stopped by another name", true, strings.Replace(order("Aspirin", "active", "2026-01-01"), `{`, `{"id":"m",`, 1), taken("Kardegic", "stopped", `"start":"2026-01-01"},"derivedFrom":[{"reference":"MedicationRequest/m"}],"note":{`), "yet Kardegic told as stopped"},
		{"ordered, completed by another name", true, strings.Replace(order("Aspirin", "active", "2026-01-01"), `{`, `{"id":"m",`, 1), taken("Kardegic", "completed", `"start":"2026-01-01"},"derivedFrom":[{"reference":"MedicationRequest/m"}],"note":{`), ""},
		{"another's order, stopped by another name", false, strings.Replace(order("Aspirin", "active", "2026-01-01"), `{`, `{"id":"m",`, 1), taken("Kardegic", "stopped", `"start":"2026-01-01"},"derivedFrom":[{"reference":"MedicationRequest/m"}],"note":{`), ""},
		{"taken by an order in force", true, taken("Aspirin", "active", `"start":"2026-01-01"},"basedOn":[{"reference":"MedicationRequest/m"}],"note":{`), strings.Replace(order("Aspirin", "active", "2024-01-01"), `{`, `{"id":"m",`, 1), ""},
		{"taken by another's order that was stopped", false, taken("Aspirin", "active", `"start":"2026-01-01"},"basedOn":[{"reference":"MedicationRequest/m"}],"note":{`), strings.Replace(order("Aspirin", "stopped", "2024-01-01"), `{`, `{"id":"m",`, 1), ""},
		{"named as stopped on another's list", false, ordered, named("2026-11-10", "Ramipril 5 mg tablet"), "yet struck out in Discharge list (10 Nov 2026) [2]"},
		{"named as stopped on an earlier list", false, ordered, named("2026-01-10", "Ramipril"), ""},
		{"another named as stopped", false, ordered, named("2026-11-10", "Bisoprolol"), ""},
		{"another strength named as stopped", false, strings.Replace(ordered, "Ramipril", "Ramipril 5 mg", 1), named("2026-11-10", "Ramipril 2.5 mg"), ""},
		{"taken out elsewhere", false, strings.Replace(pacemaker, "Pacemaker", "Cochlear implant", 1), out("Removal of cochlear implant, left", "completed"), "yet Removal of cochlear implant, left (1 Mar 2024) [2]"},
		{"a kind of it taken out elsewhere", false, strings.Replace(pacemaker, "Pacemaker", "Azure XT dual chamber pacemaker", 1), out("Removal of the pacemaker", "completed"), "yet Removal of the pacemaker (1 Mar 2024) [2]"},
		{"taken out elsewhere, by its number", false, strings.Replace(pacemaker, `"status"`, `"serialNumber":"RNB111","status"`, 1), strings.Replace(out("Upgrade", "completed"), `"status"`, `"focalDevice":[{"action":{"text":"explanted"},"manipulated":{"display":"Pacemaker RNB111"}}],"status"`, 1), "yet Upgrade (1 Mar 2024) [2]"},
		{"another taken out, by its number", false, strings.Replace(pacemaker, `"status"`, `"serialNumber":"RNB111","status"`, 1), strings.Replace(out("Upgrade", "completed"), `"status"`, `"focalDevice":[{"action":{"text":"explanted"},"manipulated":{"display":"Lead XQ7"}}],"status"`, 1), ""},
		{"taken out elsewhere, on the other side", false, strings.Replace(pacemaker, "Pacemaker", "Hip prosthesis, right", 1), strings.Replace(out("Removal of hip prosthesis", "completed"), `"status"`, `"bodySite":[{"text":"left"}],"status"`, 1), ""},
		{"taken out elsewhere, on a side", false, strings.Replace(pacemaker, "Pacemaker", "Hip prosthesis, right", 1), strings.Replace(out("Entfernung der Hip prosthesis", "completed"), `"status"`, `"bodySite":[{"text":"rechts"}],"status"`, 1), "yet Entfernung der Hip prosthesis (1 Mar 2024) [2]"},
		{"taken out before another was put in", false, pacemaker, strings.Replace(out("Removal of pacemaker", "completed"), "2024", "2016", 1), "yet Removal of pacemaker (1 Mar 2016) [2]"},
		{"another taken out", false, strings.Replace(pacemaker, "Pacemaker", "Cochlear implant", 1), out("Removal of implant of femur", "completed"), ""},
		{"put in elsewhere", false, strings.Replace(pacemaker, "Pacemaker", "Cochlear implant", 1), out("Cochlear implant, left", "completed"), ""},
		{"not taken out elsewhere", false, strings.Replace(pacemaker, "Pacemaker", "Cochlear implant", 1), out("Removal of cochlear implant", "not-done"), ""},
		{"not taken out", true, pacemaker, `{"resourceType":"Procedure","status":"not-done","code":{"text":"Explantation"},"performedDateTime":"2024-03-01","focalDevice":[{"manipulated":{"reference":"Device/pm"}}]}`, ""},
	} {
		second := "B"
		if c.same {
			second = "A"
		}
		s := Tell(append(lines("A", c.now), lines(second, c.then)...), Options{Kinds: allKinds})
		text := strings.Join(strings.Fields(s.Text(Page{Width: 200})), " ")
		_, page, _ := strings.Cut(text, "Now ")
		if got := strings.Contains(page, "; yet "); got != (c.yet != "") || !strings.Contains(page, c.yet) {
			t.Errorf("%s: want %q in\n%s", c.what, c.yet, s.Text(Page{Width: 200}))
		}
	}
}

// An order in whose place another came was not stopped: what is taken by it is taken on.
func TestR38AnOrderThatWasReplacedDisputesNothing(t *testing.T) {
	order := func(id, status, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + id + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"Aspirin"},"authoredOn":"2026-01-01"` + more + `}`
	}
	taken := `{"resourceType":"MedicationStatement","status":"active","medicationCodeableConcept":{"text":"Aspirin"},"effectiveDateTime":"2026-02-01","basedOn":[{"reference":"MedicationRequest/m"}]}`
	expectText(t, Tell(lines("A", taken, order("m", "active", ""), order("n", "active", `,"priorPrescription":{"reference":"MedicationRequest/m"}`)), Options{Kinds: allKinds}), []string{"Now medicine Aspirin", "replaced"}, "; yet")
}

// What was copied from an error stays one, whoever copied it.
func TestR38WhatWasCopiedFromAnErrorSaysSo(t *testing.T) {
	result := func(id, version, status, value string) string {
		return `{"resourceType":"Observation","id":"` + id + `","meta":{"versionId":"` + version + `"},"status":"` + status + `","code":{"text":"Potassium"},"effectiveDateTime":"2026-11-20T08:00:00Z","valueQuantity":{"value":` + value + `,"unit":"mmol/L"}}`
	}
	for _, c := range []struct {
		what   string
		lab    []string
		copied string
		want   string // "" for nothing
	}{
		{"corrected", []string{result("k", "1", "final", "6.9"), result("k", "2", "corrected", "4.1")}, result("x", "1", "final", "6.9"), "Potassium 6.9 mmol/L · another source told the same and has changed it since"},
		{"withdrawn", []string{result("k", "1", "final", "6.9"), withdraws("Observation/k")}, result("x", "1", "final", "6.9"), "Potassium 6.9 mmol/L · another source told the same and withdrew it"},
		{"an error", []string{result("k", "1", "final", "6.9"), result("k", "2", "entered-in-error", "6.9")}, result("x", "1", "final", "6.9"), "another source told the same and marked it as entered in error"},
		{"another value", []string{result("k", "1", "final", "6.8"), result("k", "2", "corrected", "4.1")}, result("x", "1", "final", "6.9"), ""},
		{"another hour", []string{result("k", "1", "final", "6.9"), result("k", "2", "corrected", "4.1")}, strings.Replace(result("x", "1", "final", "6.9"), "T08", "T18", 1), ""},
		{"only delivered anew", []string{result("k", "1", "final", "6.9"), result("k", "2", "final", "6.90")}, result("x", "1", "final", "6.9"), ""},
	} {
		s := Tell(append(lines("Lab", c.lab...), lines("Ward", c.copied)...), Options{Kinds: allKinds})
		if c.want == "" {
			expectText(t, s, []string{"Potassium"}, "another source")
		} else {
			expectText(t, s, []string{c.want})
		}
	}
	allergy := func(verification string) string {
		return `{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"` + verification + `"}]},"code":{"text":"Latex"}}`
	}
	s := Tell(append(lines("A", allergy("entered-in-error")), lines("B", allergy("confirmed"))...), Options{})
	expectText(t, s, []string{"allergy Latex"})
}

// What may be so is told otherwise as what is so: by who stopped it for harm, by who took
// it out, by an allergy to it.
func TestR38WhatMayBeSoIsToldOtherwise(t *testing.T) {
	const (
		taken  = `{"resourceType":"MedicationStatement","status":"unknown","medicationCodeableConcept":{"text":"Rivaroxaban 20 mg"},"effectivePeriod":{"start":"2026-01-01"}}`
		ended  = `{"resourceType":"MedicationRequest","id":"o","status":"active","intent":"order","medicationCodeableConcept":{"text":"Rivaroxaban 20 mg"},"authoredOn":"2026-01-01","dispenseRequest":{"validityPeriod":{"end":"2026-06-01"}}}`
		nickel = `{"resourceType":"AllergyIntolerance","code":{"text":"Nickel"},"verificationStatus":{"coding":[{"code":"unconfirmed"}]}}`
		device = `{"resourceType":"Device","type":{"text":"Stimulator"}}`
	)
	stopped := `{"resourceType":"MedicationRequest","status":"stopped","intent":"order","medicationCodeableConcept":{"text":"Rivaroxaban"},"authoredOn":"2026-02-01","statusReason":{"text":"bleed"}}`
	for name, c := range map[string]struct{ a, b, want string }{
		"stopped":         {taken, stopped, "Rivaroxaban 20 mg (status unknown, see the record, since 1 Jan 2026) [1]; yet Rivaroxaban told as stopped: bleed (ordered 1 Feb 2026) [2]"},
		"of no validity":  {ended, stopped, "ordered 1 Jan 2026) [1]; yet Rivaroxaban told as stopped: bleed (ordered 1 Feb 2026) [2]"},
		"an allergy":      {taken, `{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Rivaroxaban"}}`, "since 1 Jan 2026) [1]; yet allergy told: Rivaroxaban [2]"},
		"not to be taken": {taken, strings.Replace(strings.Replace(stopped, "stopped", "active", 1), `"intent"`, `"doNotPerform":true,"intent"`, 1), "since 1 Jan 2026) [1]; yet not to be taken: Rivaroxaban"},
		"refuted":         {nickel, strings.Replace(nickel, "unconfirmed", "refuted", 1), "Nickel (status not given, unconfirmed) [1]; yet told as refuted [2]"},
		"removed":         {device, `{"resourceType":"Procedure","status":"completed","code":{"text":"Removal of stimulator"},"performedDateTime":"2026-01-02"}`, "Stimulator (status not given) [1]; yet Removal of stimulator (2 Jan 2026) [2]"},
		"struck out":      {ended, `{"resourceType":"List","status":"current","code":{"text":"Discharge"},"date":"2026-07-01","entry":[{"deleted":true,"item":{"display":"Rivaroxaban 20 mg"}}]}`, "[1]; yet struck out in Discharge (1 Jul 2026) [2]"},
	} {
		s := Tell(append(lines("A", c.a), lines("B", c.b)...), Options{Kinds: allKinds, At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		if len(s.Unclear) != 1 {
			t.Errorf("%s: may be so: %q", name, names(s.Unclear))
		}
		expectText(t, s, []string{c.want})
	}
}
