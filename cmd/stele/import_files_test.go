package main

import (
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
			if got := m.absent(c.here); !slices.Equal(got, c.missing) {
				t.Errorf("%s: %q are missing, want %q", what, got, c.missing)
			}
		}
	}
}

// FuzzManifest reads a manifest of anybody's making.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"transactionTime":"x","output":[{"type":"Observation","url":"https://e/1.ndjson"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m := readManifest(raw); m != nil && len(m.absent([]string{"a", "Observation.ndjson"})) > len(m.Output)+len(m.Deleted) {
			t.Fatal("more is missing than is listed")
		}
	})
}

// TestAManifestAloneIsSaid: who names a manifest is told what it is, and not that
// nothing is there.
func TestAManifestAloneIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manifest.json")
	list := `{"transactionTime":"2026-01-01T00:00:00Z","output":[{"type":"Patient","url":"https://e/1.ndjson"}]}`
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := filesOf([]string{path})
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
	all, err := filesOf([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	names := func(paths []string) (out []string) {
		for _, p := range paths {
			out = append(out, filepath.Base(p))
		}
		return out
	}
	if got := names(all.unnamed); !slices.Equal(got, []string{"Observation", "b.json.part", "c.ndjson.1"}) {
		t.Errorf("begin like FHIR: %q", got)
	}
	if got := names(all.other); !slices.Equal(got, []string{"app.cfg", "empty", "notes.txt"}) {
		t.Errorf("left alone: %q", got)
	}
	if len(all.files) != 1 {
		t.Errorf("%q are read", all.files)
	}
	// Named itself, it is read.
	if all, err := filesOf([]string{filepath.Join(folder, "Observation")}); err != nil || len(all.files) != 1 {
		t.Errorf("named itself: %+v, %v", all, err)
	}
}
