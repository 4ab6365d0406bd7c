package delivery_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stele-health/stele"
	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// changing is a file that is another when it is read the second time.
func changing(first, second string) delivery.Source {
	opened := 0
	return delivery.Source{Open: func() (io.ReadCloser, error) {
		text := first
		if opened++; opened > 1 {
			text = second
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}}
}

// TestR37AFileThatChangesIsNoticed changes a file between its two readings in every
// way: what was not looked at goes nowhere, what is gone is missed, and the file ends
// with a sentence. Nothing that was deleted by the one reading alone is taken back.
func TestR37AFileThatChangesIsNoticed(t *testing.T) {
	ana, ben := patientOf("pa", "MA-1"), patientOf("pb", "MB-1")
	one, two := basic("one", "pa", "x"), basic("two", "pa", "y")
	lines := func(all ...string) string { return strings.Join(all, "\n") + "\n" }
	put := func(resource, url string) string {
		return `{"resource":` + resource + `,"request":{"method":"PUT","url":"` + url + `"}}`
	}
	remove := func(url string) string { return `{"request":{"method":"DELETE","url":"` + url + `"}}` }
	bundle := func(kind string, entries ...string) string {
		return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
	}
	for what, c := range map[string]struct {
		first, second string
		ana           int  // records in her chart, besides the one that was there
		stays         bool // what was there before
		same          bool // it is no change
	}{
		"nothing changes":               {first: lines(ana, one), second: lines(ana, one), ana: 2, stays: true, same: true},
		"another patient's":             {first: lines(ana, ben, one), second: lines(ana, ben, strings.Replace(one, "Patient/pa", "Patient/pb", 1)), ana: 1, stays: true},
		"another value":                 {first: lines(ana, one), second: lines(ana, strings.Replace(one, `"x"`, `"z"`, 1)), ana: 1, stays: true},
		"another order":                 {first: lines(ana, one, two), second: lines(ana, two, one), ana: 1, stays: true},
		"one more":                      {first: lines(ana, one), second: lines(ana, one, two), ana: 2, stays: true},
		"one fewer":                     {first: lines(ana, one, two), second: lines(ana, one), ana: 2, stays: true},
		"cut in the midst":              {first: lines(ana, one, two), second: lines(ana, one) + two[:20], ana: 2, stays: true},
		"a space":                       {first: lines(ana, one), second: lines(ana, " "+one), ana: 2, stays: true},
		"one fewer of a batch":          {first: bundle("batch", put(ana, "Patient/pa"), put(one, "Basic/one"), put(two, "Basic/two")), second: bundle("batch", put(ana, "Patient/pa"), put(one, "Basic/one")), ana: 2, stays: true},
		"one fewer of a transaction":    {first: bundle("transaction", put(ana, "Patient/pa"), put(one, "Basic/one")), second: bundle("transaction", put(ana, "Patient/pa")), stays: true},
		"of two transactions one fewer": {first: lines(bundle("transaction", put(ana, "Patient/pa"), put(one, "Basic/one")), bundle("transaction", put(ana, "Patient/pa"), put(two, "Basic/two"))), second: lines(bundle("transaction", put(ana, "Patient/pa")), bundle("transaction", put(ana, "Patient/pa"), put(two, "Basic/two"))), stays: true},
		"a batch becomes a transaction": {first: bundle("batch", put(ana, "Patient/pa"), put(one, "Basic/one")), second: bundle("transaction", put(ana, "Patient/pa"), put(one, "Basic/one")), stays: true},
		"a DELETE of another":           {first: bundle("batch", put(ana, "Patient/pa"), remove("Basic/never")), second: bundle("batch", put(ana, "Patient/pa"), remove("Basic/there")), ana: 1, stays: true},
		"a DELETE on another server":    {first: bundle("batch", put(ana, "Patient/pa"), remove("https://c.example/Basic/there")), second: bundle("batch", put(ana, "Patient/pa"), remove("Basic/there")), ana: 1, stays: true},
		"a DELETE for a record":         {first: bundle("batch", put(ana, "Patient/pa"), put(one, "Basic/one")), second: bundle("batch", put(ana, "Patient/pa"), remove("Basic/there")), ana: 1, stays: true},
		"a record for a DELETE":         {first: bundle("batch", put(ana, "Patient/pa"), remove("Basic/there")), second: bundle("batch", put(ana, "Patient/pa"), put(one, "Basic/one")), ana: 1, stays: true},
		"another kind of file":          {first: lines(ana, one), second: "MSH|^~\\&|ADT", stays: true},
		"an empty file":                 {first: lines(ana, one), second: "", stays: true},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, a, b := couple(w)
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(basic("there", "pa", "was here")), delivery.ImportOptions{Subject: a.Subject(), Called: []string{"Patient/pa"}})
			w.Must(err)
			done, err := h.Delivery.ImportFiles(t.Context(), []delivery.Source{changing(c.first, c.second)}, delivery.ReadTwice(true))
			w.Must(err)
			if got := stele.KindOf(done[0].Err); done[0].Err == nil != c.same || done[0].Err != nil && got != stele.KindInvalid {
				t.Errorf("%s: the file ends with %v", what, done[0].Err)
			}
			if n := len(w.Chart(a).Records) - 1; n != c.ana || len(w.Chart(b).Records) > 1 {
				t.Errorf("%s: %d records arrived, want %d; the other chart has %d", what, n, c.ana, len(w.Chart(b).Records))
			}
			if stays := tells(w.Chart(a), "Basic/there") == 1; stays != c.stays {
				t.Errorf("%s: what was there before stands: %v", what, stays)
			}
		})
	}
}

// TestR37AStreamThatEndsBrokenTwiceIsTheSame is no change.
func TestR37AStreamThatEndsBrokenTwiceIsTheSame(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		text := fmt.Sprintf(`{"resourceType":"Bundle","type":"batch","entry":[{"resource":%s,"request":{"method":"PUT","url":"Patient/pa"}},{"resource":`, patientOf("pa", "MA-1"))
		done, err := h.Delivery.ImportFiles(t.Context(), []delivery.Source{changing(text, text)}, delivery.ReadTwice(true))
		w.Must(err)
		if done[0].Err == nil || strings.Contains(done[0].Err.Error(), "changed") || done[0].Delivered != 1 {
			t.Errorf("%v: %+v", done[0].Err, done[0])
		}
	})
}
