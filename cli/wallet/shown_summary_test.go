package wallet

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/ips"
	"github.com/stele-health/stele/timeline"
)

// ward is who delivers what is shown, and when it is read.
var (
	herself, clinic = stele.SubjectOf([]byte("elena")), stele.SubjectOf([]byte("clinic"))
	ward            = map[stele.Subject]string{herself: "the patient", clinic: "Elm Street Clinic"}
	tonight         = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
)

// summaryFrom is a summary that tells of one allergy.
func summaryFrom(source stele.Subject, made time.Time, allergy string) timeline.Item {
	return timeline.Item{Label: stele.Label{Category: stele.Summary}, Handle: stele.NewID(), Source: source, Made: made, Record: fmt.Appendf(nil,
		`{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Composition","status":"final","date":"2026-11-29","title":"Summary",
"section":[{"title":"Allergies","code":{"coding":[{"system":"http://loinc.org","code":"48765-2"}]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul><li>%s</li></ul></div>"}}]}}]}`, allergy)}
}

// TestR25ASummaryOfTheFutureIsNotTheNewest: a source whose clock is wrong, or that lies, says that its
// summary was made in 2099: to a reader it is older than any other, and to the patient of the block that
// has it.
func TestR25ASummaryOfTheFutureIsNotTheNewest(t *testing.T) {
	future, now := tonight.AddDate(73, 0, 0), tonight.Add(-time.Hour)
	anchored := func(it timeline.Item, at time.Time) timeline.Item { it.Anchored = at; return it }
	for what, c := range map[string]struct {
		items []timeline.Item
		tells string
	}{
		"to a reader":                         {[]timeline.Item{summaryFrom(clinic, future, "Latex"), summaryFrom(herself, now, "Penicillin")}, "Penicillin"},
		"to a reader, the other way round":    {[]timeline.Item{summaryFrom(herself, now, "Penicillin"), summaryFrom(clinic, future, "Latex")}, "Penicillin"},
		"with a clock three minutes ahead":    {[]timeline.Item{summaryFrom(herself, now, "Penicillin"), summaryFrom(clinic, tonight.Add(3*time.Minute), "Latex")}, "Latex"},
		"there is no other":                   {[]timeline.Item{summaryFrom(clinic, future, "Latex")}, "Latex"},
		"two, to whose clock is years behind": {[]timeline.Item{summaryFrom(clinic, future, "Latex"), summaryFrom(herself, future.Add(time.Hour), "Penicillin")}, "Penicillin"},
		"a later block": {[]timeline.Item{
			anchored(summaryFrom(clinic, tonight.Add(-time.Minute), "Latex"), now.Add(-time.Hour)), anchored(summaryFrom(herself, now, "Penicillin"), now),
		}, "Penicillin"},
	} {
		screen, alone := summaryScreen(ward, c.items, tonight, nil)
		if !strings.Contains(screen, c.tells) || strings.Contains(screen, "Latex") != (c.tells == "Latex") || !alone {
			t.Errorf("%s: %v\n%s", what, alone, screen)
		}
	}
}

// TestR25ASummaryThatCannotBeReadHidesNoOther: the newest that can be is shown, under who delivered one
// that cannot.
func TestR25ASummaryThatCannotBeReadHidesNoOther(t *testing.T) {
	other := summaryFrom(clinic, tonight.Add(-time.Minute), "")
	other.Record = []byte(`{"resourceType":"Bundle","type":"collection","entry":[]}`)
	good, says := summaryFrom(herself, tonight.Add(-time.Hour), "Penicillin"), "a newer summary, delivered by Elm Street Clinic, cannot be read: ask what it says\n"
	if screen, _ := summaryScreen(ward, []timeline.Item{other, good}, tonight, nil); !strings.HasPrefix(screen, says) || !strings.Contains(screen, "Penicillin") {
		t.Errorf("the screen is:\n%s", screen)
	}
	other.Made = good.Made.Add(-time.Hour)
	if screen, _ := summaryScreen(ward, []timeline.Item{other, good}, tonight, nil); strings.Contains(screen, "cannot be read") || !strings.Contains(screen, "Penicillin") {
		t.Errorf("beside an older one the screen is:\n%s", screen)
	}
	if screen, alone := summaryScreen(ward, []timeline.Item{other}, tonight, nil); screen != "" || alone {
		t.Errorf("of it alone: %v\n%s", alone, screen)
	}
}

// TestR25AllergiesThatNobodyIsToldOfAreLacking: a record of allergies that its source took back or refuted, or that
// nobody can read, tells nobody of any: the screen says that this is not the same as none.
func TestR25AllergiesThatNobodyIsToldOfAreLacking(t *testing.T) {
	allergy := func(record string) timeline.Item {
		return timeline.Item{Record: []byte(record), Label: stele.Label{Category: stele.Allergies}, Handle: stele.NewID(), Source: clinic, Made: tonight.Add(-time.Hour)}
	}
	latex := allergy(`{"resourceType":"AllergyIntolerance","id":"a","code":{"text":"Latex"},"patient":{"reference":"Patient/1"}}`)
	refuted := allergy(`{"resourceType":"AllergyIntolerance","id":"c","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"refuted"}]},"code":{"text":"Bee"},"patient":{"reference":"Patient/1"}}`)
	none := allergy(`{"resourceType":"AllergyIntolerance","id":"d","code":{"text":"No known allergies"},"patient":{"reference":"Patient/1"}}`)
	back := allergy(`{"resourceType":"AllergyIntolerance","id":"b","verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"entered-in-error"}]},"code":{"text":"Wasp"},"patient":{"reference":"Patient/1"}}`)
	for what, c := range map[string]struct {
		items []timeline.Item
		lacks string
	}{
		"refuted alone":           {[]timeline.Item{refuted}, "[allergies medicines]"},
		"a summary's word":        {[]timeline.Item{summaryFrom(clinic, tonight.Add(-time.Hour), "Latex")}, "[allergies medicines]"},
		"none is known":           {[]timeline.Item{none}, "[medicines]"},
		"taken back":              {[]timeline.Item{back}, "[allergies medicines]"},
		"unread":                  {[]timeline.Item{allergy("x")}, "[allergies medicines]"},
		"one, and one taken back": {[]timeline.Item{back, latex}, "[medicines]"},
		"nothing":                 {nil, "[allergies medicines]"},
	} {
		if got := fmt.Sprint(lacking(timeline.Tell(c.items, timeline.Options{At: tonight, Kinds: stele.Categories()}), stele.Categories())); got != c.lacks {
			t.Errorf("%s: lacking are %s, want %s", what, got, c.lacks)
		}
	}
}

// TestASummaryOfAChartThatWasPartedIsNotShownWithoutThatWord: to who reads under a grant or in an emergency, on the
// screen and beside what goes to programs; and not while both are the person's.
func TestASummaryOfAChartThatWasPartedIsNotShownWithoutThatWord(t *testing.T) {
	other := stele.SubjectOf([]byte("unknown"))
	doc, err := ips.Make(nil, ips.Options{At: tonight, With: []stele.Subject{other}})
	if err != nil {
		t.Fatal(err)
	}
	it := summaryFrom(herself, tonight.Add(-time.Hour), "")
	it.Record = doc
	for what, c := range map[string]struct {
		person []stele.Subject
		said   bool
	}{
		"parted":                 {[]stele.Subject{herself}, true},
		"both are hers":          {[]stele.Subject{other, herself}, false},
		"the owner is not asked": {nil, false},
	} {
		screen, _ := summaryScreen(ward, []timeline.Item{it}, tonight, c.person)
		lines := shown{person: c.person}.strange([]timeline.Item{it}, tonight)
		if said := strings.HasPrefix(screen, "this summary was made of another chart, too,"); said != c.said || (len(lines) == 1) != c.said {
			t.Errorf("%s: %v\n%s", what, lines, screen)
		}
	}
}

// TestR25OfWhatNoRecordCameTheSummaryIsTold: of results and of each other kind; not of what a record came of, even one that does not
// hold, and nothing where it has nothing of the rest.
func TestR25OfWhatNoRecordCameTheSummaryIsTold(t *testing.T) {
	allergy := timeline.Item{Record: []byte("x"), Label: stele.Label{Category: stele.Allergies}, Handle: stele.NewID(), Source: clinic}
	summary := summaryFrom(herself, tonight.Add(-time.Hour), "Penicillin")
	for _, c := range []struct {
		items []timeline.Item
		tells bool
	}{{[]timeline.Item{summary}, true}, {[]timeline.Item{summary, allergy}, false}} {
		of := unheard(c.items, stele.Categories())
		screen, _ := summaryScreen(ward, c.items, tonight, nil, of...)
		if !slices.Contains(of, stele.Results) || slices.Contains(of, stele.Allergies) != c.tells || strings.Contains(screen, "Penicillin") != c.tells || (screen != "") != c.tells {
			t.Errorf("of %v:\n%s", of, screen)
		}
	}
}
