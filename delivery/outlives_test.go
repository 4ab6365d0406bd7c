package delivery_test

import (
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38WhatIsDeletedAndSaidAnewIsNotTakenBack: a record that was deleted stands once more, in the same files. Where that one is
// refused the source has said all along that there is one: the DELETE is refused, too, and what stands from before stays.
func TestR38WhatIsDeletedAndSaidAnewIsNotTakenBack(t *testing.T) {
	pa := patientOf("pa", "MA-1")
	good := basic("1", "pa", "anew")
	bad := strings.Replace(good, `"id":"1"`, `"id":"1","created":"no date"`, 1)
	for what, c := range map[string]struct {
		files                    []string
		withdrawn, left, refused int
	}{
		"it arrives":                   {[]string{deleteAt("", "Basic/1"), ndjson(pa, good)}, 0, 1, 0},
		"it is refused":                {[]string{deleteAt("", "Basic/1"), ndjson(pa, bad)}, 0, 0, 2},
		"an older one arrives":         {[]string{ndjson(pa, good), deleteAt("", "Basic/1"), ndjson(pa, bad)}, 0, 0, 2},
		"it comes once more by itself": {[]string{deleteAt("", "Basic/1")}, 1, 0, 0},
		"two come, one is refused":     {[]string{deleteAt("", "Basic/1"), ndjson(pa, bad), ndjson(pa, good)}, 0, 1, 1},
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, _, _ := couple(w)
			_, err := h.Delivery.Import(t.Context(), strings.NewReader(ndjson(pa, basic("1", "pa", "x"))), delivery.ImportOptions{})
			w.Must(err)
			done, err := h.Delivery.ImportFiles(t.Context(), files(c.files...), delivery.ImportOptions{})
			w.Must(err)
			withdrawn, left, refused := 0, 0, 0
			for _, d := range done {
				withdrawn, left, refused = withdrawn+d.Withdrawn, left+d.Left, refused+d.Refused
			}
			if withdrawn != c.withdrawn || left != c.left || refused != c.refused {
				t.Errorf("%s: %d withdrawn, %d left, %d refused", what, withdrawn, left, refused)
			}
		})
	}
}
