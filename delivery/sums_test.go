package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/wallet/wallettest"
)

// addsUp checks that everything that was read of a file has become something, once.
func addsUp(t *testing.T, d delivery.Imported) {
	t.Helper()
	if sum := d.Delivered + d.Known + d.Refused + d.Waiting + d.Withdrawn + d.Never + d.Left + d.Deleted; sum != d.Read {
		t.Errorf("%d entries were read, and %d became something: %+v", d.Read, sum, d)
	}
	if d.Denied > d.Refused || d.Unread > d.Delivered {
		t.Errorf("a part is more than the whole: %+v", d)
	}
}

// world makes files of every kind of entry for some patients, of whom one has given no
// write grant and one is linked to nobody.
type world struct{ *rand.Rand }

func (r world) one(of ...string) string { return of[r.IntN(len(of))] }

func (r world) entry(i int) (resource, method, url string) {
	who := r.one("pa", "pb", "pe", "pa", "stranger")
	id := fmt.Sprint("b", r.IntN(8))
	with := func(resource, name string) (string, string, string) {
		return resource, r.one("PUT", "PUT", "POST"), name
	}
	switch r.IntN(16) {
	case 0:
		return with(patientOf("pa", "MA-1"), "Patient/pa")
	case 1:
		return with(patientOf("pb", "MB-1"), "Patient/pb")
	case 2:
		return with(patientOf("pe", "ME-1"), "Patient/pe")
	case 3:
		return with(`{"resourceType":"Medication","id":"m"}`, "Medication/m")
	case 4:
		return with(fmt.Sprintf(`{"resourceType":"MedicationRequest","id":"r%d","status":"active","intent":"order","medicationReference":{"reference":"Medication/m"},"subject":{"reference":"Patient/%s"}}`, i, who), fmt.Sprint("MedicationRequest/r", i))
	case 5:
		return "", "DELETE", r.one("Basic/", "Medication/") + r.one(id, "m", "never")
	case 6:
		return with(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","subject":{"reference":"Patient/%s"}}`, i, who), "Observation/o") // not valid
	case 7:
		return with(`{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`, "OperationOutcome")
	case 8:
		return with(`{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/x"}}]}`, "Group/g")
	case 9:
		return with(fmt.Sprintf(`{"resourceType":"Provenance","id":"v%d","target":[{"reference":"Basic/%s"}],"recorded":"2024-01-01T00:00:00Z","activity":{"coding":[{"system":%q,"code":"DELETE"}]},"agent":[{"who":{"display":"x"}}]}`, i, id, delivery.DataOperation), "Provenance/v")
	case 11:
		return with(`{"resourceType":"CapabilityStatement","status":"active","date":"2024","kind":"instance","fhirVersion":"4.0.1","format":["json"]}`, "CapabilityStatement")
	case 10:
		return `{"resourceType":"Parameters","parameter":[{"name":"operation"}]}`, "PATCH", "Basic/" + id
	}
	if i%2 == 1 && r.IntN(8) == 0 {
		return "", r.one("GET", "HEAD"), "Basic/" + id
	}
	versioned := strings.Replace(basic(id, who, fmt.Sprint(r.IntN(3))), `"id"`, fmt.Sprintf(`"meta":{"versionId":"%d"},"id"`, 1+r.IntN(3)), 1)
	return with(versioned, "Basic/"+id)
}

func (r world) file() string {
	n := r.IntN(8)
	kind := r.one("ndjson", "ndjson", "batch", "transaction", "history", "collection", "document", "bundles")
	var all []string
	for i := range n {
		resource, method, url := r.entry(i)
		if kind == "ndjson" {
			if resource == "" {
				resource = r.one(`{"resourceType":`, "no JSON", `{"resourceType":"Patien"}`)
			}
			all = append(all, resource)
			continue
		}
		e := `{"fullUrl":"` + fmt.Sprint("urn:uuid:00000000-0000-4000-8000-00000000000", i) + `"`
		if resource != "" {
			e += `,"resource":` + resource
		}
		if kind != "collection" && kind != "document" {
			e += `,"request":{"method":"` + method + `","url":"` + url + `"}`
		}
		all = append(all, e+"}")
	}
	switch kind {
	case "ndjson":
		return patientOf("pa", "MA-1") + "\n" + strings.Join(all, "\n")
	case "bundles":
		half := len(all) / 2
		return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(all[:half], ",") + "]}\n" +
			`{"resourceType":"Bundle","type":"batch","entry":[` + strings.Join(all[half:], ",") + `]}`
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(all, ",") + `]}`
}

// TestR37WhatIsReadBecomesSomethingOnce imports worlds of files, several times into the
// same charts: of each file and of all, what was read is what was delivered, known,
// refused, waiting, withdrawn, never there or no record. A dry run, which delivers
// nothing, says the same beforehand.
func TestR37WhatIsReadBecomesSomethingOnce(t *testing.T) {
	seen := delivery.Imported{}
	for seed := range uint64(200) {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, _, ben := couple(w)
			eve := w.NewPatient("Eve", "Lakeview") // gives Northside nothing
			w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "ME-1", Subject: eve.Subject()}}, links.Confirmed{}))
			r := world{rand.New(rand.NewPCG(seed, 1))}
			for round := range 3 {
				if round == 2 && r.IntN(2) == 0 { // she takes it back
					for _, g := range wallettest.Sure(ben.GivenGrants()) {
						_, err := ben.Revoke(t.Context(), g.Grant)
						w.Must(err)
					}
				}
				var texts []string
				for range 1 + r.IntN(4) {
					texts = append(texts, r.file())
				}
				dry, err := h.Delivery.ImportFiles(t.Context(), files(texts...), delivery.ImportOptions{Dry: true})
				w.Must(err)
				done, err := h.Delivery.ImportFiles(t.Context(), files(texts...), delivery.ImportOptions{})
				w.Must(err)
				var said, was delivery.Imported
				for i, d := range done { // which of two files with one record is the first may differ
					addsUp(t, d)
					addsUp(t, dry[i])
					said, was, seen = plus(said, dry[i]), plus(was, d), plus(seen, d)
				}
				if was.Denied > 0 { // one record in two files, for two charts: which of the two is refused, and what the other is, may differ
					said, was = plus(said, delivery.Imported{Delivered: said.Known, Known: -said.Known}), plus(was, delivery.Imported{Delivered: was.Known, Known: -was.Known})
				}
				if tally(said) != tally(was) {
					t.Errorf("seed %d, round %d: the dry run said %s, and it was %s:\n%s\n%s\n%s", seed, round, tally(said), tally(was),
						strings.Join(texts, "\n"), lines(said.Issues, "\n"), lines(was.Issues, "\n"))
				}
			}
		})
		if t.Failed() {
			return
		}
	}
	if min(seen.Delivered, seen.Known, seen.Denied, seen.Waiting, seen.Withdrawn, seen.Never, seen.Left, seen.Refused) == 0 {
		t.Errorf("the worlds hold too little: %+v", seen)
	}
}

func plus(d, e delivery.Imported) delivery.Imported {
	return delivery.Imported{
		Read: d.Read + e.Read, Delivered: d.Delivered + e.Delivered, Known: d.Known + e.Known, Refused: d.Refused + e.Refused, Denied: d.Denied + e.Denied,
		Waiting: d.Waiting + e.Waiting, Withdrawn: d.Withdrawn + e.Withdrawn, Never: d.Never + e.Never, Left: d.Left + e.Left, Stuck: d.Stuck + e.Stuck,
		Issues: append(d.Issues[:len(d.Issues):len(d.Issues)], e.Issues...),
	}
}

// tally says what became of all. Of an entry of several charts that stands in two files
// it depends on their turns whether one file delivers it everywhere or each somewhere.
func tally(d delivery.Imported) string {
	return fmt.Sprintf("delivered or known %d, refused %d (denied %d), waiting %d, withdrawn %d, never %d, left %d, stuck %d",
		d.Delivered+d.Known, d.Refused, d.Denied, d.Waiting, d.Withdrawn, d.Never, d.Left, d.Stuck)
}
