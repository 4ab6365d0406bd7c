package timeline_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/timeline"
)

// charts returns the directory of real charts, found by walking up or in
// STELE_DATA; tests that need it are skipped where it is absent.
func charts(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("STELE_DATA"); dir != "" {
		return filepath.Join(dir, "fhir")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data", "fhir")); err == nil {
			return filepath.Join(dir, "shared", "data", "fhir")
		}
	}
	t.Skip("no charts here: set STELE_DATA")
	return ""
}

// open reads a bundle as the items that a wallet would hand over.
func open(t testing.TB, path, source string) []Item {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bundle struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err := json.Unmarshal(src, &bundle); err != nil {
		t.Fatal(err)
	}
	var items []Item
	for _, e := range bundle.Entry {
		items = append(items, item(e.Resource, source, len(items)+1))
	}
	return items
}

func item(record []byte, source string, n int) Item {
	it := Item{
		Record: record, Source: stele.SubjectOf([]byte(source)), SourceName: source,
		Label:    stele.Label{Category: category(record), Source: stele.SubjectOf([]byte(source))},
		Anchored: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Height: 7, Proof: stele.ID{1},
	}
	it.Handle = handle(source, n)
	return it
}

func handle(source string, n int) stele.ID {
	var id stele.ID
	copy(id[:8], source)
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// category labels by type, as far as these tests need; real labels come from
// the fhir room.
func category(record []byte) stele.Category {
	var r struct {
		ResourceType string
		Category     json.RawMessage
	}
	json.Unmarshal(record, &r)
	switch r.ResourceType {
	case "Observation":
		var list []struct{ Coding []struct{ Code string } }
		json.Unmarshal(r.Category, &list)
		for _, c := range list {
			for _, coding := range c.Coding {
				switch coding.Code {
				case "vital-signs", "vital-sign":
					return stele.Vitals
				case "social-history", "survey":
					return stele.SocialHistory
				}
			}
		}
		return stele.Results
	}
	if c, ok := map[string]stele.Category{
		"AllergyIntolerance": stele.Allergies, "MedicationRequest": stele.Medications, "MedicationStatement": stele.Medications,
		"Condition": stele.Problems, "Immunization": stele.Immunizations, "Procedure": stele.Procedures,
		"DiagnosticReport": stele.Results, "ImagingStudy": stele.Imaging, "DocumentReference": stele.Documents,
		"Encounter": stele.Encounters, "CarePlan": stele.CarePlans, "CareTeam": stele.CarePlans, "Goal": stele.CarePlans,
		"ServiceRequest": stele.CarePlans, "Device": stele.Devices, "Claim": stele.Claims, "ExplanationOfBenefit": stele.Claims,
		"Patient": stele.Demographics, "Organization": stele.Providers, "Practitioner": stele.Providers,
		"Location": stele.Providers, "PractitionerRole": stele.Providers,
	}[r.ResourceType]; ok {
		return c
	}
	return stele.Other
}

func TestRealChartsAreTold(t *testing.T) {
	dir := charts(t)
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err, paths)
	}
	for _, path := range paths {
		items := open(t, path, "Northside Hospital")
		story := Tell(items, Options{})
		if story.Unread > 0 {
			t.Errorf("%s: %d unread", path, story.Unread)
		}
		if out := os.Getenv("STELE_STORIES"); out != "" {
			name := filepath.Join(out, filepath.Base(path)+".txt")
			if err := os.WriteFile(name, []byte(story.Text(Page{})), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
