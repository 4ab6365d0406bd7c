package timeline_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
	. "github.com/stele-health/stele/timeline"
)

var june = Options{At: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}

const (
	warfarin   = `{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","authoredOn":"2024-05-06","medicationCodeableConcept":{"text":"Warfarin"}}`
	penicillin = `{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Penicillin"}}`
)

// TestR38AnotherSourceTakesNothingOutOfNow: whatever a second source says of its own
// copies, what holds for the first stays under Now, vouched for by it.
func TestR38AnotherSourceTakesNothingOutOfNow(t *testing.T) {
	data := base64.StdEncoding.EncodeToString([]byte("No resuscitation. Signed by the patient."))
	letter := func(title, category string) string {
		return `{"resourceType":"DocumentReference","id":"d","status":"current","date":"2024-05-06T10:00:00Z","type":{"text":"Letter"}` + category +
			`,"content":[{"attachment":{"contentType":"text/plain","title":"` + title + `","data":"` + data + `"}}]}`
	}
	will := letter("Will", `,"category":[{"coding":[{"system":"http://loinc.org","code":"42348-3"}]}]`)
	unclear := strings.Replace(penicillin, `"clinicalStatus":{"coding":[{"code":"active"}]},`, "", 1)
	visit := `{"resourceType":"Condition","id":"c","category":[{"coding":[{"code":"encounter-diagnosis"}]}],"onsetDateTime":"2024-05-06","code":{"text":"Gout"}}`
	problem := strings.Replace(visit, "encounter-diagnosis", "problem-list-item", 1)
	wish := `{"resourceType":"Condition","id":"w","clinicalStatus":{"coding":[{"code":"active"}]},"category":[{"text":"problem-list-item"}],"code":{"text":"Wishes"}}`
	pregnant := `{"resourceType":"Observation","id":"g","status":"final","effectiveDateTime":"2024-05-06","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"77386006"}],"text":"Pregnant"}}`
	for what, c := range map[string]struct {
		ours   string
		theirs []string
	}{
		"a replaced copy":    {warfarin, []string{warfarin, strings.Replace(warfarin, `"id":"r"`, `"id":"s","priorPrescription":{"reference":"MedicationRequest/r"}`, 1)}},
		"a copy outlived":    {warfarin, []string{warfarin, strings.Replace(strings.Replace(warfarin, `"id":"r"`, `"id":"s","priorPrescription":{"reference":"MedicationRequest/r"}`, 1), "active", "stopped", 1)}},
		"unknown newest":     {penicillin, []string{penicillin, strings.Replace(penicillin, "Penicillin", "Dust", 1)}},
		"unknown newest 2":   {penicillin, []string{penicillin, strings.Replace(penicillin, "Penicillin", "Zinc", 1)}},
		"refuted":            {penicillin, []string{strings.Replace(penicillin, `"id"`, `"verificationStatus":{"coding":[{"code":"refuted"}]},"id"`, 1)}},
		"resolved":           {penicillin, []string{strings.Replace(penicillin, "active", "resolved", 1)}},
		"unclear":            {penicillin, []string{unclear}},
		"on hold":            {warfarin, []string{strings.Replace(warfarin, "active", "on-hold", 1)}},
		"no directive":       {will, []string{letter("Will", "")}},
		"another title":      {will, []string{letter("Void since 2025", "")}},
		"superseded":         {will, []string{strings.Replace(will, "current", "superseded", 1)}},
		"filed as a problem": {strings.Replace(wish, "problem-list-item", "advance directive", 1), []string{wish}},
		"one visit's":        {problem, []string{visit}},
		"pregnant no longer": {pregnant, []string{strings.Replace(strings.Replace(pregnant, "77386006", "60001007", 1), "2024-05-06", "9999-05-06", 1)}},
		"withdrawn":          {penicillin, []string{penicillin, withdraws("AllergyIntolerance/a")}},
	} {
		for _, name := range []string{"A clinic", "Zenith clinic"} {
			alone := Tell(lines("Northside", c.ours), june)
			items := append(lines("Northside", c.ours), at(3, lines(name, c.theirs...))...)
			both := Tell(items, june)
			for list, pair := range map[string][2][]Entry{"Now": {alone.Now, both.Now}, "May be so": {alone.Unclear, both.Unclear}} {
				if len(pair[0]) > 0 && !slices.ContainsFunc(pair[1], func(e Entry) bool {
					return e.Name == pair[0][0].Name && e.Value == pair[0][0].Value && e.Status == pair[0][0].Status && e.Directive == pair[0][0].Directive && e.When == pair[0][0].When && vouches(both, e, "Northside")
				}) {
					t.Errorf("%s, by %s: Northside's %q left %s:\n%s", what, name, pair[0][0].Line(), list, both.Text(Page{}))
				}
			}
			if len(alone.Now)+len(alone.Unclear) != 1 {
				t.Errorf("%s: alone: %s", what, alone.Text(Page{}))
			}
		}
	}
}

// Nor does what another source files its copy under.
func TestR38AnotherSourceFilesNothingAway(t *testing.T) {
	letter := `{"resourceType":"DocumentReference","id":"d","status":"current","date":"2024-05-06T10:00:00Z","type":{"text":"Letter"},"content":[{"attachment":{"contentType":"text/plain","data":"QUFB"}}]}`
	for _, record := range []string{warfarin, penicillin, letter} {
		for _, name := range []string{"A clinic", "Zenith clinic"} {
			ours, theirs := lines("Northside", record), lines(name, record)
			ours[0].Label.Category, theirs[0].Label.Category = stele.Documents, stele.Claims
			for _, o := range []Options{{}, {Kinds: []stele.Category{stele.Documents}}} {
				s := Tell(append(slices.Clone(ours), theirs...), o)
				if !slices.ContainsFunc(all(s), func(e Entry) bool { return vouches(s, e, "Northside") }) {
					t.Errorf("%s filed away %s", name, record)
				}
			}
		}
	}
}

func vouches(s Story, e Entry, source string) bool {
	return slices.ContainsFunc(e.Vouched, func(v Vouch) bool { return s.Sources[v.Source-1].Name == source })
}

// TestR38NobodysWordsAreLent: a line is what each of its sources said. Where another
// says it in other words, or of another thing by the same code, both are told.
func TestR38NobodysWordsAreLent(t *testing.T) {
	coded := func(place, system, display string) string {
		return `"` + place + `":{"coding":[{"system":"` + system + `","code":"7","display":"` + display + `"}]}`
	}
	lab := func(code, more string) string {
		return `{"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2024-05-06T10:00:00Z",` + code + `,"valueQuantity":{"value":6.9,"unit":"mmol/L"}` + more + `}`
	}
	order := func(medicine string) string {
		return `{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","authoredOn":"2024-05-06",` + medicine + `}`
	}
	const loinc, rxnorm = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
	for what, c := range map[string]struct {
		ours, theirs []string
		word         string
	}{
		"a medicine": {[]string{order(coded("medicationCodeableConcept", rxnorm, "Warfarin sodium 5 MG Oral Tablet"))},
			[]string{order(coded("medicationCodeableConcept", rxnorm, "Ascorbic acid 5 MG Oral Tablet"))}, "Warfarin"},
		"a result": {[]string{lab(coded("code", loinc, "Potassium [Moles/volume] in Serum"), "")}, []string{lab(coded("code", loinc, "Glucose [Moles/volume] in Serum"), "")}, "Potassium"},
		"no words": {[]string{lab(coded("code", loinc, "Potassium"), "")}, []string{lab(`"code":{"coding":[{"system":"`+loinc+`","code":"7"}]}`, "")}, "Potassium"},
		"what a reference leads to": {
			[]string{order(`"medicationReference":{"reference":"Medication/m","display":"Tablet of ward"}`), `{"resourceType":"Medication","id":"m",` + coded("code", rxnorm, "Warfarin") + `}`},
			[]string{order(`"medicationReference":{"reference":"Medication/m","display":"Tablet of ward"}`), `{"resourceType":"Medication","id":"m",` + coded("code", rxnorm, "Vitamin C") + `}`}, "Warfarin"},
		"how a stay ended": {
			[]string{`{"resourceType":"Encounter","id":"e","status":"finished","period":{"start":"2024-05-06"},"hospitalization":{"dischargeDisposition":{"text":"Psychiatric ward"}}}`},
			[]string{`{"resourceType":"Encounter","id":"e","status":"finished","period":{"start":"2024-05-06"},"hospitalization":{"dischargeDisposition":{"text":"Home"}}}`}, "Psychiatric"},
		"a title": {
			[]string{`{"resourceType":"DocumentReference","id":"d","status":"current","date":"2024-05-06","type":{"text":"Letter"},"content":[{"attachment":{"contentType":"text/plain","title":"Biopsy: malignant","data":"QUFB"}}]}`},
			[]string{`{"resourceType":"DocumentReference","id":"d","status":"current","date":"2024-05-06","type":{"text":"Letter"},"content":[{"attachment":{"contentType":"text/plain","title":"Biopsy: benign","data":"QUFB"}}]}`}, "malignant"},
		"a contained result": {
			[]string{lab(`"code":{"text":"Panel"}`, `,"hasMember":[{"reference":"#c"}],"contained":[{"resourceType":"Observation","id":"c","status":"final","code":{"text":"Blasts"},"valueString":"found"}]`)},
			[]string{lab(`"code":{"text":"Panel"}`, `,"hasMember":[{"reference":"#c"}],"contained":[{"resourceType":"Observation","id":"c","status":"final","code":{"text":"Blasts"},"valueString":"none"}]`)}, "found"},
	} {
		for _, name := range []string{"A clinic", "Zenith clinic"} {
			items := append(lines("Northside", c.ours...), lines(name, c.theirs...)...)
			s := Tell(items, Options{At: june.At, Kinds: allKinds})
			line := ""
			for _, e := range all(s) {
				for _, p := range append([]Entry{e}, e.Parts...) {
					if strings.Contains(p.Line(), c.word) && p.Type != "Medication" {
						line = p.Line()
						if !vouches(s, e, "Northside") || vouches(s, e, name) {
							t.Errorf("%s: %q is not Northside's alone", what, line)
						}
					}
				}
			}
			if line == "" {
				t.Errorf("%s: %q is told nowhere:\n%s", what, c.word, s.Text(Page{}))
			}
		}
	}
}

// What sources are called decides nothing but the order of their numbers.
func TestR38TheNamesOfSourcesChangeNothing(t *testing.T) {
	told := func(items []Item) (out []string) {
		s := Tell(items, Options{Kinds: allKinds})
		for name, list := range map[string][]Entry{"now": s.Now, "unclear": s.Unclear, "none": s.Absent, "told": all(s)} {
			for _, e := range list {
				var by []string
				for _, v := range e.Vouched {
					by = append(by, fmt.Sprint(s.Sources[v.Source-1].Subject))
				}
				slices.Sort(by)
				out = append(out, fmt.Sprint(name, " ", e.When, " ", e.Line(), " ", by, len(e.Against)))
			}
		}
		slices.Sort(out)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		want := told(items)
		to := rapid.Permutation([]string{"A", "B", "C"}).Draw(t, "names")
		for i := range items {
			items[i].SourceName = to[items[i].SourceName[0]-'A']
		}
		if d := cmp.Diff(want, told(items)); d != "" {
			t.Fatal(d)
		}
	})
}

// What one source tells stays told, in its words and by it, whatever others deliver;
// a number perhaps in other digits.
func TestR38OthersChangeNothingOfWhatASourceTells(t *testing.T) {
	mine := func(s Story, list []Entry) (out []string) {
		for _, e := range list {
			if vouches(s, e, "A") {
				out = append(out, fmt.Sprint(strings.ToLower(e.Name), strings.Replace(e.Value, "5.40", "5.4", 1), e.Status, e.Active))
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	rapid.Check(t, func(t *rapid.T) {
		items := chartOf(t)
		own := slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.SourceName != "A" })
		alone, both := Tell(own, Options{Kinds: allKinds, At: june.At}), Tell(items, Options{Kinds: allKinds, At: june.At})
		for what, pair := range map[string][2][]string{"now": {mine(alone, alone.Now), mine(both, both.Now)}, "unclear": {mine(alone, alone.Unclear), mine(both, both.Unclear)},
			"none": {mine(alone, alone.Absent), mine(both, both.Absent)}, "all": {mine(alone, all(alone)), mine(both, all(both))}} {
			if d := cmp.Diff(pair[0], pair[1]); d != "" {
				t.Fatalf("%s: %s", what, d)
			}
		}
	})
}

// Records of which nobody proves the source refer to nothing.
func TestR38TheUnprovenKnowNothingOfEachOther(t *testing.T) {
	unproven := func(records ...string) []Item {
		items := lines("x", records...)
		for i := range items {
			items[i].Source, items[i].SourceName = stele.Subject{}, ""
		}
		return items
	}
	s := Tell(unproven(warfarin, `{"resourceType":"MedicationRequest","id":"s","status":"active","intent":"order","authoredOn":"2024-05-07","medicationCodeableConcept":{"text":"Vitamin C"},"priorPrescription":{"reference":"MedicationRequest/r"}}`), june)
	expect(t, "replaced", names(s.Now), "Vitamin C", "Warfarin")
	s = Tell(unproven(`{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","authoredOn":"2024-05-06","medicationReference":{"reference":"Medication/m"}}`,
		`{"resourceType":"Medication","id":"m","code":{"text":"Zinc"}}`), june)
	expect(t, "named", names(s.Now), "medicine not named")
	s = Tell(unproven(warfarin, strings.Replace(warfarin, "2024-05-06", "2024-05-30", 1)), june)
	expect(t, "again", names(s.Now), "Warfarin", "Warfarin")
	pregnant := `{"resourceType":"Observation","id":"g","status":"final","effectiveDateTime":"2024-05-06","code":{"coding":[{"system":"http://loinc.org","code":"82810-3","display":"Pregnancy status"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"77386006","display":"Pregnant"}]}}`
	denied := strings.NewReplacer("77386006", "60001007", `"Pregnant"`, `"Not pregnant"`, "2024-05-06", "2024-05-08", `"g"`, `"h"`).Replace(pregnant)
	s = Tell(unproven(pregnant, denied), june)
	if len(s.Now) != 1 || len(s.Now[0].Against) != 1 {
		t.Errorf("one ends what another tells: %s", s.Text(Page{}))
	}
	s = Tell(lines("x", pregnant, denied), june)
	if len(s.Now) != 0 {
		t.Errorf("a source does not end its own: %s", s.Text(Page{}))
	}
	s = Tell(unproven(penicillin, strings.Replace(penicillin, "active", "resolved", 1)), june)
	if len(s.Now) != 1 || len(s.Now[0].Against) != 1 {
		t.Errorf("nothing is said against it: %s", s.Text(Page{}))
	}
	s = Tell(unproven(`{"resourceType":"DiagnosticReport","id":"p","status":"final","effectiveDateTime":"2024-05-06","code":{"text":"Panel"},"result":[{"reference":"Observation/o"}]}`,
		`{"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2024-05-06","code":{"text":"Potassium"}}`), june)
	for _, e := range all(s) {
		if len(e.Parts) > 0 {
			t.Errorf("%q took %q", e.Line(), e.Parts[0].Line())
		}
	}
}

// An order of a day to come holds no place under Now, and dates nobody's.
func TestR38AnOrderOfADayToComeIsUnclear(t *testing.T) {
	later := func(day string) string { return strings.Replace(warfarin, "2024-05-06", day, 1) }
	for _, name := range []string{"A", "Z"} {
		s := Tell(append(lines("Northside", warfarin), lines(name, later("9999-12-31"))...), june)
		if len(s.Now) != 1 || s.Now[0].When.Day != "2024-05-06" || len(s.Now[0].Vouched) != 1 || len(s.Unclear) != 1 {
			t.Error(s.Text(Page{}))
		}
	}
	for day, now := range map[string]int{"2024-06-01": 1, "2024-06-02": 1, "2024-06-03": 0, "2024-06": 1, "2024-07": 0, "2025": 0} { // on the other side of the date line it is tomorrow
		if s := Tell(lines("Northside", later(day)), june); len(s.Now) != now {
			t.Errorf("%s: now %q", day, names(s.Now))
		}
	}
}

// Equal values at many instants, days, or by many orders take time in proportion.
func TestR38MergingIsLinear(t *testing.T) {
	const n = 6000
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for what, record := range map[string]func(i int) string{
		"instants": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"Pulse"},"valueInteger":80,"effectiveDateTime":%q}`, i, start.Add(time.Duration(i)*time.Minute).Format(time.RFC3339))
		},
		"days": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"Pulse"},"valueInteger":80,"effectiveDateTime":%q}`, i, start.AddDate(0, 0, i).Format(time.DateOnly))
		},
		"one allergy": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"AllergyIntolerance","id":"a%d","code":{"text":"Nuts"}}`, i)
		},
		"orders": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"r%d","status":"active","intent":"order","authoredOn":"2020-01-01","medicationCodeableConcept":{"text":"M%d"}}`, i, i)
		},
		"orders and stops": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"r%d","status":"%s","intent":"order","authoredOn":"2020-01-0%d","medicationCodeableConcept":{"text":"Substance"},"dosageInstruction":[{"text":"%d"}]}`,
				i, []string{"active", "stopped"}[i%2], 1+i%2, i)
		},
		"devices": func(i int) string {
			if i%2 == 0 {
				return fmt.Sprintf(`{"resourceType":"Device","id":"d%d","status":"active","type":{"text":"Stent %d"}}`, i, i)
			}
			return fmt.Sprintf(`{"resourceType":"Procedure","id":"p%d","status":"completed","code":{"text":"Removal %d"},"focalDevice":[{"manipulated":{"reference":"Device/d%d"}}]}`, i, i, i-1)
		},
		"pregnancies": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]},"effectiveDateTime":"2020-01-01","note":[{"text":"%d"}],"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"%s"}]}}`,
				i, i, []string{"77386006", "60001007"}[i%2])
		},
		"a chain": func(i int) string {
			return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"r%d","status":"%s","intent":"order","authoredOn":"2020-01-01","medicationCodeableConcept":{"text":"M"},"priorPrescription":{"reference":"MedicationRequest/r%d"}}`,
				i, map[bool]string{true: "active", false: "stopped"}[i == n-1], i-1)
		},
	} {
		tell := func(n int) time.Duration {
			items := make([]Item, 0, n)
			for i := range n {
				items = append(items, item([]byte(record(i)), "A", i+1))
			}
			best := time.Hour
			for range 2 {
				start := time.Now()
				Tell(items, Options{At: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)}).Text(Page{})
				best = min(best, time.Since(start))
			}
			return best
		}
		var few, many time.Duration
		for range 4 { // a machine may be busy with something else
			if few, many = tell(n/10), tell(n); many < 30*few {
				break
			}
		}
		t.Logf("%s: %v, of ten times as many %v", what, few, many)
		if many > 50*few { // what is quadratic takes a hundred times as long
			t.Errorf("%s: ten times as many take %v instead of %v", what, many, few)
		}
	}
}

// Who says a hundred times that a medicine was stopped drowns nobody who says so once.
func TestR38EverySourceIsHeardAgainst(t *testing.T) {
	stop := func(i int) string {
		return strings.Replace(strings.Replace(warfarin, "active", "stopped", 1), `"id":"r"`, fmt.Sprintf(`"id":"s%d","note":[{"text":"%d"}]`, i, i), 1)
	}
	items := append(lines("Northside", warfarin), lines("Zenith", stop(999))...)
	for i := range 100 {
		items = append(items, lines("A clinic", stop(i+1))...)
	}
	for i := range items {
		items[i].Handle[5] = byte(i)
	}
	s := Tell(items, june)
	if len(s.Now) != 1 || !slices.ContainsFunc(s.Now[0].Against, func(e Entry) bool { return vouches(s, e, "Zenith") }) || len(s.Now[0].Against) > 10 {
		t.Fatal(s.Text(Page{}))
	}
	loud := 0
	for _, e := range s.Now[0].Against {
		if vouches(s, e, "A clinic") {
			loud++
		}
	}
	if loud != 4 {
		t.Errorf("who says it a hundred times is heard %d times, want 4", loud)
	}
	head, _, _ := strings.Cut(s.Text(Page{Width: 300}), "2024\n")
	if !strings.Contains(head, "told as stopped [3]") || !strings.Contains(head, "and more") {
		t.Error(head)
	}
}

// What one of many orders holds more is marked on the line that tells them all.
func TestR38ALineOfManyMarksWhatOneHoldsMore(t *testing.T) {
	later := strings.NewReplacer("2024-05-06", "2024-05-30", `"id":"r"`, `"id":"s"`).Replace(warfarin)
	more := func(record string) string {
		return strings.Replace(record, `"status"`, `"extension":[{"url":"urn:x","valueString":"see notes"}],"status"`, 1)
	}
	for what, c := range map[string]struct {
		records []string
		more    bool
	}{
		"neither": {[]string{warfarin, later}, false}, "the older": {[]string{more(warfarin), later}, true}, "the newer": {[]string{warfarin, more(later)}, true},
	} {
		s := Tell(lines("x", c.records...), june)
		if len(s.Now) != 1 || len(s.Now[0].Vouched) != 2 || s.Now[0].More != c.more {
			t.Errorf("%s: %s", what, s.Text(Page{}))
		}
		for i, record := range c.records { // one source each, of one day
			c.records[i] = strings.ReplaceAll(record, "2024-05-30", "2024-05-06")
		}
		s = Tell(append(lines("x", c.records[0]), lines("y", c.records[1])...), june)
		if got := all(s); len(got) != 1 || got[0].More != c.more {
			t.Errorf("%s, of two sources: %s", what, s.Text(Page{}))
		}
	}
}

// What no longer counts is marked like what does.
func TestR38TheMarkStandsOnWhatIsPast(t *testing.T) {
	wrong := strings.Replace(warfarin, `"status":"active"`, `"extension":[{"url":"urn:x","valueString":"see notes"}],"status":"entered-in-error"`, 1)
	if text := Tell(lines("x", wrong), june).Text(Page{Width: 200, Past: true}); strings.Count(text, telling.MoreMark) != 2 {
		t.Error(text)
	}
}
