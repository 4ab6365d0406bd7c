package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/intake"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/reading"
	"github.com/stele-health/stele/timeline"
	"github.com/stele-health/stele/wallet"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// mrn is the system of these tests' numbers.
const mrn = "http://north.example/mrn"

// files makes sources of texts.
func files(texts ...string) []delivery.Source {
	var out []delivery.Source
	for i, text := range texts {
		out = append(out, delivery.Source{Name: fmt.Sprint("file ", i), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
	}
	return out
}

func patientOf(id, number string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"identifier":[{"system":%q,"value":%q}]}`, id, mrn, number)
}

func basic(id, who, text string) string {
	return fmt.Sprintf(`{"resourceType":"Basic","id":%q,"subject":{"reference":"Patient/%s"},"code":{"text":%q}}`, id, who, text)
}

// couple is a hospital with two linked patients, Ana (MA-1) and Ben (MB-1).
func couple(w *town.Town) (h, ana, ben *client.Session) {
	ana, ben, h = w.NewPatient("Ana", "Northside"), w.NewPatient("Ben", "Northside"), w.Orgs["Northside"]
	w.Must(h.Delivery.AddSystem(mrn))
	w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "MA-1", Subject: ana.Subject(), Name: "Ana Alvar", Born: "1970-05-01"}}, links.Confirmed{}))
	w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "MB-1", Subject: ben.Subject()}}, links.Confirmed{}))
	return h, ana, ben
}

// tells counts the records of a chart that stand, by what the story makes of them.
func tells(c *reading.Chart, name string) (stands int) {
	var versions timeline.Versions
	for _, r := range c.Records {
		versions.Add(timeline.Item{Record: r.JSON, Label: r.Label, Handle: r.Handle, Source: r.Label.Source, Proof: r.Submission, Made: r.Made})
	}
	for i, v := range versions.Judge() {
		if v == timeline.Current && nameOf(c.Records[i].JSON) == name {
			stands++
		}
	}
	return stands
}

func nameOf(raw []byte) string {
	var r struct{ ResourceType, ID string }
	_ = json.Unmarshal(raw, &r)
	return r.ResourceType + "/" + r.ID
}

// TestR37FilesOfOneImportAreOne imports a bulk export's folder: whose a record is
// stands in another file, what is shared goes to both, and each patient gets one
// submission, however many files there are.
func TestR37FilesOfOneImportAreOne(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		texts := []string{`{"resourceType":"Medication","id":"m"}` + "\n" + `{"resourceType":"Medication","id":"nobodys"}`}
		for i := range 60 {
			who := []string{"pa", "pb"}[i%2]
			texts = append(texts, fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"r%d","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"},"subject":{"reference":"Patient/%s"}}`, i, who))
		}
		texts = append(texts, patientOf("pa", "MA-1")+"\n"+patientOf("pb", "MB-1")+"\n"+basic("x", "stranger", "x"))
		dry, err := h.Delivery.ImportFiles(t.Context(), files(texts...), delivery.ImportOptions{Dry: true})
		w.Must(err)
		if len(w.Chart(ana).Records) != 0 {
			t.Fatal("a dry run delivered something")
		}
		done, err := h.Delivery.ImportFiles(t.Context(), files(texts...), delivery.ImportOptions{})
		w.Must(err)
		for _, p := range []*client.Session{ana, ben} {
			c := w.Chart(p)
			submissions := map[stele.ID]bool{}
			for _, r := range c.Records {
				submissions[r.Submission] = true
			}
			if len(c.Records) != 32 || len(submissions) != 1 {
				t.Errorf("%s has %d records of %d submissions, want 32 of 1", p.Name(), len(c.Records), len(submissions))
			}
		}
		last := len(texts) - 1
		if done[0].Waiting != 1 || done[0].Delivered != 1 || done[last].Refused != 1 || done[last].Delivered != 2 || done[1].Delivered != 1 {
			t.Errorf("told: %+v ... %+v", done[0], done[last])
		}
		for i := range done {
			if dry[i].Delivered != done[i].Delivered || dry[i].Refused != done[i].Refused || dry[i].Waiting != done[i].Waiting {
				t.Errorf("file %d: the dry run said %+v, and it was %+v", i, dry[i], done[i])
			}
		}
		again, err := h.Delivery.ImportFiles(t.Context(), files(texts...), delivery.ImportOptions{})
		w.Must(err)
		if again[0].Known != 1 || again[1].Known != 1 || again[last].Known != 2 || again[1].Delivered != 0 {
			t.Errorf("the second time: %+v ... %+v", again[0], again[last])
		}
	})
}

// TestR37AFileThatChangesDeliversNothingUnseen gives another record when the file is
// read the second time: whose it is was never decided. A small file is held, and
// read once.
func TestR37AFileThatChangesDeliversNothingUnseen(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		opened := 0
		src := func(filler string) delivery.Source {
			opened = 0
			return delivery.Source{Open: func() (io.ReadCloser, error) {
				who := []string{"pa", "pb"}[opened]
				opened++
				return io.NopCloser(strings.NewReader(patientOf("pa", "MA-1") + "\n" + filler + basic("x", who, "x"))), nil
			}}
		}
		long := `{"resourceType":"Binary","contentType":"image/png","data":"` + strings.Repeat("AAAA", delivery.MaxHeld/8) + `"}` + "\n"
		done, err := h.Delivery.ImportFiles(t.Context(), []delivery.Source{src(long + long)}, delivery.ImportOptions{})
		w.Must(err)
		if opened != 2 || done[0].Delivered != 2 || done[0].Refused != 1 || len(w.Chart(ana).Records) != 2 {
			t.Errorf("a long file: %+v", done[0])
		}
		done, err = h.Delivery.ImportFiles(t.Context(), []delivery.Source{src("")}, delivery.ImportOptions{})
		w.Must(err)
		if opened != 1 || done[0].Delivered != 1 || done[0].Refused != 0 || len(w.Chart(ana).Records) != 3 {
			t.Errorf("a short file, opened %d times: %+v", opened, done[0])
		}
	})
}

// TestImportCollectsTheGrantThatIsMissing imports for a patient whose write grant lies
// in the box still; the dry run says so, too.
func TestImportCollectsTheGrantThatIsMissing(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		cem := w.NewPatient("Cem")
		w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "MC-1", Subject: cem.Subject(), Name: "Cem Er"}}, links.Confirmed{}))
		text := patientOf("pc", "MC-1")
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		if err == nil && done.Delivered != 0 || done.Denied == 0 {
			t.Fatalf("without a grant: %+v, %v", done, err)
		}
		_, _, err = cem.Give(t.Context(), w.ContactOf(cem, h), wallet.DirectCareWrite(time.Now().AddDate(1, 0, 0)))
		w.Must(err)
		for _, dry := range []bool{true, false} {
			done, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Dry: dry})
			if w.Must(err); done.Delivered != 1 || done.Denied != 0 {
				t.Errorf("dry %v: %+v", dry, done)
			}
		}
	})
}

// TestR37NothingEntersTheOwnLogSilently refuses what names nobody, unless it is
// said to be for the hospital's own log.
func TestR37NothingEntersTheOwnLogSilently(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		text := `{"resourceType":"Basic","id":"b","code":{"text":"x"}}` + "\n" + `{"resourceType":"Organization","id":"o","name":"Ward"}`
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if done.Delivered != 0 || done.Refused != 1 || done.Waiting != 1 || len(w.Chart(h).Records) != 0 {
			t.Errorf("unasked: %+v, and the own log has %d", done, len(w.Chart(h).Records))
		}
		done, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Subject: h.Subject()})
		w.Must(err)
		if done.Delivered != 2 || len(w.Chart(h).Records) != 2 {
			t.Errorf("asked: %+v", done)
		}
		// Nothing of a patient, linked or not, named or mentioned, is the hospital's.
		of := strings.Join([]string{patientOf("px", "MX-9"), basic("ox", "px", "x"), basic("oa", "zz", "x"), patientOf("pa", "MA-1")}, "\n")
		for _, text := range []string{of, basic("ox", "px", "x")} {
			done, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Subject: h.Subject()})
			w.Must(err)
			if done.Delivered != 0 || done.Refused != done.Read || len(w.Chart(h).Records) != 2 {
				t.Errorf("of patients: %+v", done)
			}
		}
		w.Wants(h.Links().Link([]links.Link{{System: mrn, Number: "MX-9", Subject: h.Subject()}}, links.Confirmed{}), stele.KindInvalid, "a number of the hospital itself")
		_, err = h.Delivery.LinkID("px", links.Link{Subject: h.Subject()})
		w.Wants(err, stele.KindInvalid, "an id of the hospital itself")
	})
}

// TestR37WithdrawTakesBackWhatWasDelivered withdraws a record of a wrong chart: the
// withdrawal stands under the label of what it withdraws, and the story honours it.
func TestR37WithdrawTakesBackWhatWasDelivered(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		allergy := `{"resourceType":"AllergyIntolerance","id":"a9","patient":{"reference":"Patient/pa"},"recordedDate":"2019-02-03","code":{"text":"Latex"}}`
		nameless := `{"resourceType":"Basic","code":{"text":"no id"},"subject":{"reference":"Patient/pa"}}`
		text := strings.Join([]string{patientOf("pa", "MA-1"), allergy, nameless, basic("stays", "pa", "x")}, "\n")
		_, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		standing, err := h.Delivery.Standing(ana.Subject())
		w.Must(err)
		if len(standing) != 4 {
			t.Fatalf("%d stand: %+v", len(standing), standing)
		}
		handle := standing[slices.IndexFunc(standing, func(s delivery.Standing) bool { return !strings.Contains(s.Name, "/") })].Name

		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"AllergyIntolerance/a9"}})
		w.Wants(err, stele.KindUsage, "a withdrawal without a reason")
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"Basic/never"}, Reason: "x"})
		w.Wants(err, stele.KindNotFound, "a withdrawal of what was not delivered")
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"AllergyIntolerance/a9", handle}, Reason: "another patient's"})
		w.Must(err)
		c := w.Chart(ana)
		if tells(c, "AllergyIntolerance/a9") != 0 || tells(c, "Basic/") != 0 || tells(c, "Basic/stays") != 1 {
			t.Error("what was withdrawn stands, or what was not does not")
		}
		for _, r := range c.Records {
			if r.Type == "Provenance" && strings.Contains(string(r.JSON), "a9") && (r.Label.Category != stele.Allergies || r.Label.Year != 2019 || r.When != "2019-02-03") {
				t.Errorf("the withdrawal stands under %s %d %s", r.Label.Category, r.Label.Year, r.When)
			}
		}
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"AllergyIntolerance/a9"}, Reason: "x"})
		w.Wants(err, stele.KindNotFound, "a second withdrawal")

		// The same file again does not bring it back, unless that is said.
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if done.Delivered != 0 || done.Known != 4 || !slices.ContainsFunc(done.Warnings, func(l delivery.Note) bool { return strings.Contains(l.String(), "AllergyIntolerance/a9") }) {
			t.Errorf("again: %+v", done)
		}
		time.Sleep(time.Second) // of the town's clock: what is delivered later is not taken back
		done, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Again: true})
		w.Must(err)
		if done.Delivered != 2 || tells(w.Chart(ana), "AllergyIntolerance/a9") != 1 {
			t.Errorf("--again: %+v", done)
		}
		// Versions of different dates: each date gets its withdrawal.
		for n, date := range []string{"2020-01-02", "2020-03-04"} {
			v := fmt.Sprintf(`{"resourceType":"Condition","id":"c","meta":{"versionId":"%d"},"subject":{"reference":"Patient/pa"},"recordedDate":%q}`, n+1, date)
			_, err = h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+v), delivery.ImportOptions{})
			w.Must(err)
		}
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"Condition/c"}, Reason: "x"})
		w.Must(err)
		dates := map[string]bool{}
		for _, r := range w.Chart(ana).Records {
			if r.Type == "Provenance" && strings.Contains(string(r.JSON), "Condition/c") {
				dates[r.When] = true
			}
		}
		if len(dates) != 2 {
			t.Errorf("withdrawals stand under %v, want both dates", dates)
		}
		all, err := h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{All: true, Reason: "all of it was another's"})
		w.Must(err)
		if len(all.Names) != 4 || tells(w.Chart(ana), "Basic/stays") != 0 {
			t.Errorf("all: %v", all.Names)
		}
	})
}

// TestR37DeleteTakesBack imports a history and a transaction with a DELETE: what
// it deletes is withdrawn in every chart into which it went from here, the rest
// arrives, and nothing falls.
func TestR37DeleteTakesBack(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		entry := func(resource, method, url string) string {
			if resource != "" {
				resource = `"resource":` + resource + `,`
			}
			return fmt.Sprintf(`{%s"request":{"method":%q,"url":%q}}`, resource, method, url)
		}
		bundle := func(kind string, entries ...string) string {
			return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
		}
		allergy := `{"resourceType":"AllergyIntolerance","id":"a9","meta":{"versionId":"1"},"patient":{"reference":"Patient/pa"},"code":{"text":"Latex"}}`
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(bundle("history", entry(patientOf("pa", "MA-1"), "PUT", "Patient/pa"),
			entry("", "DELETE", "AllergyIntolerance/a9"), entry(allergy, "POST", "AllergyIntolerance"))), delivery.ImportOptions{})
		w.Must(err)
		if done.Delivered != 2 || done.Withdrawn != 1 || done.Refused != 0 || tells(w.Chart(ana), "AllergyIntolerance/a9") != 0 {
			t.Errorf("a history: %+v", done)
		}
		// What a POST brings under the id that is deleted is another record.
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+strings.ReplaceAll(allergy, "a9", "a8")), delivery.ImportOptions{})
		w.Must(err)
		done, err = h.Delivery.Import(t.Context(), strings.NewReader(bundle("transaction", entry(patientOf("pa", "MA-1"), "PUT", "Patient/pa"),
			entry("", "DELETE", "AllergyIntolerance/a8"), entry(strings.NewReplacer("a9", "a8", "Latex", "Penicillin").Replace(allergy), "POST", "AllergyIntolerance"))), delivery.ImportOptions{})
		w.Must(err)
		c := w.Chart(ana)
		if made := c.Records[slices.IndexFunc(c.Records, func(r reading.Record) bool { return strings.Contains(string(r.JSON), "Penicillin") })]; done.Withdrawn != 1 ||
			tells(c, "AllergyIntolerance/a8") != 0 || tells(c, nameOf(made.JSON)) != 1 {
			t.Errorf("a DELETE beside a POST: %+v", done)
		}
		medication := `{"resourceType":"Medication","id":"m"}`
		order := func(id, who string) string {
			return fmt.Sprintf(`{"resourceType":"MedicationRequest","id":%q,"status":"active","intent":"order","medicationReference":{"reference":"Medication/m"},"subject":{"reference":"Patient/%s"}}`, id, who)
		}
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(strings.Join([]string{patientOf("pa", "MA-1"), patientOf("pb", "MB-1"), medication, order("ra", "pa"), order("rb", "pb")}, "\n")), delivery.ImportOptions{})
		w.Must(err)
		text := bundle("transaction", entry(patientOf("pa", "MA-1"), "PUT", "Patient/pa"), entry(basic("new", "pa", "x"), "PUT", "Basic/new"),
			entry("", "DELETE", "Medication/m"), entry("", "DELETE", "Basic/never-delivered"))
		done, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if done.Delivered != 1 || done.Withdrawn != 1 || done.Refused != 0 {
			t.Errorf("a transaction: %+v", done)
		}
		if tells(w.Chart(ana), "Medication/m") != 0 || tells(w.Chart(ben), "Medication/m") != 0 || tells(w.Chart(ana), "Basic/new") != 1 {
			t.Error("a medicine that was deleted stands in a chart")
		}
		// A Provenance of the hospital's system that says DELETE counts under the label
		// of what it deletes, and in that chart alone.
		text2 := strings.Join([]string{patientOf("pa", "MA-1"), patientOf("pb", "MB-1"), basic("both", "pa", "x"), basic("both", "pb", "x"),
			`{"resourceType":"Condition","id":"gone","subject":{"reference":"Patient/pa"},"recordedDate":"2018-01-01"}`}, "\n")
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(text2), delivery.ImportOptions{})
		w.Must(err)
		says := `{"resourceType":"Provenance","id":"v","target":[{"reference":"Condition/gone"}],"recorded":"2024-01-01T00:00:00Z","activity":{"coding":[{"system":"` +
			delivery.DataOperation + `","code":"DELETE"}]},"agent":[{"who":{"display":"EHR"}}]}`
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(text2+"\n"+says), delivery.ImportOptions{})
		w.Must(err)
		under := 0
		for _, r := range w.Chart(ana).Records {
			if r.Type == "Provenance" && r.Label.Category == stele.Problems && r.Label.Year == 2018 {
				under++
			}
		}
		if under != 1 || tells(w.Chart(ana), "Condition/gone") != 0 {
			t.Errorf("%d withdrawals under the label of what a Provenance deletes, want 1", under)
		}
		before := len(w.Chart(ben).Records)
		_, err = h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if len(w.Chart(ben).Records) != before {
			t.Error("the same DELETE was delivered twice")
		}
	})
}

// TestR38AnotherLabelTakesTheOldVersionBack delivers a record again under another
// label, in a later import and in one: where its older version stands, there
// stands its withdrawal.
func TestR38AnotherLabelTakesTheOldVersionBack(t *testing.T) {
	version := func(n int, date string) string {
		return fmt.Sprintf(`{"resourceType":"Condition","id":"c","meta":{"versionId":"%d"},"subject":{"reference":"Patient/pa"},"recordedDate":%q,"code":{"text":"Sprain"}}`, n, date)
	}
	for what, texts := range map[string][]string{
		"later":                  {version(1, "2019-01-01"), version(2, "2021-01-01")},
		"together":               {version(1, "2019-01-01") + "\n" + version(2, "2021-01-01")},
		"together, newest first": {version(2, "2021-01-01") + "\n" + version(1, "2019-01-01")},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, _ := couple(w)
			for _, text := range texts {
				_, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+text), delivery.ImportOptions{})
				w.Must(err)
			}
			c := w.Chart(ana)
			old := 0
			for _, r := range c.Records {
				if r.Type == "Provenance" && r.Label.Category == stele.Problems && r.Label.Year == 2019 {
					old++
				}
			}
			if old != 1 || tells(c, "Condition/c") != 1 {
				t.Errorf("%s: %d withdrawals under the old label, want 1; %d versions stand", what, old, tells(c, "Condition/c"))
			}
			// Who may see the old label alone is not told the old version.
			only := &reading.Chart{}
			for _, r := range c.Records {
				if r.Label.Year == 2019 {
					only.Records = append(only.Records, r)
				}
			}
			if tells(only, "Condition/c") != 0 {
				t.Errorf("%s: with the old label alone the old version stands", what)
			}
		})
	}
}

// TestImportLostAnAnswerRemembersAllTheSame loses the answer to an anchor: what
// arrived is remembered when that is found out, and can be withdrawn.
func TestImportLostAnAnswerRemembersAllTheSame(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		deaf := true
		s := h
		for name := range w.Orgs {
			s = town.Bend(s, name, func(m *members.Member) { m.Ledger = mute{m.Ledger, &deaf} })
		}
		text := patientOf("pa", "MA-1") + "\n" + basic("one", "pa", "x")
		_, err := s.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Wants(err, stele.KindUnknown, "an import that nobody answers")
		deaf = false
		done, err := s.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		standing, err := s.Delivery.Standing(ana.Subject())
		w.Must(err)
		if done.Known != 2 || len(standing) != 2 {
			t.Errorf("%+v, %d stand", done, len(standing))
		}
	})
}

// A vault of a member that is behind, or that lies, says that a grant allows nothing.
// One such word ends no delivery and no grant; where more say so than may be faulty,
// it is so.
func TestR45OneVaultsDenialEndsNoGrant(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		refusing := func(s *client.Session, name string) *client.Session {
			return town.Bend(s, name, func(m *members.Member) { m.Vault = denying{m.Vault} })
		}
		text := patientOf("pa", "MA-1") + "\n" + basic("one", "pa", "x")
		_, err := refusing(h, h.Name()).Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Must(err)
		if got := len(w.Chart(ana).Records); got != 2 {
			t.Errorf("%d records arrived", got)
		}
		held, err := h.HeldWriteGrant(ana.Subject())
		w.Must(err)
		all := h
		for name := range w.Orgs {
			all = refusing(all, name)
		}
		done, err := all.Delivery.Import(t.Context(), strings.NewReader(basic("two", "pa", "y")), delivery.ImportOptions{Subject: ana.Subject()})
		if done.Delivered != 0 {
			t.Errorf("all vaults deny: %+v, %v", done, err)
		}
		if again, err := h.HeldWriteGrant(ana.Subject()); err == nil && again.Grant == held.Grant {
			t.Error("all vaults deny, and the grant is still held")
		}
	})
}

// TestR45AGrantThatIsWronglySaidToBeOverIsHeldAgain: where all who were asked were behind, the
// ledger says later that the grant holds; one that was taken back is not asked about twice.
func TestR45AGrantThatIsWronglySaidToBeOverIsHeldAgain(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		held, err := h.HeldWriteGrant(ana.Subject())
		w.Must(err)
		w.Must(h.MarkOver(held.Grant))
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(patientOf("pa", "MA-1")+"\n"+basic("one", "pa", "x")), delivery.ImportOptions{})
		if w.Must(err); done.Delivered != 2 {
			t.Errorf("the grant holds: %+v", done)
		}
		_, err = ana.Revoke(t.Context(), held.Grant)
		w.Must(err)
		w.Must(h.MarkOver(held.Grant))
		asked := 0
		counting := h
		for name := range w.Orgs {
			counting = town.Bend(counting, name, func(m *members.Member) { m.Ledger = asksCounted{m.Ledger, &asked} })
		}
		for range 3 {
			_, err = counting.Collect(t.Context())
			w.Must(err)
			if _, err := counting.HeldWriteGrant(ana.Subject()); err == nil {
				t.Error("it was taken back, and is held")
			}
		}
		if asked == 0 || asked > len(w.Orgs) {
			t.Errorf("asked %d times", asked)
		}
	})
}

// asksCounted counts how often it is asked about a grant.
type asksCounted struct {
	members.Ledger
	times *int
}

func (a asksCounted) Grant(ctx context.Context, g stele.Grant) (stele.Grant, error) {
	*a.times++
	return a.Ledger.Grant(ctx, g)
}

// denying takes no submission.
type denying struct{ members.Vault }

func (denying) PutSubmission(context.Context, *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	return nil, stele.E("store", stele.KindDenied, "the write grant does not allow it", nil)
}

// mute hears of anchors and does not answer.
type mute struct {
	members.Ledger
	on *bool
}

func (m mute) Submit(ctx context.Context, tx []byte) (stele.Outcome, error) {
	out, err := m.Ledger.Submit(ctx, tx)
	var signed wire.Signed
	var message wire.Transaction
	if *m.on && wire.Decode(tx, &signed) == nil && wire.Decode(signed.Body, &message) == nil && message.GetMakeAnchor() != nil {
		return stele.Outcome{}, stele.E("submit", stele.KindUnreachable, "the line is cut", nil)
	}
	return out, err
}

// TestLinksAskBeforeTheyMove refuses placeholders, numbers of others and people
// who are not the one linked.
func TestLinksAskBeforeTheyMove(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		link := func(l links.Link, c links.Confirmed) error { return h.Links().Link([]links.Link{l}, c) }
		w.Wants(link(links.Link{System: mrn, Number: "unknown", Subject: ana.Subject()}, links.Confirmed{}), stele.KindUsage, "a placeholder")
		w.Wants(link(links.Link{System: mrn, Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{}), stele.KindExists, "another's number")
		w.Wants(link(links.Link{Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{}), stele.KindExists, "another's number, without its system")
		w.Wants(link(links.Link{System: "HTTP://North.EXAMPLE/mrn/", Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{}), stele.KindExists, "another's number, its system written otherwise")
		w.Must(link(links.Link{System: "http://other.example", Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{}))
		w.Wants(link(links.Link{System: mrn, Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{Move: true}), stele.KindUsage, "a move without a reason")
		w.Wants(link(links.Link{System: mrn, Number: "MA-2", Subject: ana.Subject(), Name: "Kim Roth", Born: "2018-01-01"}, links.Confirmed{}), stele.KindExists, "another person")
		w.Must(link(links.Link{System: mrn, Number: "MA-2", Subject: ana.Subject(), Name: "Kim Roth", Born: "2018-01-01"}, links.Confirmed{Same: true}))
		w.Must(link(links.Link{System: mrn, Number: "MA-1", Subject: ben.Subject()}, links.Confirmed{Move: true, Reason: "typed wrong"}))
		if m := wallettest.Sure(h.Links().Moves()); len(m) != 1 || m[0].From != ana.Subject() || m[0].To != ben.Subject() || m[0].Reason != "typed wrong" {
			t.Errorf("the move is kept as %+v", m)
		}
		for _, nobody := range []string{"---", "\u0301\u0302", "?, ?", "Unknown"} {
			w.Wants(link(links.Link{System: mrn, Number: "MA-3", Subject: ana.Subject(), Name: nobody}, links.Confirmed{Same: true}), stele.KindUsage, "a name that names nobody")
		}
		// A number is trimmed, and never given to one who has nearly another's.
		w.Must(link(links.Link{System: mrn, Number: "\u2003004711 ", Subject: ana.Subject()}, links.Confirmed{}))
		w.Wants(link(links.Link{System: mrn, Number: "47-11", Subject: ben.Subject()}, links.Confirmed{}), stele.KindExists, "nearly another's number")
		w.Wants(link(links.Link{Number: "4711", Subject: ben.Subject()}, links.Confirmed{}), stele.KindExists, "nearly another's number, without its system")
		w.Wants(link(links.Link{System: mrn, Number: "47\x0011", Subject: ana.Subject()}, links.Confirmed{}), stele.KindUsage, "a control character")
		w.Must(link(links.Link{System: "http://other.example", Number: "4711", Subject: ben.Subject()}, links.Confirmed{}))
		w.Must(link(links.Link{System: mrn, Number: "4711", Subject: ana.Subject()}, links.Confirmed{}))
		w.Must(link(links.Link{System: mrn, Number: "47-11", Subject: ben.Subject()}, links.Confirmed{Same: true}))
		if found := wallettest.Sure(h.Links().Find("004711")); len(found) != 1 || found[0].Number != "004711" {
			t.Errorf("004711 is linked as %+v", found)
		}
		// What a person was called before is not forgotten, and found in any order.
		w.Must(link(links.Link{System: mrn, Number: "MC-1", Subject: ana.Subject(), Name: "Novak, Ana", Born: "1970-05-01"}, links.Confirmed{Same: true}))
		w.Must(link(links.Link{System: mrn, Number: "MC-1", Subject: ana.Subject(), Name: "Weiss, Ana", Born: "1970-05-01"}, links.Confirmed{Same: true}))
		if found := wallettest.Sure(h.Links().Find("ana novak")); len(found) != 1 || found[0].Name != "Weiss, Ana" {
			t.Errorf("Ana Novak is %+v", found)
		}
		w.Wants(link(links.Link{System: mrn, Number: "MC-2", Subject: ana.Subject(), Name: "Weiss, Eva", Born: "1970-05-01"}, links.Confirmed{}), stele.KindExists, "a twin")
		w.Must(link(links.Link{System: mrn, Number: "MC-2", Subject: ana.Subject(), Name: "Novak, A.", Born: "1970-01-05"}, links.Confirmed{}))
		tied, err := h.Delivery.LinkID("p", links.Link{Subject: ana.Subject()})
		w.Must(err)
		again, err := h.Delivery.LinkID("p", links.Link{Subject: ben.Subject()})
		w.Must(err)
		if !tied || again || slices.ContainsFunc(wallettest.Sure(h.Links().Find("")), func(l links.Link) bool { return l.Number == "p" }) {
			t.Error("the id of two patients ties one of them")
		}
		// Nor does it when one of them is enrolled afterwards.
		for _, who := range []stele.Subject{ana.Subject(), ben.Subject(), ana.Subject()} {
			tied, err := h.Delivery.LinkID("p", links.Link{Subject: who})
			w.Must(err)
			if tied || slices.ContainsFunc(wallettest.Sure(h.Links().Find("")), func(l links.Link) bool { return l.Number == "p" }) {
				t.Error("the id of two patients ties who is enrolled later")
			}
		}
		// Unless somebody says whose it is.
		w.Must(link(links.Link{System: intake.PatientID, Number: "p", Subject: ben.Subject()}, links.Confirmed{}))
		tied, err = h.Delivery.LinkID("p", links.Link{Subject: ben.Subject()})
		w.Must(err)
		if !tied {
			t.Error("an id that is said to be Ben's does not tie him")
		}
	})
}

// TestSpoolGivesAStreamTwice reads streams twice, small and large ones, and ends
// as they do; what is kept on disk is not there in clear, nor afterwards.
func TestSpoolGivesAStreamTwice(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	large := strings.Repeat("Hemlock allergy\n", delivery.InMemory/8)
	for _, c := range []struct {
		text string
		end  error
	}{{"small", nil}, {large, nil}, {"small", os.ErrClosed}, {large, os.ErrClosed}} {
		r := io.Reader(struct{ io.Reader }{strings.NewReader(c.text)})
		if c.end != nil {
			r = io.MultiReader(r, iotest.ErrReader(c.end))
		}
		src, done, err := delivery.Spool(r)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			from, err := src.Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(from)
			if string(got) != c.text || err != c.end {
				t.Errorf("%d of %d bytes, %v", len(got), len(c.text), err)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		done()
	}
}

// TestATransactionOverTwoChartsArrivesInNone: it is all or nothing, and two charts are two
// deliveries. As a batch it arrives in both.
func TestATransactionOverTwoChartsArrivesInNone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		put := func(resource string) string {
			return `{"resource":` + resource + `,"request":{"method":"PUT","url":"` + nameOf([]byte(resource)) + `"}}`
		}
		text := `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join([]string{
			put(patientOf("pa", "MA-1")), put(patientOf("pb", "MB-1")), put(basic("1", "pa", "glucose")), put(basic("2", "pb", "potassium"))}, ",") + `]}`
		for _, dry := range []bool{true, false} {
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Dry: dry})
			if w.Wants(err, stele.KindInvalid, "a transaction over two charts"); done.Delivered != 0 || !strings.Contains(err.Error(), "the charts of several patients") {
				t.Errorf("dry %v: %+v, %v", dry, done, err)
			}
		}
		if a, b := len(w.Chart(ana).Records), len(w.Chart(ben).Records); a != 0 || b != 0 {
			t.Errorf("%d records are in Ana's chart, and %d in Ben's", a, b)
		}
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(strings.Replace(text, `"transaction"`, `"batch"`, 1)), delivery.ImportOptions{})
		if w.Must(err); done.Delivered != 4 {
			t.Errorf("as a batch: %+v", done)
		}
	})
}

// TestEachTransactionOfAFileIsWholeByItself imports NDJSON of transactions: one
// with a bad resource falls, the others arrive, each with the ids of its own.
func TestEachTransactionOfAFileIsWholeByItself(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, ben := couple(w)
		line := func(patient string, resources ...string) string {
			entries := []string{`{"fullUrl":"urn:uuid:1","resource":` + patient + `,"request":{"method":"PUT","url":"Patient"}}`}
			for i, r := range resources {
				entries = append(entries, fmt.Sprintf(`{"fullUrl":"urn:uuid:%d","resource":%s,"request":{"method":"POST","url":"Basic"}}`, i+2, r))
			}
			return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
		}
		good := `{"resourceType":"Basic","subject":{"reference":"urn:uuid:1"},"code":{"text":"good"}}`
		bad := `{"resourceType":"Basic","subject":{"reference":"urn:uuid:1"}}`
		text := strings.Join([]string{line(patientOf("pa", "MA-1"), good), line(patientOf("pb", "MB-1"), good, bad), line(patientOf("pb", "MB-1"))}, "\n")
		done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
		w.Wants(err, stele.KindInvalid, "a file with a bad transaction")
		if !strings.Contains(err.Error(), "line 2") || done.Delivered != 3 {
			t.Errorf("%v: %+v", err, done)
		}
		for p, want := range map[*client.Session]int{ana: 2, ben: 1} {
			c := w.Chart(p)
			if len(c.Records) != want {
				t.Errorf("%s has %d records, want %d", p.Name(), len(c.Records), want)
			}
			for _, r := range c.Records {
				if strings.Contains(string(r.JSON), "urn:uuid:") {
					t.Errorf("%s: a reference leads nowhere: %s", p.Name(), r.JSON)
				}
			}
		}
	})
}

// TestR37APartOfARecordIsNone imports an order not to take something, and then what a search
// with _elements gives of it: the part is refused, and the order stands as it was. Whose the
// records are a part of the Patient tells all the same.
func TestR37APartOfARecordIsNone(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		order := func(more string) string {
			return `{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order",` + more + `"subject":{"reference":"Patient/pa"},"medicationCodeableConcept":{"text":"Warfarin"}}`
		}
		part := `"meta":{"tag":[{"system":"http://x.example/mine","code":"mine"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]},`
		person := patientOf("pa", "MA-1")
		for i, c := range []struct {
			text               string
			delivered, refused int
		}{
			{person + "\n" + order(`"doNotPerform":true,`), 2, 0},
			{person + "\n" + order(part), 0, 1},
			{strings.Replace(person, `"identifier"`, part+`"identifier"`, 1) + "\n" + strings.Replace(order(""), `"m"`, `"n"`, 1), 1, 1},
		} {
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(c.text), delivery.ImportOptions{})
			w.Must(err)
			if done.Delivered != c.delivered || done.Refused != c.refused || c.refused > 0 && !strings.Contains(lines(done.Issues, ""), "SUBSETTED: it is a part of the record") {
				t.Errorf("import %d: %+v", i, done)
			}
		}
		document := func(more, of string) string {
			return `{"resourceType":"Bundle","type":"` + of + `","entry":[
{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-00000000000a","resource":{"resourceType":"Composition","id":"c` + of + `","status":"final","type":{"text":"Summary"},"date":"2026-03-04","title":"Summary","author":[{"display":"x"}],"subject":{"reference":"urn:uuid:0f1e2d3c-0000-4000-8000-00000000000b"}}},
{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-00000000000b","resource":` + strings.Replace(person, `"identifier"`, part+`"identifier"`, 1) + `},
{"fullUrl":"urn:uuid:0f1e2d3c-0000-4000-8000-00000000000c","resource":{"resourceType":"Condition","id":"d` + of + `",` + more + `"code":{"text":"Gout"},"subject":{"reference":"urn:uuid:0f1e2d3c-0000-4000-8000-00000000000b"}}}]}`
		}
		before := len(w.Chart(ana).Records)
		for _, c := range []struct {
			text      string
			delivered int
			whole     bool
		}{{document("", "document"), 2, true}, {document(part, "document"), 0, false}, {document("", "transaction"), 0, false}} {
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(c.text), delivery.ImportOptions{})
			if (err == nil) != c.whole || done.Delivered != c.delivered || c.whole && done.Refused != 0 {
				t.Errorf("%s: %+v %v", c.text, done, err)
			}
		}
		if now := len(w.Chart(ana).Records); now != before+2 { // the Patient of the document is none of them
			t.Errorf("%d records have come", now-before)
		}
		for _, r := range w.Chart(ana).Records {
			if nameOf(r.JSON) == "MedicationRequest/m" && !strings.Contains(string(r.JSON), "doNotPerform") {
				t.Errorf("the part is in the chart: %s", r.JSON)
			}
		}
	})
}
