package ips

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestHL7sOwnSummariesKeepTheRules(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(guide(t), "example", "Bundle-*.json"))
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		issues, err := Check(src)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range issues {
			t.Errorf("%s: %s", filepath.Base(file), i)
		}
	}
}

// Another's summary is told by the texts of its sections.
func TestHL7sOwnSummariesAreTold(t *testing.T) {
	for file, want := range map[string]string{
		"Bundle-IPS-examples-Bundle-01.json":           "Allergies   Allergy to penicillin",
		"Bundle-bundle-ips-all-sections.json":          "Treatment | active | Do Not Resuscitate",
		"Bundle-bundle-minimal.json":                   "Oral anastrozole 1mg tablet",
		"Bundle-bundle-no-info-required-sections.json": "There is no information available regarding the subject's allergies.",
	} {
		src, err := os.ReadFile(filepath.Join(guide(t), "example", file))
		if err != nil {
			t.Fatal(err)
		}
		text, err := Text(src, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
		if err != nil || !strings.Contains(text, want) || strings.Count(text, "\n") > Rows {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
}

// guide is the unpacked npm package hl7.fhir.uv.ips 2.0.0, or the test is skipped.
func guide(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("IPS_PACKAGE")
	if dir == "" {
		dir = filepath.Join("..", "bin", "fhir", "hl7.fhir.uv.ips")
	}
	if _, err := os.Stat(filepath.Join(dir, "package.json")); err != nil {
		t.Skip("no hl7.fhir.uv.ips: HL7's examples not tried; make bin/fhir fetches it")
	}
	return dir
}
