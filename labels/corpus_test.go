package labels

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// chart is a file of resources with what its references lead to.
type chart struct {
	name      string
	resources []*fhir.Resource
	known     map[string]*fhir.Resource
}

func (c *chart) resolve(ref string) []*fhir.Resource {
	if r := c.known[ref]; r != nil {
		return []*fhir.Resource{r}
	}
	return nil
}

// charts reads every JSON file below a folder; the test is skipped when there is none.
func charts(t testing.TB, folder string) []*chart {
	t.Helper()
	var out []*chart
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, ".ndjson") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		c := &chart{name: path, known: map[string]*fhir.Resource{}}
		reader := fhir.NewReader(f)
		for {
			e, err := reader.Next()
			if errors.Is(err, io.EOF) || err != nil {
				break
			}
			if e.Resource == nil {
				continue
			}
			c.resources = append(c.resources, e.Resource)
			c.known[e.Resource.Name()] = e.Resource
			if e.FullURL != "" {
				c.known[e.FullURL] = e.Resource
			}
		}
		out = append(out, c)
		return nil
	})
	if err != nil || len(out) == 0 {
		t.Skipf("%s is not here (%v)", folder, err)
	}
	return out
}

// tally counts what a policy cannot classify.
type tally struct {
	records, unclassified int
	why                   map[string]int
	sensitive             map[stele.Sensitivity]int
	words                 map[string]int
}

func count(p *Policy, charts []*chart) tally {
	n := tally{why: map[string]int{}, sensitive: map[stele.Sensitivity]int{}, words: map[string]int{}}
	for _, c := range charts {
		for _, r := range c.resources {
			n.records++
			l, reasons := p.Explain(r, c.resolve)
			if l.Unread {
				n.unclassified++
			}
			for _, s := range l.Sensitivity {
				n.sensitive[s]++
			}
			for _, why := range reasons {
				if why.Kind == Unclassified {
					n.why[r.Type()+": "+why.Found+" at "+why.Path]++
				} else if why.Row != nil {
					n.words[r.Type()+" "+why.Row.Table+" "+why.Row.Pattern+" "+why.Found]++
				}
			}
		}
	}
	return n
}

func (n tally) log(t testing.TB, rows int) {
	t.Logf("%d records, %d cannot be classified (%.2f %%); sensitive: %v", n.records, n.unclassified, 100*float64(n.unclassified)/float64(n.records), n.sensitive)
	for _, m := range []map[string]int{n.why, n.words} {
		keys := slices.Collect(func(yield func(string) bool) {
			for k := range m {
				if !yield(k) {
					return
				}
			}
		})
		sort.Slice(keys, func(i, j int) bool { return m[keys[i]] > m[keys[j]] || m[keys[i]] == m[keys[j]] && keys[i] < keys[j] })
		for _, k := range keys[:min(len(keys), rows)] {
			t.Logf("%6d %s", m[k], k)
		}
	}
}

// TestR41OrdinaryChartsStayOrdinary holds how little of well-coded charts
// cannot be classified: a rule that hides a hospital's sodium would be switched
// off.
func TestR41OrdinaryChartsStayOrdinary(t *testing.T) {
	for folder, most := range map[string]float64{
		"../../shared/data/fhir/synthea-r4": 1, "../../shared/data/fhir/synthea-uscore": 1, "../../shared/data/fhir/uscore": 10,
	} {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			n := count(Default(), charts(t, folder))
			n.log(t, 40)
			if share := 100 * float64(n.unclassified) / float64(n.records); share > most {
				t.Errorf("%.2f %% cannot be classified, more than %g %%", share, most)
			}
		})
	}
}

// TestHL7Examples logs what cannot be classified of HL7's own examples, most of
// which are there to show how little a resource may hold.
func TestHL7Examples(t *testing.T) {
	p, n := Default(), tally{}
	all := charts(t, "../bin/fhir/hl7.fhir.r4.examples")
	var kept []*chart
	known := map[string]*fhir.Resource{}
	for _, c := range all {
		for _, r := range c.resources {
			known[r.Name()] = r
		}
	}
	for _, c := range all {
		c.known = known
		if c.resources = slices.DeleteFunc(c.resources, func(r *fhir.Resource) bool { return Category(r) == stele.Other && !tells(r) }); len(c.resources) > 0 {
			kept = append(kept, c)
		}
	}
	n = count(p, kept)
	n.log(t, 60)
	docs, err := os.ReadFile("../docs/labels.md")
	if err != nil {
		t.Fatal(err)
	}
	if said := fmt.Sprintf("| %d,%03d | %d, %.0f %% |", n.records/1000, n.records%1000, n.unclassified, 100*float64(n.unclassified)/float64(n.records)); !strings.Contains(string(docs), said) {
		t.Errorf("docs/labels.md does not say %q", said)
	}
	if share := 100 * float64(n.unclassified) / float64(n.records); share > 20 {
		t.Errorf("%.2f %% cannot be classified", share)
	}
}

func tells(r *fhir.Resource) bool { _, ok := tellings[r.Type()]; return ok }

// TestRealDocumentsAreReadWhole reads C-CDA documents of several systems as
// attachments: those with a narrative and nothing else in them can be classified.
func TestRealDocumentsAreReadWhole(t *testing.T) {
	files, err := filepath.Glob("../../shared/data/ccda/*.ccda")
	if err != nil || len(files) == 0 {
		t.Skip("no documents are here")
	}
	whole := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l, why := Default().Explain(parse(t, `{"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"application/hl7-cda+xml","data":"`+base64.StdEncoding.EncodeToString(body)+`"}}]}`), nil)
		t.Logf("%s: %s, unread %v (%d reasons)", filepath.Base(file), said(l), l.Unread, len(why))
		if !l.Unread {
			whole++
		}
		if strings.Contains(file, "Embedded_PDF") && !l.Unread {
			t.Errorf("%s is taken for read", file)
		}
	}
	if whole < len(files)/2 {
		t.Errorf("%d of %d can be classified", whole, len(files))
	}
}
