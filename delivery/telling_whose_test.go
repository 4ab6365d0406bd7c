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
	"github.com/stele-health/stele/links"
)

// deed is one thing that an organisation does: it adds a server, links the id of a Patient
// to Ana or Ben, or imports.
type deed struct {
	add, ana, ben string
	file          string
	of            string // whose the file is said to be
	o             delivery.ImportOptions
	refused       int
}

// TestR38NothingIsOfWhomItIsNot does one thing after another: nothing of Ben comes into Ana's
// chart, and no server's record takes the place of another's.
func TestR38NothingIsOfWhomItIsNot(t *testing.T) {
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	const uuid = "6f2f9a3e-0000-4000-8000-000000000001"
	version := func(n int, r string) string {
		return strings.Replace(r, `"id":`, fmt.Sprintf(`"meta":{"versionId":"%d"},"id":`, n), 1)
	}
	abroad := func(r string) string { return strings.ReplaceAll(r, `"Patient/`, `"`+labB+`/Patient/`) }
	merged := `{"resourceType":"Patient","id":"pb","link":[{"type":"replaced-by","other":{"reference":"Patient/pa"}}]}`
	search := func(base, fullURL, r string) string {
		return `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"` + base + `/Basic?x=1"}],"entry":[{"fullUrl":"` + fullURL + `","resource":` + r + `}]}`
	}
	put := func(base string, resources ...string) string {
		var entries []string
		for _, r := range resources {
			entries = append(entries, `{"resource":`+r+`,"request":{"method":"PUT","url":"`+base+"/"+nameOf([]byte(r))+`"}}`)
		}
		return `{"resourceType":"Bundle","type":"batch","entry":[` + strings.Join(entries, ",") + `]}`
	}
	penicillin := deed{file: at(labA, pa, version(1, basic("1", "pa", "penicillin")))}
	bens := deed{file: ndjson(pb, basic("1", "pb", "bens"))}
	secret := basic("2", "pb", "secret")
	two := strings.TrimSuffix(at(labB, pa), "]}") + "," + strings.TrimPrefix(at(labC, basic("7", "pc", "x")), `{"resourceType":"Bundle","type":"collection","entry":[`)
	both := []string{"other", "penicillin"}
	for what, c := range map[string]struct {
		deeds    []deed
		ana, ben []string
	}{
		"a guest's NDJSON, its Patient linked by its address": {deeds: []deed{{add: labA}, penicillin, {ana: labB + "/Patient/px"}, {file: ndjson(abroad(version(2, basic("1", "px", "other"))))}}, ana: both},
		"its Patient called by its address":                   {deeds: []deed{{add: labA}, penicillin, {of: "ana", file: ndjson(abroad(version(2, basic("1", "px", "other")))), o: delivery.ImportOptions{Called: []string{labB + "/Patient/px"}}}}, ana: both},
		"its Patient linked, and own has one of that id":      {deeds: []deed{{add: labA}, penicillin, {ana: labB + "/Patient/pa"}, {file: ndjson(abroad(version(2, basic("1", "pa", "other"))))}}, ana: both},
		"a request shows its server":                          {deeds: []deed{{add: labA}, penicillin, {file: put(labB, pa, version(2, basic("1", "pa", "other")))}}, ana: both},
		"an entry that shows none, beside two servers": {deeds: []deed{{add: labA}, penicillin,
			{file: strings.TrimSuffix(two, "]}") + `,{"resource":` + version(2, basic("1", "pa", "other")) + `}]}`, refused: 2}}, ana: both[1:]},
		"a path is no server of its own": {deeds: []deed{{file: search(labB, "/fhir/Patient/pa", pa)}, {file: search(labC, "/fhir/Patient/pa", pa)}, {ana: labB + "/Patient/pa"}, {ana: labC + "/Patient/pa"},
			{file: search(labB, "/fhir/Basic/1", version(1, basic("1", "pa", "penicillin")))}, {file: search(labC, "/fhir/Basic/1", version(2, basic("1", "pa", "other")))}}, ana: both},
		"a fullUrl without its server, of another Bundle": {deeds: []deed{{add: labA},
			{file: ndjson(search(labB, "Patient/pa", patientOf("pa", "MB-1")), search(labA, "Basic/1", basic("1", "pa", "anas"))), refused: 1}}},
		"own's id is linked to two":                {deeds: []deed{{ben: labA + "/Patient/pa"}, {ana: "pa"}, {add: labA}, {file: ndjson(basic("1", "pa", "secret")), refused: 1}}},
		"own's id is linked by its address":        {deeds: []deed{{ben: labA + "/Patient/pa"}, {add: labA}, {file: ndjson(basic("1", "pa", "secret"))}}, ben: []string{"secret"}},
		"an id of one that became own late":        {deeds: []deed{{file: at(labA, patientOf("pa", "MB-1"), basic("1", "pa", "bens"))}, {ana: "pa"}, {add: labA}, {file: at(labA, basic("2", "pa", "secret")), refused: 1}}, ben: []string{"bens"}},
		"a UUID is a guest's, too":                 {deeds: []deed{{ana: uuid}, {file: at(labB, basic("1", uuid, "anas"))}}, ana: []string{"anas"}},
		"merged into Ana, and Ben's before":        {deeds: []deed{bens, {file: ndjson(pa, merged, secret), refused: 2}}, ben: []string{"bens"}},
		"merged into Ana, and confirmed":           {deeds: []deed{bens, {file: ndjson(pa, merged, secret), o: delivery.ImportOptions{Same: []string{"Patient/pb"}}}}, ana: []string{"secret"}, ben: []string{"bens"}},
		"called Ana, and linked to Ben":            {deeds: []deed{{ben: "pb"}, {of: "ana", file: ndjson(secret), o: delivery.ImportOptions{Called: []string{"Patient/pb"}}, refused: 1}}},
		"called Ana, and Ben's before":             {deeds: []deed{bens, {of: "ana", file: ndjson(secret), o: delivery.ImportOptions{Called: []string{"Patient/pb"}}, refused: 1}}, ben: []string{"bens"}},
		"called Ana, Ben's before, and confirmed":  {deeds: []deed{bens, {of: "ana", file: ndjson(secret), o: delivery.ImportOptions{Called: []string{"Patient/pb"}, Same: []string{"Patient/pb"}}}}, ana: []string{"secret"}, ben: []string{"bens"}},
		"called Ana on a guest, and Ben's at home": {deeds: []deed{bens, {of: "ana", file: at(labB, secret), o: delivery.ImportOptions{Called: []string{labB + "/Patient/pb"}}}}, ana: []string{"secret"}, ben: []string{"bens"}},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, ben := couple(w)
				for i, d := range c.deeds {
					time.Sleep(time.Minute)
					for id, who := range map[string]stele.Subject{d.ana: ana.Subject(), d.ben: ben.Subject()} {
						if id != "" {
							_, err := h.Delivery.LinkID(id, links.Link{Subject: who, Name: fmt.Sprint("x", i)})
							w.Must(err)
						}
					}
					if d.add != "" {
						w.Must(h.Delivery.AddSystem(d.add))
					}
					if d.of == "ana" {
						d.o.Subject = ana.Subject()
					}
					if d.file == "" {
						continue
					}
					done, err := h.Delivery.ImportFiles(t.Context(), files(d.file), d.o)
					if w.Must(err); done[0].Refused != d.refused {
						t.Errorf("%d: %+v", i, done[0])
					}
				}
				if got := saying(w.Chart(ana)); !slices.Equal(got, c.ana) {
					t.Errorf("Ana's chart says %q, want %q", got, c.ana)
				}
				if got := saying(w.Chart(ben)); !slices.Equal(got, c.ben) {
					t.Errorf("Ben's chart says %q, want %q", got, c.ben)
				}
			})
		})
	}
}

// TestR38AServerWhoseRecordsStandStaysOwn removes a server whose records have the ids that it
// gave them: no later version, and no DELETE, would find them.
func TestR38AServerWhoseRecordsStandStaysOwn(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		const uuid = "6f2f9a3e-0000-4000-8000-000000000001"
		w.Must(h.Delivery.AddSystem(labA))
		_, err := h.Delivery.ImportFiles(t.Context(), files(at("http://LABA.example/fhir", patientOf(uuid, "MA-1"), basic("1", uuid, "glucose"))), delivery.ImportOptions{})
		w.Must(err)
		w.Wants(h.Delivery.RemoveSystem(labA), stele.KindExists, "a record of it stands")
		time.Sleep(time.Minute)
		_, err = h.Delivery.Withdraw(t.Context(), ana.Subject(), delivery.Withdrawal{Names: []string{"Basic/1"}, Reason: "x"})
		w.Must(err)
		w.Must(h.Delivery.RemoveSystem(labA))
		w.Wants(h.Delivery.RemoveSystem(labA), stele.KindNotFound, "it is removed")
	})
}
