package ips_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/ips"
)

// FuzzCheck: whatever a document is, checking and telling it ends, and the screen holds
// what is told.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(made(f, elena(f)[:80])))
	f.Add([]byte(made(f, nil)))
	f.Add([]byte(`{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","section":[{"code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]},"text":{"div":"<div><table><tr><td>x</td></tr></table></div>"},"entry":[{"reference":"#x"},{}]}]}}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Composition","date":"` + strings.Repeat("a long day ", 20) + `"}}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		issues, err := ips.Check(doc)
		if err == nil && len(issues) > ips.MaxIssues {
			t.Errorf("%d issues", len(issues))
		}
		if text, err := ips.Text(doc, today); err == nil {
			fits(t, text)
		}
	})
}
