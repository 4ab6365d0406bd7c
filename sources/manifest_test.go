package sources

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
)

// TestManifest holds manifests of bulk exports against the files beside them.
func TestManifest(t *testing.T) {
	const head = `{"transactionTime":"2026-01-01T00:00:00Z","request":"https://e/$export","requiresAccessToken":true,"output":[`
	const one, two = `{"type":"Observation","url":"https://e/files/1.ndjson?sig=x"}`, `{"type":"Observation","url":"https://e/files/2"}`
	for what, c := range map[string]struct {
		manifest string
		here     []string
		missing  []string
		none     bool
	}{
		"all there":           {manifest: head + one + "," + two + `]}`, here: []string{"1.ndjson", "2.ndjson"}},
		"by type":             {manifest: head + one + "," + two + `]}`, here: []string{"Observation-1.ndjson", "000.observation.ndjson"}},
		"one of two by type":  {manifest: head + one + "," + two + `]}`, here: []string{"Observation.ndjson"}, missing: []string{"Observation 2"}},
		"name before type":    {manifest: head + two + "," + one + `]}`, here: []string{"1.ndjson", "Observation.ndjson"}},
		"another type":        {manifest: head + one + `]}`, here: []string{"Patient.ndjson"}, missing: []string{"Observation 1.ndjson"}},
		"what was deleted":    {manifest: head + `],"deleted":[{"type":"Bundle","url":"https://e/del_1.ndjson"}]}`, missing: []string{"Bundle del_1.ndjson"}},
		"what went wrong":     {manifest: head + `],"error":[{"type":"OperationOutcome","url":"https://e/err_1.ndjson"}]}`, missing: []string{"OperationOutcome err_1.ndjson"}},
		"compressed":          {manifest: head + one + `]}`, here: []string{"1.ndjson.gz"}},
		"a type in a type":    {manifest: head + `{"type":"Medication","url":"https://e/7"},{"type":"MedicationRequest","url":"https://e/8"}]}`, here: []string{"1.MedicationRequest.ndjson", "2.Medication.ndjson"}},
		"one type of two":     {manifest: head + `{"type":"Medication","url":"https://e/7"},{"type":"MedicationRequest","url":"https://e/8"}]}`, here: []string{"MedicationRequest.ndjson"}, missing: []string{"Medication 7"}},
		"a part of more":      {manifest: head + one + `],"link":[{"relation":"next","url":"https://e/m2"}]}`, here: []string{"1.ndjson"}, missing: []string{"a next part of itself (https://e/m2)"}},
		"a mark before it":    {manifest: "\xef\xbb\xbf" + head + `]}`},
		"nothing":             {manifest: head + `]}`},
		"without type or url": {manifest: head + `{}]}`, here: []string{"a.ndjson"}, missing: []string{""}},
		"a resource":          {manifest: `{"resourceType":"Patient","transactionTime":"x"}`, none: true},
		"another file":        {manifest: `{"name":"app"}`, none: true},
		"no JSON":             {manifest: `{`, none: true},
	} {
		m := readManifest([]byte(c.manifest))
		if (m == nil) != c.none {
			t.Errorf("%s: %+v", what, m)
		}
		if m != nil {
			if _, got := m.match(c.here); !slices.Equal(got, c.missing) {
				t.Errorf("%s: %q are missing, want %q", what, got, c.missing)
			}
		}
	}
}

// TestALogOfABulkExportIsNoFile: what a client of bulk exports logs beside the files holds
// no records; one with anything else in it is read as what it may be.
func TestALogOfABulkExportIsNoFile(t *testing.T) {
	const kickoff = `{"exportId":"1","timestamp":"2026-01-01T00:00:00Z","eventId":"kickoff","eventDetail":{"exportUrl":"https://e/$export"}}` + "\n"
	failed := func(what string) string { return strings.Replace(kickoff, "kickoff", what, 1) }
	for what, c := range map[string]struct {
		log    string
		failed []string
		none   bool
	}{
		"a log":                 {log: "\xef\xbb\xbf\n" + kickoff + failed("export_complete")},
		"with errors":           {log: kickoff + failed("download_error") + failed("download_error") + failed("export_error"), failed: []string{"download_error", "export_error"}},
		"with a resource in it": {log: kickoff + `{"resourceType":"Patient","exportId":"1","eventId":"2"}`, none: true},
		"cut off":               {log: kickoff + kickoff[:20], none: true},
		"a resource":            {log: `{"resourceType":"Patient"}`, none: true},
		"other lines":           {log: `{"exportId":"1"}`, none: true},
		"nothing":               {none: true},
	} {
		path := filepath.Join(t.TempDir(), "log.ndjson")
		if err := os.WriteFile(path, []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		if log, is := logOf(path); is == c.none || !slices.Equal(log.Failed, c.failed) {
			t.Errorf("%s: %v, it tells of %v", what, is, log.Failed)
		}
		all, err := Find([]string{filepath.Dir(path)})
		if len(all.Logs) == 1 == c.none || c.none && len(all.Files) != 1 {
			t.Errorf("%s: %+v, %v", what, all, err)
		}
	}
}

// FuzzLog reads a log of anybody's making: what is none names no errors.
func FuzzLog(f *testing.F) {
	f.Add([]byte(`{"exportId":"e","eventId":"download_error"}`))
	f.Add([]byte("{\"exportId\":\"e\",\"eventId\":\"kickoff\"}\n{\"resourceType\":\"Patient\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if failed, is := readLog(raw); !is && len(failed) > 0 {
			t.Errorf("%q is no log, and tells of %q", raw, failed)
		}
	})
}

// FuzzManifest reads a manifest of anybody's making.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"transactionTime":"x","output":[{"type":"Observation","url":"https://e/1.ndjson"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := readManifest(raw)
		if m == nil {
			return
		}
		found, missing := m.match([]string{"a", "Observation.ndjson"})
		if len(missing) > len(m.all())+len(m.Link) || len(m.tallies(found)) > 2 {
			t.Fatal("more is missing, or counted, than there is")
		}
	})
}

// TestWhatAManifestCounts: a count is of one file, or of all files of a type where names
// do not tell them apart; of nothing where one is missing or not counted.
func TestWhatAManifestCounts(t *testing.T) {
	output := func(typ, url, count string) string {
		if count != "" {
			count = `,"count":` + count
		}
		return `{"type":"` + typ + `","url":"https://e/` + url + `"` + count + `}`
	}
	for what, c := range map[string]struct {
		outputs []string
		here    []string
		want    string
	}{
		"by name":             {[]string{output("Observation", "o1.ndjson", "2"), output("Observation", "o2.ndjson", "3")}, []string{"o1.ndjson", "o2.ndjson"}, "[{[o1.ndjson] 2 false} {[o2.ndjson] 3 false}]"},
		"by type":             {[]string{output("Observation", "1", "2"), output("Observation", "2", "3")}, []string{"Observation-a.ndjson", "Observation-b.ndjson"}, "[{[Observation-a.ndjson Observation-b.ndjson] 5 false}]"},
		"by type, one gone":   {[]string{output("Observation", "1", "2"), output("Observation", "2", "3")}, []string{"Observation-a.ndjson"}, "[]"},
		"by type, one untold": {[]string{output("Observation", "1", "2"), output("Observation", "2", "")}, []string{"Observation-a.ndjson", "Observation-b.ndjson"}, "[]"},
		"no number":           {[]string{output("Observation", "o1.ndjson", `"2"`), output("Patient", "p.ndjson", "-1"), output("Device", "d.ndjson", "1e3")}, []string{"o1.ndjson", "p.ndjson", "d.ndjson"}, "[]"},
		"Bundles":             {[]string{output("Bundle", "b.ndjson", "2")}, []string{"b.ndjson"}, "[{[b.ndjson] 2 true}]"},
	} {
		m := readManifest([]byte(`{"transactionTime":"x","output":[` + strings.Join(c.outputs, ",") + `]}`))
		found, _ := m.match(c.here)
		if got := fmt.Sprint(m.tallies(found)); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// TestAnExportWithoutRecordsIsRead: a nightly export of which nothing has changed, or
// whose files are empty as it says, is no mistake; one that should have records is.
func TestAnExportWithoutRecordsIsRead(t *testing.T) {
	for list, fine := range map[string]bool{
		`[]`: true,
		`[{"type":"Patient","url":"https://e/p.ndjson","count":0}]`: true,
		`[{"type":"Patient","url":"https://e/q.ndjson","count":0}]`: false, // it is not there
	} {
		folder := t.TempDir()
		for name, text := range map[string]string{"export.json": `{"transactionTime":"2026-01-01T00:00:00Z","output":` + list + `}`, "p.ndjson": ""} {
			if name == "p.ndjson" && list == "[]" {
				continue
			}
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		all, err := Find([]string{folder})
		if fine && (err != nil || len(all.Files)+len(all.Missing) > 0 || len(all.Manifests) != 1) {
			t.Errorf("%s: %+v, %v", list, all, err)
		}
		if !fine && len(all.Missing) != 1 {
			t.Errorf("%s: %+v, %v", list, all, err)
		}
	}
}

// TestAManifestAloneIsSaid: who names a manifest is told what it is, and not that
// nothing is there.
func TestAManifestAloneIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manifest.json")
	list := `{"transactionTime":"2026-01-01T00:00:00Z","output":[{"type":"Patient","url":"https://e/1.ndjson"}]}`
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Find([]string{path})
	if stele.KindOf(err) != stele.KindNotFound || !strings.Contains(err.Error(), "list of a bulk export") || stele.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}

// TestWhatIsCalledOtherwiseIsLookedAt: an export without endings, a download that was
// cut off and a copy are not passed over as a picture is.
func TestWhatIsCalledOtherwiseIsLookedAt(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"a.json": `{"resourceType":"Patient"}`, "Observation": `{"resourceType":"Observation"}`, "b.json.part": "\xef\xbb\xbf\n[{\"resourceType\":\"Patient\"",
		"c.ndjson.1": `{"id":"x","resourceType":"Patient"}`, "notes.txt": "the resourceType is in \"resourceType\"", "app.cfg": `{"name":"app"}`, "empty": "",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Find([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	names := func(paths []string) (out []string) {
		for _, p := range paths {
			out = append(out, filepath.Base(p))
		}
		return out
	}
	if got := names(all.Unnamed); !slices.Equal(got, []string{"Observation", "b.json.part", "c.ndjson.1"}) {
		t.Errorf("begin like FHIR: %q", got)
	}
	if got := names(all.Other); !slices.Equal(got, []string{"app.cfg", "empty", "notes.txt"}) {
		t.Errorf("left alone: %q", got)
	}
	if len(all.Files) != 1 {
		t.Errorf("%q are read", all.Files)
	}
	// Named itself, it is read.
	if all, err := Find([]string{filepath.Join(folder, "Observation")}); err != nil || len(all.Files) != 1 {
		t.Errorf("named itself: %+v, %v", all, err)
	}
}

// TestALinkToAFolderIsNotPassedOver: a folder that is named is read also by a link; what is
// linked within one may hold records, and is said not to have been read.
func TestALinkToAFolderIsNotPassedOver(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(elsewhere, "a.json"), []byte(`{"resourceType":"Patient"}`), 0o600),
		os.Symlink(elsewhere, filepath.Join(folder, "2024")), os.Symlink(filepath.Join(elsewhere, "a.json"), filepath.Join(folder, "b.json")),
		os.Symlink(filepath.Join(elsewhere, "gone"), filepath.Join(folder, "c")), os.Symlink(folder, filepath.Join(elsewhere, "charts")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{folder, filepath.Join(elsewhere, "charts"), filepath.Join(elsewhere, "charts") + "/"} {
		all, err := Find([]string{path})
		if err != nil || len(all.Files) != 1 || len(all.Unread) != 2 || len(all.Other) > 0 {
			t.Errorf("%s: %+v, %v", path, all, err)
		}
	}
}
