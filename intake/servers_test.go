package intake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/fhir"
)

// of is a Bundle whose entries are a server's.
func ofServer(kind, base string, resources ...string) string {
	var entries []string
	for _, r := range resources {
		parsed, err := fhir.Parse([]byte(r))
		if err != nil {
			panic(err)
		}
		entries = append(entries, fmt.Sprintf(`{"fullUrl":%q,"resource":%s}`, base+"/"+parsed.Name(), r))
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// settledAll returns the JSON of all records as they are delivered.
func settledAll(t *testing.T, p *Plan, entries [][]fhir.Entry) (all []string) {
	t.Helper()
	for f := range entries {
		for i, e := range entries[f] {
			if e.Resource == nil {
				continue
			}
			r, err := p.Settle(f, i, e.Resource)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(r.JSON))
		}
	}
	return all
}

// nameIn returns the type and id of the n-th record.
func nameIn(t *testing.T, all []string, n int) string {
	t.Helper()
	r, err := fhir.Parse([]byte(all[n]))
	if err != nil {
		t.Fatal(err)
	}
	return r.Name()
}

const (
	labA = "https://laba.example/fhir"
	labB = "https://labb.example/fhir"
	labC = "https://labc.example/fhir"
)

// TestR38AnIdIsOneServers lets two servers have an Observation/1 of one patient:
// they are two records, in any order, and what refers to them follows.
func TestR38AnIdIsOneServers(t *testing.T) {
	report := `{"resourceType":"DiagnosticReport","id":"r","status":"final","subject":{"reference":"Patient/pa"},"result":[{"reference":"Observation/1"},{"reference":"Observation/1/_history/3"}]}`
	observation := obs("1", of("Patient/pa"))
	a, b := ofServer("collection", labA, patientA, observation, report), ofServer("collection", labB, patientA, observation, report)
	key := Asked{Key: [32]byte{7}}
	p, entries := plan(t, owning(labA), key, a, b)
	all := settledAll(t, p, entries)
	if nameIn(t, all, 1) != "Observation/1" || all[1] != observation || all[2] != report {
		t.Errorf("of the own server: %s, %s", all[1], all[2])
	}
	other := nameIn(t, all, 4)
	if other == "Observation/1" || nameIn(t, all, 3) == "Patient/pa" {
		t.Errorf("another server's is called %s", other)
	}
	if want := `"result":[{"reference":"` + other + `"},{"reference":"` + other + `/_history/3"}]`; !strings.Contains(all[5], want) ||
		!strings.Contains(all[5], `"subject":{"reference":"`+nameIn(t, all, 3)+`"}`) {
		t.Errorf("references of another server: %s", all[5])
	}
	if o := p.Origin(1, 1); o != (Origin{Base: labB, ID: "1"}) || p.Origin(0, 1) != (Origin{Base: labA, ID: ""}) {
		t.Errorf("it comes from %v", o)
	}
	if g := p.Guests(); len(g) != 1 || g[0] != (Guest{labB, 3, false}) {
		t.Errorf("guests: %v", g)
	}
	// The same alone, in another order, and by an address that differs in nothing.
	for _, again := range [][]string{{b}, {b, a}, {strings.ReplaceAll(b, labB, "http://LabB.example:80/fhir/")}} {
		p, entries := plan(t, owning(labA), key, again...)
		if got := settledAll(t, p, entries)[1]; got != all[4] {
			t.Errorf("the same record is %s, and was %s", got, all[4])
		}
	}
	if q, _ := plan(t, owning(labA), Asked{Key: [32]byte{8}}, b); settledAll(t, q, entries[1:])[1] == all[4] {
		t.Error("another wallet calls it so, too")
	}
}

// TestR38OfWhichServerARecordIs goes through what shows a server, and what does not.
func TestR38OfWhichServerARecordIs(t *testing.T) {
	observation := obs("1", of("Patient/pa"))
	uuid := "6f2f9a3e-0000-4000-8000-000000000001"
	entryOf := func(fullURL, resource string) string {
		return fmt.Sprintf(`{"fullUrl":%q,"resource":%s}`, fullURL, resource)
	}
	for what, c := range map[string]struct {
		asked Asked
		own   []string
		file  string
		moved []string // those that get another id
		not   string   // is refused
	}{
		"NDJSON shows none":               {own: []string{labA}, file: lines(patientA, observation)},
		"NDJSON, and it is said":          {asked: Asked{Server: labB}, own: []string{labA}, file: lines(patientA, observation), moved: []string{"pa", "1"}},
		"NDJSON, and home is said":        {asked: Asked{Server: labA}, own: []string{labA}, file: lines(patientA, observation)},
		"a Bundle of another server":      {own: []string{labA}, file: ofServer("searchset", labB, patientA, observation), moved: []string{"pa", "1"}},
		"it is said, but the Bundle says": {asked: Asked{Server: labB}, own: []string{labA}, file: ofServer("searchset", labA, patientA, observation)},
		"none is the organisation's own":  {file: ofServer("searchset", labB, patientA, observation), moved: []string{"pa", "1"}},
		"one is the organisation's own":   {own: []string{labA, labB}, file: ofServer("searchset", labB, patientA, observation)},
		"an entry without fullUrl": {own: []string{labA}, file: bundle("collection", entryOf(labB+"/Patient/pa", patientA), `{"resource":`+observation+`}`),
			moved: []string{"pa", "1"}},
		"an entry without fullUrl beside two servers": {own: []string{labA},
			file: bundle("collection", entryOf(labB+"/Patient/pa", patientA), entryOf("https://c.example/Patient/pb", patientB), `{"resource":`+observation+`}`), moved: []string{"pa", "pb"}, not: "Observation/1"},
		"an entry without fullUrl beside two servers, and it is said": {asked: Asked{Server: labB}, own: []string{labA},
			file: bundle("collection", entryOf(labB+"/Patient/pa", patientA), entryOf("https://c.example/Patient/pb", patientB), `{"resource":`+observation+`}`), moved: []string{"pa", "pb", "1"}},
		"a UUID without fullUrl beside two servers": {own: []string{labA},
			file: bundle("collection", entryOf(labB+"/Patient/pa", patientA), entryOf("https://c.example/Patient/pb", patientB), `{"resource":`+obs(uuid, of("Patient/pa"))+`}`), moved: []string{"pa", "pb"}},
		"its request shows it":    {own: []string{labA}, file: bundle("batch", entry("", "PUT", patientA), strings.Replace(entry("", "PUT", observation), `"url":"`, `"url":"`+labB+`/`, 1)), moved: []string{"pa", "1"}},
		"a path is no server":     {own: []string{labA}, file: bundle("collection", entryOf("/fhir/Patient/pa", patientA), entryOf("/fhir/Observation/1", observation))},
		"a UUID is nobody else's": {own: []string{labA}, file: ofServer("collection", labB, strings.Replace(patientA, `"pa"`, `"`+uuid+`"`, 1))},
		"an id by urn:uuid":       {own: []string{labA}, file: bundle("collection", entryOf("urn:uuid:"+uuid, patientA), entryOf("urn:uuid:x", observation))},
		"a posted id is of its Bundle only": {asked: Asked{Server: labB}, own: []string{labA}, file: bundle("transaction", entry("", "POST", patientA),
			entry("", "POST", observation))},
		"http and https are one": {own: []string{"http://laba.example/fhir/"}, file: ofServer("collection", "https://LABA.example:443/fhir", patientA, observation)},
		"two paths are two":      {own: []string{labA}, file: ofServer("collection", "https://laba.example/other", patientA, observation), moved: []string{"pa", "1"}},
	} {
		c.asked.Key = [32]byte{7}
		people := table()
		people.Own = append(people.Own, c.own...)
		p, entries := plan(t, people, c.asked, c.file)
		var moved []string
		for i, e := range entries[0] {
			if o := p.Origin(0, i); o.ID != "" {
				moved = append(moved, o.ID)
				if r, err := p.Settle(0, i, e.Resource); err != nil || r.ID() == o.ID {
					t.Errorf("%s: %s keeps its id, %v", what, e.Resource.Name(), err)
				}
			}
			if v := p.Of(0, i); (v.Refused != nil) != (c.not != "" && e.Resource.Name() == c.not) {
				t.Errorf("%s: %s is refused: %q", what, e.Resource.Name(), v.Refused.String())
			}
		}
		if !slices.Equal(moved, c.moved) {
			t.Errorf("%s: %q get other ids, want %q", what, moved, c.moved)
		}
	}
}

// TestR38NobodysServerIsOursUnlessWeSaidSo gives what a server has an id of its own, be it
// the first that is met, and keeps those of a server that was said to be the own in time.
func TestR38NobodysServerIsOursUnlessWeSaidSo(t *testing.T) {
	file := ofServer("collection", labA, patientA, obs("1", of("Patient/pa")))
	late := owning(labA)
	late.Late = []string{"http://LABA.example/fhir/"}
	for what, c := range map[string]struct {
		table *Table
		kept  bool
	}{
		"the first that is met":            {table(), false},
		"the own":                          {owning(labA), true},
		"the own, by another way to write": {owning("http://LABA.example:80/fhir/"), true},
		"the own, said too late":           {late, false},
		"another is the own":               {owning(labB), false},
	} {
		p, entries := plan(t, c.table, Asked{Key: [32]byte{7}}, file)
		if all := settledAll(t, p, entries); (nameIn(t, all, 1) == "Observation/1") != c.kept || len(p.Guests()) > 0 == c.kept || p.Foreign(labA) == c.kept || p.Foreign("") {
			t.Errorf("%s: it is called %s; guests %v", what, nameIn(t, all, 1), p.Guests())
		}
	}
}

// TestR37WhatShowsAServerIsNoOtherFilesPatient has a file that shows no server hold a
// Patient of the id by which a record names a server's: it is theirs only where that
// server is the organisation's own.
func TestR37WhatShowsAServerIsNoOtherFilesPatient(t *testing.T) {
	record := obs("o", of(labB+"/Patient/pa"))
	visit := strings.Replace(obs("o", `"encounter":{"reference":"`+labB+`/Encounter/e"}`), `"code"`, `"issued":"2026-01-01T10:00:00Z","code"`, 1)
	before := func(names map[string]bool) map[string][]stele.Subject {
		if !names["Patient/pa"] {
			return nil
		}
		return map[string][]stele.Subject{"Patient/pa": {ana}}
	}
	stays := `{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"IMP"},` + of("Patient/pa") + `}`
	for what, c := range map[string]struct {
		table *Table
		asked Asked
		files []string
		want  string
		moved int // how many have ids that were made for them
	}{
		"its Patient was here before":       {table(), Asked{Delivered: before}, []string{lines(patientA, record)}, "pa>A o!", 0},
		"all files name that server":        {table(), Asked{}, []string{lines(patientA, record)}, "pa>A o>A", 2},
		"a number beside that nobody knows": {table(), Asked{}, []string{lines(strings.Replace(patientA, `"identifier":[`, `"identifier":[{"value":"X-1"},`, 1), record)}, "pa>A o>A", 2},
		"they name two":                     {table(), Asked{}, []string{lines(patientA, record, obs("p", of(labC+"/Patient/pb")))}, "pa>A o! p!", 0},
		"they name none, too":               {table(), Asked{}, []string{lines(patientA, record, obs("p", of("Patient/pa")))}, "pa>A o! p>A", 0},
		"its Patient is not in them":        {table(), Asked{}, []string{lines(patientB, record)}, "pb>B o!", 0},
		"it is the own":                     {owning(labB), Asked{}, []string{lines(patientA, record)}, "pa>A o>A", 0},
		"it is said":                        {table(), Asked{Server: labB}, []string{lines(patientA, record)}, "pa>A o>A", 2},
		"a visit there":                     {table(), Asked{}, []string{lines(patientA, patientB, stays, visit)}, "pa>A pb>B e>A o!", 0},
		"a visit on the own":                {owning(labB), Asked{}, []string{lines(patientA, patientB, stays, visit)}, "pa>A pb>B e>A o>A", 0},
		"by a file of the server":           {table(), Asked{}, []string{lines(patientA), ofServer("collection", labB, record)}, "pa>A o!", 1},
		"by a file of another server":       {table(), Asked{}, []string{lines(patientA), ofServer("collection", labA, record)}, "pa>A o!", 1},
		"a server's, by a file of none":     {table(), Asked{}, []string{ofServer("collection", labB, patientA), obs("o", of("Patient/pa"))}, "pa>A o!", 1},
		"the own's, by a file of none":      {owning(labB), Asked{}, []string{ofServer("collection", labB, patientA), obs("o", of("Patient/pa"))}, "pa>A o>A", 0},
		"a server's, by a file, and said":   {table(), Asked{}, []string{ofServer("collection", labB, patientA), record}, "pa>A o>A", 1},
	} {
		p, entries := plan(t, c.table, c.asked, c.files...)
		moved := 0
		for _, g := range p.Guests() {
			moved += g.Records
		}
		if got := tell(p, entries); got != c.want || moved != c.moved {
			t.Errorf("%s: %s, want %s; %d have other ids, want %d", what, got, c.want, moved, c.moved)
		}
	}
}

// TestR37APatientWhoseIdWasAnothers asks where the id of a Patient stands in the chart of
// another, unless it is confirmed, or linked, or of this Bundle only.
func TestR37APatientWhoseIdWasAnothers(t *testing.T) {
	of := map[string]bool{}
	strays := func(named map[stele.Subject]map[string]bool) map[stele.Subject]map[string]bool {
		for _, names := range named {
			for name := range names {
				of[name] = true
			}
		}
		return map[stele.Subject]map[string]bool{ana: {"Patient/pa": true}}
	}
	record := obs("o", `"subject":{"reference":"Patient/pa"}`)
	linked := table()
	linked.Links = append(linked.Links, Link{System: PatientID, Number: "pa", Subject: ana})
	for what, c := range map[string]struct {
		table *Table
		same  []string
		file  string
		want  string
		asks  string // of what is delivered
	}{
		"another's":          {table(), nil, lines(patientA, record), "pa! o!", "Patient/pa"},
		"it is confirmed":    {table(), []string{"Patient/pa"}, lines(patientA, record), "pa>A o>A", "Patient/pa"},
		"its number is":      {table(), []string{"MA-1"}, lines(patientA, record), "pa>A o>A", "Patient/pa"},
		"its id is linked":   {linked, nil, lines(patientA, record), "pa>A o>A", ""},
		"another server's":   {table(), nil, ofServer("collection", labB, patientA, record), "pa>A o>A", "Patient/"},
		"nobody knows whose": {table(), nil, lines(strings.Replace(patientA, "MA-1", "MX-1", 1), record), "pa! o!", ""},
		"it is made here":    {table(), nil, bundle("transaction", entry("urn:uuid:1", "POST", patientA), entry("urn:uuid:2", "POST", obs("o", `"subject":{"reference":"urn:uuid:1"}`))), "pa>A o>A", ""},
		"it is posted":       {table(), nil, bundle("transaction", entry("", "POST", patientA)), "pa>A", ""},
	} {
		clear(of)
		p, entries := plan(t, c.table, Asked{Key: [32]byte{7}, Same: c.same, Strays: strays}, c.file)
		asked := strings.Join(slices.Sorted(maps.Keys(of)), " ")
		if got := tell(p, entries); got != c.want || !strings.HasPrefix(asked, c.asks) || c.asks == "" && asked != "" || c.asks == "Patient/" && asked == "Patient/pa" {
			t.Errorf("%s: %s, want %s; it asks of %q", what, got, c.want, asked)
		}
	}
}

// TestR37ARefusalSaysWhichServerWouldHelp names the command where a reference would lead to
// somebody if its server were the organisation's own, or that of the files.
func TestR37ARefusalSaysWhichServerWouldHelp(t *testing.T) {
	linked := table()
	linked.Links = append(linked.Links, Link{System: PatientID, Number: "pa", Subject: ana}, Link{Number: "4711", Subject: ana, Firm: true})
	numbered := `"subject":{"type":"Patient","identifier":{"value":"4711"}}`
	const (
		late = "if these files are that server's: --server " + labB
		add  = "that is linked for your own servers: stele patient system add " + labB + ", if it is one"
		said = "if that is your own server: stele patient system add " + labB + "; if it is another's, and these files are, too: --server " + labB
	)
	for what, c := range map[string]struct {
		file, says string
	}{
		"a linked id":                        {ofServer("collection", labB, obs("o", of("Patient/pa"))), add},
		"an id that is not linked":           {ofServer("collection", labB, obs("o", of("Patient/px"))), ""},
		"a number without system":            {ofServer("collection", labB, obs("o", numbered)), add},
		"a number that is not linked":        {ofServer("collection", labB, obs("o", strings.Replace(numbered, "4711", "4712", 1))), ""},
		"a Patient of the files":             {lines(obs("o", of(labB+"/Patient/pz")), strings.Replace(patientA, `"pa"`, `"pz"`, 1), obs("p", of("Patient/pz"))), said},
		"a Patient, of a late server":        {lines(obs("o", of(labB+"/Patient/pz")), strings.Replace(patientA, `"pa"`, `"pz"`, 1), obs("p", of("Patient/pz"))), late},
		"something else of the files":        {lines(obs("o", of(labB+"/Patient/pz")), patientA, obs("p", of("Patient/pa"))), ""},
		"a linked one, by a file of another": {ofServer("collection", labC, obs("o", of(labB+"/Patient/pa"))), add},
		"a Patient, by a file of another":    {bundle("collection", `{"fullUrl":"`+labC+`/Observation/o","resource":`+obs("o", of(labB+"/Patient/pz"))+`}`) + "\n" + strings.Replace(patientA, `"pa"`, `"pz"`, 1), ""},
		"nobody, on the own server":          {ofServer("collection", labA, obs("o", of("Patient/px"))), ""},
	} {
		linked.Own = []string{north, labA}
		if linked.Late = nil; c.says == late {
			linked.Own, linked.Late = append(linked.Own, labB), []string{labB}
		}
		p, _ := plan(t, linked, Asked{}, c.file)
		said := p.Of(0, 0).Refused.String()
		if _, hint, _ := strings.Cut(said, "; "); said == "" || hint != c.says {
			t.Errorf("%s: it says %q, want the hint %q", what, said, c.says)
		}
	}
}

// TestR38ReferencesToAnotherServer follows absolute references, and leaves alone what
// only looks like one.
func TestR38ReferencesToAnotherServer(t *testing.T) {
	abroad := func(name string) string {
		s := NewSurvey(owning(labA), Asked{Key: [32]byte{7}, Server: labB})
		s.Decide()
		return s.here(s.byBase[labB], name)
	}
	document := func(url string) string {
		return `{"resourceType":"DocumentReference","id":"d","status":"current","subject":{"reference":"Patient/pa"},"content":[{"attachment":{"url":"` + url + `"}}]}`
	}
	extended := strings.Replace(obs("1", of("Patient/pa")), `"status"`, `"extension":[{"url":"`+labB+`/StructureDefinition/x","valueBoolean":true}],"status"`, 1)
	binary := `{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"eA=="}`
	for what, c := range map[string]struct {
		files []string
		want  string // in the first record
	}{
		"to home":                        {[]string{obs("1", of(labA+"/Patient/pa")), patientA}, `"reference":"` + labA + `/Patient/pa"`},
		"to another server":              {[]string{strings.Replace(obs("1", of("Patient/pa")), `"status"`, `"specimen":{"reference":"`+labB+`/Specimen/7"},"status"`, 1), patientA}, `"specimen":{"reference":"` + abroad("Specimen/7") + `"}`},
		"the definition of an extension": {[]string{extended, patientA}, labB + `/StructureDefinition/x`},
		"an attachment elsewhere":        {[]string{document(labB + "/Binary/b"), patientA}, labB + "/Binary/b"},
	} {
		p, entries := plan(t, owning(labA), Asked{Key: [32]byte{7}}, lines(c.files...))
		if all := settledAll(t, p, entries); !strings.Contains(all[0], c.want) {
			t.Errorf("%s: %s", what, all[0])
		}
	}
	p, entries := plan(t, owning(labA), Asked{Key: [32]byte{7}}, ofServer("collection", labB, extended, patientA))
	if all := settledAll(t, p, entries); !strings.Contains(all[0], `"url":"`+labB+`/StructureDefinition/x"`) || nameIn(t, all, 0) == "Observation/1" {
		t.Errorf("the definition of an extension of the same server: %s", all[0])
	}
	p, entries = plan(t, owning(labA), Asked{Key: [32]byte{7}}, ofServer("collection", labB, extended, patientA, `{"resourceType":"StructureDefinition","id":"x"}`))
	if all := settledAll(t, p, entries); !strings.Contains(all[0], `"url":"`+labB+`/StructureDefinition/x"`) {
		t.Errorf("the definition of an extension that is here: %s", all[0])
	}
	for _, url := range []string{"Binary/b", labB + "/Binary/b"} {
		p, entries := plan(t, owning(labA), Asked{Key: [32]byte{7}}, ofServer("collection", labB, document(url), binary, patientA))
		if all := settledAll(t, p, entries); !strings.Contains(all[0], `"url":"`+abroad("Binary/b")+`"`) || nameIn(t, all, 1) != abroad("Binary/b") {
			t.Errorf("an attachment of the same server: %s", all[0])
		}
	}
}

// TestR38ADeleteIsOneServers says what a DELETE is of.
func TestR38ADeleteIsOneServers(t *testing.T) {
	deletes := func(fullURL, url string) string {
		full := ""
		if fullURL != "" {
			full = `"fullUrl":"` + fullURL + `",`
		}
		return bundle("history", `{`+full+`"request":{"method":"DELETE","url":"`+url+`"}}`)
	}
	for what, c := range map[string]struct {
		file, base       string
		foreign, itsName bool
	}{
		"of home":            {deletes(labA+"/Observation/1", "Observation/1"), labA, false, true},
		"of another":         {deletes(labB+"/Observation/1", "Observation/1"), labB, true, false},
		"by its url":         {deletes("", labB+"/Observation/1"), labB, true, false},
		"of a server unsaid": {deletes("", "Observation/1"), "", false, true},
	} {
		p, _ := plan(t, owning(labA), Asked{Key: [32]byte{7}}, c.file)
		d := p.Deletion(0, 0)
		if d.Name != "Observation/1" || d.Base != c.base || d.Foreign != c.foreign || (d.Called == d.Name) != c.itsName {
			t.Errorf("%s: %+v", what, d)
		}
	}
	// It is no older version of another server's record in the same file.
	history := bundle("history", `{"fullUrl":"`+labA+`/Observation/1","resource":`+obs("1", of("Patient/pa"))+`,"request":{"method":"PUT","url":"Observation/1"}}`,
		`{"fullUrl":"`+labB+`/Observation/1","request":{"method":"DELETE","url":"Observation/1"}}`,
		`{"fullUrl":"`+labA+`/Patient/pa","resource":`+patientA+`,"request":{"method":"PUT","url":"Patient/pa"}}`)
	p, _ := plan(t, owning(labA), Asked{}, history)
	if v := p.Of(0, 1); v.Newer || len(v.To) != 0 || v.Deletes == "" {
		t.Errorf("a DELETE of another server: %+v", v)
	}
}

// TestAnIdOfItselfIsAUUID takes nothing for nobody else's that only looks like it.
func TestAnIdOfItselfIsAUUID(t *testing.T) {
	for id, is := range map[string]bool{
		"0f0e0d0c-0000-4000-8000-00000000000A": true, "00000000-0000-0000-0000-000000000000": false, "FFFFFFFF-ffff-ffff-ffff-ffffffffffff": false, "00000000-0000-0000-0000-000000000001": true, "----00000000000000000000000000000000": false, "0f0e0d0g-0000-4000-8000-000000000001": false,
		"0f0e0d0c0-000-4000-8000-000000000001": false, "ward-7-bed-3-patient-000000000000001": false, "0f0e0d0c-0000-4000-8000-000000000001 ": false,
	} {
		if OfItself(id) != is {
			t.Errorf("%q: %v", id, !is)
		}
	}
}

// TestManyBundlesOfOneDoctorAreQuick surveys Bundles that each bring the same doctor:
// nobody looks through all of them for each.
func TestManyBundlesOfOneDoctorAreQuick(t *testing.T) {
	const many = 40_000
	var all []string
	for i := range many {
		all = append(all, bundle("collection", `{"resourceType":"Practitioner","id":"d"}`, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d"}`, i), obs(fmt.Sprint("o", i), of(fmt.Sprint("Patient/p", i))+`,"performer":[{"reference":"Practitioner/d"}]`)))
	}
	s := NewSurvey(table(), Asked{})
	f, reader := s.File(), fhir.NewReader(strings.NewReader(lines(all...)))
	for range 3 * many {
		e, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		f.Take(e)
	}
	start := time.Now()
	s.Decide()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("deciding on %d Bundles took %v", many, took)
	}
	t.Log(time.Since(start))
}

// TestR38AFileWithoutServerBesideTwo asks of which of two servers the Patient is that a
// file names which shows none; not where it has that Patient itself, or it is said.
func TestR38AFileWithoutServerBesideTwo(t *testing.T) {
	a, b := strings.ReplaceAll(patientA, `"pa"`, `"88"`), strings.ReplaceAll(patientB, `"pb"`, `"88"`)
	own := table()
	own.Own = append(own.Own, labA)
	linked := table()
	linked.Own = own.Own
	linked.Links = append(linked.Links, Link{System: PatientID, Number: "88", Subject: ana, Firm: true})
	record := obs("o", of("Patient/88"))
	for name, c := range map[string]struct {
		table *Table
		asked Asked
		file  string
		want  string
	}{
		"neither is known":       {table(), Asked{}, record, "o!"},
		"one is home":            {owning(labA), Asked{}, record, "o!"},
		"one is the own":         {own, Asked{}, record, "o!"},
		"the id is linked":       {linked, Asked{}, record, "o!"},
		"the server is said":     {own, Asked{Server: labA}, record, "o>A"},
		"the other is said":      {own, Asked{Server: labB}, record, "o>B"},
		"the Patient is here":    {own, Asked{}, lines(a, record), "88>A o>A"},
		"the record shows it":    {own, Asked{}, obs("o", of(labB+"/Patient/88")), "o>B"},
		"by its number, as well": {own, Asked{}, obs("o", `"subject":{"reference":"Patient/88","identifier":{"system":"`+north+`","value":"MA-1"}}`), "o!"},
	} {
		p, entries := plan(t, c.table, c.asked, ofServer("collection", labA, a), ofServer("collection", labB, b), c.file)
		if got := tell(p, entries); got != "88>A 88>B "+c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	p, entries := plan(t, own, Asked{}, ofServer("collection", labA, a), record)
	if got := tell(p, entries); got != "88>A o>A" {
		t.Errorf("beside the own alone: %s", got)
	}
	p, entries = plan(t, own, Asked{}, ofServer("collection", labB, b), record)
	if got := tell(p, entries); got != "88>B o!" {
		t.Errorf("beside a stranger's alone: %s", got)
	}
}

// TestR38WhatOneSearchFindsOnTwoServersIsTwo has two servers create an Observation where
// none is found by one search.
func TestR38WhatOneSearchFindsOnTwoServersIsTwo(t *testing.T) {
	file := func(base string) string {
		return bundle("transaction", `{"fullUrl":"`+base+`/Patient/pa","resource":`+patientA+`,"request":{"method":"PUT","url":"Patient/pa"}}`,
			`{"resource":{"resourceType":"Observation","status":"final",`+of("Patient/pa")+`},"request":{"method":"POST","url":"Observation","ifNoneExist":"identifier=s|7"}}`)
	}
	p, entries := plan(t, owning(labA), Asked{Key: [32]byte{7}}, file(labA), file(labB), file(labC), file(labB))
	all := settledAll(t, p, entries)
	a, b, c, again := nameIn(t, all, 1), nameIn(t, all, 3), nameIn(t, all, 5), nameIn(t, all, 7)
	if a == b || b == c || a == c || b != again {
		t.Errorf("they are called %s, %s, %s and again %s", a, b, c, again)
	}
}

// TestR38PlacedIsWhatGoesToOneByItsName leaves out what is of nobody by its type, of
// several, or of no name.
func TestR38PlacedIsWhatGoesToOneByItsName(t *testing.T) {
	uses := func(id, who, device string) string {
		return obs(id, of("Patient/"+who)+`,"device":{"reference":"Device/`+device+`"}`)
	}
	p, _ := plan(t, table(), Asked{}, lines(patientA, patientB, `{"resourceType":"Device","id":"scales"}`, `{"resourceType":"Organization","id":"lab"}`, obs("x", of("Patient/zz")),
		uses("o", "pa", "scales"), uses("p", "pb", "scales"), `{"resourceType":"Observation",`+of("Patient/pa")+`,"performer":[{"reference":"Organization/lab"}]}`))
	var placed []string
	p.Placed(func(name string, to stele.Subject) { placed = append(placed, name+">"+letters[to]) })
	if got := strings.Join(placed, " "); got != "Patient/pa>A Patient/pb>B Observation/o>A Observation/p>B" {
		t.Errorf("placed are %s", got)
	}
}
