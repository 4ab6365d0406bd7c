package slot_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele"
	. "github.com/stele-health/stele/slot"
)

// TestR16TheWarningSaysWhatNobodyWillSee: allergies and medicines first, what is restricted with a
// record, and what it does not reach.
func TestR16TheWarningSaysWhatNobodyWillSee(t *testing.T) {
	for _, c := range []struct {
		what    string
		r       Restriction
		touched Touched
		want    []string // how lines begin, in order
	}{
		{"medicines and results", Restriction{From: 2020}, Touched{Records: map[stele.Category]int{stele.Results: 2, stele.Medications: 1}}, []string{
			"Danger: your medicines are in this.", "Who treats you will not see 1 record of your medicines and 2 records of your laboratory results.",
			"Nothing tells them that something is missing", "Other records may still tell of it", "An emergency summary that you make", "What somebody has opened before",
		}},
		{"allergies, of which there are none yet", Restriction{Categories: []stele.Category{stele.Allergies}, InEmergencies: true}, Touched{Summary: "stele wallet restrict --record ab"}, []string{
			"Danger: your allergies are in this.", "Nothing of your chart is in this now.", "Nothing tells them", "Other records", "In an emergency, too", "The emergency summary", "What somebody",
		}},
		{"a record with versions", Restriction{Records: []Record{{}}}, Touched{
			Records: map[stele.Category]int{stele.Results: 2}, Siblings: map[stele.Category]int{stele.Results: 1},
		}, []string{
			"Who treats you will not see 2 records of your laboratory results.", "Nothing tells them",
			"Not only the record that you named: 1 record of your laboratory results would be told otherwise", "A newer version of the record that somebody delivers later is open", "Other records", "An emergency summary that", "What somebody",
		}},
		{"a record with its folio", Restriction{Records: []Record{{}}, WholeFolios: true}, Touched{
			Records: map[stele.Category]int{stele.Results: 4}, Siblings: map[stele.Category]int{stele.Results: 3},
		}, []string{
			"Who treats you will not see 4 records of your laboratory results.", "Nothing tells them",
			"Not only the record that you named: 3 records of your laboratory results in the same folio", "A newer version of the record that somebody delivers later is open", "Other records", "An emergency summary that", "What somebody",
		}},
	} {
		lines := c.r.Warn(c.touched)
		if len(lines) != len(c.want) {
			t.Errorf("%s: it says\n%s", c.what, strings.Join(lines, "\n"))
			continue
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, c.want[i]) {
				t.Errorf("%s: %q, want %q…", c.what, line, c.want[i])
			}
		}
	}
}

// TestR16WhatIsRestrictedIsSaidInSentences: of what opens to nobody in an emergency none says that it does.
func TestR16WhatIsRestrictedIsSaidInSentences(t *testing.T) {
	name := func(stele.Subject) string { return "Elm Street Clinic" }
	const (
		same   = " In an emergency it opens all the same."
		partly = " In an emergency what of it opens to others then opens all the same."
		not    = " In an emergency it does not open either, by what you say of emergencies."
		nor    = " Nor in an emergency."
	)
	categories := func(c ...stele.Category) Restriction { return Restriction{Categories: c} }
	hiv := Restriction{Sensitivity: []stele.Sensitivity{stele.HIV}}
	both := Restriction{Sensitivity: []stele.Sensitivity{stele.HIV, stele.PSY}}
	marked := Slot{Sensitivity: []stele.Sensitivity{stele.HIV}}
	for _, c := range []struct {
		in   Slot
		r    Restriction
		want string
	}{
		{Slot{}, categories(stele.Medications), "your medicines." + same},
		{Slot{}, categories(stele.Medications, stele.Results), "your medicines and laboratory results." + partly},
		{Slot{}, categories(stele.Results), "your laboratory results." + not},
		{Slot{Categories: []stele.Category{stele.Results}}, categories(stele.Results), "your laboratory results." + same},
		{Slot{Categories: []stele.Category{stele.Results}}, categories(stele.Medications), "your medicines." + not},
		{Slot{Nothing: true}, categories(stele.Medications), "your medicines." + not},
		{Slot{Nothing: true}, Restriction{From: 2024}, "anything of 2024 and later, or without a date." + not},
		{Slot{}, hiv, "anything marked as HIV." + not},
		{marked, hiv, "anything marked as HIV." + partly},
		{marked, both, "anything marked as HIV or mental health." + partly},
		{Slot{}, Restriction{Sensitivity: both.Sensitivity, Sources: []stele.Subject{bob}, InEmergencies: true},
			"anything marked as HIV or mental health from Elm Street Clinic." + nor},
		{Slot{}, Restriction{From: 2024, To: 2024}, "anything of 2024, or without a date." + partly},
		{Slot{}, Restriction{From: 2020, To: 2024}, "anything of the years 2020 to 2024, or without a date." + partly},
		{Slot{}, Restriction{From: 2020}, "anything of 2020 and later, or without a date." + partly},
		{Slot{}, Restriction{To: 2024}, "anything of 2024 and before, or without a date." + partly},
		{Slot{}, Restriction{Records: []Record{{}}}, "a single record." + partly},
		{Slot{}, Restriction{Records: []Record{{}, {Handle: stele.ID{1}}}, InEmergencies: true}, "2 single records." + nor},
		{Slot{}, Restriction{Records: []Record{{}}, WholeFolios: true}, "a single record, and what lies in one folio with it." + partly},
		{Slot{}, Restriction{Records: []Record{{}, {Handle: stele.ID{1}}}, WholeFolios: true}, "2 single records, and what lies in one folio with them." + partly},
	} {
		if got := c.in.SayRestriction(c.r, name); got != "Nobody but you opens "+c.want {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
}
