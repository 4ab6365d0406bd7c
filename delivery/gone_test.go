package delivery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet/wallettest"
)

// ofGone makes what the stories of deleted records are made of: a version, and DELETEs.
func ofGone(base string) (version func(n int, day, text string) string, deleted func(etag, day string) string) {
	version = func(n int, day, text string) string {
		meta := ""
		if n > 0 {
			meta = fmt.Sprintf(`"versionId":"%d"`, n)
		}
		if day != "" {
			meta += `,"lastUpdated":"1999-11-` + day + `T10:00:00Z"`
		}
		return strings.Replace(basic("1", "pa", text), `"id":"1"`, `"id":"1","meta":{`+strings.TrimPrefix(meta, ",")+`}`, 1)
	}
	deleted = func(etag, day string) string {
		var told []string
		if etag != "" {
			told = append(told, `"etag":"W/\"`+etag+`\""`)
		}
		if day != "" {
			told = append(told, `"lastModified":"1999-11-`+day+`T12:00:00Z"`)
		}
		full := ""
		if base != "" {
			full = `"fullUrl":"` + base + `/Basic/1",`
		}
		return `{"resourceType":"Bundle","type":"history","entry":[{` + full + `"request":{"method":"DELETE","url":"Basic/1"},"response":{` + strings.Join(append(told, `"status":"204"`), ",") + `}}]}`
	}
	return version, deleted
}

// TestR38WhatItsServerDeletedDoesNotComeBack imports an older version of a record after the
// DELETE that took it back: the one of a night's folder that failed and is tried again.
func TestR38WhatItsServerDeletedDoesNotComeBack(t *testing.T) {
	pa := patientOf("pa", "MA-1")
	version, deleted := ofGone("")
	whole := func(kind string, records ...string) string {
		var entries []string
		for _, r := range records {
			entries = append(entries, `{"fullUrl":"https://laba.example/fhir/`+nameOf([]byte(r))+`","resource":`+r+`,"request":{"method":"PUT","url":"`+nameOf([]byte(r))+`"}}`)
		}
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
	}
	letter := func(records ...string) string {
		head := `{"resourceType":"Composition","id":"c","status":"final","type":{"text":"letter"},"subject":{"reference":"Patient/pa"},"date":"2000-01-01","author":[{"display":"Dr"}],"title":"letter"}`
		text := strings.Replace(whole("document", append([]string{head, pa}, records...)...), `"type":"document"`, `"type":"document","identifier":{"system":"urn:x","value":"1"},"timestamp":"2000-01-01T00:00:00Z"`, 1)
		return regexp.MustCompile(`,"request":\{[^}]*\}`).ReplaceAllString(text, "")
	}
	first := step{files: []string{ndjson(pa, version(1, "01", "latex"))}, delivered: 2}
	takes := func(bundle string) step { return step{files: []string{bundle}, withdrawn: 1} }
	late := func(r, says string, o delivery.ImportOptions) step {
		s := step{files: []string{ndjson(pa, r)}, known: 1, says: says, o: o}
		if strings.Contains(says, "not told") {
			s.refused = 1
		}
		return s
	}
	news := func(r string) step { return step{files: []string{ndjson(pa, r)}, known: 1, delivered: 1} }
	const left, asks = "deleted it after this was made", "is not told"
	for what, c := range map[string]serverStory{
		"by its time and number":        {steps: []step{first, takes(deleted("3", "03")), late(version(2, "02", "latex, worse"), left, delivery.ImportOptions{})}},
		"by its time":                   {steps: []step{first, takes(deleted("", "03")), late(version(2, "02", "latex, worse"), left, delivery.ImportOptions{})}},
		"by its number":                 {steps: []step{first, takes(deleted("3", "")), late(version(2, "", "latex, worse"), asks, delivery.ImportOptions{})}},
		"by its number, without a time": {steps: []step{first, takes(deleted("3", "03")), late(version(2, "", "latex, worse"), asks, delivery.ImportOptions{})}},
		"by the number that is deleted": {steps: []step{first, takes(deleted("2", "")), late(version(2, "", "latex, worse"), asks, delivery.ImportOptions{})}},
		"of a DELETE without both":      {steps: []step{first, takes(deleted("", "")), late(version(2, "02", "latex, worse"), asks, delivery.ImportOptions{})}},
		"twice deleted": {steps: []step{first, takes(deleted("3", "03")), news(version(4, "04", "nuts")), takes(deleted("5", "05")), late(version(2, "02", "latex, worse"), left, delivery.ImportOptions{}),
			late(version(4, "04", "nuts, too"), left, delivery.ImportOptions{})}},
		"made anew":                         {steps: []step{first, takes(deleted("3", "03")), news(version(4, "04", "nuts"))}, ana: []string{"nuts"}},
		"made anew on a server set up anew": {steps: []step{first, takes(deleted("3", "03")), news(version(1, "09", "nuts"))}, ana: []string{"nuts"}},
		"made anew, without a version":      {steps: []step{first, takes(deleted("3", "03")), news(basic("1", "pa", "nuts"))}, ana: []string{"nuts"}},
		"made anew, after a DELETE without both": {steps: []step{first, takes(deleted("", "")), {files: []string{ndjson(pa, strings.Replace(version(2, "02", "nuts"), "1999-11-02", "2000-06-02", 1))}, known: 1, delivered: 1}},
			ana: []string{"nuts"}},
		"a DELETE without both, twice": {steps: []step{first, takes(deleted("", "")), {files: []string{deleted("", "")}, known: 1},
			{files: []string{ndjson(pa, strings.Replace(version(2, "02", "nuts"), "1999-11-02T10:00:00Z", "2000-01-01T00:02:30Z", 1))}, known: 1, refused: 1, says: asks}}},
		"with --again":                          {steps: []step{first, takes(deleted("3", "03")), {files: []string{ndjson(pa, version(2, "02", "latex, worse"))}, known: 1, delivered: 1, o: delivery.ImportOptions{Again: true}}}, ana: []string{"latex, worse"}},
		"a number, after a DELETE without both": {steps: []step{first, takes(deleted("", "")), {files: []string{ndjson(pa, version(2, "", "nuts"))}, known: 1, delivered: 1, says: "nothing tells which came first"}}, ana: []string{"nuts"}},
		"no version, after a DELETE with both":  {steps: []step{first, takes(deleted("3", "03")), {files: []string{ndjson(pa, basic("1", "pa", "nuts"))}, known: 1, delivered: 1, says: "nothing tells which came first"}}, ana: []string{"nuts"}},
		"a time, after a number that is none":   {steps: []step{first, takes(deleted("abc", "")), late(version(0, "02", "latex, worse"), asks, delivery.ImportOptions{})}},
		"a number and a time that differ":       {steps: []step{first, takes(deleted("3", "03")), {files: []string{ndjson(pa, version(2, "04", "nuts"))}, known: 1, delivered: 1, says: "nothing tells which came first"}}, ana: []string{"nuts"}},
		"in a transaction":                      {steps: []step{first, takes(deleted("3", "03")), {files: []string{whole("transaction", pa, version(2, "02", "latex, worse"), basic("2", "pa", "nuts"))}, known: 1, delivered: 1, says: left}}, ana: []string{"nuts"}},
		"in a letter":                           {steps: []step{first, takes(deleted("3", "03")), {files: []string{letter(version(2, "02", "latex, worse"), basic("2", "pa", "nuts"))}, known: 1, delivered: 2, says: left}}, ana: []string{"nuts"}},
		"in a transaction, by its number":       {steps: []step{first, takes(deleted("3", "03")), {files: []string{whole("transaction", pa, version(2, "", "latex, worse"), basic("2", "pa", "nuts"))}, refused: 3, fails: "nothing of the transaction was imported"}}},
		"in a letter, by its number":            {steps: []step{first, takes(deleted("3", "03")), {files: []string{letter(version(2, "", "latex, worse"), basic("2", "pa", "nuts"))}, known: 1, delivered: 2, refused: 1, says: asks}}, ana: []string{"nuts"}},
		"another record":                        {steps: []step{first, takes(deleted("3", "03")), news(strings.Replace(version(2, "02", "nuts"), `"id":"1"`, `"id":"2"`, 1))}, ana: []string{"nuts"}},
	} {
		t.Run(what, func(t *testing.T) { c.run(t, what) })
	}
	guest, deletedThere := ofGone(labB)
	_, deletedHere := ofGone(labA)
	ofAna := delivery.ImportOptions{Subject: stele.Subject{1}} // who that is the story knows
	const itself = "6f2f9a3e-0000-4000-8000-000000000001"
	uuid := func(text string) string {
		return strings.NewReplacer(`"id":"1"`, `"id":"`+itself+`"`, "Basic/1", "Basic/"+itself).Replace(text)
	}
	provenanceOf := func(target string) string {
		return ndjson(pa, strings.NewReplacer("2024-01-01T00", "1999-11-03T12", "Basic/1", target).Replace(provenance(delivery.DataOperation, "DELETE")))
	}
	for what, c := range map[string]serverStory{
		"of a guest":                     {steps: []step{{files: []string{at(labB, pa, guest(1, "01", "latex"))}, delivered: 2}, takes(deletedThere("3", "03")), {files: []string{at(labB, pa, guest(2, "02", "latex, worse"))}, known: 1, says: left}}},
		"of another server":              {steps: []step{{files: []string{at(labB, pa, guest(1, "01", "latex"))}, delivered: 2}, takes(deletedThere("3", "03")), {files: []string{at(labA, pa, guest(2, "02", "nuts"))}, delivered: 2}}, ana: []string{"nuts"}},
		"by another server":              {steps: []step{first, {files: []string{deletedThere("3", "03")}, refused: 1}, {files: []string{ndjson(pa, version(2, "02", "latex, worse"))}, known: 1, delivered: 1}}, ana: []string{"latex, worse"}},
		"by a Provenance":                {steps: []step{first, {files: []string{provenanceOf("Basic/1")}, known: 1, delivered: 1, withdrawn: 1}, late(version(2, "02", "latex, worse"), left, delivery.ImportOptions{})}},
		"by a Provenance of one version": {steps: []step{first, {files: []string{provenanceOf("Basic/1/_history/1")}, known: 1, delivered: 1, withdrawn: 1}, news(version(2, "02", "latex, worse"))}, ana: []string{"latex, worse"}},
		"by a Provenance that comes again": {steps: []step{first, {files: []string{provenanceOf("Basic/1")}, known: 1, delivered: 1, withdrawn: 1}, news(basic("1", "pa", "nuts")),
			{files: []string{provenanceOf("Basic/1") + "\n" + basic("1", "pa", "nuts")}, known: 3}}, ana: []string{"nuts"}},
		"by a Provenance in another's chart": {steps: []step{first, {files: []string{provenanceOf("Basic/1")}, known: 1, delivered: 1, withdrawn: 1},
			{files: []string{ndjson(patientOf("pb", "MB-1"), strings.Replace(version(2, "02", "nuts"), "Patient/pa", "Patient/pb", 1))}, delivered: 2}}, ben: []string{"nuts"}},
		"in files of one who is named": {steps: []step{{files: []string{basic("1", "pa", "latex")}, delivered: 1, o: ofAna}, {files: []string{deleted("3", "03")}, withdrawn: 1, o: ofAna},
			{files: []string{ndjson(patientOf("pb", "MB-1"), strings.Replace(version(2, "02", "nuts"), "Patient/pa", "Patient/pb", 1))}, delivered: 2},
			{files: []string{version(2, "02", "latex, worse")}, says: left, o: ofAna}}, ben: []string{"nuts"}},
		"a Provenance of what a newer one outlives": {steps: []step{{files: []string{ndjson(pa, version(3, "09", "nuts"), provenanceOf("Basic/1"))}, delivered: 3, known: 1}}, ana: []string{"nuts"}},
		"a UUID of another server":                  {steps: []step{{files: []string{uuid(deletedThere("3", "03"))}, never: 1}, {files: []string{at(labA, pa, uuid(version(2, "02", "nuts")))}, delivered: 2}}, ana: []string{"nuts"}},
		"a UUID of two servers":                     {steps: []step{{files: []string{uuid(deletedThere("3", "03"))}, never: 1}, {files: []string{uuid(deletedHere("3", "03"))}, never: 1}, {files: []string{at(labA, pa, uuid(version(2, "02", "nuts")))}, delivered: 1, says: left}}},
	} {
		t.Run(what, func(t *testing.T) { c.run(t, what) })
	}
}

// TestR38WhatWasDeletedBeforeItCouldCome imports records of a patient who is not enrolled, and
// their DELETE; once she is, the first folder is imported again.
func TestR38WhatWasDeletedBeforeItCouldCome(t *testing.T) {
	version, deleted := ofGone("")
	night := ndjson(patientOf("px", "MX-9"), strings.Replace(version(1, "01", "latex"), "Patient/pa", "Patient/px", 1), strings.NewReplacer("Patient/pa", "Patient/px", `"id":"1"`, `"id":"2"`).Replace(version(1, "01", "nuts")))
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(text string) delivery.Imported {
			t.Helper()
			time.Sleep(time.Hour)
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
			addsUp(t, done)
			return done
		}
		if done := in(night); done.Refused != 3 {
			t.Errorf("of nobody who is enrolled: %+v", done)
		}
		for range 2 { // remembered once
			if done := in(deleted("2", "02")); done.Never != 1 {
				t.Errorf("its DELETE: %+v", done)
			}
		}
		w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "MX-9", Subject: ana.Subject()}}, links.Confirmed{}))
		if done := in(night); done.Delivered != 2 || done.Deleted != 1 || len(done.Warnings) != 1 {
			t.Errorf("after she is enrolled: %+v", done)
		}
		if got := saying(w.Chart(ana)); !slices.Equal(got, []string{"nuts"}) {
			t.Errorf("her chart says %q", got)
		}
		// A dry run remembers nothing.
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(strings.ReplaceAll(deleted("2", "02"), "Basic/1", "Basic/3")), delivery.ImportOptions{Dry: true})
		w.Must(err)
		if g, err := h.Delivery.GoneBook(); err != nil || len(g) != 1 {
			t.Errorf("a dry run has remembered: %d, %v", len(g), err)
		}
		if g, err := h.Delivery.GoneBook(); err != nil || len(g["Basic/1"]) != 1 {
			t.Errorf("the DELETE is remembered %d times: %v", len(g["Basic/1"]), err)
		}
	})
}

// TestR38ADeleteOfABulkExportIsOfItsTime imports three nights at once: what the second deleted
// is made anew in the third. The Bundles of deleted files tell no time; their manifest does, or
// else the order of the files.
func TestR38ADeleteOfABulkExportIsOfItsTime(t *testing.T) {
	version, deleted := ofGone("")
	pa := patientOf("pa", "MA-1")
	for what, c := range map[string]struct {
		of, want string
		last     bool // the DELETE comes last of all
	}{"a time": {"1999-11-02T12:00:00Z", "nuts", false}, "a time, last": {"1999-11-02T12:00:00Z", "nuts", true},
		"none": {"", "nuts", false}, "none, last": {"", "", true}, "what is none": {"yesterday", "nuts", false}} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, _ := couple(w)
			nights := files(ndjson(pa, version(1, "01", "latex")), deleted("", ""), version(3, "03", "nuts"))
			nights[0].Of, nights[1].Of, nights[2].Of = "1999-11-01T12:00:00Z", c.of, "1999-11-03T12:00:00Z"
			deletes := 1
			if c.last {
				nights[1], nights[2], deletes = nights[2], nights[1], 2
			}
			done, err := h.Delivery.ImportFiles(t.Context(), nights, delivery.ImportOptions{})
			w.Must(err)
			if done[deletes].Refused != 0 {
				t.Errorf("of %s: %+v", what, done[deletes])
			}
			if got := strings.Join(saying(w.Chart(ana)), " "); got != c.want {
				t.Errorf("of %s: her chart says %q, want %q", what, got, c.want)
			}
		})
	}
}

// TestWhatIsGoneIsRememberedAfterACrash that came after its print.
func TestWhatIsGoneIsRememberedAfterACrash(t *testing.T) {
	_, deleted := ofGone("")
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		set, err := h.Delivery.Delivered()
		w.Must(err)
		w.Must(set.Add([][16]byte{h.Delivery.GonePrint("Basic/1")}))
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(deleted("3", "03")), delivery.ImportOptions{})
		w.Must(err)
		if g, err := h.Delivery.GoneBook(); err != nil || len(g["Basic/1"]) != 1 {
			t.Errorf("it is remembered %d times: %v", len(g["Basic/1"]), err)
		}
	})
}

// TestR38AProvenanceThatWasCutIsCarriedOut when its file comes again: it was delivered, and what
// it takes back was not taken back yet.
func TestR38AProvenanceThatWasCutIsCarriedOut(t *testing.T) {
	pa, says := patientOf("pa", "MA-1"), strings.Replace(provenance(delivery.DataOperation, "DELETE"), "2024-01-01T00", "1999-11-03T12", 1)
	for what, together := range map[string]bool{"after it": false, "with it": true} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, _ := couple(w)
			in := func(text string) delivery.Imported {
				t.Helper()
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
				w.Must(err)
				addsUp(t, done)
				return done
			}
			in(ndjson(pa, basic("1", "pa", "latex")))
			records := []*delivery.Kept{{Type: "Provenance", ID: "v", Handle: stele.NewID()}}
			if m, err := h.Delivery.Recall(ana.Subject()); together { // both in one delivery
				w.Must(err)
				w.Must(os.Remove(filepath.Join(h.Delivery.MemoryFolder(), h.Delivery.Book(ana.Subject()))))
				for _, k := range m.ByHandle() {
					records = append(records, k)
				}
			}
			set, err := h.Delivery.Delivered()
			w.Must(err)
			print := h.Delivery.Fingerprint(ana.Subject(), []byte(says))
			records[0].Print = print
			w.Must(h.Delivery.Remember(h.Delivery.Book(ana.Subject()), h.Delivery.SealFrame(delivery.Frame{Subject: ana.Subject(), Submission: stele.NewID(), Records: records})))
			w.Must(set.Add([][16]byte{print}))
			if done := in(ndjson(pa, says)); done.Known != 2 || len(done.TakenBack) != 1 || len(saying(w.Chart(ana))) != 0 {
				t.Errorf("what was cut, %s: %+v", what, done)
			}
			if done := in(ndjson(pa, says)); len(done.TakenBack) != 0 {
				t.Errorf("what is done: %+v", done)
			}
		})
	}
}

// TestR38WhatItsServerDeletedIsToldSo by a dry run and in the sums: it is neither there already
// nor no record.
func TestR38WhatItsServerDeletedIsToldSo(t *testing.T) {
	version, deleted := ofGone("")
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(deleted("3", "03")), delivery.ImportOptions{})
		w.Must(err)
		for _, dry := range []bool{true, false} {
			for r, want := range map[string]delivery.Imported{version(2, "02", "latex"): {Deleted: 1}, version(2, "", "latex"): {Refused: 1}} {
				var fates []delivery.Fate
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(patientOf("pa", "MA-1"), r)), delivery.ImportOptions{Dry: dry, Each: func(f delivery.Fate) { fates = append(fates, f) }})
				w.Must(err)
				if done.Deleted != want.Deleted || done.Refused != want.Refused {
					t.Errorf("dry %v: %+v", dry, done)
				}
				if f := fates[1]; f.Known || f.To != nil || !strings.Contains(f.Refused, "its server deleted it") {
					t.Errorf("dry %v: its fate is %+v", dry, f)
				}
			}
		}
	})
}

// TestR38AnExportThatContradictsItself lists what it holds as deleted: nothing is taken back.
func TestR38AnExportThatContradictsItself(t *testing.T) {
	version, deleted := ofGone("")
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		night := files(ndjson(patientOf("pa", "MA-1"), version(3, "02", "nuts")), deleted("", ""))
		night[0].Of, night[1].Of = "1999-11-03T00:00:00Z", "1999-11-03T00:00:00Z"
		done, err := h.Delivery.ImportFiles(t.Context(), night, delivery.ImportOptions{})
		w.Must(err)
		if said := lines(done[1].Issues, ""); done[1].Refused != 1 || !strings.Contains(said, "holds it, too") || !slices.Equal(saying(w.Chart(ana)), []string{"nuts"}) {
			t.Errorf("it says %q: %+v", said, done[1])
		}
	})
}

// TestR38ADeleteGivesWayInTheChartAlone: a record that was filed with the wrong patient is deleted and written anew, under
// its id, for the right one. It is taken back from the wrong chart and stays in the right one, however often the files come;
// where the new one does not arrive nothing is taken back. What the DELETE was of counts as deleted where it stood alone.
func TestR38ADeleteGivesWayInTheChartAlone(t *testing.T) {
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	for what, c := range map[string]struct {
		mistake  string // of what is written anew
		ana, ben int
		says     string // of the DELETE; "" where it takes something back
	}{
		"it arrives":                       {ben: 1},
		"both had one":                     {ben: 1},
		"it has a mistake":                 {mistake: `"created":"no date",`, ana: 1, says: "did not arrive"},
		"another patient was named":        {ana: 1, ben: 1, says: "another was named as whose the files are"},
		"Ben gives no write grant anymore": {ana: 1, says: "did not arrive"},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, ben := couple(w)
				_, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(pa, pb, basic("1", "pa", "x"))), delivery.ImportOptions{})
				w.Must(err)
				var o delivery.ImportOptions
				switch what {
				case "both had one":
					_, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(pb, basic("1", "pb", "w"))), o)
					w.Must(err)
				case "another patient was named":
					o.Subject = ben.Subject()
				case "Ben gives no write grant anymore":
					_, err := ben.Revoke(t.Context(), wallettest.Sure(ben.GivenGrants())[0].Grant)
					w.Must(err)
				}
				anew := strings.Replace(basic("1", "pb", "x"), `"id":"1",`, `"id":"1",`+c.mistake, 1)
				said := ""
				for range 2 {
					done, err := h.Delivery.ImportFiles(t.Context(), files(deleteAt("", "Basic/1"), ndjson(pb, anew)), o)
					w.Must(err)
					said += lines(done[0].Issues, "\n")
					if a, b := tells(w.Chart(ana), "Basic/1"), tells(w.Chart(ben), "Basic/1"); a != c.ana || b != c.ben {
						t.Errorf("Ana has %d, Ben %d: %s", a, b, said)
					}
				}
				if !strings.Contains(said, c.says) || c.says == "" && said != "" {
					t.Errorf("it says %q", said)
				}
				if c.says != "" {
					return
				}
				// Of the chart where it arrived nothing was deleted: a new version comes as any.
				done, err := h.Delivery.ImportFiles(t.Context(), files(ndjson(pb, basic("1", "pb", "y"))), o)
				w.Must(err)
				if done[0].Delivered != 1 || len(done[0].Warnings) > 0 && strings.Contains(lines(done[0].Warnings, "\n"), "its server deleted it") {
					t.Errorf("another version of Ben's: %+v", done[0])
				}
			})
		})
	}
}
