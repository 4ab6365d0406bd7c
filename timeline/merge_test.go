package timeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/stele-health/stele/timeline"
)

// TestR38WhichRecordsAreOneFact says of two records by whom and when they are
// told, and of how many facts they make.
func TestR38WhichRecordsAreOneFact(t *testing.T) {
	lab := func(more string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Ferritin"},"valueQuantity":{"value":30,"unit":"ug/L"},` + more + `}`
	}
	coded := func(codings, text string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"onsetDateTime":"2021-05-06","code":{"coding":[` + codings + `]` + text + `}}`
	}
	letter := func(date string) string {
		return `{"resourceType":"DocumentReference","status":"current","type":{"text":"Letter"},"date":"` + date + `","content":[{"attachment":{"contentType":"text/plain","data":"QWxsIHdlbGwu"}}]}`
	}
	const (
		sct  = `{"system":"http://snomed.info/sct","code":"1","display":"Gout"}`
		sct2 = `{"system":"http://snomed.info/sct","code":"2","display":"Gout"}`
		bare = `{"system":"http://snomed.info/sct","code":"1"}`
		icd  = `{"system":"http://hl7.org/fhir/sid/icd-10","code":"M10"}`
		day  = `"effectiveDateTime":"2021-05-06"`
		noon = `"effectiveDateTime":"2021-05-06T12:00:00Z"`
	)
	for _, c := range []struct {
		what             string
		a, b             string
		across, within   int
		when             string // the day that is told, across sources
		acrossVouchesAll bool
	}{
		{what: "equal", a: lab(day), b: lab(day), across: 1, within: 1},
		{what: "a day and its one instant", a: lab(day), b: lab(noon), across: 1, within: 2, when: "2021-05-06"},
		{what: "another day and an instant", a: lab(`"effectiveDateTime":"2021-05-07"`), b: lab(noon), across: 2, within: 2},
		{what: "two instants of a day", a: lab(`"effectiveDateTime":"2021-05-06T12:00:01Z"`), b: lab(noon), across: 2, within: 2},
		{what: "one instant in two zones", a: lab(`"effectiveDateTime":"2021-05-06T14:00:00+02:00"`), b: lab(noon), across: 1, within: 1},
		{what: "one instant, a fraction of a second written", a: lab(`"effectiveDateTime":"2021-05-06T12:00:00.000Z"`), b: lab(noon), across: 1, within: 1},
		{what: "one period in two zones", a: lab(`"effectivePeriod":{"start":"2021-05-06T14:00:00+02:00","end":"2021-05-06T15:00:00+02:00"}`),
			b: lab(`"effectivePeriod":{"start":"2021-05-06T12:00:00Z","end":"2021-05-06T13:00:00Z"}`), across: 1, within: 1},
		{what: "two ends", a: lab(`"effectivePeriod":{"start":"2021-05-06T12:00:00Z","end":"2021-05-06T13:00:00Z"}`),
			b: lab(`"effectivePeriod":{"start":"2021-05-06T12:00:00Z","end":"2021-05-06T13:30:00Z"}`), across: 2, within: 2},
		{what: "a month and a day of it", a: lab(`"effectiveDateTime":"2021-05"`), b: lab(day), across: 2, within: 2},
		{what: "measured, or only put down then", a: lab(day), b: lab(`"issued":"2021-05-06T12:00:00Z"`), across: 2, within: 2},

		{what: "a number written otherwise", a: lab(day), b: `{"resourceType":"Observation","status":"final","code":{"text":"ferritin"},"valueQuantity":{"value":3.00e1,"unit":"ug/L"},` + day + `}`, across: 1, within: 2},
		{what: "a plain number written otherwise", a: lab(day + `,"component":[{"code":{"text":"x"},"valueSampledData":{"period":10}}]`), b: lab(day + `,"component":[{"code":{"text":"x"},"valueSampledData":{"period":10.0}}]`), across: 1, within: 1},
		{what: "another unit", a: lab(day), b: `{"resourceType":"Observation","status":"final","code":{"text":"Ferritin"},"valueQuantity":{"value":30,"unit":"mg/L"},` + day + `}`, across: 2, within: 2},
		{what: "a comparator", a: lab(day), b: `{"resourceType":"Observation","status":"final","code":{"text":"Ferritin"},"valueQuantity":{"value":30,"comparator":"<","unit":"ug/L"},` + day + `}`, across: 2, within: 2},
		{what: "another status", a: lab(day), b: `{"resourceType":"Observation","status":"corrected","code":{"text":"Ferritin"},"valueQuantity":{"value":30,"unit":"ug/L"},` + day + `}`, across: 2, within: 2},
		{what: "a note", a: lab(day), b: lab(day + `,"note":[{"text":"haemolysed"}]`), across: 2, within: 2},
		{what: "another method", a: lab(day), b: lab(day + `,"method":{"text":"strip"}`), across: 2, within: 2},
		{what: "another range", a: lab(day), b: lab(day + `,"referenceRange":[{"low":{"value":15}}]`), across: 2, within: 2},
		{what: "another specimen", a: lab(day + `,"specimen":{"display":"left arm"}`), b: lab(day + `,"specimen":{"display":"right arm"}`), across: 2, within: 2},
		{what: "specimens that only their ids tell apart", a: lab(day + `,"specimen":{"reference":"Specimen/1"}`), b: lab(day + `,"specimen":{"reference":"Specimen/2"}`), across: 1, within: 2},
		{what: "who measured it", a: lab(day + `,"performer":[{"display":"Dr A"}]`), b: lab(day + `,"performer":[{"display":"Dr B"}]`), across: 1, within: 2},
		{what: "ids and accession numbers", a: lab(day + `,"identifier":[{"value":"7"}],"encounter":{"reference":"Encounter/1"}`), b: lab(day), across: 1, within: 1},

		{what: "one code", a: coded(sct, ""), b: coded(sct, ""), across: 1, within: 1},
		{what: "a text that is the code's", a: coded(sct, `,"text":"gout"`), b: coded(sct, ""), across: 1, within: 2},
		{what: "another text", a: coded(sct, `,"text":"Gout, left"`), b: coded(sct, `,"text":"Gout, right"`), across: 2, within: 2},
		{what: "a text beside none", a: coded(sct, `,"text":"Gout, left"`), b: coded(sct, ""), across: 2, within: 2},
		{what: "another code", a: coded(sct, ""), b: coded(sct2, ""), across: 2, within: 2},
		{what: "a code more", a: coded(sct, ""), b: coded(sct+","+icd, ""), across: 2, within: 2},
		{what: "codes in another order", a: coded(icd+","+sct, ""), b: coded(sct+","+icd, ""), across: 1, within: 2},
		{what: "another display", a: coded(sct, ""), b: coded(`{"system":"http://snomed.info/sct","code":"1","display":"Podagra"}`, ""), across: 2, within: 2},
		{what: "no display", a: coded(sct, ""), b: coded(bare, ""), across: 2, within: 2},
		{what: "a local code beside a known one", a: coded(sct, ""), b: coded(`{"system":"urn:local","code":"G"},`+sct, ""), across: 1, within: 2},
		{what: "two local codes of one name", a: coded(`{"system":"urn:a","code":"G","display":"Gout"}`, ""), b: coded(`{"system":"urn:b","code":"G2","display":"Gout"}`, ""), across: 2, within: 2},

		{what: "a note at two times of a day", a: letter("2021-05-06T10:00:00Z"), b: letter("2021-05-06T11:00:00Z"), across: 1, within: 2},
		{what: "a note that is superseded", a: letter("2021-05-06T10:00:00Z"), b: strings.Replace(letter("2021-05-06T10:00:00Z"), "current", "superseded", 1), across: 2, within: 2},
		{what: "a note with a page more", a: letter("2021-05-06T10:00:00Z"), b: strings.Replace(letter("2021-05-06T10:00:00Z"), `"content":[`, `"content":[{"attachment":{"data":"QQ=="}},`, 1), across: 2, within: 2},
		{what: "a note on two days", a: letter("2021-05-06T10:00:00Z"), b: letter("2021-05-07T10:00:00Z"), across: 2, within: 2},
		{what: "a note at one instant on two days", a: letter("2021-05-06T23:00:00-05:00"), b: letter("2021-05-07T04:00:00Z"), across: 1, within: 1, when: "2021-05-06"},

		{what: "an allergy put down in two years", a: `{"resourceType":"AllergyIntolerance","code":{"text":"Nuts"},"recordedDate":"2015-02-01"}`,
			b: `{"resourceType":"AllergyIntolerance","code":{"text":"Nuts"},"recordedDate":"2012"}`, across: 1, within: 2, when: "2012"},
		{what: "an allergy that began in two years", a: `{"resourceType":"AllergyIntolerance","code":{"text":"Nuts"},"onsetDateTime":"2015-02-01"}`,
			b: `{"resourceType":"AllergyIntolerance","code":{"text":"Nuts"},"onsetDateTime":"2012"}`, across: 2, within: 2},
	} {
		for i, two := range [][]Item{
			append(lines("A", c.a), lines("B", c.b)...), append(lines("A", c.b), lines("B", c.a)...),
			lines("A", c.a, c.b), lines("A", c.b, c.a),
		} {
			want := []int{c.across, c.across, c.within, c.within}[i]
			got := all(Tell(two, Options{Kinds: allKinds}))
			if len(got) != want {
				t.Errorf("%s, by %s: %d facts, want %d: %q", c.what, []string{"two sources", "two sources, turned", "one source", "one source, turned"}[i], len(got), want, names(got))
				continue
			}
			if want == 1 && (len(got[0].Vouched) != 2 || c.when != "" && got[0].When.Day != c.when) {
				t.Errorf("%s: told on %q, vouched for by %d records", c.what, got[0].When.Day, len(got[0].Vouched))
			}
		}
	}
}

// Where one source tells two facts apart that another does not, nobody's record
// is lent to the other's: three facts, or two of which one is both sources'.
func TestR38OneSourcesDistinctionHoldsForAll(t *testing.T) {
	culture := func(specimen string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Culture"},"effectiveDateTime":"2024-05-01T08:00:00Z","valueString":"No growth","specimen":{"reference":"Specimen/` + specimen + `"}}`
	}
	for want, other := range map[int]string{3: culture("9"), 2: culture("1")} {
		got := all(Tell(append(lines("A", culture("1"), culture("2")), lines("B", other)...), Options{}))
		if len(got) != want {
			t.Errorf("%d facts, want %d", len(got), want)
		}
	}
}

// Which of two meetings wins may not hang on the order of sources: a day that two
// sources know meets the instant of a third, or none does.
func TestR38MeetingsDoNotHangOnOrder(t *testing.T) {
	lab := func(when string) string {
		return `{"resourceType":"Observation","status":"final","code":{"text":"Ferritin"},"effectiveDateTime":"` + when + `"}`
	}
	sources := []string{"A", "B", "C", "D"}
	whens := []string{"2021-05-06", "2021-05-07", "2021-05-06T23:30:00-05:00", "2021-05-07T04:30:00Z"}
	seen := map[string]bool{}
	permute(whens, func(order []string) {
		var items []Item
		for i, when := range order {
			items = append(items, lines(sources[i], lab(when))...)
		}
		var days []string
		for _, e := range all(Tell(items, Options{})) {
			days = append(days, fmt.Sprint(e.When.Day, e.When.Clock, len(e.Vouched)))
		}
		slices.Sort(days)
		seen[fmt.Sprint(days)] = true
	})
	// The instant could be of either day, and meets neither.
	if len(seen) != 1 || !seen["[2021-05-061 2021-05-0623:302 2021-05-071]"] {
		t.Errorf("it is told in %d ways: %v", len(seen), seen)
	}
}

func permute(list []string, visit func([]string)) {
	if len(list) < 2 {
		visit(list)
		return
	}
	for i := range list {
		rest := append(append([]string{}, list[:i]...), list[i+1:]...)
		permute(rest, func(order []string) { visit(append([]string{list[i]}, order...)) })
	}
}

// A medicine that one source orders again and again is one line under Now, as long as
// it is told in the same words; a problem is told as first noted. Another source's
// order is of its own day.
func TestR38AgainAndAgain(t *testing.T) {
	order := func(date, text, dose, status string) string {
		return `{"resourceType":"MedicationRequest","status":"` + status + `","intent":"order","authoredOn":"` + date + `","medicationCodeableConcept":{"text":"` + text + `"},"dosageInstruction":[{"text":"` + dose + `"}]}`
	}
	gout := func(date, more string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Gout"},"onsetDateTime":"` + date + `"` + more + `}`
	}
	generic := func(code string) string {
		return `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"` + code + `"}],"text":"Fracture"}}`
	}
	expect(t, "one name, two codes", names(Tell(lines("A", generic("1"), generic("2")), Options{}).Now), "Fracture", "Fracture")
	s := Tell(append(lines("A", order("2020-01-01", "Warfarin", "5 mg", "active"), order("2021-01-01", "Warfarin", "5 mg", "active"), order("2022-01-01", "Warfarin", "3 mg", "active"),
		order("2023-01-01", "Warfarin", "5 mg", "stopped"), gout("2015-05-05", ""), gout("2010", ""), gout("2012", `,"bodySite":[{"text":"left"}]`)),
		lines("B", order("2024-01-01", "warfarin", "5 mg", "active"), order("2024-02-01", "Warfarin", "5 mg", "active"))...), Options{})
	expect(t, "now", names(s.Now), "Gout", "Gout", "Warfarin: 3 mg", "Warfarin: 5 mg", "Warfarin: 5 mg")
	expectText(t, s, []string{"Warfarin: 5 mg (ordered 1 Feb 2024, the last of 2 orders) [2]", "Warfarin: 3 mg (ordered 1 Jan 2022) [1]", "Warfarin: 5 mg (ordered 1 Jan 2021, the last of 2 orders) [1]", "Gout (since 2010)", "since 2012"})
}

// What differs in a number, a unit's words or the place where it is taken is two
// facts, whatever the codes say.
func TestR38WordsBesideEqualCodesKeepFactsApart(t *testing.T) {
	order := func(medicine, category, unit string) string {
		return `{"resourceType":"MedicationRequest","status":"active","intent":"order","authoredOn":"2026-11-20","category":[{"coding":[{"code":"` + category + `"}]}],` +
			`"medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"7","display":"` + medicine + `"}]},` +
			`"dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":40,"unit":"` + unit + `","code":"mg"}}]}]}`
	}
	a := order("warfarin 5 MG tablet", "community", "mg")
	for _, c := range []struct {
		b    string
		want int
	}{
		{a, 1},
		{order("WARFARIN 5 MG tablet", "community", "milligram"), 1},
		{order("warfarin 5 MG oral tablet", "community", "mg"), 2},
		{order("ascorbic acid 5 MG tablet", "community", "mg"), 2},
		{order("warfarin 5 MG tablet", "outpatient", "mg"), 2},
		{order("warfarin 3 MG tablet", "community", "mg"), 2},
		{order("warfarin 5 MG tablet", "inpatient", "mg"), 2},
		{order("warfarin 5 MG tablet", "community", "micrograms"), 2},
	} {
		story := Tell(append(lines("North", a), lines("South", c.b)...), Options{})
		n := 0
		for _, chapter := range story.Chapters {
			n += len(chapter.Entries)
		}
		if n != c.want {
			t.Errorf("%d facts, not %d:\n%s\n%s", n, c.want, a, c.b)
		}
	}
}
