package delivery_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/members"
	"github.com/stele-health/stele/wallet/wallettest"
	"github.com/stele-health/stele/wire"
)

// busy takes no submission while it is told so.
type busy struct {
	members.Vault
	until *int // submissions
}

func (b busy) PutSubmission(ctx context.Context, r *wire.PutSubmissionRequest) (*wire.PutSubmissionResponse, error) {
	if *b.until > 0 {
		*b.until--
		return nil, stele.E("store", stele.KindLimit, "too many deliveries for now", nil)
	}
	return b.Vault.PutSubmission(ctx, r)
}

// TestR37NothingIsTakenBackForWhatDidNotArrive fails to deliver what stands in place of
// what is deleted, or moves away: she keeps what she has until it arrives.
func TestR37NothingIsTakenBackForWhatDidNotArrive(t *testing.T) {
	pa, pb := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	entry := func(resource, url string) string {
		return `{"resource":` + resource + `,"request":{"method":"PUT","url":"` + url + `"}}`
	}
	remove := `{"request":{"method":"DELETE","url":"Basic/old"}}`
	version := func(n, who string) string {
		return `{"resourceType":"Observation","id":"o","meta":{"versionId":"` + n + `"},"status":"final","code":{"text":"x"},"effectiveDateTime":"2024-01-01","subject":{"reference":"Patient/` + who + `"}}`
	}
	for what, c := range map[string]struct {
		before, after, name string
	}{
		"a DELETE of a batch": {ndjson(pa, basic("old", "pa", "old")),
			`{"resourceType":"Bundle","type":"batch","entry":[` + strings.Join([]string{entry(pa, "Patient/pa"), entry(basic("new", "pa", "new"), "Basic/new"), remove}, ",") + `]}`, "Basic/old"},
		"a DELETE of a transaction": {ndjson(pa, basic("old", "pa", "old")),
			`{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join([]string{entry(pa, "Patient/pa"), entry(basic("new", "pa", "new"), "Basic/new"), remove}, ",") + `]}`, "Basic/old"},
		"a record that moves": {ndjson(pa, pb, version("1", "pa")), ndjson(version("2", "pb")), "Observation/o"},
	} {
		t.Run(what, func(t *testing.T) {
			town.In(t, func(t *testing.T, w *town.Town) {
				h, ana, _ := couple(w)
				text := c.after
				if strings.HasPrefix(what, "a record") {
					text = ndjson(pa, pb) + text
				}
				_, err := h.Delivery.Import(t.Context(), strings.NewReader(c.before), delivery.ImportOptions{})
				w.Must(err)
				fails, s := 1, h
				for name := range w.Orgs {
					s = town.Bend(s, name, func(m *members.Member) { m.Vault = busy{m.Vault, &fails} })
				}
				done, _ := s.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
				if tells(w.Chart(ana), c.name) != 1 || len(done.TakenBack) != 0 {
					t.Errorf("what stands in its place did not arrive, and it is taken back: %+v", done)
				}
				if !slices.ContainsFunc(done.Issues, func(s delivery.Note) bool { return strings.Contains(s.String(), "not everything") }) {
					t.Errorf("nothing says so: %+v", done)
				}
				done, err = s.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
				w.Must(err)
				if tells(w.Chart(ana), c.name) != 0 || len(done.TakenBack) != 1 {
					t.Errorf("it has arrived now: %+v", done)
				}
			})
		})
	}
}

// TestR37WhoseGrantIsMissingIsCounted tells what was refused for want of a grant from
// what is wrong otherwise, in a dry run too.
func TestR37WhoseGrantIsMissingIsCounted(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, ana, _ := couple(w)
		eve := w.NewPatient("Eve", "Lakeview") // gives Northside nothing
		w.Must(h.Links().Link([]links.Link{{System: mrn, Number: "ME-1", Subject: eve.Subject()}}, links.Confirmed{}))
		for _, held := range wallettest.Sure(h.HeldFor(eve.Subject(), stele.ActionWrite)) {
			w.Must(h.MarkOver(held.Grant))
		}
		text := ndjson(patientOf("pa", "MA-1"), patientOf("pe", "ME-1"), basic("a", "pa", "x"), basic("e", "pe", "y"))
		for _, dry := range []bool{true, false} {
			done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{Dry: dry})
			w.Must(err)
			if done.Delivered != 2 || done.Refused != 2 || done.Denied != 2 {
				t.Errorf("dry %v: %+v", dry, done)
			}
		}
		if len(w.Chart(ana).Records) != 2 {
			t.Error("another patient's grant keeps hers from arriving")
		}
	})
}
