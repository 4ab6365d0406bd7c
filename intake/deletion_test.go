package intake

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stele-health/stele/fhir"
)

// TestR37WhatComesAfterADeleteStays where no version tells: a file after the DELETE's, or a Bundle
// after its, is what was made anew; what comes before it is taken back.
func TestR37WhatComesAfterADeleteStays(t *testing.T) {
	put := obs("o1", of("Patient/pa"))
	old := obs("o1", `"meta":{"versionId":"2"},`+of("Patient/pa"))
	const remove = `{"request":{"method":"DELETE","url":"Observation/o1"}}`
	const later = `{"request":{"method":"DELETE","url":"Observation/o1"},"response":{"etag":"W/\"3\""}}`
	whole := func(kind string, entries ...string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
	}
	as := func(r string) string {
		return `{"resource":` + r + `,"request":{"method":"PUT","url":"Observation/o1"}}`
	}
	for what, c := range map[string]struct {
		files        []string
		times        []string // of the files
		file, delete int
		stays        bool
	}{
		"a file after it":                 {files: []string{patientA, whole("transaction", remove), put}, file: 1, stays: true},
		"a file before it":                {files: []string{patientA, put, whole("transaction", remove)}, file: 2},
		"before and after it":             {files: []string{patientA, put, whole("transaction", remove), put}, file: 2, stays: true},
		"an older one in a file after it": {files: []string{patientA, whole("batch", later), old}, file: 1},
		"a Bundle after it":               {files: []string{lines(patientA, whole("batch", remove), whole("batch", as(put)))}, delete: 1, stays: true},
		"a Bundle before it":              {files: []string{lines(patientA, whole("batch", as(put)), whole("batch", remove))}, delete: 2},
		"beside it":                       {files: []string{lines(patientA, whole("batch", as(put), remove))}, delete: 2, stays: true},
		"pages of a history":              {files: []string{patientA, whole("history", remove), whole("history", as(put))}, file: 1},
		"of a time before it":             {files: []string{patientA, whole("batch", remove), put}, times: []string{"", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"}, file: 1},
		"of one time, after it":           {files: []string{patientA, whole("batch", remove), put}, times: []string{"", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"}, file: 1, stays: true},
		"what goes nowhere beside it":     {files: []string{lines(patientA, whole("batch", remove, as(obs("o1", `"subject":{"reference":"Patient/nobody"}`))))}, delete: 1},
		"what goes nowhere in a Bundle":   {files: []string{lines(patientA, whole("batch", remove), whole("batch", as(obs("o1", `"subject":{"reference":"Patient/nobody"}`))))}, delete: 1},
		"what goes nowhere":               {files: []string{patientA, whole("transaction", remove), obs("o1", `"subject":{"reference":"Patient/nobody"}`)}, file: 1},
	} {
		p := planOf(t, c.times, c.files...)
		if v := p.Of(c.file, c.delete); v.Deletes == "" || v.Newer != c.stays {
			t.Errorf("%s: %+v, stays %v", what, v, c.stays)
		}
	}
}

// planOf surveys files that are of the given times.
func planOf(t *testing.T, times []string, files ...string) *Plan {
	t.Helper()
	s := NewSurvey(table(), Asked{})
	for i, file := range files {
		f := s.File()
		if i < len(times) {
			f.Of(times[i])
		}
		for reader := fhir.NewReader(strings.NewReader(file)); ; {
			e, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			f.Take(e)
		}
	}
	return s.Decide()
}
