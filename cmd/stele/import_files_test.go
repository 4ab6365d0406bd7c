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
