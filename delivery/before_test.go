package delivery

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stele-health/stele"
)

// TestR37WhatAnImportAsksOfWhatWasBefore: into whose charts something went, whatever became
// of it; and what stands in another's chart alone. What another server calls so counts
// beside one from here only.
func TestR37WhatAnImportAsksOfWhatWasBefore(t *testing.T) {
	w := newDesk(t)
	ana, borg := stele.Subject{1}, stele.Subject{2}
	s := w
	seen, err := s.delivered()
	if err != nil {
		t.Fatal(err)
	}
	remembers := func(subject stele.Subject, records ...*kept) {
		t.Helper()
		if err := w.remember(w.book(subject), w.sealFrame(frame{Subject: subject, Submission: stele.NewID(), Made: time.Now(), Records: records})); err != nil {
			t.Fatal(err)
		}
		for _, k := range records {
			if err := seen.add([][16]byte{s.namePrint(k.name())}); err != nil {
				t.Fatal(err)
			}
		}
	}
	back := record("Provenance", "w", "", stele.Results)
	back.Withdraws = []string{"Encounter/gone"}
	guest := func(id, was string) *kept {
		k := record("Encounter", id, "", stele.Results)
		k.Was = was
		return k
	}
	remembers(borg, record("Encounter", "his", "", stele.Results), record("Encounter", "both", "", stele.Results), record("Encounter", "gone", "", stele.Results), back, guest("x1", "far"), guest("x2", "both"))
	remembers(ana, record("Encounter", "both", "", stele.Results), guest("x3", "his"))
	im := &importing{desk: s, seen: seen}
	names := map[string]bool{"Encounter/his": true, "Encounter/both": true, "Encounter/gone": true, "Encounter/far": true, "Encounter/new": true}

	found := im.into(names)
	if im.unread != nil || len(found) != 3 || len(found["Encounter/his"]) != 2 || len(found["Encounter/both"]) != 2 || !slices.Equal(found["Encounter/gone"], []stele.Subject{borg}) {
		t.Errorf("delivered were %v, %v", found, im.unread)
	}
	strays := im.strays(map[stele.Subject]map[string]bool{ana: names, borg: names})
	if im.unread != nil || len(strays) != 1 || len(strays[ana]) != 1 || !strays[ana]["Encounter/his"] {
		t.Errorf("strays are %v, %v", strays, im.unread)
	}
	im.o.Subject = borg
	if im.elsewhere("Encounter/his") || !im.elsewhere("Encounter/both") || im.elsewhere("Encounter/gone") {
		t.Error("what is elsewhere is taken for his, or the other way round")
	}
}

// TestAUUIDIsLookedForInWhatCameSince.
func TestAUUIDIsLookedForInWhatCameSince(t *testing.T) {
	m := memoryOf(nil)
	m.add(record("Observation", "one", "", stele.Results))
	m.named("urn:uuid:one")
	m.add(record("Observation", "two", "", stele.Results))
	if got := m.named("urn:uuid:two"); got != "Observation/two" {
		t.Errorf("it is %s", got)
	}
}

// TestHalfAFrameLeavesNothing, where what takes its place is shorter.
func TestHalfAFrameLeavesNothing(t *testing.T) {
	w, subject := newDesk(t), stele.Subject{7}
	long := frame{Subject: subject, Submission: stele.NewID(), Made: time.Now()}
	for range 20 {
		long.Records = append(long.Records, record("Observation", "1", "", stele.Results))
	}
	short := w.sealFrame(frame{Subject: subject, Submission: stele.NewID(), Made: time.Now(), Records: long.Records[:1]})
	sealed, path := w.sealFrame(long), filepath.Join(w.memoryFolder(), w.book(subject))
	if err := w.remember(w.book(subject), sealed); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(sealed)-1)); err != nil {
		t.Fatal(err)
	}
	if err := w.remember(w.book(subject), short); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != int64(len(short)) {
		t.Errorf("it has %d bytes, and a frame of %d: %v", info.Size(), len(short), err)
	}
}

// TestADryRunAsksOfAllWhoAreConcerned: also of those from whom something is only taken back.
func TestADryRunAsksOfAllWhoAreConcerned(t *testing.T) {
	p := pilesOf(t, newDesk(t), ImportOptions{Dry: true})
	ana, borg := stele.Subject{1}, stele.Subject{2}
	p.charted = map[string][]holding{"Observation/1": {{subject: ana}, {subject: p.desk.w.Subject()}}}
	p.moved = map[string][]holding{"Observation/2": {{subject: borg}}}
	if all := p.concerned(); len(all) != 2 || !all[ana] || !all[borg] {
		t.Errorf("concerned are %v", all)
	}
}
