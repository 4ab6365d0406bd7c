package timeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// TestR39CasesAreToldAsWritten holds the shared cases of this kind; asserted_test.go
// holds inputs of the same kinds that are always here.
func TestR39CasesAreToldAsWritten(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "cases", "fhir")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no shared cases here: asserted_test.go holds others of their kinds")
	}
	for _, c := range []struct {
		file string
		has  []string
		not  []string
	}{
		{"12-dose-rounded.json", []string{"0.125 mg once a day", "0.025 mg once a day"}, []string{"0.13", "0.03"}},
		{"13-dosage-timing.json", []string{
			"1–2 tablet every 4–6 hours, as needed, at most 8 tablet per day", "1 tablet daily at 08:00, 14:00, 20:00", "1 Stk in the morning, in the evening",
			"10 mg on Monday", "500 mg 1–4 times a day", "at 1200 [iU]/h IV", "As directed; Do not inject if glucose < 5",
		}, nil},
		{"15-blood-pressure-kpa-comparator.json", []string{"16.0/10.7 kPa", "↑↑ systolic >250 mmHg, critically high (HH)", "diastolic <30 mmHg"}, []string{"16/11", "250/30", "16.0/10.7 mmHg"}},
		{"20-stay-hides-dates.json", []string{"2 May 06:00 Creatinine 0.9 mg/dL", "10 May 06:00 Creatinine 3.4 mg/dL", "19 May 06:00 Creatinine 1.1 mg/dL", "3 May 12:00 Appendectomy", "10 May Acute kidney injury"}, nil},
		{"21-contained-results.json", []string{"Lipid panel", "↑ LDL 190 mg/dL · high (H)"}, nil},
		{"23-second-note-lost.json", []string{"Line 1: specimen haemolysed.", "Line 2: MRSA isolated, call ward."}, nil},
		{"24-rounded-limit-and-marks.json", []string{"TSH <0.008 mIU/L · Low", "↓↓ Glucose 1.9 mmol/L · critically low (LL)", "RBC in urine 50 /HPF or more"}, []string{"0.01", "50 /HPF–"}},
		{"34-onset-age-and-string.json", []string{
			"onset at age 6 years, recorded 1 May 2024", "onset in primary school, ended after two weeks", "at school, about 1975", "Splenectomy · at age 12 years", "Tonsillectomy · as a child", "1 Apr  result     08:00 UTC Peak flow 400 L/min",
		}, []string{"since 1 May 2024"}},
		{"39-types-told-by-name-only.json", []string{
			"alert      Anaphylaxis after contrast medium", "Drug interaction · Warfarin with clarithromycin", "Home oxygen concentrator", "Pacemaker", "Likely sepsis, source urine", "Pain today? 7",
			"outcome Fall, probability 0.8", "vaccine MMR, forecast status due, date criterion due, 1 Sep 2024", "Critical potassium phoned to ward", "Do not resuscitate", "Allergies: Severe latex allergy",
			"LOINC 29463-7 150 lb", "CVX 212",
		}, []string{"clinical impression\n"}},
		{"40-compound-medicine.json", []string{"Morphine + Midazolam"}, []string{"not named"}},
	} {
		text := Tell(open(t, filepath.Join(folder, c.file), "North"), Options{Kinds: stele.Categories()}).Text(Page{Width: 400})
		for _, s := range c.has {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is not in\n%s", c.file, s, text)
			}
		}
		for _, s := range c.not {
			if strings.Contains(text, s) {
				t.Errorf("%s: %q is in\n%s", c.file, s, text)
			}
		}
	}
	src, err := os.ReadFile(filepath.Join(folder, "26-old-name-first.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Tell([]Item{item(src, "North", 1)}, Options{}).Person; got != "Mia Keller" {
		t.Errorf("26: the heading is %q", got)
	}
	first := Tell(open(t, filepath.Join(folder, "39-types-told-by-name-only.json"), "North"), Options{}).Text(Page{Width: 400})
	for _, s := range []string{"Anaphylaxis after contrast medium", "Drug interaction"} {
		if !strings.Contains(first, s) {
			t.Errorf("39: %q is not in the first view", s)
		}
	}
}
