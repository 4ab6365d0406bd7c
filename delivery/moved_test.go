package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/wallet/wallettest"
)

// seen is an observation of somebody, as a server gives it.
func seen(who string, version int, when string) string {
	meta := ""
	if version > 0 {
		meta = fmt.Sprintf(`"meta":{"versionId":"%d"},`, version)
	}
	return fmt.Sprintf(`{"resourceType":"Observation","id":"v",%s"status":"final","code":{"text":"Glucose"},"subject":{"reference":"Patient/%s"},"effectiveDateTime":%q,"valueString":"%d"}`, meta, who, when, version)
}

func undated(record string) string {
	return strings.Replace(record, `"effectiveDateTime":"2026-01-02",`, "", 1)
}

// TestR38ARecordThatMovedLeavesTheOtherChart imports versions of a record that name two
// patients, one after the other.
func TestR38ARecordThatMovedLeavesTheOtherChart(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		people := patientOf("pa", "MA-1") + "\n" + patientOf("pb", "MB-1") + "\n"
		in := func(record string, o delivery.ImportOptions) delivery.Imported {
			t.Helper()
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(people+record), o)
			w.Must(err)
			return done
		}
		stand := func(what string, a, b int) {
			t.Helper()
			if x, y := tells(w.Chart(ana), "Observation/v"), tells(w.Chart(ben), "Observation/v"); x != a || y != b {
				t.Errorf("%s: %d stand in Ana's chart and %d in Ben's, want %d and %d", what, x, y, a, b)
			}
		}
		in(seen("pa", 1, "2026-01-02"), delivery.ImportOptions{})
		in(seen("pa", 2, "2026-01-02"), delivery.ImportOptions{})
		stand("hers", 1, 0)
		if dry := in(seen("pb", 3, "2026-01-02"), delivery.ImportOptions{Dry: true}); len(dry.TakenBack) != 1 {
			t.Errorf("the dry run says %+v", dry)
		}
		stand("after a dry run", 1, 0)
		done := in(seen("pb", 3, "2026-01-02"), delivery.ImportOptions{})
		stand("it is Ben's", 0, 1)
		if len(done.TakenBack) != 1 || done.TakenBack[0].Name != "Observation/v" || !slices.Equal(done.TakenBack[0].Charts, []stele.Subject{ana.Subject()}) || done.TakenBack[0].Records != 2 {
			t.Errorf("told: %+v", done)
		}
		// An older file, with a value that was not seen before, does not bring it back.
		done = in(strings.Replace(seen("pa", 2, "2026-01-02"), "Glucose", "Glucose in blood", 1), delivery.ImportOptions{})
		stand("an old version that is Ana's", 0, 1)
		if done.Refused != 1 || !strings.Contains(lines(done.Issues, ""), "a newer version of it names another patient, and is in the chart of MB-1") {
			t.Errorf("told: %+v", done)
		}
		in(seen("pa", 4, "2026-01-02"), delivery.ImportOptions{})
		stand("back again", 1, 0)

		// Two of one id that nothing says to be one record are left alone, and told.
		for what, record := range map[string]string{
			"another date, the server not known": seen("pb", 5, "2026-03-04"),
			"no version":                         seen("pb", 0, "2026-01-02"),
			"no date, the server not known":      undated(seen("pb", 6, "2026-01-02")),
		} {
			id := fmt.Sprintf(`"id":"v%d"`, len(record))
			hers := seen("pa", 1, "2026-01-02")
			if strings.HasPrefix(what, "no date") {
				hers = undated(hers)
			}
			in(strings.Replace(hers, `"id":"v"`, id, 1), delivery.ImportOptions{})
			done = in(strings.Replace(record, `"id":"v"`, id, 1), delivery.ImportOptions{})
			if tells(w.Chart(ana), "Observation/"+id[6:len(id)-1]) != 1 || !strings.Contains(lines(done.Warnings, ""), "the chart of Ana Alvar (MA-1) has one of that id, too") {
				t.Errorf("%s: %+v", what, done)
			}
			if done = in(strings.Replace(strings.Replace(record, `"id":"v"`, id, 1), "Glucose", "Glucose, fasting", 1), delivery.ImportOptions{}); done.Delivered != 1 || len(done.Warnings) > 0 {
				t.Errorf("%s, told twice: %+v", what, done)
			}
		}

		// One server's id is one record, whatever its date.
		on := func(server, record string) string {
			return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patientOf("pa", "MA-1") + `},{"resource":` + patientOf("pb", "MB-1") + `},{"fullUrl":"https://` + server + `.example/Observation/w","resource":` + record + `}]}`
		}
		bundle := func(b string) delivery.Imported {
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(strings.ReplaceAll(b, `"id":"v"`, `"id":"w"`)), delivery.ImportOptions{})
			w.Must(err)
			return done
		}
		w.Must(h.Delivery.AddSystem("https://lab.example"))
		bundle(on("lab", seen("pa", 1, "2026-01-02")))
		bundle(on("lab", seen("pb", 2, "2026-02-03")))
		if a, b := tells(w.Chart(ana), "Observation/w"), tells(w.Chart(ben), "Observation/w"); a != 0 || b != 1 {
			t.Errorf("of one server, %d stand in Ana's chart and %d in Ben's", a, b)
		}
		if done := bundle(on("other", seen("pa", 3, "2026-01-02"))); len(done.TakenBack) != 0 || len(done.Warnings) > 0 || tells(w.Chart(ben), "Observation/w") != 1 {
			t.Errorf("of another server: %+v", done)
		}
	})
}

// TestR38WhatIsLikeAMoveAndIsNone has records of one id that are two, an old version
// that comes late, and a Patient whose id is another's now.
func TestR38WhatIsLikeAMoveAndIsNone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		w.Must(h.Delivery.AddSystem("https://lab.example"))
		w.Must(h.Delivery.AddSystem("https://two.example"))
		in := func(text string) delivery.Imported {
			t.Helper()
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
			return done
		}
		on := func(server, name, record string) string {
			return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patientOf("pa", "MA-1") + `},{"resource":` + patientOf("pb", "MB-1") + `},{"fullUrl":"https://` + server + `.example/` + name + `","resource":` + record + `}]}`
		}
		// Two servers of the hospital's own, whose ids are kept.
		in(on("lab", "Observation/v", seen("pa", 1, "2026-01-02")))
		if done := in(on("two", "Observation/v", seen("pb", 2, "2026-01-02"))); len(done.TakenBack) != 0 || !strings.Contains(lines(done.Warnings, ""), "the chart of Ana Alvar (MA-1) has one of that id, too") || tells(w.Chart(ana), "Observation/v") != 1 || tells(w.Chart(ben), "Observation/v") != 1 {
			t.Errorf("of two own servers: %+v", done)
		}
		// A UUID is one record on both, but each counts versions of its own.
		const uuid = "6f1d9a52-3c70-4a6e-9a2b-0d5c1e7f8a90"
		uu := func(server, record string) string {
			return on(server, "Observation/"+uuid, strings.Replace(record, `"id":"v"`, `"id":"`+uuid+`"`, 1))
		}
		in(uu("lab", seen("pa", 1, "2026-01-02")))
		if done := in(uu("two", seen("pb", 2, "2026-01-02"))); len(done.TakenBack) != 0 || tells(w.Chart(ana), "Observation/"+uuid) != 1 ||
			!strings.Contains(lines(done.Warnings, ""), "the chart of Ana Alvar (MA-1) has one of that id, too") {
			t.Errorf("a UUID of two own servers: %+v", done)
		}
		// What moves in two versions at once is taken back once, and said once.
		t2 := func(version int, who string) string {
			return on("lab", "Observation/t", strings.Replace(seen(who, version, "2026-01-02"), `"id":"v"`, `"id":"t"`, 1))
		}
		in(t2(1, "pa"))
		both, err := h.Delivery.ImportFiles(t.Context(), files(t2(2, "pb"), t2(3, "pb")), delivery.ImportOptions{})
		w.Must(err)
		withdrawals := 0
		for _, r := range w.Chart(ana).Records {
			if strings.HasPrefix(nameOf(r.JSON), "Provenance/") {
				withdrawals++
			}
		}
		back := 0
		for _, d := range both {
			for _, b := range d.TakenBack {
				back += b.Records
			}
		}
		if back != 1 || withdrawals != 1 || len(both[0].TakenBack)+len(both[1].TakenBack) != 1 || tells(w.Chart(ana), "Observation/t") != 0 {
			t.Errorf("moved in two files: %d taken back: %+v", back, both)
		}
		// Of what stands, the newest version counts, in whatever order it came.
		u := func(record string) string {
			return on("lab", "Observation/u", strings.Replace(record, `"id":"v"`, `"id":"u"`, 1))
		}
		in(u(seen("pa", 1, "2026-01-02")))
		in(u(seen("pa", 3, "2026-01-02")))
		if done := in(u(seen("pb", 2, "2026-01-02"))); done.Refused != 1 || len(done.TakenBack) != 0 || tells(w.Chart(ana), "Observation/u") != 1 {
			t.Errorf("an old version: %+v", done)
		}
		// All that names a Patient may be the other's, or the id may be given anew: it is asked.
		patient := func(version int, number string) string {
			return on("lab", "Patient/px", strings.Replace(patientOf("px", number), `"id"`, fmt.Sprintf(`"meta":{"versionId":"%d"},"id"`, version), 1))
		}
		in(patient(1, "MA-1"))
		asked, err := h.Delivery.Import(t.Context(), strings.NewReader(patient(2, "MB-1")), delivery.ImportOptions{})
		w.Must(err)
		if len(asked.TakenBack) != 0 || tells(w.Chart(ana), "Patient/px") != 1 || tells(w.Chart(ben), "Patient/px") != 0 || !strings.Contains(lines(asked.Issues, ""), "Its id was another patient's when it was delivered before; if it is this one: --confirm Patient/px") {
			t.Errorf("a Patient: %+v", asked)
		}
		sure, err := h.Delivery.Import(t.Context(), strings.NewReader(patient(2, "MB-1")), delivery.ImportOptions{Same: []string{"Patient/px"}})
		w.Must(err)
		if tells(w.Chart(ana), "Patient/px") != 1 || tells(w.Chart(ben), "Patient/px") != 1 || !strings.Contains(lines(sure.Warnings, ""), "the chart of Ana Alvar (MA-1) has one of that id, too") {
			t.Errorf("a Patient, confirmed: %+v", sure)
		}
		// What differs a little from the person linked is told.
		if done := in(strings.Replace(patientOf("pm", "MA-1"), `"id"`, `"name":[{"family":"Novak","given":["Ana"]}],"birthDate":"1970-05-01","id"`, 1)); done.Delivered != 1 || !strings.Contains(lines(done.Warnings, ""), "another family name") {
			t.Errorf("married: %+v", done)
		}
	})
}

// TestR38TwoOfOneIdAreNoMove has a file that shows no server name another patient's id: what
// one server can't have said of one record leaves hers where it is, and is said.
func TestR38TwoOfOneIdAreNoMove(t *testing.T) {
	const hour = `,"lastUpdated":"2026-01-02T1%d:00:00Z"`
	of := func(who, day, version string) string {
		return strings.Replace(seen(who, 0, day), `"status"`, `"meta":{"versionId":`+version+`},"status"`, 1)
	}
	vital := func(record string) string {
		return strings.Replace(record, `"code"`, `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code"`, 1)
	}
	const day = "2026-01-02"
	for what, c := range map[string]struct {
		hers, his string
		moves     bool
	}{
		"the next version":                {of("pa", day, `"1"`+fmt.Sprintf(hour, 0)), of("pb", day, `"2"`+fmt.Sprintf(hour, 1)), true},
		"the next version, of one time":   {of("pa", day, `"1"`+fmt.Sprintf(hour, 0)), of("pb", day, `"2"`+fmt.Sprintf(hour, 0)), true},
		"the next version, without time":  {of("pa", day, `"1"`), of("pb", day, `"2"`), true},
		"the same version":                {of("pa", day, `"1"`+fmt.Sprintf(hour, 0)), of("pb", day, `"1"`+fmt.Sprintf(hour, 1)), false},
		"the same, which is no number":    {of("pa", day, `"W"`+fmt.Sprintf(hour, 0)), of("pb", day, `"W"`+fmt.Sprintf(hour, 1)), false},
		"a later number, an earlier time": {of("pa", day, `"1"`+fmt.Sprintf(hour, 1)), of("pb", day, `"2"`+fmt.Sprintf(hour, 0)), false},
		"an earlier number, a later time": {of("pa", day, `"2"`+fmt.Sprintf(hour, 0)), of("pb", day, `"1"`+fmt.Sprintf(hour, 1)), false},
		"of one year":                     {of("pa", "2019", `"1"`), of("pb", "2019", `"2"`), false},
		"of one month":                    {of("pa", "2019-07", `"1"`), of("pb", "2019-07", `"2"`), false},
		"of another kind":                 {of("pa", day, `"1"`), vital(of("pb", day, `"2"`)), false},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, ben := couple(w)
				w.Must(h.Delivery.AddSystem(labA))
				_, err := h.Delivery.Import(t.Context(), strings.NewReader(at(labA, patientOf("pa", "MA-1"), c.hers)), delivery.ImportOptions{})
				w.Must(err)
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(patientOf("pb", "MB-1"), c.his)), delivery.ImportOptions{})
				w.Must(err)
				hers, his, said := tells(w.Chart(ana), "Observation/v"), tells(w.Chart(ben), "Observation/v"), lines(done.Warnings, "")
				if his != 1 || (hers == 0) != c.moves || (len(done.TakenBack) > 0) != c.moves || strings.Contains(said, "the chart of Ana Alvar (MA-1) has one of that id, too") == c.moves {
					t.Errorf("%d stand in her chart and %d in his: %+v", hers, his, done)
				}
			})
		})
	}
}

// TestR38WhatCannotLeaveAChartIsSaid moves a record out of a chart into which the
// hospital may write no more.
func TestR38WhatCannotLeaveAChartIsSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		people := patientOf("pa", "MA-1") + "\n" + patientOf("pb", "MB-1") + "\n"
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(people+seen("pa", 1, "2026-01-02")), delivery.ImportOptions{})
		w.Must(err)
		for _, g := range wallettest.Sure(h.HeldFor(ana.Subject(), stele.ActionWrite)) {
			w.Must(h.MarkOver(g.Grant))
		}
		text := patientOf("pb", "MB-1") + "\n" + seen("pb", 2, "2026-01-02")
		dry, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Dry: true})
		w.Must(err)
		if len(dry.TakenBack) != 0 || !strings.Contains(lines(dry.Issues, ""), "still stands in the chart of Ana Alvar (MA-1)") {
			t.Errorf("the dry run says: %+v", dry)
		}
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if done.Stuck != 1 || tells(w.Chart(ben), "Observation/v") != 1 || !strings.Contains(lines(done.Issues, ""), "Observation/v is another patient's now, and still stands in the chart of Ana Alvar (MA-1)") {
			t.Errorf("told: %+v", done)
		}
	})
}

// TestR37ARecordLeansOnWhatCameBefore imports an encounter of Ben's, and then, in another
// run, a record of Ana's that says it was made there.
func TestR37ARecordLeansOnWhatCameBefore(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		people := patientOf("pa", "MA-1") + "\n" + patientOf("pb", "MB-1") + "\n"
		in := func(records string, o delivery.ImportOptions) delivery.Imported {
			t.Helper()
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(people+records), o)
			w.Must(err)
			return done
		}
		encounter := func(id, who string) string {
			return `{"resourceType":"Encounter","id":"` + id + `","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/` + who + `"},"period":{"start":"2026-01-02"}}` + "\n"
		}
		at := func(id string) string {
			return strings.Replace(seen("pa", 1, "2026-01-02"), `"status"`, `"encounter":{"reference":"Encounter/`+id+`"},"status"`, 1)
		}
		in(encounter("eb", "pb")+encounter("ea", "pa"), delivery.ImportOptions{})
		if done := in(at("eb"), delivery.ImportOptions{}); done.Refused != 1 || !strings.Contains(lines(done.Issues, ""), "Encounter/eb, which was delivered into the chart of another patient; if it is: --confirm Observation/v") {
			t.Errorf("at another's encounter: %+v", done)
		}
		if tells(w.Chart(ana), "Observation/v") != 0 || tells(w.Chart(ben), "Observation/v") != 0 {
			t.Error("it is in a chart")
		}
		if done := in(at("ea"), delivery.ImportOptions{}); done.Refused != 0 || tells(w.Chart(ana), "Observation/v") != 1 {
			t.Errorf("at her own: %+v", done)
		}
	})
}

// TestR38AnOldDeletionOfALaterImportLeavesWhatIsNewer: a Provenance that says that a
// record was deleted before the version was made that stands hides nothing, however
// late it arrives; one that is newer takes it back.
func TestR38AnOldDeletionOfALaterImportLeavesWhatIsNewer(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(text string) delivery.Imported {
			t.Helper()
			time.Sleep(time.Minute)
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+text), delivery.ImportOptions{})
			w.Must(err)
			return done
		}
		in(strings.Replace(seen("pa", 3, "2026-01-02"), `"versionId"`, `"lastUpdated":"1999-03-01T10:00:00Z","versionId"`, 1))
		deletion := func(id, recorded string) string {
			return `{"resourceType":"Provenance","id":"` + id + `","target":[{"reference":"Observation/v"}],"recorded":"` + recorded + `","activity":{"coding":[{"system":"` + delivery.DataOperation + `","code":"DELETE"}]},"agent":[{"who":{"display":"x"}}]}`
		}
		old := deletion("old", "1998-01-01T00:00:00Z")
		if done := in(old); done.Left != 1 || tells(w.Chart(ana), "Observation/v") != 1 || !strings.Contains(lines(done.Warnings, ""), "a newer version") {
			t.Errorf("an old one: %+v, stands %d", done, tells(w.Chart(ana), "Observation/v"))
		}
		// Of one version it is no deletion of the record: it is told, and takes nothing back.
		if done := in(strings.Replace(deletion("of-two", "1998-01-01T00:00:00Z"), "Observation/v", "Observation/v/_history/2", 1)); done.Delivered != 1 || done.Left != 0 || tells(w.Chart(ana), "Observation/v") != 1 {
			t.Errorf("of one version: %+v", done)
		}
		if in(deletion("new", "1999-06-01T00:00:00Z")); tells(w.Chart(ana), "Observation/v") != 0 {
			t.Error("a newer one takes nothing back")
		}
	})
}

// TestR37WhatItsServerDeletedIsTakenBack: what stands beside the DELETE of a history, and
// what an export says was deleted, is no version of the record, and takes back those that
// were before.
func TestR37WhatItsServerDeletedIsTakenBack(t *testing.T) {
	soft := `"extension":[{"url":"http://azurehealthcareapis.com/data-extensions/deleted-state","valueString":"soft-deleted"}],"versionId"`
	first, second, third := seen("pa", 1, "2026-01-02"), seen("pa", 2, "2026-01-02"), seen("pa", 3, "2026-01-02")
	history := func(method, resource string) string {
		return `{"resourceType":"Bundle","type":"history","entry":[{"resource":` + resource + `,"request":{"method":"` + method + `","url":"Observation/v"}}]}`
	}
	empty := `{"resourceType":"Observation","id":"v","meta":{` + strings.Replace(`"versionId":"2"}}`, `"versionId"`, soft, 1)
	for what, c := range map[string]struct {
		files []string // one after the other
		tells int
	}{
		"beside a DELETE":                {[]string{first, history("DELETE", second)}, 0},
		"beside a DELETE, in one":        {[]string{history("DELETE", second) + "\n" + history("PUT", first)}, 0},
		"beside the DELETE of a version": {[]string{first, history("DELETE", first)}, 0},
		"with its content":               {[]string{first, strings.Replace(second, `"versionId"`, soft, 1)}, 0},
		"without content":                {[]string{first, empty}, 0},
		"in one file":                    {[]string{first + "\n" + empty}, 0},
		"and made again":                 {[]string{first, empty, third}, 1},
		"and made again, in one file":    {[]string{third + "\n" + empty + "\n" + first}, 1},
		"an older one":                   {[]string{third, empty}, 1},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				for i, text := range c.files {
					time.Sleep(time.Minute)
					done, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+text), delivery.ImportOptions{})
					w.Must(err)
					if done.Refused > 0 {
						t.Errorf("file %d: %+v", i, done)
					}
				}
				if n := tells(w.Chart(ana), "Observation/v"); n != c.tells {
					t.Errorf("%d stand, want %d", n, c.tells)
				}
			})
		})
	}
}

// TestR38AnOldDeleteLeavesWhatIsNewer imports a DELETE that is older than the version that
// stands, and one that is not; and what is to be created only where there is none, twice.
func TestR38AnOldDeleteLeavesWhatIsNewer(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		in := func(text string) delivery.Imported {
			t.Helper()
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
			w.Must(err)
			return done
		}
		person := patientOf("pa", "MA-1") + "\n"
		bundle := func(kind, entry string) string {
			return person + `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + entry + `]}` + "\n"
		}
		in(person + strings.Replace(seen("pa", 3, "2026-01-02"), `"versionId"`, `"lastUpdated":"2020-03-01T10:00:00Z","versionId"`, 1))
		deletes := func(answer string) delivery.Imported {
			return in(bundle("history", `{"fullUrl":"urn:x","request":{"method":"DELETE","url":"Observation/v"},"response":{"status":"204",`+answer+`}}`))
		}
		for _, old := range []string{`"lastModified":"2020-02-01T10:00:00Z"`, `"etag":"W/\"2\""`} {
			var fates []delivery.Fate
			text := bundle("history", `{"fullUrl":"urn:x","request":{"method":"DELETE","url":"Observation/v"},"response":{"status":"204",`+old+`}}`)
			_, err := h.Delivery.ImportFiles(t.Context(), files(text), delivery.ImportOptions{Dry: true, Each: func(f delivery.Fate) { fates = append(fates, f) }})
			w.Must(err)
			if len(fates) != 2 || len(fates[1].To) > 0 {
				t.Errorf("%s: a dry run says that it takes back what stays: %+v", old, fates)
			}
			if done := deletes(old); done.Withdrawn != 0 || tells(w.Chart(ana), "Observation/v") != 1 || !strings.Contains(lines(done.Warnings, ""), "a newer version") {
				t.Errorf("%s: %+v", old, done)
			}
		}
		if done := deletes(`"lastModified":"2020-04-01T10:00:00Z"`); done.Withdrawn != 1 {
			t.Errorf("a DELETE that is newer: %+v", done)
		}
		once := func(value string) delivery.Imported {
			return in(bundle("batch", `{"resource":{"resourceType":"Observation","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/pa"},"valueString":"`+value+`"},"request":{"method":"POST","url":"Observation","ifNoneExist":"identifier=http://x.example|7"}}`))
		}
		before := len(w.Chart(ana).Records)
		once("70")
		if done := once("71"); done.Known == 0 || !strings.Contains(lines(done.Warnings, ""), "ifNoneExist") || len(w.Chart(ana).Records) != before+1 {
			t.Errorf("created once more: %+v, %d records beside %d", done, len(w.Chart(ana).Records), before)
		}
	})
}
