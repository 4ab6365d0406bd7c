package timeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// What a list of allergies, problems or medicines names and has no record of its own may
// be so: the last list of its source and name, and not what it strikes out.
func TestR38WhatAListNamesMayBeSo(t *testing.T) {
	list := func(date, status, entries string) string {
		return `{"resourceType":"List","id":"` + date + `","status":"` + status + `","mode":"snapshot","title":"Allergies","date":"` + date + `","entry":[` + entries + `]}`
	}
	changes := func(date, entries string) string {
		return strings.Replace(list(date, "current", entries), `"snapshot"`, `"changes"`, 1)
	}
	const (
		penicillin = `{"item":{"display":"Penicillin: anaphylaxis"}}`
		latex      = `{"item":{"display":"Latex"}}`
		struck     = `{"deleted":true,"item":{"display":"Latex"}}`
		linked     = `{"item":{"reference":"AllergyIntolerance/1","display":"Penicillin"}}`
		allergy    = `{"resourceType":"AllergyIntolerance","id":"1","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},"code":{"text":"Penicillin"}}`
	)
	for name, c := range map[string]struct {
		records []string
		want    string // may be so
	}{
		"named":             {[]string{list("2024-05-06", "current", penicillin)}, "Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot, recorded 6 May 2024)"},
		"the last":          {[]string{list("2024-05-06", "current", penicillin), list("2024-05-07", "current", latex)}, "Latex (named in a list, Allergies, mode snapshot, recorded 7 May 2024)"},
		"retired":           {[]string{list("2024-05-06", "retired", penicillin)}, ""},
		"struck":            {[]string{list("2024-05-06", "current", struck)}, ""},
		"not here":          {[]string{list("2024-05-06", "current", linked)}, "Penicillin (named in a list, Allergies, mode snapshot, recorded 6 May 2024)"},
		"here":              {[]string{list("2024-05-06", "current", linked), allergy}, ""},
		"two of a day":      {[]string{list("2024-05-06", "current", penicillin), strings.Replace(list("2024-05-06", "current", latex), `"id":"2024-05-06"`, `"id":"b"`, 1)}, "Latex (named in a list, Allergies, mode snapshot, recorded 6 May 2024) Penicillin: anaphylaxis (named in a list"},
		"one undated":       {[]string{list("2024-05-06", "current", penicillin), strings.Replace(list("x", "current", latex), `"date":"x",`, "", 1)}, "Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot, recorded 6 May 2024) Latex (named in a list"},
		"changes":           {[]string{list("2024-05-06", "current", penicillin), changes("2024-05-07", latex)}, "Latex (named in a list, Allergies, mode changes, recorded 7 May 2024) Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot"},
		"changes, twice":    {[]string{list("2024-05-06", "current", penicillin), changes("2024-05-07", latex), changes("2024-05-08", `{"item":{"display":"Nuts"}}`)}, "Nuts (named in a list, Allergies, mode changes, recorded 8 May 2024) Latex (named in a list, Allergies, mode changes, recorded 7 May 2024) Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot"},
		"changes, off":      {[]string{list("2024-05-06", "current", penicillin+","+latex), changes("2024-05-07", struck)}, "Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot, recorded 6 May 2024)"},
		"changes, on again": {[]string{list("2024-05-06", "current", latex), changes("2024-05-07", struck), changes("2024-05-08", latex)}, "Latex (named in a list, Allergies, mode changes, recorded 8 May 2024)"},
		"changes, before":   {[]string{list("2024-05-06", "current", penicillin), changes("2024-05-05", latex)}, "Penicillin: anaphylaxis (named in a list, Allergies, mode snapshot, recorded 6 May 2024)"},
		"of more":           {[]string{strings.Replace(list("2024-05-06", "current", latex), `"Allergies"`, `"Allergies and resolved allergies"`, 1)}, "Latex (named in a list, Allergies and resolved allergies"},
		"reconciled":        {[]string{strings.Replace(list("2024-05-06", "current", latex), `"Allergies"`, `"Completed allergy reconciliation"`, 1)}, "Latex (named in a list, Completed allergy reconciliation"},
		"of what is over":   {[]string{strings.Replace(list("2024-05-06", "current", latex), `"Allergies"`, `"Resolved allergies"`, 1)}, ""},
		"another too":       {[]string{list("2024-05-06", "current", linked+","+latex), allergy}, "Latex (named in a list, Allergies, mode snapshot, recorded 6 May 2024)"},
	} {
		items := lines("A", c.records...)
		for i := range items {
			items[i].Label.Category = stele.Allergies
		}
		s := Tell(items, june)
		got := ""
		if _, below, ok := strings.Cut(s.Text(Page{Width: 200}), "May be so"); ok {
			below, _, _ = strings.Cut(below, "\n\n")
			got = strings.Join(strings.Fields(below), " ")
		}
		if c.want == "" && got != "" || !strings.Contains(got, "allergy "+c.want) && c.want != "" {
			t.Errorf("%s: may be so is %q, want %q:\n%s", name, got, c.want, s.Text(Page{}))
		}
	}
}

// What a list names is compared as whatever else stands there: with what stopped or refuted it,
// with an allergy to it, and with who tells it already.
func TestR38WhatAListNamesIsComparedWithOthers(t *testing.T) {
	list := func(kind stele.Category, title, day, entries string) Item {
		l := lines("Letters", `{"resourceType":"List","id":"`+title+day+`","status":"current","mode":"snapshot","code":{"coding":[{"system":"http://loinc.org","code":"10160-0"}]},"title":"`+title+`","date":"`+day+`","entry":[`+entries+`]}`)[0]
		l.Label.Category = kind
		return l
	}
	medicines := func(entries string) Item { return list(stele.Medications, "Medication list", "2026-10-12", entries) }
	allergies := func(entries string) Item { return list(stele.Allergies, "Allergies", "2026-10-12", entries) }
	named := func(names ...string) (out string) {
		for _, n := range names {
			out += `,{"item":{"display":"` + n + `"}}`
		}
		return strings.TrimPrefix(out, ",")
	}
	order := func(name, status, day, more string) string {
		return `{"resourceType":"MedicationRequest","id":"` + name + `","status":"` + status + `","intent":"order","medicationCodeableConcept":{"text":"` + name + `"},"authoredOn":"` + day + `"` + more + `}`
	}
	allergy := func(name, status string) string {
		return `{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"` + status + `"}]},"code":{"text":"` + name + `"},"recordedDate":"2026-01-01"}`
	}
	const when = " (named in a list, Medication list, mode snapshot, LOINC 10160-0, recorded 12 Oct 2026)"
	for name, c := range map[string]struct {
		list    Item
		records []string
		want    string
		never   string
	}{
		"stopped since":          {medicines(named("Warfarin 5 mg")), []string{order("Warfarin", "stopped", "2026-10-20", `,"statusReason":{"text":"bleed"}`)}, "medicine Warfarin 5 mg" + when + " [1]; yet Warfarin told as stopped: bleed", ""},
		"stopped before":         {medicines(named("Warfarin 5 mg")), []string{order("Warfarin", "stopped", "2026-01-20", "")}, "medicine Warfarin 5 mg" + when + " [1]; yet Warfarin told as stopped (ordered 20 Jan 2026) [2]", ""},
		"another stopped":        {medicines(named("Warfarin 5 mg", "Aspirin")), []string{order("Aspirin", "stopped", "2026-01-20", "")}, "Warfarin 5 mg" + when + " [1] 2026", "Warfarin 5 mg" + when + " [1]; yet"},
		"completed":              {medicines(named("Warfarin")), []string{order("Warfarin", "completed", "2026-01-20", "")}, "medicine Warfarin" + when, "; yet"},
		"ordered":                {medicines(named("Warfarin")), []string{order("Warfarin 5 mg", "active", "2026-01-20", "")}, "Now medicine Warfarin 5 mg (ordered 20 Jan 2026) [2]", "May be so"},
		"in another strength":    {medicines(named("Warfarin 1 mg")), []string{order("Warfarin 5 mg", "active", "2026-01-20", "")}, "medicine Warfarin 1 mg" + when, ""},
		"on hold":                {medicines(named("Warfarin")), []string{order("Warfarin", "on-hold", "2026-01-20", "")}, "medicine Warfarin" + when + " [1]; yet told as on hold", ""},
		"allergic to it":         {medicines(named("Amoxicillin 500 mg")), []string{allergy("Amoxicillin", "active")}, "Amoxicillin 500 mg" + when + " [1]; yet allergy told: Amoxicillin (1 Jan 2026)", ""},
		"an allergy, a medicine": {allergies(named("Amoxicillin: hives")), []string{order("Amoxicillin 500 mg", "active", "2026-01-20", "")}, "Now medicine Amoxicillin 500 mg (ordered 20 Jan 2026) [2]; yet allergy told: Amoxicillin: hives (12 Oct 2026) [1]", ""},
		"an allergy, refuted":    {allergies(named("Penicillin")), []string{allergy("Penicillin", "resolved")}, "allergy Penicillin (named in a list, Allergies, mode snapshot, LOINC 10160-0, recorded 12 Oct 2026) [1]; yet told as resolved", ""},
		"an allergy, told":       {allergies(named("Penicillin")), []string{allergy("penicillin", "active")}, "Now allergy penicillin (recorded 1 Jan 2026) [2]", "May be so"},
		"an allergy, told worse": {allergies(named("Penicillin: anaphylaxis")), []string{allergy("penicillin", "active")}, "allergy Penicillin: anaphylaxis (named in a list", ""},
		"an allergy, denied":     {allergies(named("Penicillin")), []string{allergy("No known allergies", "active")}, "No known allergies (recorded 1 Jan 2026), but see below [2]", ""},
		"none":                   {allergies(named("No known drug allergies", "NKDA", "Keine bekannt")), nil, "Allergies: ", "May be so"},
		"deleted":                {medicines(`{"deleted":true,"item":{"display":"Warfarin"}}`), nil, "Medication list", "May be so"},
		"flagged as ceased":      {medicines(`{"flag":{"coding":[{"system":"urn:oid:1.2.36.1.2001.1001.101.104.16592","code":"05"}]},"item":{"display":"Warfarin"}}`), nil, "Medication list", "May be so"},
		"flagged as prescribed":  {medicines(`{"flag":{"coding":[{"system":"urn:oid:1.2.36.1.2001.1001.101.104.16592","code":"04"}]},"item":{"display":"Warfarin"}}`), nil, `medicine Warfarin (flagged "prescribed", ` + when[2:], ""},
		"a list of the stopped":  {list(stele.Medications, "Stopped medicines", "2026-10-12", named("Warfarin")), nil, "Stopped medicines · Warfarin", "May be so"},
	} {
		s := Tell(append([]Item{c.list}, lines("Ward", c.records...)...), Options{At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)})
		var never []string
		if c.never != "" {
			never = append(never, c.never)
		}
		t.Run(name, func(t *testing.T) { expectText(t, s, []string{c.want}, never...) })
	}
	// The code of a list is not that of what it names.
	both := Tell([]Item{medicines(named("Warfarin")), allergies(named("Latex"))}, Options{})
	expectText(t, both, []string{"allergy Latex (named", "medicine Warfarin (named"}, "; yet")
}

// What a list names and its source took back is no line.
func TestR38WhatAListNamesAndWasTakenBackIsNone(t *testing.T) {
	items := lines("A", `{"resourceType":"List","id":"l","status":"current","mode":"working","title":"Medicines","date":"2026-10-12","entry":[{"item":{"reference":"MedicationStatement/m","display":"Warfarin"}},{"item":{"reference":"MedicationStatement/n","display":"Digoxin"}}]}`,
		`{"resourceType":"MedicationStatement","id":"m","status":"entered-in-error","medicationCodeableConcept":{"text":"Warfarin"}}`)
	items[0].Label.Category = stele.Medications
	if s := Tell(items, Options{}); len(s.Unclear) != 1 || s.Unclear[0].Name != "Digoxin" {
		t.Errorf("may be so: %q", names(s.Unclear))
	}
}

// What a list of several kinds names is of the kind that its reference tells, by its type or
// beside it, and of none where it tells none.
func TestR38WhatAMixedListNamesIsOfTheKindOfItsReference(t *testing.T) {
	s := Tell([]Item{flagList("A", stele.Other, `{"item":{"reference":"AllergyIntolerance/1","display":"Latex"}}`, `{"item":{"type":"http://hl7.org/fhir/StructureDefinition/MedicationStatement","display":"Digoxin"}}`,
		`{"item":{"reference":"Condition/1","display":"Epilepsy"}}`, `{"item":{"reference":"Observation/1","display":"Weight"}}`, `{"item":{"display":"Shoes"}}`)}, flagDay)
	got := ""
	for _, e := range s.Unclear {
		got += e.Under + " " + e.Name + ", "
	}
	if want := "allergy Latex, problem Discharge list, medicine Digoxin, "; got != want || len(s.Now) > 0 {
		t.Errorf("may be so: %q, want %q", got, want)
	}
}
