package ips

import (
	"os"
	"path/filepath"
	"testing"
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
