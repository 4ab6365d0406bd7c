package ips_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/terminal/columns"
)

// fits fails for what is larger than the screen, or does not say that it may be incomplete.
func fits(t testing.TB, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > ips.Rows {
		t.Errorf("%d lines:\n%s", len(lines), text)
	}
	for _, l := range lines {
		if columns.Of(l) > ips.Columns {
			t.Errorf("%d columns: %s", columns.Of(l), l)
		}
	}
	if !strings.Contains(strings.Join(strings.Fields(text), " "), ips.Incomplete) {
		t.Errorf("it does not say that it may be incomplete:\n%s", text)
	}
}

func TestTheFirstScreenOfElena(t *testing.T) {
	const want = `Elena Marchetti · female · born 14 May 1978
Summary made 30 Nov 2026, today
Allergies   Allergy to penicillin: Anaphylaxis, severe, 11 Feb 2009 (high
            criticality, last 11 Feb 2009, since 11 Feb 2009) [1,2]
            Allergy to aspirin: Urticaria, mild, 2 Jun 2015 (low criticality,
            last 2 Jun 2015, since 2 Jun 2015) [1,2]
            House dust mite allergy: Sneezing, mild, 3 Apr 2022 (low
            criticality, last 3 Apr 2022, since 20 Oct 1991) [1,2]
Medicines   amlodipine 5 MG Oral Tablet: Take 1 tablet by mouth once a day
            lisinopril 20 MG Oral Tablet: Take 1 tablet by mouth once a day
            24 HR metoprolol succinate 100 MG Extended Release Oral Tablet: Take
            1 tablet by mouth once a day
            warfarin sodium 5 MG Oral Tablet: Take 1 tablet by mouth once a day
            in the evening; dose by INR
            levothyroxine sodium 0.1 MG Oral Tablet: Take 1 tablet by mouth
            every morning on an empty stomach; coded: 1 tablet once a day
Problems    Atrial fibrillation (Moderate, since 9 May 2022) [1,2]
            Essential hypertension (Moderate, since 2 Nov 2020) [1,2]
            Mitral valve stenosis (Moderate, since 18 Mar 2019) [1,2]
            Hypothyroidism (Mild, since 25 Jan 2016) [1,2]
[1] Lakeview Hospital, last heard 28 Nov 2026, 2 days ago
[2] Northside Hospital, last heard 28 Nov 2026, 2 days ago
This may not be everything: records can be missing, not delivered yet, or kept
back by the patient's choice.
`
	text := screen(t, made(t, elena(t)))
	fits(t, text)
	if text != want {
		t.Errorf("got\n%s", text)
	}
}

// Where the screen is too small for all, the names of allergies are the last to go, and
// how many are not there is said.
func TestTheFirstScreenSaysWhatItLeavesOut(t *testing.T) {
	records := []string{patient}
	for i := range 120 {
		name := strings.Repeat(string(rune('a'+i%26)), 2+i/26) + "in"
		records = append(records, allergy(fmt.Sprint("a", i), "A"+name, `,"note":[{"text":"seen"}]`), order(fmt.Sprint("m", i), "M"+name, "active", ""), problem(fmt.Sprint("p", i), "P"+name, "active", ""))
	}
	text := screen(t, made(t, chart(t, records...)))
	fits(t, text)
	if strings.Count(text, " more: see the record") < 2 || strings.Index(text, "Allergies") > strings.Index(text, "Medicines") {
		t.Error(text)
	}
	allergies := text[:strings.Index(text, "Medicines")]
	if n := strings.Count(allergies, "in;"); n < 20 {
		t.Errorf("%d allergies only:\n%s", n, text)
	}
}

// What is told in fewer words still says that another record tells it otherwise.
func TestTheFirstScreenSaysWhatIsToldOtherwise(t *testing.T) {
	records := []string{patient, order("a", "Bisoprolol", "active", `,"dosageInstruction":[{"text":"5 mg daily"}]`), order("b", "Bisoprolol", "stopped", `,"statusReason":{"text":"Slow pulse"},"authoredOn":"2026-05-01"`)}
	whole := screen(t, made(t, chart(t, records...)))
	if !strings.Contains(whole, "Slow pulse") {
		t.Error(whole)
	}
	for i := range 30 {
		records = append(records, order(fmt.Sprint("m", i), fmt.Sprint("Medicine number ", i), "active", ""))
	}
	brief := screen(t, made(t, chart(t, records...)))
	fits(t, brief)
	if !strings.Contains(strings.Join(strings.Fields(brief), " "), "Bisoprolol (told otherwise, too)") {
		t.Error(brief)
	}
}

// Of results those stand on the screen that are to be looked at, and no others.
func TestTheFirstScreenTellsResultsToLookAt(t *testing.T) {
	lab := func(name, interpretation string) string {
		return fmt.Sprintf(`{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"text":%q},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-11-29","valueQuantity":{"value":7.1,"unit":"mmol/L"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":%q}]}]}`, name, interpretation)
	}
	for _, records := range [][]string{{lab("Potassium", "HH")}, {lab("Potassium", "HH"), lab("Glucose", "N")}} {
		text := screen(t, made(t, chart(t, append(records, patient)...)))
		if !strings.Contains(text, "Potassium") || !strings.Contains(text, "7.1 mmol/L") || strings.Contains(text, "Glucose") {
			t.Error(text)
		}
	}
}

// What somebody decided, and what warns, is never told by its name alone.
func TestTheFirstScreenKeepsDecisionsWhole(t *testing.T) {
	records := []string{patient,
		`{"resourceType":"Consent","id":"d","status":"active","scope":{"coding":[{"code":"adr"}]},"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentcategorycodes","code":"dnr"}]}],"policyRule":{"text":"No resuscitation"},"patient":{"reference":"Patient/p"}}`,
		`{"resourceType":"Flag","id":"f","status":"active","code":{"text":"Difficult airway: could not be intubated"},"subject":{"reference":"Patient/p"}}`,
	}
	records = append(records, `{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"100822-6","display":"CPR orders"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"2026-05-01","valueCodeableConcept":{"text":"No compressions"}}`)
	for i := range 200 {
		records = append(records, problem(fmt.Sprint("p", i), fmt.Sprint("Problem of a long name, number ", i), "active", ""))
	}
	text := screen(t, made(t, chart(t, records...)))
	fits(t, text)
	for _, want := range []string{"Directives", "could not be intubated", "esuscitat", "No compressions"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestTheFirstScreenSaysHowOldItIs(t *testing.T) {
	doc := made(t, elena(t))
	text, err := ips.Text([]byte(doc), today.Add(40*24*time.Hour))
	if err != nil || !strings.Contains(text, "made 30 Nov 2026, 40 days ago") || strings.Count(text, "28 Nov 2026, 42 days ago") != 2 {
		t.Error(err, text)
	}
}

func TestTextOfWhatIsNoSummary(t *testing.T) {
	for _, src := range []string{"", "{}", patient, `{"resourceType":"Bundle","type":"document"}`} {
		if text, err := ips.Text([]byte(src), today); stele.KindOf(err) != stele.KindInvalid {
			t.Error(src, text, err)
		}
	}
}

// TestASummarySaysOfWhichChartItHasNothing, in its text with the command that mends it and on its first screen,
// which stays one.
func TestASummarySaysOfWhichChartItHasNothing(t *testing.T) {
	for _, n := range []int{0, 1, 8} {
		var charts []stele.Subject
		for i := range n {
			charts = append(charts, stele.Subject{byte(i + 1)})
		}
		doc, err := ips.Make(elena(t), ips.Options{At: today, Apart: charts})
		if err != nil {
			t.Fatal(err)
		}
		if issues, err := ips.Check(doc); err != nil || len(issues) != 0 {
			t.Errorf("%v, %v", issues, err)
		}
		for _, chart := range charts {
			if says := "stele wallet emergency set --chart " + chart.String() + "</p>"; !strings.Contains(string(doc), says) {
				t.Errorf("it does not say %s", says)
			}
		}
		text := screen(t, string(doc))
		fits(t, text)
		says := strings.Join(strings.Fields(text), " ")
		if got := strings.Contains(says, "Nothing is in it of another chart of the same person"); got != (n > 0) {
			t.Errorf("of %d charts the screen says\n%s", n, text)
		}
		if n > 0 && !strings.Contains(says, charts[0].String()) || n > 1 && !strings.Contains(says, fmt.Sprintf("%s and %d more", charts[0], n-1)) {
			t.Errorf("of %d charts the screen says\n%s", n, text)
		}
	}
}

// TestASummarySaysOfWhichChartsItWasMade, in its text, in the order in which they are given; who reads it is told
// which.
func TestASummarySaysOfWhichChartsItWasMade(t *testing.T) {
	charts := []stele.Subject{{2}, {1}}
	for n := range 3 {
		doc, err := ips.Make(elena(t), ips.Options{At: today, With: charts[:n]})
		if err != nil {
			t.Fatal(err)
		}
		if issues, err := ips.Check(doc); err != nil || len(issues) != 0 {
			t.Errorf("%v, %v", issues, err)
		}
		if got, err := ips.Charts(doc); err != nil || !slices.Equal(got, charts[:n]) {
			t.Errorf("of %v it says %v, %v", charts[:n], got, err)
		}
	}
	if got, err := ips.Charts([]byte(patient)); got != nil || stele.KindOf(err) != stele.KindInvalid {
		t.Errorf("of no summary: %v, %v", got, err)
	}
}
