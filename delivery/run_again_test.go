package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stele-health/stele/client/town"
	"github.com/stele-health/stele/delivery"
)

// TestR38AnOldFileImportedAgainChangesNothing where its records say of which version they are, or
// what came after them does: an export's folder is imported again after an interface has sent
// the record without a version, and the other way round.
func TestR38AnOldFileImportedAgainChangesNothing(t *testing.T) {
	pa := patientOf("pa", "MA-1")
	condition := func(version int, text string) string {
		meta := ""
		if version > 0 {
			meta = fmt.Sprintf(`"meta":{"versionId":"%d","lastUpdated":"1999-11-0%dT10:00:00Z"},`, version, version)
		}
		return ndjson(pa, `{"resourceType":"Condition","id":"c",`+meta+`"subject":{"reference":"Patient/pa"},"code":{"text":"`+text+`"},"recordedDate":"1999-10-01"}`)
	}
	const drink, thyroid = "Alcohol dependence", "Hyperthyroidism" // of two labels
	for what, c := range map[string]struct {
		imports []string
		want    string
	}{
		"v1 after one without":            {[]string{condition(1, drink), condition(0, thyroid), condition(1, drink)}, thyroid},
		"v1 after two and one without":    {[]string{condition(1, drink), condition(2, drink+", resolved"), condition(0, thyroid), condition(1, drink)}, thyroid},
		"v1 of another label":             {[]string{condition(1, thyroid), condition(2, thyroid+", worse"), condition(0, drink), condition(1, thyroid)}, drink},
		"v1 and v2 after one without":     {[]string{condition(1, drink), condition(2, thyroid), condition(0, "Gout"), condition(1, drink), condition(2, thyroid)}, "Gout"},
		"one without after two":           {[]string{condition(1, drink), condition(0, thyroid), condition(2, "Gout"), condition(0, thyroid)}, "Gout"},
		"of none of which a version says": {[]string{condition(0, drink), condition(0, thyroid), condition(0, drink)}, drink}, // corrected back, and said
	} {
		town.In(t, func(t *testing.T, w *town.Town) {
			h, ana, _ := couple(w)
			said := ""
			for _, text := range c.imports {
				time.Sleep(time.Minute)
				done, err := h.Delivery.Import(t.Context(), strings.NewReader(text), delivery.ImportOptions{})
				w.Must(err)
				addsUp(t, done)
				said = lines(done.Warnings, "")
			}
			if got := sayingOf(w.Chart(ana), "Condition"); !slices.Equal(got, []string{c.want}) {
				t.Errorf("%s: her chart says %q, want %q", what, got, c.want)
			}
			if back := strings.Contains(said, "counts as the newest"); back != strings.HasPrefix(what, "of none") {
				t.Errorf("%s: it is said %q", what, said)
			}
		})
	}
}
