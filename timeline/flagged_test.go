package timeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

var flagDay = Options{At: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)}

// flagList is a list of one source with one entry each, named or by reference.
func flagList(source string, kind stele.Category, entries ...string) Item {
	l := lines(source, `{"resourceType":"List","id":"l","status":"current","mode":"changes","title":"Discharge list","date":"2026-11-15","entry":[`+strings.Join(entries, ",")+`]}`)[0]
	l.Label.Category = kind
	return l
}

// The words of a flag are told with what is flagged, whatever they are: beside a record, named or
// referred to, unless it goes on; and in the line of what has no record, but where it surely ended.
func TestR38AFlagsWordsAreToldWithWhatIsFlagged(t *testing.T) {
	const gone, struck, beside, silent = "gone", "struck", "beside", "silent"
	for how, all := range map[string][]string{
		gone: {"STOPPED", "Stop", "Discontinue", "Entered in error", "Disproved", "Refuted", "Ruled out", "Stopped: AKI", "Stopped 12 Nov 2026", "abgesetzt am 5.11.", "abgesetzt", "arrêté", "retirado", "sospeso per errore", "gestopt", "descartada", "kesildi"},
		struck: {"On hold", "Hold", "Withheld", "Held", "Paused", "Do not take", "Not taking", "Never started", "Contraindicated", "Omit", "Not active", "Stop if potassium rises", "Stop on 12 Dec", "Stopped until 12 Dec", "Hold until review",
			"pausiert", "nicht einnehmen", "ne pas prendre", "en pausa", "controindicato", "niet innemen", "não tomar", "kontrendike"},
		beside: {"Dose reduced", "Do not stop", "No longer on hold", "Not changed", "Tolerated on challenge", "Ask the pharmacist", "xyzzy", "Unconfirmed"},
		silent: {"New", "Continued", "Unchanged", "Prescribed", "neu", "unverändert", "nuevo", "nieuw"},
	} {
		for _, words := range all {
			flag := `{"flag":{"text":"` + words + `"},"item":`
			line := Tell([]Item{flagList("A", stele.Medications, flag+`{"display":"Digoxin"}}`)}, flagDay)
			told := len(line.Unclear) == 1 && strings.Contains(line.Unclear[0].Status, `flagged "`+words+`"`)
			if told != (how != gone) || len(line.Unclear) > 1 || len(line.Now) > 0 {
				t.Errorf("%s: told in the line %v, and it is %s:\n%s", words, told, how, line.Text(Page{}))
			}
			order := lines("A", `{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","medicationCodeableConcept":{"text":"Digoxin"},"authoredOn":"2026-10-01"}`)
			for place, s := range map[string]Story{
				"referred to":      Tell(append(order, flagList("A", stele.Medications, flag+`{"reference":"MedicationRequest/m"}}`)), flagDay),
				"named by another": Tell(append(order, flagList("B", stele.Other, flag+`{"display":"Digoxin"}}`)), flagDay),
			} {
				want := map[string]string{gone: "; yet struck out in Discharge list: " + words, struck: "; yet struck out in Discharge list: " + words, beside: "; yet in Discharge list: " + words}[how]
				got := strings.Join(strings.Fields(s.Text(Page{Width: 300})), " ")
				if !strings.Contains(got, want) || want == "" && strings.Contains(got, "; yet") {
					t.Errorf("%s, %s: want %q in\n%s", words, place, want, s.Text(Page{}))
				}
			}
		}
	}
}

// A flag in R4's example codes is told in words.
func TestR38AFlagsCodesAreToldInWords(t *testing.T) {
	for code, want := range map[string]string{"01": `flagged "unchanged"`, "02": `flagged "changed"`, "03": "", "05": "", "06": `flagged "suspended"`} {
		s := Tell([]Item{flagList("A", stele.Medications, `{"flag":{"coding":[{"system":"urn:oid:1.2.36.1.2001.1001.101.104.16592","code":"`+code+`"}]},"item":{"display":"Digoxin"}}`)}, flagDay)
		if want == "" && len(s.Unclear) > 0 || want != "" && (len(s.Unclear) != 1 || !strings.Contains(s.Unclear[0].Status, want)) {
			t.Errorf("%s: want %q in\n%s", code, want, s.Text(Page{}))
		}
	}
	both := Tell([]Item{flagList("A", stele.Medications, `{"flag":{"text":"see letter","coding":[{"system":"urn:oid:1.2.36.1.2001.1001.101.104.16592","code":"05"}]},"item":{"display":"Digoxin"}}`)}, flagDay)
	if len(both.Unclear) > 0 {
		t.Errorf("ceased by its code, whatever its words:\n%s", both.Text(Page{}))
	}
}

// What is taken is told by a list of the last two years, by its date or the year in its title;
// allergies and problems have no such age, and a list of what is over tells none of now.
func TestR38AListHasAnAge(t *testing.T) {
	list := func(kind stele.Category, title, day, code string) []Item {
		l := lines("A", `{"resourceType":"List","status":"current","mode":"snapshot","title":"`+title+`","code":{"coding":[{`+code+`}]},"date":"`+day+`","entry":[{"item":{"display":"Xylon"}},{"item":{"reference":"#c"}}],"contained":[{"resourceType":"MedicationStatement","id":"c","status":"active","medicationCodeableConcept":{"text":"Held drug"}}]}`)
		l[0].Label.Category = kind
		return l
	}
	for _, c := range []struct {
		kind             stele.Category
		title, day, code string
		named, held      bool
	}{
		{stele.Medications, "Medicines", "2026-01-01", "", true, true},
		{stele.Medications, "Medicines", "2025-01", "", true, true},
		{stele.Medications, "Medicines", "2012-05-01", "", false, false},
		{stele.Medications, "Medicines", "2024-10", "", false, false},
		{stele.Medications, "Medicines of 2018", "2026-11-01", "", false, false},
		{stele.Medications, "Medicines of 2026", "2026-11-01", "", true, true},
		{stele.Medications, "Medicines at 1200 h", "2026-11-01", "", true, true},
		{stele.Allergies, "Allergies", "2012-05-01", "", true, false},
		{stele.Problems, "Problems", "2012-05-01", "", true, false},
		{stele.Problems, "Past history", "2026-05-01", `"system":"http://loinc.org","code":"11348-0"`, false, false},
		{stele.Allergies, "Allergies", "2026-05-01", `"system":"http://snomed.info/sct","code":"1103671000000101"`, false, false},
		{stele.Medications, "Stopped medicines", "2026-05-01", "", false, false},
		{stele.Medications, "Medicines stopped and continued", "2026-05-01", "", true, true},
	} {
		s := Tell(list(c.kind, c.title, c.day, c.code), flagDay)
		named, held := false, len(s.Now) == 1
		for _, e := range s.Unclear {
			named = named || strings.Contains(e.Name+e.Value, "Xylon")
		}
		if named != c.named || held != c.held {
			t.Errorf("%s of %s: names %v, holds %v:\n%s", c.title, c.day, named, held, s.Text(Page{}))
		}
	}
}

// What a list flags stands against what is of its kind: an allergy that was disproved says
// nothing of the medicine.
func TestR38AFlagIsOfTheKindOfWhatItFlags(t *testing.T) {
	const allergy, problem, order = `{"resourceType":"AllergyIntolerance","code":{"text":"Aspirin"},"recordedDate":"2020-01-01","clinicalStatus":{"coding":[{"code":"active"}]}}`,
		`{"resourceType":"Condition","code":{"text":"Aspirin sensitive asthma"},"recordedDate":"2020-01-01","clinicalStatus":{"coding":[{"code":"active"}]}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"Aspirin"},"authoredOn":"2026-10-01"}`
	for entry, c := range map[string]struct {
		kind stele.Category
		want string // the word under which it is told against
	}{
		`{"flag":{"text":"Disproved"},"item":{"display":"Aspirin"}}`:                             {stele.Allergies, "allergy"},
		`{"flag":{"text":"Disproved"},"item":{"type":"AllergyIntolerance","display":"ASPIRIN"}}`: {stele.Other, "allergy"},
		`{"flag":{"text":"Resolved"},"item":{"display":"Aspirin sensitive asthma"}}`:             {stele.Problems, "problem"},
		`{"flag":{"text":"Resolved"},"item":{"display":"Severe aspirin sensitive asthma"}}`:      {stele.Problems, ""},
		`{"flag":{"text":"Resolved"},"item":{"display":"Asthma"}}`:                               {stele.Problems, ""},
		`{"flag":{"text":"Stopped"},"item":{"display":"Aspirin"}}`:                               {stele.Medications, "medicine"},
		`{"flag":{"text":"Stopped"},"item":{"type":"MedicationRequest","display":"Aspirin"}}`:    {stele.Other, "medicine"},
		`{"flag":{"text":"Stopped"},"item":{"display":"Aspirin"},"date":"2026-11-15"}`:           {stele.Other, "medicine"},
		`{"flag":{"text":"Stopped"},"item":{"type":"AllergyIntolerance","display":"Ibuprofen"}}`: {stele.Other, ""},
	} {
		s := Tell(append(lines("A", allergy, problem, order), flagList("B", c.kind, entry)), flagDay)
		got := ""
		for _, e := range s.Now {
			for _, o := range e.Against {
				if o.Type == "List" {
					got += e.Under
				}
			}
		}
		if got != c.want {
			t.Errorf("%s stands against %q, want %q:\n%s", entry, got, c.want, s.Text(Page{}))
		}
	}
}

// What a list says of an item counts until the next of its source and name names that again.
func TestR38TheLastListSaysWhatIsStruckOut(t *testing.T) {
	list := func(title, day, entry string) string {
		return `{"resourceType":"List","id":"` + title + day + `","status":"current","mode":"changes","title":"` + title + `","date":"` + day + `","entry":[` + entry + `]}`
	}
	const order = `{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","medicationCodeableConcept":{"text":"Digoxin"},"authoredOn":"2026-10-01"}`
	for _, item := range []string{`"item":{"reference":"MedicationRequest/m"}`, `"item":{"display":"Digoxin"}`} {
		held := list("Medicines", "2026-10-10", `{"flag":{"text":"On hold"},`+item+`}`)
		for name, c := range map[string]struct {
			last string
			want string // what is told against it
		}{
			"goes on":          {list("Medicines", "2026-10-20", `{"flag":{"text":"Continue"},`+item+`}`), ""},
			"without a flag":   {list("Medicines", "2026-10-20", `{`+item+`}`), ""},
			"not named":        {list("Medicines", "2026-10-20", `{"item":{"display":"Aspirin"}}`), "struck out in Medicines: On hold"},
			"of another name":  {list("Others", "2026-10-20", `{`+item+`}`), "struck out in Medicines: On hold"},
			"before":           {list("Medicines", "2026-10-05", `{`+item+`}`), "struck out in Medicines: On hold"},
			"struck out again": {list("Medicines", "2026-10-20", `{"flag":{"text":"Stop"},`+item+`}`), "struck out in Medicines: Stop"},
		} {
			s := Tell(lines("A", order, held, c.last), flagDay)
			_, got, _ := strings.Cut(s.Text(Page{Width: 300}), "; yet ")
			if got, _, _ = strings.Cut(got, " ("); got != c.want {
				t.Errorf("%s, %s: told against it %q, want %q:\n%s", item, name, got, c.want, s.Text(Page{}))
			}
		}
	}
}
