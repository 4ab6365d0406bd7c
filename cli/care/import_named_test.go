package care

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/sources"
)

// TestWhatIsWrongWithAFileNamesIt: whoever reads it knows which of several files, or
// folders, is meant.
func TestWhatIsWrongWithAFileNamesIt(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	none, other := filepath.Join(folder, "none"), filepath.Join(folder, "other")
	for _, f := range []string{none, other} {
		if err := os.Mkdir(f, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cut, two := write("cut.json", `{"resourceType":"Patient"`), write("two.ndjson", "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\"}\n")
	nameless, empty := write("nameless.json", `{"resourceType":"Patient"}`), write("empty.json", "")
	list := write("list.json", `{"transactionTime":"2026-01-01T00:00:00Z","output":[{"type":"Patient","url":"https://e/1.ndjson"}]}`)
	files := func(paths ...string) error { _, err := sources.Find(paths); return err }
	from := func(path string) error {
		e := &enrolment{}
		_, err := e.linksFrom(new(intake.Table), path)
		return err
	}
	ended := func(err error) error {
		im := &importing{files: []string{cut}}
		return im.verdict(totalOf([]delivery.Imported{{Err: err}}))
	}
	broken := stele.E("read FHIR stream", stele.KindInvalid, "", errors.New("it ends in the middle"))
	gone := filepath.Join(folder, "gone.json")
	_, unread := delivery.FileSource(gone).Open()
	_, explained := records(empty, nil)
	for what, c := range map[string]struct {
		err   error
		names []string
	}{
		"folders without records":     {files(none, other), []string{none, other}},
		"nothing there":               {files(none, gone), []string{gone}},
		"a manifest alone":            {files(list), []string{list}},
		"a part of a Patient":         {from(cut), []string{cut}},
		"no FHIR":                     {from(empty), []string{empty}},
		"two Patients":                {from(two), []string{two, "2 Patients"}},
		"no Patient to be read":       {from(gone), []string{gone}},
		"a Patient without a number":  {from(nameless), []string{nameless}},
		"the only file of an import":  {ended(broken), []string{cut, "in the middle"}},
		"one that stopped":            {ended(stele.E("", stele.KindOther, "the input could not be read", nil)), []string{cut, "could not be read"}},
		"what explain can't read":     {explained, []string{empty, "nothing to read"}},
		"a file that went in between": {unread, []string{gone, "no such file"}},
	} {
		text := stele.TextOf(c.err)
		for _, name := range c.names {
			if c.err == nil || strings.Count(text, name) != 1 {
				t.Errorf("%s: %q does not name %s once", what, text, name)
			}
		}
	}
	for _, not := range []error{stele.E("", stele.KindUnreachable, "no vault answers", nil), context.Canceled} {
		if err := ended(not); err == nil || strings.Contains(stele.TextOf(err), cut) {
			t.Errorf("it is not the file that is wrong: %v", err)
		}
	}
}

// TestAdviceIsNotWhatWasDone: who has said how the files call the patient is not told to.
func TestAdviceIsNotWhatWasDone(t *testing.T) {
	for _, c := range []struct {
		called []string
		want   string
	}{
		{nil, "--called Patient/ID"},
		{[]string{"Patient/1"}, "--called https://HOST/fhir/Patient/ID"},
		{[]string{"https://ehr.example/fhir/Patient/1"}, "stele patient link --id ID"},
	} {
		im := &importing{patient: "4711", called: c.called}
		if got := im.advice(total{unlinked: true}); !strings.Contains(got, c.want) {
			t.Errorf("after --called %q: %q", c.called, got)
		}
	}
}

// TestR37APatientWithoutIDLinksNone enrols from a file of another server whose Patient has
// no id of its own.
func TestR37APatientWithoutIDLinksNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.json")
	text := `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"https://lab.example/fhir/Patient/7","resource":{"resourceType":"Patient","identifier":[{"system":"https://h.example/mrn","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"value":"12345"}],"name":[{"family":"Weber","given":["Anna"]}],"birthDate":"1970-05-01"}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var e enrolment
	links, err := e.linksFrom(new(intake.Table), path)
	if err != nil || len(links) != 1 || e.id != "" && e.id != "https://lab.example/fhir/Patient/7" {
		t.Errorf("%v, %+v, the id is %q", err, links, e.id)
	}
}
