package delivery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38VersionsThatContradictAreSaid: an import says which of what it delivers its chart
// will not tell for sure.
func TestR38VersionsThatContradictAreSaid(t *testing.T) {
	town.In(t, func(t *testing.T, w *town.Town) {
		h, _, _ := couple(w)
		in := func(version, updated, text string) delivery.Imported {
			record := fmt.Sprintf(`"id":"x","meta":{"versionId":%q,"lastUpdated":%q}`, version, updated)
			done, err := h.Delivery.ImportFiles(t.Context(), files(patientOf("pa", "MA-1")+"\n"+strings.Replace(basic("x", "pa", text), `"id":"x"`, record, 1)), delivery.ImportOptions{})
			w.Must(err)
			return done[0]
		}
		for i, c := range []struct {
			version, updated string
			says             bool
		}{
			{"7", "1999-01-01T00:00:00Z", false}, {"8", "1999-02-01T00:00:00Z", false}, {"6", "1998-01-01T00:00:00Z", false},
			{"1", "1999-03-01T00:00:00Z", true}, {"9", "1999-04-01T00:00:00Z", false},
		} {
			done := in(c.version, c.updated, fmt.Sprint("text ", i))
			if says := strings.Contains(lines(done.Warnings, ""), "the other way round"); says != c.says || done.Refused > 0 {
				t.Errorf("version %s of %s: %+v", c.version, c.updated, done)
			}
		}
	})
}
