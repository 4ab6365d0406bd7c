package timeline_test

import (
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/width"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/telling"
	. "github.com/stele-health/stele/timeline"
)

func TestLines(t *testing.T) {
	datadriven.RunTest(t, "testdata/lines.txt", func(t *testing.T, d *datadriven.TestData) string {
		var items []Item
		for _, line := range strings.Split(d.Input, "\n") {
			source, record, ok := strings.Cut(line, " | ")
			if !ok {
				d.Fatalf(t, "no source in %q", line)
			}
			items = append(items, item([]byte(record), source, len(items)+1))
		}
		var o Options
		var page Page
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "kinds":
				for _, k := range a.Vals {
					o.Kinds = append(o.Kinds, stele.Category(k))
				}
			case "from":
				o.From = a.Vals[0]
			case "to":
				o.To = a.Vals[0]
			case "width":
				page.Width, _ = strconv.Atoi(a.Vals[0])
			}
		}
		text := Tell(items, o).Text(page)
		checkPage(t, text, page.Width)
		// datadriven ends a result at an empty line, so a lone point stands in.
		return strings.ReplaceAll(text, "\n\n", "\n.\n")
	})
}

// checkPage holds every line to the page's width, measured apart from the code
// under test, and free of what a terminal would act on.
func checkPage(t *testing.T, text string, columns int) {
	t.Helper()
	if columns == 0 {
		columns = 80
	}
	columns = max(columns, 40)
	for i, line := range strings.Split(text, "\n") {
		n := 0
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != 0x200c && r != 0x200d && r != 0x6dd && (r < 0x600 || r > 0x605) && r != 0x70f && r != 0x8e2 && r != 0x890 && r != 0x891 && r != 0x110bd && r != 0x110cd {
				t.Errorf("line %d holds a control character", i+1)
			}
			switch k := width.LookupRune(r).Kind(); {
			case unicode.In(r, unicode.Mn, unicode.Me):
			case k == width.EastAsianWide || k == width.EastAsianFullwidth:
				n += 2
			default:
				n++
			}
		}
		if n > columns {
			t.Errorf("line %d has %d columns", i+1, n)
		}
	}
}

func sample(t *testing.T, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(charts(t), pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no chart %s: %v", pattern, err)
	}
	return paths[0]
}

// told counts facts, with the results inside reports.
func told(s Story) (facts, vouched int) {
	count := func(e Entry) { facts, vouched = facts+1, vouched+len(e.Vouched) }
	for _, c := range s.Chapters {
		if c.Visit != nil {
			count(*c.Visit)
		}
		for _, e := range c.Entries {
			count(e)
			for _, p := range e.Parts {
				count(p)
			}
		}
	}
	return facts, vouched
}

func TestAChartImportedTwiceIsToldOnce(t *testing.T) {
	for _, pattern := range []string{"synthea-r4/Clara*", "uscore/*", "synthea-uscore/Edgar*"} {
		path := sample(t, pattern)
		once := Tell(open(t, path, "Northside Hospital"), Options{})
		items := append(open(t, path, "Northside Hospital"), open(t, path, "City Lab")...)
		twice := Tell(items, Options{})
		a, vouchedOnce := told(once)
		b, vouchedTwice := told(twice)
		if a != b || vouchedTwice != 2*vouchedOnce {
			t.Errorf("%s: %d facts of %d records once, %d of %d twice", pattern, a, vouchedOnce, b, vouchedTwice)
		}
		if strings.Contains(once.Text(Page{}), "[1") || !strings.Contains(twice.Text(Page{}), "[1,2]") {
			t.Errorf("%s: sources are not told", pattern)
		}
	}
}

func TestTheStoryDoesNotDependOnTheOrderOfRecords(t *testing.T) {
	path := sample(t, "synthea-r4/Murray*")
	items := append(open(t, path, "Northside Hospital"), open(t, path, "City Lab")...)
	want := Tell(items, Options{}).Text(Page{})
	for seed := range int64(3) {
		rand.New(rand.NewSource(seed)).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		if d := cmp.Diff(want, Tell(items, Options{}).Text(Page{})); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

func TestEveryClinicalRecordIsToldOrCounted(t *testing.T) {
	for _, pattern := range []string{"synthea-r4/*", "uscore/*"} {
		paths, _ := filepath.Glob(filepath.Join(charts(t), pattern))
		for _, path := range paths {
			items := open(t, path, "Northside Hospital")
			story := Tell(items, Options{Kinds: stele.Categories()})
			facts, vouched := told(story)
			if vouched+story.Errors+story.Unread != len(items) || facts == 0 {
				t.Errorf("%s: %d of %d records are in the story", path, vouched, len(items))
			}
		}
	}
}

func TestChaptersAreInOrder(t *testing.T) {
	items := open(t, sample(t, "uscore/*"), "Northside Hospital")
	newest := Tell(items, Options{}).Chapters
	oldest := Tell(items, Options{OldestFirst: true}).Chapters
	days := func(list []Chapter) (out []string) {
		for _, c := range list {
			if c.When.Day != "" {
				out = append(out, c.When.Day)
			}
		}
		return out
	}
	up, down := days(oldest), days(newest)
	slices.Reverse(down)
	if len(up) == 0 || !slices.IsSorted(up) || !slices.Equal(up, down) {
		t.Error("chapters are not in the order of time")
	}
	if newest[len(newest)-1].When.Day != "" || oldest[len(oldest)-1].When.Day != "" {
		t.Error("what has no date does not come last")
	}
}

func TestPagesAreAsWideAsAsked(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(charts(t), "*", "*.json"))
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() > 2<<20 {
			continue
		}
		story := Tell(open(t, path, "Northside Hospital"), Options{})
		for _, columns := range []int{40, 80, 120} {
			checkPage(t, story.Text(Page{Width: columns}), columns)
		}
		if plain := story.Text(Page{Color: true}); !strings.Contains(plain, "\x1b[1m") {
			t.Errorf("%s: no colour where it was asked for", path)
		}
	}
}

func TestJSONHoldsTheWholeStory(t *testing.T) {
	items := open(t, sample(t, "synthea-r4/Clara*"), "Northside Hospital")
	for _, record := range []string{ // one of each that stands elsewhere than its type
		`{"resourceType":"Observation","status":"final","code":{"text":"Urine pregnancy test"},"effectiveDateTime":"2026-11-10","valueString":"Positive"}`,
		`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"82810-3"}]},"effectiveDateTime":"2026-11-10","valueString":"Pregnant"}`,
		`{"resourceType":"Procedure","status":"completed","code":{"text":"Insertion of pacemaker"},"performedDateTime":"2019"}`,
		`{"resourceType":"DocumentReference","status":"current","type":{"text":"Living will"},"date":"2026-05-01T00:00:00Z"}`,
		`{"resourceType":"MedicationAdministration","status":"in-progress","medicationCodeableConcept":{"text":"Heparin"},"effectiveDateTime":"2026-11-20T02:00:00Z"}`,
		`{"resourceType":"MedicationAdministration","status":"completed","medicationCodeableConcept":{"text":"Haloperidol depot"},"effectiveDateTime":"2026-11-20T02:00:00Z"}`,
		`{"resourceType":"MedicationRequest","status":"on-hold","intent":"order","authoredOn":"2026-10-01","medicationCodeableConcept":{"text":"Metformin"}}`,
		`{"resourceType":"AdverseEvent","actuality":"actual","event":{"text":"Anaphylaxis"},"seriousness":{"coding":[{"code":"serious"}]},"date":"2026-10-01"}`,
	} {
		items = append(items, item([]byte(record), "Northside Hospital", len(items)+1))
	}
	story := Tell(items, Options{Kinds: allKinds})
	src, err := json.Marshal(story)
	if err != nil {
		t.Fatal(err)
	}
	var back Story
	if err := json.Unmarshal(src, &back); err != nil {
		t.Fatal(err)
	}
	if a, b := story.Text(Page{}), back.Text(Page{}); a != b {
		t.Errorf("the page set from JSON is another one:\n%s", cmp.Diff(a, b))
	}
}

func FuzzTell(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Observation","code":{"text":"x"},"valueQuantity":{"value":1e30}}`), "2020", 80)
	f.Add([]byte(`{"resourceType":"MedicationRequest","dosageInstruction":[{"timing":{"repeat":{"period":0.5}}}]}`), "", 40)
	f.Add([]byte(`{"resourceType":"DiagnosticReport","id":"a","result":[{"reference":"x/a"}],"presentedForm":[{"contentType":"text/plain","data":"AA"}]}`), "2020-02", 0)
	f.Fuzz(func(t *testing.T, record []byte, from string, columns int) {
		items := []Item{item(record, "A", 1), item(record, "B", 2), item(record, "A", 3)}
		items[2].Label.Category = stele.Results
		story := Tell(items, Options{Kinds: stele.Categories(), From: from})
		columns = min(max(columns, 0), 200)
		checkPage(t, story.Text(Page{Width: columns}), columns)
		if sheet, ok := telling.Full(record); ok {
			checkPage(t, Page{Width: columns}.Sheet(sheet), columns)
		}
		if _, err := json.Marshal(story); err != nil {
			t.Fatal(err)
		}
	})
}
