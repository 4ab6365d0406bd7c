package care

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/cli"
	"github.com/stele-health/stele/client"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/links"
	"github.com/stele-health/stele/terminal"
)

// twoRosas is a hospital where a number is linked to one of two patients of one name, and is the other's: moves says so, while the wallet of the
// hospital is let go.
func twoRosas(w *town.Town) (h, wrong, right *client.Session, moves func()) {
	wrong, right, h = w.NewPatient("Rosa", "Northside"), w.NewPatient("Rita", "Northside"), w.Orgs["Northside"]
	of := func(p *client.Session) []links.Link {
		return []links.Link{{Number: "4711", Subject: p.Subject(), Name: "Moor, Rosa", Born: "1970-05-01"}}
	}
	w.Must(h.Links().Link(of(wrong), links.Confirmed{}))
	return h, wrong, right, func() {
		w.Must(h.TakeAgain())
		w.Must(h.Links().Link(of(right), links.Confirmed{Move: true, Reason: "typed wrong"}))
		w.Must(h.LetGo())
	}
}

// waited is what somebody writes, and what is done before it is there.
type waited struct {
	io.Reader
	before func()
}

func (r *waited) Read(p []byte) (int, error) {
	if r.before != nil {
		r.before()
		r.before = nil
	}
	return r.Reader.Read(p)
}

// TestR37WhatWasMeantForOneGoesToNobodyElse: while an import waits for standard input its wallet is let go, and the number
// of --patient is moved to whom it is of. What comes then is delivered to neither; run again, it goes where it belongs.
func TestR37WhatWasMeantForOneGoesToNobodyElse(t *testing.T) {
	const record = `{"resourceType":"Basic","id":"1","subject":{"reference":"Patient/x"},"code":{"text":"x"}}`
	town.In(t, func(t *testing.T, w *town.Town) {
		h, wrong, right, moves := twoRosas(w)
		imports := func(before func()) error {
			var said bytes.Buffer
			f := &cli.Face{Terminal: terminal.Open(&waited{strings.NewReader(record), before}, &said, &said, func(string) string { return "" })}
			return importAll(t.Context(), f, h, []string{"-"}, &importing{patient: "4711", called: []string{"Patient/x"}})
		}
		err := imports(moves)
		if stele.KindOf(err) != stele.KindInvalid || !strings.Contains(err.Error(), "4711 is another person's now; nothing was delivered") || !strings.Contains(stele.HintOf(err), "stele patient find 4711") {
			t.Errorf("it says %v; hint: %s", err, stele.HintOf(err))
		}
		if a, b := len(w.Chart(wrong).Records), len(w.Chart(right).Records); a != 0 || b != 0 {
			t.Errorf("the chart that it was linked to has %d records, the other %d", a, b)
		}
		w.Must(imports(nil))
		if a, b := len(w.Chart(wrong).Records), len(w.Chart(right).Records); a != 0 || b != 1 {
			t.Errorf("again: the chart that it was linked to has %d records, the other %d", a, b)
		}
	})
}
